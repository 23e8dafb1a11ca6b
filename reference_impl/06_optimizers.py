# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Module 06 · Optimizers
#
# *Checkpoint 06, optimization: can I optimise a network with real algorithms?*

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.optimizers
#| export
from copy import deepcopy

import numpy as np

from tinytorch.core.tensor import Tensor, as_array, extend

# %%
from tito.checks import check, check_raises


# %% nbgrader={"grade": false, "grade_id": "optimizer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Optimizer:
    """Changes parameters by their gradients. Each kind of optimizer says how far, in `change`."""

    momentum = 0.0  # unless the kind of optimizer has one
    weight_decay = 0.0

    def __init__(self, params):
        """Keep the parameters, and for each of them an empty dict of notes."""
        ### BEGIN SOLUTION
        if isinstance(params, Tensor):
            raise TypeError(f"parameters come as a list of tensors, got a single tensor of shape {params.shape}")
        self.params = list(params)
        if not self.params:
            raise ValueError("an optimizer needs at least one parameter, got an empty list")
        for p in self.params:
            if not isinstance(p, Tensor):
                raise TypeError(f"parameters are tensors, got {type(p).__name__} of shape {np.shape(p)}")
        self.notes = [{} for _ in self.params]
        ### END SOLUTION

    def zero_grad(self):
        """Let all parameters forget their gradients."""
        ### BEGIN SOLUTION
        for p in self.params:
            p.zero_grad()
        ### END SOLUTION

    def step(self):
        """Change each parameter that has a gradient."""
        ### BEGIN SOLUTION
        for p, notes in zip(self.params, self.notes, strict=True):
            if p.grad is not None:
                gradient = self.decayed(as_array(p.grad), p.data)
                p.data = as_array(p.data - self.change(p.data, gradient, notes))
        ### END SOLUTION

    def change(self, values, gradient, notes):
        """Return the array that a step subtracts from the values of a parameter."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it changes a parameter")

    def rolling(self, push, notes):
        """A draft: as if nothing had momentum."""
        return push

    def decayed(self, gradient, values):
        """A draft: as if there were no weight decay."""
        return gradient

    def settle(self, **settings):
        """Keep settings as attributes; one that makes no sense is an error."""
        for name, value in settings.items():
            limit = 1 if name in ("beta1", "beta2", "alpha") else np.inf
            if not 0 <= value < limit:
                raise ValueError(f"{type(self).__name__} needs 0 <= {name} < {limit}, got {value}")
            setattr(self, name, value)


# %% nbgrader={"grade": true, "grade_id": "test-optimizer", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# p.backward(g) on a leaf p is the shortest way to give it the gradient g.
a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0, requires_grad=True)
optimizer = Optimizer([a, b])
a.backward(np.float32([5, 6]))
b.backward()
optimizer.zero_grad()
a.backward(np.float32([1, 10]))
b.backward(2.0)
check([Tensor(p.grad).data for p in (a, b)], [np.float32([1, 10]), np.float32(2)], "After zero_grad() all start anew")
check([p.data for p in (a, b)], [np.float32([1, 2]), np.float32(3)], "The values stay as they are")

optimizer = Optimizer(p for p in (a, b))
optimizer.zero_grad()
optimizer.zero_grad()
b.backward()
optimizer.zero_grad()
b.backward(7.0)
check(Tensor(b.grad).data, np.float32(7), "What can be walked through only once is kept as a list")

wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Optimizer([]), "Nothing to optimise")
check_raises(wrong, lambda: Optimizer(a), "One tensor is not a list of tensors", mentions=["(2,)"])
check_raises(wrong, lambda: Optimizer([a, np.ones(3)]), "An array is not a parameter", mentions=["(3,)"])


# %% nbgrader={"grade": false, "grade_id": "sgd", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient, with or without momentum."""

    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params)
        self.settle(lr=lr, momentum=momentum, weight_decay=weight_decay)

    def change(self, values, gradient, notes):
        """Return `lr` times the direction in which the parameter is rolling."""
        ### BEGIN SOLUTION
        return self.lr * self.rolling(gradient, notes)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-sgd", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
p, q = Tensor([1.0, 2.0], requires_grad=True), Tensor([[5.0]], requires_grad=True)
optimizer = SGD([p, q], lr=0.1)
p.backward(np.float32([1, -10]))
optimizer.step()
check(p.data, np.float32([0.9, 3]), "Each number goes against its own slope")
check(q.data, np.float32([[5]]), "Without a gradient a parameter stays where it is")
optimizer.step()
check(p.data, np.float32([0.8, 4]), "The gradient is still there, so the next step is the same")
optimizer.zero_grad()
optimizer.step()
check(p.data, np.float32([0.8, 4]), "A gradient that was forgotten moves nothing")
p.backward(np.float32([1, 1]))
q.backward(np.float32([[-1]]))
optimizer.lr = 0.5
optimizer.step()
check([p.data, q.data], [np.float32([0.3, 3.5]), np.float32([[5.5]])], "The learning rate may change on the way")

