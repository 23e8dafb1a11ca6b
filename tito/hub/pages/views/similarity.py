"""Submissions whose code is alike: pairs, and two of them side by side. A place to look, and never a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Section, Student, Submission
from tito.gradebook.newest import is_one_of, newest_attempts
from tito.hub.pages.asked import Asked, BadRequest, whole
from tito.hub.pages.comparisons import Comparisons, Entry, Reader
from tito.hub.pages.views.regrading import asked_checkpoint
from tito.notebooks.alike import COMMON, FEWEST, LEAST, RUN, WINDOW, MarkedCell


@dataclass(frozen=True, slots=True)
class Author:
    """A submission and whose it is."""

    submission: int
    student: str
    name: str
    section: str | None


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two submissions. `percent` of what the one with less code of its own wrote is in the other too."""

    one: Author
    other: Author
    percent: int
    shared: int
    same: bool
    """Whether both handed in the very same content."""


class Rules(NamedTuple):
    """The numbers by which submissions are compared, for the page to tell."""

    run: int = RUN
    surely: int = RUN + WINDOW - 1
    fewest: int = FEWEST
    least: int = round(100 * LEAST)
    common: int = COMMON


@dataclass(frozen=True, slots=True)
class SimilarityPage:
    """The pairs of a checkpoint, or how far their search is. `outdated` counts submissions that came since."""

    checkpoint: int
    submissions: int
    compared: int | None
    """None while nothing was compared."""
    outdated: int
    unreadable: int
    running: bool
    done: int
    of: int
    problem: str
    pairs: tuple[PairLine, ...]
    rules: Rules


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two submissions with the lines marked that are alike; the same number is the same part."""

    checkpoint: int
    one: Author
    other: Author
    parts: int
    left: tuple[MarkedCell, ...]
    right: tuple[MarkedCell, ...]
    compared: bool
    """Whether the class was compared before: only then is it known what many share."""


def view(asked: Asked) -> SimilarityPage:
    """Return the pairs of `{checkpoint}`; the first visit, and `again`, start the comparison. Two queries."""
    checkpoint = asked_checkpoint(asked)
    authors = _newest(asked.session, checkpoint)
    entries = tuple(authors)
    comparisons = asked.kept.shared("comparisons", Comparisons)
    state = comparisons.state(checkpoint)
    outdated = len(set(entries) - set(state.entries))
    first = state.found is None and not state.problem
    if entries and (first or (asked.text("again") and outdated)):
        comparisons.start(asked.course, checkpoint, entries)
        state = comparisons.state(checkpoint)
    lines = []
    for pair in () if state.found is None else state.found.pairs:
        one, other = state.entries[pair.one], state.entries[pair.other]
        if one in authors and other in authors:  # a newer attempt replaces what was compared
            percent = round(100 * pair.part)
            lines.append(PairLine(authors[one], authors[other], percent, pair.shared, one.digest == other.digest))
    return SimilarityPage(
        checkpoint.number,
        len(entries),
        None if state.found is None else len(state.entries),
        outdated,
        state.unreadable,
        state.running,
        state.done,
        state.of,
        state.problem,
        tuple(lines),
        Rules(),
    )


def pair(asked: Asked) -> SideBySide:
    """Return submissions `{one}` and `{other}` side by side. One query. Raises BadRequest or GradebookError."""
    checkpoint = asked_checkpoint(asked)
    numbers = [whole(asked.place[name], name, least=1) for name in ("one", "other")]
    if numbers[0] == numbers[1]:
        raise BadRequest("a submission is like itself", expected="the numbers of two submissions")
    found = _chosen(asked.session, checkpoint, numbers)
    missing = [number for number in numbers if number not in found]
    if missing:
        raise GradebookError(f"{checkpoint.title} has no accepted submission number {missing[0]}")
    (one, one_digest), (other, other_digest) = (found[number] for number in numbers)
    state = asked.kept.shared("comparisons", Comparisons).state(checkpoint)
    known = state.found
    sides = state.sides.get((one_digest, other_digest))
    if sides is None:
        common = frozenset[int]() if known is None else known.common
        try:
            sides = Reader(asked.course, checkpoint).side_by_side(one_digest, other_digest, common)
        except TitoError as error:
            raise GradebookError(f"these submissions cannot be read: {error}") from error
    left, right, parts = sides
    return SideBySide(checkpoint.number, one, other, parts, left, right, known is not None)


def _newest(session: Session, checkpoint: Checkpoint) -> dict[Entry, Author]:
    """The newest accepted attempt of each active student. One query."""
    of_it = Submission.checkpoint == checkpoint.number
    newest = newest_attempts(of_it)
    query = _AUTHORS.join(newest, is_one_of(newest)).where(Student.active.is_(True), of_it).order_by(Submission.id)
    return _authors(session.execute(query))


def _chosen(session: Session, checkpoint: Checkpoint, numbers: Sequence[int]) -> dict[int, tuple[Author, str]]:
    """These accepted submissions, by their numbers, with their digests. One query."""
    query = _AUTHORS.where(
        Submission.id.in_(numbers), Submission.checkpoint == checkpoint.number, Submission.attempt.is_not(None)
    )
    return {entry.submission: (author, entry.digest) for entry, author in _authors(session.execute(query)).items()}


_AUTHORS: Final = (
    select(Submission.id, Submission.digest, Student.student_id, Student.name, Section.name)
    .join(Student, Student.id == Submission.student_id)
    .outerjoin(Section, Section.id == Student.section_id)
)


def _authors(rows: Iterable[Row[int, str, str, str, str | None]]) -> dict[Entry, Author]:
    return {
        Entry(number, digest): Author(number, student, name, section) for number, digest, student, name, section in rows
    }
