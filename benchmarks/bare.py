"""The bare floor: a stand-in for Sandbox and Worker that runs a program in the judge's own process.

It has their interface, so that the same judge grades with it, and none of their work: no process, no isolation, no
bytes. What a scenario returns is made plain as the reference's values are. Only for programs that we wrote.
"""

from __future__ import annotations

import io
import random
import sys
import types
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from tito.grading.deal import Deal
from tito.grading.plain import as_plain, fresh
from tito.sandbox import cells
from tito.sandbox.compiled import load_parts, scenario_parts
from tito.sandbox.package import ROOT, MemoryImporter, Package, load_modules, run_source
from tito.sandbox.program import Call, LoadReport, Program, Raised, Reply, Returned
from tito.sandbox.supervisor import EncodedCalls


class BareSandbox:
    """Starts stand-ins for workers. `deals` are those that will be asked for."""

    kept_waiting = 0.0

    def __init__(self, deals: Iterable[Deal]) -> None:
        # A deal keeps its calls encoded, for workers; here they are needed as they were.
        self.calls = {deal.calls.data: [call for trial in deal.trials for call, _ in trial.planned] for deal in deals}

    def start(self, program: Program) -> BareWorker:
        """Load the program."""
        return BareWorker(self.calls, program)


class BareWorker:
    """A program in this process, with the same loading as in a worker."""

    def __init__(self, calls: dict[bytes, list[Call]], program: Program) -> None:
        self.alive = True
        self._calls = calls
        self._package = Package()
        self._importer = MemoryImporter()
        self._scenarios: dict[str, Any] = {}
        self._ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("tito", ROOT)}
        sys.meta_path.insert(0, self._importer)
        cells.install(self._importer)
        told: list[Any] = load_parts(program)
        load_modules(told[0], self._package, self._importer, set(), lambda _: None)
        place = types.ModuleType("scenarios")
        place.__dict__["run_cell"] = cells.run_cell
        self._scenarios = place.__dict__
        self._source(told[1])
        self.load = LoadReport()

    def learn(self, scenarios: str) -> None:
        """Add scenarios."""
        self._source(scenario_parts(scenarios))

    def _source(self, parts: list[Any]) -> None:
        source, code = parts
        run_source(source, code, "scenarios", self._scenarios)

    def run(self, calls: Sequence[Call] | EncodedCalls, *, wall_seconds: float) -> list[Reply]:
        """Call the scenarios, one after the other."""
        plain = self._calls[calls.data] if isinstance(calls, EncodedCalls) else calls
        with redirect_stdout(io.StringIO()):
            return [self._answer(call) for call in plain]

    def _answer(self, call: Call) -> Reply:
        random.seed(call.seed)
        np.random.seed(call.seed % (1 << 32))  # noqa: NPY002 - the worker seeds it too
        try:
            scenario = self._scenarios[call.scenario]
            value = scenario(self._package, *(fresh(argument) for argument in call.args))
        except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
            types_ = tuple(kind.__name__ for kind in type(error).__mro__[:-2])
            return Raised(type(error).__name__, str(error), types=types_)
        return Returned(as_plain(value))

    def close(self) -> None:
        """Forget the program."""
        self.alive = False
        if self._importer in sys.meta_path:
            sys.meta_path.remove(self._importer)
        for name in self._importer.found:
            sys.modules.pop(name, None)
        sys.modules.update(self._ours)
