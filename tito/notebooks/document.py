"""Read a notebook file as hostile data: bounded before it is parsed, checked while read, never executed.

nbformat's own reader validates against a JSON schema (slow, and it raises a dozen kinds of errors); a
student's file needs caps first and one clear error. What is odd but harmless becomes a note, not an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from tito.course.limits import NOTEBOOK_BYTES
from tito.errors import TitoError

Kind = Literal["code", "markdown", "raw"]


class NotebookError(TitoError):
    """A notebook that cannot be used; the text says why and what its author does now."""


@dataclass(frozen=True, slots=True)
class NotebookCaps:
    """What a notebook may weigh. `items` counts JSON values, so that a small file cannot fill the memory.

    The course sets a smaller `file_bytes` for what is taken in (`c.TitoCourse.notebook_bytes`); what was taken in is
    read with this one, so that a changed config makes nobody's work unreadable.
    """

    file_bytes: int = NOTEBOOK_BYTES
    depth: int = 64
    items: int = 1_000_000
    cells: int = 2_000
    source_chars: int = 400_000
    total_source_chars: int = 4_000_000


CAPS = NotebookCaps()


@dataclass(frozen=True, slots=True)
class GradeMeta:
    """The nbgrader metadata of a cell as the file claims them; only the instructor's own copy is believed."""

    grade_id: str
    grade: bool = False
    solution: bool = False
    locked: bool = False
    task: bool = False
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `index` counts from 0; people are told `number`, which counts from 1."""

    index: int
    kind: Kind
    source: str
    grade: GradeMeta | None = None
    cell_id: str | None = None

    @property
    def number(self) -> int:
        """The cell's place in the notebook as a person counts it."""
        return self.index + 1


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook that was read. `raw` is the parsed JSON, kept apart for writing the marked copy."""

    name: str
    cells: tuple[Cell, ...]
    language: str | None = None
    kernel: str | None = None
    notes: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def grade_ids(self) -> frozenset[str]:
        """All grade_ids that the cells claim."""
        return frozenset(cell.grade.grade_id for cell in self.cells if cell.grade is not None)


SAVE_AGAIN = "open it in JupyterLab, save it, and hand it in again"
GRADE_ID = re.compile(r"[A-Za-z0-9_\-]{1,100}\Z")
# The closing quote is optional and the repeats are possessive: the scan stays linear on an unclosed string.
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]|,', re.DOTALL)
NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def read_notebook(data: bytes, name: str, caps: NotebookCaps = CAPS) -> Notebook:
    """Read the bytes of an .ipynb file; `name` is what messages call it.

    Raises NotebookError when it is too big, not JSON, not nbformat 4, or a cell lacks what every cell has.
    """
    where = shown(name)
    raw = _parse(_decode(data, where, caps), where, caps)
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise NotebookError(
            "the notebook has no list of cells",
            where=where,
            expected="a Jupyter notebook (nbformat 4)",
            next_step=SAVE_AGAIN,
        )
    if len(cells) > caps.cells:
        raise NotebookError(
            f"the notebook has {len(cells)} cells",
            where=where,
            expected=f"at most {caps.cells} cells",
            next_step="delete the cells that the assignment does not need",
        )
    notes: list[str] = []
    read = tuple(_cells(cells, where, caps, notes))
    metadata = raw.get("metadata")
    language, kernel = _kernel(metadata if isinstance(metadata, dict) else {})
    return Notebook(name=name, cells=read, language=language, kernel=kernel, notes=tuple(notes), raw=raw)


def shown(text: str, limit: int = 80) -> str:
    """Return foreign text as one short line without control characters or marks of reading direction."""
    line = UNPRINTABLE.sub("?", text)
    return line if len(line) <= limit else line[: limit - 3] + "..."


def clean_text(text: str) -> str:
    """Return text with Unix line ends, without NULs and halves of characters, which no compiler takes."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and "\0" not in text:  # most are, and it is quickly asked
        return text
    return NO_TEXT.sub("\ufffd", text)


def _decode(data: bytes, where: str, caps: NotebookCaps) -> str:
    if len(data) > caps.file_bytes:
        raise NotebookError(
            f"the file has {len(data):,} bytes",
            where=where,
            expected=f"at most {caps.file_bytes:,} bytes",
            next_step="clear the outputs of all cells, save, and hand it in again",
        )
    if not data.strip():
        raise NotebookError("the file is empty", where=where, expected="a Jupyter notebook", next_step=SAVE_AGAIN)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"the file is not UTF-8 text (byte {error.start})",
            where=where,
            expected="a Jupyter notebook",
            next_step=SAVE_AGAIN,
        ) from error


