"""A measured figure: what was measured on each side, what is required, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a report. `sides` are (whose, value); `found` and `required` are texts for people."""

    name: str
    sides: tuple[tuple[str, float], ...]
    unit: str
    found: str
    required: str = ""
    met: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"sides": dict(self.sides)}

    def __str__(self) -> str:
        sides = " against ".join(f"{whose} {value:.4g} {self.unit}" for whose, value in self.sides)
        parts = [f"{self.name}: {sides}"]
        if self.found:
            parts.append(self.found)
        if self.met is not None:
            parts.append(f"required {self.required}: {'met' if self.met else 'NOT MET'}")
        return "; ".join(parts)


def share(name: str, ours: float, other: float, unit: str, *, against: str, most: int | None = None) -> Figure:
    """A figure of which `ours` may be at most one part in `most` of `other`."""
    found = f"1/{other / ours:.1f}"
    met = None if most is None else ours * most <= other
    return Figure(name, (("ours", ours), (against, other)), unit, found, f"at most 1/{most}" if most else "", met)


def more(name: str, ours: float, other: float, unit: str, *, against: str, most: float | None = None) -> Figure:
    """A figure of which `ours` may be at most `most` above `other`."""
    met = None if most is None else ours - other <= most
    required = "" if most is None else f"at most {most:g} {unit} more"
    return Figure(name, (("ours", ours), (against, other)), unit, f"{ours - other:+.1f} {unit}", required, met)


def times(name: str, before: float, after: float, unit: str, *, labels: tuple[str, str], least: float) -> Figure:
    """A figure that `after` has to improve by a factor of `least` at least."""
    found = f"{before / after:.2f} times"
    return Figure(
        name,
        ((labels[0], before), (labels[1], after)),
        unit,
        found,
        f"at least {least:g} times",
        before >= least * after,
    )


def most(name: str, value: float, unit: str, *, bound: float) -> Figure:
    """A figure with an upper bound."""
    return Figure(name, (("ours", value),), unit, f"{value:.4g} {unit}", f"below {bound:g} {unit}", value < bound)


def middle(values: Sequence[float]) -> float:
    """The median: one repetition that the machine disturbed does not move it."""
    return float(median(values))


def spread(values: Sequence[float]) -> str:
    """The least and the largest of some repetitions, for people to judge how quiet the machine was."""
    return f"{min(values):.4g} to {max(values):.4g}"
