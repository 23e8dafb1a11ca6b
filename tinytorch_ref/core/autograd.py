"""Module 05: gradients: where to record none, operations of one's own, and a check by difference quotients.

The engine itself is core/graph.py, the gradient of each operation stands beside it in ops/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch_ref.core.arrays import as_floats, double_precision, owned, precision
from tinytorch_ref.core.graph import Node, is_recording, no_grad
from tinytorch_ref.core.tensor import Operand, Tensor, computed, wanting
from tinytorch_ref.ops.registry import Floats

__all__ = ["Function", "gradcheck", "no_grad"]


class Function:
    """An operation of one's own: a subclass says how to compute it, and how a gradient flows back.

        class Square(Function):
            def forward(self, x):
                self.save_for_backward(x)
                return x * x

            def backward(self, gradient):
                (x,) = self.saved_tensors
                return 2 * x * gradient

        y = Square.apply(x)

    `forward` takes arrays and returns one; `backward` takes the gradient of the result and returns one for each
    input, None where there is none. Each call of `apply` makes an object, which carries what is kept between the two.
    As in PyTorch, both may be static methods with the object (`ctx`) in front.
    """

    saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *values: Any) -> None:
        """Keep what `backward` needs in `saved_tensors`."""
        self.saved_tensors = values

    def forward(self, *inputs: Any, **parameters: Any) -> Any:
        """Return the result for the inputs' arrays."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to compute forward()")

    def backward(self, gradient: Any) -> Any:
        """Return the gradient of each input for that of the result."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to compute backward()")

    @classmethod
    def apply(cls, *inputs: Operand, **parameters: Any) -> Tensor:
        """Compute the operation on tensors (numbers, arrays), and record it as any other.

        Raises ValueError, at backward, when it returns another number of gradients than there are inputs, or one of
        another shape than its input's.
        """
        call = cls()
        arrays = [each.data if isinstance(each, Tensor) else as_floats(each) for each in inputs]
        with np.errstate(all="ignore"):
            value = owned(np.asarray(cls.forward(call, *arrays, **parameters), dtype=precision()))
        wanted = wanting(inputs, range(len(inputs))) if is_recording() else None
        if wanted is None:
            return computed(value, None)
        shapes = [array.shape for array in arrays]
        return computed(value, Node(cls.__name__, wanted, lambda g: _gradients(cls, call, g, shapes)))


def _gradients(
    cls: type[Function], call: Function, g: Floats, shapes: Sequence[tuple[int, ...]]
) -> list[Floats | None]:
    answer = cls.backward(call, g)
    answers = list(answer) if isinstance(answer, tuple | list) else [answer]
    if len(answers) != len(shapes):
        raise ValueError(f"{cls.__name__}.backward returned {len(answers)} gradients for {len(shapes)} inputs")
    gradients = [None if each is None else as_floats(_array(each)) for each in answers]
    for place, (gradient, shape) in enumerate(zip(gradients, shapes, strict=True)):
        if gradient is not None and gradient.shape != shape:
            raise ValueError(
                f"{cls.__name__}.backward returned a gradient of shape {gradient.shape} for input {place} "
                f"of shape {shape}"
            )
    return gradients


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Sequence[Operand] | Operand,
    *,
    eps: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> bool:
    """Compare the gradients of `fn` at `inputs` with central difference quotients, element by element, in float64.

    The result of `fn` is reduced to a number by a random covector, so that wrong gradients of its elements cannot
    cancel. Returns True when all agree within `atol + rtol * |quotient|`, else False; `check_gradients` says where.
    """
    return not check_gradients(fn, inputs, eps=eps, rtol=rtol, atol=atol)


def check_gradients(
    fn: Callable[..., Tensor],
    inputs: Sequence[Operand] | Operand,
    *,
    eps: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> str:
    """Return where a gradient and its difference quotient differ, with both numbers; "" when they agree."""
    several = list(inputs) if isinstance(inputs, tuple | list) else [inputs]
    with double_precision():
        points = [as_floats(_array(each), copy=True) for each in several]
        tensors = [Tensor(point, requires_grad=True) for point in points]
        result = fn(*tensors)
        covector = np.asarray(np.random.default_rng(0).uniform(0.5, 1.5, result.shape))
        result.backward(covector)
        for number, (point, tensor) in enumerate(zip(points, tensors, strict=True)):
            found = np.zeros_like(point) if tensor.grad is None else tensor.grad
            for place in np.ndindex(point.shape):
                expected = _quotient(fn, points, point, place, covector, eps)
                if not abs(float(found[place]) - expected) <= atol + rtol * abs(expected):
                    return f"input {number} at {place}: gradient {found[place]:.9g}, quotient {expected:.9g}"
    return ""


def _quotient(
    fn: Callable[..., Tensor],
    points: Sequence[Floats],
    point: Floats,
    place: tuple[int, ...],
    covector: Any,
    eps: float,
) -> float:
    """Return how fast `covector . fn(points)` grows with one element of `point`."""
    middle = point[place]
    values = []
    with no_grad():
        for shifted in (middle + eps, middle - eps):
            point[place] = shifted
            values.append(np.sum(fn(*map(Tensor, points)).data * covector))
    point[place] = middle
    return float((values[0] - values[1]) / (2 * eps))
