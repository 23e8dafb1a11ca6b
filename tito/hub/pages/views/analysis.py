"""The checkpoints over the class, and one of them closely: scores, tests, and what students miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Final

from tito.course.checkpoints import Checkpoint
from tito.course.verdicts import Verdict
from tito.gradebook.analysis import FEWEST, Analysis, Contradiction, Missed, Reached, TestFigures, analyse
from tito.gradebook.endings import Sections, Who
from tito.gradebook.standing import Cell, StudentRow
from tito.hub.pages.asked import Asked, BadRequest
from tito.hub.pages.charts import BarChart, Series
from tito.hub.pages.views.regrading import asked_checkpoint

BINS: Final = 10
LAST_ATTEMPT: Final = 8
"""Attempts from this one on share a bar."""
NAMED: Final = 24
"""Students of a group that are named; the rest is a number."""
WEAK: Final = 0.2
"""Below it a test is a poor one, by a guideline (Ebel and Frisbie 1991, Essentials of Educational Measurement)."""
SLOW: Final = 0.5
"""The part of the time limit from which on a run that passed is told: a busier machine may end it."""
_BY_MACHINE: Final = frozenset({Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY})


@dataclass(frozen=True, slots=True)
class Line:
    """One checkpoint over the class. Scores are out of 100, as they stand now."""

    checkpoint: int
    handed_in: int
    scored: int
    waiting: int
    """How many of the scored wait for written answers."""
    attempts: float | None
    mean: Fraction | None
    median: Fraction | None


@dataclass(frozen=True, slots=True)
class CheckpointsPage:
    """The checkpoints that the course asks for, over the students that the viewer sees."""

    students: int
    sections: tuple[str, ...]
    section: str
    lines: tuple[Line, ...]


def overview(asked: Asked) -> CheckpointsPage:
    """Return one line for each checkpoint. Two queries when nothing changed."""
    rows, sections, section = _rows(asked)
    lines = asked.kept.get(
        asked.session,
        f"checkpoints {_named(_seen(asked, section))}",
        lambda: tuple(_line(checkpoint, rows) for checkpoint in asked.course.checkpoints),
        at=asked.now.replace(second=0, microsecond=0),
    )
    return CheckpointsPage(len(rows), sections, section, lines)


@dataclass(frozen=True, slots=True)
class Group:
    """Students who miss the same thing: how many, and the first of them by name."""

    said: str
    tests: tuple[str, ...]
    count: int
    students: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class TestLine:
    """A test with what there is to say of it. `look` are reasons to look at it, in words; empty for none."""

    figures: TestFigures
    rate: Fraction
    ends: tuple[tuple[str, int], ...]
    look: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class AnalysisPage:
    """One checkpoint over the students that the viewer sees, or one section of them. It is kept, and so is its HTML."""

    checkpoint: int
    sections: tuple[str, ...]
    section: str
    line: Line
    students: int
    handed_in: int
    graded: int
    regraded: int
    scores: BarChart
    attempts: BarChart
    half: Reached
    full: Reached
    tests: tuple[TestLine, ...]
    operations: tuple[Group, ...]
    groups: tuple[Group, ...]
    contradictions: tuple[Contradiction, ...]
    seconds: float
    """The time limit of a run."""
    fewest: int


def view(asked: Asked) -> AnalysisPage:
    """Return the figures of `{checkpoint}`. Two queries when nothing changed. Raises BadRequest."""
    checkpoint = asked_checkpoint(asked)
    rows, sections, section = _rows(asked)
    found = _analysis(asked, checkpoint, _seen(asked, section))
    name = f"analysis {checkpoint.number} {_named(_seen(asked, section))} of {sections} {section}"
    return asked.standings.beside(name, lambda: _page(asked, checkpoint, rows, sections, section, found))


def _page(
    asked: Asked,
    checkpoint: Checkpoint,
    rows: Sequence[StudentRow],
    sections: tuple[str, ...],
    section: str,
    found: Analysis,
) -> AnalysisPage:
    assessment = asked.course.assessment(checkpoint)
    seconds = assessment.limits.wall_seconds
    return AnalysisPage(
        checkpoint.number,
        sections,
        section,
        _line(checkpoint, rows),
        found.students,
        found.handed_in,
        found.graded,
        found.regraded,
        _scores([row.cells[checkpoint.number] for row in rows]),
        _attempts(found),
        found.half,
        found.full,
        tuple(_test(one, seconds) for one in found.tests),
        tuple(map(_group, found.operations)),
        tuple(map(_group, found.groups)),
        found.contradictions,
        seconds,
        FEWEST,
    )


def _analysis(asked: Asked, checkpoint: Checkpoint, sections: Sections) -> Analysis:
    name = f"analysis {checkpoint.number} {_named(sections)}"
    opens_at = asked.course.assessment(checkpoint).opens_at
    return asked.kept.get(
        asked.session,
        name,
        lambda: analyse(asked.session, checkpoint.number, sections=sections, opens_at=opens_at),
    )


def _seen(asked: Asked, section: str) -> Sections:
    return frozenset({section}) if section else asked.viewer.sections


def _named(sections: Sections) -> str:
    """What is kept is kept for these sections: everybody (None) and nobody (an empty set) must not be the same."""
    return str(None if sections is None else sorted(sections))


def _rows(asked: Asked) -> tuple[list[StudentRow], tuple[str, ...], str]:
    """The students to look at, the sections there are to choose from, and the chosen one. Raises BadRequest."""
    seen = [row for row in asked.standings.rows if asked.viewer.sees_section(row.section)]
    sections = tuple(sorted({row.section for row in seen if row.section}))
    section = asked.text("section")
    if section and section not in sections:
        raise BadRequest(f"section={section!r} is none of yours, or has no students", expected=", ".join(sections))
    return [row for row in seen if not section or row.section == section], sections, section


def _line(checkpoint: Checkpoint, rows: Iterable[StudentRow]) -> Line:
    cells = [row.cells[checkpoint.number] for row in rows]
    attempts = [cell.attempts for cell in cells if cell.attempts]
    # In thousandths: sixteen thousand fractions would take longer to add and sort than to read.
    finals = [cell.score.final for cell in cells if cell.score is not None]
    scores = [1000 * final.numerator // final.denominator for final in finals]
    return Line(
        checkpoint.number,
        len(attempts),
        len(scores),
        sum(cell.score is not None and not cell.score.complete for cell in cells),
        sum(attempts) / len(attempts) if attempts else None,
        Fraction(sum(scores), 1000 * len(scores)) if scores else None,
        Fraction(median(scores)) / 1000 if scores else None,
    )


def _scores(cells: Sequence[Cell]) -> BarChart:
    bins = [0] * BINS
    for cell in cells:
        if cell.score is not None:
            bins[max(0, min(BINS - 1, int(cell.score.final * BINS / 100)))] += 1
    wide = 100 // BINS
    names = tuple(f"{low}–{low + wide - 1 if low + wide < 100 else 100}" for low in range(0, 100, wide))  # noqa: RUF001
    return BarChart("Scores as they stand", "score of 100", "students", names, (Series("students", tuple(bins)),))


def _attempts(found: Analysis) -> BarChart:
    rows: tuple[tuple[str, Mapping[int, int]], ...] = (
        ("handed in so often", found.attempts),
        ("first with half of the points", found.half.attempts),
        ("first with all points", found.full.attempts),
    )
    most = min(LAST_ATTEMPT, max((number for _, counts in rows for number in counts), default=1))
    names = [str(number) for number in range(1, most + 1)]
    if most == LAST_ATTEMPT:
        names[-1] += " or more"
    series = (Series(name, _folded(counts, most)) for name, counts in rows)
    return BarChart("Attempts", "attempt", "students", tuple(names), tuple(series))


def _folded(counts: Mapping[int, int], most: int) -> tuple[int, ...]:
    folded: Counter[int] = Counter()
    for number, count in counts.items():
        folded[min(number, most)] += count
    return tuple(folded[number] for number in range(1, most + 1))


def _test(one: TestFigures, limit: float) -> TestLine:
    look = []
    if one.discrimination is not None and one.discrimination < 0:
        look.append("students who do well otherwise fail it")
    elif one.discrimination is not None and one.discrimination < WEAK:
        look.append("it tells strong from weak students poorly")
    if by_machine := sum(count for verdict, count in one.ends if verdict in _BY_MACHINE):
        look.append(f"{by_machine} ended by time or memory, which also depend on the machine")
    if one.slowest > SLOW * limit:
        look.append(f"a run that passed took {Decimal(one.slowest):.1f} of {limit:g} seconds")
    if one.changed:
        look.append(f"{one.changed} ended otherwise under the graders before")
    ends = tuple((verdict.title, count) for verdict, count in one.ends)
    return TestLine(one, Fraction(100 * one.passed, one.of), ends, tuple(look))


def _group(missed: Missed) -> Group:
    return Group(missed.said, missed.tests, len(missed.students), missed.students[:NAMED])
