"""`tito feedback`: what grading said, as far as the student may see it now."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tito.cli.outcomes import show_result
from tito.cli.refused import reason_and_step
from tito.cli.state import CHECKPOINT, State, json_option, pass_state, user_name
from tito.course.checkpoints import Checkpoint
from tito.course.course import Course
from tito.course.points import show
from tito.course.results import Outcome, Result
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.queries import StudentRecord, student_record
from tito.gradebook.services.grading import load_result
from tito.gradebook.standing import Cell
from tito.grading.reveal import put_off, reveal


@click.command()
@click.argument("checkpoint", metavar="CP", type=CHECKPOINT)
@click.option("--student", metavar="ID", help="Your id on the roster (default: your login name).")
@click.option("-v", "--verbose", is_flag=True, help="List every test, those that passed too.")
@json_option
@pass_state
def feedback(state: State, checkpoint: Checkpoint, student: str | None, verbose: bool) -> None:
    """Show the published result of a checkpoint: what passed, and what to look at next.

    Public tests show everything. Hidden tests show what the course's policy allows at this time.
    """
    if not state.has_gradebook:
        raise TitoError(
            "this folder keeps no gradebook",
            where=str(state.course.root),
            next_step="your feedback comes as a page from the LMS or the hub; `tito test` tells what it can here",
        )
    screen = state.screen
    with state.gradebook() as book:
        cell, result, shown = published_feedback(state.course, book, checkpoint, student or user_name())
    assert cell.published is not None  # published_feedback raised otherwise
    counted = [outcome for outcome in shown if outcome.mode == result.counts]
    screen.data(
        {
            "checkpoint": checkpoint.slug,
            "score": show(cell.published.score),
            "pending": show(cell.published.pending),
            "earned": str(result.earned),
            "possible": str(result.possible),
            "outcomes": [outcome.to_json() for outcome in counted],
            "notes": list(result.notes),
        }
    )
    screen.say((checkpoint.title, "bold"), f"  attempt {cell.attempts}")
    show_result(screen, result, shown, passed="all" if verbose else "brief")
    screen.say()
    screen.say(("score  ", "dim"), (f"{show(cell.published.score)} of 100", "bold"))
    if cell.published.pending:
        screen.say((f"written answers can still add {show(cell.published.pending)}", "dim"))


def published_feedback(
    course: Course, book: Gradebook, checkpoint: Checkpoint, student_id: str
) -> tuple[Cell, Result, tuple[Outcome, ...]]:
    """Return where the student stands, the published result, and its outcomes as the student may see them now.

    Raises TitoError when nothing is published; it says what is missing.
    """
    now = datetime.now(UTC)
    with book.read() as session:
        record = student_record(session, course, now, student_id)
        cell = record.row.cells[checkpoint.number]
        if cell.published is None or cell.published.result_id is None:
            raise _nothing_published(record, checkpoint)
        result = load_result(session, cell.published.result_id)
    assessment = course.assessment(checkpoint)
    return cell, result, reveal(result.outcomes, assessment.reveal, now, put_off(assessment, cell.due_at))


def _nothing_published(record: StudentRecord, checkpoint: Checkpoint) -> TitoError:
    """Say what the student waits for, or why the last hand-in was refused."""
    what = f"there is no published result of {record.row.student_id} for {checkpoint.slug}"
    expected = "a submission that was graded and published"
    again = f"`tito submit {checkpoint.number:02}`"
    if record.row.cells[checkpoint.number].submission_id is not None:
        return TitoError(what, expected=expected, next_step="it waits to be graded")
    lines = [line.submission for line in record.attempts if line.submission.checkpoint == checkpoint.number]
    if not lines:
        return TitoError(what, expected=expected, next_step=f"hand it in: {again}")
    reason, step = reason_and_step(lines[-1].message)
    return TitoError(
        f"{what}: your hand-in was refused: {reason}",
        expected=expected,
        next_step=f"{step or 'put it right, and hand it in again'}: {again}",
    )
