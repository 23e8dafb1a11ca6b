"""The reference: an independent, vectorised NumPy implementation of the student package, and the graders'
oracle.

It has the names of `tinytorch` and none of its code. Public names of all modules are here flat:
`tinytorch_ref.Tensor`.
"""

from __future__ import annotations

from tinytorch_ref.core.activations import GELU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinytorch_ref.core.autograd import Function, gradcheck, no_grad
from tinytorch_ref.core.layers import Dropout, Layer, Linear, Sequential
from tinytorch_ref.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, MSELoss, log_softmax
from tinytorch_ref.core.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from tinytorch_ref.core.setup import array_bytes, environment, generator, manual_seed, meets, parse_version
from tinytorch_ref.core.tensor import Tensor, dispatch, ones, randn, zeros
from tinytorch_ref.core.training import CosineSchedule, Trainer, clip_grad_norm

__all__ = [
    "GELU",
    "SGD",
    "Adam",
    "AdamW",
    "BinaryCrossEntropyLoss",
    "CosineSchedule",
    "CrossEntropyLoss",
    "Dropout",
    "Function",
    "Layer",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Optimizer",
    "RMSprop",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Tensor",
    "Trainer",
    "array_bytes",
    "clip_grad_norm",
    "dispatch",
    "environment",
    "generator",
    "gradcheck",
    "log_softmax",
    "manual_seed",
    "meets",
    "no_grad",
    "ones",
    "parse_version",
    "randn",
    "zeros",
]
