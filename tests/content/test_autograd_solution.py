"""The solution of notebook 05 against the reference: gradients of every operation, the graph, the tools."""

from __future__ import annotations

import gc
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinytorch_ref
from tests.content import notebooks
from tito.checks import difference


@pytest.fixture(scope="module")
def solution() -> types.SimpleNamespace:
    """All public names of modules 00 to 05, as the flat package has them."""
    with notebooks.earlier("05_autograd") as modules:
        found = [*modules.values(), notebooks.load("05_autograd")]
    return types.SimpleNamespace(**{key: value for module in found for key, value in vars(module).items()})


def f32(data: object) -> np.ndarray[Any, Any]:
    return np.asarray(data, dtype=np.float32)


def gradients(tt: Any, fn: Callable[..., Any], arrays: list[np.ndarray[Any, Any]]) -> list[Any]:
    """The result of `fn` and the gradients of its inputs, for a fixed covector."""
    leaves = [tt.Tensor(array, requires_grad=True) for array in arrays]
    result = fn(tt, *leaves)
    result.backward(np.random.default_rng(1).normal(size=result.shape).astype(np.float32))
    return [result.data, *(leaf.grad for leaf in leaves)]


def assert_same(solution: Any, fn: Callable[..., Any], *arrays: np.ndarray[Any, Any]) -> None:
    got, expected = gradients(solution, fn, list(arrays)), gradients(tinytorch_ref, fn, list(arrays))
    assert difference(got, expected, rtol=1e-4, atol=1e-5) is None, difference(got, expected, rtol=1e-4, atol=1e-5)


def draw(*shape: int, seed: int = 2, low: float = 0.5, high: float = 2.0) -> np.ndarray[Any, Any]:
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape).astype(np.float32)


BINARY: dict[str, Callable[..., Any]] = {
    "+": lambda tt, a, b: a + b,
    "-": lambda tt, a, b: a - b,
    "*": lambda tt, a, b: a * b,
    "/": lambda tt, a, b: a / b,
    "**": lambda tt, a, b: a**b,
}
SHAPES = [((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1), (3,)), ((0, 3), (3,)), ((4, 1, 3), (2, 1)), ((1,), (0,))]
SHAPES += [((1, 1), (2, 3)), ((2, 3), (2, 3)), ((1,), ()), ((5, 0), (5, 1))]


