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
#
# In 1847 Augustin-Louis Cauchy was tired of eliminating variables from the equations of astronomy. In three pages (*"Méthode générale pour la résolution des systèmes d'équations simultanées", Comptes rendus 25*) he proposed something lazier: stand anywhere, find out which way the value falls, step that way, repeat. He left one question open, how long the step should be, and it has kept people busy ever since. A network has one valley that is a thousand times steeper than the next, a slope that is measured on a few examples only, and no map. The answers in use today are a dozen lines of code each, and they decide if a training run takes an hour, a week, or ends in `nan`.
#
# Module 05 tells you, for every weight, which way is down. Today you decide how to walk.
#
# **By the end you can**
#
# - write the optimizers that nearly all networks are trained with: SGD, momentum, RMSprop, Adam, AdamW;
# - say what each of them remembers, why, and how many bytes that takes;
# - choose a learning rate, and recognise one that was chosen badly;
# - stop a run and go on later, to the last bit as if nothing had happened.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 one list, one step · 2 gradient descent · 3 momentum · 4 weight decay · 5 RMSprop · 6 Adam · 7 AdamW · 8 stop and go on | 95 |
# | Use | 9 a race in Rosenbrock's valley · 10 two moons · 11 what it costs | 35 |
# | Reflect | 12 three questions for your teacher | 20 |
#
# **How it works.** As before: you write where it says `YOUR CODE HERE`, and run the test cell after each step. The steps are short today. Take the time to look at each formula until you could explain it to somebody.

# %% [markdown]
# ## Setting the table
#
# This notebook becomes `tinytorch/core/optimizers.py`. Optimizers work on the *arrays* inside parameters. Nothing that they do is recorded or differentiated.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.optimizers
#| export
from copy import deepcopy

import numpy as np

from tinytorch.core.tensor import Tensor, as_array, extend

# %%
import time
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.core.activations import ReLU, Tanh
from tinytorch.core.autograd import no_grad
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss, MSELoss
from tinytorch.core.setup import manual_seed
from tinytorch.core.tensor import randn
from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · One list, one step (about 15 min)
#
# In module 05 you trained a network with a loop over its parameters: move each against its gradient, then forget the gradient. Every optimizer has this loop. They differ in one thing only, *how far each number moves*. So the loop is written once, in a class `Optimizer`, and each kind of optimizer brings a method `change` with its formula:
#
# ```
#    p.grad ----> decayed ----> change ----> p.data = p.data - change
#                                |  ^
#                      rolling --+  |
#                                   v
#                                 notes             one dict for each parameter:
#                                                   what the optimizer remembers of it
# ```
#
# A walker without memory knows only the slope under his feet. All the cleverness of this module is *memory*: what were the slopes before? An optimizer keeps an empty dict of `notes` for each parameter, into which `change` may write.
#
# **Your task.** Three methods. (The rest of the class is given. `rolling` and `decayed` are drafts that do nothing; you replace them in sections 3 and 4. `settle` refuses settings like a learning rate below 0.)
#
# 1. `__init__`: keep the parameters as a list `self.params` (somebody may pass a generator, which can be walked through only once), and as many empty dicts in a list `self.notes`. Refuse mistakes now, because later they are hard to find: a single tensor instead of a list (name its shape), an empty list, an element that is not a Tensor. `TypeError` or `ValueError`.
# 2. `zero_grad`: all parameters forget their gradients.
# 3. `step`: for each parameter *that has a gradient* (`p.grad` is not None): pass the gradient, as an array, and `p.data` through `self.decayed`; ask `self.change` with the values, that gradient and the notes of this parameter; subtract. Assign a new array to `p.data`, and make sure that it is float32 and an array even for shape ().
#
# *Hint: `as_array` from module 01 makes a float32 array of anything. Beware of `[{}] * n`: it is the same dict n times.*


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
def forgets(times):
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0, requires_grad=True)
    optimizer = Optimizer(p for p in (a, b))
    for _ in range(times):
        a.backward(np.float32([5, 6]))
        b.backward()
        optimizer.zero_grad()
    a.backward(np.float32([1, 10]))
    b.backward(2.0)
    return [a.data, b.data], [Tensor(p.grad).data for p in (a, b)]


values, gradients = forgets(1)
check(gradients, [np.float32([1, 10]), np.float32(2)], "After zero_grad() all gradients start anew")
check(values, [np.float32([1, 2]), np.float32(3)], "The values stay as they are")
check(forgets(2)[1], [np.float32([1, 10]), np.float32(2)], "What can be walked through only once is kept as a list")
check(forgets(0)[1], [np.float32([1, 10]), np.float32(2)], "Only zero_grad() makes anything forget")

wrong = (ValueError, TypeError)  # either is fine
p = Tensor([1.0, 2.0], requires_grad=True)
check_raises(wrong, lambda: Optimizer([]), "Nothing to optimise")
check_raises(wrong, lambda: Optimizer(p), "One tensor is not a list of tensors", mentions=["(2,)"])
check_raises(wrong, lambda: Optimizer([p, np.ones(3)]), "An array is not a parameter")

# %% [markdown]
# A parameter without a gradient is *left out*, not moved by a gradient of zero. That is the way to freeze a part of a network. (It is not the same thing: with momentum or weight decay a parameter whose gradient is 0 does move.)
#
# ## 2 · Gradient descent (about 10 min)
#
# Cauchy's step, with a **learning rate** $\eta$ (the argument `lr`) for its length:
#
# $$\theta_{t+1} = \theta_t - \eta \, g_t \qquad g_t = \nabla f(\theta_t)$$
#
# The slope of a whole data set is expensive, so it is estimated on a few examples, a *batch*: the direction is right on average only, hence **stochastic** gradient descent, SGD (*Robbins and Monro 1951, "A stochastic approximation method", Annals of Mathematical Statistics 22*).
#
# How long may a step be? Take a bowl $f(x) = \frac{k}{2} x^2$ of steepness $k$. The slope is $kx$, so a step gives $x - \eta k x = (1 - \eta k)\,x$: each step multiplies the distance from the bottom by $1 - \eta k$.
#
# ```
#    eta * k     0.1       1         1.9        2         2.1
#    factor      0.9       0        -0.9       -1        -1.1
#                creeps    arrives   zigzags   for ever   explodes
# ```
#
# So $\eta < 2 / k$, or everything ends in `nan`. Now a valley with a steep direction, $k = 100$, and a flat one, $k = 1$. The steep one dictates $\eta < 0.02$, and along the flat one we then keep 98 % of the distance with every step. This ratio, the **condition number**, is what makes problems hard, and all that follows is about it.
#
# **Your task.** `SGD.change` returns what a step subtracts: the learning rate times `self.rolling(gradient, notes)`. For now `rolling` hands back the gradient.


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


