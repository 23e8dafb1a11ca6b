"""A roster as a CSV file: read, checked row by row, with every problem found at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tito.course.problems import Problem
from tito.gradebook.csvfiles import decode, original, read_rows
from tito.gradebook.errors import GradebookError
from tito.gradebook.services.roster import ID_RULE, RosterEntry, problem_with_id

REQUIRED = ("student_id", "name")
OPTIONAL = ("email", "section")
MAX_BYTES = 5_000_000
_NAME_CAP = 200
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,189}")
# They reverse the text that follows, on a page as in a terminal. Plain left-to-right marks are harmless and stay.
_REVERSING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What a roster file says. Rows with a problem are in `problems` (`line` is the row) and not in `entries`."""

    entries: tuple[RosterEntry, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...] = ()
    """Columns that are not the roster's."""

    def clean(self) -> tuple[RosterEntry, ...]:
        """Return the entries; raise GradebookError with every problem when there is one."""
        if not self.problems:
            return self.entries
        first = self.problems[0]
        lines = "\n".join(f"  {problem.where}: {problem.what}" for problem in self.problems)
        count = len(self.problems)
        raise GradebookError(
            f"the roster has {count} {'problem' if count == 1 else 'problems'}; nothing was imported\n{lines}",
            where=first.file,
            expected="; ".join(dict.fromkeys(problem.expected for problem in self.problems if problem.expected)),
            next_step="correct the file and import it again",
        )


def read_roster(path: Path) -> RosterFile:
    """Read a roster file. Raises GradebookError when it cannot be read as CSV at all."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise GradebookError(
                f"a roster of {size} bytes is too large", where=str(path), expected=f"at most {MAX_BYTES} bytes"
            )
        data = path.read_bytes()
    except OSError as error:
        raise GradebookError(f"the roster cannot be read: {error.strerror}", where=str(path)) from error
    return parse_roster(data, str(path))


def parse_roster(data: bytes, file: str) -> RosterFile:
    """Return what a roster's bytes say. Raises GradebookError when they are no CSV text."""
    rows = read_rows(decode(data, file), file)
    if not rows:
        return RosterFile((), (Problem(file, None, "the roster is empty", expected=_header()),))
    number, header = rows[0]
    names = [_column(cell) for cell in header]
    problems = [*_problems_with_header(file, number, names)]
    if problems:
        return RosterFile((), tuple(problems))
    known = (*REQUIRED, *OPTIONAL)
    entries: list[RosterEntry] = []
    first_seen: dict[str, int] = {}
    for row, cells in rows[1:]:
        extra = [cell for cell in cells[len(names) :] if cell.strip()]
        values = {name: original(cell) for name, cell in zip(names, [*cells, *[""] * len(names)], strict=False)}
        entry = RosterEntry(
            values["student_id"],
            values["name"].strip(),
            values.get("email", "").strip() or None,
            values.get("section", "").strip() or None,
            row,
        )
        found = [Problem(file, row, what, expected=expected) for what, expected in _wrong_with(entry)]
        if extra:
            found.append(Problem(file, row, "there are more cells than columns", expected="quotes around commas"))
        twin = first_seen.setdefault(entry.student_id.casefold(), row)
        if twin != row:
            found.append(
                Problem(
                    file, row, f"student id {entry.student_id[:80]!r} is in row {twin} already", expected="one row each"
                )
            )
        problems += found
        if not found:
            entries.append(entry)
    ignored = tuple(cell for cell, name in zip(header, names, strict=True) if name not in known and cell.strip())
    return RosterFile(tuple(entries), tuple(problems), ignored)


def _column(cell: str) -> str:
    """`Student ID` and `student-id` are the column student_id."""
    return re.sub(r"[\s_-]+", "_", cell.strip().casefold())


def _header() -> str:
    return f"a first row with the columns {', '.join((*REQUIRED, *OPTIONAL))}"


def _problems_with_header(file: str, row: int, names: list[str]) -> Iterator[Problem]:
    for name in REQUIRED:
        if name not in names:
            yield Problem(file, row, f"there is no column {name}", expected=_header())
    for name in (*REQUIRED, *OPTIONAL):
        if names.count(name) > 1:
            yield Problem(file, row, f"the column {name} is there twice", expected=_header())


def _wrong_with(entry: RosterEntry) -> Iterator[tuple[str, str]]:
    """Give each thing that is wrong with a row, and what would be right."""
    if not entry.student_id:
        yield "there is no student id", ID_RULE
    else:
        problem = problem_with_id(entry.student_id)
        if problem is not None:
            yield f"student id {entry.student_id[:80]!r}: {problem}", ID_RULE
    if not entry.name:
        yield "there is no name", "a name"
    for column, text in (("name", entry.name), ("section", entry.section or "")):
        if len(text) > _NAME_CAP:
            yield f"the {column} has {len(text)} characters", f"at most {_NAME_CAP} characters"
        if any(unicodedata.category(char) in ("Cc", "Cs") for char in text) or _REVERSING.search(text):
            yield f"the {column} has control characters", "visible characters"
    if entry.email is not None and not _EMAIL.fullmatch(entry.email):
        yield f"{entry.email[:80]!r} is no e-mail address", "name@example.edu"
