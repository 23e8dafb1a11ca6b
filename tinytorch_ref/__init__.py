"""The reference: an independent, vectorised NumPy implementation of the student package, and the graders'
oracle.

It has the names of `tinytorch` and none of its code. Public names of all modules are here flat:
`tinytorch_ref.Tensor`.
"""

from __future__ import annotations

from tinytorch_ref.core.setup import array_bytes, environment, generator, manual_seed, meets, parse_version
from tinytorch_ref.core.tensor import Tensor, dispatch, ones, randn, zeros

__all__ = [
    "Tensor",
    "array_bytes",
    "dispatch",
    "environment",
    "generator",
    "manual_seed",
    "meets",
    "ones",
    "parse_version",
    "randn",
    "zeros",
]
