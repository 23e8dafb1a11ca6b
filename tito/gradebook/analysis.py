"""What the results of one checkpoint say about its tests, and about what students miss.

The newest accepted attempt of each active student is looked at, with its result under the current graders, in the mode
that counts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tito.course.points import from_milli
from tito.course.verdicts import Verdict
from tito.gradebook.endings import (
    Counted,
    End,
    Outcome,
    Plate,
    Sections,
    Try,
    Who,
    among,
    counted,
    divergences,
    outcomes,
    plates,
    repeated,
    tries,
)
from tito.gradebook.models import Student

FEWEST: Final = 10
"""Students from whom on a correlation is told: with fewer it is chance."""
GROUPS: Final = 12
"""Groups of students that are told; those after them are small."""
_MISSED: Final = frozenset(Verdict) - {Verdict.PASSED, Verdict.PLATFORM_FAULT}


@dataclass(frozen=True, slots=True)
class TestFigures:
    """One test over the class. `ends` are the verdicts of those who did not pass, the most common first.

    `discrimination` is the correlation of passing this test with the points earned in all others, from -1 to 1 (None:
    too few students, or everybody ended alike). `slowest` is the longest time of a run that passed, in seconds;
    `changed` how many ended otherwise under the graders before the current ones.
    """

    test: str
    title: str
    public: bool
    cell: str
    possible: Decimal
    passed: int
    of: int
    ends: tuple[tuple[Verdict, int], ...]
    discrimination: float | None
    slowest: float
    changed: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Students who miss the same thing. `tests` are titles; `said` tells what is wrong where grading found it out."""

    said: str
    tests: tuple[str, ...]
    students: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """The first attempt that reached a share of the automatic points.

    `attempts` counts students by the number of that attempt. The two medians are in hours, over those who got there.
    """

    attempts: Mapping[int, int]
    after_first: float | None
    after_opening: float | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The same content under the same graders ended in several ways: nothing but a fault of ours explains it."""

    test: str
    verdicts: tuple[Verdict, ...]
    submissions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """One checkpoint over some students. `graded` of those who `handed_in` have a result under the current graders."""

    students: int
    handed_in: int
    graded: int
    attempts: Mapping[int, int]
    half: Reached
    full: Reached
    tests: tuple[TestFigures, ...]
    operations: tuple[Missed, ...]
    """By what grading found to be wrong first, over all tests."""
    groups: tuple[Missed, ...]
    """By the very same set of hidden tests that were not passed."""
    regraded: int
    """Students whose attempt has a result of earlier graders too."""
    contradictions: tuple[Contradiction, ...]


def analyse(
    session: Session, checkpoint: int, *, sections: Sections = None, opens_at: datetime | None = None
) -> Analysis:
    """Return the figures of a checkpoint. At most seven queries."""
    students = session.scalar(select(func.count(Student.id)).where(*among(sections))) or 0
    handed_in = list(tries(session, checkpoint, sections).values())
    query = counted(checkpoint, sections)
    rows = [
        Counted(Who(student, name, submission), result, before)
        for student, name, submission, result, before in session.execute(query)
    ]
    chosen = query.order_by(None).subquery()
    ends = outcomes(session, chosen, chosen.c.result)
    regraded = sum(row.before is not None for row in rows)
    before = outcomes(session, chosen, chosen.c.before) if regraded else []
    known = plates(session, checkpoint)
    people = {row.result: row.who for row in rows}
    return Analysis(
        students,
        len(handed_in),
        len(rows),
        Counter(len(attempts) for attempts in handed_in),
        _reached(handed_in, 2, opens_at),
        _reached(handed_in, 1, opens_at),
        _tests(ends, known, _changes(rows, ends, before)),
        _operations(divergences(session, chosen), people),
        _groups(ends, known, people),
        regraded,
        _contradictions(repeated(session, checkpoint, sections)),
    )


def correlation(passed: Sequence[bool], rest: Sequence[int]) -> float | None:
    """Return the point-biserial correlation of passing one test with the points of all others.

    It is Pearson's correlation where one of the two is 0 or 1. The test's own points are taken off the score, because a
    test of few would otherwise correlate with itself (Henrysson 1963, Psychometrika 28, 211-218; Crocker and Algina
    1986, Introduction to Classical and Modern Test Theory, chapter 14). None where one of the two does not vary, or for
    fewer than `FEWEST` students. Whole numbers until the last step, so that "does not vary" is exact.
    """
    count = len(passed)
    right, total = sum(passed), sum(rest)
    varied = count * right - right * right
    spread = count * sum(value * value for value in rest) - total * total
    if count < FEWEST or not varied or not spread:
        return None
    both = count * sum(value for value, good in zip(rest, passed, strict=True) if good) - right * total
    return both / math.sqrt(varied * spread)


def _tests(
    all_ends: Sequence[Outcome], known: Mapping[str, Plate], changes: Mapping[str, int]
) -> tuple[TestFigures, ...]:
    totals: Counter[int] = Counter()
    by_test: dict[str, list[Outcome]] = defaultdict(list)
    for one in all_ends:
        totals[one.result] += one.earned
        by_test[one.test].append(one)
    return tuple(_test(ends, known[test], totals, changes[test]) for test, ends in by_test.items())


def _test(ends: Sequence[Outcome], plate: Plate, totals: Mapping[int, int], changed: int) -> TestFigures:
    passed = [one.verdict is Verdict.PASSED for one in ends]
    others = Counter(one.verdict for one in ends if one.verdict is not Verdict.PASSED)
    return TestFigures(
        ends[0].test,
        plate.title,
        plate.public,
        plate.cell,
        from_milli(ends[0].possible),
        sum(passed),
        len(ends),
        tuple(others.most_common()),
        correlation(passed, [totals[one.result] - one.earned for one in ends]),
        max((one.seconds for one, good in zip(ends, passed, strict=True) if good), default=0.0),
        changed,
    )


def _changes(rows: Iterable[Counted], now: Iterable[Outcome], before: Iterable[Outcome]) -> Counter[str]:
    """For each test, how many students it ended otherwise for under the graders before."""
    old = {(one.result, one.test): one.verdict for one in before}
    replaced = {row.result: row.before for row in rows if row.before is not None}
    return Counter(
        one.test
        for one in now
        if one.result in replaced and old.get((replaced[one.result], one.test), one.verdict) is not one.verdict
    )


def _operations(found: Iterable[tuple[int, str, str]], people: Mapping[int, Who]) -> tuple[Missed, ...]:
    """The students by what goes wrong first in a gradient, whichever tests showed it."""
    causes: dict[str, tuple[dict[str, None], dict[int, None]]] = {}
    for result, title, said in found:
        titles, results = causes.setdefault(said, ({}, {}))
        titles[title] = results[result] = None
    return _most(Missed(said, tuple(titles), _named(results, people)) for said, (titles, results) in causes.items())


def _contradictions(repeats: Iterable[End]) -> tuple[Contradiction, ...]:
    ends: dict[tuple[str, int, str], dict[Verdict, int]] = defaultdict(dict)
    for one in repeats:
        ends[one.digest, one.grader_version, one.test].setdefault(one.verdict, one.submission)
    return tuple(
        Contradiction(test, tuple(verdicts), tuple(verdicts.values()))
        for (_, _, test), verdicts in ends.items()
        if len(verdicts) > 1
    )


def _groups(ends: Iterable[Outcome], known: Mapping[str, Plate], people: Mapping[int, Who]) -> tuple[Missed, ...]:
    """The students by the set of hidden tests that they did not pass, those groups with several students only."""
    missed: dict[int, dict[str, None]] = defaultdict(dict)
    for one in ends:
        if one.verdict in _MISSED and not known[one.test].public:
            missed[one.result][one.test] = None
    sets: dict[tuple[str, ...], dict[int, None]] = defaultdict(dict)
    for result, tests in missed.items():
        sets[tuple(tests)][result] = None
    return _most(
        Missed("", tuple(known[test].title for test in tests), _named(results, people))
        for tests, results in sets.items()
        if len(results) > 1
    )


def _most(missed: Iterable[Missed]) -> tuple[Missed, ...]:
    return tuple(sorted(missed, key=lambda one: (-len(one.students), one.said, one.tests)))[:GROUPS]


def _named(results: Iterable[int], people: Mapping[int, Who]) -> tuple[Who, ...]:
    return tuple(sorted((people[result] for result in results), key=lambda who: (who.name.casefold(), who.student)))


def _reached(tries: Iterable[Sequence[Try]], part: int, opens_at: datetime | None) -> Reached:
    """When students first had the `part`-th part of the automatic points, or more."""
    attempts: Counter[int] = Counter()
    after_first, after_opening = [], []
    for own in tries:
        for number, one in enumerate(own, 1):
            if one.earned is not None and one.possible and one.earned * part >= one.possible:
                attempts[number] += 1
                after_first.append(_hours(own[0].received_at, one.received_at))
                if opens_at is not None:
                    after_opening.append(_hours(opens_at, one.received_at))
                break
    return Reached(
        attempts, median(after_first) if after_first else None, median(after_opening) if after_opening else None
    )


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600
