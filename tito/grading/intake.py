"""One hand-in from its files to its receipt: looked at, kept in the store, recorded in the gradebook.

Every way in (a collected folder, `tito submit`, the hub) ends here, so that the same work is treated the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tito.course.attempts import bucket
from tito.course.calendar import closes_at, require_open, time_problems
from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.queries import intake_facts
from tito.gradebook.services.intake import Recorded, record_stray, record_submission
from tito.notebooks.assemble import assemble
from tito.notebooks.document import NotebookError
from tito.notebooks.store import Store, files_digest
from tito.notebooks.structure import AssignmentStructure


@dataclass(frozen=True, slots=True)
class HandIn:
    """What somebody handed in, as it came. `problems` says what was left out on the way, and why."""

    student_text: str
    checkpoint_text: str
    files: Mapping[str, bytes]
    problems: Sequence[str] = ()


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

    With `enforce` (a student's own hand-in) opening, closing and the limit of attempts hold: raises TitoError, and
    nothing is recorded. Staff who collect decide that themselves; then what is odd about the time is noted.
    Raises GradebookError and TitoError when the gradebook or the store cannot take it.
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
                message=error.what,
                source=source,
            )
    notes = _odd_times(course, gradebook, checkpoint, handin.student_text, received_at, enforce=enforce)
    rejected = _unusable(course, checkpoint, handin)
    digest = Store(course.paths.store).put(handin.files)
    with gradebook.begin(actor) as work:
        return record_submission(
            work,
            student_id=handin.student_text,
            checkpoint=checkpoint,
            digest=digest,
            files={name: hashlib.sha256(content).hexdigest() for name, content in handin.files.items()},
            size=sum(map(len, handin.files.values())),
            due_at=course.assessment(checkpoint).due_at,
            source=source,
            rejected=rejected,
            note="; ".join([*handin.problems, *notes]),
            received_at=received_at,
        )


def _unusable(course: Course, checkpoint: Checkpoint, handin: HandIn) -> str | None:
    """Why nothing of it can be graded, or None. A fault of the course's own notebooks is raised, not recorded."""
    structure = AssignmentStructure.read(course, checkpoint)
    if not handin.files:
        return "; ".join(handin.problems) or "there is no notebook in it"
    try:
        assemble(structure, handin.files)
    except NotebookError as error:
        return str(error)
    return None


def _odd_times(
    course: Course,
    gradebook: Gradebook,
    checkpoint: Checkpoint,
    student_id: str,
    received_at: datetime | None,
    *,
    enforce: bool,
) -> list[str]:
    """Return what is odd about the time; with `enforce`, raise TitoError for it and for a spent limit of attempts."""
    now = received_at or gradebook.clock()
    assessment = course.assessment(checkpoint)
    with gradebook.read() as session:
        try:
            facts = intake_facts(session, course, student_id, checkpoint.number)
        except TitoError:
            if enforce:
                raise
            return []  # not on the roster: recorded as a stray
    found = time_problems(
        now,
        course.zone,
        opens_at=assessment.opens_at,
        closing_at=None if facts.due_at is None else closes_at(facts.due_at, course.late, course.zone),
        term_ends_at=course.term_ends_at,
        latest_known_at=None if received_at else facts.latest_known_at,
    )
    if enforce:
        require_open(found, checkpoint.slug)
        tokens = bucket(assessment.attempts, facts.attempts, now)
        if not tokens.allows:
            again = "" if tokens.next_at is None else f"the next one is free {course.show_time(tokens.next_at)}"
            raise TitoError(f"you have used up your attempts at {checkpoint.slug} for now", next_step=again or None)
    return [problem.text for problem in found]
