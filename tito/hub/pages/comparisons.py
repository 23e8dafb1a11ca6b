"""Comparing the submissions of a checkpoint, beside the requests: it takes seconds, and its result is kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.notebooks.alike import Alike, Given, MarkedCell, Prints, compare, fingerprints, given, side_by_side
from tito.notebooks.assemble import assemble, released_modules, solution_modules
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import ModuleSource

_LOG: Final = logging.getLogger(__name__)


Sides: TypeAlias = tuple[tuple[MarkedCell, ...], tuple[MarkedCell, ...], int]
"""The cells of two submissions with the lines that are alike, and the number of parts."""
READY: Final = 20
"""Pairs whose lines are marked before anybody asks: it takes a quarter of a second for each."""


class Entry(NamedTuple):
    """A submission to compare: its number, and the digest of its content."""

    submission: int
    digest: str


@dataclass(frozen=True, slots=True)
class State:
    """How far the comparison of a checkpoint is. `found` and `entries` are those of the last one that ended well.

    `running` tells that one goes on, with `done` of its submissions read; `problem` why the last one failed. `sides`
    are the pairs that are most alike, by the digests of the two: they are what people look at next.
    """

    entries: tuple[Entry, ...] = ()
    found: Alike | None = None
    unreadable: int = 0
    running: bool = False
    done: int = 0
    of: int = 0
    problem: str = ""
    sides: Mapping[tuple[str, str], Sides] = field(default_factory=dict)


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


class Comparisons:
    """The comparisons of all checkpoints, one at a time. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._states: dict[int, State] = {}

    def state(self, checkpoint: Checkpoint) -> State:
        """Return how far a checkpoint's comparison is."""
        with self._lock:
            return self._states.get(checkpoint.number, State())

    def start(self, course: Course, checkpoint: Checkpoint, entries: Sequence[Entry]) -> threading.Thread | None:
        """Compare these submissions in a thread, unless a comparison of the checkpoint goes on already."""
        with self._lock:
            state = self._states.get(checkpoint.number, State())
            if state.running:
                return None
            self._states[checkpoint.number] = replace(state, running=True, done=0, of=len(entries), problem="")
        # A daemon: whoever ends the service need not wait for it, and it holds nothing that could be left half done.
        name = f"similarity-{checkpoint.short}"
        thread = threading.Thread(target=self._run, args=(course, checkpoint, tuple(entries)), name=name, daemon=True)
        thread.start()
        return thread

    def _run(self, course: Course, checkpoint: Checkpoint, entries: tuple[Entry, ...]) -> None:
        try:
            with self._turn:  # two at once would only slow each other, and the pages, down
                state = self._compare(course, checkpoint, entries)
        except TitoError as error:
            self._failed(checkpoint, str(error))
        except Exception:  # noqa: BLE001 (nobody waits for this thread: whoever looks at the page has to be told)
            _LOG.exception("comparing the submissions of %s failed", checkpoint.slug)
            self._failed(checkpoint, "comparing failed on our side; the log of the service says more")
        else:
            self._set(checkpoint, lambda _: state)

    def _failed(self, checkpoint: Checkpoint, said: str) -> None:
        self._set(checkpoint, lambda state: replace(state, running=False, problem=said))

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
            self._set(checkpoint, lambda state: replace(state, done=state.done + 1))
        found = compare(prints)
        sides = {}
        for pair in found.pairs[:READY]:
            one, other = entries[pair.one].digest, entries[pair.other].digest
            sides[one, other] = reader.side_by_side(one, other, found.common)
        return State(entries, found, unreadable, sides=sides)

    def _set(self, checkpoint: Checkpoint, change: Callable[[State], State]) -> None:
        with self._lock:
            self._states[checkpoint.number] = change(self._states[checkpoint.number])