optimizer, p, q = make(lambda params: SGD(params, lr=0.1), [1.0, 2.0], [[5.0]])
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

optimizer, p = make(SGD, 4.0)
(p * p).backward()
optimizer.step()
check(p.data, np.float32(3.92), "One number, and a learning rate of 0.01 unless somebody says otherwise")
check((p * p).data, np.float32(3.92**2), "The parameter is still a tensor, with which one can compute")

wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: make(lambda params: SGD(params, lr=-0.1), 4.0), "A negative learning rate climbs")

# %% [markdown]
# ## 3 · Momentum (about 15 min)
#
# Boris Polyak had an image for it: not a walker but a **heavy ball**. The slope is a push that changes its *velocity*, and friction takes a part of the velocity away (*Polyak 1964, "Some methods of speeding up the convergence of iteration methods"*). In the form that PyTorch documents for `torch.optim.SGD`:
#
# $$v_t = \mu \, v_{t-1} + g_t \qquad \theta_{t+1} = \theta_t - \eta \, v_t$$
#
# Why does it help? Across the valley the slope changes its sign with each step, and the pushes cancel. Along the valley they all agree, and add up to $g\,(1 + \mu + \mu^2 + \dots) = g / (1 - \mu)$: with $\mu = 0.9$ ten times the step, for free.
#
# ```
#                         pushes                velocity, mu = 0.9
#    across the valley    1  -1   1  -1   1     1.00  -0.10   0.91  -0.18   0.84  ...  0.53
#    along the valley     1   1   1   1   1     1.00   1.90   2.71   3.44   4.10  ...  10
# ```
#
# For deep networks it was shown by *Sutskever, Martens, Dahl and Hinton (2013, "On the importance of initialization and momentum in deep learning", ICML)*. They write $v_t = \mu v_{t-1} - \eta g_t$, with the rate inside. It is the same as long as $\eta$ stays, and not the same as soon as a schedule changes it (module 07): there PyTorch's ball changes its speed at once. We follow PyTorch. Some texts damp the push too, $(1 - \mu)\,g_t$; we do not.
#
# **Your task.** `rolling(self, push, notes)`, the whole method, `def` and all: until you write it the draft stays in force.
#
# 1. If `self.momentum` is 0, return the push, and note nothing: who needs no memory shall not pay for it.
# 2. Else the new velocity is `self.momentum` times the old one (0 at first) plus the push. Note it as `notes["velocity"]`, and return it.
#
# *Hint: `notes.get("velocity", 0)`. Make a new array, without `+=`: the old one may be in a copy of the state that somebody keeps.*


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


def pushed(optimizer, p, gradient):
    optimizer.zero_grad()
    p.backward(np.float32(gradient))
    optimizer.step()
    return p.data.copy()


optimizer, p, q = make(lambda params: SGD(params, lr=1.0, momentum=0.5), [0.0, 0.0], 0.0)
check(pushed(optimizer, p, [1, 10]), np.float32([-1, -10]), "The first step is the gradient alone, undamped")
check(pushed(optimizer, p, [1, 10]), np.float32([-2.5, -25]), "Half of the velocity, and the new gradient in full")
check(pushed(optimizer, p, [0, -10]), np.float32([-3.25, -22.5]), "Rolling on without a push, and braking")
check(pushed(optimizer, p, [0, 0]), np.float32([-3.625, -21.25]), "Without any push the velocity fades")
check(q.data, np.float32(0), "A parameter that had no gradient did not move")
check(pushed(optimizer, q, 4), np.float32(-4), "Each parameter has a velocity of its own")
check(pushed(optimizer, q, 1), np.float32(-7), "It keeps its velocity while others rest")

optimizer, p = make(lambda params: SGD(params, lr=0.1, momentum=0.9), [1.0])
check(
    [pushed(optimizer, p, 2 * p.data) for _ in range(3)],
    [np.float32([0.8]), np.float32([0.46]), np.float32([0.062])],
    "Three steps into the bowl of p * p",
)

# %% [markdown]
# ## 4 · Weight decay (about 10 min)
#
# Large weights make wild functions, and a network that may have them will use them to learn its examples by heart. An old remedy is to make them cost something: add $\frac{\lambda}{2} \lVert\theta\rVert^2$ to the loss (*Krogh and Hertz 1992, "A simple weight decay can improve generalization", NIPS 4*). Nobody computes this sum. Its gradient is simply $\lambda \theta$, so
#
# $$g_t \leftarrow g_t + \lambda \, \theta_t$$
#
# before anything else is done with the gradient. With plain SGD a step is then $\theta - \eta g - \eta \lambda \theta$: each weight loses the share $\eta\lambda$ of itself, like money in inflation, unless the data keep asking for it.
#
# **Your task.** `decayed(self, gradient, values)`, again the whole method: return the gradient with $\lambda$ (`self.weight_decay`) times the values added. A *new* array: `p.grad` belongs to the parameter.


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


optimizer, p = make(lambda params: SGD(params, lr=0.5, weight_decay=0.1), [2.0, -4.0])
p.backward(np.float32([0, 0]))
optimizer.step()
check(p.data, np.float32([1.9, -3.8]), "Weights that nothing else pulls at shrink towards 0")
optimizer.zero_grad()
p.backward(np.float32([1, 1]))
optimizer.step()
check(p.data, np.float32([1.305, -4.11]), "The pull is added to the gradient")
check(Tensor(p.grad).data, np.float32([1, 1]), "The gradient of the parameter itself is not touched")

