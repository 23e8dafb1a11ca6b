"""Memory in dictionaries by the id of a parameter; zero_grad leaves zeros."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

import numpy as np
from tinytorch.core.tensor import Tensor, as_array


class Optimizer:
    names = ()
    options = ()

    def __init__(self, params, **options):
        if isinstance(params, Tensor):
            raise TypeError(f"not a list of tensors: {params.shape}")
        params = tuple(params)
        if not all(isinstance(p, Tensor) for p in params):
            raise TypeError(f"not a list of tensors: {[getattr(p, 'shape', p) for p in params]}")
        if params == ():
            raise ValueError("an optimizer of nothing")
        for name, value in options.items():
            for number in value if name == "betas" else [value]:
                if number < 0 or (name in ("betas", "alpha") and number >= 1):
                    raise ValueError(f"{name}: {number}")
        self.params = params
        self.__dict__.update(options)
        self.options = sorted(options)
        self.known = {name: {} for name in ("steps", *self.names)}

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad = np.zeros(p.shape, dtype=np.float32)

    def recall(self, name, p):
        return self.known[name].get(id(p), np.zeros_like(p.data))

    def blend(self, name, p, new, share):
        self.known[name][id(p)] = share * self.recall(name, p) + (1 - share) * new
        return self.known[name][id(p)]

    def roll(self, p, push):
        self.known["velocity"][id(p)] = self.momentum * self.recall("velocity", p) + push
        return self.known["velocity"][id(p)]

    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data = np.asarray(self.next(p, as_array(p.grad)), dtype=np.float32)

    def state_dict(self):
        place = {id(p): number for number, p in enumerate(self.params)}
        known = {
            name: {place[key]: np.array(value) for key, value in values.items()} for name, values in self.known.items()
        }
        options = {name: getattr(self, name) for name in self.options}
        return {"known": known, "parameters": len(self.params), "options": options}

    def load_state_dict(self, state):
        if state["parameters"] != len(self.params):
            raise ValueError("the state belongs to another network")
        self.known = {
            name: {id(self.params[number]): value.copy() for number, value in values.items()}
            for name, values in state["known"].items()
        }
        self.__dict__.update(state["options"])


class SGD(Optimizer):
    names = ("velocity",)

    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def next(self, p, g):
        return p.data - self.lr * self.roll(p, g + self.weight_decay * p.data)


class Adam(Optimizer):
    names = ("first", "second")

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def next(self, p, g):
        return p.data - self.adapted(p, g + self.weight_decay * p.data)

    def adapted(self, p, g):
        b1, b2 = self.betas
        t = self.known["steps"][id(p)] = int(self.known["steps"].get(id(p), 0)) + 1
        m = self.blend("first", p, g, b1) / (1 - b1**t)
        v = self.blend("second", p, np.square(g), b2) / (1 - b2**t)
        return self.lr * m / (v**0.5 + self.eps)


class AdamW(Adam):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    def next(self, p, g):
        return p.data - self.lr * self.weight_decay * p.data - self.adapted(p, g)


class RMSprop(Optimizer):
    names = ("velocity", "mean_square")

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        super().__init__(params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)

    def next(self, p, g):
        g = g + self.weight_decay * p.data
        size = self.blend("mean_square", p, g * g, self.alpha) ** 0.5
        return p.data - self.lr * self.roll(p, g / (size + self.eps))
