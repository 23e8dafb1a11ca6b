"""How much of two submissions' code is alike once what the course gave out is taken off.

Winnowing, as MOSS does it: Schleimer, Wilkerson and Aiken 2003, "Winnowing: Local Algorithms for Document
Fingerprinting" (SIGMOD). Runs of `RUN` tokens are hashed, and of each `WINDOW` neighbours the smallest hash is kept, so
that two texts which share `RUN + WINDOW - 1` tokens share a fingerprint, and fewer than `RUN` never count. Runs that
occur in the release or in the solution count for nothing, and neither do those of many submissions.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from typing import Final, TypeAlias

from tito.notebooks.tokens import Token, tokens
from tito.sandbox.program import CellSource, ModuleSource

RUN: Final = 14
"""Tokens of the shortest run that counts: one to two lines of Python."""
WINDOW: Final = 7
MOST_TOKENS: Final = 15_000
"""Tokens of one submission that are read: five times what the longest checkpoint's solution has."""
FEWEST: Final = 8
"""Fingerprints that two submissions must share to be a pair: about five lines."""
COMMON: Final = 8
"""More submissions than this (in a large class a twentieth of them) share a run only if it is how one writes it."""
MOST_COMMON: Final = 20
"""The twentieth grows no further: the work of comparing grows with its square."""
LEAST: Final = 0.2
"""The shared part from which on a pair is told: programs written apart share less than a tenth (decision 0014)."""
MOST_PAIRS: Final = 60

Prints: TypeAlias = "array[int]"
"""The fingerprints of a submission, each once, in order of size."""


@dataclass(frozen=True, slots=True)
class Given:
    """The course's own code of a checkpoint: the runs of release and solution, and the texts of the cells given out."""

    runs: frozenset[int]
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions, by their place in the list that was compared. `part` is the shared part of the one with less.

    `shared` and `own` count fingerprints: about one for each four tokens of what is neither given nor common.
    """

    one: int
    other: int
    shared: int
    own: int

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return self.shared / self.own


@dataclass(frozen=True, slots=True)
class Alike:
    """What comparing all with all found: pairs, those most alike first, and the runs that many share."""

    pairs: tuple[Pair, ...]
    common: frozenset[int]


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of a cell. `parts` are the numbers of the parts that are alike on it; empty for none."""

    number: int
    text: str
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MarkedCell:
    """A cell with something alike in it."""

    label: str
    lines: tuple[MarkedLine, ...]


def given(modules: Iterable[ModuleSource]) -> Given:
    """Return what of these modules (released and solved) does not count."""
    cells = [cell for module in modules for cell in module.cells]
    runs = frozenset(run for cell in cells for run in _runs(list(tokens(cell.source))))
    return Given(runs, frozenset(cell.source for cell in cells))


def fingerprints(modules: Iterable[ModuleSource], course: Given) -> Prints:
    """Return the fingerprints of what a student wrote."""
    found: set[int] = set()
    for _, read in _own(modules, course):
        found.update(_winnow([None if run in course.runs else run for run in _runs(read)]))
    return array("Q", sorted(found))


def compare(prints: Sequence[Prints]) -> Alike:
    """Compare all with all. The work grows with what is shared: a run of many submissions is set aside first."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(prints):
        for one in own:
            holders[one].append(number)
    many = min(MOST_COMMON, max(COMMON, len(prints) // 20))
    common = frozenset(one for one, who in holders.items() if len(who) > many)
    shared: Counter[tuple[int, int]] = Counter()
    for who in holders.values():
        if 1 < len(who) <= many:
            shared.update(combinations(who, 2))
    sizes = [sum(one not in common for one in own) for own in prints]
    pairs = [
        Pair(one, other, count, min(sizes[one], sizes[other]))
        for (one, other), count in shared.items()
        if count >= FEWEST
    ]
    pairs = [pair for pair in pairs if pair.part >= LEAST]
    pairs.sort(key=lambda pair: (-pair.part, -pair.shared, pair.one, pair.other))
    return Alike(tuple(pairs[:MOST_PAIRS]), common)


def side_by_side(
    one: Iterable[ModuleSource], other: Iterable[ModuleSource], course: Given, common: frozenset[int]
) -> tuple[tuple[MarkedCell, ...], tuple[MarkedCell, ...], int]:
    """Return the cells of both that have something alike, with its lines marked, and the number of parts.

    Here every run is looked at, not the fingerprints alone: a part is marked from its first line to its last. The same
    number means the same part; it is given by the first submission's order.
    """
    left, right = list(_own(one, course)), list(_own(other, course))
    ours, theirs = ([_runs(read) for _, read in cells] for cells in (left, right))
    counts = {run for runs in theirs for run in runs} - course.runs - common
    parts: dict[int, int] = {}
    number = 0
    for runs in ours:
        last = -RUN - 1
        for place, run in enumerate(runs):
            if run in counts:
                number += place - last > RUN
                last = place
                parts.setdefault(run, number)
    # A part whose runs all occur in an earlier one has that one's number: numbers are closed up.
    renamed = {old: new for new, old in enumerate(sorted(set(parts.values())), 1)}
    parts = {run: renamed[part] for run, part in parts.items()}
    return _marked(left, ours, parts), _marked(right, theirs, parts), len(renamed)


def _marked(
    cells: Sequence[tuple[CellSource, list[Token]]], runs: Sequence[Sequence[int]], parts: Mapping[int, int]
) -> tuple[MarkedCell, ...]:
    marked = []
    for (cell, read), own in zip(cells, runs, strict=True):
        lines: dict[int, set[int]] = defaultdict(set)
        for place, run in enumerate(own):
            if run in parts:
                for token in read[place : place + RUN]:
                    lines[token.line].add(parts[run])
        if lines:
            texts = enumerate(cell.source.split("\n"), 1)
            shown = tuple(MarkedLine(number, text, tuple(sorted(lines.get(number, ())))) for number, text in texts)
            marked.append(MarkedCell(cell.label, shown))
    return tuple(marked)


def _own(modules: Iterable[ModuleSource], course: Given) -> Iterable[tuple[CellSource, list[Token]]]:
    """The cells that were not given out as they stand, with their tokens, up to a limit for each submission."""
    left = MOST_TOKENS
    for module in modules:
        for cell in module.cells:
            if cell.source not in course.texts and left > 0:
                read = list(tokens(cell.source))[:left]
                left -= len(read)
                yield cell, read


def _runs(read: Sequence[Token]) -> list[int]:
    texts = [token.text for token in read]
    return [_digest("\0".join(texts[place : place + RUN])) for place in range(len(texts) - RUN + 1)]


def _digest(text: str) -> int:
    # Not `hash`, which is another one in each process: the same class must give the same pairs.
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest())


def _winnow(runs: Sequence[int | None]) -> Iterable[int]:
    """Of each `WINDOW` neighbours the smallest that counts; all neighbours of a short text are one window."""
    for start in range(max(1, len(runs) - WINDOW + 1)):
        counting = [run for run in runs[start : start + WINDOW] if run is not None]
        if counting:
            yield min(counting)
