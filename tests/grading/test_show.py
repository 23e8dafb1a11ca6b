import tracemalloc

import numpy as np
import pytest

from tito.grading.show import cap, show
from tito.sandbox.program import Opaque


def test_a_small_array_can_be_pasted_back() -> None:
    array = np.array([[0.0, 1.5], [2.0, -3.0]], dtype=np.float32)
    again = eval(show(array), {"np": np})
    assert np.array_equal(again, array)


def test_an_empty_array_tells_its_shape() -> None:
    assert show(np.zeros((0, 3), np.float32)) == "np.zeros((0, 3), dtype=np.float32)"


def test_a_large_array_is_abbreviated() -> None:
    assert len(show(np.arange(10_000.0))) < 300


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "a\x00b", "\u202egnp.exe", "\x9b1m", "\ud800", "\u2028"])
def test_characters_that_command_a_terminal_are_replaced(hostile: str) -> None:
    safe = cap(hostile)
    assert safe != hostile
    assert all(char in "\n\t" or char.isprintable() for char in safe)


def test_long_text_is_cut_at_the_limit() -> None:
    assert len(cap("x" * 5000, 100)) == 100
    assert cap("x" * 100, 100) == "x" * 100


def test_a_foreign_object_is_only_named() -> None:
    assert show(Opaque("Evil")) == "an object of type Evil"


BOMBS = {
    "eight dimensions of six": np.zeros((6,) * 8, bool),
    "twenty dimensions of two": np.zeros((2,) * 20, bool),
    "many arrays": [np.zeros(())] * 99_000,
    "nested": {"a": [[1] * 9] * 9_999, "b": "x" * 10**6},
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_long_to_read_is_not_written_out_first(name: str) -> None:
    tracemalloc.start()
    text = show(BOMBS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(text) <= 600
    assert peak < 1_000_000
