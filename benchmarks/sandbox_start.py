"""What a fresh worker costs, against a fresh bubblewrap, Python and NumPy per submission.

Run `python -m benchmarks.sandbox_start [ROUNDS]`. Both sides do the same in alternation: start, load a module of 300
lines, answer one call, end. Prints the median and the smallest of each, and the ratio of the medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.figures import Figure, middle, share
from benchmarks.registry import Size
from tito.course.limits import Limits
from tito.sandbox import layout, mounts
from tito.sandbox.program import Call, CellSource, ModuleSource, Program, Returned
from tito.sandbox.supervisor import Sandbox, encode_calls
from tito.sandbox.tiers import Tier, reachable

CELLS = 20
FUNCTIONS = 3  # of five lines, in each cell
SMALL_CALLS = 20


def module() -> ModuleSource:
    """A module of 300 lines and 20 cells."""
    cells = []
    for cell in range(CELLS):
        lines = ["import numpy as np"] if cell == 0 else []
        for number in range(FUNCTIONS):
            lines += [
                f"def total_{cell}_{number}(x, axis=None):",
                "    if axis is None:",
                f"        return np.sum(x) + {number}",
                f"    scaled = np.asarray(x) * {number}",
                "    return np.sum(scaled, axis=axis)",
            ]
        cells.append(CellSource(f"benchmark, cell {cell}", "\n".join(lines)))
    return ModuleSource("core.tensor", tuple(cells))


def fresh(source: str) -> Callable[[], None]:
    """The other side: a whole interpreter in a bubblewrap of its own."""
    seen = layout.discover()
    code = f"import sys\nsys.path.append({mounts.PACKAGES!r})\n{source}\nprint(total_0_0(np.ones(3)))"
    command = [seen.executable, *layout.PYTHON_OPTIONS, "-c", code]
    wrapped = mounts.bubblewrap(seen, command)

    def run() -> None:
        subprocess.run(wrapped, env={}, check=True, capture_output=True, cwd="/")

    return run


def timed(action: Callable[[], None]) -> float:
    """Milliseconds of one run."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def told(name: str, times: list[float]) -> str:
    """One line of the table."""
    return f"  {name:<44} median {statistics.median(times):7.2f} ms   least {min(times):7.2f} ms"


Measured = tuple[dict[str, list[float]], dict[str, list[float]], list[float]]


def measure(rounds: int) -> Measured:
    """Milliseconds of a start by tier, of a batch of small calls by tier, and of the fresh interpreter."""
    own = module()
    program = Program((own,), "def run(tt, x):\n    return tt.total_0_0(x)")
    x = np.ones(3, np.float32)
    batch = encode_calls([Call("run", (x,))] * SMALL_CALLS)
    other = fresh("\n".join(cell.source for cell in own.cells))
    tiers = [tier for tier in Tier if reachable().reaches(tier)]
    starts: dict[str, list[float]] = {tier.label: [] for tier in tiers}
    calls: dict[str, list[float]] = {tier.label: [] for tier in tiers}
    whole: list[float] = []
    for tier in tiers:
        with Sandbox(tier, Limits()) as sandbox:

            def start(sandbox: Sandbox = sandbox) -> None:
                with sandbox.start(program) as worker:
                    (reply,) = worker.run([Call("run", (x,))], wall_seconds=20)
                assert isinstance(reply, Returned)

            start()
            with sandbox.start(program) as worker:
                for turn in range(rounds):
                    starts[tier.label].append(timed(start))
                    calls[tier.label].append(timed(lambda worker=worker: worker.run(batch, wall_seconds=20)))  # type: ignore[misc]
                    if tier is tiers[-1] and turn % 4 == 0:
                        whole.append(timed(other))
    return starts, calls, whole


def run(size: Size) -> list[Figure]:
    """The strongest tier that this machine reaches against a fresh interpreter."""
    starts, calls, whole = measure(4 if size.small else 100)
    tier = list(starts)[-1]
    name = f"a worker at tier {tier}: start, load 300 lines, answer one call, end"
    each = [value / SMALL_CALLS for value in calls[tier]]
    return [
        share(name, middle(starts[tier]), middle(whole), "ms", against="bubblewrap, Python and NumPy each time"),
        Figure(f"one of {SMALL_CALLS} small calls in a batch, tier {tier}", (("ours", middle(each)),), "ms", ""),
    ]


def main(rounds: int) -> None:
    """Print the table of all tiers."""
    starts, calls, whole = measure(rounds)
    tiers = list(starts)
    print(f"start, load 300 lines, one call, end ({rounds} rounds):")
    for label, times in starts.items():
        print(told(f"worker at tier {label}", times))
    print(told("bubblewrap + Python + NumPy, each time", whole))
    best = statistics.median(starts[tiers[-1]])
    print(f"  a worker at tier {tiers[-1]} costs 1/{statistics.median(whole) / best:.0f} of that")
    print(f"a batch of {SMALL_CALLS} small calls in a worker that runs:")
    for label, times in calls.items():
        print(told(f"tier {label}, per call", [value / SMALL_CALLS for value in times]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
