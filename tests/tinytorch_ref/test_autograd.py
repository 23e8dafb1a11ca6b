"""The engine: what is recorded, and how a gradient finds its way back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tinytorch_ref.core.autograd import Function, check_gradients, gradcheck, no_grad


def leaf(data: Any) -> tt.Tensor:
    return tt.Tensor(data, requires_grad=True)


def grad(tensor: tt.Tensor) -> Any:
    assert type(tensor.grad) is np.ndarray
    assert (tensor.grad.dtype, tensor.grad.shape) == (np.float32, tensor.shape)
    return tensor.grad.tolist()


def test_a_gradient_is_asked_for_by_inputs_and_passed_on_to_results() -> None:
    x, plain = leaf([1.0, 2.0]), tt.Tensor([3.0, 4.0])
    assert (x * plain).requires_grad
    assert (2 - x).requires_grad
    assert not (plain * plain).requires_grad
    assert not (x > plain).requires_grad
    assert not x.detach().requires_grad
    (x * plain).sum().backward()
    assert grad(x) == [3, 4]
    assert plain.grad is None


def test_only_leaves_get_a_gradient() -> None:
    x = leaf(3.0)
    middle = x * x
    result = middle + 1
    result.backward()
    assert grad(x) == 6
    assert middle.grad is None
    assert result.grad is None


def test_a_leaf_alone_has_gradient_one() -> None:
    x = leaf([[5.0]])
    x.backward()
    assert grad(x) == [[1]]


def test_gradients_add_up_over_uses_and_over_calls() -> None:
    x = leaf([1.0, -2.0])
    loss = (x * x + x * 3).sum()
    loss.backward()
    assert grad(x) == [5, -1]
    loss.backward()
    assert grad(x) == [10, -2]
    (x * 2).sum().backward()
    assert grad(x) == [12, 0]
    x.zero_grad()
    assert x.grad is None
    loss.backward()
    assert grad(x) == [5, -1]


def test_gradients_of_two_leaves_share_no_memory_with_each_other_or_with_the_given_gradient() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    given = np.float32([1, 1])
    (x + y).backward(given)
    given[0] = 9
    assert x.grad is not None
    x.grad[1] = 7
    assert grad(y) == [1, 1]


def test_a_diamond_passes_each_node_once() -> None:
    x = leaf([2.0])
    a, b = x * 2, x * 3
    (a * b + a).sum().backward()
    assert grad(x) == [26]


def test_backward_visits_a_node_once_however_many_paths_lead_to_it() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert grad(x) == 2.0**60


def test_ten_thousand_operations_in_a_chain() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(10_000):
        y = y + 0.5
    y.backward()
    assert grad(x) == 1


def test_the_graph_lives_as_long_as_its_end() -> None:
    x = leaf([1.0])
    middle = x * 2
    watched = weakref.ref(middle.data)
    result = middle.exp()
    del middle
    gc.collect()
    assert watched() is not None
    del result
    gc.collect()
    assert watched() is None


@pytest.mark.parametrize("shape", [(2,), (1, 2), (0,), (2, 2)])
def test_only_a_single_number_has_an_obvious_gradient(shape: tuple[int, ...]) -> None:
    x = tt.zeros(*shape, requires_grad=True)
    with pytest.raises(RuntimeError, match="gradient") as error:
        (x * 2).backward()
    assert str(shape) in str(error.value)
    assert x.grad is None
    (x * 2).backward(np.full(shape, 3))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad, np.full(shape, 6))


def test_a_gradient_may_be_a_tensor_and_has_the_tensors_shape() -> None:
    x = leaf([1.0, 2.0])
    (x * x).backward(tt.Tensor([1.0, 10.0]))
    assert grad(x) == [2, 40]
    for wrong in (1.0, [1.0], [[1.0, 1.0]], [1.0, 1.0, 1.0]):
        with pytest.raises(ValueError, match=r"\(2,\)"):
            (x * x).backward(wrong)  # type: ignore[arg-type]


def test_backward_of_what_asks_for_no_gradient_is_refused() -> None:
    with pytest.raises(RuntimeError, match="no gradient"):
        tt.Tensor(1.0).backward()
    with no_grad():
        result = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        result.backward()


def test_no_grad_records_nothing_nests_and_ends_with_an_error_too() -> None:
    x = leaf([1.0])
    with no_grad():
        with no_grad():
            assert not (x * 2).requires_grad
        assert not (x * 2).requires_grad
        assert leaf(1.0).requires_grad
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError("on the way")
    assert (x * 2).requires_grad

    @no_grad()
    def doubled() -> tt.Tensor:
        return x * 2

    assert not doubled().requires_grad
    assert (x * 2).requires_grad


def test_what_backward_reads_does_not_change_with_the_callers_arrays() -> None:
    x = leaf([1.0, 2.0])
    factor, index = np.float32([3, 4]), np.array([1, 1])
    product, picked = x * factor, x[index]
    factor[:] = 99
    index[:] = 0
    product.sum().backward()
    assert grad(x) == [3, 4]
    x.zero_grad()
    picked.sum().backward()
    assert grad(x) == [0, 2]


def test_an_error_on_the_way_changes_no_gradient() -> None:
    class Broken(Function):
        def forward(self, x: Any) -> Any:
            return x * 2

        def backward(self, gradient: Any) -> Any:
            raise ArithmeticError("broken")

    x, y = leaf(1.0), leaf(1.0)
    result = Broken.apply(x) + y
    with pytest.raises(ArithmeticError):
        result.backward()
    assert (x.grad, y.grad) == (None, None)


class Scale(Function):
    """x * factor + y, with state on the object."""

    def forward(self, x: Any, y: Any, factor: float = 2.0) -> Any:
        self.save_for_backward(factor)
        return x * factor + y

    def backward(self, gradient: Any) -> Any:
        (factor,) = self.saved_tensors
        return gradient * factor, gradient


class StaticSquare(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:  # type: ignore[override]
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:  # type: ignore[override]
        return 2 * ctx.saved_tensors[0] * gradient


def test_an_operation_of_ones_own() -> None:
    x, y = leaf([1.0, 2.0]), leaf([5.0, 6.0])
    first, second = Scale.apply(x, y, factor=3.0), Scale.apply(x, [1.0, 1.0])
    assert first.data.tolist() == [8, 12]
    (first + second).sum().backward()
    assert (grad(x), grad(y)) == ([5, 5], [1, 1])
    x.zero_grad()
    StaticSquare.apply(StaticSquare.apply(x)).sum().backward()
    assert grad(x) == [4, 32]
    with no_grad():
        assert not Scale.apply(x, y).requires_grad
    assert not Scale.apply(1.0, 2.0).requires_grad


def test_a_function_may_have_no_gradient_for_an_input() -> None:
    class First(Function):
        def forward(self, x: Any, y: Any) -> Any:
            return x + y

        def backward(self, gradient: Any) -> Any:
            return gradient, None

    x, y, z = leaf(1.0), leaf(2.0), leaf(3.0)
    (First.apply(x, y) + First.apply(x, z * 2)).backward()
    assert (grad(x), y.grad, z.grad) == (2, None, None)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda g: (g, g), ["2 gradients for 1", "Odd"]),
        (lambda g: g[0], [r"()", r"(2,)", "Odd"]),
        (lambda g: (), ["0 gradients"]),
    ],
)
def test_a_backward_of_another_form_is_refused(answer: Callable[[Any], Any], named: list[str]) -> None:
    class Odd(Function):
        def forward(self, x: Any) -> Any:
            return x * 2

        def backward(self, gradient: Any) -> Any:
            return answer(gradient)

    with pytest.raises(ValueError) as error:
        Odd.apply(leaf([1.0, 2.0])).sum().backward()
    assert [text for text in named if text not in str(error.value)] == []


def test_a_function_that_lacks_a_half_says_so() -> None:
    with pytest.raises(NotImplementedError, match="forward"):
        Function.apply(1.0)
    with pytest.raises(NotImplementedError, match=r"Half.*backward"):
        type("Half", (Function,), {"forward": lambda self, x: x * 2}).apply(leaf(1.0)).backward()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong", [lambda x, g: 2.02 * x * g, lambda x, g: -2 * x * g, lambda x, g: 2 * x, lambda x, g: g]
)
def test_gradcheck_catches_a_wrong_backward_and_shows_both_numbers(wrong: Callable[[Any, Any], Any]) -> None:
    class Wrong(Function):
        def forward(self, x: Any) -> Any:
            self.save_for_backward(x)
            return x * x

        def backward(self, gradient: Any) -> Any:
            return wrong(self.saved_tensors[0], gradient)

    point = np.float32([[0.5, -1.5], [2.0, 1.0]])
    assert gradcheck(StaticSquare.apply, [point])
    assert not gradcheck(Wrong.apply, [point])
    assert "gradient" in check_gradients(Wrong.apply, point)
    assert "quotient" in check_gradients(Wrong.apply, point)


def test_gradcheck_leaves_inputs_generator_and_precision_as_they_were() -> None:
    x = leaf([1.0, 2.0])
    tt.manual_seed(4)
    before = tt.generator().bit_generator.state
    assert gradcheck(lambda a, b: (a * b).sum(), (x, np.float32([3, 4])))
    assert x.grad is None
    assert x.data.tolist() == [1, 2]
    assert tt.generator().bit_generator.state == before
    assert (x * 2).data.dtype == np.float32
    with pytest.raises(ZeroDivisionError):
        gradcheck(lambda a: 1 / 0, [x])  # type: ignore[arg-type, return-value]
    assert tt.Tensor(1.0).data.dtype == np.float32
