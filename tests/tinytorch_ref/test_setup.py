from __future__ import annotations

import platform
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_ref.core.setup import array_bytes, environment, generator, manual_seed, meets, parse_version

_PARTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3.11.7", (3, 11, 7)), ("2.0.0rc1", (2, 0, 0)), ("1.26.4+local", (1, 26, 4)), ("3", (3,)),
        ("3.", (3,)), ("1.2.x.4", (1, 2)), ("007.1", (7, 1)),
    ],
)  # fmt: skip
def test_leading_numbers_of_a_version(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


@given(parts=_PARTS, tail=st.sampled_from(["", "rc1", "+local.1", "-dev", "a"]))
def test_any_version_reads_back(parts: list[int], tail: str) -> None:
    assert parse_version(".".join(map(str, parts)) + tail) == tuple(parts)


@pytest.mark.parametrize("text", ["", "v1.2", ".5", " 3.1", "-1", "x"])
def test_text_without_a_leading_number_is_named(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_version(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("value", [3.11, 3, None, b"3.11", (3, 11)])
def test_a_version_is_a_string(value: Any) -> None:
    with pytest.raises(TypeError):
        parse_version(value)


@given(left=_PARTS, right=_PARTS)
def test_versions_compare_number_by_number(left: list[int], right: list[int]) -> None:
    padded = [parts + [0] * (5 - len(parts)) for parts in (left, right)]
    assert meets(".".join(map(str, left)), ".".join(map(str, right))) is (padded[0] >= padded[1])


def test_missing_parts_count_as_zero() -> None:
    assert meets("3.11", "3.11.0")
    assert not meets("3.11", "3.11.1")
    assert meets("3.10", "3.9")


@given(
    shape=hnp.array_shapes(min_dims=0, min_side=0, max_side=5),
    dtype=st.sampled_from(["float32", "int8", "<f8", bool]),
)
def test_bytes_of_an_array(shape: tuple[int, ...], dtype: Any) -> None:
    assert array_bytes(shape, dtype) == np.zeros(shape, dtype).nbytes


def test_bytes_are_exact_beyond_64_bits_and_nothing_is_allocated() -> None:
    assert array_bytes((10**12, 10**12)) == 4 * 10**24
    assert array_bytes(()) == 4


def test_shapes_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(2, -3\)"):
        array_bytes((2, -3))
    with pytest.raises(TypeError, match=r"2\.5"):
        array_bytes((2.5,))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        array_bytes((2,), "no such dtype")


def test_one_seed_gives_the_same_numbers() -> None:
    manual_seed(11)
    first = generator().random(4).tolist()
    assert generator().random(4).tolist() != first
    manual_seed(11)
    assert generator().random(4).tolist() == first
    assert generator() is generator()
    manual_seed(12)
    assert generator().random(4).tolist() != first


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (1.5, TypeError), ("1", TypeError)])
def test_a_seed_is_a_natural_number(seed: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        manual_seed(seed)


def test_the_environment_is_this_one() -> None:
    found = environment()
    assert set(found) == {"python", "numpy", "platform"}
    assert (found["python"], found["numpy"]) == (platform.python_version(), np.__version__)
    assert platform.system() in found["platform"]
