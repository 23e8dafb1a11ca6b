"""The strict comparator: where, and in what, do two plain values differ?

Grading and notebook test cells both stand on `difference`. It looks at `type(x)` alone and never calls a
method of an object whose exact type it does not know, so that an `__eq__` that is always true, an ndarray
subclass or a float subclass earns nothing. Nothing broadcasts, and nothing is equal because it is empty.

| got | expected | equal when |
|---|---|---|
| ndarray | ndarray | same shape and dtype (unless `dtype=False`), each value close; integers exactly |
| 0-d ndarray, NumPy scalar | int, float, bool | never; with `dtype=False` close values, bool for bool |
| int, float, bool | 0-d ndarray | never |
| int, float | int, float | close values (exact when both are int); 3 equals 3.0 |
| bool | bool | identical; a bool is no number and a number is no bool |
| list, tuple | list, tuple | same length, items equal in turn |
| dict | dict | same keys (strings or ints), values equal |
| str, bytes, None | the same type | identical |

A NumPy scalar counts as a 0-d array, as it does on the wire from the sandbox.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_SCALAR_TYPES: frozenset[type] = frozenset(
    np.dtype(code).type for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
)
_LONGEST_TEXT = 60
_WHOLE_SEQUENCE = 8
_stand_ins: dict[type, Callable[[Any], str]] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `path` is "" or where in a nested value, `got` and `expected` are short texts."""

    path: str
    reason: str
    got: str
    expected: str

    def __str__(self) -> str:
        """Return one short sentence for the student."""
        return f"in {self.path}: {self.reason}" if self.path else self.reason


def register_stand_in(kind: type, name: Callable[[Any], str]) -> None:
    """Let messages call a `kind` object by `name(object)`: for stand-ins of values that could not be sent."""
    _stand_ins[kind] = name


def difference(
    got: object, expected: object, *, rtol: float = 1e-5, atol: float = 1e-6, dtype: bool = True
) -> Difference | None:
    """Return the first difference between what a program gave and what is right, or None.

    Numbers are close when `abs(got - expected) <= atol + rtol * abs(expected)`. NaN and infinities stand only
    where `expected` has them. Raises TypeError when `expected` holds a kind of value that cannot be compared.
    """
    return _compare(_plain(got), _plain(expected), "", rtol, atol, dtype)


def describe(value: object) -> str:
    """Return what a value is in a few words, without calling anything of an unknown type."""
    value = _plain(value)
    if type(value) is np.ndarray:
        if value.ndim == 0 and _comparable(value):
            return f"a 0-d array ({_number(value[()])})"
        return f"an array of shape {value.shape}"
    if _is_scalar(value) or type(value) is bytes:
        return _short(value)
    if type(value) is list or type(value) is tuple or type(value) is dict:
        return f"a {_type_name(value)} of {_count(len(value))}"
    kind = type(value)
    name = _clean(_stand_ins[kind](value)) if kind in _stand_ins else _type_name(value)
    return f"an object of type {name}"


def _plain(value: object) -> object:
    """Return a NumPy scalar of a known type as the 0-d array it is on the wire, else the value itself."""
    return np.asarray(value) if type(value) in _SCALAR_TYPES else value


def _compare(got: object, expected: object, path: str, rtol: float, atol: float, dtype: bool) -> Difference | None:
    if type(expected) is np.ndarray:
        if type(got) is np.ndarray:
            return _compare_arrays(got, expected, path, rtol, atol, dtype)
        return _unlike(got, f"an array of shape {expected.shape}" if expected.ndim else "a 0-d array", path)
    if type(expected) is bool or type(expected) is int or type(expected) is float:
        return _compare_numbers(got, expected, path, rtol, atol, dtype)
    if expected is None or type(expected) is str or type(expected) is bytes:
        return None if type(got) is type(expected) and got == expected else _unequal(got, expected, path)
    if type(expected) is list or type(expected) is tuple:
        if type(got) is list or type(got) is tuple:
            return _compare_sequences(got, expected, path, rtol, atol, dtype)
        return _unlike(got, describe(expected), path)
    if type(expected) is dict:
        if type(got) is dict:
            return _compare_dicts(got, expected, path, rtol, atol, dtype)
        return _unlike(got, describe(expected), path)
    raise TypeError(f"a test expects {describe(expected)}, which cannot be compared; expect plain values")


