"""The feedback page: one self-contained HTML file that can be sent to the student or uploaded to the LMS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template, select_autoescape

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.course.points import show as show_points
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.grading.show import cap

_SYMBOLS = {
    Verdict.PASSED: "\N{CHECK MARK}",
    Verdict.MISSING: "\N{WHITE CIRCLE}",
    Verdict.PLATFORM_FAULT: "!",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The outcomes of one part of the notebook."""

    title: str
    outcomes: tuple[Outcome, ...]

    @property
    def earned(self) -> Decimal:
        """Points earned in this part."""
        return sum((outcome.earned for outcome in self.outcomes), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """Points there were to earn in this part."""
        return sum((outcome.possible for outcome in self.outcomes), Decimal(0))


def feedback_page(
    course: Course, checkpoint: Checkpoint, result: Result, shown: Sequence[Outcome], *, student: str
) -> str:
    """Return the page. `shown` are the outcomes after `reveal`: nothing else of the tests is on the page."""
    counted = [outcome for outcome in shown if outcome.mode == result.counts]
    other = [outcome for outcome in shown if outcome.mode != result.counts]
    failing = [outcome for outcome in counted if outcome.verdict is not Verdict.PASSED]
    return _template().render(
        course=course.title,
        checkpoint=checkpoint,
        student=cap(student, 120),
        result=result,
        earned=sum((outcome.earned for outcome in counted), Decimal(0)),
        possible=sum((outcome.possible for outcome in counted), Decimal(0)),
        passed=len(counted) - len(failing),
        total=len(counted),
        first=_most_useful(failing),
        groups=group_by_cell(counted),
        differing=[o for o in other if o.inherited_from is not None],
        notes=result.notes,
    )


def group_by_cell(outcomes: Sequence[Outcome]) -> list[Group]:
    """Put outcomes into groups by test cell, in the suite's order; a group is named by the cell's public test."""
    cells: dict[str | None, list[Outcome]] = {}
    for outcome in outcomes:
        cells.setdefault(outcome.cell, []).append(outcome)
    return [Group(_group_title(cell, members), tuple(members)) for cell, members in cells.items()]


def _group_title(cell: str | None, members: Sequence[Outcome]) -> str:
    public = next((outcome for outcome in members if outcome.public), None)
    if public is not None:
        return public.title
    return (cell or "Other tests").removeprefix("test-").replace("-", " ").capitalize()


def _most_useful(failing: Sequence[Outcome]) -> Outcome | None:
    """The failure to look at first: one with an example before one with a traceback, in the notebook's order."""
    explained = [outcome for outcome in failing if outcome.counterexample is not None]
    traced = [outcome for outcome in failing if outcome.frames]
    return next(iter(explained or traced or failing), None)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = show_points
    environment.filters["symbol"] = lambda verdict: _SYMBOLS.get(verdict, "\N{MULTIPLICATION SIGN}")
    text = resources.files("tito.grading").joinpath("templates/feedback.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)
