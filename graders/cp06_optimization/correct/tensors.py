"""Memory that is made of tensors, and arithmetic on tensors where nothing is recorded; an object for each parameter."""

# ruff: noqa: D101, D102 -- written as students write: no docstrings

from tinytorch.core.autograd import no_grad
from tinytorch.core.tensor import Tensor, zeros


def check_number(name, value, top=float("inf")):
    if not (0 <= value < top):
        raise ValueError(f"{name} should be at least 0 and less than {top}: {value}")


class Memo:
    """One parameter and its tensors."""

    def __init__(self, p):
        self.p, self.t, self.held = p, 0, {}

    def get(self, name):
        return self.held[name] if name in self.held else zeros(*self.p.shape)

    def put(self, name, value):
        self.held[name] = value
        return value


class Optimizer:
    adjustable = ("lr", "momentum", "weight_decay", "betas", "eps", "alpha")
    momentum = 0.0

    def __init__(self, params):
        if isinstance(params, Tensor):
            raise ValueError(f"list of tensors wanted, not a tensor {params.shape}")
        self.memos = []
        for p in params:
            if not isinstance(p, Tensor):
                raise ValueError(f"tensor wanted, not {getattr(p, 'shape', p)}")
            self.memos.append(Memo(p))
        if not self.memos:
            raise ValueError("a list with tensors wanted")

    def zero_grad(self):
        for memo in self.memos:
            memo.p.grad = None

    def step(self):
        with no_grad():
            for memo in self.memos:
                if memo.p.grad is not None:
                    memo.t += 1
                    self.move(memo, Tensor(memo.p.data), Tensor(memo.p.grad))

    def rolled(self, memo, push):
        return memo.put("velocity", memo.get("velocity") * self.momentum + push) if self.momentum else push

    def state_dict(self):
        state = {name: getattr(self, name) for name in self.adjustable if hasattr(self, name)}
        for number, memo in enumerate(self.memos):
            state[f"{number}.t"] = memo.t
            for name, tensor in memo.held.items():
                state[f"{number}.{name}"] = tensor.numpy()
        return state

    def load_state_dict(self, state):
        if f"{len(self.memos) - 1}.t" not in state or f"{len(self.memos)}.t" in state:
            raise KeyError(f"state of {len(self.memos)} parameters wanted")
        for memo in self.memos:
            memo.held = {}
        for key, value in state.items():
            number, dot, name = key.partition(".")
            if not dot:
                setattr(self, key, value)
            elif name == "t":
                self.memos[int(number)].t = value
            else:
                self.memos[int(number)].held[name] = Tensor(value)


class SGD(Optimizer):
    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params)
        for name, value in {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}.items():
            check_number(name, value)
            setattr(self, name, value)

    def move(self, memo, w, g):
        memo.p.data = (w - self.rolled(memo, g + w * self.weight_decay) * self.lr).data


class Adam(Optimizer):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params)
        for name, value in {"lr": lr, "eps": eps, "weight_decay": weight_decay}.items():
            check_number(name, value)
            setattr(self, name, value)
        for beta in betas:
            check_number("beta", beta, top=1)
        self.betas = betas

    def move(self, memo, w, g):
        memo.p.data = self.moved(memo, w, g + w * self.weight_decay).data

    def moved(self, memo, w, g):
        b1, b2 = self.betas
        m = memo.put("m", memo.get("m") * b1 + g * (1 - b1))
        v = memo.put("v", memo.get("v") * b2 + g * g * (1 - b2))
        return w - m / ((v / (1 - b2**memo.t)).sqrt() + self.eps) * (self.lr / (1 - b1**memo.t))


class AdamW(Adam):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    def move(self, memo, w, g):
        memo.p.data = self.moved(memo, w - w * (self.lr * self.weight_decay), g).data


class RMSprop(Optimizer):
    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        super().__init__(params)
        check_number("alpha", alpha, top=1)
        self.alpha = alpha
        for name, value in {"lr": lr, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}.items():
            check_number(name, value)
            setattr(self, name, value)

    def move(self, memo, w, g):
        g = g + w * self.weight_decay
        v = memo.put("v", memo.get("v") * self.alpha + g * g * (1 - self.alpha))
        memo.p.data = (w - self.rolled(memo, g / (v.sqrt() + self.eps)) * self.lr).data
