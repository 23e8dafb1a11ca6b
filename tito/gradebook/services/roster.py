"""Students and sections: who is on the roster, and what an id may look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tito.gradebook.errors import GradebookError
from tito.gradebook.models import Section, Student
from tito.gradebook.work import Work

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9_-])?", re.ASCII)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
ID_RULE = "1 to 64 ASCII letters, digits and . _ - @; a letter or digit first, and neither dot nor @ last"


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One line of a roster. `row` is where it stood in its file, for messages."""

    student_id: str
    name: str
    email: str | None = None
    section: str | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What an import did, by student id; `unchanged` is how many lines said nothing new."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    reactivated: tuple[str, ...] = ()
    deactivated: tuple[str, ...] = ()
    unchanged: int = 0
    warnings: tuple[str, ...] = field(default=())


def problem_with_id(student_id: str) -> str | None:
    """Say what is wrong with a student id, or None.

    Ids become names of folders and cells of spreadsheets, and are compared byte by byte. So they are plain
    ASCII (two
    spellings of one accent would be two folders), cannot climb out of a folder, hide, look like an option or
    a formula,
    or be a device's name. Nothing is corrected silently: an id that we changed would not match the LMS's.
    """
    if student_id != student_id.strip():
        return "there are spaces around the id"
    if not _ID.fullmatch(student_id):
        return "an id of this form is not accepted"
    if ".." in student_id:
        return "an id with two dots in a row could climb out of its folder"
    if _RESERVED.fullmatch(student_id):
        return "this is the name of a device on some systems"
    return None


def check_id(student_id: str, where: str | None = None) -> str:
    """Return the id when it may be used. Raises GradebookError."""
    problem = problem_with_id(student_id)
    if problem is not None:
        raise GradebookError(
            f"student id {student_id[:80]!r}: {problem}",
            where=where,
            expected=ID_RULE,
            next_step="give the student another id in the roster, the same as in the LMS",
        )
    return student_id


def find_student(session: Session, student_id: str) -> Student:
    """Return a student by id. Raises GradebookError when there is none of that id."""
    student = session.scalar(_STUDENT, {"student": student_id})
    if student is None:
        raise unknown_student(session, student_id)
    return student


def unknown_student(session: Session, student_id: str) -> GradebookError:
    """Return the error for an id that is not on the roster, with the one that may be meant. One query."""
    near = session.scalar(select(Student.student_id).where(Student.folded_id == student_id.casefold()))
    return GradebookError(
        f"student {student_id[:80]!r} is not on the roster",
        expected=f"an id as in the roster{f': did you mean {near}?' if near else ''}",
        next_step="add the student with `tito roster import FILE.csv`",
    )


_STUDENT: Final = select(Student).where(Student.student_id == bindparam("student"))


def import_roster(work: Work, entries: Iterable[RosterEntry], *, deactivate_missing: bool = False) -> RosterChange:
    """Add and update students and sections as listed.

    Students who are not listed stay as they are, unless `deactivate_missing`: then they become inactive.
    Their work
    and grades are kept either way. Raises GradebookError for an id that may not be used or that comes twice.
    """
    lines = list(entries)
    _refuse_bad_ids(lines)
    work.alone_on(Section)
    work.alone_on(Student)
    known = {student.student_id: student for student in work.session.scalars(select(Student))}
    folded = {student.folded_id: student.student_id for student in known.values()}
    sections = _sections(work, {line.section for line in lines if line.section})
    added: list[str] = []
    updated: list[str] = []
    reactivated: list[str] = []
    warnings: list[str] = []
    for line in lines:
        section_id = sections[line.section].id if line.section else None
        student = known.get(line.student_id)
        if student is None:
            twin = folded.get(line.student_id.casefold())
            if twin is not None:
                raise GradebookError(
                    f"student id {line.student_id!r} differs from {twin!r} on the roster only in upper and lower case",
                    where=f"row {line.row}" if line.row else None,
                    expected="the id as it is on the roster, or one that is different",
                    next_step="correct the file and import it again; nothing was changed",
                )
            warnings += _looks_damaged(line, known)
            student = Student(
                student_id=line.student_id,
                folded_id=line.student_id.casefold(),
                name=line.name,
                email=line.email,
                section_id=section_id,
                active=True,
                created_at=work.now,
                updated_at=work.now,
            )
            work.session.add(student)
            work.session.flush()
            added.append(line.student_id)
            work.audit("roster.add", student=student.id, after=_facts(line))
            continue
        before = {
            "name": student.name,
            "email": student.email,
            "section_id": student.section_id,
            "active": student.active,
        }
        after = {"name": line.name, "email": line.email, "section_id": section_id, "active": True}
        if before == after:
            continue
        (updated if student.active else reactivated).append(line.student_id)
        for name, value in after.items():
            setattr(student, name, value)
        student.updated_at = work.now
        work.audit("roster.update", student=student.id, before=before, after=after)
    missing = _deactivate(work, known, {line.student_id for line in lines}) if deactivate_missing else []
    changed = len(added) + len(updated) + len(reactivated)
    if not changed and not missing:
        work.unaudited()
    return RosterChange(
        tuple(added),
        tuple(updated),
        tuple(reactivated),
        tuple(missing),
        len(lines) - changed,
        tuple(warnings),
    )


def deactivate(work: Work, student_id: str, *, reason: str) -> None:
    """Take a student off the active roster; work and grades stay. Raises GradebookError when there
    is none.
    """
    student = find_student(work.session, student_id)
    _switch_off(work, student, reason)


def _deactivate(work: Work, known: dict[str, Student], listed: set[str]) -> list[str]:
    gone = [student for name, student in known.items() if name not in listed and student.active]
    for student in gone:
        _switch_off(work, student, "not in the imported roster")
    return [student.student_id for student in gone]


def _switch_off(work: Work, student: Student, reason: str) -> None:
    before = {"active": student.active}
    student.active = False
    student.updated_at = work.now
    work.audit("roster.deactivate", student=student.id, reason=reason, before=before, after={"active": False})


def _sections(work: Work, names: set[str]) -> dict[str, Section]:
    sections = {section.name: section for section in work.session.scalars(select(Section))}
    for name in sorted(names - sections.keys()):
        sections[name] = Section(name=name)
        work.session.add(sections[name])
    work.session.flush()
    return sections


def _refuse_bad_ids(lines: list[RosterEntry]) -> None:
    seen: dict[str, RosterEntry] = {}
    for line in lines:
        where = f"row {line.row}" if line.row else None
        check_id(line.student_id, where)
        twin = seen.setdefault(line.student_id.casefold(), line)
        if twin is not line:
            raise GradebookError(
                f"student id {line.student_id!r} comes twice",
                where=where,
                expected=f"one line per student; the other is row {twin.row}",
                next_step="correct the file and import it again; nothing was changed",
            )


def _looks_damaged(line: RosterEntry, known: dict[str, Student]) -> list[str]:
    """Warn when a spreadsheet seems to have dropped an id's leading zeros; only a person can tell."""
    if not line.student_id.isdigit():
        return []
    return [
        f"{line.student_id} is new, but {other} is on the roster: did a spreadsheet drop leading zeros?"
        for other in known
        if other != line.student_id and other.isdigit() and other.lstrip("0") == line.student_id.lstrip("0")
    ]


def _facts(line: RosterEntry) -> dict[str, object]:
    return {"name": line.name, "email": line.email, "section": line.section, "active": True}
