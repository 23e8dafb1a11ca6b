"""Activations, layers and losses as they are compared with PyTorch: each once for the reference and once for PyTorch.

PyTorch is used through the `torch` that is handed in, so this file needs none.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinytorch_ref as tt

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, Shape], Any]

_EDGES = np.array([0, -0.0, np.inf, np.nan, 1, -1, 20, -20, 90, -90], dtype=np.float32)


def _near(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.uniform(-6, 6, shape)


def _far(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.choice([1e4, -1e4, 9999, 1e3, -1e3, 89.5, -89.5, 104, 0, 1], shape)


def _edges(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.permutation(np.resize(_EDGES, shape))


def _probability(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.uniform(0.001, 0.999, shape)


def _certain(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.choice([0, 1, 1e-30, 0.5], shape)


def _label(rng: np.random.Generator, shape: Shape) -> Any:
    return rng.integers(0, 2, shape)


@dataclass(frozen=True)
class NetworkCase:
    """`ours(x, ...)` and `theirs(torch, x, ...)` get one tensor for each of `shapes`, made by the function in `draws`.

    The last of `draws` makes what is left.
    """

    name: str
    shapes: tuple[Shape, ...]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    draws: tuple[Draw, ...] = (_near,)

    def inputs(self, seed: int) -> list[Array]:
        """Draw float32 inputs; one seed gives one set."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        draws = [self.draws[min(number, len(self.draws) - 1)] for number in range(len(self.shapes))]
        return [np.asarray(draw(rng, shape), np.float32) for draw, shape in zip(draws, self.shapes, strict=True)]

    def torch_answer(self, torch: Any, inputs: list[Array]) -> Array:
        """Return PyTorch's answer."""
        answer = self.theirs(torch, *(torch.from_numpy(array.copy()) for array in inputs))
        assert answer.dtype == torch.float32, self.name
        return np.asarray(answer.numpy())


def _activations() -> list[NetworkCase]:
    functions: dict[str, tuple[Any, Callable[..., Any]]] = {
        "relu": (tt.ReLU(), lambda torch, x: torch.relu(x)),
        "sigmoid": (tt.Sigmoid(), lambda torch, x: torch.sigmoid(x)),
        "tanh": (tt.Tanh(), lambda torch, x: torch.tanh(x)),
        "gelu": (tt.GELU(), lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh")),
    }
    inputs: dict[str, tuple[Shape, Draw]] = {
        "near": ((5, 7), _near), "far": ((4, 5), _far), "edges": ((20,), _edges), "one": ((), _near),
        "none": ((2, 0), _near),
    }  # fmt: skip
    return [
        NetworkCase(f"{name}, {kind}", (shape,), ours, theirs, (draw,))
        for name, (ours, theirs) in functions.items()
        for kind, (shape, draw) in inputs.items()
    ]


def _along_axes() -> list[NetworkCase]:
    inputs: list[tuple[Shape, int, Draw]] = [
        *(((2, 3, 4), dim, draw) for dim in (0, 1, -1, -2) for draw in (_near, _far)),
        ((5,), 0, _near), ((20,), -1, _edges), ((1, 1), 1, _far), ((0, 3), 1, _near), ((3, 0), 1, _near),
    ]  # fmt: skip
    makers: dict[str, tuple[Callable[[int], Any], Callable[..., Any]]] = {
        "softmax": (tt.Softmax, lambda torch, x, dim: torch.softmax(x, dim)),
        "LogSoftmax": (tt.LogSoftmax, lambda torch, x, dim: torch.log_softmax(x, dim)),
        "log_softmax": (
            lambda dim: lambda x: tt.log_softmax(x, dim=dim),
            lambda torch, x, dim: torch.log_softmax(x, dim),
        ),
    }
    return [
        NetworkCase(
            f"{name} of {shape} along {dim}, {draw.__name__[1:]}",
            (shape,),
            make(dim),
            lambda torch, x, theirs=theirs, dim=dim: theirs(torch, x, dim),
            (draw,),
        )
        for name, (make, theirs) in makers.items()
        for shape, dim, draw in inputs
    ]


def _linear(x: tt.Tensor, weight: tt.Tensor, bias: tt.Tensor | None = None) -> tt.Tensor:
    layer = tt.Linear(*weight.shape, bias=bias is not None)
    layer.weight, layer.bias = weight, bias
    return layer(x)


def _torch_linear(torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return torch.nn.functional.linear(x, weight.T, bias)


def _layers() -> list[NetworkCase]:
    leading: list[Shape] = [(), (5,), (2, 3), (0,)]
    cases = [
        NetworkCase(f"linear of {(*first, 4)}", ((*first, 4), (4, 3), (3,)), _linear, _torch_linear)
        for first in leading
    ]
    cases.append(NetworkCase("linear without bias", ((5, 4), (4, 3)), _linear, _torch_linear))
    cases.append(
        NetworkCase(
            "two layers",
            ((5, 4), (4, 3), (3,)),
            lambda x, w, b: tt.Sequential([lambda x: _linear(x, w, b), tt.GELU(), tt.Dropout(0.5).eval()])(x),
            lambda torch, x, w, b: torch.nn.functional.gelu(_torch_linear(torch, x, w, b), approximate="tanh"),
        )
    )
    return cases


def _targets(shape: Shape, classes: int) -> Array:
    return np.asarray(np.random.default_rng(3).integers(0, classes, shape))


def _entropy(shape: Shape, draw: Draw) -> NetworkCase:
    targets = _targets(shape[:-1], shape[-1])
    return NetworkCase(
        f"cross-entropy of {shape}, {draw.__name__[1:]}",
        (shape,),
        lambda x: tt.CrossEntropyLoss()(x, targets),
        # PyTorch wants the classes on axis 1.
        lambda torch, x: torch.nn.functional.cross_entropy(x.movedim(-1, 1), torch.from_numpy(targets)),
        (draw,),
    )


def _entropies() -> list[NetworkCase]:
    shapes: list[Shape] = [(6, 4), (1, 1), (2, 5, 3), (3, 1, 2)]
    return [_entropy(shape, draw) for shape in shapes for draw in (_near, _far)]


def _pairs() -> list[NetworkCase]:
    cases = []
    for shape in ((7,), (3, 4), (2, 1, 3), ()):
        cases.append(
            NetworkCase(
                f"mean of squares of {shape}",
                (shape, shape),
                tt.MSELoss(),
                lambda torch, x, y: torch.nn.functional.mse_loss(x, y),
            )
        )
        cases.extend(
            NetworkCase(
                f"binary cross-entropy of {shape}, {draw.__name__[1:]}",
                (shape, shape),
                tt.BinaryCrossEntropyLoss(),
                lambda torch, p, t: torch.nn.functional.binary_cross_entropy(p, t),
                (draw, _label),
            )
            for draw in (_probability, _certain)
        )
    return cases


NETWORK_CASES: list[NetworkCase] = [*_activations(), *_along_axes(), *_layers(), *_entropies(), *_pairs()]
