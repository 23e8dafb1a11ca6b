"""Pure functions of (values, gradient, memory, settings), in double precision; states are nested lists of numbers."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

import math

import numpy as np
from tinytorch.core.tensor import Tensor


def rolled(push, memory, momentum):
    velocity = push if "velocity" not in memory else momentum * memory["velocity"] + push
    return velocity, {**memory, "velocity": velocity}


def sgd(w, g, memory, *, lr, momentum, weight_decay):
    velocity, memory = rolled(g + weight_decay * w, memory, momentum)
    return w - lr * velocity, memory


def adam(w, g, memory, *, lr, betas, eps, weight_decay, decoupled=False):
    (b1, b2), t = betas, memory.get("t", 0) + 1
    if not decoupled:
        g = g + weight_decay * w
    m = b1 * memory.get("m", 0.0) + (1 - b1) * g
    v = b2 * memory.get("v", 0.0) + (1 - b2) * g * g
    step = (m / (1 - math.pow(b1, t))) / (np.sqrt(v / (1 - math.pow(b2, t))) + eps)
    rest = w - lr * weight_decay * w if decoupled else w
    return rest - lr * step, {"t": t, "m": m, "v": v}


def adamw(w, g, memory, **settings):
    return adam(w, g, memory, decoupled=True, **settings)


def rmsprop(w, g, memory, *, lr, alpha, eps, weight_decay, momentum):
    g = g + weight_decay * w
    square = alpha * memory.get("square", 0.0) + (1 - alpha) * g**2
    velocity, memory = rolled(g / (np.sqrt(square) + eps), memory, momentum)
    return w - lr * velocity, {**memory, "square": square}


def wide(value):
    value = value.data if isinstance(value, Tensor) else value
    return np.asarray(value, dtype=np.float64)


class Optimizer:
    rule = None

    def __init__(self, params, **settings):
        tensors = list(params) if not isinstance(params, Tensor) else None
        if not tensors:
            shape = params.shape if tensors is None else "()"
            raise ValueError(f"an optimizer needs a list of one tensor at least, got shape {shape}")
        strange = [np.shape(each) for each in tensors if not isinstance(each, Tensor)]
        if strange:
            raise ValueError(f"only tensors can be parameters; these are none, by their shapes: {strange}")
        for name, value in settings.items():
            low, high = (min(value), max(value)) if name == "betas" else (value, value)
            if low < 0 or (name == "betas" and high >= 1):
                raise ValueError(f"{name} cannot be {value}")
        self.tensors, self.settings, self.memories = tensors, settings, [{} for _ in tensors]

    @property
    def lr(self):
        return self.settings["lr"]

    @lr.setter
    def lr(self, value):
        self.settings["lr"] = value

    def zero_grad(self):
        [each.zero_grad() for each in self.tensors]

    def step(self):
        moving = [number for number, each in enumerate(self.tensors) if each.grad is not None]
        rule = type(self).rule
        results = {
            number: rule(
                wide(self.tensors[number]), wide(self.tensors[number].grad), self.memories[number], **self.settings
            )
            for number in moving
        }
        for number, (values, memory) in results.items():
            self.tensors[number].data = np.array(values, dtype=np.float32)
            self.memories[number] = memory

    def state_dict(self):
        listed = [{name: np.asarray(each).tolist() for name, each in memory.items()} for memory in self.memories]
        return {"settings": dict(self.settings), "memories": listed}

    def load_state_dict(self, state):
        if len(state["memories"]) != len(self.tensors):
            raise ValueError("this state was made of another list of parameters")
        self.settings = dict(state["settings"])
        self.memories = [
            {name: each if name == "t" else np.array(each, dtype=np.float64) for name, each in memory.items()}
            for memory in state["memories"]
        ]


class SGD(Optimizer):
    rule = sgd

    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)


class Adam(Optimizer):
    rule = adam

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


class AdamW(Optimizer):
    rule = adamw

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


class RMSprop(Optimizer):
    rule = rmsprop

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        super().__init__(params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
