"""What travels between the process that owns the gradebook and the lanes that grade: JSON, one object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tito.course.results import Result


@dataclass(frozen=True, slots=True)
class Job:
    """One submission to grade, by digests into the store. `number` comes back with the answer.

    `folder` is where the marked notebook and the feedback go, relative to `autograded/`; None writes nothing.
    `due_at` is the student's own due date where it is not the course's, in ISO format.
    With `deal`, nothing is graded: that deal of every test is drawn, for the submissions to come.
    `public_only` runs the notebook's own test cells and no hidden test: a quick look, and never a grade.
    """

    number: int
    checkpoint: str
    digest: str
    earlier: dict[int, str] = field(default_factory=dict)
    folder: str | None = None
    student: str = ""
    public_only: bool = False
    deal: int | None = None
    due_at: str | None = None

    def encode(self) -> bytes:
        """Return the job as one line."""
        return _line(asdict(self))

    @classmethod
    def decode(cls, line: bytes) -> Job:
        """Read what `encode` wrote."""
        data = json.loads(line)
        data["earlier"] = {int(number): digest for number, digest in data["earlier"].items()}
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one job: a result, or a fault of ours as a text for the operator."""

    number: int
    result: Result | None = None
    fault: str = ""
    fatal: bool = False

    def encode(self) -> bytes:
        """Return the answer as one line."""
        result = None if self.result is None else self.result.to_json()
        return _line({"number": self.number, "result": result, "fault": self.fault, "fatal": self.fatal})

    @classmethod
    def decode(cls, line: bytes) -> Answer:
        """Read what `encode` wrote."""
        data = json.loads(line)
        result = data.pop("result")
        return cls(result=None if result is None else Result.from_json(result), **data)


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=True).encode() + b"\n"
