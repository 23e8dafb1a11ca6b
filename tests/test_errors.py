from __future__ import annotations

import pytest

from tito.errors import TitoError


@pytest.mark.parametrize(
    "error",
    [
        TitoError("the file is empty"),
        TitoError("two\nlines", where="01_tensor.ipynb", next_step="save: it"),
        TitoError("a: b", where="x:7", expected="one of a, b", next_step="write a"),
    ],
)
def test_an_error_that_was_written_down_is_the_same_again(error: TitoError) -> None:
    again = TitoError.from_text(str(error))
    assert again.to_json() == error.to_json()
    assert str(again) == str(error)


def test_a_text_that_was_none_is_what_was_found() -> None:
    assert TitoError.from_text("next: the moon\nwhere are we").to_json() == {
        "what": "next: the moon\nwhere are we",
        "where": None,
        "expected": None,
        "next_step": None,
    }