optimizer, p, q = make(lambda params: SGD(params, lr=0.5, weight_decay=0.1), [2.0, -4.0], 3.0)
q.backward(0.0)
optimizer.step()
check([p.data, q.data], [np.float32([2, -4]), np.float32(2.85)], "A parameter without a gradient does not shrink")

optimizer, p = make(lambda params: SGD(params, lr=0.5, momentum=0.5, weight_decay=1.0), [1.0])
p.backward(np.float32([1]))
optimizer.step()
optimizer.step()
check(p.data, np.float32([-1]), "The pull is part of what the velocity remembers")

# %% [markdown]
# ## 5 · RMSprop (about 10 min)
#
# One learning rate for all weights is a compromise between the steep and the flat ones. What if each weight had its own? In 2012 Geoffrey Hinton put a rule on a slide of his online course, and it was used everywhere before there was a paper to cite: *divide each gradient by its own usual size* (*Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5*). The usual size is the root of the mean of the squares, RMS:
#
# $$v_t = \alpha \, v_{t-1} + (1 - \alpha) \, g_t^2 \qquad \theta_{t+1} = \theta_t - \eta \, \frac{g_t}{\sqrt{v_t} + \epsilon}$$
#
# Everything here is meant number by number. $v$ is a **running mean**: it forgets slowly, with $\alpha = 0.99$ over about $1 / (1 - \alpha) = 100$ steps. So no list of old gradients is needed, one array is enough. And $\epsilon$, a crumb of $10^{-8}$ *beside* the root, keeps us from dividing by 0.
#
# What remains of the gradient is mostly its sign. Multiply the loss by 1,000, and nothing changes:
#
# ```
#    steep weight   g = 900  -900   900   900      g / RMS = 1 -1 1 1     all weights
#    flat weight    g = 0.1   0.1  -0.1   0.1      g / RMS = 1 1 -1 1     move alike
# ```
#
# **Your task.** `RMSprop.change`: note the running mean of squares as `notes["v"]` (it starts at 0), and return the learning rate times `self.rolling` of the scaled gradient. (RMSprop may have momentum too, as in PyTorch: the *scaled* gradient is the push.)


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


optimizer, p = make(RMSprop, [0.0, 0.0, 0.0])
p.backward(np.float32([1, -1000, 0]))
optimizer.step()
check(p.data, np.float32([-0.1, 0.1, 0]), "The first step is ten times lr: the mean of squares starts at 0", rtol=1e-4)

optimizer, p = make(lambda params: RMSprop(params, lr=1.0, alpha=0.75, eps=1.0), [0.0])
p.backward(np.float32([2]))
optimizer.step()
check(p.data, np.float32([-1]), "The crumb eps is added to the root, not under it")
optimizer.step()
check(p.data, np.float32([-1 - 2 / (1 + 1.75**0.5)]), "The mean of squares moves on")

optimizer, p = make(lambda params: RMSprop(params, lr=1.0, alpha=0.75, momentum=0.5), [0.0])
p.backward(np.float32([2]))
optimizer.step()
optimizer.step()
check(p.data, np.float32([-4.511858]), "With momentum the scaled gradient is the push", rtol=1e-4)

optimizer, p = make(lambda params: RMSprop(params, lr=1.0, alpha=0.0, weight_decay=0.5), [4.0])
p.backward(np.float32([-1]))
optimizer.step()
check(p.data, np.float32([3]), "Weight decay is added before the squares")

# %% [markdown]
# ## 6 · Adam (about 20 min)
#
# Have another look at the first check above: RMSprop's first step is *ten times* the learning rate. The running mean starts at 0, so after one step it is $0.01\, g^2$ instead of $g^2$, and its root ten times too small. In the first steps of training, of all times, it runs.
#
# Diederik Kingma and Jimmy Ba put three ideas together (*2015, "Adam: a method for stochastic optimization", ICLR, algorithm 1*): a running mean of the **gradients** (that is momentum, with the push damped), a running mean of their **squares** (RMSprop), and an honest account of how young both means are:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$
#
# $$\hat m_t = \frac{m_t}{1 - \beta_1^t} \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t} \qquad \theta_{t+1} = \theta_t - \eta \, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$$
#
# Why just this correction? Write down what $v_t$ is made of: $(1 - \beta_2)\,(g_t^2 + \beta_2\, g_{t-1}^2 + \dots + \beta_2^{t-1} g_1^2)$. The weights of this mean add up to $1 - \beta_2^t$ (a geometric series), not to 1. Divide by it, and it is a proper mean (section 3 of the paper). After one step $\hat m = g$ and $\hat v = g^2$, so the first step is $\eta$ times the sign; after ten thousand the corrections have faded:
#
# ```
#    t                1       10      100     1,000   10,000
#    1 - 0.9^t        0.100   0.651   1.000   1.000   1.000      how much of the mean gradient m has
#    1 - 0.999^t      0.001   0.010   0.095   0.632   1.000      how much of the mean square v has
# ```
#
# **Your task.** `Adam.change`, five or six lines. Count the steps *of this parameter* in `notes["t"]`, keep both means in `notes["m"]` and `notes["v"]`, **uncorrected** (what is corrected is for this step only), and return the learning rate times the quotient. `self.beta1`, `self.beta2`, `self.eps` are set.
#
# *Why count for each parameter? One that comes in later (a part that was frozen) has young means when the others are old.*


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


def pushed(optimizer, p, gradient):
    optimizer.zero_grad()
    p.backward(np.float32(gradient))
    optimizer.step()
    return p.data.copy()


optimizer, p = make(lambda params: Adam(params, lr=0.1), [0.0, 0.0, 0.0, 0.0])
check(
    pushed(optimizer, p, [1, -1000, 0.001, 0]),
    np.float32([-0.1, 0.1, -0.1, 0]),
    "The first step is lr, however large the slope",
    rtol=1e-4,
)

optimizer, p = make(lambda params: Adam(params, lr=1.0, betas=(0.5, 0.75)), [0.0, 0.0])
check(pushed(optimizer, p, [1, 2]), np.float32([-1, -1]), "Both means corrected after one step")
check(pushed(optimizer, p, [1, -2]), np.float32([-2, -2 / 3]), "The means of two gradients")
check(pushed(optimizer, p, [0, 2]), np.float32([-2.568872, -1.0952381]), "The means of three", rtol=1e-4)

