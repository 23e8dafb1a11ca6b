"""A tiny course package for the tests of grading: the reference, and students who built it in other ways."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from tito.grading.reference import Reference

SOLUTION = """\
import numpy as np

def double(x):
    return (np.asarray(x) * 2).astype(np.float32)

def shout(text):
    if not isinstance(text, str):
        raise TypeError(f"shout takes a str, got {type(text).__name__}")
    return text.upper()
"""

SCENARIOS = """\
def double(tt, x):
    return tt.double(x)

def shout(tt, text):
    return tt.shout(text)

def double_twice(tt, x):
    return tt.double(tt.double(x))
"""


def reference_package() -> ModuleType:
    """The solution as a package: flat names, and the module `core.tiny`."""
    package = ModuleType("tiny_ref")
    exec(SOLUTION, package.__dict__)
    core: Any = SimpleNamespace(tiny=package)
    package.core = core  # type: ignore[attr-defined]
    return package


def reference() -> Reference:
    return Reference(reference_package())


def double(tt: Any, x: Any) -> Any:
    return tt.double(x)


def shout(tt: Any, text: Any) -> Any:
    return tt.shout(text)


def array(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.float32)
