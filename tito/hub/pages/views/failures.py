"""One test over the class: the students who did not pass it, each with the attempt that shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from tito.course.verdicts import Verdict
from tito.gradebook.failures import Failure, Where, ends, failures, plate
from tito.gradebook.models import Section
from tito.hub.pages.asked import Asked, BadRequest
from tito.hub.pages.views.regrading import asked_checkpoint

PAGE: Final = 100
"""Students on one page."""
_SECTIONS: Final = select(Section.name).order_by(Section.name)


@dataclass(frozen=True, slots=True)
class Line:
    """A student who did not pass, with the attempt that counts and how the test ended in it."""

    student: str
    name: str
    section: str | None
    submission: int
    attempt: int
    verdict: str


@dataclass(frozen=True, slots=True)
class FailuresPage:
    """A page of the `count` students, of `graded` ones, who did not pass a test. `ends` are their verdicts."""

    checkpoint: int
    test: str
    title: str
    public: bool
    lines: tuple[Line, ...]
    ends: tuple[tuple[str, int], ...]
    count: int
    graded: int
    page: int
    pages: int
    section: str
    sections: tuple[str, ...]
    """Those of the viewer, to choose one of."""


def view(asked: Asked) -> FailuresPage:
    """Return who did not pass `{test}` of `{checkpoint}`. Raises GradebookError or BadRequest.

    Five queries, three when nothing changed.
    """
    number, test = asked_checkpoint(asked).number, asked.place["test"]
    about = plate(asked.session, number, test)
    sections = tuple(name for name in asked.session.scalars(_SECTIONS) if asked.viewer.sees_section(name))
    section = asked.text("section")
    if section and section not in sections:
        raise BadRequest(f"section={section!r} is none of yours", expected=", ".join(sections))
    where = Where(number, test, {section} if section else asked.viewer.sections)
    found, everybody = _of_class(asked, where)
    graded, count = found.total(), len(everybody)
    pages = max(1, -(-count // PAGE))
    page = min(asked.number("page", 1), pages)
    return FailuresPage(
        number,
        test,
        about.title,
        about.public,
        everybody[(page - 1) * PAGE : page * PAGE],
        tuple((verdict.title, times) for verdict, times in found.most_common() if verdict is not Verdict.PASSED),
        count,
        graded,
        page,
        pages,
        section,
        sections,
    )


def _of_class(asked: Asked, where: Where) -> tuple[Counter[Verdict], tuple[Line, ...]]:
    """How the test ended, and for whom it did not pass: of the newest attempts of a whole class, so it is kept."""
    sections = None if where.sections is None else sorted(where.sections)

    def work_out() -> tuple[Counter[Verdict], tuple[Line, ...]]:
        return ends(asked.session, where), tuple(map(_line, failures(asked.session, where)))

    return asked.kept.get(asked.session, f"failures {where.checkpoint} {where.test} {sections}", work_out)


def _line(one: Failure) -> Line:
    return Line(one.student, one.name, one.section, one.submission, one.attempt, one.verdict.title)