optimizer, p, q = make(lambda params: Adam(params, lr=1.0, betas=(0.5, 0.75)), [0.0], 0.0)
p.backward(np.float32([1]))
optimizer.step()
optimizer.step()
q.backward(7.0)
optimizer.step()
check(q.data, np.float32(-1), "Who comes later begins at its own first step")

optimizer, p, q = make(lambda params: Adam(params, lr=1.0, eps=1.0), [0.0], 0.0)
p.backward(np.float32([1]))
check(pushed(optimizer, q, 3), np.float32(-0.75), "The crumb eps is added to the root, not under it")
check(p.data, np.float32([0]), "Without a gradient a parameter stays where it is")

optimizer, p = make(lambda params: Adam(params, weight_decay=0.5), [4.0])
check(pushed(optimizer, p, [-1]), np.float32([3.999]), "Weight decay is part of the gradient; lr is 0.001 if not given")

optimizer, p, q = make(lambda params: Adam(params, lr=0.05), [3.0, -2.0], 1.0)
for _ in range(20):
    optimizer.zero_grad()
    ((p * p).sum() * 100 + q**4).backward()
    optimizer.step()
check(p.data, np.float32([2.0241139, -1.0401853]), "Twenty steps down a steep bowl", rtol=1e-4)
check(q.data, np.float32(0.2672803), "And down a flat one", rtol=1e-4)

wrong = (ValueError, TypeError)  # either is fine
check_raises(
    wrong, lambda: make(lambda params: Adam(params, betas=(0.9, 1.0)), 1.0), "A mean that never forgets is refused"
)

# %% [markdown]
# ## 7 · AdamW (about 5 min)
#
# Adam with weight decay, as you have it now, does something strange. The pull $\lambda\theta$ is added to the gradient, and then *divided* by the usual size of the gradient, like all the rest. Here are two weights of 1, whose gradients swing around zero, one by 100 and the other by 0.01. Data that pull in no direction: both should decay.


# %%
def decays(kind, size, steps=300):
    """Return what is left of a weight of 1, whose gradient swings between size and -size."""
    w = Tensor(1.0, requires_grad=True)
    optimizer = kind([w], lr=0.01, weight_decay=0.1)
    for number in range(steps):
        optimizer.zero_grad()
        w.backward(size if number % 2 else -size)
        optimizer.step()
    return w.item()


for size in (100, 1, 0.01):
    print(f"gradients of {size:6}   SGD leaves {decays(SGD, size):7.3f}   Adam leaves {decays(Adam, size):7.3f}")

# %% [markdown]
# Under SGD each weight loses the same share (plus or minus a swing). Under Adam the busy weights, which need it most, hardly feel the decay, and the quiet ones are crushed. This went unnoticed for years, and was one of the reasons why Adam's networks generalised worse. *Loshchilov and Hutter (2019, "Decoupled weight decay regularization", ICLR, algorithm 2)* took the pull out of the gradient and let it act on the weights directly, beside Adam's step:
#
# $$\theta_{t+1} = \theta_t - \eta \, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} - \eta \lambda \, \theta_t$$
#
# **Your task.** `AdamW` inherits from Adam. Its `decayed` returns what the means shall see, and its `change` adds the loss of weight to what Adam's `change` returns (`super().change(...)`). One line each.


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
def make(kind, *values):
    params = [Tensor(value, requires_grad=True) for value in values]
    return kind(params), *params


optimizer, p = make(lambda params: AdamW(params, lr=0.1, weight_decay=0.5), [2.0, -4.0])
p.backward(np.float32([0, 0]))
optimizer.step()
check(p.data, np.float32([1.9, -3.8]), "Without a slope the weights lose a share, lr times weight_decay")
optimizer, p, q = make(lambda params: AdamW(params, lr=0.1, weight_decay=0.5), [2.0, -4.0], 3.0)
p.backward(np.float32([1, 1000]))
optimizer.step()
check(p.data, np.float32([1.8, -3.9]), "Adam's step and the loss of weight, side by side")
check(q.data, np.float32(3), "Without a gradient nothing is lost")

optimizer, p = make(lambda params: AdamW(params, lr=0.5), [10.0])
p.backward(np.float32([1]))
optimizer.step()
check(p.data, np.float32([9.45]), "The weight decay is 0.01 unless somebody says otherwise")

decoupled, p = make(lambda params: AdamW(params, lr=0.1, weight_decay=0.0), [3.0, 0.01])
plain, q = make(lambda params: Adam(params, lr=0.1), [3.0, 0.01])
for each, optimizer in [(p, decoupled), (q, plain)] * 3:
    optimizer.zero_grad()
    (each**2).sum().backward()
    optimizer.step()
check([p.data, q.data], [np.float32([2.7003815, 0.0423875])] * 2, "Without weight decay it is Adam", rtol=1e-4)

# %%
for size in (100, 1, 0.01):
    print(f"gradients of {size:6}   AdamW leaves {decays(AdamW, size):7.3f}   (300 shares of 0.001: {0.999**300:.3f})")

# %% [markdown]
# ## 8 · Stop and go on (about 10 min)
#
# A run of two weeks will be interrupted: a crash, a power cut, the end of your time slot. Then it should go on, and go on *exactly*. Saving the weights is not enough: velocities, means and counts are part of where we are. (In section 10 you will see what happens without.)
#
# **Your task.** Two methods.
#
# - `state_dict()` returns a plain dict with everything but the parameters themselves: the settings (`lr`, `momentum`, ...) and the notes. A *copy*, all the way down: later steps must not change it.
# - `load_state_dict(state)` takes such a dict back, again as a copy, because somebody may load it twice. The parameters stay. A state for another number of parameters, or with an array of another shape than its parameter's, is a `ValueError`.
#
# *Hints: `vars(self)` is the dict of all attributes of an object, and `vars(self).update(...)` sets some of them. `deepcopy` copies a dict of lists of dicts of arrays all the way down.*


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


