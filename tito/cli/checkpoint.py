"""`tito checkpoint`: the 16 checkpoints as pictures, and the test of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.text import Text

from tito.cli import picture
from tito.cli.screen import words
from tito.cli.state import CHECKPOINT, State, json_option, pass_state, user_name
from tito.cli.testing import show_tests
from tito.cli.workspace import CheckpointStanding, Workspace, current
from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError
from tito.gradebook.errors import GradebookError
from tito.gradebook.queries import student_record


@click.group()
def checkpoint() -> None:
    """See the 16 checkpoints, and test one."""


@checkpoint.command()
@json_option
@pass_state
def status(state: State) -> None:
    """Show where you stand: the path of all checkpoints, and what to do next."""
    workspace, screen = Workspace(state.course), state.screen
    standings = workspace.checkpoints()
    now = current(standings)
    screen.data({"checkpoints": [_plain(one) for one in standings], "current": now and now.checkpoint.slug})
    screen.say()
    screen.say((state.course.title, "bold"), (f"  {state.course.term}", "dim"), indent=2)
    screen.say()
    for line in (*picture.path(screen, standings, now), Text(), picture.legend(screen, standings)):
        screen.say(line)
    if now is None:
        screen.say()
        screen.say((f"All {len(standings)} checkpoints are done. Congratulations!", "bold green"), indent=2)
        return
    screen.say()
    screen.say(
        (f"{screen.symbol('next')} {now.checkpoint.title}", "bold"),
        "  ",
        picture.due(state.course, now.checkpoint, datetime.now(UTC)),
        indent=2,
    )
    screen.say((now.checkpoint.question, "dim"), indent=4)
    for module in now.modules:
        share = f"{module.written} of {module.steps} steps written" if module.started else "not started"
        bar = (screen.bar(module.share, 16), picture.STYLES[module.state])
        screen.say(words(f"{module.module.slug:<16} "), bar, f" {share}", indent=4)
    screen.say(("next:", "dim"), f" {_next(now)}", indent=4)


@checkpoint.command()
@click.option("--student", metavar="ID", help="Whose milestones count as earned (default: your login name).")
@json_option
@pass_state
def timeline(state: State, student: str | None) -> None:
    """Show all checkpoints from top to bottom: questions, dates and milestones.

    A milestone is reached when `tito milestone run` says so on this machine, and earned when it was graded so.
    """
    standings = Workspace(state.course).checkpoints()
    earned = _earned(state, student)
    state.screen.data({"checkpoints": [_plain(one, earned) for one in standings]})
    now = current(standings)
    for line in picture.timeline(state.screen, state.course, standings, now, datetime.now(UTC), earned):
        state.screen.say(line)
    state.screen.say()
    state.screen.say(picture.legend(state.screen, standings))


@checkpoint.command()
@click.argument("checkpoint", metavar="[CP]", type=CHECKPOINT, required=False)
@json_option
@pass_state
def test(state: State, checkpoint: Checkpoint | None) -> int:
    """Run the test cells of a checkpoint's notebooks (default: the one you work on)."""
    workspace = Workspace(state.course)
    if checkpoint is None:
        now = current(workspace.checkpoints())
        if now is None or now.state == "todo":
            raise TitoError("you have started no checkpoint", next_step="run `tito module start 00`")
        checkpoint = now.checkpoint
    return show_tests(state, workspace, checkpoint.modules)


def _next(standing: CheckpointStanding) -> str:
    for module in standing.modules:
        number = f"{module.module.number:02}"
        if not module.started:
            return f"tito module start {number}" if module.released else "wait until the module is released"
        if module.next_step is not None:
            return f"write {module.next_step} of {module.module.slug}.ipynb, then `tito test {number}`"
        if module.state == "part":
            return f"tito test {number}"
    return f"tito submit {standing.checkpoint.number:02}"


def _earned(state: State, student: str | None) -> tuple[Checkpoint, ...]:
    """The milestones that the folder's gradebook knows as earned; none without one, or for others."""
    if not state.has_gradebook:
        return ()
    with state.gradebook() as book, book.read() as session:
        try:
            return student_record(session, state.course, datetime.now(UTC), student or user_name()).milestones
        except GradebookError:
            if student is not None:
                raise
            return ()


def _plain(standing: CheckpointStanding, earned: Sequence[Checkpoint] = ()) -> dict[str, object]:
    return {
        "number": standing.checkpoint.number,
        "slug": standing.checkpoint.slug,
        "state": standing.state,
        "submitted": standing.submitted,
        "milestone": standing.checkpoint.milestone and standing.checkpoint.milestone.key,
        "milestone_reached": standing.milestone is not None and standing.milestone.reached,
        "milestone_earned": standing.checkpoint in earned,
        "modules": [
            {
                "module": module.module.slug,
                "state": module.state,
                "steps": module.steps,
                "written": module.written,
                "tests": module.checks,
                "passed": module.passed if module.tested_this else None,
            }
            for module in standing.modules
        ],
    }
