"""Short ways to write programs for workers."""

from __future__ import annotations

from textwrap import dedent

from tito.sandbox.program import Call, CellSource, ModuleSource, Program, Reply
from tito.sandbox.supervisor import Sandbox

NAME = "core.tensor"
SCENARIOS = """
def run(tt, *arguments):
    return tt.main(*arguments)

def give(tt, *arguments):
    return list(arguments)
"""


def program(*cells: str, scenarios: str = SCENARIOS, name: str = NAME) -> Program:
    """A program of one module of the student's, its cells labelled `nb, cell 1` and so on."""
    sources = tuple(CellSource(f"nb, cell {n}", dedent(cell)) for n, cell in enumerate(cells, 1))
    return Program((ModuleSource(name, sources),), dedent(scenarios))


def run(sandbox: Sandbox, source: str, *arguments: object, wall_seconds: float = 20.0) -> Reply:
    """Call `main(*arguments)` of a student's module in a fresh worker."""
    with sandbox.start(program(source)) as worker:
        assert worker.load.died is None, worker.load
        assert not worker.load.errors, worker.load
        return worker.run([Call("run", tuple(arguments))], wall_seconds=wall_seconds)[0]
