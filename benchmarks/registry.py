"""The benchmarks by name, and how much each is to do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Figure


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure. `small` is enough to see that a benchmark works, and no measurement."""

    small: bool = False

    @property
    def repeats(self) -> int:
        """Interleaved repetitions of both sides."""
        return 1 if self.small else 5


_MODULES = {
    "stock": "stock",
    "floor": "floor",
    "anatomy": "anatomy",
    "start": "sandbox_start",
    "lanes": "lanes",
    "thousand": "thousand",
    "matrix": "gradebook_matrix",
    "pages": "pages",
    "formgrader": "formgrader",
    "mlp": "mlp",
    "foundation": "foundation",
    "deadline": "deadline",
    "feedback": "feedback",
    "exchange": "exchange",
}
NAMES = tuple(_MODULES)


def benchmark(name: str) -> tuple[Callable[[Size], list[Figure]], str]:
    """Return a benchmark's `run` and what it says of itself in one line."""
    module = importlib.import_module(f"benchmarks.{_MODULES[name]}")
    assert module.__doc__ is not None  # the listing shows it
    run: Callable[[Size], list[Figure]] = module.run
    return run, module.__doc__.partition("\n")[0]


def say(text: str) -> None:
    """Tell how far it is, apart from the figures."""
    print(f"  {text}", file=sys.stderr, flush=True)
