from __future__ import annotations

import numpy as np
import pytest

import tinytorch_ref as tt
from tinytorch_ref.ops import find_operation, operation, operation_names, registry, vjp


@pytest.fixture(autouse=True)
def _own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_operations", dict(registry._operations))


def test_a_new_operation_is_one_entry() -> None:
    @operation("double")
    def double(x: registry.Floats) -> registry.Floats:
        return x * 2

    assert tt.dispatch("double", [1, 2]).data.tolist() == [2, 4]
    assert "double" in operation_names()
    with pytest.raises(ValueError, match="double"):
        operation("double")(double)


def test_a_derivative_is_entered_once_for_each_input() -> None:
    @operation("double")
    def double(x: registry.Floats) -> registry.Floats:
        return x * 2

    assert dict(find_operation("double").vjps) == {}

    @vjp("double")
    def double_vjp(g: registry.Floats, result: registry.Floats, x: registry.Floats) -> registry.Floats:
        return 2 * g

    assert find_operation("double") == registry.Operation("double", double, {0: double_vjp})
    with pytest.raises(ValueError, match="double"):
        vjp("double")(double_vjp)
    x = tt.Tensor([1, 2], requires_grad=True)
    tt.dispatch("double", x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 2]


def test_every_operation_but_comparisons_is_differentiable_in_every_tensor_that_it_takes() -> None:
    two = {"add", "sub", "mul", "div", "pow", "matmul", "binary_cross_entropy"}
    for name in set(operation_names()) - {"greater", "less"}:
        assert set(find_operation(name).vjps) == ({0, 1} if name in two else {0}), name


def test_an_unknown_operation_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no operation 'nod'; there are: add, "):
        tt.dispatch("nod", 1)
    with pytest.raises(KeyError, match="nod"):
        vjp("nod")(lambda g: (g,))


def test_every_operation_of_the_tensor_goes_through_the_table() -> None:
    x = tt.Tensor([[1.0, 2.0], [3.0, 4.0]])
    uses = {
        "add": lambda: x + 1, "sub": lambda: x - 1, "mul": lambda: x * 2,
        "div": lambda: x / 2, "pow": lambda: x**2, "neg": lambda: -x, "matmul": lambda: x @ x,
        "greater": lambda: x > 1,
        "less": lambda: x < 1, "exp": x.exp, "log": x.log, "sqrt": x.sqrt,
        "getitem": lambda: x[0], "reshape": lambda: x.reshape(4),
        "transpose": lambda: x.T, "permute": lambda: x.permute(1, 0),
        "sum": x.sum, "mean": x.mean, "max": x.max,
        "relu": lambda: tt.ReLU()(x), "sigmoid": lambda: tt.Sigmoid()(x), "tanh": lambda: tt.Tanh()(x),
        "gelu": lambda: tt.GELU()(x), "softmax": lambda: tt.Softmax()(x), "log_softmax": lambda: tt.LogSoftmax()(x),
        "cross_entropy": lambda: tt.CrossEntropyLoss()(x, [0, 1]),
        "binary_cross_entropy": lambda: tt.BinaryCrossEntropyLoss()([0.5], [1.0]),
    }  # fmt: skip
    assert tuple(sorted(uses)) == operation_names()
    for name, use in uses.items():
        registry._operations[name] = registry.Operation(name, lambda *arrays, **parameters: np.float32(-77))
        assert use().item() == -77, name
