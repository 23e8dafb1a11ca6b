"""As PyTorch lays it out: parameter groups, a state by parameter, the denominator's form of the corrections."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

import copy
import math

import numpy as np
from tinytorch.core.tensor import Tensor


class Optimizer:
    def __init__(self, params, defaults=None):
        defaults = {} if defaults is None else defaults
        if isinstance(params, Tensor):
            raise TypeError(f"params argument should be an iterable of tensors, not one of shape {params.shape}")
        params = list(params)
        if len(params) == 0:
            raise ValueError("optimizer got an empty parameter list")
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(f"one of the params is no Tensor, its shape is {np.shape(param)}")
        for name, value in defaults.items():
            values = value if isinstance(value, tuple) else (value,)
            if any(each < 0.0 for each in values) or (name == "betas" and any(each >= 1.0 for each in values)):
                raise ValueError(f"invalid {name}: {value}")
        self.param_groups = [{"params": params, **defaults}]
        self.state = {}

    def __getattr__(self, name):
        groups = self.__dict__.get("param_groups", [{}])
        if name == "params" or name not in groups[0]:
            raise AttributeError(name)
        return groups[0][name]

    def __setattr__(self, name, value):
        if name == "lr":
            for group in self.param_groups:
                group["lr"] = value
        else:
            super().__setattr__(name, value)

    def zero_grad(self, set_to_none=True):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none else 0 * p.grad

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = np.asarray(getattr(p.grad, "data", p.grad) if isinstance(p.grad, Tensor) else p.grad)
                state = self.state.setdefault(p, {})
                p.data = self.updated(p.data, grad, state, group).astype(np.float32)

    def state_dict(self):
        index = {id(p): number for number, p in enumerate(self.param_groups[0]["params"])}
        packed = {index[id(p)]: copy.deepcopy(state) for p, state in self.state.items()}
        group = {name: value for name, value in self.param_groups[0].items() if name != "params"}
        return {"state": packed, "param_groups": [{**copy.deepcopy(group), "params": list(range(len(index)))}]}

    def load_state_dict(self, state_dict):
        (group,), params = state_dict["param_groups"], self.param_groups[0]["params"]
        if len(group["params"]) != len(params):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the size")
        self.state = {params[number]: copy.deepcopy(state) for number, state in state_dict["state"].items()}
        self.param_groups = [{**copy.deepcopy(group), "params": params}]


class SGD(Optimizer):
    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    def updated(self, param, grad, state, group):
        if group["weight_decay"] != 0:
            grad = grad + param * group["weight_decay"]
        if group["momentum"] != 0:
            buffer = state.get("momentum_buffer")
            buffer = grad.copy() if buffer is None else buffer * group["momentum"] + grad
            grad = state["momentum_buffer"] = buffer
        return param + grad * -group["lr"]


class Adam(Optimizer):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def updated(self, param, grad, state, group):
        return self.adapted(param, grad + param * group["weight_decay"], state, group)

    def adapted(self, param, grad, state, group):
        if len(state) == 0:
            state["step"] = 0
            state["exp_avg"], state["exp_avg_sq"] = np.zeros_like(param), np.zeros_like(param)
        beta1, beta2 = group["betas"]
        state["step"] += 1
        state["exp_avg"] = state["exp_avg"] + (grad - state["exp_avg"]) * np.float32(1 - beta1)
        state["exp_avg_sq"] = state["exp_avg_sq"] * np.float32(beta2) + grad * grad * np.float32(1 - beta2)
        bias_correction1, bias_correction2 = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
        denom = np.sqrt(state["exp_avg_sq"]) / math.sqrt(bias_correction2) + group["eps"]
        return param - (group["lr"] / bias_correction1) * (state["exp_avg"] / denom)


class AdamW(Adam):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    def updated(self, param, grad, state, group):
        return self.adapted(param * (1 - group["lr"] * group["weight_decay"]), grad, state, group)


class RMSprop(Optimizer):
    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        defaults = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, defaults)

    def updated(self, param, grad, state, group):
        grad = grad + param * group["weight_decay"]
        square = state.get("square_avg", np.zeros_like(param)) * group["alpha"] + (1 - group["alpha"]) * grad**2
        state["square_avg"] = square
        average = np.sqrt(square) + group["eps"]
        if group["momentum"] > 0:
            buffer = state.get("momentum_buffer", 0.0) * group["momentum"] + grad / average
            state["momentum_buffer"] = buffer
            return param - group["lr"] * buffer
        return param - group["lr"] * grad / average
