"""`tito collect`: submissions from a folder or an LMS's zip into the gradebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from tito.cli.receipt import plain_receipt
from tito.cli.screen import Screen, clean
from tito.cli.state import State, instructor, json_option, local_time, pass_state
from tito.course.course import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import Recorded
from tito.grading.intake import HandIn, take_in
from tito.notebooks.collect import Collection
from tito.notebooks.collect import collect as find

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

    Each hand-in becomes a numbered attempt, or is recorded with the reason why it cannot be graded.
    """
    course, screen = state.course, state.screen
    arrived = local_time(received_at, course) if received_at else None
    found = find(place)
    with state.gradebook(create=True) as book, screen.progress() as bar:
        task = bar.add_task("collecting", total=len(found))
        recorded = []
        for one in take_in_all(course, book, found, source=f"collect {place.name}", received_at=arrived):
            recorded.append(one)
            bar.advance(task)
    screen.data({"submissions": [plain_receipt(one) for one in recorded], "problems": list(found.problems)})
    show_collected(screen, recorded, found.problems)


def take_in_all(
    course: Course, book: Gradebook, found: Collection, *, source: str, received_at: datetime | None = None
) -> Iterator[Recorded]:
    """Take in what was found, one after the other, and yield what the gradebook recorded."""
    for one in found:
        handin = HandIn(one.student_text, one.checkpoint_text, one.files, one.problems)
        yield take_in(course, book, handin, actor=instructor(), source=source, received_at=received_at)


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
        _show_one(screen, one, "bold")
    noted = [one for one in accepted if one.message]
    for one in noted[:_NOTES]:
        _show_one(screen, one, "dim")
    if len(noted) > _NOTES:
        screen.say((f"... {len(noted) - _NOTES} more have a note (--json shows all)", "dim"), indent=2)
    for problem in problems[:20]:
        screen.warn(clean(problem, 300))
    if len(problems) > 20:
        screen.warn(f"and {len(problems) - 20} more entries that could not be read")


def _show_one(screen: Screen, one: Recorded, style: str) -> None:
    checkpoint = f" cp{one.checkpoint:02}" if one.checkpoint >= 0 else ""
    message = clean(one.message.split("\n", 1)[0], 300)
    screen.say(
        (f"{clean(one.student_id, 40)}{checkpoint}: ", style), (message, "" if style == "bold" else style), indent=2
    )
