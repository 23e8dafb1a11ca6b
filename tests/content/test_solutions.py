"""The notebooks' solutions hold what API.md promises, and agree with the reference on the notebooks' own tests."""

from __future__ import annotations

import types

import numpy as np
import pytest

import tinytorch_ref
from tests.content import notebooks
from tito.checks import difference
from tito.grading.cells import _run as expectations_of
from tito.grading.cells import notebook_cell, refuse_records
from tito.grading.reference import ReferencePackage


@pytest.fixture(scope="module")
def setup() -> types.ModuleType:
    return notebooks.load("00_setup")


@pytest.fixture(scope="module")
def tensor(setup: types.ModuleType) -> types.ModuleType:
    with notebooks.package(setup=setup):
        return notebooks.load("01_tensor")


def same(got: object, expected: object) -> bool:
    return difference(got, expected) is None


def f32(data: object) -> np.ndarray:
    return np.asarray(data, dtype=np.float32)


CELLS = [(f"core.{name[3:]}", cell) for name in notebooks.NAMES for cell in notebooks.cells(name) if cell.is_test]


@pytest.mark.parametrize(("module", "cell"), CELLS, ids=[cell.grade_id for _, cell in CELLS])
def test_the_reference_passes_the_notebooks_tests(module: str, cell: notebooks.Cell) -> None:
    package = ReferencePackage(tinytorch_ref)
    expected = [expectation for expectation, _ in expectations_of(package, module, cell.source)]
    assert len(expected) >= 4
    refuse_records(expected, notebook_cell(package, module, cell.source))


def test_everything_the_api_names_is_there(tensor: types.ModuleType) -> None:
    names = (
        "shape size ndim dtype T numpy item detach matmul reshape transpose permute sum mean max exp log sqrt zeros"
        " ones randn memory_footprint backward __len__ __getitem__ __gt__ __lt__ __neg__ __add__ __radd__ __sub__"
        " __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ __rpow__ __matmul__ __rmatmul__"
    ).split()
    assert [name for name in names if name not in vars(tensor.Tensor)] == []
    assert {"data", "requires_grad", "grad"} <= set(vars(tensor.Tensor(1)))


BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}
SHAPES = [((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1), (3,)), ((0, 3), (3,)), ((4, 1, 3), (2, 1)), ((1,), (0,))]


