"""The data of a page as JSON: the same for every page, so that none has to say it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from tito.course.points import show

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def plain(value: object) -> Plain:
    """Return JSON types: points and scores as strings of two decimals, times in ISO 8601 (UTC), enums by value.

    Raises TypeError for anything that a page's data should not hold (a database row among it).
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, (Decimal, Fraction)):
        return show(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (Sequence, Set)):
        return [plain(inner) for inner in value]
    raise TypeError(f"a page's data cannot hold {type(value).__name__}")
