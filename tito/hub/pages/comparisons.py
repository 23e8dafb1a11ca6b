"""Comparing the submissions of a checkpoint, beside the requests: it takes seconds, and its result is kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.hub.pages.background import Background, Progress
from tito.notebooks.alike import Alike, Given, MarkedCell, Prints, compare, fingerprints, given, side_by_side
from tito.notebooks.assemble import assemble, released_modules, solution_modules
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import ModuleSource

Sides: TypeAlias = tuple[tuple[MarkedCell, ...], tuple[MarkedCell, ...], int]
"""The cells of two submissions with the lines that are alike, and the number of parts."""
READY: Final = 20
"""Pairs whose lines are marked before anybody asks: it takes a quarter of a second for each."""


class Entry(NamedTuple):
    """A submission to compare: its number, and the digest of its content."""

    submission: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Progress):
    """How far the comparison of a checkpoint is; `entries` and what was found are of the last one that ended well."""

    entries: tuple[Entry, ...] = ()
    found: Alike | None = None
    unreadable: int = 0
    done: int = 0
    """How many of the submissions that are compared now were read, `of` so many."""
    of: int = 0
    sides: Mapping[tuple[str, str], Sides] = field(default_factory=dict)
    """The pairs that are most alike, by the digests of the two: they are what people look at next."""


class Reader:
    """Reads submissions of one checkpoint as text. Raises TitoError when the course has no such notebooks."""

    def __init__(self, course: Course, checkpoint: Checkpoint) -> None:
        self._structure = AssignmentStructure.read(course, checkpoint)
        self._store = Store(course.paths.store)
        self.given: Given = _given((*released_modules(course, checkpoint), *solution_modules(course, checkpoint)))

    def modules(self, digest: str) -> tuple[ModuleSource, ...]:
        """The code of a submission. Raises TitoError when it cannot be read."""
        return assemble(self._structure, self._store.get(digest)).modules

    def side_by_side(self, one: str, other: str, common: frozenset[int]) -> Sides:
        """Two submissions with the lines marked that are alike. Raises TitoError when one cannot be read."""
        return side_by_side(self.modules(one), self.modules(other), self.given, common)


@lru_cache(maxsize=len(CHECKPOINTS))
def _given(modules: tuple[ModuleSource, ...]) -> Given:
    return given(modules)


class Comparisons(Background[State]):
    """The comparisons of all checkpoints, one at a time."""

    def __init__(self) -> None:
        super().__init__("similarity", State())

    def start(self, course: Course, checkpoint: Checkpoint, entries: Sequence[Entry]) -> threading.Thread | None:
        """Compare these submissions in a thread, unless a comparison of the checkpoint goes on already."""
        chosen = tuple(entries)
        return self._begin(checkpoint, lambda: self._compare(course, checkpoint, chosen), done=0, of=len(chosen))

    def _compare(self, course: Course, checkpoint: Checkpoint, entries: tuple[Entry, ...]) -> State:
        reader = Reader(course, checkpoint)
        known: dict[str, Prints] = {}
        unreadable = 0
        prints = []
        for entry in entries:
            if entry.digest not in known:
                try:
                    known[entry.digest] = fingerprints(reader.modules(entry.digest), reader.given)
                except TitoError:  # it is counted, and the page says so; grading has told the student why
                    known[entry.digest] = fingerprints((), reader.given)
                    unreadable += 1
            prints.append(known[entry.digest])
            self._advance(checkpoint, lambda state: replace(state, done=state.done + 1))
        found = compare(prints)
        sides = {}
        for pair in found.pairs[:READY]:
            one, other = entries[pair.one].digest, entries[pair.other].digest
            sides[one, other] = reader.side_by_side(one, other, found.common)
        return State(entries=entries, found=found, unreadable=unreadable, sides=sides)
