"""`tito sync`: from notebooks to the `tinytorch` package."""

from __future__ import annotations

import click

from tito.cli.screen import words
from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import sync as export
from tito.cli.workspace import Workspace


@click.command()
@json_option
@pass_state
def sync(state: State) -> int:
    """Export the `#| export` cells of your notebooks to the tinytorch package.

    Then `import tinytorch` works in this folder. Only files that this command wrote are ever replaced.
    Ends with 1 when a notebook could not be exported.
    """
    workspace, screen = Workspace(state.course), state.screen
    done = export(workspace)
    screen.data(
        {
            one.notebook: {"module": one.module, "names": one.names, "changed": one.changed, "problem": one.problem}
            for one in done
        }
    )
    for one in done:
        mark = ("failed", "red") if one.problem else ("passed", "green")
        what = one.problem or ("exported" if one.changed else "unchanged")
        target = workspace.show(one.path) if one.path else ""
        screen.say((screen.symbol(mark[0]), mark[1]), f" {one.notebook}  ", words((target, "dim")), f"  {what}")
    return 1 if any(one.problem for one in done) else 0
