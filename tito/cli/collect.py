"""`tito collect`: submissions from a folder or an LMS's zip into the gradebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from tito.cli.receipt import lateness, plain_receipt
from tito.cli.refused import show_reason
from tito.cli.screen import Screen, clean
from tito.cli.state import State, instructor, json_option, local_time, pass_state
from tito.cli.stopping import resumable
from tito.course.checkpoints import find_checkpoint
from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import Recorded
from tito.grading.intake import HandIn, take_in
from tito.notebooks.collect import CAPS, Collection
from tito.notebooks.collect import collect as find
from tito.notebooks.document import shown

_NOTES = 5


@click.command()
@click.argument("place", metavar="DIR_OR_ZIP", type=click.Path(path_type=Path))
@click.option(
    "--received-at", metavar="'YYYY-MM-DD HH:MM'", help="When they came in, if the LMS kept that (default: now)."
)
@json_option
@pass_state
def collect(state: State, place: Path, received_at: str | None) -> None:
    """Take in <student>/<checkpoint>/*.ipynb. Collecting the same again adds nothing.

    Each hand-in becomes a numbered attempt, or is recorded with the reason why it cannot be graded. Work that comes
    early, late or over the limit of attempts is taken in and noted: what to make of it is for you to decide.
    """
    course, screen = state.course, state.screen
    arrived = local_time(received_at, course) if received_at else None
    found = find(place, replace(CAPS, file_bytes=course.notebook_bytes))
    recorded: list[Recorded] = []

    def so_far() -> str:
        kept = f"{len(recorded)} of {len(found)} hand-ins are recorded"
        return f"{kept}; collect again, and it goes on with the others" if recorded else ""

    with resumable(screen, so_far), state.gradebook(create=True) as book, screen.progress() as bar:
        _require_past(book, course, arrived)
        task = bar.add_task("collecting", total=len(found))
        for one in take_in_all(course, book, found, source=f"collect {place.name}", received_at=arrived):
            recorded.append(one)
            bar.advance(task)
        now = book.clock()
    screen.data(
        {"submissions": [plain_receipt(course, one, now) for one in recorded], "problems": list(found.problems)}
    )
    show_collected(screen, recorded, found.problems)


def _require_past(book: Gradebook, course: Course, received_at: datetime | None) -> None:
    if received_at is not None and received_at > book.clock():
        raise TitoError(
            f"--received-at is {course.show_time(received_at)}, which is yet to come",
            where=f"the server's clock reads {course.show_time(book.clock())}",
            expected="when the work came in, in the course's time zone",
            next_step="correct it (or the clock), and collect again; nothing was recorded",
        )


def take_in_all(
    course: Course, book: Gradebook, found: Collection, *, source: str, received_at: datetime | None = None
) -> Iterator[Recorded]:
    """Take in what was found, one after the other, and yield what the gradebook recorded.

    Two folders of a student's for one checkpoint are refused: which of them counts must not depend on their names.
    """
    folders: dict[tuple[str, str], list[str]] = {}
    for student, checkpoint in found.names:
        folders.setdefault((student, _slug(checkpoint)), []).append(checkpoint)
    for one in found:
        handin = HandIn(one.student_text, one.checkpoint_text, one.files, one.problems)
        alike = folders[one.student_text, _slug(one.checkpoint_text)]
        if len(alike) > 1:
            if one.checkpoint_text != alike[0]:
                continue
            names = ", ".join(shown(name) for name in alike)
            handin = HandIn(one.student_text, one.checkpoint_text, {}, [f"several folders are for it: {names}"])
        yield take_in(course, book, handin, actor=instructor(), source=source, received_at=received_at)


def _slug(checkpoint: str) -> str:
    try:
        return find_checkpoint(checkpoint).slug
    except TitoError:
        return checkpoint


def show_collected(screen: Screen, recorded: Sequence[Recorded], problems: Sequence[str]) -> None:
    """Print how many were taken in, and each that was not."""
    fresh = [one for one in recorded if not one.repeated]
    accepted = [one for one in fresh if one.accepted]
    refused = [one for one in fresh if not one.accepted and one.id is not None]
    strays = [one for one in fresh if one.id is None]
    screen.say(
        (screen.symbol("passed"), "bold green"),
        f" {len(accepted)} new attempts, {len(recorded) - len(fresh)} known already, {len(refused)} refused, "
        f"{len(strays)} that belong to nobody",
    )
    for one in (*refused, *strays):
        checkpoint = f" cp{one.checkpoint:02}" if one.checkpoint >= 0 else ""
        show_reason(screen, f"{clean(one.student_id, 40)}{checkpoint}", one.message)
    noted = [one for one in accepted if one.message or one.late_seconds]
    for one in noted[:_NOTES]:
        notes = [text for text in (lateness(one), one.message) if text]
        screen.say(
            (f"{clean(one.student_id, 40)} cp{one.checkpoint:02}: {clean('; '.join(notes), 300)}", "dim"), indent=2
        )
    if len(noted) > _NOTES:
        screen.say((f"... {len(noted) - _NOTES} more have a note (--json shows all)", "dim"), indent=2)
    known = sum(one.repeated and not one.accepted for one in recorded)
    if known:
        screen.say(
            (f"{known} of those known already were refused: `tito gradebook refused` lists them", "dim"), indent=2
        )
    for problem in problems[:20]:
        screen.warn(clean(problem, 300))
    if len(problems) > 20:
        screen.warn(f"and {len(problems) - 20} more entries that could not be read")
