"""`tito assignment`: notebooks and their text, and the student version of them."""

from __future__ import annotations

import click

from tito.cli.state import State, checkpoints_argument, chosen, json_option, pass_state
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.errors import TitoError
from tito.notebooks import pairing
from tito.notebooks import release as releasing


@click.group()
def assignment() -> None:
    """Pair notebooks with their text; make the student version."""


@assignment.command()
@checkpoints_argument
@click.option("--check", is_flag=True, help="Change nothing; end with 1 when something would be written.")
@json_option
@pass_state
def sync(state: State, checkpoints: tuple[Checkpoint, ...], check: bool) -> int:
    """Bring reference_impl/*.py and source/**/*.ipynb together, whichever side was changed.

    When both sides of a module were changed, nothing is written and both files are named.
    """
    screen, root = state.screen, state.course.root
    done = pairing.sync(state.course, chosen(checkpoints), check_only=check)
    screen.data(
        {"modules": [{"module": one.module, "action": one.action, "written": _names(one.written)} for one in done]}
    )
    for one in done:
        written = ", ".join(str(path.relative_to(root)) for path in one.written)
        verb = "would write " if check else "wrote "
        screen.say(
            (screen.symbol("passed"), "green"),
            (f" {one.module}", "bold"),
            f"  {one.action}",
            (f"  {verb}{written}" if written else "", "dim"),
        )
    if not done:
        screen.say("there is no module in reference_impl/ or source/ yet")
    return 1 if check and any(one.written for one in done) else 0


@assignment.command()
@checkpoints_argument
@click.option("--check", is_flag=True, help="Change nothing; end with 1 when release/ is not current.")
@json_option
@pass_state
def release(state: State, checkpoints: tuple[Checkpoint, ...], check: bool) -> int:
    """Make the student version with nbgrader (default: of every checkpoint that has notebooks).

    Refused when the result would give away a solution or a hidden test: that is looked for in the result itself.
    """
    course, screen = state.course, state.screen
    written = [cp for cp in CHECKPOINTS if (course.paths.source / cp.slug).is_dir()]
    if not chosen(checkpoints, written):
        raise TitoError(
            "there is no notebook to release", where=str(course.paths.source), next_step="run `tito assignment sync`"
        )
    done = []
    for checkpoint in chosen(checkpoints, written):
        done.append(releasing.release(course, checkpoint, check_only=check))
        changed = ", ".join(done[-1].changed)
        outcome = "is current" if done[-1].current else "is out of date: " if check else "written: "
        good = done[-1].current or not check
        mark = (screen.symbol("passed" if good else "failed"), "green" if good else "red")
        screen.say(mark, (f" {checkpoint.slug}", "bold"), f"  {outcome}{changed}")
    screen.data({"checkpoints": [{"checkpoint": one.checkpoint, "changed": one.changed} for one in done]})
    return 1 if check and not all(one.current for one in done) else 0


def _names(paths: tuple[object, ...]) -> list[str]:
    return [str(path) for path in paths]
