"""`tito gradebook refused`: what was handed in and could not be taken, until something better comes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tito.cli.screen import Screen, clean
from tito.cli.state import State, json_option, pass_state
from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook.refusals import Refusal, open_refusals


@click.command()
@json_option
@pass_state
def refused(state: State) -> None:
    """List hand-ins that could not be taken and that no good one followed, with what to do."""
    with state.gradebook() as book, book.read() as session:
        found = open_refusals(session)
    state.screen.data({"refused": [_plain(one) for one in found]})
    _show(state.screen, state.course, found)


def reason_and_step(message: str) -> tuple[str, str]:
    """Part a recorded refusal into what was found where, and what to do about it."""
    error = TitoError.from_text(message)
    return f"{error.where}: {error.what}" if error.where else error.what, error.next_step or ""


def show_reason(screen: Screen, who: str, message: str) -> None:
    """Print who was refused and why in one line, and the next step in another."""
    what, step = reason_and_step(message)
    screen.say((clean(f"{who}: ", 100), "bold"), clean(what, 300), indent=2)
    if step:
        screen.say((clean(step, 300), "dim"), indent=6)


def _show(screen: Screen, course: Course, found: Sequence[Refusal]) -> None:
    if not found:
        screen.say((screen.symbol("passed"), "green"), " no hand-in waits to be put right")
    for one in found:
        show_reason(screen, f"{one.student} {one.checkpoint}", one.message)
        screen.say((f"{course.show_time(one.received_at)}  {clean(one.source, 80)}", "dim"), indent=6)


def _plain(one: Refusal) -> dict[str, object]:
    return {
        "student_id": one.student,
        "checkpoint": one.checkpoint,
        "on_roster": one.on_roster,
        "received_at": one.received_at.isoformat(),
        "message": one.message,
        "source": one.source,
    }
