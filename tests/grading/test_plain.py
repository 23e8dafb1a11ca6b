import numpy as np
import pytest

from tito.grading.plain import as_plain, fresh, same, size
from tito.sandbox.program import Opaque


class Sneaky(np.ndarray):
    def __eq__(self, other: object) -> bool:
        return True


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", b"bytes"])
def test_simple_values_stay_themselves(value: object) -> None:
    assert as_plain(value) is value


def test_tuples_become_lists_all_the_way_down() -> None:
    assert as_plain({"shape": (2, (3, 4))}) == {"shape": [2, [3, 4]]}


def test_an_array_subclass_becomes_an_exact_array_of_its_own() -> None:
    source = np.arange(3.0, dtype=np.float32)
    plain = as_plain(source.view(Sneaky))
    assert type(plain) is np.ndarray
    source[0] = 9
    assert plain[0] == 0


def test_a_numpy_scalar_becomes_a_0d_array() -> None:
    plain = as_plain(np.float32(1.5))
    assert type(plain) is np.ndarray
    assert (plain.shape, plain.dtype) == ((), np.float32)


@pytest.mark.parametrize("value", [object(), {1: 2}, np.array([object()]), np.array(["a"]), 1j])
def test_anything_foreign_becomes_opaque(value: object) -> None:
    assert isinstance(as_plain(value), Opaque)


def test_fresh_copies_keep_the_memory_order_and_share_nothing() -> None:
    array = np.asfortranarray(np.ones((2, 3), np.float32))
    copy = fresh([array])[0]
    assert copy.flags.f_contiguous
    assert not np.shares_memory(copy, array)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (np.zeros(2, np.float32), np.zeros(2)),
        (np.zeros(2), np.zeros((2, 1))),
        (np.array([0.0]), np.array([-0.0])),
        (1, 1.0),
        (True, 1),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_arguments_that_differ_in_any_bit_are_not_the_same(left: object, right: object) -> None:
    assert not same(left, right)


def test_nan_is_the_same_argument_as_nan() -> None:
    assert same([float("nan"), np.array([np.nan])], [float("nan"), np.array([np.nan])])


def test_zeros_and_short_numbers_are_smaller_to_read() -> None:
    zeros, halves, long = (np.full(3, value, np.float32) for value in (0, 0.5, 0.123456))
    assert size(zeros) < size(halves) < size(long)
    assert size(np.zeros(2)) <= size(np.zeros((2, 1))) < size([np.zeros((2, 1)), 1])
