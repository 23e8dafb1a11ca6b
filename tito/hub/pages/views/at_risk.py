"""At risk: who has fallen behind by the instructor's rules, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tito.course.policies import RiskPolicy
from tito.gradebook.atrisk import Sign, Stuck, at_risk, stuck_tests
from tito.gradebook.standing import StudentRow
from tito.hub.pages.asked import Asked

PAGE: Final = 100
"""Students on one page."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Line:
    """One student and what holds for them. Lines are kept, and so is their HTML."""

    student: str
    name: str
    section: str | None
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class AtRiskPage:
    """A page of the students for whom a rule holds (`count`), those with most signs first, and the rules.

    `among` is how many students were looked at.
    """

    lines: tuple[Line, ...]
    count: int
    page: int
    pages: int
    among: int
    section: str
    sections: tuple[str, ...]
    """Those of the viewer, to choose one of."""
    rules: RiskPolicy


def view(asked: Asked) -> AtRiskPage:
    """Return the students of the viewer's sections, or of one, who are at risk. Two queries when nothing changed."""
    rows = asked.standings.rows
    own = {row.section for row in rows if asked.viewer.sees_section(row.section)}
    section = asked.text("section")

    def sees(name: str | None) -> bool:
        return name in own and section in ("", name)

    found = asked.standings.beside("at risk", lambda: _lines(asked, rows))
    lines = [line for line in found if sees(line.section)]
    page, pages = asked.leaf(len(lines), PAGE)
    shown = tuple(lines[(page - 1) * PAGE : page * PAGE])
    return AtRiskPage(
        shown,
        len(lines),
        page,
        pages,
        sum(sees(row.section) for row in rows),
        section,
        tuple(sorted(name for name in own if name is not None)),
        asked.course.risk,
    )


def _lines(asked: Asked, rows: Sequence[StudentRow]) -> tuple[Line, ...]:
    policy = asked.course.risk
    stuck: Mapping[int, Sequence[Stuck]] = {}
    if (attempts := policy.stuck) is not None:  # it reads every attempt of the class: once, until something changes
        stuck = asked.kept.get(asked.session, "stuck", lambda: stuck_tests(asked.session, attempts))
    found = at_risk(rows, stuck, policy)
    return tuple(Line(one.row.student_id, one.row.name, one.row.section, one.signs) for one in found)