@pytest.mark.parametrize("operator", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_operators_undo_broadcasting(solution: Any, operator: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    left, right = draw(*shapes[0]), draw(*shapes[1], seed=3)
    assert_same(solution, BINARY[operator], left, right)
    assert_same(solution, BINARY[operator], right, left)


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,))], ids=str)
def test_matrix_products(solution: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    assert_same(solution, lambda tt, a, b: a @ b, draw(*shapes[0]), draw(*shapes[1]))


@pytest.mark.parametrize(
    "shapes", [((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((4, 3), (2, 3, 1))], ids=str
)
def test_matrix_products_of_batches_and_of_nothing(solution: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    assert_same(solution, lambda tt, a, b: a @ b, draw(*shapes[0]), draw(*shapes[1]))


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(solution: Any, name: str, axis: Any, keepdims: bool) -> None:
    assert_same(solution, lambda tt, a: getattr(a, name)(axis=axis, keepdims=keepdims), draw(2, 3, 2))


def test_equal_largest_numbers_share(solution: Any) -> None:
    x = solution.Tensor([[3, 1, 3], [2, 2, 2]], requires_grad=True)
    x.max(axis=1).backward(f32([10, 30]))
    assert x.grad.tolist() == [[5, 0, 5], [10, 10, 10]]


def test_sums_and_means_of_nothing(solution: Any) -> None:
    for fn in (lambda tt, a: a.sum(axis=0), lambda tt, a: a.mean(axis=1), lambda tt, a: a.sum()):
        assert_same(solution, fn, draw(0, 3))


SHAPING: list[Callable[..., Any]] = [
    lambda tt, a: a.reshape(-1, 2),
    lambda tt, a: a.T.reshape(4, 6),
    lambda tt, a: a.transpose(0, -1),
    lambda tt, a: a.permute(2, 0, 1),
    lambda tt, a: a.permute(-1, 0, -2),
    lambda tt, a: a[1],
    lambda tt, a: a[..., ::-2],
    lambda tt, a: a[:, None, 1:2],
    lambda tt, a: a[np.array([1, 0, 1])],
    lambda tt, a: a[np.array([0, 1, 0]), :, np.array([2, 2, 2])],
    lambda tt, a: a[[0, 0], [1, 1]],
    lambda tt, a: a[a.data > 1],
    lambda tt, a: a[1:1],
]


@pytest.mark.parametrize("number", range(len(SHAPING)))
def test_shapes_and_pieces(solution: Any, number: int) -> None:
    assert_same(solution, SHAPING[number], draw(2, 3, 4))
    assert_same(solution, SHAPING[number], draw(4, 3, 2).T)


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "exp": lambda tt, a: a.exp(),
    "log": lambda tt, a: (a * a + 1).log(),
    "sqrt": lambda tt, a: (a * a).sqrt(),
    "relu": lambda tt, a: tt.ReLU()(a),
    "sigmoid": lambda tt, a: tt.Sigmoid()(a),
    "tanh": lambda tt, a: tt.Tanh()(a),
    "gelu": lambda tt, a: tt.GELU()(a),
    "softmax": lambda tt, a: tt.Softmax()(a),
    "softmax over the first axis": lambda tt, a: tt.Softmax(dim=0)(a),
    "logarithm of softmax": lambda tt, a: tt.LogSoftmax()(a),
    "log_softmax": lambda tt, a: tt.log_softmax(a),
    "greater as a mask": lambda tt, a: a * (a > 0),
    "diamond": lambda tt, a: (a * 3) * (a + 1) + a,
    "standardise": lambda tt, a: (a - a.mean(axis=0, keepdims=True)) / ((a * a).mean(axis=0, keepdims=True) + 1).sqrt(),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions(solution: Any, name: str) -> None:
    assert_same(solution, ELEMENTWISE[name], draw(4, 3, low=-3, high=3))
    assert_same(solution, ELEMENTWISE[name], draw(3, 4, low=-3, high=3).T)


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh", "GELU"])
def test_activations_are_flat_far_away(solution: Any, name: str) -> None:
    assert_same(solution, lambda tt, a: getattr(tt, name)()(a), f32([-1e4, -80, 0, 80, 1e4]))


def test_losses(solution: Any) -> None:
    logits, truth, chance = draw(4, 3, low=-3, high=3), np.array([0, 2, 1, 1]), draw(4, low=0.1, high=0.9)
    assert_same(solution, lambda tt, a: tt.CrossEntropyLoss()(a, truth), logits)
    assert_same(solution, lambda tt, a: tt.CrossEntropyLoss()(a, truth), logits * 1000)
    assert_same(solution, lambda tt, a: tt.CrossEntropyLoss()(a.reshape(2, 2, 3), truth.reshape(2, 2)), logits)
    assert_same(solution, lambda tt, a: tt.MSELoss()(a, tt.Tensor(logits[::-1])), logits)
    assert_same(solution, lambda tt, a: tt.BinaryCrossEntropyLoss()(a, tt.Tensor([1, 0, 1, 0])), chance)


def test_gradients_are_arrays_of_their_own(solution: Any) -> None:
    a, b = solution.Tensor([1, 2], requires_grad=True), solution.Tensor([3, 4], requires_grad=True)
    message = f32([1, 1])
    (a + b).backward(message)
    assert type(a.grad) is np.ndarray
    assert not any(np.shares_memory(x, y) for x, y in ((a.grad, b.grad), (a.grad, message), (b.grad, message)))
    scalar = solution.Tensor(2, requires_grad=True)
    (scalar * scalar).backward()
    assert type(scalar.grad) is np.ndarray
    assert scalar.grad.dtype == np.float32


def test_what_the_caller_changes_later_is_not_seen(solution: Any) -> None:
    x, buffer, rows = solution.Tensor([1, 2, 3], requires_grad=True), f32([1, 2, 3]), np.array([0, 0])
    product, piece = x * buffer, x[rows]
    buffer[:], rows[:] = 9, 2
    x.data = f32([7, 7, 7])
    product.backward(f32([1, 1, 1]))
    piece.backward(f32([1, 1]))
    assert x.grad.tolist() == [3, 2, 3]


def test_a_graph_goes_with_its_last_tensor(solution: Any) -> None:
    x = solution.Tensor([1, 2], requires_grad=True)
    gc.disable()
    try:
        y = (x * 2).exp()
        step = weakref.ref(y.step)
        y.backward(f32([1, 1]))
        del y
        assert step() is None  # by counting references: there is no cycle that would have to wait for the collector
    finally:
        gc.enable()


def test_long_chains_come_and_go(solution: Any) -> None:
    x = solution.Tensor(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad == 1
    del y  # a hundred thousand steps let go of each other


def test_each_step_is_walked_once(solution: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    add = solution.BACKWARD["add"]
    monkeypatch.setitem(solution.BACKWARD, "add", lambda *arrays: calls.append("add") or add(*arrays))
    y = x = solution.Tensor(1, requires_grad=True)
    for _ in range(40):
        y = y + y
    y.backward()
    assert len(calls) == 40
    assert x.grad == 2.0**40


def test_every_operation_has_a_rule_or_is_constant(solution: Any) -> None:
    assert set(solution.FORWARD) - set(solution.BACKWARD) == solution.CONSTANT
    assert set(solution.BACKWARD) <= set(solution.FORWARD)


def test_a_missing_rule_is_named(solution: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(solution.BACKWARD, "exp")
    with pytest.raises(RuntimeError, match="'exp'"):
        solution.Tensor(1, requires_grad=True).exp().backward()


def test_wrong_starts_are_refused(solution: Any) -> None:
    x = solution.Tensor([[1, 2]], requires_grad=True)
    for start, words in (
        (lambda: x.backward(), ["(1, 2)"]),
        (lambda: x.backward(f32([1, 2])), ["(1, 2)", "(2,)"]),
        (lambda: x.backward(1), ["(1, 2)", "()"]),
        (lambda: x.detach().sum().backward(), ["requires_grad"]),
    ):
        with pytest.raises(ValueError, match="backward") as caught:
            start()
        assert [word for word in words if word not in str(caught.value)] == []
    assert x.grad is None


def test_no_grad_also_decorates_and_nests(solution: Any) -> None:
    x = solution.Tensor(1, requires_grad=True)

    @solution.no_grad()
    def quietly() -> Any:
        with pytest.raises(KeyError), solution.no_grad():
            raise KeyError
        return x * 2

    assert not quietly().requires_grad
    assert (x * 2).requires_grad


def test_functions_in_either_style(solution: Any) -> None:
    class Product(solution.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return gradient * ctx.saved_tensors[1], None

    a, b = solution.Tensor([2, 3], requires_grad=True), solution.Tensor([5, 7], requires_grad=True)
    Product.apply(a, b).backward(f32([1, 10]))
    assert a.grad.tolist() == [5, 70]
    assert b.grad is None
    Product.backward = staticmethod(lambda ctx, gradient: gradient)
    with pytest.raises(ValueError, match="1 gradients for 2 inputs"):
        Product.apply(a, b).sum().backward()


def test_gradcheck_finds_what_is_wrong(solution: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = solution.Tensor(draw(3, 2)), solution.Tensor(draw(2))
    right: list[Callable[..., Any]] = [lambda a, b: a * b, lambda a, b: (a / b).exp().mean(axis=0), lambda a, b: a @ b]
    assert all(solution.gradcheck(fn, [x, y]) for fn in right)
    assert solution.gradcheck(lambda a: a.sqrt(), x)
    assert solution.gradcheck(lambda a, b: a * a, [x, y])
    for name, rule in {
        "multiply": lambda gradient, output, a, b: (gradient * a, gradient * b),
        "mean": lambda gradient, output, a, axis, keepdims: (gradient + 0 * a,),
        "exp": lambda gradient, output, a: (gradient * a,),
    }.items():
        with monkeypatch.context() as broken:
            broken.setitem(solution.BACKWARD, name, rule)
            assert not solution.gradcheck(lambda a, b: (a * b).exp().mean(axis=0), [x, y]), name
    assert x.grad is None
