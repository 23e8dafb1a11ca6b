"""What the optimizers of module 06 are asked to do: in the sandbox on the student's package, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists. `starts` are the first
values of parameters; `pushes` holds for each step a gradient for each of them, or None where there is none.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _made(tt: Any, kind: str, parameters: Any, settings: Any) -> Any:
    settings = {name: tuple(each) if isinstance(each, list) else each for name, each in settings.items()}
    return getattr(tt, kind)(parameters, **settings)


def _parameters(tt: Any, starts: Any) -> Any:
    return [tt.Tensor(start, requires_grad=True) for start in starts]


def _push(parameters: Any, gradients: Any) -> None:
    """Give each parameter its gradient, and no other."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None
        if gradient is not None:
            parameter.backward(gradient)


def _values(parameters: Any) -> Any:
    return [parameter.data.copy() for parameter in parameters]


def _grad(tensor: Any) -> Any:
    """Return `.grad` as an array, whether it is kept as an array or as a tensor; None stays None."""
    grad = tensor.grad
    if grad is None:
        return None
    return np.array(grad if isinstance(grad, np.ndarray | np.generic) else grad.data, dtype=np.float32)


def _walked(optimizer: Any, parameters: Any, pushes: Any) -> Any:
    """Take a step for each of `pushes`; return the values after each."""
    places = []
    for gradients in pushes:
        _push(parameters, gradients)
        optimizer.step()
        places.append(_values(parameters))
    return places


# The base class.


def cleared(tt: Any, kind: str, starts: Any, pushes: Any) -> Any:
    """Say of each gradient whether it is gone after zero_grad; then what arrives in its place, and the values."""
    parameters = _parameters(tt, starts)
    optimizer = getattr(tt, kind)(parameters)
    told = []
    for gradients in pushes:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.backward(gradient)
        arrived = [_grad(parameter) for parameter in parameters]
        optimizer.zero_grad()
        gone = [parameter.grad is None or not _grad(parameter).any() for parameter in parameters]
        told.append([arrived, gone])
    return [told, _values(parameters), [parameter.requires_grad for parameter in parameters]]


def cleared_of_nothing(tt: Any, starts: Any, pushes: Any) -> Any:
    """Only the last parameter has a gradient."""
    parameters = _parameters(tt, starts)
    optimizer = tt.Optimizer(parameters)
    optimizer.zero_grad()
    parameters[-1].backward(pushes[0][-1])
    optimizer.zero_grad()
    gone = [parameter.grad is None or not _grad(parameter).any() for parameter in parameters]
    parameters[-1].backward(pushes[0][-1])
    return [gone, _grad(parameters[-1])]


def cleared_by_own(tt: Any, starts: Any, pushes: Any) -> Any:
    """An optimizer of the caller's own, that inherits zero_grad; its parameters come from a generator."""

    class Jump(tt.Optimizer):  # type: ignore[misc, name-defined]
        def __init__(self, parameters: Any, far: float) -> None:
            super().__init__(parameters)
            self.far = far

    parameters = _parameters(tt, starts)
    optimizer = Jump((parameter for parameter in parameters), far=2.0)
    gradients = []
    for pushed in pushes:
        for parameter, gradient in zip(parameters, pushed, strict=True):
            parameter.backward(gradient)
        gradients.append([_grad(parameter) for parameter in parameters])
        optimizer.zero_grad()
    return [gradients, optimizer.far]


def made_of(tt: Any, kind: str, what: str, start: Any) -> Any:
    tensor = tt.Tensor(start, requires_grad=True)
    wrong = {
        "nothing": [],
        "no more": iter(()),
        "a tensor": tensor,
        "a number": [tensor, 3.0],
        "an array": [tensor, start],
        "a name": ["weight"],
    }
    getattr(tt, kind)(wrong[what])


def made_with(tt: Any, kind: str, settings: Any, start: Any) -> Any:
    parameters = _parameters(tt, [start])
    _made(tt, kind, parameters, settings).step()
    return _values(parameters)


# Steps.