def interrupted(kind):
    """Stop after five steps, go on for five with the same and with a new optimizer: same places to the last bit?"""
    p = Tensor([3.0, -2.0], requires_grad=True)
    optimizer = kind([p])
    walk(optimizer, p, 5)
    q, state = Tensor(p.data, requires_grad=True), optimizer.state_dict()
    walk(optimizer, p, 5)  # the state is a copy: this does not change it
    resumed = kind([q])
    resumed.load_state_dict(state)
    walk(resumed, q, 5)
    return bool(np.array_equal(p.data, q.data))


check(interrupted(lambda params: SGD(params, momentum=0.9)), True, "SGD with momentum goes on, to the last bit")
check(interrupted(lambda params: Adam(params, lr=0.1)), True, "Adam goes on with its means and its count of steps")
check(interrupted(lambda params: AdamW(params, lr=0.1)), True, "AdamW goes on")
check(interrupted(lambda params: RMSprop(params, momentum=0.5)), True, "RMSprop goes on")


def after_loading(times):
    """Load the same state into fresh optimizers, one after the other, and let each take a step."""
    p = Tensor([3.0], requires_grad=True)
    optimizer = SGD([p], lr=0.5, momentum=0.5)
    p.backward(np.float32([1]))
    optimizer.step()
    state = optimizer.state_dict()
    for _ in range(times):
        fresh = SGD([p], lr=0.1)
        fresh.load_state_dict(state)
        fresh.step()
    return p.data


check(after_loading(1), np.float32([1.75]), "Settings belong to the state: lr and momentum come back")
check(after_loading(2), np.float32([1]), "One state serves twice: loading takes a copy")


def mismatch():
    p, q = Tensor([1.0], requires_grad=True), Tensor([[1.0, 2.0]], requires_grad=True)
    SGD([p, q]).load_state_dict(SGD([p]).state_dict())


check_raises((ValueError, TypeError, KeyError), mismatch, "A state for another number of parameters")

# %% [markdown]
# That is the whole of it: a few dozen lines, with which (and with rather more electricity) all the large models of today were trained.
#
# ## 9 · A race in Rosenbrock's valley (about 15 min)
#
# In 1960 Howard Rosenbrock, a chemical engineer, published a function to torment optimizers with (*"An automatic method for finding the greatest or least value of a function", The Computer Journal 3*), and they are still being tested on it:
#
# $$f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2$$
#
# A banana-shaped valley. To find its floor is easy. To follow the floor to the lowest point, (1, 1), is not: across the valley it is curved a hundred times as much as along it (at the bend) to 2,500 times (at the goal). The traditional start is (-1.2, 1).


# %%
def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


# %% [markdown]
# **Try it** (not graded). `race(kind, steps)`: make a parameter of shape (2,) at (-1.2, 1), and an optimizer for it with `kind([p])`. Then `steps` times: forget the gradients, `rosenbrock(p[0], p[1]).backward()`, and step. Return all places, the start included, as one array of shape (steps + 1, 2).


# %% nbgrader={"grade": false, "grade_id": "use-race", "locked": false, "schema_version": 3, "solution": true, "task": false}
def race(kind, steps):
    """Return the places at which an optimizer has been, from (-1.2, 1) on: an array of shape (steps + 1, 2)."""
    ### BEGIN SOLUTION
    p = Tensor([-1.2, 1.0], requires_grad=True)
    optimizer = kind([p])
    places = [p.data]
    for _ in range(steps):
        optimizer.zero_grad()
        rosenbrock(p[0], p[1]).backward()
        optimizer.step()
        places.append(p.data)
    return np.array(places)
    ### END SOLUTION


# %%
RACERS = {
    "SGD": lambda params: SGD(params, lr=0.002),
    "momentum": lambda params: SGD(params, lr=0.002, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params, lr=0.03),
    "Adam": lambda params: Adam(params, lr=0.1),
}
COLORS = dict(zip(RACERS, ("tab:gray", "tab:red", "tab:green", "tab:blue"), strict=True))
paths = {name: race(kind, 500) for name, kind in RACERS.items()}

figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
x, y = np.meshgrid(np.linspace(-1.7, 1.5, 321), np.linspace(-0.7, 1.9, 261))
axes[0].contourf(x, y, np.log10(rosenbrock(x, y) + 1e-3), levels=24, cmap="Greys_r", alpha=0.7)
for name, path in paths.items():
    axes[0].plot(*path.T, color=COLORS[name], linewidth=1.5, label=name)
    axes[0].plot(*path[-1], "o", color=COLORS[name], markeredgecolor="black")
    axes[1].semilogy(rosenbrock(*path.astype(np.float64).T), color=COLORS[name], label=name)
axes[0].plot(-1.2, 1, "ws", markeredgecolor="black")
axes[0].plot(1, 1, "*", color="gold", markeredgecolor="black", markersize=16)
axes[0].set(
    xlim=(-1.7, 1.5), ylim=(-0.7, 1.9), xlabel="x", ylabel="y", title="500 steps from the square; the star is the goal"
)
axes[1].set(xlabel="step", ylabel="f(x, y)", title="how high above the lowest point")
axes[1].grid(alpha=0.3)
axes[1].legend()
plt.show()

# %% [markdown]
# Look at the paths first. **SGD** zigzags from wall to wall, finds the floor, and then creeps. **Momentum** is thrown about, takes the short cut over the inner bank, rolls past the star and far up the other side; but it comes back, and in the end it is a hundred times lower than the next. **RMSprop** marches along the floor until its running mean has forgotten how steep the walls are. Then a small slope is divided by a tiny number, and it is kicked up the wall: the green spikes. **Adam** keeps calm, with its mean of gradients and its longer memory for squares.
#
# Was it a fair race? Each had *one* learning rate, and we chose it for them. Here is what happens with others:

# %%
rates = 10 ** np.arange(-4, 0.26, 0.25)
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
FAMILIES = {
    "SGD": lambda lr: lambda params: SGD(params, lr),
    "momentum": lambda lr: lambda params: SGD(params, lr, momentum=0.9),
    "RMSprop": lambda lr: lambda params: RMSprop(params, lr),
    "Adam": lambda lr: lambda params: Adam(params, lr),
}
for name, family in FAMILIES.items():
    with np.errstate(all="ignore"):  # those who leave the valley for good
        ends = np.array([race(family(rate), 200)[-1] for rate in rates], dtype=np.float64)
        heights = rosenbrock(*ends.T)
    heights[~(heights < 1e3)] = np.nan
    ax.loglog(rates, heights, "o-", color=COLORS[name], label=name)
    alive = rates[np.isfinite(heights)]
    print(
        f"{name:9} best {np.nanmin(heights):8.1e} at lr = {rates[np.nanargmin(heights)]:.4f}, alive up to {alive.max():.4f}"
    )
