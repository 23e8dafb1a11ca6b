"""Everything in place: zeros from the beginning, one array for each memory, written into by every step."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

import numpy as np
from tinytorch.core.tensor import Tensor


def positive(name, value, below=None):
    if value < 0 or (below is not None and value >= below):
        raise ValueError(f"{name} = {value} is out of range")
    return value


class Optimizer:
    slots = ()
    fields = ()

    def __init__(self, params):
        if type(params) is Tensor:
            raise TypeError(f"a tensor of shape {params.shape} is no list of tensors")
        self.parameters = [*params]
        if len(self.parameters) == 0:
            raise ValueError("no parameters")
        for p in self.parameters:
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(p)} of shape {np.shape(p)} is no tensor")
        self.counts = [0] * len(self.parameters)
        self.memory = {slot: [np.zeros(p.shape, dtype=np.float32) for p in self.parameters] for slot in self.slots}

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is None:
                continue
            g = np.array(p.grad if isinstance(p.grad, np.ndarray) else p.grad.data, dtype=np.float32)
            self.counts[i] += 1
            self.update(i, p.data, g, self.counts[i])

    def state_dict(self):
        held = {slot: [array.copy() for array in arrays] for slot, arrays in self.memory.items()}
        return {
            "counts": list(self.counts),
            "memory": held,
            "fields": {name: getattr(self, name) for name in self.fields},
        }

    def load_state_dict(self, state):
        if len(state["counts"]) != len(self.parameters):
            raise ValueError(f"{len(state['counts'])} parameters in the state, {len(self.parameters)} here")
        for slot, arrays in self.memory.items():
            for mine, theirs in zip(arrays, state["memory"][slot], strict=True):
                mine[...] = theirs
        self.counts[:] = state["counts"]
        for name, value in state["fields"].items():
            setattr(self, name, value)


class SGD(Optimizer):
    slots = ("velocity",)
    fields = ("lr", "momentum", "weight_decay")

    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params)
        self.lr, self.momentum = positive("lr", lr), positive("momentum", momentum)
        self.weight_decay = positive("weight_decay", weight_decay)

    def update(self, i, data, g, t):
        g += self.weight_decay * data
        velocity = self.memory["velocity"][i]
        velocity *= self.momentum
        velocity += g
        data -= self.lr * velocity


class Adam(Optimizer):
    slots = ("m", "v")
    fields = ("lr", "betas", "eps", "weight_decay")
    coupled = True

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params)
        self.lr, self.eps, self.weight_decay = positive("lr", lr), positive("eps", eps), positive("decay", weight_decay)
        self.betas = tuple(positive("beta", beta, below=1) for beta in betas)

    def update(self, i, data, g, t):
        one, two = self.betas
        if self.coupled:
            g += self.weight_decay * data
        else:
            data *= 1 - self.lr * self.weight_decay
        m, v = self.memory["m"][i], self.memory["v"][i]
        m *= one
        m += (1 - one) * g
        v *= two
        g *= g
        v += (1 - two) * g
        root = np.asarray(np.sqrt(v / (1 - two**t)))
        root += self.eps
        data -= self.lr / (1 - one**t) * (m / root)


class AdamW(Adam):
    coupled = False

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)


class RMSprop(Optimizer):
    slots = ("square", "velocity")
    fields = ("lr", "alpha", "eps", "weight_decay", "momentum")

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        super().__init__(params)
        self.lr, self.alpha, self.eps = positive("lr", lr), positive("alpha", alpha), positive("eps", eps)
        self.weight_decay, self.momentum = positive("decay", weight_decay), positive("momentum", momentum)

    def update(self, i, data, g, t):
        g += self.weight_decay * data
        square, velocity = self.memory["square"][i], self.memory["velocity"][i]
        square *= self.alpha
        square += (1 - self.alpha) * g * g
        velocity *= self.momentum
        velocity += g / (np.sqrt(square) + self.eps)
        data -= self.lr * velocity
