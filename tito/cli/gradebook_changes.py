"""The commands of `tito gradebook` that change grades: each takes a reason and is audited."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click

from tito.cli.screen import Screen
from tito.cli.state import CHECKPOINT, State, instructor, json_option, local_time, pass_state
from tito.course.checkpoints import Checkpoint
from tito.course.points import show
from tito.errors import TitoError
from tito.gradebook.services import adjustments, publication
from tito.grading.engine import gradable
from tito.grading.published import refresh_folders

reason_option = click.option("--reason", required=True, help="Why; the student and the audit will read it.")
checkpoint_argument = click.argument("checkpoint", metavar="CP", type=CHECKPOINT)


@click.command()
@checkpoint_argument
@click.option("--student", "students", metavar="ID", multiple=True, help="Only this student (may be repeated).")
@click.option("--preview", is_flag=True, help="Show what would change, and publish nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--note", default="", help="What the audit will say about it.")
@click.option("--lower", is_flag=True, help="Let a regrade lower a published grade, whatever the course's policy.")
@json_option
@pass_state
def publish(
    state: State, checkpoint: Checkpoint, students: tuple[str, ...], preview: bool, yes: bool, note: str, lower: bool
) -> None:
    """Show students their grades of a checkpoint as they are now; first see whose would change, and why."""
    course, only, never = state.course, students or None, False if lower else None
    with state.gradebook() as book:
        with book.read() as session:
            seen = publication.preview_publication(
                session, course, checkpoint, book.clock(), students=only, never_lowers=never
            )
        number = None
        if not (preview or state.screen.json):
            show_preview(state.screen, seen)
        if not preview and seen.changes:
            if not (yes or state.screen.json):
                click.confirm(f"Publish {len(seen.changes)} grades?", abort=True)
            with book.begin(instructor()) as work:
                number, _ = publication.publish(
                    work, course, checkpoint, students=only, never_lowers=never, note=note, token=seen.token
                )
            refresh_folders(course, book, checkpoint)
    state.screen.data({"publication": number, **plain_preview(seen)})
    if preview:
        show_preview(state.screen, seen)
    elif number is not None:
        state.screen.say(
            (state.screen.symbol("passed"), "green"),
            f" published (number {number}); ",
            (f"undo: tito gradebook rollback {number} --reason ...", "dim"),
        )


@click.command()
@click.argument("publication_id", metavar="NUMBER", type=int)
@reason_option
@json_option
@pass_state
def rollback(state: State, publication_id: int, reason: str) -> None:
    """Take a publication back: students see again what they saw before."""
    with state.gradebook() as book:
        with book.begin(instructor()) as work:
            number = publication.roll_back(work, publication_id, reason=reason)
        for checkpoint in gradable(state.course, None):
            refresh_folders(state.course, book, checkpoint)
    state.screen.data({"rolled_back": publication_id, "publication": number})
    state.screen.say(
        (state.screen.symbol("passed"), "green"), f" publication {publication_id} was taken back (number {number})"
    )


@click.command()
@click.argument("student_id", metavar="STUDENT")
@checkpoint_argument
@click.argument("score", metavar="SCORE|none")
@reason_option
@json_option
@pass_state
def override(state: State, student_id: str, checkpoint: Checkpoint, score: str, reason: str) -> None:
    """Set a student's score (0 to 100) by hand; `none` takes it back. Students see it when it is published."""
    points = _score(score)
    with state.gradebook() as book, book.begin(instructor()) as work:
        adjustments.override(work, student_id=student_id, checkpoint=checkpoint, score=points, reason=reason)
    state.screen.data(
        {"student_id": student_id, "checkpoint": checkpoint.slug, "score": None if points is None else str(points)}
    )
    what = "its override was taken back" if points is None else f"set to {show(points, 3)}"
    state.screen.say((state.screen.symbol("passed"), "green"), f" {student_id}, {checkpoint.slug}: {what}")
    state.screen.say((f"next: tito gradebook publish {checkpoint.short}", "dim"))


@click.command()
@click.argument("student_id", metavar="STUDENT")
@checkpoint_argument
@click.argument("until", metavar="'YYYY-MM-DD HH:MM'|none")
@reason_option
@json_option
@pass_state
def extend(state: State, student_id: str, checkpoint: Checkpoint, until: str, reason: str) -> None:
    """Give a student a later deadline (local time of the course); `none` takes it back."""
    course = state.course
    instant = None if until.lower() == "none" else local_time(until, course)
    with state.gradebook() as book, book.begin(instructor()) as work:
        adjustments.extend(
            work,
            student_id=student_id,
            checkpoint=checkpoint,
            until=instant,
            reason=reason,
            due_at=course.assessment(checkpoint).due_at,
        )
    state.screen.data(
        {"student_id": student_id, "checkpoint": checkpoint.slug, "until": instant and instant.isoformat()}
    )
    what = f"due {course.show_time(instant)}" if instant else "the extension was taken back"
    state.screen.say((state.screen.symbol("passed"), "green"), f" {student_id}, {checkpoint.slug}: {what}")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("student_id", metavar="STUDENT")
@click.argument("days", type=int)
@reason_option
@json_option
@pass_state
def latedays(state: State, student_id: str, days: int, reason: str) -> None:
    """Add free late days to a student's budget of the term, or take some back (a negative number)."""
    with state.gradebook() as book, book.begin(instructor()) as work:
        total = adjustments.change_late_days(work, student_id=student_id, days=days, reason=reason)
    state.screen.data({"student_id": student_id, "extra_days": total})
    state.screen.say((state.screen.symbol("passed"), "green"), f" {student_id}: {total:+} days beside the course's")


def show_preview(screen: Screen, preview: publication.Preview) -> None:
    """Print whose grade publishing would change, by how much, and which tests did it."""
    screen.say((preview.checkpoint.title, "bold"), f": {len(preview.changes)} would change, {preview.unchanged} stay")
    for change in preview.changes:
        before = "none" if change.before is None else show(change.before)
        style = "red" if change.before is not None and change.difference < 0 else "green"
        screen.say(
            (f"{change.student_id:<16} ", "bold"),
            f"{before} {screen.symbol('arrow')} ",
            (show(change.after), style),
            (f"  {change.cause.value}", "dim"),
            indent=2,
        )
        for test in change.tests[:5]:
            old, new = ("none" if points is None else show(points) for points in (test.before, test.after))
            screen.say((f"{test.title}: {old} {screen.symbol('arrow')} {new}", "dim"), indent=6)
        if len(change.tests) > 5:
            screen.say((f"and {len(change.tests) - 5} more tests", "dim"), indent=6)
    if preview.still_to_grade:
        screen.warn(f"{len(preview.still_to_grade)} newest attempts are still to be graded (`tito grade`)")


def plain_preview(preview: publication.Preview) -> dict[str, object]:
    """Return a preview as JSON types."""
    return {
        "checkpoint": preview.checkpoint.slug,
        "unchanged": preview.unchanged,
        "still_to_grade": list(preview.still_to_grade),
        "changes": [
            {
                "student_id": change.student_id,
                "before": None if change.before is None else show(change.before),
                "after": show(change.after),
                "cause": change.cause.value,
                "tests": [
                    {
                        "test": test.test,
                        "before": None if test.before is None else str(test.before),
                        "after": None if test.after is None else str(test.after),
                    }
                    for test in change.tests
                ],
            }
            for change in preview.changes
        ],
    }


def _score(text: str) -> Decimal | None:
    if text.lower() == "none":
        return None
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise TitoError(f"{text[:40]!r} is no score", expected="a number from 0 to 100, or none") from error
