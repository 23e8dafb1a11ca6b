"""`tito gradebook`: see grades and take them out. What changes them is in `gradebook_changes`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from tito.cli import gradebook_changes as changes
from tito.cli import matrix
from tito.cli.gradebook_backup import backup, restore
from tito.cli.refused import refused, show_reason
from tito.cli.screen import Screen, clean, words
from tito.cli.state import CHECKPOINT, State, json_option, pass_state
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.course import Course
from tito.course.points import show as show_points
from tito.gradebook import queries
from tito.gradebook.exports import export_canvas, export_csv
from tito.gradebook.models import Intake
from tito.gradebook.queries import AttemptLine, StudentRecord
from tito.notebooks.files import write_atomically


@click.group()
def gradebook() -> None:
    """See, publish, correct and export grades."""


for command in (
    changes.publish,
    changes.rollback,
    changes.override,
    changes.extend,
    changes.latedays,
    refused,
    backup,
    restore,
):
    gradebook.add_command(command)


@gradebook.command()
@click.option("--section", metavar="NAME", help="Only this section.")
@click.option("--inactive", is_flag=True, help="Those too who are no longer on the active roster.")
@json_option
@pass_state
def show(state: State, section: str | None, inactive: bool) -> None:
    """Show the matrix: students down, the 16 checkpoints across."""
    now = datetime.now(UTC)
    with state.gradebook() as book, book.read() as session:
        rows = queries.matrix(session, state.course, now, section=section, active_only=not inactive)
    state.screen.data({"students": [matrix.plain(row) for row in rows]})
    for line in matrix.matrix(state.screen, rows):
        state.screen.say(line)
    state.screen.say()
    state.screen.say(matrix.legend(state.screen))


@gradebook.command()
@click.argument("student_id", metavar="STUDENT")
@json_option
@pass_state
def student(state: State, student_id: str) -> None:
    """Show one student's record: scores, every hand-in, every change with who and why."""
    course, screen = state.course, state.screen
    with state.gradebook() as book, book.read() as session:
        record = queries.student_record(session, course, datetime.now(UTC), student_id)
    screen.data(_plain_record(record))
    _show_record(screen, course, record)


@gradebook.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "canvas"]), default="csv", show_default=True, help="For whom."
)
@click.option(
    "--which", type=click.Choice(["now", "published"]), help="Scores as they count now, or as students see them."
)
@click.option("--checkpoint", "checkpoints", metavar="CP", type=CHECKPOINT, multiple=True, help="Canvas: only these.")
@click.option("--section", metavar="NAME", help="Only this section.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of the terminal.")
@pass_state
def export(
    state: State,
    form: str,
    which: str | None,
    checkpoints: tuple[Checkpoint, ...],
    section: str | None,
    output: Path | None,
) -> None:
    """Write the grades as CSV, for people (csv: all checkpoints and the total) or for Canvas's import."""
    with state.gradebook() as book, book.read() as session:
        rows = queries.matrix(session, state.course, datetime.now(UTC), section=section)
    if form == "csv":
        data = export_csv(rows, which="published" if which == "published" else "now")
    else:
        data = export_canvas(rows, which="now" if which == "now" else "published", checkpoints=checkpoints or None)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    write_atomically(output, data)
    state.screen.err.print(words(f"{len(rows)} students: {output}"))


def _plain_record(record: StudentRecord) -> dict[str, object]:
    attempts = [
        {
            "checkpoint": line.submission.checkpoint,
            "attempt": line.submission.attempt,
            "received_at": line.submission.received_at.isoformat(),
            "digest": line.submission.digest,
            "status": line.submission.status.value,
            "message": line.submission.message,
            "earned": None if line.result is None else show_points(line.result.earned, 3),
            "possible": None if line.result is None else show_points(line.result.possible, 3),
            "notes": [] if line.result is None else line.result.notes,
            "published": line.published,
        }
        for line in record.attempts
    ]
    history = [
        {"at": event.at.isoformat(), "by": event.actor, "action": event.action, "reason": event.reason}
        for event in record.history
    ]
    milestones = [one.milestone.key for one in record.milestones if one.milestone is not None]
    return matrix.plain(record.row) | {"milestones": milestones, "attempts": attempts, "history": history}


def _show_record(screen: Screen, course: Course, record: StudentRecord) -> None:
    row = record.row
    screen.say((row.name, "bold"), f"  {row.student_id}  ", (f"{row.email or ''}  {row.section or ''}", "dim"))
    table = screen.table(
        ("", "right"), "checkpoint", ("score", "right"), "state", ("attempt", "right"), "received", ("points", "right")
    )
    for line in record.attempts:
        submission, result = line.submission, line.result
        cell = row.cells[submission.checkpoint]
        score = show_points(cell.score.final, 1) if line.counts and cell.score is not None else ""
        table.add_row(
            f"{submission.checkpoint:02}",
            CHECKPOINTS[submission.checkpoint].name,
            words((score, "bold")),
            cell.state.value if line.counts else submission.status.value,
            "" if submission.attempt is None else str(submission.attempt),
            course.show_time(submission.received_at),
            "" if result is None else f"{show_points(result.earned)} / {show_points(result.possible)}",
        )
    screen.say(table if record.attempts else words(("nothing was handed in yet", "dim")))
    for line in record.attempts:
        _show_notes(screen, line)
    for one in record.milestones:
        screen.say((f"{screen.symbol('milestone')} {one.milestone}", "magenta"), f"  earned at {one.short}")
    screen.heading("Changes")
    for event in record.history[-20:]:
        at = course.show_time(event.at)
        screen.say(
            (f"{at}  ", "dim"),
            f"{event.action}  ",
            (event.actor, "dim"),
            f"  {event.reason.splitlines()[0] if event.reason else ''}",
        )


def _show_notes(screen: Screen, line: AttemptLine) -> None:
    """What was odd about a hand-in, or why it was refused."""
    submission = line.submission
    place = CHECKPOINTS[submission.checkpoint].short
    if submission.status is Intake.REJECTED:
        show_reason(screen, f"{place} refused", submission.message)
        return
    notes = [*([submission.message] if submission.message else []), *(line.result.notes if line.result else ())]
    for note in notes[:10]:
        screen.say((f"{place}, attempt {submission.attempt}: ", "dim"), clean(note, 300), indent=2)
    if len(notes) > 10:
        screen.say((f"... and {len(notes) - 10} more notes, which the feedback shows", "dim"), indent=2)
