"""`tito feedback`: what grading said, as far as the student may see it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import click

from tito.cli.outcomes import show_result
from tito.cli.refused import reason_and_step
from tito.cli.screen import Screen
from tito.cli.state import CHECKPOINT, State, json_option, pass_state, user_name
from tito.course.checkpoints import Checkpoint
from tito.course.course import Course
from tito.course.points import show
from tito.course.results import Outcome, Receipt, Result
from tito.errors import TitoError
from tito.exchange.client import Client, is_configured
from tito.exchange.lines import progress
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
    On a server of the hub it is your own result, which the hub's service is asked for.
    """
    if student is None and is_configured():
        _show(state.screen, checkpoint, feedback_from_service(Client.of_environment(), checkpoint), verbose)
        return
    if not state.has_gradebook:
        raise TitoError(
            "this folder keeps no gradebook",
            where=str(state.course.root),
            next_step="your feedback comes as a page from the LMS or the hub; `tito test` tells what it can here",
        )
    with state.gradebook() as book:
        cell, result, shown = published_feedback(state.course, book, checkpoint, student or user_name())
    assert cell.published is not None  # published_feedback raised otherwise
    grade = cell.published
    _show(
        state.screen,
        checkpoint,
        Feedback(cell.attempts, show(grade.score), show(grade.pending), result, shown),
        verbose,
    )


@dataclass(frozen=True, slots=True)
class Feedback:
    """A published result as its student may see it now. Scores are of 100, as they are shown."""

    attempt: int
    score: str
    pending: str
    result: Result
    shown: tuple[Outcome, ...]


def _show(screen: Screen, checkpoint: Checkpoint, feedback: Feedback, verbose: bool) -> None:
    result = feedback.result
    counted = [outcome for outcome in feedback.shown if outcome.mode == result.counts]
    screen.data(
        {
            "checkpoint": checkpoint.slug,
            "score": feedback.score,
            "pending": feedback.pending,
            "earned": str(result.earned),
            "possible": str(result.possible),
            "outcomes": [outcome.to_json() for outcome in counted],
            "notes": list(result.notes),
        }
    )
    screen.say((checkpoint.title, "bold"), f"  attempt {feedback.attempt}")
    show_result(screen, result, feedback.shown, passed="all" if verbose else "brief")
    screen.say()
    screen.say(("score  ", "dim"), (f"{feedback.score} of 100", "bold"))
    if Decimal(feedback.pending):
        screen.say((f"written answers can still add {feedback.pending}", "dim"))


def feedback_from_service(client: Client, checkpoint: Checkpoint) -> Feedback:
    """Return what the hub's service tells of one's newest published attempt. Raises TitoError when there is none."""
    answer = client.get("submissions")
    mine = [one for one in answer["submissions"] if one["assignment_id"] == checkpoint.slug]
    graded = [one for one in mine if one["feedback"] is not None]
    if not graded:
        what = f"there is no published result of yours for {checkpoint.slug}"
        if not mine:
            raise TitoError(what, next_step="submit it in the Assignment List")
        if mine[-1]["attempt"] is not None:
            raise TitoError(what, expected=f"your attempt {progress(mine[-1], answer['zone'])}")
        reason, step = reason_and_step(mine[-1]["message"])
        raise TitoError(
            f"{what}: your hand-in was refused: {reason}", next_step=step or "put it right, and submit again"
        )
    told = client.get(f"submissions/{int(graded[-1]['id'])}/feedback")
    outcomes = tuple(Outcome.from_json(one) for one in told["outcomes"])
    unknown = Receipt(submission=graded[-1]["sha256"], graders="", reference="", environment="", seed="", tier="")
    counts = outcomes[0].mode if outcomes else "isolated"  # the service sends the mode that counts, and no other
    result = Result(checkpoint.slug, unknown, outcomes, tuple(told["notes"]), counts=counts)
    return Feedback(int(told["attempt"]), told["score"], told["pending"], result, outcomes)


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
            raise _nothing_published(course, record, checkpoint, now)
        result = load_result(session, cell.published.result_id)
    assessment = course.assessment(checkpoint)
    return cell, result, reveal(result.outcomes, assessment.reveal, now, put_off(assessment, cell.due_at))


def _nothing_published(course: Course, record: StudentRecord, checkpoint: Checkpoint, now: datetime) -> TitoError:
    """Say what the student waits for, or why the last hand-in was refused."""
    what = f"there is no published result of {record.row.student_id} for {checkpoint.slug}"
    expected = "a submission that was graded and published"
    again = f"`tito submit {checkpoint.number:02}`"
    cell = record.row.cells[checkpoint.number]
    if cell.submission_id is not None:
        due = course.assessment(checkpoint).grading.waits_until(cell.due_at, now)
        step = f"it is graded when it is due, from {course.show_time(due)} on" if due else "it waits to be graded"
        return TitoError(what, expected=expected, next_step=step)
    lines = [line.submission for line in record.attempts if line.submission.checkpoint == checkpoint.number]
    if not lines:
        return TitoError(what, expected=expected, next_step=f"hand it in: {again}")
    reason, step = reason_and_step(lines[-1].message)
    return TitoError(
        f"{what}: your hand-in was refused: {reason}",
        expected=expected,
        next_step=f"{step or 'put it right, and hand it in again'}: {again}",
    )
