"""CSV as spreadsheets write and read it: marks, separators, quotes, and cells that must not become formulas."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tito.gradebook.errors import GradebookError

SEPARATORS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what Excel calls "Unicode text"
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A spreadsheet takes a cell that starts like this for a formula; the wide forms count in some East Asian versions.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_ESCAPE = "'"

Cell = str | Decimal | int | None


def decode(data: bytes, where: str) -> str:
    """Return a CSV file's text: UTF-8 with or without Excel's mark, or UTF-16 with a mark. Raises GradebookError."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise GradebookError(
            "the file is not UTF-8 text",
            where=f"{where}:{line}",
            expected="a CSV file in UTF-8",
            next_step='save it again as "CSV UTF-8" (Excel) or with the character set UTF-8 (LibreOffice)',
        ) from error
    if "\x00" in text:
        raise GradebookError("the file is not text: it contains NUL", where=where, expected="a CSV file in UTF-8")
    return text


def read_rows(text: str, where: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its number in the spreadsheet (from 1). Raises GradebookError.

    The separator is the one that splits the first row into most cells; a first row `sep=;`, as Excel writes, names it.
    """
    separator, skip = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for row in reader:
            number += 1
            if number > skip and any(cell.strip() for cell in row):
                rows.append((number, row))
    except csv.Error as error:
        raise GradebookError(
            f"row {number + 1} cannot be read: {error}",
            where=f"{where}:{reader.line_num}",
            expected='cells with quotes written as "like ""this"""',
        ) from error
    return rows


def write_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Return CSV text. Strings that would become formulas are made plain; numbers are written as they are."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue()


def neutral(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before one that could be.

    Text that already starts with apostrophes and then so gets one more, so that `original` can take exactly one away.
    """
    return _ESCAPE + text if text.lstrip(_ESCAPE).lstrip(" ").startswith(_FORMULA) else text


def original(text: str) -> str:
    """Return the text that `neutral` was given."""
    return text[1:] if text.startswith(_ESCAPE) and neutral(text[1:]) == text else text


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    # A number's minus sign is no formula; an apostrophe before it would make it text that no one can add up.
    return neutral(cell) if isinstance(cell, str) else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _separator(text: str) -> tuple[str, int]:
    """Return the separator and how many rows at the top only name it."""
    first, _, _ = text.lstrip("\r\n").partition("\n")
    named = first.strip().lower()
    if named.startswith("sep=") and len(named) == 5:
        return named[4], 1
    if first.strip("\r") == "sep=\t":
        return "\t", 1
    outside = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=outside.count), 0
