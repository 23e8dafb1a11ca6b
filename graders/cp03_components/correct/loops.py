"""Layers with loops, each with its own `parameters`, `train` and `eval`; 1 / in as the variance of the weights."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

import math

import numpy as np
from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor


class Layer:
    def __init__(self):
        self.mode = "train"

    def forward(self, x):
        raise NotImplementedError

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        return []

    def train(self):
        self.mode = "train"

    def eval(self):
        self.mode = "eval"


class Linear(Layer):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        for size in (in_features, out_features):
            if not isinstance(size, int):
                raise TypeError(f"sizes of a layer are integers, got {in_features} and {out_features}")
            if size <= 0:
                raise ValueError(f"sizes of a layer are positive, got {in_features} and {out_features}")
        spread = 1 / math.sqrt(in_features)
        rows = [[generator().normal(0, spread) for _ in range(out_features)] for _ in range(in_features)]
        self.weight = Tensor(rows, requires_grad=True)
        self.bias = None
        if bias:
            self.bias = Tensor([0.0] * out_features, requires_grad=True)

    def forward(self, x):
        if len(x.shape) == 0 or x.shape[-1] != self.weight.shape[0]:
            raise ValueError(f"cannot multiply {x.shape} by weights of shape {self.weight.shape}")
        values, weight = x.data, self.weight.data
        out = np.zeros((*x.shape[:-1], weight.shape[1]))
        for index in np.ndindex(*x.shape[:-1]):
            for column in range(weight.shape[1]):
                total = 0.0
                for row in range(weight.shape[0]):
                    total += float(values[(*index, row)]) * float(weight[row, column])
                if self.bias is not None:
                    total += float(self.bias.data[column])
                out[(*index, column)] = total
        return Tensor(out)

    def parameters(self):
        if self.bias is None:
            return [self.weight]
        return [self.weight, self.bias]


class Dropout(Layer):
    def __init__(self, p=0.5):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"p = {p} is no probability")
        self.p = p

    def forward(self, x):
        if self.mode == "eval":
            return Tensor(x.data)
        out = np.zeros(x.shape)
        for index in np.ndindex(*x.shape):
            if generator().random() >= self.p:
                out[index] = x.data[index] / (1 - self.p)
        return Tensor(out)


class Sequential(Layer):
    def __init__(self, *layers):
        super().__init__()
        self.children = []
        for layer in layers:
            if isinstance(layer, list):
                self.children += layer
            else:
                self.children.append(layer)

    def forward(self, x):
        for child in self.children:
            x = child(x)
        return x

    def parameters(self):
        found = []
        for child in self.children:
            found += child.parameters()
        return found

    def train(self):
        for child in self.children:
            if isinstance(child, Layer):
                child.train()

    def eval(self):
        for child in self.children:
            if isinstance(child, Layer):
                child.eval()
