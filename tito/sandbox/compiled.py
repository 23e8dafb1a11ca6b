"""Code of ours, compiled once here instead of in each worker. A student's source is never compiled on this side."""

from __future__ import annotations

import marshal
from functools import lru_cache

from tito.sandbox.faults import SandboxFault
from tito.sandbox.program import ModuleSource, Program

SCENARIOS = "scenarios"


def load_parts(program: Program) -> list[object]:
    """Return what a worker is sent: a student's cells as source, ours as marshalled code. Raises SandboxFault.

    Without its source, a student's program that looks around finds neither solutions nor scenarios to read. Workers run
    the interpreter that runs this, so that the code is understood; it goes to the untrusted side only, and none is ever
    read from there.
    """
    modules = [[module.name, _cells(module)] for module in program.modules]
    return [modules, scenario_parts(program.scenarios)]


def scenario_parts(source: str) -> list[object]:
    """Return what a worker is sent of scenarios: marshalled code, and no source. Raises SandboxFault."""
    return ["", _marshalled(source, SCENARIOS)]


def _cells(module: ModuleSource) -> list[list[object]]:
    if module.origin == "reference":
        return [[cell.label, "", _marshalled(cell.source, cell.label)] for cell in module.cells]
    return [[cell.label, cell.source, None] for cell in module.cells]


@lru_cache(maxsize=2000)
def _marshalled(source: str, label: str) -> bytes:
    try:
        return marshal.dumps(compile(source, label, "exec", dont_inherit=True))
    except (SyntaxError, ValueError) as error:
        raise SandboxFault(
            f"code of the course does not compile: {error}", where=label, next_step="run `tito course check`"
        ) from error
