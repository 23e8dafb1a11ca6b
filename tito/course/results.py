"""What grading says about a submission: outcomes of tests, put together in a result with its receipt.

Grading makes these, the gradebook stores them, pages and files show them. They hold plain data only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

from tito.course.verdicts import Verdict

Mode = Literal["isolated", "cumulative"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a student's traceback: `where` is a cell's label, `line` counts from 1 in that cell."""

    where: str
    line: int
    function: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest inputs found for which the student's answer was wrong, as short texts."""

    inputs: tuple[tuple[str, str], ...]
    expected: str
    got: str
    difference: str
    runnable: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one test in one mode. `earned` is at most `possible`; student texts are capped data."""

    test: str
    title: str
    mode: Mode
    public: bool
    cell: str | None
    verdict: Verdict
    possible: Decimal
    earned: Decimal
    hint: str = ""
    detail: str = ""
    counterexample: Counterexample | None = None
    frames: tuple[Frame, ...] = ()
    output: str = ""
    inherited_from: int | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; points are strings, so that they stay exact."""
        # Not by `asdict` as a whole: it copies every field deeply, and there are hundreds of outcomes in a submission.
        data: dict[str, Any] = {name: getattr(self, name) for name in _OUTCOME}
        data["verdict"] = self.verdict.value
        data["possible"], data["earned"] = str(self.possible), str(self.earned)
        data["counterexample"] = None if self.counterexample is None else asdict(self.counterexample)
        data["frames"] = [asdict(frame) for frame in self.frames]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        """Rebuild what `to_json` gave. Raises KeyError, TypeError or ValueError when it is something else."""
        told = dict(data)
        told["verdict"] = Verdict(told["verdict"])
        told["possible"], told["earned"] = Decimal(told["possible"]), Decimal(told["earned"])
        told["frames"] = tuple(Frame(**frame) for frame in told["frames"])
        if told["counterexample"] is not None:
            example = dict(told["counterexample"])
            example["inputs"] = tuple((name, text) for name, text in example["inputs"])
            told["counterexample"] = Counterexample(**example)
        return cls(**told)


_OUTCOME = tuple(one.name for one in fields(Outcome))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was graded by what: enough to replay the result exactly. Digests are SHA-256 in hex."""

    submission: str
    graders: str
    reference: str
    environment: str
    seed: str
    tier: str

    def to_json(self) -> dict[str, str]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes of one submission under one grader version. `notes` tell what was odd about it."""

    checkpoint: str
    receipt: Receipt
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    counts: Mode = "isolated"
    extra: dict[str, Any] = field(default_factory=dict)

    def counted(self) -> tuple[Outcome, ...]:
        """The outcomes of the mode that the course counts."""
        return tuple(outcome for outcome in self.outcomes if outcome.mode == self.counts)

    @property
    def earned(self) -> Decimal:
        """Automatic points earned in the counted mode."""
        return sum((outcome.earned for outcome in self.counted()), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """Automatic points there were to earn."""
        return sum((outcome.possible for outcome in self.counted()), Decimal(0))

    @property
    def faulted(self) -> bool:
        """Whether the platform failed in any test, so that this result must not be scored."""
        return any(outcome.verdict is Verdict.PLATFORM_FAULT for outcome in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "checkpoint": self.checkpoint,
            "receipt": self.receipt.to_json(),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "notes": list(self.notes),
            "seconds": self.seconds,
            "counts": self.counts,
            "extra": self.extra,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """Rebuild what `to_json` gave. Raises KeyError, TypeError or ValueError when it is something else."""
        return cls(
            checkpoint=data["checkpoint"],
            receipt=Receipt(**data["receipt"]),
            outcomes=tuple(Outcome.from_json(outcome) for outcome in data["outcomes"]),
            notes=tuple(data["notes"]),
            seconds=data["seconds"],
            counts=data["counts"],
            extra=data["extra"],
        )