ax.axhline(rosenbrock(-1.2, 1.0), color="black", linestyle="--", linewidth=1, label="the start")
ax.set(
    xlabel="learning rate",
    ylabel="f(x, y) after 200 steps",
    title="to the right of the last points of SGD and momentum: nan",
)
ax.grid(alpha=0.3)
ax.legend()
plt.show()

# %% [markdown]
# This picture is worth more than the race. SGD and momentum have a cliff: a little below it they are at their best, a little above there is `nan`. The adaptive ones get worse when the rate is too high, but there is no cliff, because no slope, however steep, makes a step longer than a few times $\eta$ (Kingma and Ba, section 2.1). *That* is why one reaches for Adam with a new network: it is not always the fastest, but it hardly ever explodes. On the other side stand results like those of *Wilson et al. (2017, "The marginal value of adaptive gradient methods in machine learning", NIPS 30)*: with time for tuning, SGD with momentum often generalises better.

# %% [markdown]
# ## 10 · Two moons (about 10 min)
#
# Two weights are a toy. Here is a network with 354 of them, and a task that no straight line can solve: tell two interlocked half moons apart.

# %%
manual_seed(6)
angles = np.linspace(0, np.pi, 100)
upper = np.stack([np.cos(angles), np.sin(angles)], axis=1)
lower = np.stack([1 - np.cos(angles), 0.5 - np.sin(angles)], axis=1)
X = Tensor(np.concatenate([upper, lower]) + 0.12 * randn(200, 2).data)
truth = np.repeat([0, 1], 100)


def fresh_network():
    """Return a network with the same first weights each time."""
    manual_seed(66)
    return Sequential(Linear(2, 16), Tanh(), Linear(16, 16), Tanh(), Linear(16, 2))


# %% [markdown]
# **Try it** (not graded). The loop of all deep learning, five lines, written with your optimizer: for each step forget, compute the loss of `network(X)`, go back, step, and note the loss (`.item()`).


# %% nbgrader={"grade": false, "grade_id": "use-train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(network, optimizer, steps):
    """Train on the moons, and return the loss before each step."""
    losses, loss_fn = [], CrossEntropyLoss()
    ### BEGIN SOLUTION
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(network(X), truth)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ### END SOLUTION
    return losses


# %%
MOONS = {
    "SGD": lambda params: SGD(params, lr=0.3),
    "momentum": lambda params: SGD(params, lr=0.3, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params, lr=0.01),
    "Adam": lambda params: Adam(params, lr=0.03),
    "AdamW": lambda params: AdamW(params, lr=0.03, weight_decay=0.1),
}
curves, networks = {}, {}
for name, kind in MOONS.items():
    networks[name] = fresh_network()
    curves[name] = train(networks[name], kind(networks[name].parameters()), 150)
    right = (networks[name](X).data.argmax(axis=1) == truth).mean()
    size = sum((p.data**2).sum() for p in networks[name].parameters()) ** 0.5
    print(f"{name:9} loss {curves[name][0]:.3f} -> {curves[name][-1]:.4f}   right {right:6.1%}   |weights| {size:5.2f}")

figure, axes = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
for name, losses in curves.items():
    axes[0].semilogy(losses, color=COLORS.get(name, "tab:purple"), label=name)
axes[0].set(xlabel="step", ylabel="loss", title="the same network, the same start")
axes[0].grid(alpha=0.3)
axes[0].legend()
side = np.stack(np.meshgrid(np.linspace(-1.6, 2.6, 121), np.linspace(-1.2, 1.7, 121)), axis=-1)
for ax, name in zip(axes[1:], ("SGD", "Adam"), strict=True):
    with no_grad():
        logits = networks[name](Tensor(side.reshape(-1, 2))).data
    ax.contourf(*side.transpose(2, 0, 1), (logits[:, 1] - logits[:, 0]).reshape(121, 121), 20, cmap="RdBu", alpha=0.8)
    ax.scatter(*X.data.T, c=truth, cmap="RdBu", edgecolors="white", linewidths=0.6, s=26)
    ax.set(title=f"what {name} has learned in 150 steps")
plt.show()

# %% [markdown]
# **Stop and go on.** A run with Adam is saved after 100 steps. Three runs go on from there: one that was never stopped, one with the saved state, and one that saved only the weights. Watch the third.

# %%
network = fresh_network()
optimizer = Adam(network.parameters(), lr=0.03)
before = train(network, optimizer, 100)
weights, state = [p.data.copy() for p in network.parameters()], optimizer.state_dict()
unbroken = train(network, optimizer, 50)


def resume(state):
    """Go on for 50 steps from the saved weights, with or without the state of the optimizer."""
    network = fresh_network()
    for p, saved in zip(network.parameters(), weights, strict=True):
        p.data = saved.copy()
    optimizer = Adam(network.parameters(), lr=0.03)
    if state is not None:
        optimizer.load_state_dict(state)
    return train(network, optimizer, 50)


resumed, forgetful = resume(state), resume(None)
print("with the state: the same losses to the last bit?", resumed == unbroken)
print(f"highest loss after the stop: without the state {max(forgetful):.4f}, with it {max(resumed):.4f}")
plt.figure(figsize=(7, 3), layout="constrained")
plt.semilogy(before + unbroken, color="tab:blue", label="unbroken, and resumed with the state")
plt.semilogy(range(100, 150), forgetful, color="tab:orange", label="resumed with the weights alone")
plt.axvline(100, color="gray", linestyle="--")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# Without its notes Adam is as young as on the first day: every weight takes a full step of $\eta$, whatever its slope, and the network is thrown out of the place that it had settled in. It finds back, sometimes to a better place. But it is another run than the one you started, and if you compare two runs, of which one was interrupted, you compare something else than you think.