@pytest.mark.parametrize("operator", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_operators_agree_with_numpy_in_float32_on_either_side(
    tensor: types.ModuleType, operator: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    function = BINARY[operator]
    random = np.random.default_rng(3)
    left, right = (random.uniform(0.5, 2, shape).astype(np.float32) for shape in shapes)
    for a, b in ((left, right), (right, left)):
        expected = f32(function(a, b))
        for x, y in (
            (tensor.Tensor(a), tensor.Tensor(b)),
            (tensor.Tensor(a), b),
            (a, tensor.Tensor(b)),
            (tensor.Tensor(a), b.astype(np.float64)),
            (a.astype(np.float64), tensor.Tensor(b)),
            (a[()], tensor.Tensor(b)),
        ):
            result = function(x, y)
            assert type(result) is tensor.Tensor
            assert same(result.data, expected), (x, y)


@pytest.mark.parametrize("number", [2, 0.5, True, np.float32(2), np.float64(3), np.int64(2)], ids=repr)
def test_numbers_on_either_side(tensor: types.ModuleType, number: float) -> None:
    values = f32([1, 2, 4])
    for name, function in BINARY.items():
        plain = np.float32(number)
        assert same(function(tensor.Tensor(values), number).data, f32(function(values, plain))), name
        assert same(function(number, tensor.Tensor(values)).data, f32(function(plain, values))), name


def test_matrix_products_on_either_side(tensor: types.ModuleType) -> None:
    random = np.random.default_rng(4)
    for left, right in [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (5, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 0))]:
        a, b = random.normal(size=left).astype(np.float32), random.normal(size=right).astype(np.float32)
        for x, y in ((tensor.Tensor(a), tensor.Tensor(b)), (tensor.Tensor(a), b), (a, tensor.Tensor(b))):
            assert same((x @ y).data, f32(a @ b))
        assert same(tensor.Tensor(a).matmul(b).data, f32(a @ b))


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_agree_with_numpy(tensor: types.ModuleType, name: str, axis: object, keepdims: bool) -> None:
    values = np.random.default_rng(5).normal(size=(2, 3, 4)).astype(np.float32)
    for data in (values, values.transpose(2, 0, 1), values[:, ::2]):
        result = getattr(tensor.Tensor(data), name)(axis=axis, keepdims=keepdims)
        assert same(result.data, f32(getattr(np, name)(data, axis=axis, keepdims=keepdims)))


def test_reductions_of_nothing(tensor: types.ModuleType) -> None:
    nothing = tensor.zeros(0, 3)
    assert same(nothing.sum(axis=0).data, f32([0, 0, 0]))
    assert same(nothing.mean(axis=0).data, f32([np.nan] * 3))
    assert same(nothing.mean(axis=1).data, np.zeros(0, np.float32))
    assert same(nothing.mean().data, f32(np.nan))
    assert same(nothing.max(axis=1).data, np.zeros(0, np.float32))


KEYS = [0, -1, (1, 2), slice(None, None, -1), (slice(1), slice(1, 3)), (..., 0), (None, 1), np.array([1, 0, 1]), [0, 1]]
KEYS += [(np.array([0, 1]), np.array([2, 0])), np.array([True, False]), np.ones((2, 3), bool), (slice(None), [2, 0])]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_indexing_agrees_with_numpy(tensor: types.ModuleType, key: object) -> None:
    values = np.random.default_rng(6).normal(size=(2, 3, 4)).astype(np.float32)
    if isinstance(key, np.ndarray) and key.ndim == 2:
        values = values[..., 0]
    assert same(tensor.Tensor(values)[key].data, f32(values[key]))


def test_data_never_alias_the_callers_array(tensor: types.ModuleType) -> None:
    mine = np.ones((2, 3), dtype=np.float32)
    for made in (
        tensor.Tensor(mine),
        tensor.Tensor(mine.T),
        tensor.Tensor(mine[0]),
        tensor.Tensor(tensor.Tensor(mine)),
    ):
        assert not np.shares_memory(made.data, mine)
    t = tensor.Tensor(mine)
    assert not np.shares_memory(t.numpy(), t.data)
    assert not np.shares_memory((t + 0).data, t.data)


WRONG = [
    (lambda t: t.Tensor([[1, 2], [3]]), ValueError, []),
    (lambda t: t.Tensor("1"), TypeError, []),
    (lambda t: t.Tensor(None), TypeError, []),
    (lambda t: t.Tensor([1j]), TypeError, ["(1,)"]),
    (lambda t: t.Tensor({1: 2}), TypeError, []),
    (lambda t: t.ones(2, 3) + t.ones(4), ValueError, ["(2, 3)", "(4,)"]),
    (lambda t: np.ones((2, 3)) / t.ones(4), ValueError, ["(2, 3)", "(4,)"]),
    (lambda t: t.ones(2, 3) > t.ones(4), ValueError, ["(2, 3)", "(4,)"]),
    (lambda t: t.ones(2) * None, TypeError, []),
    (lambda t: "2" * t.ones(2), TypeError, []),
    (lambda t: t.ones(2, 3) @ t.ones(2, 3), ValueError, ["(2, 3)", "inner sizes 3 and 2"]),
    (lambda t: t.ones(2, 3) @ 2, ValueError, ["(2, 3)", "()"]),
    (lambda t: t.ones(2, 3).sum(axis=2), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).sum(axis=(0, 0)), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).mean(axis=0.5), TypeError, ["(2, 3)"]),
    (lambda t: t.ones(0).max(), ValueError, ["(0,)"]),
    (lambda t: t.ones(2, 3).reshape(4, 2), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).reshape(-2, 3), ValueError, ["(-2, 3)"]),
    (lambda t: t.ones(2, 3).reshape(2.0, 3), TypeError, ["(2.0, 3)"]),
    (lambda t: t.ones(2, 3).transpose(0), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).transpose(0, 2), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).permute(0), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).permute(0, -2), ValueError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3)[2], IndexError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3)[np.array([True] * 3)], IndexError, ["(2, 3)"]),
    (lambda t: t.ones(2, 3).item(), ValueError, ["(2, 3)"]),
    (lambda t: len(t.Tensor(1)), TypeError, ["()"]),
    (lambda t: t.zeros(-1), ValueError, ["(-1,)"]),
    (lambda t: t.randn(2.5), TypeError, ["(2.5,)"]),
    (lambda t: t.Tensor(1.0, requires_grad=True).backward(), RuntimeError, ["module 05"]),
]


