"""`tito module`: start a module, see how far it is, finish it."""

from __future__ import annotations

import click

from tito.cli import picture
from tito.cli.screen import Screen
from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import run_tests
from tito.cli.workspace import ModuleStanding, Workspace
from tito.course.checkpoints import MODULES, checkpoint_of, find_module
from tito.errors import TitoError


@click.group()
def module() -> None:
    """Start a module, see how far it is, finish it."""


@module.command()
@click.argument("module", metavar="NN")
@click.option("--force", is_flag=True, help="Begin anew; your notebook is kept in .tito/kept/.")
@json_option
@pass_state
def start(state: State, module: str, force: bool) -> None:
    """Put the notebook of a module into assignments/, for you to work in."""
    workspace, found = Workspace(state.course), find_module(module)
    path, kept = workspace.start(found, force=force)
    state.screen.data({"notebook": str(path), "kept": str(kept) if kept else None})
    state.screen.say((f"{found.number:02} {found.title}", "bold"), f" is yours: {workspace.show(path)}")
    if kept is not None:
        state.screen.say(f"your earlier notebook is kept: {workspace.show(kept)}")
    state.screen.say((f"open it with `jupyter lab {workspace.show(path)}`, then `tito test {found.number:02}`", "dim"))


@module.command()
@click.argument("module", metavar="[NN]", required=False)
@json_option
@pass_state
def status(state: State, module: str | None) -> None:
    """Show how far a module is; without a number, all that you started."""
    workspace = Workspace(state.course)
    standings = [workspace.standing(one) for one in ([find_module(module)] if module else MODULES)]
    shown = standings if module else [one for one in standings if one.started]
    state.screen.data({"modules": [_plain(one) for one in shown]})
    if not shown:
        state.screen.say("You have started no module yet: `tito module start 00`.")
    for standing in shown:
        _show(state.screen, workspace, standing)


@module.command()
@click.argument("module", metavar="NN")
@json_option
@pass_state
def complete(state: State, module: str) -> None:
    """Finish a module: export it, run its test cells, and mark it as done when all pass."""
    workspace, found = Workspace(state.course), find_module(module)
    tests = run_tests(state, workspace, [found])[found].tests
    open_tests = [test for test in tests if test.ending != "passed"]
    if open_tests:
        raise TitoError(
            f"{len(open_tests)} of {len(tests)} test cells of {found.slug} do not pass yet",
            where=open_tests[0].label,
            next_step=f"`tito test {found.number:02}` shows what differs",
        )
    workspace.note_completed(found)
    standing, cp = workspace.standing(found), checkpoint_of(found)
    state.screen.data({"module": found.slug, "completed": True, "unanswered": standing.answers - standing.answered})
    state.screen.say(
        (state.screen.symbol("passed"), "bold green"), f" {found.slug} is complete: {len(tests)} test cells pass"
    )
    if standing.answered < standing.answers:
        left = standing.answers - standing.answered
        state.screen.say((f"{left} of {standing.answers} written answers are still empty", "yellow"))
    state.screen.say((f"next: tito submit {cp.number:02}", "dim"))


def _show(screen: Screen, workspace: Workspace, standing: ModuleStanding) -> None:
    module, checkpoint = standing.module, checkpoint_of(standing.module)
    style = picture.STYLES[standing.state]
    screen.say()
    screen.say(
        (screen.symbol(standing.state), f"bold {style}"),
        (f" {module.number:02} {module.title}", "bold"),
        (f"  {module.import_name}, checkpoint {checkpoint.number:02} {checkpoint.name}", "dim"),
    )
    if not standing.started:
        wait = f"`tito module start {module.number:02}`" if standing.released else "it is not released yet"
        screen.say(f"not started: {wait}", indent=2)
        return
    lines = [("notebook", workspace.show(standing.path))]
    if standing.problem is not None:
        lines.append(("problem", standing.problem))
    else:
        tested = (
            "not tested since your last change"
            if not standing.tested_this
            else f"{standing.passed} of {standing.checks} pass"
        )
        lines += [
            ("written", f"{screen.bar(standing.share, 16)} {standing.written} of {standing.steps} steps"),
            ("tests", tested),
            ("answers", f"{standing.answered} of {standing.answers} written"),
        ]
        if standing.next_step is not None:
            lines.append(("next", f"write {standing.next_step}"))
    for name, text in lines:
        screen.say((f"{name:<10}", "dim"), text, indent=2, hang=10)


def _plain(standing: ModuleStanding) -> dict[str, object]:
    names = (
        "started",
        "released",
        "steps",
        "written",
        "answers",
        "answered",
        "checks",
        "passed",
        "tested_this",
        "state",
    )
    fields: dict[str, object] = {name: getattr(standing, name) for name in names}
    return {"module": standing.module.slug, "notebook": str(standing.path), **fields, "problem": standing.problem}
