"""Learning paths: which of the course's modules a course asks for, and so which checkpoints.

A checkpoint is asked for when its modules are selected; it is graded as a whole. What is left out is not handed in, not
counted and not shown; where a later module builds on it, grading uses the course's solution, as it does everywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from tito.course.checkpoints import CHECKPOINTS, MODULES, Checkpoint, Module

COMPLETE: Final = "complete builder"
_FOUNDATION: Final = 7
"""The last module of the foundation, each of which builds on all before it."""


@dataclass(frozen=True, slots=True)
class LearningPath:
    """A path: its name in the config, what it is for, and its modules unless the config names others."""

    name: str
    about: str
    modules: tuple[Module, ...]


PATHS: Final[tuple[LearningPath, ...]] = (
    LearningPath(COMPLETE, "every module from 00 to 20: the whole library", MODULES),
    LearningPath(
        "focused explorer",
        "the foundation and what the course chooses on top of it, by default vision: modules 00 to 09",
        MODULES[:10],
    ),
    LearningPath(
        "guided learner",
        "the foundation at an even pace, up to a network that reads: modules 00 to 07",
        MODULES[: _FOUNDATION + 1],
    ),
)


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is wrong with a selection of modules, and what would be right."""

    what: str
    expected: str


def find_path(name: str) -> LearningPath:
    """Return the path of that name, one of PATHS."""
    return next(path for path in PATHS if path.name == name)


def asked_for(modules: Collection[Module]) -> tuple[tuple[Checkpoint, ...], list[Unfit]]:
    """Return the checkpoints of a selection in order, and what is wrong with it."""
    chosen, unfit = set(modules), []
    if not chosen:
        unfit.append(Unfit("the learning path selects no module", "one module at least"))
    needed = [module for module in MODULES[: _FOUNDATION + 1] if any(later.number > module.number for later in chosen)]
    absent = [module for module in needed if module not in chosen]
    if absent:
        unfit.append(
            Unfit(
                f"the learning path leaves out {_listed(absent)}, and selects modules that build on it",
                "all modules of the foundation (00 to 07) before the last one that is selected",
            )
        )
    for checkpoint in CHECKPOINTS:
        inside = [module for module in checkpoint.modules if module in chosen]
        if inside and len(inside) < len(checkpoint.modules):
            unfit.append(
                Unfit(
                    f"the learning path selects {_listed(inside)} of {checkpoint.short} and not the rest",
                    f"all modules of a checkpoint or none: {_listed(checkpoint.modules)}",
                )
            )
    return tuple(checkpoint for checkpoint in CHECKPOINTS if set(checkpoint.modules) <= chosen), unfit


def _listed(modules: Collection[Module]) -> str:
    return ", ".join(module.slug for module in modules)
