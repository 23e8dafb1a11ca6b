"""Code of ours, compiled once here instead of in each worker. A student's source is never compiled on this side."""

from __future__ import annotations

import marshal
from functools import lru_cache

from tito.sandbox.faults import SandboxFault
from tito.sandbox.program import ModuleSource, Program

SCENARIOS = "scenarios"


def load_parts(program: Program) -> list[object]:
    """Return what a worker is sent: each source, and beside ours its marshalled code. Raises SandboxFault.

    Workers run the interpreter that runs this, so that marshalled code is understood; it goes to the untrusted side
    only, and none is ever read from there.
    """
    modules = [[module.name, _cells(module)] for module in program.modules]
    return [modules, scenario_parts(program.scenarios)]


def scenario_parts(source: str) -> list[object]:
    """Return what a worker is sent of scenarios: the source and its marshalled code. Raises SandboxFault."""
    return [source, _marshalled(source, SCENARIOS)]


def _cells(module: ModuleSource) -> list[list[object]]:
    ours = module.origin == "reference"
    return [[cell.label, cell.source, _marshalled(cell.source, cell.label) if ours else None] for cell in module.cells]


@lru_cache(maxsize=2000)
def _marshalled(source: str, label: str) -> bytes:
    try:
        return marshal.dumps(compile(source, label, "exec", dont_inherit=True))
    except (SyntaxError, ValueError) as error:
        raise SandboxFault(
            f"code of the course does not compile: {error}", where=label, next_step="run `tito course check`"
        ) from error