def walk(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    parameters = _parameters(tt, starts)
    return _walked(_made(tt, kind, parameters, settings), parameters, pushes)


def walk_by_position(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    parameters = _parameters(tt, starts)
    settings = [tuple(each) if isinstance(each, list) else each for each in settings]
    return _walked(getattr(tt, kind)(parameters, *settings), parameters, pushes)


def walk_from_generator(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    parameters = _parameters(tt, starts)
    return _walked(_made(tt, kind, (each for each in parameters), settings), parameters, pushes)


def walk_at_rates(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, rates: Any) -> Any:
    """The learning rate is set before each step, as a schedule does it: to a Python number, or to one of NumPy's."""
    parameters = _parameters(tt, starts)
    optimizer, places = _made(tt, kind, parameters, settings), []
    for number, (gradients, rate) in enumerate(zip(pushes, rates, strict=True)):
        optimizer.lr = np.float64(rate) if number % 2 else rate
        places += _walked(optimizer, parameters, [gradients])
    return places


def walk_of_numpy_settings(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    """All settings are numbers of NumPy, which are of double precision."""
    wide = {
        name: tuple(map(np.float64, each)) if isinstance(each, list | tuple) else np.float64(each)
        for name, each in settings.items()
    }
    return walk(tt, kind, wide, starts, pushes)


def walk_without_renewal(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, again: int) -> Any:
    """Some steps with the same gradients, which nobody forgets."""
    parameters = _parameters(tt, starts)
    optimizer, places = _made(tt, kind, parameters, settings), []
    _push(parameters, pushes[0])
    for _ in range(again):
        optimizer.step()
        places.append(_values(parameters))
    return [places, [_grad(parameter) for parameter in parameters]]


def walk_with_shared_buffers(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    """After each step the gradients' arrays are filled with something else."""
    parameters = _parameters(tt, starts)
    optimizer, places = _made(tt, kind, parameters, settings), []
    for gradients in pushes:
        places += _walked(optimizer, parameters, [gradients])
        for parameter in parameters:
            grad = parameter.grad
            if not isinstance(grad, np.generic):  # a number of NumPy's cannot be filled
                (grad if isinstance(grad, np.ndarray) else grad.data)[...] = 77
    return places


def two_walks(tt: Any, kinds: Any, settings: Any, starts: Any, pushes: Any) -> Any:
    """Two optimizers take turns; each has parameters of its own."""
    first, second = _parameters(tt, starts), _parameters(tt, starts)
    one, other = _made(tt, kinds[0], first, settings[0]), _made(tt, kinds[1], second, settings[1])
    places = []
    for gradients in pushes:
        places += _walked(one, first, [gradients])
        places += _walked(other, second, [[-gradient for gradient in gradients]])
    return places


def rest(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    """Two steps for all; then the first parameter has no gradient, however often the others move."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    before = _walked(optimizer, parameters, pushes[:2])
    after = _walked(optimizer, parameters, [[None, *gradients[1:]] for gradients in pushes[2:]])
    return [before, after]


def rest_and_go_on(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any) -> Any:
    """The first parameter has no gradient in each second step."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    resting = [[None, *gradients[1:]] if number % 2 else gradients for number, gradients in enumerate(pushes)]
    return _walked(optimizer, parameters, resting)


def nobody_moves(tt: Any, kind: str, settings: Any, starts: Any) -> Any:
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    optimizer.step()
    optimizer.step()
    return _values(parameters)


def own_arrays(tt: Any, kind: str, settings: Any, start: Any, gradient: Any) -> Any:
    """The caller's arrays, and what a second parameter of the same values and gradient has."""
    mine, given = start.copy(), gradient.copy()
    parameters = _parameters(tt, [mine, mine])
    copied = tt.Tensor(parameters[0].data)
    optimizer = _made(tt, kind, parameters, settings)
    _push(parameters, [given, given])
    optimizer.step()
    both = _values(parameters)
    parameters[0].data[...] = 77
    parameters[0].grad = None
    optimizer.step()
    return [mine, given, copied.data, both, _values(parameters)[1], _grad(parameters[1])]


def still_a_leaf(tt: Any, kind: str, settings: Any, start: Any) -> Any:
    """After a step the parameter is computed with, and gets its gradient, as before."""
    (parameter,) = _parameters(tt, [start])
    optimizer = _made(tt, kind, [parameter], settings)
    told = []
    for _ in range(3):
        parameter.grad = None
        result = (parameter * parameter).sum()
        result.backward()
        told += [result.data, _grad(parameter), parameter.requires_grad]
        optimizer.step()
    return [*told, parameter.data, parameter.shape]


# Long walks.


def valley(tt: Any, kind: str, settings: Any, start: Any, steps: int) -> Any:
    """Two parameters in a valley that is steep one way and flat the other, with some noise as batches have it."""
    parameters = _parameters(tt, [start, start[:2]])
    optimizer, places = _made(tt, kind, parameters, settings), []
    for number in range(1, steps + 1):
        noise = np.cos(np.float64(number) * np.arange(1, start.size + 1))
        steep = 2.0 ** -np.arange(start.size)
        first = steep * (parameters[0].data - 1) + 0.3 * noise
        second = 0.5 * (parameters[1].data + 2) - 0.2 * noise[:2]
        _push(parameters, [np.float32(first), np.float32(second)])
        optimizer.step()
        if number % 20 == 0:
            places.append(_values(parameters))
    return places


def network(tt: Any, kind: str, settings: Any, x: Any, targets: Any, weights: Any, steps: int) -> Any:
    """A network of two layers learns; its parameters come from a generator."""
    first, second = tt.Linear(*weights[0].shape), tt.Linear(*weights[1].shape)
    for layer, weight in zip((first, second), weights, strict=True):
        layer.weight.data = np.array(weight, dtype=np.float32)
        layer.bias.data = np.zeros(weight.shape[1], dtype=np.float32)
    model = tt.Sequential(first, tt.Tanh(), second)
    optimizer = _made(tt, kind, (each for each in model.parameters()), settings)
    losses = []
    for _ in range(steps):
        loss = tt.MSELoss()(model(tt.Tensor(x)), tt.Tensor(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    return [losses[:: steps // 10], *_values([first.weight, first.bias, second.weight, second.bias])]


# What an optimizer remembers.


def _arrays(value: Any) -> Any:
    """Return all arrays in a state, wherever they are (a list of numbers is one); its layout is the student's."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        return [array for each in value.values() for array in _arrays(each)]
    if isinstance(value, list | tuple):
        if value and all(type(each) is float for each in value):
            return [np.array(value)]
        return [array for each in value for array in _arrays(each)]
    return _arrays(value.data) if hasattr(value, "requires_grad") else []


def _copied(value: Any) -> Any:
    """Return a state with all of its arrays, lists and dicts copied."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return type(value)(map(_copied, value)) if type(value) in (list, tuple) else value


def resumed(tt: Any, kind: str, settings: Any, others: Any, starts: Any, pushes: Any, at: int) -> Any:
    """One run without a break, and one that goes on at step `at` with another optimizer on other tensors."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes[:at])
    state, there = optimizer.state_dict(), _values(parameters)
    unbroken = _walked(optimizer, parameters, pushes[at:])
    parameters = _parameters(tt, there)
    optimizer = _made(tt, kind, parameters, others)
    optimizer.load_state_dict(state)
    return [unbroken, _walked(optimizer, parameters, pushes[at:])]


def resumed_twice(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, at: int) -> Any:
    """One state is loaded by two optimizers, by the second when the first has gone on."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes[:at])
    state, there = optimizer.state_dict(), _values(parameters)
    runs = []
    for _ in range(2):
        parameters = _parameters(tt, there)
        optimizer = _made(tt, kind, parameters, settings)
        optimizer.load_state_dict(state)
        runs.append(_walked(optimizer, parameters, pushes[at:]))
    return runs


def scribbled(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, at: int) -> Any:
    """Somebody writes into a state: the optimizer that gave it, and one that has loaded it, know nothing of that."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes[:at])
    state, there = optimizer.state_dict(), _values(parameters)
    loaded_parameters = _parameters(tt, there)
    loaded = _made(tt, kind, loaded_parameters, settings)
    loaded.load_state_dict(state)
    for array in _arrays(state):
        array[...] = 77
    return [_walked(optimizer, parameters, pushes[at:]), _walked(loaded, loaded_parameters, pushes[at:])]


def resumed_from_copy(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, at: int) -> Any:
    """The state is copied in depth, as if it had been to a file and back, and everything else is thrown away."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes[:at])
    state, there = _copied(optimizer.state_dict()), _values(parameters)
    del optimizer, parameters
    parameters = _parameters(tt, there)
    optimizer = _made(tt, kind, parameters, settings)
    # It has been somewhere else before, which must not matter.
    _push(parameters, pushes[0])
    optimizer.step()
    for parameter, value in zip(parameters, there, strict=True):
        parameter.data = value
    optimizer.load_state_dict(state)
    return _walked(optimizer, parameters, pushes[at:])


def loaded_by_fewer(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, fewer: bool) -> Any:
    """A state of some parameters for an optimizer of one more, or one less."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes)
    others = _parameters(tt, starts[1:] if fewer else [*starts, starts[0]])
    _made(tt, kind, others, settings).load_state_dict(optimizer.state_dict())


def remembered(tt: Any, kind: str, settings: Any, starts: Any, pushes: Any, rounds: int) -> Any:
    """The arrays in the state after all steps, and after `rounds` times as many."""
    parameters = _parameters(tt, starts)
    optimizer = _made(tt, kind, parameters, settings)
    _walked(optimizer, parameters, pushes)
    few = [array.copy() for array in _arrays(optimizer.state_dict())]
    for _ in range(rounds - 1):
        _walked(optimizer, parameters, pushes)
    return [few, [array.copy() for array in _arrays(optimizer.state_dict())]]
