from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.notebooks.document import CAPS, NotebookCaps, NotebookError, read_notebook, shown

from .builder import FILE, code, dump, nbgrader, notebook, source_notebook, text


def test_cells_come_with_their_kind_text_and_metadata() -> None:
    read = read_notebook(dump(source_notebook()), FILE)
    assert [cell.kind for cell in read.cells[:3]] == ["markdown", "code", "code"]
    assert read.cells[3].grade is not None
    assert (read.cells[3].grade.grade_id, read.cells[3].grade.solution) == ("double", True)
    assert read.cells[6].grade is not None
    assert read.cells[6].grade.points == Decimal("2.5")
    assert (read.language, read.kernel) == ("python", "python3")
    assert read.cells[6].number == 7
    assert read.grade_ids == {"imports", "double", "test-double", "triple", "test-triple", "reflect-1"}


def test_a_source_that_is_a_list_and_a_byte_order_mark_are_accepted() -> None:
    content = notebook(code(""))
    content["cells"][0]["source"] = ["a = 1\r\n", "b = 2"]
    read = read_notebook(b"\xef\xbb\xbf" + dump(content), FILE)
    assert read.cells[0].source == "a = 1\nb = 2"


BROKEN: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("blank", b" \n\t ", "empty"),
    ("binary", b"\x80\x81PNG", "not UTF-8"),
    ("utf16", "{}".encode("utf-16"), "not UTF-8"),
    ("not json", b"<html>", "not valid JSON"),
    ("cut off", dump(source_notebook())[:-40], "not valid JSON"),
    ("merge conflict", b'{"cells": [\n<<<<<<< HEAD\n]}', "not valid JSON"),
    ("a list", b"[]", "not a notebook"),
    ("a number", b"3", "not a notebook"),
    ("huge integer", b'{"nbformat": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ("no version", b'{"cells": []}', "version is none"),
    ("version 3", b'{"nbformat": 3, "worksheets": []}', "version is 3"),
    ("version 5", b'{"nbformat": 5, "cells": []}', "version is 5"),
    ("version true", b'{"nbformat": true, "cells": []}', "version is True"),
    ("no cells", b'{"nbformat": 4}', "no list of cells"),
    ("cells an object", b'{"nbformat": 4, "cells": {}}', "no list of cells"),
    ("a cell is text", b'{"nbformat": 4, "cells": ["x"]}', "not an object"),
    ("no source", b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "no source"),
    ("source is a number", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 1}]}', "not text"),
    ("source of numbers", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', "not text"),
    ("odd type", b'{"nbformat": 4, "cells": [{"cell_type": "\\u001b[31m", "source": ""}]}', "has the type"),
    ("no type", b'{"nbformat": 4, "cells": [{"source": ""}]}', "has the type"),
    ("deep", b"[" * 100_000, "nested"),
    ("deep objects", b'{"a":' * 100_000, "nested"),
    ("unclosed string", b'{"a": "' + b'\\"' * 500_000, "not valid JSON"),
]


