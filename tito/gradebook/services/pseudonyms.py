"""The name under which a student who wants to be on the leaderboard stands there."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import select

from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Student
from tito.gradebook.services.roster import find_student
from tito.gradebook.work import Work

_RULE = re.compile(r"[^\W_](?:[\w .-]{1,28})[^\W_]")
RULE = "3 to 30 letters, digits and spaces, dots, hyphens or underscores between them"


def choose_pseudonym(work: Work, *, student_id: str, pseudonym: str | None) -> None:
    """Put a student on the leaderboard under a pseudonym, or take them off it (None).

    Nobody else may have it, in whatever spelling of upper and lower case, and it must be nobody's id or name, the
    student's own among them: one would be blamed or praised for somebody else. Raises GradebookError.
    """
    work.alone_on(Student)
    student = find_student(work.session, student_id)
    before = student.pseudonym
    chosen = None if pseudonym is None else _checked(work, student, pseudonym)
    if chosen == before:
        work.unaudited()
        return
    student.pseudonym = chosen
    student.updated_at = work.now
    work.audit("student.pseudonym", student=student.id, before={"pseudonym": before}, after={"pseudonym": chosen})


def _checked(work: Work, student: Student, pseudonym: str) -> str:
    chosen = unicodedata.normalize("NFKC", pseudonym).strip()
    if not _RULE.fullmatch(chosen) or "  " in chosen:
        raise GradebookError("this pseudonym cannot be used", expected=RULE)
    for id_, student_id, name, taken in work.session.execute(
        select(Student.id, Student.student_id, Student.name, Student.pseudonym)
    ):
        others = () if taken is None or id_ == student.id else (taken,)
        if any(_same(chosen, other) for other in (student_id, name, *others)):
            # One sentence for all three: it must not say whether somebody of that name takes the course.
            raise GradebookError("this pseudonym is not free", expected="another one, which names nobody")
    return chosen


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one).casefold() == unicodedata.normalize("NFKC", other).casefold()
