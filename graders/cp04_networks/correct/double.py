"""One function of float64 arrays for each loss; a class is made around it."""

import numpy as np
from tinytorch.core.tensor import Tensor


def _wide(value):
    return np.asarray(value.data if isinstance(value, Tensor) else value, dtype=np.float64)


def _log_softmax(x, axis):
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} of shape {x.shape}")
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


def _mse(p, t):
    if np.shape(p) != np.shape(t):
        raise ValueError(f"{np.shape(p)} is not {np.shape(t)}")
    return np.square(p - t).mean()


def _cross_entropy(logits, t):
    rows = logits.reshape(-1, logits.shape[-1])
    if t.ndim != logits.ndim - 1 or any(a != b for a, b in zip(t.shape, logits.shape, strict=False)):
        raise ValueError(f"targets of shape {t.shape} for logits of shape {logits.shape}")
    if (t % 1).any() or (t < 0).any() or (t > logits.shape[-1] - 1).any():
        raise ValueError(f"targets from {t.min()} to {t.max()} for {logits.shape[-1]} classes")
    picked = _log_softmax(rows, 1)[range(len(rows)), t.astype(int).ravel()]
    return -np.average(picked)


def _binary(p, t):
    if np.shape(p) != np.shape(t):
        raise ValueError(f"{np.shape(p)} is not {np.shape(t)}")
    if np.size(p) and (p.min() < 0 or p.max() > 1):
        raise ValueError(f"from {p.min()} to {p.max()}: no probabilities")
    safe = np.clip(p, 1e-12, 1 - 1e-12)
    return -np.mean(np.log(safe) * t + np.log1p(-safe) * (1 - t))


def _loss(function):
    class Made:
        def __call__(self, predictions, targets):
            return Tensor(function(_wide(predictions), _wide(targets)))

        forward = __call__

    return Made


def log_softmax(x, dim=-1):
    return Tensor(_log_softmax(_wide(x), dim))


MSELoss = _loss(_mse)
CrossEntropyLoss = _loss(_cross_entropy)
BinaryCrossEntropyLoss = _loss(_binary)
