from __future__ import annotations

import numpy as np
import pytest

from tito.checks import CheckFailed, check, check_raises, missing_mentions


def _raise(error: Exception) -> None:
    raise error


def test_check_says_what_agreed(capsys: pytest.CaptureFixture[str]) -> None:
    check(np.ones(2), np.ones(2), "Ones")
    assert capsys.readouterr().out == "ok: Ones\n"


def test_check_names_the_check_and_the_difference() -> None:
    with pytest.raises(CheckFailed) as caught:
        check(np.ones(3), np.ones((3, 1)), "A column")
    assert str(caught.value) == "A column: shape is (3,), expected (3, 1)"
    assert isinstance(caught.value, AssertionError)


def test_check_takes_tolerances() -> None:
    check(1.01, 1.0, "Roughly", rtol=0.1)
    check(0.01, 0.0, "Roughly", atol=0.1)
    with pytest.raises(CheckFailed):
        check(1.01, 1.0, "Exactly")


def test_check_raises_accepts_the_right_error(capsys: pytest.CaptureFixture[str]) -> None:
    check_raises(
        ValueError,
        lambda: _raise(ValueError("shapes (2,3) and (4, 5)")),
        "Shapes",
        mentions=[(2, 3), "(4,5)"],
    )
    check_raises((ValueError, TypeError), lambda: _raise(TypeError("x")), "Either")
    check_raises(Exception, lambda: _raise(RuntimeError("x")), "Any")
    assert capsys.readouterr().out == "ok: Shapes\nok: Either\nok: Any\n"


@pytest.mark.parametrize(
    ("errors", "function", "mentions", "text"),
    [
        (ValueError, lambda: 1, (), "nothing was raised, expected ValueError"),
        ((ValueError, TypeError), lambda: 1, (), "nothing was raised, expected ValueError or TypeError"),
        (Exception, lambda: 1, (), "nothing was raised, expected an error"),
        (ValueError, lambda: _raise(KeyError("k")), (), "raised KeyError ('k'), expected ValueError"),
        (ValueError, lambda: _raise(ValueError("no")), [(2, 3)], "the message 'no' should mention (2, 3)"),
        (Exception, lambda: _raise(NotImplementedError()), (), "this code is not written yet"),
        (RuntimeError, lambda: _raise(NotImplementedError()), (), "this code is not written yet"),
    ],
)
def test_check_raises_names_what_is_wrong(errors, function, mentions, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CheckFailed) as caught:
        check_raises(errors, function, "Wrong shapes", mentions=mentions)
    assert str(caught.value) == f"Wrong shapes: {text}"


def test_an_error_that_cannot_print_itself_is_reported() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(CheckFailed, match="raised MuteError"):
        check_raises(ValueError, lambda: _raise(MuteError()), "Mute")


def test_what_ends_the_program_is_not_caught() -> None:
    with pytest.raises(SystemExit):
        check_raises(Exception, lambda: exec("raise SystemExit"), "Exit")


def test_mentions_ignore_case_and_blanks() -> None:
    assert missing_mentions("Shapes (2,3) and\n(4, 5)", [(2, 3), "(4,5)", "shapes"]) == ()
    assert missing_mentions("shape (2, 3)", [(4, 5), "axis"]) == ("(4, 5)", "axis")