# %% [markdown]
# ## 11 · What does it cost? (about 10 min)
#
# Run, look, and change things. You will need these figures for your answers below.
#
# **Memory, counted.** The arrays in the notes of each optimizer, after one step, for a network of 784-256-64-10:


# %%
def digits_network():
    manual_seed(1)
    return Sequential(Linear(784, 256), ReLU(), Linear(256, 64), ReLU(), Linear(64, 10))


def one_step(network, optimizer, examples=64):
    optimizer.zero_grad()
    MSELoss()(network(randn(examples, 784)), randn(examples, 10)).backward()
    optimizer.step()


KINDS = {
    "SGD": lambda params: SGD(params),
    "SGD with momentum": lambda params: SGD(params, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params),
    "RMSprop with momentum": lambda params: RMSprop(params, momentum=0.9),
    "Adam": lambda params: Adam(params),
    "AdamW": lambda params: AdamW(params),
}
for name, kind in KINDS.items():
    network = digits_network()
    optimizer = kind(network.parameters())
    one_step(network, optimizer)
    parameters = sum(p.data.nbytes for p in network.parameters())
    gradients = sum(p.grad.nbytes for p in network.parameters())
    noted = sum(np.asarray(value).nbytes for notes in optimizer.notes for value in notes.values() if np.ndim(value))
    print(f"{name:22} notes {noted:9,} bytes = {noted / parameters:.0f} more copies of every parameter")
print(f"parameters {parameters:,} bytes, gradients {gradients:,} bytes in any case")

# %% [markdown]
# **Memory, measured.** Counting trusts the notes. `tracemalloc` asks Python itself: how much more memory is in use after the first step than before, and how much was in use at most *during* a later one? (Parameters and gradients are there already when we start to count.)

# %%
for name, kind in KINDS.items():
    tracemalloc.start()
    network = digits_network()
    optimizer = kind(network.parameters())
    MSELoss()(network(randn(64, 784)), randn(64, 10)).backward()
    start = tracemalloc.get_traced_memory()[0]
    optimizer.step()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{name:22} stays {(after - start) / parameters:5.2f} times the parameters"
        f"   for a moment {(peak - after) / parameters:5.2f} times more"
    )

# %% [markdown]
# Measured and counted should agree. (The second column is the price of writing formulas with whole arrays: each operation makes a new one.)
#
# **In large.** Weights, gradients and notes in float32, without activations:

# %%
for model, count in {"BERT base (2018)": 110e6, "GPT-2 (2019)": 1.5e9, "GPT-3 (2020)": 175e9}.items():
    sizes = [count * 4 * copies / 1e9 for copies in (1, 2, 3, 4)]
    print(
        f"{model:16}  to use it {sizes[0]:7.2f} GB   to train it with SGD {sizes[1]:7.2f}"
        f"   momentum {sizes[2]:7.2f}   Adam {sizes[3]:7.2f}"
    )

# %% [markdown]
# **Time.** What does `step()` take, beside the forward pass and the walk back?


# %%
def seconds(function, repeats=7):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


network = digits_network()
for examples in (1, 16, 256):
    batch, target = randn(examples, 784), randn(examples, 10)

    def forth_and_back(batch=batch, target=target):
        for p in network.parameters():
            p.zero_grad()
        MSELoss()(network(batch), target).backward()

    passes = seconds(forth_and_back)
    steps = [
        seconds(kind(network.parameters()).step) for kind in (KINDS["SGD"], KINDS["SGD with momentum"], KINDS["Adam"])
    ]
    print(
        f"batch {examples:4}   forward and backward {passes * 1e3:6.2f} ms"
        + "".join(
            f"   {name} {taken * 1e3:5.2f}" for name, taken in zip(("SGD", "momentum", "Adam"), steps, strict=True)
        )
    )

# %% [markdown]
# The passes depend on the batch, the step does not: it walks through the parameters, a dozen times in Adam's case, however many examples there were. No matrix product, just reading and writing: memory is its limit, not arithmetic.
#
# ### Compare with PyTorch
#
# | | Yours | PyTorch |
# |---|---|---|
# | formulas | as above | the same; `SGD` can also be damped (`dampening`) or look ahead (`nesterov`) |
# | learning rate unless you say otherwise | 0.01 for SGD and RMSprop, 0.001 for Adam | 0.001, 0.01, 0.001 |
# | weight decay | part of the gradient; AdamW decoupled, 0.01 | the same |
# | parameters | one list | a list, or groups with settings of their own (no decay for biases, say) |
# | a parameter without a gradient | left out | left out |
# | `zero_grad()` | `None` | `None` (`set_to_none=True`) |
# | a step | new arrays, a Python loop over the parameters | in place; many parameters in one kernel (`foreach`, `fused`) |
# | memory | notes: 0, 1 or 2 copies | the same, in the type of the parameter |
# | `state_dict()` | a copy | refers to the tensors in use: `deepcopy` it if you go on |
# | count of steps | for each parameter | for each parameter |
# | also there | | Adagrad, Adafactor, NAdam, LBFGS, ... |
#
# If PyTorch is installed on your machine, let `torch.optim.Adam` run the race, and compare the paths number by number.

