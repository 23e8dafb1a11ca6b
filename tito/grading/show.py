"""Values as short texts that a person can read, and often paste back into Python."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

from tito.sandbox.program import Opaque

_LIMIT = 600


def show(value: Any, limit: int = _LIMIT) -> str:
    """Return a short text for a plain value; at most `limit` characters, arrays abbreviated in the middle."""
    return cap(_show(value), limit)


def cap(text: str, limit: int = _LIMIT) -> str:
    """Return `text` without control characters (line ends and tabs stay), cut to `limit` characters."""
    safe = "".join(char if _printable(char) else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _printable(char: str) -> bool:
    if char in "\n\t":
        return True
    # Cc and Cs would reach terminals, Cf holds the right-to-left marks that make a text read as another.
    return unicodedata.category(char) not in ("Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp")


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape}, dtype=np.{value.dtype})"
        body = np.array2string(value, separator=", ", threshold=60, edgeitems=3, max_line_width=96)
        return f"np.array({body}, dtype=np.{value.dtype})".replace("\n", "\n         ")
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if isinstance(value, list | tuple):
        left, right = ("[", "]") if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
        return left + ", ".join(map(_show, value)) + right
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_show(item)}" for key, item in value.items()) + "}"
    return repr(value)