p = Tensor(4.0, requires_grad=True)
optimizer = SGD([p])
(p * p).backward()
optimizer.step()
check(p.data, np.float32(3.92), "One number, and a learning rate of 0.01 unless somebody says otherwise")
check((p * p).data, np.float32(3.92**2), "The parameter is still a tensor, with which one can compute")

wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: SGD([p], lr=-0.1), "A negative learning rate climbs")


# %% nbgrader={"grade": false, "grade_id": "momentum", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Optimizer:
    # Here goes: def rolling(self, push, notes): ...
    ### BEGIN SOLUTION
    def rolling(self, push, notes):
        """Return the velocity after one more push; without momentum that is the push itself."""
        if self.momentum == 0:
            return push
        notes["velocity"] = self.momentum * notes.get("velocity", 0) + push
        return notes["velocity"]

    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-momentum", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
p, q = Tensor([0.0, 0.0], requires_grad=True), Tensor(0.0, requires_grad=True)
optimizer = SGD([p, q], lr=1.0, momentum=0.5)
pushes, places = [(1, 10), (1, 10), (0, -10), (0, 0)], []
for push in pushes:
    optimizer.zero_grad()
    p.backward(np.float32(push))
    optimizer.step()
    places.append(p.data.copy())
check(places[0], np.float32([-1, -10]), "The first step is the gradient alone, undamped")
check(places[1], np.float32([-2.5, -25]), "The second: half of the velocity, and the new gradient in full")
check(places[2], np.float32([-3.25, -22.5]), "Rolling on without a push, and braking")
check(places[3], np.float32([-3.625, -21.25]), "Without any push the velocity fades")
check(q.data, np.float32(0), "A parameter that had no gradient did not move")
q.backward(4.0)
optimizer.step()
check(q.data, np.float32(-4), "Each parameter has a velocity of its own")
optimizer.zero_grad()
q.backward()
optimizer.step()
check(q.data, np.float32(-7), "It keeps it while others rest")
p = Tensor([1.0], requires_grad=True)
optimizer = SGD([p], lr=0.1, momentum=0.9)
for _ in range(3):
    optimizer.zero_grad()
    (p * p).sum().backward()
    optimizer.step()
check(p.data, np.float32([0.062]), "Three steps into the bowl of p * p")


# %% nbgrader={"grade": false, "grade_id": "weight-decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Optimizer:
    # Here goes: def decayed(self, gradient, values): ...
    ### BEGIN SOLUTION
    def decayed(self, gradient, values):
        """Return the gradient with that of the penalty added to it."""
        return gradient + self.weight_decay * values

    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-weight-decay", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
p = Tensor([2.0, -4.0], requires_grad=True)
optimizer = SGD([p], lr=0.5, weight_decay=0.1)
p.backward(np.float32([0, 0]))
optimizer.step()
check(p.data, np.float32([1.9, -3.8]), "Weights that nothing else pulls at shrink towards 0")
optimizer.zero_grad()
p.backward(np.float32([1, 1]))
optimizer.step()
check(p.data, np.float32([1.305, -4.11]), "The pull is added to the gradient")
check(Tensor(p.grad).data, np.float32([1, 1]), "The gradient of the parameter itself is not touched")
optimizer.zero_grad()
optimizer.step()
check(p.data, np.float32([1.305, -4.11]), "A parameter without a gradient does not shrink either")

p = Tensor([1.0], requires_grad=True)
optimizer = SGD([p], lr=0.5, momentum=0.5, weight_decay=1.0)
p.backward(np.float32([1]))
optimizer.step()
optimizer.step()
check(p.data, np.float32([-1]), "The pull is part of what the velocity remembers")


