"""Gradients that are compared with PyTorch: the cases of cases.py, and those where gradients have edges of their own.

PyTorch is used through its tensors and through the `torch` that is handed in, so this file needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinytorch_ref as tt
from tests.tinytorch_ref.cases import CASES, Shape

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class GradientCase:
    """`ours(x, ...)` and `theirs(torch, x, ...)` get one tensor for each of `shapes`; all ask for a gradient.

    `draw(rng, shape)` makes an input.
    """

    name: str
    shapes: tuple[Shape, ...]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    draw: Callable[[np.random.Generator, Shape], Any] = lambda rng, shape: rng.uniform(-3, 3, shape)

    def inputs(self, seed: int) -> list[Array]:
        """Draw float32 inputs; one seed gives one set."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [np.asarray(self.draw(rng, shape), dtype=np.float32) for shape in self.shapes]

    def covector(self, seed: int, shape: Shape) -> Array:
        """Draw the gradient of the result."""
        rng = np.random.default_rng([seed, 1, *self.name.encode()])
        return np.asarray(rng.uniform(-2, 2, shape), dtype=np.float32)

    def gradients(self, inputs: list[Array], covector: Array) -> list[Array]:
        """Return the reference's gradients."""
        tensors = [tt.Tensor(array, requires_grad=True) for array in inputs]
        self.ours(*tensors).backward(covector)
        assert all(tensor.grad is not None for tensor in tensors), self.name
        return [tensor.grad for tensor in tensors]  # type: ignore[misc]

    def torch_gradients(self, torch: Any, seed: int) -> tuple[list[Array], Array, list[Array]]:
        """Return the inputs, the covector, and PyTorch's gradients."""
        inputs = self.inputs(seed)
        tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in inputs]
        result = self.theirs(torch, *tensors)
        covector = self.covector(seed, tuple(result.shape))
        result.backward(torch.from_numpy(covector.copy()))
        return inputs, covector, [tensor.grad.numpy() for tensor in tensors]


def _positive(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.uniform(0.2, 3, shape)


def _probability(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.uniform(0.02, 0.98, shape)


def _digit(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.integers(0, 2, shape)


def _whole_numbers_near_zero(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.integers(-2, 3, shape)


def _far(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.choice([-1e4, -100, -1, 0, 1, 100, 1e4], shape)


def _same(name: str, *shapes: Shape, draw: Any = None) -> Callable[[Callable[..., Any]], GradientCase]:
    more = {} if draw is None else {"draw": draw}
    return lambda fn: GradientCase(name, shapes, fn, lambda torch, *xs: fn(*xs), **more)


def _from_cases() -> list[GradientCase]:
    usable = [
        case
        for case in CASES
        if not case.special and "greater" not in case.name and "less" not in case.name and "pow" not in case.name
        and case.name not in ("log", "sqrt", "x ** 0.5")
    ]  # fmt: skip
    return [
        GradientCase(case.name, case.shapes, case.ours, lambda torch, *xs, fn=case.theirs: fn(*xs)) for case in usable
    ]


def _edges() -> list[GradientCase]:
    pairs: list[tuple[Shape, Shape]] = [((2, 3), (2, 3)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((0, 3), (1, 3))]
    return [
        *(_same(f"positive {x} ** {y}", x, y, draw=_positive)(lambda x, y: x**y) for x, y in pairs),
        *(
            _same(f"{name} of positive numbers", (3, 4), draw=_positive)(lambda x, name=name: getattr(x, name)())
            for name in ("log", "sqrt")
        ),
        *(
            _same(f"x ** {number} near 0", (3, 4), draw=_whole_numbers_near_zero)(lambda x, n=number: x**n)
            for number in (0, 1, 2, 3)
        ),
        *(
            GradientCase(
                f"max of ties, axis {axis}, keepdims {keep}",
                ((3, 4, 2),),
                lambda x, a=axis, k=keep: x.max(axis=a, keepdims=k),
                lambda torch, x, a=axis, k=keep: x.amax(dim=a, keepdim=k),
                _digit,
            )
            for axis in (0, -1, (0, 2), (0, 1, 2))
            for keep in (False, True)
        ),
        _same("x[[0, 2, 0, 0]]", (3, 4))(lambda x: x[[0, 2, 0, 0]]),
        _same("x[rows, columns] with repeats", (3, 4))(lambda x: x[[0, 0, 2], [1, 1, 3]]),
        _same("x used three times", (2, 3))(lambda x: x * x.exp() + x.sum(axis=0)),
        _same("a diamond", (4,))(lambda x: (x * 2) * (x * 3) + x * 2),
    ]


_TARGETS = np.array([1, 0, 3, 3, 2])


def _activations() -> list[GradientCase]:
    elementwise: dict[str, tuple[Any, Callable[..., Any]]] = {
        "relu": (tt.ReLU(), lambda torch, x: torch.relu(x)),
        "sigmoid": (tt.Sigmoid(), lambda torch, x: torch.sigmoid(x)),
        "tanh": (tt.Tanh(), lambda torch, x: torch.tanh(x)),
        "gelu": (tt.GELU(), lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh")),
    }
    cases = [GradientCase(name, ((3, 5),), *both) for name, both in elementwise.items()]
    cases += [GradientCase(f"{name} far out", ((14,),), *both, _far) for name, both in elementwise.items()]
    for dim in (0, 1, -1):
        for far in (False, True):
            more = {"draw": _far} if far else {}
            for name, ours in (("softmax", tt.Softmax(dim)), ("log_softmax", tt.LogSoftmax(dim))):
                label = f"{name} of dim {dim}{' far out' if far else ''}"
                theirs = lambda torch, x, name=name, dim=dim: getattr(torch, name)(x, dim=dim)  # noqa: E731
                cases.append(GradientCase(label, ((2, 3, 4),), ours, theirs, **more))  # type: ignore[arg-type]
    return cases


def _losses() -> list[GradientCase]:
    def cross_entropy(torch: Any, x: Any, targets: Array) -> Any:
        classes = x.shape[-1]
        return torch.nn.functional.cross_entropy(x.reshape(-1, classes), torch.from_numpy(targets).reshape(-1))

    sequence = np.array([[0, 1, 1], [3, 2, 0]])
    return [
        GradientCase("mse", ((4, 3), (4, 3)), tt.MSELoss(), lambda torch, x, y: torch.nn.functional.mse_loss(x, y)),
        *(
            GradientCase(
                f"cross-entropy {shape}{' far out' if far else ''}",
                (shape,),
                lambda x, t=targets: tt.CrossEntropyLoss()(x, t),
                lambda torch, x, t=targets: cross_entropy(torch, x, t),
                **({"draw": _far} if far else {}),  # type: ignore[arg-type]
            )
            for shape, targets in (((5, 4), _TARGETS), ((2, 3, 4), sequence))
            for far in (False, True)
        ),
        GradientCase(
            "binary cross-entropy",
            ((4, 3), (4, 3)),
            tt.BinaryCrossEntropyLoss(),
            lambda torch, p, t: torch.nn.functional.binary_cross_entropy(p, t),
            _probability,
        ),
    ]


GRADIENT_CASES: list[GradientCase] = [*_from_cases(), *_edges(), *_activations(), *_losses()]