@pytest.mark.parametrize(("data", "says"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_gets_one_clear_error_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(NotebookError, match=says) as caught:
        read_notebook(data, FILE)
    assert caught.value.next_step
    assert FILE in (caught.value.where or "")
    assert "\x1b" not in str(caught.value)


def test_brackets_inside_strings_are_not_nesting() -> None:
    read = read_notebook(dump(notebook(code("[" * 5000 + '"\\' + "{" * 5000))), FILE)
    assert len(read.cells) == 1


def test_commas_and_brackets_inside_strings_are_no_values() -> None:
    data = dump(notebook(code("[{,\\" * 5000)))
    assert read_notebook(data, FILE, NotebookCaps(items=100)).cells
    with pytest.raises(NotebookError, match="JSON values"):
        read_notebook(data, FILE, NotebookCaps(items=5))


@pytest.mark.parametrize(
    ("caps", "says"),
    [
        (NotebookCaps(file_bytes=100), "bytes"),
        (NotebookCaps(cells=8), "9 cells"),
        (NotebookCaps(source_chars=20), "too long"),
        (NotebookCaps(total_source_chars=100), "too long"),
        (NotebookCaps(items=50), "JSON values"),
        (NotebookCaps(depth=3), "nested"),
    ],
)
def test_each_cap_refuses_with_its_figure(caps: NotebookCaps, says: str) -> None:
    assert read_notebook(dump(source_notebook()), FILE)
    with pytest.raises(NotebookError, match=says):
        read_notebook(dump(source_notebook()), FILE, caps)


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a": ', "}")])
def test_nesting_is_bounded_to_the_level(opens: str, closes: str) -> None:
    def nested(levels: int) -> bytes:
        value = opens * levels + '"[[[{{{"' + closes * levels
        return f'{{"nbformat": 4, "cells": [], "x": {value}}}'.encode()

    inside = CAPS.depth - 1  # one level is the notebook itself
    assert read_notebook(nested(inside), FILE)
    for levels in (inside + 1, 500, 5000):  # the last is more than the parser itself goes into
        with pytest.raises(NotebookError, match=f"nested more than {CAPS.depth} deep"):
            read_notebook(nested(levels), FILE)


def test_many_empty_lists_are_refused_before_they_are_built() -> None:
    with pytest.raises(NotebookError, match="JSON values"):
        read_notebook(b'{"nbformat": 4, "x": [' + b"[]," * 1_100_000 + b"[]]}", FILE)


def test_nulls_and_halves_of_characters_are_replaced_and_noted() -> None:
    read = read_notebook(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a\\u0000b\\ud800c"}]}', FILE)
    assert read.cells[0].source == "a\ufffdb\ufffdc"
    assert "cell 1" in read.notes[0]
    read.cells[0].source.encode()


@pytest.mark.parametrize(
    "claim",
    [
        None,
        [],
        "x",
        {},
        {"grade_id": 7},
        {"grade_id": ""},
        {"grade_id": "../../x"},
        {"grade_id": "x" * 200},
        {"grade_id": "a\nb"},
    ],
)
def test_metadata_that_make_no_sense_are_none(claim: Any) -> None:
    read = read_notebook(dump(notebook(code("", {"nbgrader": claim}))), FILE)
    assert read.cells[0].grade is None


@pytest.mark.parametrize("points", ["x", None, True, [], "nan", "1e999999", 10**30, float("1e300"), "Infinity"])
def test_points_that_make_no_sense_are_none(points: Any) -> None:
    read = read_notebook(dump(notebook(code("", nbgrader("a", grade=True, points=points)))), FILE)
    assert read.cells[0].grade is not None
    assert read.cells[0].grade.points is None


def test_metadata_and_kernel_of_wrong_types_are_ignored() -> None:
    content = notebook(text("x"))
    content["cells"][0]["metadata"] = 3
    content["metadata"] = {"kernelspec": [1], "language_info": {"name": 4}}
    read = read_notebook(dump(content), FILE)
    assert read.cells[0].grade is None
    assert read.language is None


def test_a_foreign_name_is_shown_as_one_short_line() -> None:
    assert shown("a\x1b[31m\nb\u202ec") == "a?[31m?b?c"
    assert len(shown("\U0001f600" * 4000)) == 80


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["cells", "nbformat", "source", "cell_type", "metadata", "nbgrader", "grade_id", "id"])
            | st.text(),
            inner,
        )
    ),
)


@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    wrapped = {"nbformat": 4, "metadata": value, "cells": value if isinstance(value, list) else [value]}
    try:
        read = read_notebook(json.dumps(wrapped).encode(), FILE)
    except NotebookError:
        return
    assert len(read.cells) == len(wrapped["cells"])


@given(st.binary())
def test_any_bytes_are_refused_cleanly(data: bytes) -> None:
    with pytest.raises(NotebookError):
        read_notebook(data, FILE)
