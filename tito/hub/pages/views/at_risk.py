"""At risk: who has fallen behind by the instructor's rules, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tito.course.policies import RiskPolicy
from tito.gradebook.atrisk import Sign, Stuck, at_risk, stuck_tests
from tito.hub.pages.asked import Asked


@dataclass(frozen=True, slots=True)
class Line:
    """One student and what holds for them."""

    student: str
    name: str
    section: str | None
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class AtRiskPage:
    """The students for whom a rule holds, and the rules. `among` is how many students were looked at."""

    lines: tuple[Line, ...]
    among: int
    rules: RiskPolicy


def view(asked: Asked) -> AtRiskPage:
    """Return the students of the viewer's sections who are at risk. Two queries when nothing changed."""
    policy = asked.course.risk
    rows = [row for row in asked.standings(asked.session) if asked.viewer.sees_section(row.section)]
    stuck: Mapping[int, Sequence[Stuck]] = {}
    if (attempts := policy.stuck) is not None:  # it reads every attempt of the class: once, until something changes
        stuck = asked.kept.get(asked.session, "stuck", lambda: stuck_tests(asked.session, attempts))
    found = at_risk(rows, stuck, policy)
    lines = tuple(Line(one.row.student_id, one.row.name, one.row.section, one.signs) for one in found)
    return AtRiskPage(lines, len(rows), policy)
