"""One hand-in from its files to its receipt: looked at, kept in the store, recorded in the gradebook.

Every way in (a collected folder, `tito submit`, the hub) ends here, so that the same work is treated the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tito.course.attempts import bucket
from tito.course.calendar import closes_at, require_open, time_problems
from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook.errors import GradebookError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.queries import IntakeFacts, intake_facts
from tito.gradebook.services.intake import Recorded, record_stray, record_submission
from tito.grading.questions import record_written
from tito.notebooks.assemble import Handin, assemble
from tito.notebooks.document import CAPS, NotebookCaps, NotebookError
from tito.notebooks.store import Store, files_digest
from tito.notebooks.structure import AssignmentStructure


@dataclass(frozen=True, slots=True)
class HandIn:
    """What somebody handed in, as it came. `problems` says what was left out on the way, and why.

    `key` is the sender's own name for this hand-in: sent again after an answer that was lost, it is the same attempt.
    """

    student_text: str
    checkpoint_text: str
    files: Mapping[str, bytes]
    problems: Sequence[str] = ()
    key: str = ""


class KeptOut(TitoError):
    """The dates or the limit of attempts keep a student's hand-in out; nothing was recorded."""


def take_in(
    course: Course,
    gradebook: Gradebook,
    handin: HandIn,
    *,
    actor: str,
    source: str,
    received_at: datetime | None = None,
    enforce: bool = False,
) -> Recorded:
    """Keep and record a hand-in; what cannot be graded is recorded as refused, with the reason for the student.

    With `enforce` (a student's own hand-in) opening, closing and the limit of attempts hold: raises KeptOut, and
    nothing is recorded. Staff who collect decide that themselves; then it is noted. The same hand-in again is always
    answered with what was recorded of it.
    Raises GradebookError and TitoError when the gradebook or the store cannot take it, or the clock cannot be right.
    """
    try:
        checkpoint = find_checkpoint(handin.checkpoint_text)
    except TitoError as error:
        with gradebook.begin(actor) as work:
            return record_stray(
                work,
                student_id=handin.student_text,
                checkpoint=handin.checkpoint_text,
                digest=files_digest(handin.files),
                message=str(error),
                source=source,
            )
    if enforce:
        course.require(checkpoint)
    door = _Door(course, checkpoint, handin.student_text, files_digest(handin.files), received_at, enforce, handin.key)
    if enforce:
        with gradebook.read() as session:  # once before anything is kept: refused work must not fill the disk
            door.admit(session, gradebook.clock())
    structure = AssignmentStructure.read(course, checkpoint)
    usable, rejected = _assembled(structure, handin, replace(CAPS, file_bytes=course.notebook_bytes))
    rejected = _not_asked(course, checkpoint) or rejected
    digest = Store(course.paths.store).put(handin.files)
    with gradebook.begin(actor) as work:
        recorded = record_submission(
            work,
            student_id=handin.student_text,
            checkpoint=checkpoint,
            digest=digest,
            idempotency_key=handin.key,
            files={name: hashlib.sha256(content).hexdigest() for name, content in handin.files.items()},
            size=sum(map(len, handin.files.values())),
            due_at=course.assessment(checkpoint).due_at,
            source=source,
            rejected=rejected,
            note="; ".join(handin.problems),
            received_at=received_at,
            admit=lambda: door.admit(work.session, work.now),
        )
        if recorded.accepted and recorded.id is not None and usable is not None:
            record_written(work, checkpoint, structure, usable, recorded.id)
    return recorded


def _not_asked(course: Course, checkpoint: Checkpoint) -> str | None:
    """Why a checkpoint outside of the course's learning path is refused."""
    try:
        course.require(checkpoint)
    except TitoError as error:
        return str(error)
    return None


def _assembled(structure: AssignmentStructure, handin: HandIn, caps: NotebookCaps) -> tuple[Handin | None, str | None]:
    """What can be graded of it, or else the reason why nothing can."""
    try:
        if not handin.files:
            names = ", ".join(book.file for book in structure.notebooks)
            raise NotebookError(
                "; ".join(handin.problems) or "there is no notebook in it",
                expected=names,
                next_step=f"put that right, and hand in {names}",
            )
        return assemble(structure, handin.files, caps), None
    except NotebookError as error:
        return None, str(error)


@dataclass(frozen=True, slots=True)
class _Door:
    """What a hand-in must pass that depends on when it comes and what came before."""

    course: Course
    checkpoint: Checkpoint
    student_id: str
    digest: str
    received_at: datetime | None
    enforce: bool
    key: str

    def admit(self, session: Session, now: datetime) -> list[str]:
        """Return what is odd about the time; raise KeptOut for what keeps it out."""
        facts = self._facts(session)
        if facts is None or facts.newest_digest == self.digest or (self.digest, self.key) in facts.keys:
            return []
        try:
            return self._judge(facts, now)
        except GradebookError:
            raise
        except TitoError as error:
            raise KeptOut(error.what, where=error.where, expected=error.expected, next_step=error.next_step) from error

    def _judge(self, facts: IntakeFacts, now: datetime) -> list[str]:
        course, name = self.course, self.checkpoint.slug
        assessment = course.assessment(self.checkpoint)
        clock = time_problems(now, course.zone, term_ends_at=course.term_ends_at, latest_known_at=facts.latest_known_at)
        require_open(clock, name)
        arrived = self.received_at or now
        found = [problem.text for problem in clock]
        if self.received_at is not None or not clock:
            closing = None if facts.due_at is None else closes_at(facts.due_at, course.late, course.zone)
            bounds = time_problems(arrived, course.zone, opens_at=assessment.opens_at, closing_at=closing)
            if self.enforce:
                require_open(bounds, name)
            found += [problem.text for problem in bounds]
        tokens = bucket(assessment.attempts, facts.attempts, arrived)
        if not tokens.allows:
            limit = f"{assessment.attempts.capacity} at first, then one every {_hours(assessment.attempts.refill)}"
            if self.enforce:
                raise TitoError(
                    f"you have used up your attempts at {name} for now",
                    where=f"{name}, {len(facts.attempts)} attempts so far",
                    expected=f"the limit is {limit}",
                    next_step="nothing was recorded, and your newest attempt counts"
                    + ("" if tokens.next_at is None else f"; the next one is free {course.show_time(tokens.next_at)}"),
                )
            found.append(f"it is more than the limit of attempts allows ({limit})")
        return found

    def _facts(self, session: Session) -> IntakeFacts | None:
        """What is known of the student here; None for one who is not on the roster, which staff have recorded."""
        try:
            return intake_facts(session, self.course, self.student_id, self.checkpoint.number)
        except GradebookError as error:
            if not self.enforce:
                return None
            raise GradebookError(
                error.what,
                expected=error.expected,
                next_step="name your own id with --student, or ask the course's staff to put you on the roster; "
                "nothing was recorded",
            ) from error


def _hours(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return "hour" if hours == 1 else f"{hours:g} hours"
