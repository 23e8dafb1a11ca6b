"""`tito module`: start a module, see how far it is, finish it."""

from __future__ import annotations

import click

from tito.cli import picture
from tito.cli.celebration import Line, celebrate
from tito.cli.screen import Screen, words
from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import run_tests
from tito.cli.workspace import ModuleStanding, Workspace
from tito.course.checkpoints import MNIST, MODULES, checkpoint_of, find_module
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
    _celebrate(state, workspace, workspace.standing(found), len(tests))


def _celebrate(state: State, workspace: Workspace, standing: ModuleStanding, tests: int) -> None:
    """Show what is done, how far the course is, and what comes next."""
    screen, found = state.screen, standing.module
    left = standing.answers - standing.answered
    steps = _next_steps(state, workspace, standing)
    screen.data({"module": found.slug, "completed": True, "unanswered": left, "next": [what for what, _ in steps]})
    every = [module for checkpoint in state.course.checkpoints for module in checkpoint.modules]
    done = sum(workspace.standing(module).completed for module in every)
    lines: list[Line] = [
        f"{tests} test cells pass; {found.import_name} is part of your library.",
        words((screen.bar(done / len(every), 24), "green"), f" {done} of {len(every)} modules"),
        "",
    ]
    if left:
        lines.append((f"{left} of {standing.answers} written answers are still empty", "yellow"))
    lines += [words(("next: ", "dim"), (what, "bold"), (f"  {why}", "dim")) for what, why in steps]
    celebrate(screen, f"{found.slug} is complete", lines)


def _next_steps(state: State, workspace: Workspace, standing: ModuleStanding) -> list[tuple[str, str]]:
    """The commands that come next, each with what it is for."""
    found, checkpoint = standing.module, checkpoint_of(standing.module)
    steps = []
    if checkpoint.milestone is MNIST:
        steps.append((f"tito milestone run {MNIST.key}", "your library learns to read"))
    others = [module for module in checkpoint.modules if not workspace.standing(module).completed]
    if others:
        steps.append((f"tito module start {others[0].number:02}", f"{others[0].title}, the same checkpoint"))
    elif state.course.asks(checkpoint):
        steps.append((f"tito submit {checkpoint.number:02}", f"checkpoint {checkpoint.name}"))
    later = [one for cp in state.course.checkpoints for one in cp.modules if one.number > found.number]
    if later and not others:
        steps.append((f"tito module start {later[0].number:02}", f"{later[0].title}"))
    return steps


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