# %% nbgrader={"grade": false, "grade_id": "adam", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Adam(Optimizer):
    """Adaptive moments: a mean of the gradients, divided by the root of the mean of their squares."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params)
        self.settle(lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay)

    def change(self, values, gradient, notes):
        """Return `lr` times the corrected mean of the gradients, over the root of that of their squares."""
        ### BEGIN SOLUTION
        t = notes["t"] = notes.get("t", 0) + 1
        notes["m"] = self.beta1 * notes.get("m", 0) + (1 - self.beta1) * gradient
        notes["v"] = self.beta2 * notes.get("v", 0) + (1 - self.beta2) * gradient**2
        m = notes["m"] / (1 - self.beta1**t)
        v = notes["v"] / (1 - self.beta2**t)
        return self.lr * m / (np.sqrt(v) + self.eps)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-adam", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
p = Tensor([0.0, 0.0, 0.0, 0.0], requires_grad=True)
optimizer = Adam([p], lr=0.1)
p.backward(np.float32([1, -1000, 0.001, 0]))
optimizer.step()
check(p.data, np.float32([-0.1, 0.1, -0.1, 0]), "The first step is lr, however large the slope", rtol=1e-4)

p = Tensor([0.0, 0.0], requires_grad=True)
optimizer = Adam([p], lr=1.0, betas=(0.5, 0.75))
places = []
for push in [(1, 2), (1, -2), (0, 2)]:
    optimizer.zero_grad()
    p.backward(np.float32(push))
    optimizer.step()
    places.append(p.data.copy())
check(places[0], np.float32([-1, -1]), "Both means corrected after one step")
check(places[1], np.float32([-2, -2 / 3]), "Means of two")
check(places[2], np.float32([-2.5688720, -1.0952381]), "Means of three", rtol=1e-4)

p, q = Tensor([0.0], requires_grad=True), Tensor(0.0, requires_grad=True)
optimizer = Adam([p, q], lr=1.0, eps=1.0)
p.backward(np.float32([1]))
q.backward(3.0)
optimizer.step()
check([p.data, q.data], [np.float32([-0.5]), np.float32(-0.75)], "eps is added to the root; each has its own notes")

p = Tensor([4.0], requires_grad=True)
optimizer = Adam([p], weight_decay=0.5)
p.backward(np.float32([-1]))
optimizer.step()
check(p.data, np.float32([3.999]), "Here weight decay is a part of the gradient; lr is 0.001 unless you say otherwise")

p, q = Tensor([3.0, -2.0], requires_grad=True), Tensor(1.0, requires_grad=True)
optimizer = Adam([p, q], lr=0.05)
for _ in range(20):
    optimizer.zero_grad()
    ((p * p).sum() * 100 + q**4).backward()
    optimizer.step()
check(
    [p.data, q.data], [np.float32([2.0241139, -1.0401853]), np.float32(0.2672803)], "Twenty steps downhill", rtol=1e-4
)

wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Adam([p], betas=(0.9, 1.0)), "A mean that never forgets can not be corrected")


# %% nbgrader={"grade": false, "grade_id": "adamw", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class AdamW(Adam):
    """Adam with weight decay that is no part of the gradient."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    def decayed(self, gradient, values):
        """Return what Adam's means shall see."""
        ### BEGIN SOLUTION
        return gradient
        ### END SOLUTION

    def change(self, values, gradient, notes):
        """Return Adam's change, and with it what the weights lose by themselves."""
        ### BEGIN SOLUTION
        return super().change(values, gradient, notes) + self.lr * self.weight_decay * values
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-adamw", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
p = Tensor([2.0, -4.0], requires_grad=True)
optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
p.backward(np.float32([0, 0]))
optimizer.step()
check(p.data, np.float32([1.9, -3.8]), "Without a slope the weights lose a share, lr times weight_decay")
optimizer.zero_grad()
optimizer.step()
check(p.data, np.float32([1.9, -3.8]), "Without a gradient they lose nothing")

p = Tensor([2.0, -4.0], requires_grad=True)
optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
p.backward(np.float32([1, 1000]))
optimizer.step()
check(p.data, np.float32([1.8, -3.9]), "Adam's step and the loss of weight, side by side")

p = Tensor([10.0], requires_grad=True)
optimizer = AdamW([p], lr=0.5)
p.backward(np.float32([1]))
optimizer.step()
check(p.data, np.float32([9.45]), "The weight decay is 0.01 unless somebody says otherwise")

p, q = Tensor([3.0, 0.01], requires_grad=True), Tensor([3.0, 0.01], requires_grad=True)
decoupled, plain = AdamW([p], lr=0.1, weight_decay=0.0), Adam([q], lr=0.1)
for each, optimizer in [(p, decoupled), (q, plain)] * 3:
    optimizer.zero_grad()
    (each**2).sum().backward()
    optimizer.step()
check([p.data, q.data], [np.float32([2.7003815, 0.0423875])] * 2, "Without weight decay it is Adam", rtol=1e-4)


