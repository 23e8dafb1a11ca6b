"""`tito sync`: from notebooks to the `tinytorch` package."""

from __future__ import annotations

from pathlib import Path

import click

from tito.cli.screen import words
from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import sync as export
from tito.cli.workspace import Workspace
from tito.course.checkpoints import CHECKPOINTS
from tito.errors import TitoError
from tito.exchange.client import is_configured
from tito.notebooks.export import export_notebooks


@click.command()
@json_option
@pass_state
def sync(state: State) -> int:
    """Export the `#| export` cells of your notebooks to the tinytorch package.

    Then `import tinytorch` works in this folder; on a server of the hub, in all notebooks that you fetched. Only files
    that this command wrote are ever replaced. Ends with 1 when a notebook could not be exported.
    """
    screen, home = state.screen, hub_home(state)
    if home is not None:
        done, base = export_notebooks(fetched(home), home / "tinytorch"), home
    else:
        workspace = Workspace(state.course)
        done, base = export(workspace), workspace.course.root
    screen.data(
        {
            one.notebook: {"module": one.module, "names": one.names, "changed": one.changed, "problem": one.problem}
            for one in done
        }
    )
    for one in done:
        mark = ("failed", "red") if one.problem else ("passed", "green")
        what = one.problem or ("exported" if one.changed else "unchanged")
        target = str(one.path.relative_to(base)) if one.path else ""
        screen.say((screen.symbol(mark[0]), mark[1]), f" {one.notebook}  ", words((target, "dim")), f"  {what}")
    return 1 if any(one.problem for one in done) else 0


def hub_home(state: State) -> Path | None:
    """Return the home folder when we are in it on a server of the hub, and in no course there; else None.

    A course is where an instructor's server is, what somebody cloned into the home folder, or what `-C` names. One
    above the home folder is the hub's own, as that of `tito hub demo`.
    """
    home = Path.home().resolve()
    if not is_configured() or state.start is not None or not Path.cwd().resolve().is_relative_to(home):
        return None
    try:
        return None if state.root.is_relative_to(home) else home
    except TitoError:  # there is none
        return home


def fetched(home: Path) -> list[Path]:
    """Return the notebooks that the Assignment List fetched, by module. Raises TitoError when there is none."""
    modules = ((checkpoint.slug, module.slug) for checkpoint in CHECKPOINTS for module in checkpoint.modules)
    paths = (home / folder / f"{name}.ipynb" for folder, name in modules)
    found = [path for path in paths if path.is_file()]
    if not found:
        raise TitoError("there is no notebook to export", where=str(home), next_step="fetch one in the Assignment List")
    return found
