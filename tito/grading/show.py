"""Values as short texts that a person can read, and often paste back into Python."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np

from tito.sandbox.program import Opaque

_LIMIT = 600
_WHOLE = 60  # elements of an array that is shown without gaps
_MOST_DIMS = 9


def show(value: Any, limit: int = _LIMIT) -> str:
    """Return a short text for a plain value; at most `limit` characters, arrays abbreviated in the middle."""
    return cap(_show(value, limit), limit)


def cap(text: str, limit: int = _LIMIT) -> str:
    """Return `text` without control characters (line ends and tabs stay), cut to `limit` characters."""
    safe = "".join(char if _printable(char) else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _printable(char: str) -> bool:
    if char in "\n\t":
        return True
    # Cc and Cs would reach terminals, Cf holds the right-to-left marks that make a text read as another.
    return unicodedata.category(char) not in ("Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp")


def _show(value: Any, limit: int) -> str:
    """A text of at most a little more than `limit`: an answer can be a thousand times longer to read than to send."""
    if isinstance(value, np.ndarray):
        return _show_array(value)
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if isinstance(value, list | tuple):
        left, right = ("[", "]") if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
        return left + _joined((_show(item, limit) for item in value), limit) + right
    if isinstance(value, dict):
        entries = (f"{_show(key, limit)}: {_show(item, limit)}" for key, item in value.items())
        return "{" + _joined(entries, limit) + "}"
    return repr(value[: limit + 1] if isinstance(value, str | bytes) else value)


def _show_array(array: np.ndarray[Any, Any]) -> str:
    if array.size == 0:
        return f"np.zeros({array.shape}, dtype=np.{array.dtype})"
    if array.size > _WHOLE and array.ndim > _MOST_DIMS:
        return f"an array of shape {array.shape}, dtype {array.dtype}"
    # NumPy leaves out what is in the middle of an axis, so what it prints grows with the dimensions all the same.
    edge = 3 if array.ndim < 4 else 2 if array.ndim == 4 else 1
    body = np.array2string(array, separator=", ", threshold=_WHOLE, edgeitems=edge, max_line_width=96)
    return f"np.array({body}, dtype=np.{array.dtype})".replace("\n", "\n         ")


def _joined(texts: Iterator[str], limit: int) -> str:
    """The texts with commas between; those that no one will see are not made."""
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text)
        length += len(text) + 2
        if length > limit:
            break
    return ", ".join(parts)
