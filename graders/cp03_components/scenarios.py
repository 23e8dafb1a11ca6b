"""What the layers of module 03 are asked to do: in the sandbox on the student's package, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists. Weights are given by
assignment to `.data`, as optimizers will do it.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _linear(tt: Any, weight: Any, bias: Any) -> Any:
    """Make a Linear with these weights; without a bias where it is None."""
    layer = tt.Linear(weight.shape[0], weight.shape[1], bias=bias is not None)
    layer.weight.data = weight
    if bias is not None:
        layer.bias.data = bias
    return layer


# Layers of one's own.


def own_layer(tt: Any, x: Any, factor: float) -> Any:
    class Scale(tt.Layer):
        def forward(self, x: Any) -> Any:
            return x * factor

    layer = Scale()
    return [layer(tt.Tensor(x)).data, layer.forward(tt.Tensor(x)).data, list(layer.parameters())]


def own_layer_in_modes(tt: Any, x: Any) -> Any:
    class Less(tt.Layer):
        def forward(self, x: Any) -> Any:
            return x - 1

    first, second = Less(), Less()
    first.eval()
    used = first(tt.Tensor(x)).data
    first.train()
    return [used, first(tt.Tensor(x)).data, second(tt.Tensor(x)).data, list(first.parameters())]


def own_dropout(tt: Any, x: Any) -> Any:
    class Louder(tt.Dropout):
        def forward(self, x: Any) -> Any:
            return super().forward(x) * 3

    layer = Louder(0.5)
    layer.eval()
    used = layer(tt.Tensor(x)).data
    layer.train()
    return [used, layer(tt.Tensor(x)).data]


# Linear.


def made(tt: Any, inputs: int, outputs: int) -> Any:
    layer = tt.Linear(inputs, outputs)
    return [
        layer.weight.shape,
        layer.bias.shape,
        layer.weight.data.dtype.name,
        layer.bias.data.dtype.name,
        layer.weight.requires_grad,
        layer.bias.requires_grad,
    ]


def made_without_bias(tt: Any, inputs: int, outputs: int) -> Any:
    layer = tt.Linear(inputs, outputs, bias=False)
    listed = layer.parameters()
    return [layer.bias, layer.weight.shape, [p is layer.weight for p in listed]]


def own_parameters(tt: Any, inputs: int, outputs: int) -> Any:
    layer = tt.Linear(inputs, outputs)
    listed = layer.parameters()
    return [len(listed), any(p is layer.weight for p in listed), any(p is layer.bias for p in listed)]


def first_weights(tt: Any, seed: int, inputs: int, outputs: int) -> Any:
    tt.manual_seed(seed)
    return tt.Linear(inputs, outputs).weight.data


def first_weights_again(tt: Any, seed: int, other: int, inputs: int, outputs: int) -> Any:
    tt.manual_seed(seed)
    first, second = tt.Linear(inputs, outputs), tt.Linear(inputs, outputs)
    tt.manual_seed(other)
    elsewhere = tt.Linear(inputs, outputs)
    tt.manual_seed(seed)
    again = tt.Linear(inputs, outputs)
    return [first.weight.data, second.weight.data, elsewhere.weight.data, again.weight.data]


def generator_afterwards(tt: Any, seed: int, inputs: int, outputs: int) -> Any:
    tt.manual_seed(seed)
    alone = tt.generator().random(4)
    tt.manual_seed(seed)
    tt.Linear(inputs, outputs)
    return [alone, tt.generator().random(4)]


def linear(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _linear(tt, weight, bias)(tt.Tensor(x)).data


def linear_forward(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    result = _linear(tt, weight, bias).forward(tt.Tensor(x))
    return [result.shape, result.data.dtype.name, (result * 2).data]


def linear_in_modes(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    layer = _linear(tt, weight, bias)
    layer.eval()
    used = layer(tt.Tensor(x)).data
    layer.train()
    return [used, layer(tt.Tensor(x)).data]


def linear_afterwards(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    layer, tensor = _linear(tt, weight, bias), tt.Tensor(x)
    layer(tensor)
    layer(tensor)
    return [tensor.data, layer.weight.data, layer.bias.data, layer(tensor).data]


def linear_of_new_weights(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    """Compute, then change what `parameters()` hands out, as an optimizer does, and compute again."""
    layer = tt.Linear(weight.shape[0], weight.shape[1])
    layer(tt.Tensor(x))
    for parameter in layer.parameters():
        parameter.data = weight if len(parameter.shape) == 2 else bias
    return layer(tt.Tensor(x)).data


def linear_of_shape(tt: Any, x: Any, inputs: int, outputs: int) -> Any:
    return tt.Linear(inputs, outputs)(tt.Tensor(x)).data


def linear_of_sizes(tt: Any, inputs: Any, outputs: Any) -> Any:
    return tt.Linear(inputs, outputs).weight.data


# Dropout.


def dropped(tt: Any, seed: int, p: float, x: Any) -> Any:
    tt.manual_seed(seed)
    return tt.Dropout(p)(tt.Tensor(x)).data


def dropped_by_default(tt: Any, seed: int, x: Any) -> Any:
    tt.manual_seed(seed)
    return tt.Dropout()(tt.Tensor(x)).data


def dropped_again(tt: Any, seed: int, p: float, x: Any) -> Any:
    layer = tt.Dropout(p)
    tt.manual_seed(seed)
    first, second = layer(tt.Tensor(x)).data, layer(tt.Tensor(x)).data
    tt.manual_seed(seed)
    again = layer(tt.Tensor(x)).data
    tt.manual_seed(seed + 1)
    return [first, second, again, layer(tt.Tensor(x)).data]


def dropped_in_use(tt: Any, p: float, x: Any) -> Any:
    layer = tt.Dropout(p)
    layer.eval()
    return [layer(tt.Tensor(x)).data, layer.forward(tt.Tensor(x)).data]


def dropped_back_in_training(tt: Any, seed: int, p: float, x: Any) -> Any:
    tt.manual_seed(seed)
    layer, other = tt.Dropout(p), tt.Dropout(p)
    layer.eval()
    used, beside = layer(tt.Tensor(x)).data, other(tt.Tensor(x)).data
    layer.train()
    return [used, beside, layer(tt.Tensor(x)).data]


def dropped_input(tt: Any, p: float, x: Any) -> Any:
    tensor = tt.Tensor(x)
    tt.Dropout(p)(tensor)
    return tensor.data


def dropout_of(tt: Any, p: float) -> Any:
    return list(tt.Dropout(p).parameters())


# Sequential.


def _network(tt: Any, weights: Any, biases: Any, names: Any, in_a_list: bool) -> Any:
    layers = []
    for weight, bias, name in zip(weights, biases, names, strict=True):
        layers += [_linear(tt, weight, bias), getattr(tt, name)()]
    return tt.Sequential(layers) if in_a_list else tt.Sequential(*layers)


def network(tt: Any, x: Any, weights: Any, biases: Any, names: Any, in_a_list: bool) -> Any:
    model = _network(tt, weights, biases, names, in_a_list)
    return [model(tt.Tensor(x)).data, model.forward(tt.Tensor(x)).data]


def one_layer(tt: Any, x: Any, weight: Any, bias: Any) -> Any:
    layer = _linear(tt, weight, bias)
    return [tt.Sequential(layer)(tt.Tensor(x)).data, tt.Sequential([layer])(tt.Tensor(x)).data]


def own_layers_in_order(tt: Any, x: Any, in_a_list: bool) -> Any:
    class Twice(tt.Layer):
        def forward(self, x: Any) -> Any:
            return x * 2

    class Less(tt.Layer):
        def forward(self, x: Any) -> Any:
            return x - 3

    layers = [Twice(), Less(), Less(), Twice()]
    model = tt.Sequential(layers) if in_a_list else tt.Sequential(*layers)
    return [model(tt.Tensor(x)).data, model(tt.Tensor(x)).data, list(model.parameters())]


def shapes_of_network(tt: Any, weights: Any, biases: Any, names: Any, in_a_list: bool) -> Any:
    return [p.shape for p in _network(tt, weights, biases, names, in_a_list).parameters()]


def shapes_of_nested(tt: Any, sides: Any) -> Any:
    a, b, c, d = sides
    inner = tt.Sequential([tt.Linear(b, c), tt.Tanh(), tt.Dropout(0.1)])
    model = tt.Sequential(tt.Linear(a, b), tt.Sequential(inner, tt.ReLU()), tt.Linear(c, d, bias=False))
    return [p.shape for p in model.parameters()]


def nested_with_new_weights(tt: Any, x: Any, sides: Any) -> Any:
    """Set every parameter that `parameters()` hands out to its number, and compute."""
    a, b, c = sides
    model = tt.Sequential([tt.Linear(a, b), tt.Sequential(tt.ReLU(), tt.Linear(b, c))])
    model(tt.Tensor(x))
    for number, parameter in enumerate(model.parameters()):
        parameter.data = np.full(parameter.shape, number + 1, dtype=np.float32)
    return [len(model.parameters()), model(tt.Tensor(x)).data]


def nested_in_modes(tt: Any, seed: int, x: Any, in_a_list: bool) -> Any:
    tt.manual_seed(seed)
    inner = [tt.ReLU(), tt.Dropout(0.5)]
    middle = tt.Sequential(inner) if in_a_list else tt.Sequential(*inner)
    model = tt.Sequential(tt.Sequential(middle), tt.Sigmoid())
    before = model(tt.Tensor(x)).data
    model.eval()
    used, again = model(tt.Tensor(x)).data, model(tt.Tensor(x)).data
    model.train()
    return [before, used, again, model(tt.Tensor(x)).data]


def dropouts_in_modes(tt: Any, seed: int, x: Any) -> Any:
    """Two dropouts in one network: both must hear of the mode."""
    tt.manual_seed(seed)
    first, last = tt.Dropout(0.5), tt.Dropout(0.5)
    model = tt.Sequential(first, tt.Tanh(), last)
    model.eval()
    used = [first(tt.Tensor(x)).data, last(tt.Tensor(x)).data]
    model.train()
    return [*used, first(tt.Tensor(x)).data, last(tt.Tensor(x)).data]
