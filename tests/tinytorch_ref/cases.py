"""What is compared with PyTorch: one expression, written once for the reference and once for PyTorch.

PyTorch is used through the methods of its tensors alone, so this file needs no torch.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Expression = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """`ours` and `theirs` get one tensor for each of `shapes`; `special` mixes in 0, infinities and NaN."""

    name: str
    shapes: tuple[Shape, ...]
    ours: Expression
    theirs: Expression
    special: bool = False

    def inputs(self, seed: int) -> list[np.ndarray[Any, Any]]:
        """Draw float32 inputs; one seed gives one set."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        arrays = [np.asarray(rng.uniform(-3, 3, shape), dtype=np.float32) for shape in self.shapes]
        if self.special:
            edges = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1, -1], dtype=np.float32)
            for array in arrays:
                array[rng.random(array.shape) < 0.6] = rng.choice(edges)
                array.flat[: edges.size] = rng.permutation(edges)[: array.size]
        return arrays


def _same(name: str, *shapes: Shape, special: bool = False) -> Callable[[Expression], Case]:
    return lambda expression: Case(name, shapes, expression, expression, special)


def _binary() -> list[Case]:
    expressions: dict[str, Expression] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "pow": lambda x, y: x**y,
    }
    shapes: list[tuple[Shape, Shape]] = [
        ((2, 3), (2, 3)),
        ((2, 1, 3), (4, 1)),
        ((), (2, 2)),
        ((0, 3), (1, 3)),
    ]
    cases = [_same(f"{name} {x} {y}", x, y)(fn) for name, fn in expressions.items() for x, y in shapes]
    return cases + [_same(f"{name} of edge values", (14,), (14,), special=True)(fn) for name, fn in expressions.items()]


def _scalar() -> list[Case]:
    expressions: dict[str, Expression] = {
        "x + 2.5": lambda x: x + 2.5,
        "2.5 - x": lambda x: 2.5 - x,
        "x - 2.5": lambda x: x - 2.5,
        "-3 * x": lambda x: -3 * x,
        "2 / x": lambda x: 2 / x,
        "x / 3": lambda x: x / 3,
        "x ** 2": lambda x: x**2,
        "x ** 0.5": lambda x: x**0.5,
        "x ** -1": lambda x: x**-1,
        "2 ** x": lambda x: 2**x,
        "-x": lambda x: -x,
    }
    return [_same(name, (3, 4))(fn) for name, fn in expressions.items()]


def _unary() -> list[Case]:
    return [
        _same(f"{name}{' of edge values' if special else ''}", (14,), special=special)(
            lambda x, name=name: getattr(x, name)()
        )
        for name in ("exp", "log", "sqrt")
        for special in (False, True)
    ]


def _matmul() -> list[Case]:
    shapes: list[tuple[Shape, Shape]] = [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
        ((5, 1, 2, 3), (2, 3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 3)),
    ]  # fmt: skip
    return [_same(f"matmul {x} {y}", x, y)(lambda x, y: x @ y) for x, y in shapes]


def _reductions() -> list[Case]:
    cases = []
    for keep in (False, True):
        for axis in (0, 1, -1, (0, 2), (-1, 0)):
            for name in ("sum", "mean", "max"):
                theirs = "amax" if name == "max" else name
                cases.append(
                    Case(
                        f"{name}(axis={axis}, keepdims={keep})",
                        ((2, 3, 4),),
                        lambda x, n=name, a=axis, k=keep: getattr(x, n)(axis=a, keepdims=k),
                        lambda x, n=theirs, a=axis, k=keep: getattr(x, n)(dim=a, keepdim=k),
                    )
                )
    for name in ("sum", "mean", "max"):
        cases.append(_same(f"{name} of all", (2, 3, 4))(lambda x, n=name: getattr(x, n)()))
        cases.append(_same(f"{name} of edge values", (14,), special=True)(lambda x, n=name: getattr(x, n)()))
    cases.extend(
        Case(
            f"{name} of nothing",
            ((2, 0, 3),),
            lambda x, n=name: getattr(x, n)(axis=1),
            lambda x, n=name: getattr(x, n)(dim=1),
        )
        for name in ("sum", "mean")
    )
    return cases


def _shaping() -> list[Case]:
    return [
        _same("reshape (6,)", (2, 3))(lambda x: x.reshape(6)),
        _same("reshape (3, -1)", (2, 3, 2))(lambda x: x.reshape(3, -1)),
        _same("reshape ()", (1, 1))(lambda x: x.reshape(())),
        _same("reshape of a transposed tensor", (2, 3, 4))(lambda x: x.transpose(0, 2).reshape(6, 4)),
        _same("transpose(0, 2)", (2, 3, 4))(lambda x: x.transpose(0, 2)),
        _same("transpose(-1, -3)", (2, 3, 4))(lambda x: x.transpose(-1, -3)),
        Case("transpose()", ((2, 3, 4),), lambda x: x.transpose(), lambda x: x.transpose(-2, -1)),
        _same("T", (2, 3))(lambda x: x.T),
        _same("permute(2, 0, 1)", (2, 3, 4))(lambda x: x.permute(2, 0, 1)),
        _same("permute(-1, 0, 1)", (2, 3, 4))(lambda x: x.permute(-1, 0, 1)),
        _same("permute((1, 0))", (2, 3))(lambda x: x.permute((1, 0))),
    ]


def _indexing() -> list[Case]:
    mask = np.array([[True, False, True], [False, False, True]])
    return [
        _same("x[1]", (3, 4))(lambda x: x[1]),
        _same("x[-1, 2]", (3, 4))(lambda x: x[-1, 2]),
        _same("x[1:, ::2]", (3, 4))(lambda x: x[1:, ::2]),
        _same("x[..., 0]", (2, 3, 4))(lambda x: x[..., 0]),
        _same("x[:, None]", (2, 3))(lambda x: x[:, None]),
        _same("x[[2, 0, 0]]", (3, 2))(lambda x: x[[2, 0, 0]]),
        _same("x[rows, columns]", (3, 4))(lambda x: x[[0, 2], [1, 3]]),
        _same("x[mask]", (2, 3))(lambda x: x[mask]),
        _same("x[5:]", (3, 2))(lambda x: x[5:]),
    ]


def _comparisons() -> list[Case]:
    return [
        Case(
            f"{name}{' of edge values' if special else ''}",
            ((14,), (14,)),
            fn,
            lambda x, y, fn=fn: fn(x, y).float(),
            special,
        )
        for name, fn in (("greater", lambda x, y: x > y), ("less", lambda x, y: x < y))
        for special in (False, True)
    ]


CASES: list[Case] = [
    *_binary(), *_scalar(), *_unary(), *_matmul(), *_reductions(), *_shaping(), *_indexing(), *_comparisons(),
]  # fmt: skip