@pytest.mark.parametrize(("wrong", "error", "mentions"), WRONG, ids=range(len(WRONG)))
def test_wrong_arguments_raise_and_name_the_shapes(
    tensor: types.ModuleType,
    wrong,
    error: type[Exception],
    mentions: list[str],  # type: ignore[no-untyped-def]
) -> None:
    with pytest.raises(error) as caught:
        wrong(tensor)
    assert type(caught.value) is error
    assert [text for text in mentions if text not in str(caught.value)] == []


def test_seeds_rule_randn(setup: types.ModuleType, tensor: types.ModuleType) -> None:
    setup.manual_seed(5)
    first = tensor.randn(3, 4).data
    second = tensor.Tensor.randn((3, 4)).data
    setup.manual_seed(5)
    assert same(tensor.randn((3, 4)).data, first)
    assert same(tensor.randn(3, 4).data, second)
    assert not same(first, second)


def test_every_operation_passes_the_one_door(tensor: types.ModuleType) -> None:
    seen: list[str] = []

    class Recorder(tensor.Engine):
        def record(self, name, inputs, params, output) -> None:  # type: ignore[no-untyped-def]
            assert type(output) is tensor.Tensor
            seen.append(name)

        def backward(self, tensor, gradient) -> None:  # type: ignore[no-untyped-def]
            seen.append("backward")

    x = tensor.Tensor([[1.0, 2.0], [3.0, 4.0]])
    old = tensor.set_engine(Recorder())
    try:
        (-x, x + 1, 1 - x, x * x, 2 / x, x**2, x > 1, x < 1, x.exp(), x.log(), x.sqrt(), x @ x, x.matmul(x))
        (x.sum(), x.mean(), x.max(), x.reshape(4), x.T, x.permute(1, 0), x[0])
        x.backward()
    finally:
        tensor.set_engine(old)
    x + 1
    names = "neg add subtract multiply divide power greater less exp log sqrt matmul matmul sum mean max reshape"
    assert seen == [*names.split(), "transpose", "permute", "getitem", "backward"]


def test_repr_shows_values_and_gradients_wish(tensor: types.ModuleType) -> None:
    assert repr(tensor.Tensor([1, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(tensor.Tensor(3, requires_grad=True)) == "Tensor(3., requires_grad=True)"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3.11.7", (3, 11, 7)), ("2.0.0rc1", (2, 0, 0)), ("1.26.4+local", (1, 26, 4)), ("1..2", (1,)), ("007.1", (7, 1))],
)
def test_versions(setup: types.ModuleType, text: str, numbers: tuple[int, ...]) -> None:
    assert setup.parse_version(text) == numbers


@pytest.mark.parametrize("text", ["", "v1", ".1", " 1", "rc1"])
def test_no_versions(setup: types.ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match="version") as caught:
        setup.parse_version(text)
    assert repr(text) in str(caught.value)


def test_sizes_of_arrays(setup: types.ModuleType) -> None:
    for shape in [(), (3,), (2, 0), (2, 3, 4)]:
        for dtype in ("float32", "uint8", np.float64, np.dtype("i2")):
            assert setup.array_bytes(shape, dtype) == np.zeros(shape, dtype).nbytes
    assert setup.array_bytes((10**9, 10**9, 10**9)) == 4 * 10**27
    assert type(setup.array_bytes((2, 3))) is int
