"""What `tito test`, `tito checkpoint test` and `tito module complete` show of the notebooks' test cells."""

from __future__ import annotations

from collections.abc import Sequence

from tito.cli.localtest import CellTest, Ending, ModuleTest, run_module
from tito.cli.screen import Screen, clean
from tito.cli.state import State
from tito.cli.workspace import Workspace, digest_of
from tito.course.checkpoints import Module
from tito.errors import TitoError
from tito.notebooks.export import Exported, export_notebooks

SECONDS = 30.0
_LOOK: dict[Ending, tuple[str, str]] = {
    "passed": ("passed", "green"),
    "failed": ("failed", "red"),
    "raised": ("failed", "red"),
    "missing": ("todo", "yellow"),
    "timed out": ("failed", "red"),
    "crashed": ("failed", "red"),
    "not run": ("todo", "dim"),
}


def sync(workspace: Workspace) -> tuple[Exported, ...]:
    """Export all started notebooks. Raises TitoError when none is started."""
    notebooks = workspace.notebooks()
    if not notebooks:
        raise TitoError(
            "there is no notebook to export",
            where=str(workspace.course.root / "assignments"),
            next_step="run `tito module start 00`",
        )
    return export_notebooks(notebooks, workspace.package)


def show_tests(
    state: State, workspace: Workspace, modules: Sequence[Module], *, seconds: float = SECONDS, verbose: bool = False
) -> int:
    """Export, run and show the test cells of modules; return 1 when one does not pass, else 0."""
    found = run_tests(state, workspace, modules, seconds=seconds)
    screen = state.screen
    screen.data({module.slug: ran.to_json() for module, ran in found.items()})
    for module, ran in found.items():
        _show_module(screen, workspace, module, ran, verbose=verbose)
    return 0 if all(ran.passed == len(ran.tests) for ran in found.values()) else 1


def run_tests(
    state: State, workspace: Workspace, modules: Sequence[Module], *, seconds: float = SECONDS
) -> dict[Module, ModuleTest]:
    """Export, then run the test cells of modules with a progress bar, and remember how many passed."""
    for exported in sync(workspace):
        if exported.problem is not None:
            state.screen.warn(exported.problem)
    found = {}
    with state.screen.progress() as bar:
        for module in modules:
            digest = digest_of(workspace.notebook(module)) if workspace.notebook(module).is_file() else ""
            task = bar.add_task(module.slug, total=None)
            ran = run_module(
                workspace,
                module,
                seconds=seconds,
                progress=lambda done, total, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]
            )
            workspace.note_test(module, digest, ran.passed, len(ran.tests))
            found[module] = ran
    return found


def _show_module(screen: Screen, workspace: Workspace, module: Module, ran: ModuleTest, *, verbose: bool) -> None:
    screen.say()
    screen.say(
        (f"{module.number:02} {module.title}", "bold"), "  ", (workspace.show(workspace.notebook(module)), "dim")
    )
    for label, line, error in ran.broken:
        place = f"{label}, line {line}" if line else label
        screen.say(
            "  ", (screen.symbol("failed"), "bold red"), f" this cell of yours does not run: {clean(error, 300)}"
        )
        screen.say((place, "dim"), indent=6)
    for test in ran.tests:
        _show_cell(screen, test, verbose=verbose)
    screen.say()
    if ran.passed == len(ran.tests):
        screen.say(
            (f"All {ran.passed} test cells pass.", "bold green"), f" Next: tito module complete {module.number:02}"
        )
    else:
        screen.say((f"{ran.passed} of {len(ran.tests)} test cells pass.", "bold"))


def _show_cell(screen: Screen, test: CellTest, *, verbose: bool) -> None:
    symbol, style = _LOOK[test.ending]
    good = sum(check.reason is None for check in test.checks)
    count = "" if not test.checks else f"{good} of {len(test.checks)} checks  "
    if test.ending == "passed":
        count = f"{good} check{'s' if good != 1 else ''}  "
    state = "" if test.ending in ("passed", "failed", "raised") else f"{_SAY.get(test.ending, test.ending)}  "
    screen.say(
        "  ",
        (screen.symbol(symbol), f"bold {style}"),
        f" {test.title}  ",
        (f"{state}{count}{_cell(test.label)}", "dim"),
    )
    failed = test.first_failed
    if failed is not None and failed.reason is not None:
        place = f"{_cell(test.label)}, line {failed.line}" if failed.line else _cell(test.label)
        screen.say((failed.what, "bold"), f"{': ' if failed.what else ''}{clean(failed.reason, 400)}", indent=6)
        for name, text in (("got", failed.got), ("expected", failed.expected), ("where", place)):
            if text:
                screen.say((f"{name:<10}", "dim"), clean(text, 300), indent=6, hang=10)
    if test.ending == "missing" and test.frames:
        label, _, function = test.frames[-1]
        screen.say(("to write  ", "dim"), f"{function}, in {label}", indent=6)
    elif test.error:
        screen.say((clean(test.error, 400), style), indent=6)
        for label, line, function in test.frames[-3:]:
            screen.say((f"{label}, line {line}, in {function}", "dim"), indent=6)
    if verbose and test.output.strip():
        screen.say(("it printed:", "dim"), indent=6)
        for text in clean(test.output.strip(), 2000).split("\n")[-20:]:
            screen.say(text, indent=8)


_SAY: dict[Ending, str] = {
    "missing": "not written yet",
    "timed out": "took too long",
    "crashed": "the Python process ended",
    "not run": "not run",
}


def _cell(label: str) -> str:
    return label.rpartition(", ")[2]