# %% [markdown]
# ## 12 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · Whom do you send down the mountain?
#
# (a) Explain with the picture of learning rates why SGD and momentum have a cliff, where it lies, and why Adam has none. Use the rule $\eta < 2 / k$: how steep must the walls of the valley be? (b) Somebody multiplies the loss by 1,000. What changes for your five optimizers, each with its learning rate as it was? Try it on the moons or in the valley, and report numbers. (c) Momentum won the race, and yet most people reach for Adam first. Are they wrong? Say what you would do with a new network and one day of computing time.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) SGD's best rate was 0.0032, and beyond 0.0056 all was `nan`. A step of $\eta$ across the valley multiplies the distance from its floor by $1 - \eta k$; beyond $2/k$ that grows with each step. So $k$ is some hundreds: $2 / 0.0056 \approx 360$. (Exactly: at the start the steepest curvature is about 1,500, on the floor near (1, 1) it is 1,002, in the bend at (0, 0) 200; SGD gets away with 0.0032 because the steps do not grow for ever in a bent valley.) Adam divides by the usual size of the slope: a step is about $\eta$ however steep the wall, so it may be useless (0.1 left at $\eta = 1.8$), but it cannot explode. (b) The gradients are 1,000 times larger. SGD and momentum: like a rate 1,000 times larger, `nan` in the valley, on the moons a loss of some hundreds that never comes down. RMSprop and Adam: the factor cancels, only $\epsilon$ is relatively smaller: 0.0189 and 0.0043 in the end with and without it. AdamW the same, since the decay is no part of the gradient; with Adam's coupled decay the balance between loss and decay would shift. (c) They are not wrong: momentum won with a rate just below its cliff, which somebody had to find, and which moves with every change of the network. Adam was alive at all 18 rates. I would start with AdamW at 0.001 to see that the network learns at all, then spend the rest of the day on a sweep of rates for it and for SGD with momentum, and compare on validation data.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Cliff located with own figures and tied to $2/k$; the factor of 1,000 tried and explained for all kinds (with or without decay); a reasoned choice that weighs speed against tuning |
# | 7-8 | All parts, one thin: steepness not estimated, or the factor not tried |
# | 5-6 | Knows that SGD depends on the scale and Adam does not; figures or the choice are missing |
# | 3-4 | "Adam is better" or "momentum is faster", hardly a reason |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · Two more copies of everything
#
# (a) How many bytes does each of your optimizers keep for a parameter of 4 bytes, counted and measured? Why does Adam need *two* copies, and why would no single one do? (b) You have 24 GB. How large a model can you *use*, and how large a one can you *train* with SGD, with momentum, with Adam, if activations took no memory at all? (c) Compare the time of `step()` with that of the passes. For which batch does it matter? And what would you gain, and risk, by keeping $v$ with 8 bits a number, or only one number for each row and column of a weight matrix?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) SGD 0, momentum and RMSprop 4, RMSprop with momentum and Adam 8 bytes; `tracemalloc` agrees: 0.00, 1.00 and 2.00 times the parameters stay (and for a moment 2.8 to 5.5 times more, for the new arrays of the formulas; AdamW a copy less than Adam, because its `decayed` makes none). The mean of the gradients says *where to*, the mean of the squares *how large usually*. From neither can the other be computed: the gradients 1, -1, 1, -1 have mean 0 and mean square 1, and 0, 0, 0, 0 have mean 0 too. (b) In float32: using 24 / 4 = 6 billion weights; training takes 8 bytes a weight with SGD (weights and gradients), 12 with momentum, 16 with Adam: 3, 2 and 1.5 billion. So the model that fills my card when I use it is four times too large to be trained with Adam. (c) With me the step took 0.35 ms with Adam and 0.08 ms with SGD, whatever the batch, the passes 0.4 ms for 1 example and 1.7 ms for 256. With a batch of 1 Adam nearly doubles the time; with 256 it is a fifth. It only reads and writes. With 8 bits, 8 bytes of notes become 5, or 2 if $m$ is kept so too (Dettmers et al. 2022); with rows and columns $v$ nearly vanishes (Adafactor, Shazeer and Stern 2018). The risk: the squares span many powers of ten, and what is rounded to 0 under a root in the denominator gives huge steps; one number for a row treats a quiet weight like its busy neighbours.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Own bytes, counted and measured; why both means are needed; all four sizes for 24 GB right; times with the batch where they matter; a gain with figures, and a real risk |
# | 7-8 | All parts, one without figures or with a slip in the sizes |
# | 5-6 | Two copies measured, not explained; sizes partly right (gradients forgotten, say) |
# | 3-4 | "Adam needs more memory", without use of the measurements |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · Small print
#
# (a) What would Adam do in its first steps without the corrections $1 - \beta^t$? Compute the first step for $\beta_1 = 0.9$, $\beta_2 = 0.999$, and compare with RMSprop's. How long does it last? (b) Use the table of section 7: what does weight decay do to a busy weight under SGD, Adam and AdamW, and to a quiet one? Why did nobody notice for years? (c) A run was resumed from the weights alone. How would you recognise it in the loss curve, and in which of your optimizers could you not? Who could be misled by a curve that looks *better* afterwards?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) $m = 0.1\, g$ and $v = 0.001\, g^2$, so the step is $0.1 / \sqrt{0.001} = 3.16$ times $\eta$, and grows at first, since $m$ catches up in 10 steps and $v$ needs 1,000: after ten steps it is $0.65 / \sqrt{0.01} = 6.5$ times $\eta$ if the slopes stay. RMSprop starts with $1 / \sqrt{0.01} = 10$ times, and is normal after some 100 steps. So the network is thrown far away just when nothing is known yet. (b) After 300 steps (shares of 0.001, so 0.741 is right): under SGD 0.61, 0.74, 0.74 are left: all lose alike, apart from the swing. Under Adam 1.015, 0.754 and 0.000: with gradients of 100 the pull of 0.1 is divided by 100 and vanishes, with gradients of 0.01 the pull is larger than they are and becomes a full step of $\eta$. AdamW leaves 0.754 in all cases. Nobody noticed because it works somehow: there is no error, the loss falls, and whoever tuned $\lambda$ found a value that was best for the mixture. (c) A jump: 0.0070 before, 0.0611 shortly after, then swings that fade, in Adam because each weight takes a full step. With momentum the loss does not jump, it only falls slower for ten steps, and plain SGD has no memory at all, so one sees nothing. In our run the forgetful one was a little lower in the end: somebody who compares settings could take the interruption for an improvement of the method. The state belongs to the run.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | First step computed and its duration reasoned; the table read for busy and quiet weights, with the mechanism; the symptom of a lost state for Adam, momentum and SGD, and whom it misleads |
# | 7-8 | All parts, one thin: no duration, or momentum and SGD not told apart |
# | 5-6 | Correction and decoupling understood in words; no own numbers |
# | 3-4 | Repeats formulas or the text, without consequences |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# You can walk down any hill that your tensors can describe. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 06` runs the checks, `tito submit cp06` hands in.
#
# **Next: module 07, training.** The loop of five lines grows up: batches, a learning rate that falls along a curve, gradients that are kept from exploding, checkpoints on disk. At its end your own code, from the first `Tensor` on, reads handwritten digits.
