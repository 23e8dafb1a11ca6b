"""What the set-up module is asked to do. Runs on the student's package in the sandbox, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists.
"""

from __future__ import annotations

from typing import Any


def parse_version(tt: Any, text: str) -> Any:
    return tt.parse_version(text)


def meets(tt: Any, version: str, minimum: str) -> Any:
    return tt.meets(version, minimum)


def array_bytes(tt: Any, shape: Any, dtype: str) -> str:
    # As text, because the number may be too large for 64 bits.
    return str(int(tt.array_bytes(tuple(shape), dtype)))


def array_bytes_by_default(tt: Any, shape: Any) -> str:
    return str(int(tt.array_bytes(tuple(shape))))


def drawn(tt: Any, seed: int, count: int) -> Any:
    tt.manual_seed(seed)
    return tt.generator().random(count)


def drawn_in_pieces(tt: Any, seed: int, first: int, second: int) -> Any:
    tt.manual_seed(seed)
    return [tt.generator().random(first), tt.generator().standard_normal(second)]


def drawn_again(tt: Any, seed: int, other: int, count: int) -> Any:
    tt.manual_seed(seed)
    first = tt.generator().random(count)
    tt.manual_seed(other)
    between = tt.generator().random(count)
    tt.manual_seed(seed)
    return [first, between, tt.generator().random(count)]


def environment(tt: Any) -> Any:
    return tt.environment()
