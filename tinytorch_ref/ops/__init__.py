"""Forward functions on float32 arrays. Importing this package enters all of them in the registry."""

from __future__ import annotations

from tinytorch_ref.ops import activations, elementwise, indexing, losses, products, reductions, shaping
from tinytorch_ref.ops.registry import Operation, find_operation, operation, operation_names, vjp

__all__ = [
    "Operation",
    "activations",
    "elementwise",
    "find_operation",
    "indexing",
    "losses",
    "operation",
    "operation_names",
    "products",
    "reductions",
    "shaping",
    "vjp",
]