def _compare_arrays(
    got: np.ndarray[Any, Any],
    expected: np.ndarray[Any, Any],
    path: str,
    rtol: float,
    atol: float,
    dtype: bool,
) -> Difference | None:
    if not _comparable(expected):
        raise TypeError(f"a test expects an array of dtype {expected.dtype}, which cannot be compared")
    if got.shape != expected.shape:
        if got.size == 0 and expected.size:
            reason = f"an empty array, expected {_count(expected.size)}"
        elif expected.size == 0 and got.size:
            reason = f"an array of {_count(got.size)}, expected an empty array of shape {expected.shape}"
        else:
            reason = f"shape is {got.shape}, expected {expected.shape}"
        return Difference(path, reason, f"shape {got.shape}", f"shape {expected.shape}")
    if not _comparable(got) or (dtype and got.dtype != expected.dtype):
        name = _clean(str(got.dtype))
        return Difference(path, f"dtype is {name}, expected {expected.dtype}", name, str(expected.dtype))
    wrong = ~_close(got, expected, rtol, atol)
    count = int(np.count_nonzero(wrong))
    if not count:
        return None
    place = np.unravel_index(int(np.argmax(wrong)), wrong.shape) if wrong.ndim else ()
    index = tuple(int(i) for i in place)
    left, right = _two_numbers(got[index], expected[index])
    reason = f"got {left}, expected {right}"
    if index:
        reason = f"at {list(index)}: {reason} ({count} of {_count(got.size)} differ)"
    return Difference(path, reason, left, right)


