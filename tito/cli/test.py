"""`tito test`: the test cells of your notebooks, on this machine."""

from __future__ import annotations

import click

from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import SECONDS, show_tests
from tito.cli.workspace import Workspace
from tito.course.checkpoints import CHECKPOINTS, find_module
from tito.errors import TitoError


@click.command()
@click.argument("modules", metavar="[NN]...", nargs=-1)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=SECONDS,
    show_default=True,
    help="What one test cell may take.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what your code printed, too.")
@json_option
@pass_state
def test(state: State, modules: tuple[str, ...], seconds: float, verbose: bool) -> int:
    """Export your notebooks and run their test cells (default: of every module you started).

    Each test cell passes, or you see the first check that does not hold: what you got, what was expected,
    and where. Ends with 1 when something does not pass.
    """
    workspace = Workspace(state.course)
    every = [module for checkpoint in CHECKPOINTS for module in checkpoint.modules]
    wanted = [find_module(text) for text in modules] or [m for m in every if workspace.notebook(m).is_file()]
    if not wanted:
        raise TitoError("you have started no module", next_step="run `tito module start 00`")
    return show_tests(state, workspace, wanted, seconds=seconds, verbose=verbose)
