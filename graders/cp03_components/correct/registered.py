"""A layer notices parameters and layers when they are set, as PyTorch's modules do; Xavier's normal weights."""

# ruff: noqa: D101, D102 -- written as students write, without docstrings

from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor, randn, zeros


class Layer:
    def __new__(cls, *_args, **_kwargs):
        layer = super().__new__(cls)
        object.__setattr__(layer, "_own", {})
        object.__setattr__(layer, "_inner", {})
        object.__setattr__(layer, "training", True)
        return layer

    def __setattr__(self, name, value):
        if isinstance(value, Tensor) and value.requires_grad:
            self._own[name] = value
        elif hasattr(value, "forward"):
            self._inner[name] = value
        object.__setattr__(self, name, value)

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)

    def parameters(self):
        return [*self._own.values(), *(p for inner in self._inner.values() for p in inner.parameters())]

    def train(self, mode=True):
        self.training = mode
        for inner in self._inner.values():
            if isinstance(inner, Layer):
                inner.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Linear(Layer):
    def __init__(self, in_features, out_features, bias=True):
        if min(in_features, out_features) < 1:
            raise ValueError(f"a layer from {in_features} to {out_features} makes no sense")
        spread = (2 / (in_features + out_features)) ** 0.5
        self.weight = Tensor(randn(in_features, out_features) * spread, requires_grad=True)
        self.bias = zeros(out_features, requires_grad=True) if bias else None

    def forward(self, x):
        y = x.matmul(self.weight)
        if self.bias is not None:
            y = y + self.bias
        return y


class Dropout(Layer):
    def __init__(self, p=0.5):
        if p > 1 or p < 0:
            raise ValueError(f"the share that is dropped lies within 0 and 1, got {p}")
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        if self.p == 1:
            return x * 0
        return x * Tensor(generator().uniform(size=x.shape) > self.p) / (1 - self.p)


class Sequential(Layer):
    def __init__(self, *layers):
        if layers and isinstance(layers[0], list | tuple):
            (layers,) = layers
        for number, layer in enumerate(layers):
            setattr(self, f"layer{number}", layer)

    def forward(self, x):
        value = x
        for layer in self._inner.values():
            value = layer.forward(value)
        return value
