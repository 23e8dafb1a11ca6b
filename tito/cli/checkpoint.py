"""`tito checkpoint`: the 16 checkpoints as pictures, and the test of one."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.text import Text

from tito.cli import picture
from tito.cli.screen import words
from tito.cli.state import CHECKPOINT, State, json_option, pass_state
from tito.cli.testing import show_tests
from tito.cli.workspace import CheckpointStanding, Workspace, current
from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError


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
        screen.say(("All sixteen checkpoints are done. Congratulations!", "bold green"), indent=2)
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
@json_option
@pass_state
def timeline(state: State) -> None:
    """Show all checkpoints from top to bottom: questions, dates and milestones."""
    standings = Workspace(state.course).checkpoints()
    state.screen.data({"checkpoints": [_plain(one) for one in standings]})
    now = current(standings)
    for line in picture.timeline(state.screen, state.course, standings, now, datetime.now(UTC)):
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


def _plain(standing: CheckpointStanding) -> dict[str, object]:
    return {
        "number": standing.checkpoint.number,
        "slug": standing.checkpoint.slug,
        "state": standing.state,
        "submitted": standing.submitted,
        "milestone": standing.checkpoint.milestone and standing.checkpoint.milestone.key,
        "milestone_reached": standing.milestone is not None and standing.milestone.reached,
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
