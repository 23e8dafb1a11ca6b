from __future__ import annotations

from pathlib import Path

import pytest

from tito.course.problems import Problem, raise_first
from tito.errors import TitoError

FIRST = Problem("a.py", 3, "a is 1", "2", "write 2")
WARNING = Problem("a.py", None, "odd", severity="warning")


def test_the_first_error_is_raised_with_the_count_of_the_others():
    with pytest.raises(TitoError) as error:
        raise_first([WARNING, FIRST, FIRST], all_of_them="tito course check")
    assert (error.value.what, error.value.where, error.value.expected) == ("a is 1", "a.py:3", "2")
    assert error.value.next_step == "write 2 (1 more problem: `tito course check` prints all)"
    with pytest.raises(TitoError) as alone:
        raise_first([FIRST])
    assert alone.value.next_step == "write 2"
    with pytest.raises(TitoError) as bare:
        raise_first([Problem("a.py", 3, "a is 1", "2")])
    assert bare.value.next_step == "correct it; `tito course check` tells whether all is well then"


def test_warnings_raise_nothing():
    raise_first([WARNING])
    raise_first([])


def test_files_are_named_from_the_root_where_they_lie_in_it():
    inside = Problem("/course/a.py", 3, "x").relative_to(Path("/course"))
    assert inside.where == "a.py:3"
    assert Problem("/other/a.py", None, "x").relative_to(Path("/course")).where == "/other/a.py"
    assert inside.to_json() == {
        "file": "a.py",
        "line": 3,
        "what": "x",
        "expected": None,
        "next_step": None,
        "severity": "error",
    }
