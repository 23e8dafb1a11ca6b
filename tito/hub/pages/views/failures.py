"""One test over the class: the students who did not pass it, each with the attempt that shows it."""

from __future__ import annotations

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
    """Return who did not pass `{test}` of `{checkpoint}`. Four queries. Raises GradebookError or BadRequest."""
    number, test = asked_checkpoint(asked).number, asked.place["test"]
    about = plate(asked.session, number, test)
    sections = tuple(name for name in asked.session.scalars(_SECTIONS) if asked.viewer.sees_section(name))
    section = asked.text("section")
    if section and section not in sections:
        raise BadRequest(f"section={section!r} is none of yours", expected=", ".join(sections))
    where = Where(number, test, {section} if section else asked.viewer.sections)
    found = ends(asked.session, where)
    graded = found.total()
    count = graded - found.pop(Verdict.PASSED, 0)
    pages = max(1, -(-count // PAGE))
    page = min(asked.number("page", 1), pages)
    return FailuresPage(
        number,
        test,
        about.title,
        about.public,
        tuple(map(_line, failures(asked.session, where, limit=PAGE, offset=(page - 1) * PAGE))),
        tuple((verdict.title, times) for verdict, times in found.most_common()),
        count,
        graded,
        page,
        pages,
        section,
        sections,
    )


def _line(one: Failure) -> Line:
    return Line(one.student, one.name, one.section, one.submission, one.attempt, one.verdict.title)
