"""Module 02: activations, what makes a network more than one linear map."""

from __future__ import annotations

from typing import Any

from tinytorch_ref.core.tensor import Operand, Tensor, dispatch


class Activation:
    """A function without parameters, as an object to put into a network: `activation(x)`."""

    def __call__(self, x: Operand) -> Tensor:
        """Return `forward(x)`."""
        return self.forward(x)

    def forward(self, x: Operand) -> Tensor:
        """Return the function of `x`, in its shape."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def parameters(self) -> list[Tensor]:
        """Return []: there is nothing to learn."""
        return []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in vars(self).items())})"


class _Elementwise(Activation):
    """An activation that is one operation without settings."""

    operation: str

    def forward(self, x: Operand) -> Tensor:
        return dispatch(self.operation, x)


class ReLU(_Elementwise):
    """`max(x, 0)`."""

    operation = "relu"


class Sigmoid(_Elementwise):
    """`1 / (1 + exp(-x))`, from 0 to 1."""

    operation = "sigmoid"


class Tanh(_Elementwise):
    """The hyperbolic tangent, from -1 to 1."""

    operation = "tanh"


class GELU(_Elementwise):
    """`x` times the probability that a standard normal number is below it, by the tanh approximation."""

    operation = "gelu"


class _AlongAxis(Activation):
    """An activation that looks along the axis `dim`. A wrong one raises ValueError or TypeError in forward."""

    operation: str

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Operand, dim: Any = None) -> Tensor:
        return dispatch(self.operation, x, dim=self.dim if dim is None else dim)


class Softmax(_AlongAxis):
    """Positive numbers that sum to 1 along `dim`, in proportion to `exp(x)`."""

    operation = "softmax"


class LogSoftmax(_AlongAxis):
    """The logarithm of softmax, without its loss of digits."""

    operation = "log_softmax"
