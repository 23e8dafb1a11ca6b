"""One reading of a config file: from options to a course, or to everything that is wrong with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from traitlets.config import Configurable
from traitlets.config.loader import Config, LazyConfigValue

from tito.course import options
from tito.course.calendar import LocalTimeError, closes_at, late_day_ends, to_utc
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.configfile import Key, LoadedConfig
from tito.course.course import Course, Paths
from tito.course.learningpaths import asked_for, find_path
from tito.course.limits import Limits
from tito.course.options import CHECKPOINT_SECTIONS, NESTED, SECTIONS, EveryCheckpoint, options_of
from tito.course.policies import (
    Assessment,
    AttemptPolicy,
    GradingPolicy,
    LatePolicy,
    RevealPolicy,
    RiskPolicy,
    WrittenPolicy,
)
from tito.course.problems import Problem
from tito.course.traits import Option, UnfitError, brief, nearest

DEFAULT_WEIGHTS: Final[tuple[Decimal, ...]] = tuple(
    Decimal(weight) for weight in (2, 8, 5, 6, 5, 9, 7, 8, 7, 5, 6, 6, 8, 7, 6, 5)
)
DATABASE_VARIABLE: Final = "TITO_DATABASE_URL"
"""Names the gradebook where the config is silent, as a container is told of its database."""
FOLDERS: Final = ("source", "release", "submitted", "autograded", "feedback")
"""The steps of nbgrader's that have a folder each."""
_FOREIGN: Final = frozenset({"Checkpoints"})
"""Sections of Jupyter's that look like ours. Any other section that is not like ours is left to its owner."""


