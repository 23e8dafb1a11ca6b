"""Look for solutions, hidden tests and graders in what would be released, in the whole of it, not only in the cells.

nbgrader takes solutions out of the text of cells. They can still stand in outputs, metadata, attachments and files
beside the notebook; so the result is searched, as a student would search it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tito.notebooks.document import NotebookError, read_notebook
from tito.notebooks.structure import AssignmentStructure, NotebookStructure

SHORTEST_LINE = 12
"""Shorter lines (`return x`, `else:`) stand in any program; longer ones tell how it is done."""

_MARKS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_STAFF = re.compile(r"\bgraders[/\\.]|\bfrom graders\b|\bimport graders\b|\btinytorch_ref\b|\breference_impl\b")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}\Z")


class LeakError(NotebookError):
    """A release that was refused. `leaks` holds all that was found."""

    def __init__(self, leaks: tuple[Leak, ...]) -> None:
        self.leaks = leaks
        rest = f" (and {len(leaks) - 1} more)" if len(leaks) > 1 else ""
        super().__init__(
            f"the release would give away {leaks[0].what}{rest}; it was not written",
            where="; ".join(dict.fromkeys(leak.where for leak in leaks[:8])),
            expected="a release without solutions, hidden tests and outputs",
            next_step="clear the outputs and the named metadata in the source notebook, then release again",
        )


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that must not reach students, and where it stands in the release."""

    where: str
    what: str


def find_leaks(structure: AssignmentStructure, release: Mapping[str, bytes]) -> tuple[Leak, ...]:
    """Search the files of a release (names relative to its folder) for what students must not get."""
    secrets = tuple(_secret_lines(structure))
    books = {book.file: book for book in structure.notebooks}
    leaks: list[Leak] = []
    for name, data in sorted(release.items()):
        if name.endswith(".ipynb"):
            leaks.extend(_notebook(name, data, books.get(name), secrets))
        else:
            text = data.decode("utf-8", errors="replace")
            leaks.extend(Leak(name, what) for what in _in_strings([text], secrets))
    return tuple(leaks)


def _secret_lines(structure: AssignmentStructure) -> Iterator[str]:
    """The lines of solutions that are distinctive: long enough, and nowhere in what students are given."""
    given = "\n".join(_flat(cell.released) for book in structure.notebooks for cell in book.cells)
    for book in structure.notebooks:
        for cell in book.cells:
            kept = {_flat(line) for line in cell.released.split("\n")}
            for line in cell.source.split("\n"):
                flat = _flat(line)
                if len(flat) >= SHORTEST_LINE and flat not in kept and flat not in given and not _MARKS.search(flat):
                    yield flat


def _notebook(name: str, data: bytes, book: NotebookStructure | None, secrets: tuple[str, ...]) -> Iterator[Leak]:
    notebook = read_notebook(data, name)
    if book is None:
        yield Leak(name, "a notebook that the course does not know")
    for cell in notebook.cells:
        raw = notebook.raw["cells"][cell.index]
        where = f"{name}, cell {cell.number}"
        if raw.get("outputs") or raw.get("execution_count") is not None:
            yield Leak(where, "the outputs of a cell")
        for what in _in_strings(_strings({**raw, "source": cell.source}), secrets):
            yield Leak(where, what)
    rest = {key: value for key, value in notebook.raw.items() if key != "cells"}
    for what in _in_strings(_strings(rest), secrets):
        yield Leak(f"{name}, notebook metadata", what)


def _in_strings(strings: Iterable[str], secrets: tuple[str, ...]) -> Iterator[str]:
    for text in strings:
        mark = _MARKS.search(text)
        if mark:
            yield f"a region `{mark.group()}`"
        staff = _STAFF.search(text)
        if staff:
            yield f"the staff's `{staff.group()}`"
        flat = _flat(text)
        for line in secrets:
            if line in flat:
                yield f"a line of a solution: `{line[:60]}`"


def _strings(value: Any) -> Iterator[str]:
    """All texts in a JSON value, keys too; what is base64 of text is read as text as well."""
    if isinstance(value, str):
        yield value
        if len(value) >= SHORTEST_LINE and _BASE64.match(value):
            try:
                yield base64.b64decode("".join(value.split()), validate=True).decode("utf-8", errors="replace")
            except (binascii.Error, ValueError):
                return
    elif isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            yield from _strings("".join(value))
        else:
            for part in value:
                yield from _strings(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _strings(part)


def _flat(text: str) -> str:
    return " ".join(text.split())
