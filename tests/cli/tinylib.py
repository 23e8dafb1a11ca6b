"""A whole library of modules 00 to 07 in few lines, as a student's finished notebooks: enough to train a network."""

from __future__ import annotations

import json
from pathlib import Path

from tito.course.checkpoints import MODULES, checkpoint_of
from tito.course.config import Course, load_course

SETUP = """
import numpy as np
chance = np.random.default_rng(0)
def manual_seed(seed):
    global chance
    chance = np.random.default_rng(seed)
def generator():
    return chance
"""
TENSOR = """
import numpy as np
class Tensor:
    def __init__(self, data, before=(), back=None):
        self.data = np.asarray(data, dtype=np.float32)
        self.grad, self.before, self.back = None, before, back
    def backward(self, gradient=1.0):
        self.grad = gradient
        if self.back is not None:
            for tensor, part in zip(self.before, self.back(gradient)):
                tensor.backward(part)
"""
ACTIVATIONS = """
import numpy as np
from tinytorch.core.tensor import Tensor
class ReLU:
    def __call__(self, x):
        return Tensor(np.maximum(x.data, 0), (x,), lambda g: (g * (x.data > 0),))
    def parameters(self):
        return []
"""
LAYERS = """
import numpy as np
from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor
class Linear:
    def __init__(self, n, m):
        self.weight = Tensor(generator().standard_normal((n, m)) * (2 / n) ** 0.5)
        self.bias = Tensor(np.zeros(m))
    def __call__(self, x):
        back = lambda g: (g @ self.weight.data.T, x.data.T @ g, g.sum(axis=0))
        return Tensor(x.data @ self.weight.data + self.bias.data, (x, self.weight, self.bias), back)
    def parameters(self):
        return [self.weight, self.bias]
class Sequential:
    def __init__(self, *layers):
        self.layers = layers
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]
    def train(self): pass
    def eval(self): pass
"""
LOSSES = """
import numpy as np
from tinytorch.core.tensor import Tensor
class CrossEntropyLoss:
    def __call__(self, x, y):
        p = np.exp(x.data - x.data.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        right = np.zeros_like(p)
        right[rows, y] = 1
        return Tensor(-np.log(p[rows, y]).mean(), (x,), lambda g: ((p - right) * g / len(y),))
"""
AUTOGRAD = """
import contextlib
no_grad = contextlib.nullcontext
"""
OPTIMIZERS = """
import numpy as np
class AdamW:
    def __init__(self, params, lr=0.001, weight_decay=0.01):
        self.params, self.lr, self.weight_decay, self.t = list(params), lr, weight_decay, 0
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)
    def step(self):
        self.t += 1
        for k, p in enumerate(self.params):
            self.m[k] = 0.9 * self.m[k] + 0.1 * p.grad
            self.v[k] = 0.999 * self.v[k] + 0.001 * p.grad ** 2
            m, v = self.m[k] / (1 - 0.9 ** self.t), self.v[k] / (1 - 0.999 ** self.t)
            p.data = p.data * (1 - self.lr * self.weight_decay) - self.lr * m / (np.sqrt(v) + 1e-8)
"""
SCHEDULE = """
import math
class CosineSchedule:
    def __init__(self, high, low, total):
        self.high, self.low, self.total = high, low, total
    def get_lr(self, epoch):
        return self.low + (self.high - self.low) * (1 + math.cos(math.pi * epoch / self.total)) / 2
"""
TRAINER = """
class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model, self.optimizer, self.loss_fn, self.scheduler = model, optimizer, loss_fn, scheduler
    def fit(self, loader, epochs, validation=None):
        for epoch in range(epochs):
            self.optimizer.lr = self.scheduler.get_lr(epoch)
            for x, y in loader:
                self.loss_fn(self.model(x), y).backward()
                self.optimizer.step()
"""

Steps = dict[str, str]
LIBRARY: dict[int, Steps] = {
    0: {"seed": SETUP},
    1: {"tensor": TENSOR},
    2: {"relu": ACTIVATIONS},
    3: {"layers": LAYERS},
    4: {"cross-entropy": LOSSES},
    5: {"no-grad": AUTOGRAD},
    6: {"adamw": OPTIMIZERS},
    7: {"cosine": SCHEDULE, "fit": TRAINER},
}


def write_library(root: Path, without: tuple[int, ...] = (), **changed: str) -> Course:
    """Write a course's folder with a student's notebooks in assignments/; `changed` replaces cells by grade_id."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "course_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "tiny"\n')
    for number, steps in LIBRARY.items():
        module = MODULES[number]
        folder = root / "assignments" / checkpoint_of(module).slug
        if number not in without:
            folder.mkdir(parents=True, exist_ok=True)
            cells = [_cell(name, changed.get(name.replace("-", "_"), source)) for name, source in steps.items()]
            content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            content["cells"][0]["source"] = f"#| default_exp {module.export}\n" + content["cells"][0]["source"]
            (folder / f"{module.slug}.ipynb").write_text(json.dumps(content))
    return load_course(root)


def _cell(name: str, source: str) -> dict[str, object]:
    grade = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": True, "task": False}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"nbgrader": grade},
        "outputs": [],
        "source": f"#| export{source}",
    }