# %% nbgrader={"grade": false, "grade_id": "rmsprop", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class RMSprop(Optimizer):
    """The gradient, divided by the root of a mean of its squares."""

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        super().__init__(params)
        self.settle(lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)

    def change(self, values, gradient, notes):
        """Return `lr` times the direction in which the scaled gradients roll."""
        ### BEGIN SOLUTION
        notes["v"] = self.alpha * notes.get("v", 0) + (1 - self.alpha) * gradient**2
        return self.lr * self.rolling(gradient / (np.sqrt(notes["v"]) + self.eps), notes)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-rmsprop", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
p = Tensor([0.0, 0.0, 0.0], requires_grad=True)
optimizer = RMSprop([p])
p.backward(np.float32([1, -1000, 0]))
optimizer.step()
check(p.data, np.float32([-0.1, 0.1, 0]), "The first step is ten times lr: the mean of squares starts at 0", rtol=1e-4)

p = Tensor([0.0], requires_grad=True)
optimizer = RMSprop([p], lr=1.0, alpha=0.75, eps=1.0)
p.backward(np.float32([2]))
optimizer.step()
check(p.data, np.float32([-1]), "eps is added to the root")
optimizer.step()
check(p.data, np.float32([-1 - 2 / (1 + 1.75**0.5)]), "The mean of squares moves on")

p = Tensor([0.0], requires_grad=True)
optimizer = RMSprop([p], lr=1.0, alpha=0.75, momentum=0.5)
p.backward(np.float32([2]))
optimizer.step()
optimizer.step()
check(p.data, np.float32([-4.5118579]), "With momentum the scaled gradient is the push", rtol=1e-4)

p = Tensor([4.0], requires_grad=True)
optimizer = RMSprop([p], lr=1.0, alpha=0.0, weight_decay=0.5)
p.backward(np.float32([-1]))
optimizer.step()
check(p.data, np.float32([3]), "Weight decay is added before the squares")


# %% nbgrader={"grade": false, "grade_id": "state", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Optimizer:
    def state_dict(self):
        """Return all that the optimizer remembers, settings and notes, as a copy."""
        ### BEGIN SOLUTION
        return deepcopy({name: value for name, value in vars(self).items() if name != "params"})
        ### END SOLUTION

    def load_state_dict(self, state):
        """Go on from a state that `state_dict` has returned."""
        ### BEGIN SOLUTION
        if len(state["notes"]) != len(self.params):
            raise ValueError(f"a state of {len(state['notes'])} parameters for an optimizer of {len(self.params)}")
        for p, notes in zip(self.params, state["notes"], strict=True):
            for name, value in notes.items():
                if np.shape(value) not in ((), p.shape):
                    raise ValueError(f"{name!r} of shape {np.shape(value)} for a parameter of shape {p.shape}")
        vars(self).update(deepcopy(state))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-state", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def walk(optimizer, p, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        ((p - 1.0) ** 4).sum().backward()
        optimizer.step()


kinds = {
    "SGD": lambda p: SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1),
    "Adam": lambda p: Adam(p, lr=0.1),
    "AdamW": lambda p: AdamW(p, lr=0.1),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, momentum=0.5),
}
same = {}
for name, kind in kinds.items():
    p = Tensor([3.0, -2.0], requires_grad=True)
    optimizer = kind([p])
    walk(optimizer, p, 5)
    q, state = Tensor(p.data, requires_grad=True), optimizer.state_dict()
    walk(optimizer, p, 5)  # the state is a copy: this does not change it
    resumed = kind([q])
    resumed.load_state_dict(state)
    walk(resumed, q, 5)
    same[name] = bool(np.array_equal(p.data, q.data))
check(same["SGD"], True, "SGD with momentum goes on as if nothing had happened, to the last bit")
check(same["Adam"], True, "Adam goes on with its means and its count of steps")
check([same["AdamW"], same["RMSprop"]], [True, True], "AdamW and RMSprop go on as well")

p = Tensor([3.0], requires_grad=True)
optimizer = SGD([p], lr=0.5, momentum=0.5)
p.backward(np.float32([1]))
optimizer.step()
state = optimizer.state_dict()
first, second = SGD([p], lr=0.1), SGD([p], lr=0.1)
first.load_state_dict(state)
first.step()
check(p.data, np.float32([1.75]), "Settings belong to the state: lr and momentum come back")
second.load_state_dict(state)
second.step()
check(p.data, np.float32([1]), "One state serves twice: loading takes a copy")

q = Tensor([[1.0, 2.0]], requires_grad=True)
wrong = (ValueError, TypeError, KeyError)  # any is fine
check_raises(wrong, lambda: SGD([p, q]).load_state_dict(state), "A state for another number of parameters")
