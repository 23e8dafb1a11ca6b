"""The one error that users see: what happened, where, what was expected, and what to do next."""

from __future__ import annotations


class TitoError(Exception):
    """A problem that a person can act on.

    `what` names the thing and what was found; `where` is a file, cell, option or row; `expected` says what would have
    been right; `next_step` is what to do now. The command line prints the four parts on lines of their own.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.next_step = next_step

    def __str__(self) -> str:
        """Return all parts, one a line, in the order in which a reader needs them."""
        parts = [self.what]
        if self.where:
            parts.append(f"  where:    {self.where}")
        if self.expected:
            parts.append(f"  expected: {self.expected}")
        if self.next_step:
            parts.append(f"  next:     {self.next_step}")
        return "\n".join(parts)

    def to_json(self) -> dict[str, str | None]:
        """Return the four parts under their names, for `--json`."""
        return {
            "what": self.what,
            "where": self.where,
            "expected": self.expected,
            "next_step": self.next_step,
        }
