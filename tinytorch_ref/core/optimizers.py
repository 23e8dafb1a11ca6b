"""Module 06: optimizers, which move parameters against their gradients, by the rules that PyTorch documents."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinytorch_ref.core.arrays import as_floats
from tinytorch_ref.core.tensor import Tensor
from tinytorch_ref.ops.registry import Floats

State = dict[str, Any]
"""What an optimizer remembers of one parameter: arrays of its shape, and the number of its steps."""


class Optimizer:
    """What all optimizers share: the parameters, and what is remembered of each. A subclass says how to update one.

    `params` are tensors in any iterable, a generator too; one that comes twice counts once. Raises ValueError when
    there are none, TypeError for what is no tensor.
    """

    _settings: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Tensor]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(f"an optimizer takes a list of tensors, got one tensor of shape {params.shape}")
        self.params: list[Tensor] = []
        for number, parameter in enumerate(params):
            if not isinstance(parameter, Tensor):
                raise TypeError(f"an optimizer takes tensors, but parameter {number} is {_described(parameter)}")
            if all(parameter is not known for known in self.params):
                self.params.append(parameter)
        if not self.params:
            raise ValueError("an optimizer needs parameters, got an empty list")
        self._state: list[State] = [{} for _ in self.params]

    def step(self) -> None:
        """Move each parameter that has a gradient by one step; leave the others, and what is remembered of them.

        Raises ValueError that names the shapes when a gradient does not have its parameter's.
        """
        pairs = [(parameter, _gradient(parameter)) for parameter in self.params]
        for (parameter, gradient), state in zip(pairs, self._state, strict=True):
            if gradient is not None:
                with np.errstate(all="ignore"):
                    parameter.data = self._moved(parameter.data, gradient, state)

    def _moved(self, value: Floats, gradient: Floats, state: State) -> Floats:
        """Return the parameter's next value, and write down in `state` what the next step needs."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to move a parameter")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.params:
            parameter.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """Return settings and what is remembered of each parameter, in their order: plain values, arrays copied."""
        settings = {name: getattr(self, name) for name in self._settings}
        return {"settings": settings, "state": [_copied(state) for state in self._state]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict()` gave: the next steps are those that its optimizer would have made.

        As in PyTorch the settings come back too. Raises ValueError, and changes nothing, when it belongs to another
        kind of optimizer or to other parameters.
        """
        try:
            settings, states = dict(state_dict["settings"]), [dict(state) for state in state_dict["state"]]
        except (KeyError, TypeError, ValueError):
            raise ValueError("load_state_dict() takes what state_dict() gave, with 'settings' and 'state'") from None
        if set(settings) != set(self._settings):
            raise ValueError(
                f"{type(self).__name__} has the settings {sorted(self._settings)}, the state_dict {sorted(settings)}"
            )
        if len(states) != len(self.params):
            raise ValueError(f"a state of {len(states)} parameters for an optimizer of {len(self.params)}")
        for number, (state, parameter) in enumerate(zip(states, self.params, strict=True)):
            for name, value in state.items():
                if isinstance(value, np.ndarray) and value.shape != parameter.shape:
                    raise ValueError(
                        f"{name} of parameter {number} has shape {value.shape}, the parameter {parameter.shape}"
                    )
        for name, setting in settings.items():
            setattr(self, name, setting)
        self._state = [_copied(state) for state in states]


class SGD(Optimizer):
    """Stochastic gradient descent: `v = momentum * v + g`, `p = p - lr * v`, where g includes `weight_decay * p`.

    Polyak (1964) for momentum, in PyTorch's form: the learning rate is outside of v, and v starts with the first g.
    Raises ValueError for a negative setting, TypeError for one that is no number.
    """

    _settings = ("lr", "momentum", "weight_decay")

    def __init__(
        self, params: Iterable[Tensor], lr: float = 0.01, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params)
        self.lr = _setting("lr", lr)
        self.momentum = _setting("momentum", momentum)
        self.weight_decay = _setting("weight_decay", weight_decay)

    def _moved(self, value: Floats, gradient: Floats, state: State) -> Floats:
        return value - float(self.lr) * _with_momentum(_decayed(gradient, value, self), self, state)


class Adam(Optimizer):
    """Adaptive moments: Kingma and Ba (2015), algorithm 1; `weight_decay * p` is added to the gradient.

    `m` and `v` are running means of g and g * g; both start at 0, and are divided by `1 - beta**t` for it in step t
    of their parameter. `p = p - lr * m' / (sqrt(v') + eps)`. Raises ValueError for a negative setting or a beta
    outside [0, 1), TypeError for what is no number.
    """

    _settings = ("lr", "betas", "eps", "weight_decay")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = _setting("lr", lr)
        self.betas = _pair(betas)
        self.eps = _setting("eps", eps)
        self.weight_decay = _setting("weight_decay", weight_decay)

    def _moved(self, value: Floats, gradient: Floats, state: State) -> Floats:
        return value - self._step(_decayed(gradient, value, self), state)

    def _step(self, gradient: Floats, state: State) -> Floats:
        first, second = self.betas
        steps = state["steps"] = state.get("steps", 0) + 1
        mean = _mean(first, gradient, state, "mean")
        square = _mean(second, gradient * gradient, state, "square")
        root = np.sqrt(square) / math.sqrt(1 - second**steps) + self.eps
        step: Floats = np.divide(float(self.lr) / (1 - first**steps) * mean, root, dtype=np.float32)
        return step


class AdamW(Adam):
    """Adam with decoupled weight decay: `p = p - lr * weight_decay * p` beside Adam's step, not in the gradient.

    Loshchilov and Hutter (2019), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def _moved(self, value: Floats, gradient: Floats, state: State) -> Floats:
        return value * (1 - float(self.lr) * self.weight_decay) - self._step(gradient, state)


class RMSprop(Optimizer):
    """Divide the gradient by the root of its running mean square: `p = p - lr * g / (sqrt(s) + eps)`.

    `s = alpha * s + (1 - alpha) * g * g`, from 0; g includes `weight_decay * p`. With `momentum`, the quotients add
    up as gradients do in `SGD`. Hinton, lecture 6e of "Neural Networks for Machine Learning" (2012). Raises
    ValueError for a negative setting or `alpha` outside [0, 1), TypeError for what is no number.
    """

    _settings = ("lr", "alpha", "eps", "weight_decay", "momentum")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = _setting("lr", lr)
        self.alpha = _setting("alpha", alpha, below=1)
        self.eps = _setting("eps", eps)
        self.weight_decay = _setting("weight_decay", weight_decay)
        self.momentum = _setting("momentum", momentum)

    def _moved(self, value: Floats, gradient: Floats, state: State) -> Floats:
        gradient = _decayed(gradient, value, self)
        square = _mean(self.alpha, gradient * gradient, state, "square")
        quotient: Floats = np.divide(gradient, np.sqrt(square) + self.eps, dtype=np.float32)
        return value - float(self.lr) * _with_momentum(quotient, self, state)


def _described(value: object) -> str:
    kind = f"a {type(value).__name__}"
    return f"{kind} of shape {value.shape}" if isinstance(value, np.ndarray) else kind


def _decayed(gradient: Floats, value: Floats, settings: SGD | Adam | RMSprop) -> Floats:
    # Without a guard 0 * inf would make NaN of a parameter that has run away.
    return gradient + settings.weight_decay * value if settings.weight_decay else gradient


def _with_momentum(push: Floats, settings: SGD | RMSprop, state: State) -> Floats:
    if not settings.momentum:
        return push
    velocity = push
    if "velocity" in state:
        velocity = settings.momentum * state["velocity"] + push
    # A copy, since a first push is the gradient itself; and in NumPy a sum of arrays of shape () is no array.
    state["velocity"] = np.array(velocity)
    return velocity


def _mean(weight: float, value: Floats, state: State, name: str) -> Floats:
    """Return the running mean of `value` with what is remembered under `name`, from 0, and remember it."""
    before = state[name] if name in state else np.zeros_like(value)
    mean: Floats = np.asarray(weight * before + (1 - weight) * value)
    state[name] = mean
    return mean


def _gradient(parameter: Tensor) -> Floats | None:
    given: Any = parameter.grad
    if given is None:
        return None
    gradient = as_floats(given.data if isinstance(given, Tensor) else given)
    if gradient.shape != parameter.shape:
        raise ValueError(f"a gradient of shape {gradient.shape} for a parameter of shape {parameter.shape}")
    return gradient


def _setting(name: str, value: Any, below: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is a number, got {value!r}")
    if not 0 <= value < below:
        raise ValueError(f"{name} is {'at least 0' if below == math.inf else f'from 0 to {below}'}, got {value}")
    # A Python number leaves float32 arrays float32; NumPy's float64 would not.
    return float(value)


def _pair(betas: Any) -> tuple[float, float]:
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"betas are two numbers, got {betas!r}")
    return _setting("betas[0]", betas[0], below=1), _setting("betas[1]", betas[1], below=1)


def _copied(state: State) -> State:
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in state.items()}