def _comparable(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.type in _SCALAR_TYPES


def _close(
    got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], rtol: float, atol: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return where the values agree; both arrays have one shape."""
    exact = np.asarray(got == expected)
    if got.dtype.kind in "biu" and expected.dtype.kind in "biu":
        return exact
    left, right = got.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(left) & np.isfinite(right)
    with np.errstate(all="ignore"):
        near = finite & (np.abs(left - right) <= atol + rtol * np.abs(right))
    # `exact` brings in equal infinities; NaN is equal to NaN alone.
    return np.asarray(near | exact | (np.isnan(left) & np.isnan(right)))


def _compare_numbers(
    got: object, expected: bool | int | float, path: str, rtol: float, atol: float, dtype: bool
) -> Difference | None:
    value = got
    if type(got) is np.ndarray and got.ndim == 0 and _comparable(got) and not dtype:
        value = got.item()
    if type(value) is bool or type(value) is int or type(value) is float:
        if (type(value) is bool) is (type(expected) is bool) and _near(value, expected, rtol, atol):
            return None
        left, right = _two_numbers(value, expected)
        return Difference(path, f"got {left}, expected {right}", left, right)
    return _unlike(got, f"the Python {type(expected).__name__} {_number(expected)}", path)


def _near(got: float, expected: float, rtol: float, atol: float) -> bool:
    if got == expected:
        return True
    if type(got) is not float and type(expected) is not float:
        return False
    try:
        left, right = float(got), float(expected)
    except OverflowError:  # an int beyond the range of float is near no float
        return False
    if math.isnan(left) and math.isnan(right):
        return True
    return math.isfinite(left) and math.isfinite(right) and abs(left - right) <= atol + rtol * abs(right)


def _compare_sequences(
    got: list[Any] | tuple[Any, ...],
    expected: list[Any] | tuple[Any, ...],
    path: str,
    rtol: float,
    atol: float,
    dtype: bool,
) -> Difference | None:
    short = all(_is_scalar(item) for item in (*got[:_WHOLE_SEQUENCE], *expected[:_WHOLE_SEQUENCE]))
    if short and len(got) <= _WHOLE_SEQUENCE and len(expected) <= _WHOLE_SEQUENCE:
        # A shape or another short row of numbers is clearest as a whole: "got (3, 2), expected (2, 3)".
        same = len(got) == len(expected) and all(
            _compare(g, e, "", rtol, atol, dtype) is None for g, e in zip(got, expected, strict=True)
        )
        return None if same else _unequal(got, expected, path)
    if len(got) != len(expected):
        reason = f"{_count(len(got))}, expected {_count(len(expected))}"
        return Difference(path, reason, describe(got), describe(expected))
    for i, (item, wanted_item) in enumerate(zip(got, expected, strict=True)):
        found = _compare(_plain(item), _plain(wanted_item), f"{path}[{i}]", rtol, atol, dtype)
        if found is not None:
            return found
    return None


def _compare_dicts(
    got: dict[Any, Any], expected: dict[Any, Any], path: str, rtol: float, atol: float, dtype: bool
) -> Difference | None:
    # Exact key types first: a foreign key with a known hash would have its own __eq__ called by a lookup.
    for key in got:
        if type(key) is not str and type(key) is not int:
            return Difference(path, f"a key is {describe(key)}, expected a string", describe(key), "a string")
    for key in expected:
        if key not in got:
            return Difference(path, f"the key {_short(key)} is missing", "missing", _short(key))
    for key in got:
        if key not in expected:
            return Difference(path, f"the key {_short(key)} is one too many", _short(key), "no such key")
    for key, wanted_value in expected.items():
        found = _compare(_plain(got[key]), _plain(wanted_value), f"{path}[{_short(key)}]", rtol, atol, dtype)
        if found is not None:
            return found
    return None


def _is_scalar(value: object) -> bool:
    return value is None or type(value) in (bool, int, float, str)


def _unlike(got: object, wanted: str, path: str) -> Difference:
    """Return the difference of two kinds of value."""
    found = describe(got)
    return Difference(path, f"got {found}, expected {wanted}", found, wanted)


def _unequal(got: object, expected: object, path: str) -> Difference:
    """Return the difference of two scalars, or of two short sequences of scalars as a whole."""
    if (type(got) is list or type(got) is tuple) and (type(expected) is list or type(expected) is tuple):
        # One kind of bracket on both sides: list and tuple are alike here, so brackets are no mistake.
        left, right = _row(got), _row(expected)
    else:
        left, right = describe(got), describe(expected)
    return Difference(path, f"got {left}, expected {right}", left, right)


def _two_numbers(got: object, expected: object) -> tuple[str, str]:
    """Return both numbers in few digits, or in all of them when few would make them look alike."""
    left, right = _number(got), _number(expected)
    return (left, right) if left != right else (_short(got), _short(expected))


def _number(value: object) -> str:
    """Return a number of a known type in at most seven digits."""
    if type(value) is float or type(value) in (np.float16, np.float32, np.float64):
        number = float(value)  # type: ignore[arg-type]
        short = f"{number:.7g}"
        return short if not math.isfinite(number) or any(mark in short for mark in ".e") else f"{short}.0"
    return _short(value)


def _row(values: list[Any] | tuple[Any, ...]) -> str:
    inner = ", ".join(_short(value) for value in values)
    return f"({inner},)" if len(values) == 1 else f"({inner})"


def _short(value: object) -> str:
    """Return a scalar of a known type as a short text that no terminal or page takes for a command."""
    if type(value) is int and value.bit_length() > 128:
        return "a huge int"  # Python refuses to print very long integers
    if type(value) is str or type(value) is bytes:
        return _cut(repr(value[:_LONGEST_TEXT]))  # repr escapes control and right-to-left characters
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


def _count(number: int) -> str:
    return "1 value" if number == 1 else f"{number} values"


def _type_name(value: object) -> str:
    # `type(value).__name__` would ask a metaclass of the student's; this asks `type` itself.
    return _clean(type.__dict__["__name__"].__get__(type(value)))


def _clean(text: object) -> str:
    if type(text) is not str:
        return "?"
    return _cut("".join(c if c.isprintable() else "?" for c in text[:_LONGEST_TEXT]))
