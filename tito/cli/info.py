"""`tito info`: the course at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from tito import __version__
from tito.cli import picture
from tito.cli.state import State, json_option, pass_state
from tito.cli.workspace import CheckpointStanding, Workspace, current
from tito.course.course import Course
from tito.course.points import show


@click.command()
@json_option
@pass_state
def info(state: State) -> None:
    """The course, its checkpoints and modules, and where you stand."""
    course, screen = state.course, state.screen
    standings = Workspace(course).checkpoints()
    now = current(standings)
    screen.data(_plain(course, standings, now))
    screen.say((course.title, "bold"), f"  {course.term}  ", (f"tito {__version__}, {course.root}", "dim"))
    screen.say()
    table = screen.table("", "", "checkpoint", "modules", ("weight", "right"), "due")
    for one in standings:
        weight = show(course.share(one.checkpoint))
        due = course.assessment(one.checkpoint).due_at
        table.add_row(
            screen.symbol(one.state),
            f"{one.checkpoint.number:02}",
            one.checkpoint.name,
            " ".join(f"{module.module.number:02}" for module in one.modules),
            f"{weight} %",
            course.show_time(due) if due else "",
            style="bold" if one is now else picture.STYLES[one.state] if one.state != "todo" else "",
        )
    screen.say(table)
    screen.say()
    screen.say(picture.legend(screen, standings))
    if now is not None:
        screen.say()
        screen.say(
            "  ",
            (f"{screen.symbol('next')} {now.checkpoint.title}", "bold"),
            "  ",
            picture.due(course, now.checkpoint, datetime.now(UTC)),
        )
        screen.say((now.checkpoint.question, "dim"), indent=4)


def _plain(
    course: Course, standings: Sequence[CheckpointStanding], now: CheckpointStanding | None
) -> dict[str, object]:
    return {
        "tito": __version__,
        "course": course.course_id,
        "title": course.title,
        "term": course.term,
        "root": str(course.root),
        "current": now.checkpoint.slug if now else None,
        "checkpoints": [
            {
                "number": one.checkpoint.number,
                "slug": one.checkpoint.slug,
                "modules": [module.module.slug for module in one.modules],
                "state": one.state,
            }
            for one in standings
        ],
    }
