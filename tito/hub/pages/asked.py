"""What a page's function is given: a consistent view of the gradebook, who asks, and what for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.work import Work
from tito.hub.pages.kept import Kept, Standings
from tito.hub.pages.viewer import Viewer

TEXT = 20_000
"""Characters of a form's field that are read; nobody writes a longer reason or comment."""


_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,3})?")
"""Points as people write them. No exponents: `1e999999999` is nine characters, and a number that fills the memory."""


class BadRequest(TitoError):
    """The address or the form asks for something that cannot be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a page. `place` are the parts of the path by name, `query` what follows the question mark."""

    session: Session
    course: Course
    now: datetime
    viewer: Viewer
    kept: Kept
    """What was worked out from the whole class, kept between requests while nothing changes."""
    place: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    standings: Standings = field(init=False)
    """The students' lines; kept likewise."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "standings", Standings(self.session, self.course, self.now, self.kept))

    def text(self, name: str) -> str:
        """A value of the query without blanks around it; empty when it is not there."""
        return self.query.get(name, "").strip()[:200]

    def choice(self, name: str, among: Sequence[str], default: str) -> str:
        """One of some words. Raises BadRequest for another."""
        found = self.text(name) or default
        if found not in among:
            raise BadRequest(f"{name}={found!r} is not known here", expected=", ".join(among))
        return found

    def number(self, name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
        """A whole number of the query. Raises BadRequest."""
        return whole(self.text(name) or str(default), name, least=least, most=most)

    def leaf(self, count: int, size: int) -> tuple[int, int]:
        """Which page of a list of `count` is asked for, and how many there are of `size`; one too far is the last.

        A list gets shorter while somebody looks through it. Raises BadRequest for what is no number.
        """
        pages = max(1, -(-count // size))
        return min(self.number("page", 1), pages), pages


@dataclass(frozen=True, slots=True)
class Submitted:
    """One form that was sent: its fields, and the unit of work in which its change happens."""

    work: Work
    course: Course
    viewer: Viewer
    place: Mapping[str, str]
    form: Mapping[str, str]
    afterwards: list[Callable[[Gradebook, Kept], object]] = field(default_factory=list)
    """What is begun once the change is committed: each returns at once and raises nothing; a page says how it went."""

    def text(self, name: str) -> str:
        """A field of the form, with the line ends that the server uses; empty when it is not there."""
        return self.form.get(name, "").replace("\r\n", "\n").strip()[:TEXT]


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a page gives beside its HTML and JSON; `name` is what the browser saves it as."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Onward:
    """Where to go after a change, for one that does not lead back to its page, and what to say there."""

    said: str
    page: str
    place: Mapping[str, object]
    query: Mapping[str, object] = field(default_factory=dict)


def whole(text: str, name: str, *, least: int = 0, most: int = 10**9) -> int:
    """Read a whole number that a person or a link wrote. Raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise BadRequest(f"{name}={text[:40]!r} cannot be", expected=f"a whole number from {least} to {most}")
    return int(text)


def decimal_of(text: str, expected: str) -> Decimal:
    """Read points or a score that a person wrote, with a point or a comma. Raises BadRequest."""
    if _DECIMAL.fullmatch(text) is None:
        raise BadRequest(f"{text[:40]!r} is no number with at most three decimals", expected=expected)
    return Decimal(text.replace(",", "."))
