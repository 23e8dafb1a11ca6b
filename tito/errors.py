"""The error that users see: what happened, where, what was expected, and what to do next."""

from __future__ import annotations

from typing import Self


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

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the error that `str` wrote down: a refusal is recorded as text and told again later."""
        what: list[str] = []
        parts: dict[str, str] = {}
        for line in text.split("\n"):
            name, _, said = line.strip().partition(":")
            if name in ("where", "expected", "next") and line.startswith("  "):
                parts[name] = said.strip()
            else:
                what.append(line)
        return cls(
            "\n".join(what), where=parts.get("where"), expected=parts.get("expected"), next_step=parts.get("next")
        )

    def to_json(self) -> dict[str, str | None]:
        """Return the four parts under their names, for `--json`."""
        return {
            "what": self.what,
            "where": self.where,
            "expected": self.expected,
            "next_step": self.next_step,
        }


class DiskFull(TitoError):
    """There is no room to write. Nothing of what was begun is kept, and it may be tried again."""