class Reader:
    """One reading of a config file: takes the good options, collects problems with the others."""

    def __init__(self, root: Path, loaded: LoadedConfig) -> None:
        self.root = root
        self.loaded = loaded
        self.problems = list(loaded.problems)
        # a weight that is lost to another mistake must not be reported a second time, as a wrong sum
        self._weights_known = not loaded.problems
        self.good = self._take(loaded.config)

    # --- what is set: names and values ---

    def _take(self, config: Config) -> Config:
        """Return our sections with the options that are known and have fitting values."""
        good = Config()
        for name, section in config.items():
            if not isinstance(section, Config):
                self._unknown((name,), f"there is no section c.{name}", tuple(SECTIONS), "c.TitoCourse")
            elif name in SECTIONS:
                good[name] = self._take_section((name,), SECTIONS[name], section)
            elif name not in _FOREIGN and nearest(name, SECTIONS, likeness=0.75):
                self._unknown((name,), f"there is no section c.{name}", tuple(SECTIONS), "c.TitoCourse")
        return good

    def _take_section(self, path: tuple[str, ...], kind: type[Configurable], section: Config) -> Config:
        good = Config()
        known = options_of(kind)
        nested = {inner.__name__: inner for inner in NESTED} if issubclass(kind, EveryCheckpoint) else {}
        for name, value in section.items():
            if isinstance(value, Config):
                if name in nested:
                    good[name] = self._take_section((*path, name), nested[name], value)
                else:
                    self._unknown((*path, name), f"{'.'.join(path)} has no section {name}", tuple(nested))
            elif name not in known:
                self._unknown((*path, name), f"{'.'.join(path)} has no option {name}", tuple(known))
            else:
                self._take_value((*path, name), known[name], value, good)
        return good

    def _take_value(self, path: tuple[str, ...], option: Option, value: Any, good: Config) -> None:
        if isinstance(value, LazyConfigValue):  # c.RevealPolicy.hidden.append("detail")
            start = option.default()
            value = value.get_value(sorted(start) if isinstance(start, frozenset) else start)
        if value is None and option.allow_none:
            good[path[-1]] = None
            return
        try:
            good[path[-1]] = option.parse(value)
        except UnfitError as error:
            self._weights_known &= path[-1] != "weight"
            step = f'did you mean "{error.nearest}"?' if error.nearest else None
            self._add(path, f"{'.'.join(path)} is {brief(value)}", option.takes, step)

    def _unknown(self, path: Key, what: str, names: tuple[str, ...], example: str = "") -> None:
        self._weights_known = False
        near = nearest(path[-1], names)
        owner = next((name for name, kind in SECTIONS.items() if path[-1] in options_of(kind)), None)
        if len(path) > 1 and path[-1] in SECTIONS:
            step = f"that section holds for the whole course: c.{path[-1]}"
        elif near:
            step = f"did you mean {'.'.join(('c', *path[:-1], near))}?"
        elif owner:
            step = f"the option belongs to another section: c.{owner}.{path[-1]}"
        else:
            step = "remove it, or put its name right"
        if example:
            expected = f"a section such as {example}"
        else:
            expected = f"one of {', '.join(names)}" if names else "an option"
        self._add(path, what, expected, step)

    # --- what it means: dates, sums, folders ---

    def course(self) -> Course | None:
        """Return the course, or None when there are errors."""
        main = options.TitoCourse(config=self.good)
        late = options.LatePolicy(config=self.good)
        late_policy = LatePolicy(
            free_days=late.free_days,
            percent_per_day=late.percent_per_day,
            floor_percent=late.floor_percent,
            grace=timedelta(minutes=late.grace_minutes),
            closes_after_days=late.closes_after_days,
        )
        risk = options.AtRisk(config=self.good)
        written = options.WrittenAnswers(config=self.good)
        zone: ZoneInfo = main.zone
        starts = self._instant(main.term_starts, zone, ("TitoCourse", "term_starts"))
        ends = self._instant(main.term_ends, zone, ("TitoCourse", "term_ends"))
        if starts and ends and starts >= ends:
            self._add(("TitoCourse", "term_ends"), "the term ends before it starts", "a later time")
        assessments = tuple(self._assessment(number, zone) for number in range(len(CHECKPOINTS)))
        path = options.LearningPath(config=self.good)
        checkpoints = self._checkpoints(path, assessments)
        self._check_weights(assessments)
        self._check_dates(assessments, starts, ends)
        self._check_reveal(assessments, late_policy, zone)
        self._check_grading(assessments, checkpoints)
        if main.minimum_tier == "none":
            self._add(
                ("TitoCourse", "minimum_tier"),
                "grading without isolation lets a submission read hidden tests and change grades",
                '"landlock" or "namespaces"',
                "run `tito doctor` to see what this machine reaches",
                warning=True,
            )
        paths, course_id = self._paths(), self._course_id()
        if paths is None or course_id is None or any(problem.severity == "error" for problem in self.problems):
            return None
        return Course(
            root=self.root,
            course_id=course_id,
            title=main.title,
            term=main.term,
            zone=zone,
            term_starts_at=starts,
            term_ends_at=ends,
            assessments=assessments,
            late=late_policy,
            risk=RiskPolicy(risk.missing, risk.falling, risk.falling_points, risk.stuck),
            written=WrittenPolicy(written.anonymous, written.second_percent),
            regrade_never_lowers=main.regrade_never_lowers,
            checkpoints=checkpoints,
            path_name=path.name,
            data_folder=main.data_folder,
            notebook_bytes=main.notebook_bytes,
            minimum_tier=main.minimum_tier,
            database_url=main.database_url or os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{paths.gradebook}",
            paths=paths,
        )

    def _assessment(self, number: int, zone: ZoneInfo) -> Assessment:
        # traitlets merges nested sections in place: without a copy, one checkpoint's would leak into the next
        chosen = CHECKPOINT_SECTIONS[number](config=deepcopy(self.good))
        attempts = options.AttemptPolicy(parent=chosen)
        limits = options.SandboxLimits(parent=chosen)
        due = self._instant(chosen.due, zone, *self._keys(number, "due"))
        return Assessment(
            weight=DEFAULT_WEIGHTS[number] if chosen.weight is None else chosen.weight,
            opens_at=self._instant(chosen.opens, zone, *self._keys(number, "opens")),
            due_at=due,
            auto_share=chosen.auto_share,
            counts="cumulative" if chosen.counts == "cumulative" else "isolated",
            attempts=AttemptPolicy(attempts.capacity, _hours(attempts.refill_hours)),
            limits=Limits(**{name: getattr(limits, name) for name in options_of(options.SandboxLimits)}),
            reveal=self._reveal(options.RevealPolicy(parent=chosen), number, due, zone),
            grading=GradingPolicy("due" if options.GradingPolicy(parent=chosen).when == "due" else "submit"),
        )

    def _reveal(self, chosen: options.RevealPolicy, number: int, due: datetime | None, zone: ZoneInfo) -> RevealPolicy:
        keys = self._keys(number, "later_from", "RevealPolicy")
        later_at = self._instant(chosen.later_from, zone, *keys)
        if later_at is None and due is not None and chosen.later_after_days is not None:
            later_at = late_day_ends(due, chosen.later_after_days, zone)
        return RevealPolicy(chosen.hidden, chosen.later, later_at)

    def _checkpoints(self, path: options.LearningPath, assessments: tuple[Assessment, ...]) -> tuple[Checkpoint, ...]:
        modules = find_path(path.name).modules if path.modules is None else path.modules
        checkpoints, unfit = asked_for(modules)
        keys = (("LearningPath", "modules"), ("LearningPath", "name"))
        for one in unfit:
            self._add(keys, one.what, one.expected)
        if checkpoints and self._weights_known and not any(assessments[one.number].weight for one in checkpoints):
            self._add(keys, "the checkpoints of the learning path have no weight", "a weight above 0 for one at least")
        return checkpoints

    def _check_weights(self, assessments: tuple[Assessment, ...]) -> None:
        total = sum((assessment.weight for assessment in assessments), Decimal(0))
        if total != 100 and self._weights_known:
            every = [key for number in range(len(CHECKPOINTS)) for key in self._keys(number, "weight")]
            shares = ", ".join(
                f"{checkpoint.number:02}: {assessments[checkpoint.number].weight}" for checkpoint in CHECKPOINTS
            )
            self._add(every, f"the weights of the checkpoints add up to {total}", "100", f"they are {shares}")

    def _check_dates(self, assessments: tuple[Assessment, ...], starts: datetime | None, ends: datetime | None) -> None:
        for checkpoint, assessment in zip(CHECKPOINTS, assessments, strict=True):
            keys, opens, due = self._keys(checkpoint.number, "due"), assessment.opens_at, assessment.due_at
            if due is None:
                continue
            if opens is not None and opens >= due:
                self._add(keys, f"{checkpoint.short} is due before it opens", "a due date after the opening")
            if ends is not None and due > ends:
                self._add(keys, f"{checkpoint.short} is due after the term ends", warning=True)
            if starts is not None and due < starts:
                self._add(keys, f"{checkpoint.short} is due before the term starts", warning=True)

    def _check_reveal(self, assessments: tuple[Assessment, ...], late: LatePolicy, zone: ZoneInfo) -> None:
        for checkpoint, assessment in zip(CHECKPOINTS, assessments, strict=True):
            due, later_at = assessment.due_at, assessment.reveal.later_at
            if due is None or later_at is None or not assessment.reveal.later:
                continue
            keys = (
                *self._keys(checkpoint.number, "later_from", "RevealPolicy"),
                *self._keys(checkpoint.number, "later_after_days", "RevealPolicy"),
            )
            closing = closes_at(due, late, zone)
            if later_at < due:
                what = f"{checkpoint.short} shows more of its hidden tests before it is due"
                self._add(keys, what, "a date after the due date")
            elif closing is None or later_at < closing:
                what = f"{checkpoint.short} shows more of its hidden tests while late work is still accepted"
                self._add(keys, what, "a date after late work is closed", warning=True)

    def _check_grading(self, assessments: tuple[Assessment, ...], checkpoints: tuple[Checkpoint, ...]) -> None:
        waiting = [one for one in checkpoints if assessments[one.number].grading.when == "due"]
        never = [one for one in waiting if assessments[one.number].due_at is None]
        if never:
            names = ", ".join(one.short for one in never)
            self._add(
                [key for one in never for key in self._keys(one.number, "when", "GradingPolicy")],
                f"{names}: graded when it is due, without a due date",
                'a due date, or when = "submit"',
            )

    def _paths(self) -> Paths | None:
        directory = self.loaded.config.get("CourseDirectory", Config())
        if "root" in directory and Path(str(directory["root"])).resolve() != self.root:
            self._add(
                ("CourseDirectory", "root"),
                f"CourseDirectory.root is {brief(directory['root'])}",
                f"the folder of this file: {self.root}",
            )
        folders: dict[str, Path] = {}
        for step in FOLDERS:
            name = f"{step}_directory"
            value = directory.get(name, step)
            if isinstance(value, str) and value.strip():
                folders[step] = self.root / value
            else:
                self._add(("CourseDirectory", name), f"CourseDirectory.{name} is {brief(value)}", "a folder's name")
        return Paths(self.root, **folders) if len(folders) == len(FOLDERS) else None

    def _course_id(self) -> str | None:
        value = self.loaded.config.get("CourseDirectory", Config()).get("course_id", "tinytorch")
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value, re.ASCII):
            return value
        self._add(
            ("CourseDirectory", "course_id"),
            f"CourseDirectory.course_id is {brief(value)}",
            'up to 64 letters, digits, dots, dashes and underscores, such as "tinytorch-2027"',
        )
        return None

    # --- helpers ---

    def _instant(self, local: datetime | None, zone: ZoneInfo, *keys: tuple[str, ...]) -> datetime | None:
        if local is None:
            return None
        try:
            return to_utc(local, zone)
        except LocalTimeError as error:
            self._add(keys, error.what, error.expected)
            return None

    @staticmethod
    def _keys(number: int, option: str, *nested: str) -> tuple[tuple[str, ...], ...]:
        """Return the places where an option of a checkpoint may be set, the strongest first."""
        own, every = CHECKPOINT_SECTIONS[number].__name__, EveryCheckpoint.__name__
        places = ((own, *nested, option), (every, *nested, option))
        return (*places, (*nested, option)) if nested else places

    def _add(
        self,
        keys: Key | Iterable[Key],
        what: str,
        expected: str | None = None,
        next_step: str | None = None,
        *,
        warning: bool = False,
    ) -> None:
        """Add a problem at the line where the first of the keys that is set was set."""
        places = [keys] if isinstance(keys, tuple) and keys and isinstance(keys[0], str) else list(keys)
        origin = self.loaded.origin(*places)
        found = Problem(
            origin.file if origin else self.loaded.file,
            origin.line if origin else None,
            what,
            expected,
            next_step,
            "warning" if warning else "error",
        )
        if found not in self.problems:  # one wrong value for all checkpoints is one problem
            self.problems.append(found)


def _hours(number: Decimal) -> timedelta:
    """Return so many hours, exact to the microsecond."""
    return timedelta(microseconds=int(number * 3_600_000_000))
