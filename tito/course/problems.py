"""A problem in a file of the instructor's: what `tito course check` prints, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tito.errors import TitoError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. `line` counts from 1; None when it is about the whole file.

    A warning is printed by `tito course check` and stops nothing; an error stops whatever needs the file.
    """

    file: str
    line: int | None
    what: str
    expected: str | None = None
    next_step: str | None = None
    severity: Severity = "error"

    @property
    def where(self) -> str:
        """`course_config.py:12`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def relative_to(self, root: Path) -> Problem:
        """Return the problem with its file named from the course's root, if it lies there."""
        path = Path(self.file)
        return replace(self, file=str(path.relative_to(root))) if path.is_relative_to(root) else self

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def raise_first(problems: Sequence[Problem], *, all_of_them: str = "tito course check") -> None:
    """Raise a TitoError for the first error among the problems, with the count of the others.

    `all_of_them` is the command that prints every problem.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors:
        return
    first, others = errors[0], len(errors) - 1
    step = first.next_step
    if others:
        more = f"{others} more {'problem' if others == 1 else 'problems'}: `{all_of_them}` prints all"
        step = f"{step} ({more})" if step else more
    elif step is None:
        step = f"correct it; `{all_of_them}` tells whether all is well then"
    raise TitoError(first.what, where=first.where, expected=first.expected, next_step=step)
