"""What grading says about a submission: outcomes of tests, put together in a result with its receipt.

Grading makes these, the gradebook stores them, pages and files show them. They hold plain data only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

from tito.course.verdicts import Verdict

Mode = Literal["isolated", "cumulative"]
Fault = Literal["", "result", "gradient", "raised", "missing", "ended", "start", "uses", "path", "walks"]
"""What is wrong with an operation asked alone, or with what joins them; "" where that may not be told."""


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
class Divergence:
    """Where a wrong gradient begins: the first operation, in the order of backward, that is wrong when asked alone.

    `operation` is empty where each is right alone, and the fault lies in the engine that joins them. `of` says of
    which operand or tensor the two texts `expected` and `got` are. All but the name is empty where it may not be shown.
    """

    operation: str
    fault: Fault = ""
    of: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    expected: str = ""
    got: str = ""

    @property
    def said(self) -> str:
        """The finding in one or two sentences."""
        if self.operation:
            said = _OF_AN_OPERATION[self.fault].format(operation=self.operation, of=self.of)
            return said + (_COMPOSED if self.operation in _OFTEN_COMPOSED else "")
        return _OF_THE_ENGINE[self.fault].format(of=self.of)


_FIRST = "The first operation that goes wrong, in the order of backward, is `{operation}`"
_OF_AN_OPERATION: dict[Fault, str] = {
    "": f"{_FIRST}.",
    "gradient": f"{_FIRST}: asked alone, it gives a wrong gradient of {{of}}.",
    "result": f"{_FIRST}: asked alone, its result is wrong already, before any backward.",
    "raised": f"{_FIRST}: asked alone, it raises an error.",
    "missing": f"{_FIRST}: it is not written yet.",
    "ended": f"{_FIRST}: asked alone, it gives no answer.",
}
_OFTEN_COMPOSED = frozenset({"softmax", "log_softmax", "cross_entropy", "binary_cross_entropy"})
_COMPOSED = " If you built it from other operations, look at their gradients too."
_ALONE = "Each operation's own gradient is right"
_OF_THE_ENGINE: dict[Fault, str] = {
    "": f"{_ALONE}: the fault lies in how your engine puts them together.",
    "start": "The walk begins wrong already: `backward` of a tensor alone, from which nothing was computed, must leave "
    "in its `.grad` the gradient that it was given, and 1 where it was given none.",
    "uses": f"{_ALONE}; the sum over uses is not: {{of}} must get the sum of what each of its uses sends back.",
    "path": f"{_ALONE}; what arrives in the end is not: on its way through your engine a gradient is lost or changed.",
    "walks": f"{_ALONE}, and so is one backward over all of them. What differs comes from several backwards: "
    "look at what the first one leaves behind, and at how `.grad` adds up.",
}


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
    diverged: Divergence | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; points are strings, so that they stay exact."""
        # Not by `asdict` as a whole: it copies every field deeply, and there are hundreds of outcomes in a submission.
        data: dict[str, Any] = {name: getattr(self, name) for name in _OUTCOME}
        data["verdict"] = self.verdict.value
        data["possible"], data["earned"] = str(self.possible), str(self.earned)
        data["counterexample"] = None if self.counterexample is None else asdict(self.counterexample)
        data["diverged"] = None if self.diverged is None else asdict(self.diverged)
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
        if told.get("diverged") is not None:  # results of earlier versions do not have it
            found = dict(told["diverged"])
            found["inputs"] = tuple((name, text) for name, text in found["inputs"])
            told["diverged"] = Divergence(**found)
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