def _parse(text: str, where: str, caps: NotebookCaps) -> dict[str, Any]:
    _bound(text, where, caps)
    try:
        raw = json.loads(text, parse_constant=lambda _: None)
    except RecursionError as error:
        raise _too_deep(where, caps) from error
    except ValueError as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotebookError(
            f"the file is not valid JSON{place}",
            where=where,
            expected="a Jupyter notebook; a file that was cut off or merged by git looks like this",
            next_step=SAVE_AGAIN,
        ) from error
    if not isinstance(raw, dict):
        raise NotebookError(
            "the file is JSON, but not a notebook",
            where=where,
            expected="a Jupyter notebook",
            next_step=SAVE_AGAIN,
        )
    if _deeper(raw, caps.depth):
        raise _too_deep(where, caps)
    version = raw.get("nbformat")
    if type(version) is not int or version != 4:
        found = shown(repr(version), 20) if version is not None else "none"
        raise NotebookError(
            f"the notebook's format version is {found}",
            where=where,
            expected="nbformat 4, which JupyterLab writes",
            next_step=SAVE_AGAIN,
        )
    return raw


def _deeper(raw: dict[str, Any], depth: int) -> bool:
    """Whether objects and lists are nested deeper. Level by level: nothing here recurses as far as they do."""
    level: list[Any] = [raw]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _too_deep(where: str, caps: NotebookCaps) -> NotebookError:
    return NotebookError(
        f"the JSON is nested more than {caps.depth} deep",
        where=where,
        expected="a Jupyter notebook",
        next_step=SAVE_AGAIN,
    )


def _bound(text: str, where: str, caps: NotebookCaps) -> None:
    """Refuse more values than the file's size tells of: parsed, they would cost many times its memory."""
    if sum(map(text.count, ",[{")) > caps.items and _values(text) > caps.items:  # the first counts those in strings too
        raise NotebookError(
            f"the file holds more than {caps.items:,} JSON values",
            where=where,
            expected="a Jupyter notebook of ordinary size",
            next_step="clear the outputs, save, and hand it in again",
        )


def _values(text: str) -> int:
    return sum(match[0] in ("[", "{", ",") for match in TOKEN.finditer(text))


def _cells(cells: list[Any], where: str, caps: NotebookCaps, notes: list[str]) -> Iterator[Cell]:
    total = 0
    for index, cell in enumerate(cells):
        place = f"{where}, cell {index + 1}"
        if not isinstance(cell, dict):
            raise NotebookError("a cell is not an object", where=place, next_step=SAVE_AGAIN)
        source = _source(cell.get("source"), place)
        total += len(source)
        if len(source) > caps.source_chars or total > caps.total_source_chars:
            raise NotebookError(
                f"the text of the cells is too long ({max(len(source), total):,} characters)",
                where=place,
                expected=f"at most {caps.source_chars:,} in a cell and {caps.total_source_chars:,} in all",
                next_step="take data out of the cell and hand the notebook in again",
            )
        cleaned = clean_text(source)
        if "\ufffd" in cleaned and "\ufffd" not in source:
            notes.append(f"cell {index + 1}: characters that are not text were replaced")
        kind = cell.get("cell_type")
        if kind not in ("code", "markdown", "raw"):
            raise NotebookError(
                f"a cell has the type {shown(repr(kind), 30)}",
                where=place,
                expected="code, markdown or raw",
                next_step=SAVE_AGAIN,
            )
        metadata = cell.get("metadata")
        cell_id = cell.get("id")
        yield Cell(
            index=index,
            kind=kind,
            source=cleaned,
            grade=grade_meta(metadata.get("nbgrader")) if isinstance(metadata, dict) else None,
            cell_id=cell_id if isinstance(cell_id, str) else None,
        )


def _source(source: Any, place: str) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, list):
        with suppress(TypeError):  # a line is no text
            return "".join(source)
    found = "no source" if source is None else "a source that is not text"
    raise NotebookError(f"a cell has {found}", where=place, expected="text", next_step=SAVE_AGAIN)


def grade_meta(claim: object) -> GradeMeta | None:
    """Return the nbgrader metadata that a cell claims, or None where there are none that make sense."""
    if not isinstance(claim, dict):
        return None
    grade_id = claim.get("grade_id")
    if not isinstance(grade_id, str) or not GRADE_ID.match(grade_id):
        return None
    return GradeMeta(
        grade_id=grade_id,
        grade=claim.get("grade") is True,
        solution=claim.get("solution") is True,
        locked=claim.get("locked") is True,
        task=claim.get("task") is True,
        points=_points(claim.get("points")),
    )


def _points(claim: object) -> Decimal | None:
    if isinstance(claim, bool) or not isinstance(claim, (int, float, str)):
        return None
    try:
        points = Decimal(str(claim)[:40])
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python turns into text
        return None
    return points if points.is_finite() and abs(points) < 1_000_000 else None


def _kernel(metadata: dict[str, Any]) -> tuple[str | None, str | None]:
    spec, info = metadata.get("kernelspec"), metadata.get("language_info")
    spec, info = (part if isinstance(part, dict) else {} for part in (spec, info))
    language = spec.get("language") or info.get("name")
    kernel = spec.get("name")
    return (
        language.lower() if isinstance(language, str) else None,
        kernel if isinstance(kernel, str) else None,
    )
