"""The reference library training a network on MNIST, against PyTorch on one thread in the same process.

784-128-64-10 with ReLU, cross-entropy, batches of 64; SGD with momentum, and Adam. Processor time of a step, both sides
in alternation. PyTorch is no dependency of Tito: without it there is one side and no ratio, and the figure says so.
"""

from __future__ import annotations

import json
import os
import sys

from benchmarks import processes
from benchmarks.classes import CLONE
from benchmarks.figures import Figure, middle, spread
from benchmarks.registry import Size, say

LEAST = 0.6
"""The part of PyTorch's speed that is required."""


def run(size: Size) -> list[Figure]:
    """Measure in a process of its own: how many threads a library uses is settled when it is loaded."""
    rounds, batches = (2, 4) if size.small else (15, 100)
    # The caller's path, too: PyTorch may lie beside the project's packages.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join([str(CLONE), *filter(None, sys.path)])}
    command = [sys.executable, "-m", "benchmarks.mlp_run", str(rounds), str(batches)]
    told = json.loads(processes.run(command, cwd=CLONE, env=environment).output)
    say(f"trained on {told['data']}; PyTorch {told['torch'] or 'is not installed: nothing to compare with'}")
    return [_figure(name, sides) for name, sides in told["steps"].items()]


def _figure(optimizer: str, sides: dict[str, list[float]]) -> Figure:
    ours = middle(sides["ours"])
    ranges = ", ".join(f"{whose} {spread(values)}" for whose, values in sides.items())
    name = f"one step of the network with {optimizer} ({ranges})"
    if "PyTorch" not in sides:
        return Figure(name, (("ours", ours),), "ms", "PyTorch is not installed: no comparison")
    theirs = middle(sides["PyTorch"])
    found, required = f"{theirs / ours:.2f} of PyTorch's speed", f"at least {LEAST:g} of it"
    return Figure(name, (("ours", ours), ("PyTorch", theirs)), "ms", found, required, theirs >= LEAST * ours)
