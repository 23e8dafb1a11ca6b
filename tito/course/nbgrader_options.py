"""nbgrader's own options in `course_config.py`: whether nbgrader knows them and takes their values."""

from __future__ import annotations

from functools import cache

from traitlets import HasTraits, TraitError, TraitType
from traitlets.config import Configurable
from traitlets.config.loader import Config, LazyConfigValue

from tito.course.configfile import LoadedConfig
from tito.course.problems import Problem
from tito.course.traits import brief, nearest


class _Anything(HasTraits):
    """Stands in for the object that an option belongs to: only the value's own kind is checked."""

    _cross_validation_lock = True


def nbgrader_problems(loaded: LoadedConfig) -> list[Problem]:
    """Return what nbgrader would not take.

    An option that it does not know is a warning: it may belong to another version or a plugin. Sections that are not
    nbgrader's are left alone.
    """
    problems: list[Problem] = []
    known = _sections()
    for name, section in loaded.config.items():
        if name not in known or not isinstance(section, Config):
            continue
        traits: dict[str, TraitType[object, object]] = known[name].class_traits(config=True)
        for option, value in section.items():
            if isinstance(value, Config | LazyConfigValue):
                continue
            origin = loaded.origin((name, option))
            file, line = (origin.file, origin.line) if origin else (loaded.file, None)
            if option not in traits:
                near = nearest(option, traits)
                step = f"did you mean c.{name}.{near}?" if near else None
                what = f"nbgrader's {name} has no option {option}"
                problems.append(Problem(file, line, what, None, step, "warning"))
                continue
            try:
                traits[option]._validate(_Anything(), value)
            except TraitError:
                what = f"{name}.{option} is {brief(value)}"
                problems.append(Problem(file, line, what, f"{traits[option].info()} (nbgrader)"))
    return problems


@cache
def _sections() -> dict[str, type[Configurable]]:
    """Return nbgrader's sections. It is imported here: that takes a second, which only a check should cost."""
    from nbgrader.apps.nbgraderapp import NbGraderApp

    return {section.__name__: section for section in NbGraderApp().all_configurable_classes()}
