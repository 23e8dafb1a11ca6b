"""Module 03: layers, the functions with parameters that networks are built of."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch_ref.core.setup import generator
from tinytorch_ref.core.tensor import Operand, Tensor


class Layer:
    """What all layers share. A subclass writes `forward`, and `parameters` if it has any.

    `training` is True at first; `train()` and `eval()` set it and return the layer.
    """

    training = True

    def __call__(self, x: Operand) -> Tensor:
        """Return `forward(x)`."""
        return self.forward(x)

    def forward(self, x: Operand) -> Tensor:
        """Return the layer's output."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def parameters(self) -> list[Tensor]:
        """Return the tensors to learn."""
        return []

    def train(self) -> Layer:
        """Behave as in training, from now on."""
        self.training = True
        return self

    def eval(self) -> Layer:
        """Behave as in use, from now on."""
        self.training = False
        return self


class Linear(Layer):
    """`x @ weight + bias`: (..., in_features) to (..., out_features).

    `weight` (in, out) is drawn from the uniform distribution of variance 2 / (in + out), which is the scale of
    Glorot and Bengio (2010), section 4.2.1; `bias` (out,) starts at 0 and is None without one. Raises ValueError
    or TypeError for sizes that are no positive integers, ValueError that names the shapes for an input of
    another width.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.in_features, self.out_features = _size(in_features), _size(out_features)
        limit = math.sqrt(6 / (self.in_features + self.out_features))
        draws = generator().random((self.in_features, self.out_features), dtype=np.float32)
        self.weight = Tensor((2 * draws - 1) * np.float32(limit), requires_grad=True)
        self.bias = Tensor.zeros(self.out_features, requires_grad=True) if bias else None

    def forward(self, x: Operand) -> Tensor:
        """Return `x @ weight + bias`. Raises ValueError."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ValueError(
                f"a linear layer with weights of shape {self.weight.shape} takes inputs of shape "
                f"(..., {self.in_features}), got {x.shape}"
            )
        product = x @ self.weight
        return product if self.bias is None else product + self.bias

    def parameters(self) -> list[Tensor]:
        """Return the weight, and the bias if there is one."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def __repr__(self) -> str:
        return f"Linear({self.in_features}, {self.out_features}, bias={self.bias is not None})"


class Dropout(Layer):
    """In training, set each element to 0 with probability `p` and divide the others by `1 - p`; else change nothing.

    Srivastava et al. (2014), JMLR 15, in the inverted form of section 10. Raises ValueError for `p` outside 0..1,
    TypeError for what is no number.
    """

    def __init__(self, p: float = 0.5) -> None:
        if isinstance(p, bool) or not isinstance(p, int | float | np.integer | np.floating):
            raise TypeError(f"the probability of dropout is a number from 0 to 1, got {p!r}")
        if not 0 <= p <= 1:
            raise ValueError(f"the probability of dropout is from 0 to 1, got {p}")
        self.p = float(p)

    def forward(self, x: Operand) -> Tensor:
        """Return `x` with a part of its elements dropped; in use, `x` itself."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if not self.training or self.p == 0:
            return x
        kept = generator().random(x.shape) >= self.p
        # With p = 1 nothing is kept, and 0 / 0 must not come of it.
        return x * (kept * np.float32(1 / (1 - self.p) if self.p < 1 else 0)).astype(np.float32)

    def __repr__(self) -> str:
        return f"Dropout(p={self.p})"


class Sequential(Layer):
    """Layers one after the other: `Sequential(a, b)` or `Sequential([a, b])`; without any, the input comes back.

    A layer is whatever can be called; `parameters`, `train` and `eval` go to those that have them. Raises TypeError
    for what cannot be called.
    """

    def __init__(self, *layers: Any) -> None:
        self.layers = _unpacked(layers)
        for number, layer in enumerate(self.layers):
            if not callable(layer):
                raise TypeError(f"layer {number} of Sequential cannot be called: {layer!r}")

    def forward(self, x: Operand) -> Tensor:
        """Return what the last layer makes of what the others made of `x`."""
        value = x if isinstance(x, Tensor) else Tensor(x)
        for layer in self.layers:
            value = layer(value)
        return value

    def parameters(self) -> list[Tensor]:
        """Return the parameters of all layers, in their order."""
        own = (layer.parameters() for layer in self.layers if hasattr(layer, "parameters"))
        return [parameter for parameters in own for parameter in parameters]

    def train(self) -> Layer:
        """Behave as in training, with all layers."""
        self._tell("train")
        return super().train()

    def eval(self) -> Layer:
        """Behave as in use, with all layers."""
        self._tell("eval")
        return super().eval()

    def _tell(self, mode: str) -> None:
        for layer in self.layers:
            change: Callable[[], object] | None = getattr(layer, mode, None)
            if change is not None:
                change()

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, number: int) -> Any:
        return self.layers[number]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


def _size(number: int) -> int:
    try:
        size = operator.index(number)
    except TypeError:
        raise TypeError(f"the sizes of a Linear layer are integers, got {number!r}") from None
    if size < 1:
        raise ValueError(f"the sizes of a Linear layer are at least 1, got {size}")
    return size


def _unpacked(layers: Sequence[Any]) -> list[Any]:
    """Return [a, b] for the arguments of both `f(a, b)` and `f([a, b])`."""
    if len(layers) == 1 and isinstance(layers[0], list | tuple):
        return list(layers[0])
    return list(layers)
