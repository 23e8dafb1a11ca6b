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
# # Module 05 · Autograd
#
# *Checkpoint 05, differentiation: can I compute gradients automatically?*
#
# In 1970 Seppo Linnainmaa, a student in Helsinki, asked in his master's thesis how rounding errors travel through a long computation. His answer was a way to find, in one sweep backwards, how much the result depends on *each* of the numbers on the way. Sixteen years later Rumelhart, Hinton and Williams trained networks with the same idea and called it back-propagation (*Nature 323, 1986*). Today it is the engine under everything that learns: GPT-3 has 175 billion weights, and every training step needs 175 billion slopes. One sweep delivers them all.
#
# You have tensors, activations, layers and a loss that says how wrong a network is. Today you make your code answer the next question by itself: *which way should each weight move?*
#
# **By the end you can**
#
# - write down a computation while it happens, and walk back through it;
# - state, for every operation you have built, how a change of its result follows from a change of its inputs;
# - prove a gradient right by measuring it;
# - say what gradients cost, in time and in memory, and why.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 slopes · 2 record · 3 the two ends · 4 walk back · 5 no recursion · 6 broadcasting · 7 arithmetic · 8 matrix product · 9 reductions · 10 shapes · 11 activations and losses · 12 three tools | 195 |
# | Use | 13 a network learns XOR · 14 what it costs | 25 |
# | Reflect | 15 three questions for your teacher | 20 |
#
# **How it works.** As before: you write where it says `YOUR CODE HERE`, and run the test cell after each step. Nothing from modules 01 to 04 is changed or replaced today. All their operations go through `dispatch`, which tells an *engine* what happened; so far the engine shrugged. You write one that remembers.

# %% [markdown]
# ## Setting the table

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.autograd
#| export
from contextlib import contextmanager

import numpy as np

from tinytorch.core.tensor import FORWARD, Engine, Tensor, as_array, dispatch, extend, set_engine

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.activations import GELU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, MSELoss
from tinytorch.core.setup import manual_seed
from tinytorch.core.tensor import randn, zeros
from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · Slopes (about 15 min)
#
# Turn a knob a little, and see how much the result moves. The ratio is the **slope**, or derivative. With a small step $h$, to both sides, because then the error shrinks with $h^2$ (*Press et al., Numerical Recipes, section 5.7*):
#
# $$\frac{\partial f}{\partial x} \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# A function of many numbers has a slope for each of them. Put into an array of the same shape as the input, they are the **gradient**. Here is the definition as code: one knob after the other.


# %% nbgrader={"grade": false, "grade_id": "given-slopes", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def slopes(function, array, width=1e-2):
    """Return how fast the number `function()` changes with each number of `array`, by trying it out."""
    measured = np.zeros(array.shape, dtype=np.float32)
    for place in np.ndindex(array.shape):
        middle = array[place]
        high, low = middle + np.float32(width), middle - np.float32(width)
        array[place] = high
        above = function()
        array[place] = low
        below = function()
        array[place] = middle
        measured[place] = (above - below) / (high - low)
    return measured


# %%
weights = np.float32([2.0, -1.0, 0.5])
slopes(lambda: (weights**2).sum(), weights)  # the slope of w*w is 2w

# %% [markdown]
# It works for any function, and it is hopeless: two evaluations of the whole network *for each weight*. For 175 billion weights and one second per evaluation, a single step takes eleven thousand years. Keep it all the same. It is slow, but it knows nothing of our formulas, and so it makes an honest judge (section 12).
#
# ### The chain rule, backwards
#
# A computation is a chain of small steps, and for a small step the slope is known. Take $d = b \cdot c$ with $b = 3a$ and $c = a + 1$, at $a = 2$:
#
# ```
#                          forward: values                      backward: slopes of d
#
#                     +--- b = 3a = 6 ---+                   +--- c * 3 =  9 <--+
#                     |                  |                   |                  |
#          a = 2 -----+                  +---> d = 18    a <-+                  +--- 1
#                     |                  |                   |                  |
#                     +-- c = a + 1 = 3 -+                   +--- b * 1 =  6 <--+
#
#                                                        a gets 9 + 6 = 15
# ```
#
# Read the right half from right to left. The slope of $d$ with respect to itself is 1. A product passes to each factor *the other factor*: $b$ gets 3, $c$ gets 6. Then $b = 3a$ passes on three times what it got, $c = a + 1$ exactly what it got. And $a$, which was used twice, gets **the sum** of both messages: 15. Check: $d = 3a^2 + 3a$, whose slope is $6a + 3 = 15$.
#
# This shape is called a *diamond*, and it will follow us through the module: it holds most of the mistakes that one can make.
#
# Two facts make the method what it is (*Baydin, Pearlmutter, Radul, Siskind 2018, "Automatic differentiation in machine learning: a survey", JMLR 18, section 3.2; Griewank and Walther 2008, "Evaluating derivatives", chapter 3*):
#
# 1. **Each step needs to know only itself**: the message that arrives, its own inputs and its own result.
# 2. **One sweep gives the slopes of one result with respect to everything**, at a small multiple of the cost of computing the result, however many inputs there are.
#
# In symbols: let $\bar v$ stand for $\partial d / \partial v$, the message at $v$. A step $v = g(u)$ turns $\bar v$ into its share of $\bar u$, and the shares of all uses add up:
#
# $$\bar u = \sum_{\text{steps } v = g(\ldots, u, \ldots)} \bar v \; \frac{\partial g}{\partial u}$$

# %% [markdown]
# ## 2 · Write it down (about 20 min)
#
# Before we can walk back we need to know the way. So each time an operation happens, the engine attaches a **step** to its result: name, inputs, parameters, values. Result and inputs together make a graph, for which nobody had to draw anything: it grows while ordinary Python code runs, loops and `if`s included.
#
# ```
#      d.step   "multiply"
#                 |    |
#        b.step --+    +-- c.step
#      "multiply"           "add"
#         |  |               |  |
#         a  3               a  1          a.step is None: nobody computed a, it is a leaf
# ```
#
# The class of a step is given. It keeps the *arrays* as they are now (somebody may change `a.data` before we come back), and the *tensors* that wait for a message. An input that wants no gradient, like the 3, is kept as `None` in `inputs`: no message goes there.


# %% nbgrader={"grade": false, "grade_id": "given-step", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def wants_gradient(value):
    """Say whether an input of an operation is a tensor that takes part in differentiation."""
    return isinstance(value, Tensor) and value.requires_grad


def kept(value):
    """Return `value` with all arrays in it copied: their owner may fill them anew before we come back."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return type(value)(map(kept, value)) if isinstance(value, (list, tuple)) else value


class Step:
    """One operation that happened: its name, what went in, what came out."""

    def __init__(self, name, inputs, params, output):
        self.name = name
        self.params = {key: kept(value) for key, value in params.items()}
        self.inputs = [value if wants_gradient(value) else None for value in inputs]
        self.arrays = [as_array(kept(value)) for value in inputs]
        self.output = output.data

    def before(self):
        """Return the steps that computed the inputs; a step that is used twice comes twice."""
        return [value.step for value in self.inputs if value is not None and value.step is not None]


@extend(Tensor)
class Tensor:
    step = None  # a leaf: nobody computed it


# Questions with the answer yes or no have no slope: their results take no part in differentiation.
CONSTANT = {"greater", "less"}

# %% [markdown]
# **Your task.** `record` is called by your `dispatch` after each operation, with the name, the inputs (tensors, numbers, arrays), the parameters and the output, a fresh Tensor.
#
# 1. While the engine is not `recording`, or if the operation is one of `CONSTANT`: do nothing.
# 2. If at least one input `wants_gradient`, then so does the output: set its `requires_grad`, and attach a `Step` to it as `output.step`.
# 3. If none does: do nothing. Whoever wants no gradients shall pay nothing.
#
# *Hint: `any(... for value in inputs)`. The method `backward` below is for the next sections.*


# %% nbgrader={"grade": false, "grade_id": "record", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Autograd(Engine):
    """The engine that remembers, and walks back."""

    recording = True

    def record(self, name, inputs, params, output):
        """Attach to `output` the step that computed it, if any of its inputs wants a gradient."""
        ### BEGIN SOLUTION
        if not self.recording or name in CONSTANT:
            return
        if any(wants_gradient(value) for value in inputs):
            output.requires_grad = True
            output.step = Step(name, inputs, params, output)
        ### END SOLUTION

    def backward(self, tensor, gradient):
        """Send `gradient` back from `tensor` to every leaf that it was computed from."""
        walk_back(tensor, starting_gradient(tensor, gradient))


autograd = Autograd()
set_engine(autograd)  # from here on, every operation on tensors is recorded

# %% nbgrader={"grade": true, "grade_id": "test-record", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
a = Tensor([1.0, 2.0], requires_grad=True)
plain = Tensor([3.0, 4.0])
check((a * 3).requires_grad, True, "What is computed from a wants a gradient too")
check((plain + a).requires_grad, True, "One input is enough")
check((3 - a).requires_grad, True, "On the right side as well")
check(((a * 3).exp().sum() * plain).requires_grad, True, "The wish travels through a whole computation")
check(
    [value.requires_grad for value in (plain * 3, plain + plain, plain, a)],
    [False, False, False, True],
    "Without such an input nothing is wanted, and inputs stay as they are",
)
check(
    [(a * 3).detach().requires_grad, (a * 3)[0].requires_grad], [False, True], "detach() cuts the thread, [0] does not"
)
check((a * 3 + plain).data, np.float32([6, 10]), "The values are what they were")

# %% [markdown]
# ## 3 · The two ends of the walk (about 15 min)
#
# Before the walk, its ends. It **starts** at the tensor on which `backward()` is called, with the message "a slope of 1 with respect to yourself". That makes sense for a single number. For any other shape somebody must say how much each number of the result counts: that is the argument `gradient`, of the same shape. (In formulas the walk computes a vector-Jacobian product $v^\top J$, and `gradient` is the $v$.)
#
# It **ends** at the leaves that want a gradient. They keep what arrives, as an array in `.grad`. If there is something already, the new is **added**: two losses, or two halves of a batch (module 07 trains like that), shall add up until somebody calls `zero_grad()`. It surprises every newcomer once; PyTorch does the same.
#
# ```
#      leaf a                    d                         loss.backward()
#      .grad += message  <----  ...  <----  message of shape loss.shape  <---- 1, or `gradient`
# ```
#
# **Your task.**
#
# - `starting_gradient`: a tensor that does not want a gradient cannot start a walk: `ValueError` that says `requires_grad`. Without `gradient`, a tensor of size 1 gives ones in its shape, any other a `ValueError` that names the shape. With `gradient` (tensor, array or number): its shape must be the tensor's, else a `ValueError` that names both shapes.
# - `accumulate`: add to `leaf.grad`. What you store must be an array *of its own*: the same message may have gone to other leaves too, and the caller may still hold it.
# - `zero_grad`: forget the gradient, `None` again.
#
# *Hint: `np.array(something, dtype=np.float32)` always makes a new array.*


# %% nbgrader={"grade": false, "grade_id": "ends", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def starting_gradient(tensor, gradient):
    """Return the array with which a walk back from `tensor` begins."""
    ### BEGIN SOLUTION
    if not tensor.requires_grad:
        raise ValueError(f"backward() from shape {tensor.shape}: nothing in it was made with requires_grad=True")
    if gradient is None:
        if tensor.size != 1:
            raise ValueError(f"backward() from shape {tensor.shape} needs a gradient of that shape")
        return np.ones(tensor.shape, dtype=np.float32)
    gradient = as_array(gradient)
    if gradient.shape != tensor.shape:
        raise ValueError(f"backward() from shape {tensor.shape} got a gradient of shape {gradient.shape}")
    return gradient
    ### END SOLUTION


def accumulate(leaf, gradient):
    """Add an array to the gradient of a leaf."""
    ### BEGIN SOLUTION
    before = 0 if leaf.grad is None else leaf.grad
    leaf.grad = np.array(before + gradient, dtype=np.float32)
    ### END SOLUTION


@extend(Tensor)
class Tensor:
    def zero_grad(self):
        """Forget the gradient."""
        ### BEGIN SOLUTION
        self.grad = None
        ### END SOLUTION


def walk_back(tensor, gradient):
    """For now: the shortest walk of all, from a leaf to itself. Section 4 goes further."""
    accumulate(tensor, gradient)


# %% nbgrader={"grade": true, "grade_id": "test-ends", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# Tensor(x.grad).data is the gradient as an array of float32, however x keeps it.
x = Tensor(3.0, requires_grad=True)
x.backward()
check(Tensor(x.grad).data, np.float32(1), "The slope of x with respect to itself is 1")

x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
message = np.float32([1, 10, 100])
x.backward(message)
check(Tensor(x.grad).data, np.float32([1, 10, 100]), "A gradient that is given is where the walk starts")
message[0] = 99
check(Tensor(x.grad).data, np.float32([1, 10, 100]), "The caller's array changes, the gradient does not")
x.backward(Tensor([1.0, 1.0, 1.0]))
check(Tensor(x.grad).data, np.float32([2, 11, 101]), "A second walk adds to the first; a tensor will do as well")
x.zero_grad()
x.backward(np.float32([5, 6, 7]))
check(Tensor(x.grad).data, np.float32([5, 6, 7]), "After zero_grad() it starts anew")

wrong = (ValueError, TypeError, RuntimeError)  # any is fine
check_raises(wrong, lambda: x.backward(), "Three numbers and no word on how they count", mentions=["(3,)"])
check_raises(wrong, lambda: x.backward(np.ones((2, 3))), "A gradient of another shape", mentions=["(3,)", "(2, 3)"])

# %% [markdown]
# ## 4 · Walk back (about 20 min)
#
# Now the walk. Module 01 has a table `FORWARD`; we put a second one beside it, `BACKWARD`, with one **rule** for each name. A rule works on arrays, like its forward:
#
# ```
#   FORWARD["multiply"](a, b)                        ->  output
#   BACKWARD["multiply"](gradient, output, a, b)     ->  gradient of a, gradient of b
#                        ^         ^       ^
#                  the message   the result, the inputs; then the parameters, as keywords
# ```
#
# The rules of `add` and `neg` are given as examples, and so is `shares_of`, which sends a message through one step: it finds the rule, calls it, and gives you pairs of an input tensor and its share.
#
# Two drafts stand here as well, to be replaced in sections 5 and 6: `order`, which lists the steps, and `unbroadcast`.


# %% nbgrader={"grade": false, "grade_id": "given-rules", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
BACKWARD = {}


def backward_of(name):
    """Return a decorator that puts a rule into BACKWARD under the name of its operation."""

    def register(rule):
        BACKWARD[name] = rule
        return rule

    return register


@backward_of("neg")
def neg_backward(gradient, output, a):
    return (-gradient,)


@backward_of("add")
def add_backward(gradient, output, a, b):
    return gradient, gradient


def shares_of(step, gradient):
    """Send `gradient` through a step, and return its inputs that want a share, each with its share."""
    if step.name not in BACKWARD:
        raise RuntimeError(f"nobody has written the backward rule of {step.name!r} yet (table BACKWARD, module 05)")
    with np.errstate(all="ignore"):
        shares = BACKWARD[step.name](gradient, step.output, *step.arrays, **step.params)
    return [
        (tensor, np.asarray(unbroadcast(share, array.shape), dtype=np.float32))
        for tensor, array, share in zip(step.inputs, step.arrays, shares, strict=True)
        if tensor is not None and share is not None
    ]


def unbroadcast(gradient, shape):
    """A draft: as if nothing had been broadcast."""
    return gradient


def order(last):
    """A draft: return the steps behind `last`, each after every step that used its result."""
    done = []

    def visit(step):
        if step not in done:
            for earlier in step.before():
                visit(earlier)
            done.append(step)

    visit(last)
    return done[::-1]


# %% [markdown]
# Why does the order matter? Look at the diamond once more. If we went from `d` to `b` and straight on to `a`, and so on along each path, then every path would be walked separately. In `y = y + y`, thirty times, there are $2^{30}$ paths, a billion. So we wait at each step **until all its messages have arrived**, add them up, and go on *once*. That is what `order` is for: a step comes after every step that used its result (a *topological* order).
#
# **Your task.** `walk_back(tensor, gradient)`, which takes the place of the one in section 3. You write the whole function this time, `def` and all, and twice more below: until you do, the draft stays in force, and what you have built so far keeps working.
#
#
# 1. If `tensor` is a leaf, accumulate, and that is all.
# 2. Keep a dict `arriving`: for each step the sum of the messages so far. At first it holds one entry: `tensor.step` with `gradient`.
# 3. For each step of `order(tensor.step)`: take its message out of the dict, and send it through `shares_of` (a step to which nobody sent a message is passed over). Each share goes to a leaf (accumulate) or to the step of its tensor (add to what is `arriving` there).
#
# Add with `+`, never with `+=`: the array that arrived first may belong to somebody else. And leave the steps as they are: whoever calls `backward()` a second time gets the same gradients again. (PyTorch frees the steps after the first walk, to save memory, unless you say `retain_graph=True`. Our graph goes when the last tensor that needs it goes.)


# %% nbgrader={"grade": false, "grade_id": "walk", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
# Here goes: def walk_back(tensor, gradient): ...
### BEGIN SOLUTION
def walk_back(tensor, gradient):
    """Carry `gradient` from `tensor` back through the graph, and add to the gradients of the leaves."""
    if tensor.step is None:
        accumulate(tensor, gradient)
        return
    arriving = {tensor.step: gradient}
    for step in order(tensor.step):
        if step not in arriving:  # a Function of one's own may send nothing to an input
            continue
        for source, share in shares_of(step, arriving.pop(step)):
            if source.step is None:
                accumulate(source, share)
            elif source.step in arriving:
                arriving[source.step] = arriving[source.step] + share
            else:
                arriving[source.step] = share
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-walk", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
x = Tensor([1.0, -2.0], requires_grad=True)
y = -x
z = -y
(-z).backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([-1, -10]), "A chain: three times minus")

a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
(a + -b).backward(np.float32([1, 10]))
check([Tensor(t.grad).data for t in (a, b)], [np.float32([1, 10]), np.float32([-1, -10])], "Two inputs, two messages")

x = Tensor([1.0, 2.0], requires_grad=True)
(x + x).backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([2, 20]), "Used twice in one operation: the sum of both")

x = Tensor(5.0, requires_grad=True)
b = -x
c = x + 1
((b + c) + (b + (b + c))).backward()
check(Tensor(x.grad).data, np.float32(-1), "A diamond with three messages along b and two along c")

x = Tensor(1.0, requires_grad=True)
y = x + x
z = y + 3
z.backward()
z.backward()
check(Tensor(x.grad).data, np.float32(4), "The graph can be walked twice, and gradients add up")
(-y).backward()
check(Tensor(x.grad).data, np.float32(2), "Two results that share a part of the graph")

a, b = Tensor([1.0], requires_grad=True), Tensor([2.0])
(a + b).backward()
check([Tensor(a.grad).data, b.grad], [np.float32([1]), None], "Who wants no gradient gets none")

# %% [markdown]
# ## 5 · Ten thousand steps (about 15 min)
#
# The draft of `order` has two flaws. Let us see the first one: a loop of 5,000 additions, nothing unusual for a recurrent network.

# %%
x = Tensor(1.0, requires_grad=True)
y = x
for _ in range(5000):
    y = y + 1
try:
    y.backward()
    print("gradient", x.grad)
except RecursionError as error:
    print("RecursionError:", error)

# %% [markdown]
# *(If you have already filled in the cell below and run this one again, it works.)*
#
# A function that calls itself needs a place on Python's stack for each call, and there are a thousand of them (some set-ups of Jupyter allow three thousand). The second flaw is `step not in done`, where `done` is a list: each look-up walks through it, so 10,000 steps cost 50 million comparisons.
#
# **Your task.** `order(last)`: the same order without recursion, with a stack of your own. What would have been "call visit, then come back and append" becomes two visits to the same stack:
#
# ```
#   stack of pairs (step, finished?)            starts as [(last, False)]
#
#   pop a pair, as long as there is one:
#      finished?      append the step to done
#      seen before?   nothing to do
#      else           remember it as seen; push (step, True), and on top of it (s, False) for each s of step.before()
#
#   done reversed is the order
# ```
#
# Whatever is pushed above `(step, True)` is popped before it: all that a step was computed from lands in `done` first, and the step after it. This is depth-first search, and that its finishing order is topological was noted by *Tarjan (1976, "Edge-disjoint spanning trees and depth-first search", Acta Informatica 6)*. Use a `set` for what you have seen.


# %% nbgrader={"grade": false, "grade_id": "order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
# Here goes: def order(last): ...
### BEGIN SOLUTION
def order(last):
    """Return the steps behind `last`, itself first, each after every step that used its result."""
    done, seen, stack = [], set(), [(last, False)]
    while stack:
        step, finished = stack.pop()
        if finished:
            done.append(step)
        elif step not in seen:
            seen.add(step)
            stack.append((step, True))
            stack.extend((earlier, False) for earlier in step.before())
    return done[::-1]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-order", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([1.0, 2.0], requires_grad=True)
y = x
for _ in range(10000):
    y = y + 1
y.backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([1, 10]), "A chain of 10,000 operations")

x = Tensor(1.0, requires_grad=True)
y = x
for _ in range(30):
    y = y + y
y.backward()
check(Tensor(x.grad).data, np.float32(2**30), "y = y + y thirty times: a billion paths, thirty steps")

start, push = Tensor(1.0, requires_grad=True), Tensor(0.5, requires_grad=True)
state = start
for _ in range(3000):
    state = push + state
state.backward()
check([Tensor(t.grad).data for t in (start, push)], [np.float32(1), np.float32(3000)], "One leaf in all of 3,000 steps")

x = Tensor(1.0, requires_grad=True)
early = -x
late = early
for _ in range(50):
    late = late + early
(early + late).backward()
check(Tensor(x.grad).data, np.float32(-52), "A tensor that is used early and late waits for all its messages")

# %% [markdown]
# ## 6 · Broadcasting, undone (about 15 min)
#
# So far both sides of `+` had one shape. Now let a bias of shape (3,) meet a batch of shape (2, 3). In the forward direction the bias is read twice, once for each row: *a tensor that is used many times*. You know already what that means for its gradient: **the sum**.
#
# ```
#    forward                                   backward
#
#    (3,)      b0  b1  b2                      b gets   g00   g01   g02
#                | |  | |  | |                         + g10 + g11 + g12     shape (3,)
#    (2, 3)    b0  b1  b2                               ^
#              b0  b1  b2                      message  g00   g01   g02
#                                                       g10   g11   g12      shape (2, 3)
# ```
#
# The rule of thumb: *stretched in the forward direction, summed in the backward direction*; the gradient always has the shape of what it belongs to. An axis can be stretched in two ways:
#
# | Shape of the input | of the message | stretched |
# |---|---|---|
# | `(3,)` | `(2, 3)` | an axis in front that was missing: sum it away |
# | `(2, 1)` | `(2, 3)` | a 1 that became a 3: sum it, but keep the 1 |
# | `(1, 3)` | `(4, 2, 3)` | both |
#
# **Your task.** `unbroadcast(gradient, shape)`. Since `shares_of` calls it for every share, the rules below need not care.
#
# *Hint: `gradient.sum(axis=tuple_of_axes, keepdims=True)`; with an empty tuple nothing is summed. First the axes in front, then those where `shape` has a 1.*


# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
# Here goes: def unbroadcast(gradient, shape): ...
### BEGIN SOLUTION
def unbroadcast(gradient, shape):
    """Return a gradient summed over the axes along which an input of `shape` was stretched."""
    if gradient.shape == shape:
        return gradient
    in_front = tuple(range(gradient.ndim - len(shape)))
    gradient = gradient.sum(axis=in_front)
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-unbroadcast", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
message = np.float32([[1, 2, 3], [10, 20, 30]])
batch, bias = zeros(2, 3, requires_grad=True), zeros(3, requires_grad=True)
(batch + bias).backward(message)
check(Tensor(batch.grad).data, message, "What was not stretched gets the message as it is")
check(Tensor(bias.grad).data, np.float32([11, 22, 33]), "A row that was used for each row of the batch")

column, number = zeros(2, 1, requires_grad=True), Tensor(5.0, requires_grad=True)
(column + np.zeros((2, 3)) + number).backward(message)
check(Tensor(column.grad).data, np.float32([[6], [60]]), "A column keeps its 1")
check(Tensor(number.grad).data, np.float32(66), "A single number was used everywhere")

left, right = zeros(2, 1, requires_grad=True), zeros(1, 3, requires_grad=True)
(left + right).backward(message)
check(Tensor(left.grad).data, np.float32([[6], [60]]), "Both were stretched: the column")
check(Tensor(right.grad).data, np.float32([[11, 22, 33]]), "Both were stretched: the row")

row = zeros(1, 3, requires_grad=True)
(zeros(4, 2, 3) + row).backward(np.ones((4, 2, 3), dtype=np.float32))
check(Tensor(row.grad).data, np.float32([[8, 8, 8]]), "An axis in front and a 1")
one = zeros(1, requires_grad=True)
(one + zeros(0)).backward(np.zeros(0, dtype=np.float32))
check(Tensor(one.grad).data, np.float32([0]), "Stretched to nothing: a sum over nothing is 0")

# %% [markdown]
# ## 7 · Rules of arithmetic (about 20 min)
#
# The engine is complete. All that is missing is what each operation knows about itself. For operations that work element by element the rule is school calculus: the message times the slope, for each element alone. With $\bar y$ for the message (`gradient`) and $y$ for the result (`output`):
#
# | | result | to $a$ | to $b$ |
# |---|---|---|---|
# | `subtract` | $a - b$ | $\bar y$ | $-\bar y$ |
# | `multiply` | $a\,b$ | $\bar y\,b$ | $\bar y\,a$ |
# | `divide` | $a / b$ | $\bar y / b$ | $-\bar y\,a / b^2$ |
#
# **Your task.** The three rules. Each returns a tuple with one array for each input, in the order of the inputs.


# %% nbgrader={"grade": false, "grade_id": "arithmetic-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("subtract")
def subtract_backward(gradient, output, a, b):
    ### BEGIN SOLUTION
    return gradient, -gradient
    ### END SOLUTION


@backward_of("multiply")
def multiply_backward(gradient, output, a, b):
    ### BEGIN SOLUTION
    return gradient * b, gradient * a
    ### END SOLUTION


@backward_of("divide")
def divide_backward(gradient, output, a, b):
    ### BEGIN SOLUTION
    return gradient / b, -gradient * a / (b * b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-arithmetic-rules", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
message = np.float32([1, 10])
a, b = Tensor([6.0, 1.0], requires_grad=True), Tensor([2.0, 4.0], requires_grad=True)
(a - b).backward(message)
check([Tensor(t.grad).data for t in (a, b)], [np.float32([1, 10]), np.float32([-1, -10])], "Difference")

a, b = Tensor([6.0, 1.0], requires_grad=True), Tensor([2.0, 4.0], requires_grad=True)
(a * b).backward(message)
check([Tensor(t.grad).data for t in (a, b)], [np.float32([2, 40]), np.float32([6, 10])], "Product: the other factor")

a, b = Tensor([6.0, 1.0], requires_grad=True), Tensor([2.0, 4.0], requires_grad=True)
(a / b).backward(message)
check([Tensor(t.grad).data for t in (a, b)], [np.float32([0.5, 2.5]), np.float32([-1.5, -0.625])], "Quotient")

x = Tensor([2.0, 3.0], requires_grad=True)
(12 / x - x * x).backward(message)
check(Tensor(x.grad).data, np.float32([-7, -220 / 3]), "A number on the left, and a square")

a = Tensor(2.0, requires_grad=True)
b, c = a * 3, a + 1
(b * c).backward()
check(Tensor(a.grad).data, np.float32(15), "The diamond of section 1")

batch, gain = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True), Tensor([1.0, 10.0, 100.0], requires_grad=True)
(batch * gain).backward(np.ones((2, 3), dtype=np.float32))
check(Tensor(gain.grad).data, np.float32([5, 7, 9]), "A product with broadcasting: the row")
check(Tensor(batch.grad).data, np.float32([[1, 10, 100], [1, 10, 100]]), "A product with broadcasting: the batch")

# %% [markdown]
# ### Powers
#
# Two formulas, for the base and for the exponent:
#
# $$\frac{\partial\, a^b}{\partial a} = b\,a^{b-1} \qquad\qquad \frac{\partial\, a^b}{\partial b} = a^b \ln a$$
#
# and a trap in each, where floating point says `nan` (0 times infinity) though the slope is known. $a^0$ is 1 everywhere, so its slope is 0, at $a = 0$ too. And $0^b$ is 0 for every positive $b$, so the slope with respect to $b$ is 0 there.
#
# **Your task.** The rule of `power`, with `np.where(condition, 0, formula)` around each trap. (`np.where` computes both sides and then chooses, which is all right here: `shares_of` keeps NumPy quiet.)


# %% nbgrader={"grade": false, "grade_id": "power-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("power")
def power_backward(gradient, output, a, b):
    ### BEGIN SOLUTION
    to_base = np.where(b == 0, 0, b * a ** (b - 1))
    to_exponent = np.where((a == 0) & (b >= 0), 0, output * np.log(a))
    return gradient * to_base, gradient * to_exponent
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-power-rule", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([1.0, -3.0, 0.0], requires_grad=True)
(x**2).backward(np.float32([1, 10, 100]))
check(Tensor(x.grad).data, np.float32([2, -60, 0]), "Square, of a negative number too")

x = Tensor([0.0, 2.0], requires_grad=True)
(x**0 + x**1).backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([1, 10]), "The powers 0 and 1, at 0 too")

x = Tensor([4.0], requires_grad=True)
(x**-0.5).backward()
check(Tensor(x.grad).data, np.float32([-0.0625]), "One over the root")

a, b = Tensor([2.0, 3.0], requires_grad=True), Tensor([3.0, 2.0], requires_grad=True)
(a**b).backward(np.float32([1, 10]))
check(Tensor(a.grad).data, np.float32([12, 60]), "The base of a power")
check(Tensor(b.grad).data, np.float32([5.5451775, 98.87511]), "The exponent of a power")

x = Tensor([0.0, 3.0], requires_grad=True)
(2**x).backward(np.float32([1, 1]))
check(Tensor(x.grad).data, np.float32([0.6931472, 5.5451775]), "A number to the power of a tensor")
x = Tensor([2.0, 3.0], requires_grad=True)
(0**x).backward(np.float32([1, 1]))
check(Tensor(x.grad).data, np.float32([0, 0]), "Zero to any positive power stays zero")

# %% [markdown]
# ### Three functions
#
# | | result $y$ | to $a$ | |
# |---|---|---|---|
# | `exp` | $e^a$ | $\bar y\,y$ | the result is its own slope: no need to compute it again |
# | `log` | $\ln a$ | $\bar y / a$ | |
# | `sqrt` | $\sqrt a$ | $\bar y / (2y)$ | at 0 the slope is infinite, and so be it |
#
# **Your task.** Three rules of one line. Mind that a tuple of one needs its comma: `return (something,)`.


# %% nbgrader={"grade": false, "grade_id": "elementwise-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("exp")
def exp_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient * output,)
    ### END SOLUTION


@backward_of("log")
def log_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient / a,)
    ### END SOLUTION


@backward_of("sqrt")
def sqrt_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient / (2 * output),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-elementwise-rules", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
message = np.float32([1, 10])
x = Tensor([0.0, 1.0], requires_grad=True)
x.exp().backward(message)
check(Tensor(x.grad).data, np.float32([1, 27.182817]), "exp")
x = Tensor([4.0, 0.5], requires_grad=True)
x.log().backward(message)
check(Tensor(x.grad).data, np.float32([0.25, 20]), "log")
x = Tensor([4.0, 0.25], requires_grad=True)
x.sqrt().backward(message)
check(Tensor(x.grad).data, np.float32([0.25, 10]), "sqrt")
x = Tensor([3.0, 7.0], requires_grad=True)
x.exp().log().backward(message)
check(Tensor(x.grad).data, np.float32([1, 10]), "log undoes exp: a slope of 1")
x = Tensor([0.0], requires_grad=True)
x.sqrt().backward()
check(Tensor(x.grad).data, np.float32([np.inf]), "The root rises vertically at 0")

# %% [markdown]
# ## 8 · The matrix product (about 15 min)
#
# Here lives nearly all of the time that training takes. Let $C = AB$ with the message $\bar C$. Each $A_{ik}$ takes part in all results of row $i$, $C_{ij} = \sum_k A_{ik} B_{kj}$, with the slope $B_{kj}$. Adding up over the $j$:
#
# $$\bar A_{ik} = \sum_j \bar C_{ij}\,B_{kj} \quad\Longleftrightarrow\quad \bar A = \bar C\,B^\top \qquad\qquad \bar B = A^\top\,\bar C$$
#
# (*Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", section 2.2.2.*) You need not learn this by heart, since the shapes leave hardly a choice:
#
# ```
#   A (m, k)   B (k, n)   C and its message (m, n)
#
#   gradient of A must be (m, k):   (m, n) @ (n, k)   message @ B transposed
#   gradient of B must be (k, n):   (k, m) @ (m, n)   A transposed @ message
# ```
#
# Two products for one: the backward pass of a network costs about twice its forward pass.
#
# With batch axes in front all stays as it is, as long as "transposed" means the *last two* axes. If one side had no batch axes, it was used for the whole batch, and `unbroadcast` sums.
#
# **Your task.** The rule for two operands with at least two axes. The rest is given: it makes a matrix of a vector first (a row on the left, a column on the right), and takes the extra axis away afterwards.


# %% nbgrader={"grade": false, "grade_id": "matmul-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matrix_backward(gradient, a, b):
    """Return the gradients of a (..., m, k) and b (..., k, n) for that of their product (..., m, n)."""
    ### BEGIN SOLUTION
    return gradient @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ gradient
    ### END SOLUTION


@backward_of("matmul")
def matmul_backward(gradient, output, a, b):
    if b.ndim == 1:
        gradient = gradient[..., None]
    if a.ndim == 1:
        gradient = gradient[..., None, :]
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    to_rows, to_columns = matrix_backward(gradient, rows, columns)
    return to_rows[..., 0, :] if a.ndim == 1 else to_rows, to_columns[..., 0] if b.ndim == 1 else to_columns


# %% nbgrader={"grade": true, "grade_id": "test-matmul-rule", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
a = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True)
b = Tensor([[7, 8], [9, 10], [11, 12]], requires_grad=True)
(a @ b).backward(np.float32([[1, 0], [0, 10]]))
check(Tensor(a.grad).data, np.float32([[7, 9, 11], [80, 100, 120]]), "The left matrix")
check(Tensor(b.grad).data, np.float32([[1, 40], [2, 50], [3, 60]]), "The right matrix")

a, v = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True), Tensor([1.0, 0.0, -1.0], requires_grad=True)
(a @ v).backward(np.float32([1, 10]))
check(Tensor(a.grad).data, np.float32([[1, 0, -1], [10, 0, -10]]), "Matrix times vector: the matrix")
check(Tensor(v.grad).data, np.float32([41, 52, 63]), "Matrix times vector: the vector")

u = Tensor([1.0, 2.0], requires_grad=True)
(u @ a.detach()).backward(np.float32([1, 10, 100]))
check(Tensor(u.grad).data, np.float32([321, 654]), "Vector times matrix: the vector")

p, q = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
(p @ q).backward()
check([Tensor(t.grad).data for t in (p, q)], [np.float32([3, 4]), np.float32([1, 2])], "Vector times vector")

batch = Tensor([[[1, 2]], [[3, 4]], [[5, 6]]], requires_grad=True)
shared = Tensor([[1], [10]], requires_grad=True)
(batch @ shared).backward(np.float32([[[1]], [[10]], [[100]]]))
check(Tensor(batch.grad).data, np.float32([[[1, 10]], [[10, 100]], [[100, 1000]]]), "A batch: each its own")
check(Tensor(shared.grad).data, np.float32([[531], [642]]), "One matrix for the whole batch: the sum")

# %% [markdown]
# ## 9 · Reductions (about 15 min)
#
# *Stretched forward, summed backward.* And the other way round: **summed forward, stretched backward**. Every number that went into a sum has the slope 1, so each gets the message of its sum. A mean is a sum divided by $n$: each gets one $n$-th.
#
# ```
#     x (2, 3)        sum(axis=1)         message (2,)         gradient (2, 3)
#     1  2  3    ->        6                   5          ->     5   5   5
#     4  5  6             15                   7                 7   7   7
# ```
#
# One difficulty: without `keepdims` the axis is gone, and `(2,)` does not broadcast to `(2, 3)` (to `(2, 2)` it would, *and be wrong*). So first put the 1 back where the axis was.
#
# **Your task.** `stretch`, and with its help the rules of `sum` and `mean`. `axis` may be `None`, a number or a tuple.
#
# *Hints: `np.expand_dims(gradient, axis)` takes a number or a tuple, negative ones too, but not `None`. `np.broadcast_to(array, shape)`. For the mean, $n$ is the size before divided by the size after: `a.size // max(output.size, 1)`.*


# %% nbgrader={"grade": false, "grade_id": "sum-mean-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def stretch(reduced, shape, axis, keepdims):
    """Return the result of a reduction over `axis`, repeated to the `shape` from before it."""
    ### BEGIN SOLUTION
    if axis is not None and not keepdims:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, shape)
    ### END SOLUTION


@backward_of("sum")
def sum_backward(gradient, output, a, axis, keepdims):
    ### BEGIN SOLUTION
    return (stretch(gradient, a.shape, axis, keepdims),)
    ### END SOLUTION


@backward_of("mean")
def mean_backward(gradient, output, a, axis, keepdims):
    ### BEGIN SOLUTION
    return (stretch(gradient, a.shape, axis, keepdims) / (a.size // max(output.size, 1)),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-sum-mean-rules", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2], [4, 5]], requires_grad=True)
x.sum(axis=1).backward(np.float32([5, 7]))
check(Tensor(x.grad).data, np.float32([[5, 5], [7, 7]]), "A sum over the last axis of a square table")
x = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True)
x.sum().backward()
check(Tensor(x.grad).data, np.float32([[1, 1, 1], [1, 1, 1]]), "A sum of everything")
x.zero_grad()
x.sum(axis=-1, keepdims=True).backward(np.float32([[5], [7]]))
check(Tensor(x.grad).data, np.float32([[5, 5, 5], [7, 7, 7]]), "keepdims")

x = zeros(2, 3, 2, requires_grad=True)
x.sum(axis=(0, -1)).backward(np.float32([1, 10, 100]))
check(Tensor(x.grad).data[1], np.float32([[1, 1], [10, 10], [100, 100]]), "Two axes at once")

x = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True)
x.mean(axis=0).backward(np.float32([2, 4, 6]))
check(Tensor(x.grad).data, np.float32([[1, 2, 3], [1, 2, 3]]), "A mean over two numbers: half for each")
x.zero_grad()
x.mean().backward()
check(Tensor(x.grad).data, np.full((2, 3), 1 / 6, dtype=np.float32), "A mean of everything: a sixth for each")
x.zero_grad()
((x - x.mean(axis=1, keepdims=True)) ** 2).mean().backward()
check(Tensor(x.grad).data, np.float32([[-1, 0, 1], [-1, 0, 1]]) / 3, "A variance, with the mean used twice", atol=1e-5)

# %% [markdown]
# ### The largest
#
# Only the winner has a say in a maximum: if any other number moves a little, nothing happens. So the winner gets the whole message, and all others get 0. If several are equal at the top, the maximum has a corner there, and no slope. Any split whose parts add up to 1 is a *subgradient*; the fair choice is equal parts (PyTorch's `amax` does so).
#
# **Your task.** The rule of `max`: find the winners (who equals the stretched result?), count them along the axis, share the message.


# %% nbgrader={"grade": false, "grade_id": "max-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("max")
def max_backward(gradient, output, a, axis, keepdims):
    ### BEGIN SOLUTION
    winners = a == stretch(output, a.shape, axis, keepdims)
    count = winners.sum(axis=axis, keepdims=True)
    return (stretch(gradient, a.shape, axis, keepdims) * winners / count,)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-max-rule", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 5, 2], [7, 0, 3]], requires_grad=True)
x.max(axis=1).backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([[0, 1, 0], [10, 0, 0]]), "The winner of each row")
x.zero_grad()
x.max(axis=0, keepdims=True).backward(np.float32([[1, 10, 100]]))
check(Tensor(x.grad).data, np.float32([[0, 10, 0], [1, 0, 100]]), "The winner of each column, kept")
x.zero_grad()
x.max().backward()
check(Tensor(x.grad).data, np.float32([[0, 0, 0], [1, 0, 0]]), "The winner of all")

x = Tensor([3.0, 1.0, 3.0], requires_grad=True)
x.max().backward(np.float32(10))
check(float(Tensor(x.grad).data.sum()), 10.0, "Two winners share one message")
check(Tensor(x.grad).data[1], np.float32(0), "And the loser gets nothing")

# %% [markdown]
# ## 10 · Shapes and pieces (about 15 min)
#
# `reshape`, `transpose` and `permute` compute nothing. They put numbers in other places, and the messages travel **back to where the numbers came from**: by the inverse move.
#
# - `reshape`: back to the old shape.
# - `transpose`: swapping the same two axes a second time undoes it.
# - `permute`: here is the trap. With axes (2, 0, 1), axis 0 of the result was axis 2. Permuting by (2, 0, 1) again does *not* lead back (three times would). The inverse permutation is what `np.argsort(axes)` gives: at which position do I find axis 0, axis 1, axis 2? Make negative axes positive first, by `% a.ndim`.
#
# **Your task.** The three rules.


# %% nbgrader={"grade": false, "grade_id": "shape-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("reshape")
def reshape_backward(gradient, output, a, shape):
    ### BEGIN SOLUTION
    return (gradient.reshape(a.shape),)
    ### END SOLUTION


@backward_of("transpose")
def transpose_backward(gradient, output, a, dim0, dim1):
    ### BEGIN SOLUTION
    return (np.swapaxes(gradient, dim0, dim1),)
    ### END SOLUTION


@backward_of("permute")
def permute_backward(gradient, output, a, axes):
    ### BEGIN SOLUTION
    positive = [axis % a.ndim for axis in axes]
    return (np.transpose(gradient, np.argsort(positive)),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-shape-rules", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True)
x.reshape(3, -1).backward(np.float32([[1, 2], [3, 4], [5, 6]]))
check(Tensor(x.grad).data, np.float32([[1, 2, 3], [4, 5, 6]]), "reshape")
x.zero_grad()
x.T.backward(np.float32([[1, 2], [3, 4], [5, 6]]))
check(Tensor(x.grad).data, np.float32([[1, 3, 5], [2, 4, 6]]), "Transpose of a matrix")

block, message = zeros(2, 3, 4, requires_grad=True), np.arange(24, dtype=np.float32)
block.transpose(0, 2).backward(message.reshape(4, 3, 2))
check(Tensor(block.grad).data[1, 2], np.float32([5, 11, 17, 23]), "First and last axis swapped")
block.zero_grad()
block.permute(2, 0, 1).backward(message.reshape(4, 2, 3))
check(Tensor(block.grad).data[1, 2], np.float32([5, 11, 17, 23]), "Permuted: axis 2 came first")
check(Tensor(block.grad).data[0, 1], np.float32([1, 7, 13, 19]), "Another row of it")
block.zero_grad()
block.permute(-1, 0, -2).backward(message.reshape(4, 2, 3))
check(Tensor(block.grad).data[0, 1], np.float32([1, 7, 13, 19]), "Permuted with negative axes")

# %% [markdown]
# ### A piece of a tensor
#
# `x[key]` picks numbers. Those that were picked get their messages; all others had no part in it and get 0. So the gradient is an array of zeros, into which the messages go at the place `key`.
#
# The trap: `week[np.array([2, 0, 2])]` picks city 2 *twice*. It was used twice, so it gets the sum. But `zeros[key] += gradient` adds only once where a position is repeated: NumPy reads all, adds, and writes all, and the last one wins. `np.add.at(array, key, values)` adds one after the other (*NumPy reference, "ufunc.at"*). Module 11 depends on it: an embedding is nothing but this, and in a text every common word is picked many times.
#
# **Your task.** The rule of `getitem`.


# %% nbgrader={"grade": false, "grade_id": "indexing-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("getitem")
def getitem_backward(gradient, output, a, key):
    ### BEGIN SOLUTION
    full = np.zeros(a.shape, dtype=np.float32)
    np.add.at(full, key, gradient)
    return (full,)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-indexing-rule", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True)
x[:, 1:].backward(np.float32([[1, 2], [3, 4]]))
check(Tensor(x.grad).data, np.float32([[0, 1, 2], [0, 3, 4]]), "A slice")
x.zero_grad()
x[1, 2].backward()
check(Tensor(x.grad).data, np.float32([[0, 0, 0], [0, 0, 1]]), "A single number")
x.zero_grad()
x[x.data > 3].backward(np.float32([7, 8, 9]))
check(Tensor(x.grad).data, np.float32([[0, 0, 0], [7, 8, 9]]), "A mask")

x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
x[np.array([2, 0, 2])].backward(np.float32([1, 10, 100]))
check(Tensor(x.grad).data, np.float32([10, 0, 101]), "A position that was picked twice")
x.zero_grad()
(x[1:] - x[:-1]).backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([-1, -9, 10]), "Differences of neighbours")

# %% [markdown]
# ## 11 · Activations and losses (about 15 min)
#
# The operations of module 02 have a row in `FORWARD`, so they get a rule each. Three of them are short, because the slope can be had from the result $y$:
#
# | | to $a$ | |
# |---|---|---|
# | `relu` | $\bar y$ where $a > 0$, else 0 | at the corner $a = 0$: 0, as everybody does |
# | `sigmoid` | $\bar y\,y\,(1 - y)$ | at most 1/4: through ten sigmoids a message shrinks a million times. That is why deep networks of the 1990s would not learn (*Hochreiter 1991; Glorot and Bengio 2010*) |
# | `tanh` | $\bar y\,(1 - y^2)$ | at most 1 |
#
# GELU needs the product rule. With $c = \sqrt{2/\pi}$, $u = c\,(a + 0.044715\,a^3)$ and $t = \tanh u$, the forward is $y = \tfrac12\,a\,(1 + t)$, so
#
# $$\frac{\partial y}{\partial a} = \tfrac12 (1 + t) + \tfrac12\,a\,(1 - t^2)\;c\,(1 + 3 \cdot 0.044715\,a^2)$$
#
# It must be the derivative of *your* forward. If yours uses the exact formula $a\,\Phi(a)$ instead, the slope is $\Phi(a) + a\,\varphi(a)$, with $\varphi(a) = e^{-a^2/2} / \sqrt{2\pi}$.
#
# **Your task.** Four rules.


# %% nbgrader={"grade": false, "grade_id": "activation-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("relu")
def relu_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient * (a > 0),)
    ### END SOLUTION


@backward_of("sigmoid")
def sigmoid_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient * output * (1 - output),)
    ### END SOLUTION


@backward_of("tanh")
def tanh_backward(gradient, output, a):
    ### BEGIN SOLUTION
    return (gradient * (1 - output * output),)
    ### END SOLUTION


@backward_of("gelu")
def gelu_backward(gradient, output, a):
    ### BEGIN SOLUTION
    c = np.float32(np.sqrt(2 / np.pi))
    t = np.tanh(c * (a + 0.044715 * (a * a * a)))
    bend = a * (1 - t * t) * c * (1 + 3 * 0.044715 * (a * a))
    return (gradient * 0.5 * (1 + t + bend),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-activation-rules", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
ReLU()(x).backward(np.float32([1, 1, 10]))
check(Tensor(x.grad).data, np.float32([0, 0, 10]), "ReLU: nothing below 0, nothing at 0")
x = Tensor([0.0, np.log(3), 10000.0], requires_grad=True)
Sigmoid()(x).backward(np.float32([1, 10, 1]))
check(Tensor(x.grad).data, np.float32([0.25, 1.875, 0]), "Sigmoid: steepest at 0, flat far away")
x = Tensor([0.0, np.log(2), -10000.0], requires_grad=True)
Tanh()(x).backward(np.float32([1, 10, 1]))
check(Tensor(x.grad).data, np.float32([1, 6.4, 0]), "Tanh")
x = Tensor([0.0, 1.0, -2.0, 10000.0, -10000.0], requires_grad=True)
GELU()(x).backward(np.float32([1, 1, 1, 1, 1]))
check(Tensor(x.grad).data, np.float32([0.5, 1.083, -0.0855, 1, 0]), "GELU, in either form", atol=2e-3)

# %% [markdown]
# ### Softmax
#
# In a softmax every result depends on every input of its row: raise one, and all others fall. Let $y = \text{softmax}(a)$. Then $\partial y_i / \partial a_j = y_i\,(\delta_{ij} - y_j)$, a whole matrix for each row (*Bishop 2006, "Pattern recognition and machine learning", section 4.3.4*). We never build that matrix. Multiplied by the message and summed up, it collapses:
#
# $$\bar a_j = \sum_i \bar y_i\,y_i\,(\delta_{ij} - y_j) = y_j \Big( \bar y_j - \sum_i \bar y_i\,y_i \Big)$$
#
# And for its logarithm, where $y = \log p$ with $p = e^{y}$ the probabilities:
#
# $$\bar a_j = \bar y_j - p_j \sum_i \bar y_i$$
#
# The sums run along the axis `dim`, with `keepdims`.
#
# **Your task.** Two rules.


# %% nbgrader={"grade": false, "grade_id": "softmax-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@backward_of("softmax")
def softmax_backward(gradient, output, a, dim):
    ### BEGIN SOLUTION
    return (output * (gradient - (gradient * output).sum(axis=dim, keepdims=True)),)
    ### END SOLUTION


@backward_of("log_softmax")
def log_softmax_backward(gradient, output, a, dim):
    ### BEGIN SOLUTION
    return (gradient - np.exp(output) * gradient.sum(axis=dim, keepdims=True),)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-softmax-rules", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[0.0, np.log(3)], [0.0, 0.0]], requires_grad=True)
Softmax()(x).backward(np.float32([[1, 0], [10, 10]]))
check(Tensor(x.grad).data, np.float32([[0.1875, -0.1875], [0, 0]]), "Softmax: one up, the other down")
x.zero_grad()
Softmax(dim=0)(x.T).backward(np.float32([[1, 10], [0, 10]]))
check(Tensor(x.grad).data, np.float32([[0.1875, -0.1875], [0, 0]]), "Softmax along axis 0")
x.zero_grad()
LogSoftmax()(x).backward(np.float32([[1, 0], [0, 10]]))
check(Tensor(x.grad).data, np.float32([[0.75, -0.75], [-5, 5]]), "LogSoftmax")
x = Tensor([10000.0, -10000.0], requires_grad=True)
LogSoftmax()(x).backward(np.float32([0, 1]))
check(Tensor(x.grad).data, np.float32([-1, 1]), "LogSoftmax of logits far apart")

# %% [markdown]
# Everything else that modules 03 and 04 do is composed of operations that have a rule by now. So layers and losses are differentiable already, and there is nothing to write for them. This cell makes sure:

# %% nbgrader={"grade": true, "grade_id": "test-losses", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
guess = Tensor([1.0, 3.0], requires_grad=True)
MSELoss()(guess, Tensor([0.0, 1.0])).backward()
check(Tensor(guess.grad).data, np.float32([1, 2]), "MSELoss: twice the error, divided by n")

logits = Tensor([[0.0, np.log(3)], [0.0, 0.0]], requires_grad=True)
CrossEntropyLoss()(logits, np.array([1, 0])).backward()
check(
    Tensor(logits.grad).data,
    np.float32([[0.125, -0.125], [-0.25, 0.25]]),
    "CrossEntropyLoss: probabilities minus truth, divided by n",
)

chance = Tensor([0.5, 0.8], requires_grad=True)
BinaryCrossEntropyLoss()(chance, Tensor([1.0, 0.0])).backward()
check(Tensor(chance.grad).data, np.float32([-1, 2.5]), "BinaryCrossEntropyLoss", rtol=1e-3)

layer = Linear(3, 2)
layer(Tensor([[1, 2, 3], [4, 5, 6]])).backward(np.float32([[1, 10], [1, 10]]))
check(Tensor(layer.weight.grad).data, np.float32([[5, 50], [7, 70], [9, 90]]), "The weight of a Linear layer")
check(Tensor(layer.bias.grad).data, np.float32([2, 20]), "The bias of a Linear layer")

# %% [markdown]
# Look at the second one again. The gradient of cross-entropy with respect to the logits is `(probabilities - truth) / n`: how sure the network was, minus how sure it should have been. Softmax and logarithm have cancelled to a subtraction, by themselves.
#
# ## 12 · Three tools (about 15 min)
#
# ### Do not record
#
# When a trained network is used, nobody will ask for gradients, and the graph is wasted memory. When an optimizer moves a weight, the move is not part of the model. So there must be a switch:
#
# ```python
# with no_grad():
#     prediction = network(x)      # no steps, and prediction.requires_grad is False
# ```
#
# It must go back to how it was *before*, also at the end of an inner `with no_grad()`, and also when an error flies through. `contextmanager` (as in module 01's `naming_shapes`) makes a `with` out of a function: what stands before `yield` happens at the beginning, what stands after it at the end. For "after, whatever happens" Python has `try: ... finally: ...`.
#
# **Your task.** `no_grad`. Section 2 gave the engine a switch, `autograd.recording`.


# %% nbgrader={"grade": false, "grade_id": "no-grad", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@contextmanager
def no_grad():
    """Record nothing inside of `with no_grad():`."""
    ### BEGIN SOLUTION
    before = autograd.recording
    autograd.recording = False
    try:
        yield
    finally:
        autograd.recording = before
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-no-grad", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
weight = Tensor([2.0], requires_grad=True)
with no_grad():
    unrecorded = weight * 3
check(unrecorded.requires_grad, False, "Nothing is recorded inside")
check(unrecorded.data, np.float32([6]), "But computed all the same")
check((weight * 3).requires_grad, True, "Afterwards recording goes on")

with no_grad():
    with no_grad():
        inner = weight * 3
    still = weight * 3
check([inner.requires_grad, still.requires_grad], [False, False], "The end of the inner is not the end of the outer")


def stumble():
    with no_grad():
        raise KeyError("in the middle")


check_raises(KeyError, stumble, "An error flies through")
check((weight * 3).requires_grad, True, "And recording goes on after it")

# %% [markdown]
# ### Operations of your own
#
# Some day you will need an operation that the tables do not have, with a rule that is faster or more stable than what its pieces would give. `Function` makes one without touching any table: a subclass with a `forward` and a `backward`, both on arrays.
#
# ```python
# class Cube(Function):
#     def forward(self, x):
#         self.save_for_backward(x)
#         return x**3
#
#     def backward(self, gradient):
#         (x,) = self.saved_tensors
#         return 3 * x**2 * gradient
#
# y = Cube.apply(x)
# ```
#
# Each `apply` makes one object of the class, and the object carries what `forward` wants to remember. (PyTorch makes both methods static and calls the object `ctx`. That works here too.)
#
# For the engine it is an operation like all others, named `function`, with the object as a parameter; both rows of the tables are given.
#
# **Your task.** `apply`: make the object, and go through the one door with it.
#
# *Hint: `dispatch("function", *inputs, function=..., params=params)`.*


# %% nbgrader={"grade": false, "grade_id": "function", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Function:
    """An operation of your own: say in a subclass how to go forward and how to go back."""

    saved_tensors = ()

    def save_for_backward(self, *values):
        """Keep what `backward` will need."""
        self.saved_tensors = values

    def forward(self, *arrays, **params):
        """Return the array of the result."""
        raise ValueError(f"{type(self).__name__} has no forward")

    def backward(self, gradient):
        """Return the gradient of each input (a tuple if there are several, None for one that has none)."""
        raise ValueError(f"{type(self).__name__} has no backward")

    @classmethod
    def apply(cls, *inputs, **params):
        """Compute the operation on tensors, numbers and arrays, and return a Tensor."""
        ### BEGIN SOLUTION
        return dispatch("function", *inputs, function=cls(), params=params)
        ### END SOLUTION


def function_forward(*arrays, function, params):
    return type(function).forward(function, *arrays, **params)


@backward_of("function")
def function_backward(gradient, output, *arrays, function, params):
    shares = type(function).backward(function, gradient)
    shares = shares if isinstance(shares, (tuple, list)) else (shares,)
    if len(shares) != len(arrays):
        raise ValueError(f"{type(function).__name__}.backward gave {len(shares)} gradients for {len(arrays)} inputs")
    return tuple(share if share is None else as_array(share) for share in shares)


FORWARD["function"] = function_forward


# %% nbgrader={"grade": true, "grade_id": "test-function", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
class Cube(Function):
    def forward(self, x):
        self.save_for_backward(x)
        return x**3

    def backward(self, gradient):
        (x,) = self.saved_tensors
        return 3 * x**2 * gradient


class Blend(Function):
    def forward(self, a, b, amount=0.5):
        self.amount = amount
        return amount * a + (1 - amount) * b

    def backward(self, gradient):
        return self.amount * gradient, (1 - self.amount) * gradient


x = Tensor([1.0, -2.0], requires_grad=True)
y = Cube.apply(x)
check(y.data, np.float32([1, -8]), "forward computes")
y.backward(np.float32([1, 10]))
check(Tensor(x.grad).data, np.float32([3, 120]), "backward is asked")

x = Tensor([1.0, -2.0], requires_grad=True)
(Cube.apply(x) * 2 + Cube.apply(x + 1)).sum().backward()
check(Tensor(x.grad).data, np.float32([18, 27]), "Two calls remember two things, amid other operations")

a, b = Tensor([4.0], requires_grad=True), Tensor([8.0], requires_grad=True)
blended = Blend.apply(a, b, amount=0.25)
check(blended.data, np.float32([7]), "Two inputs and a parameter")
blended.backward(np.float32([100]))
check([Tensor(t.grad).data for t in (a, b)], [np.float32([25]), np.float32([75])], "A gradient for each input")

# %% [markdown]
# ### The judge
#
# How do you know that a rule is right? You measure. `slopes` of section 1 knows nothing about rules, so hold them against each other: `gradcheck(fn, inputs)` says whether the gradients that your engine computes for `fn(*inputs)` agree with the slopes measured.
#
# If the result has many numbers, we would have to measure each. A shortcut: multiply the result by a fixed array of weights, a *covector*, and sum: one number, which depends on all. Different weights (not all 1) so that errors in two places cannot cancel. Starting the walk with these weights as `gradient` gives the same on the other side.
#
# **Your task.** Fill in what is missing: let the engine compute its gradients with the covector, and compare for each point. Use `np.allclose(..., rtol=tolerance, atol=tolerance / 10)`. If a point got no gradient (`None`), the claim is 0 everywhere. `weighted()` is given; it measures without recording.


# %% nbgrader={"grade": false, "grade_id": "gradcheck", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gradcheck(fn, inputs, tolerance=1e-2):
    """Say whether the gradients of `fn(*inputs)` agree with measured slopes. The inputs stay as they are."""
    inputs = [inputs] if isinstance(inputs, Tensor) else inputs
    points = [Tensor(value, requires_grad=True) for value in inputs]
    result = fn(*points)
    covector = np.linspace(0.5, 1.5, result.size, dtype=np.float32).reshape(result.shape)

    def weighted():
        with no_grad():
            return float((fn(*points).data.astype(np.float64) * covector).sum())

    ### BEGIN SOLUTION
    result.backward(covector)
    for point in points:
        claimed = 0 if point.grad is None else point.grad
        measured = slopes(weighted, point.data)
        if not np.allclose(claimed, measured, rtol=tolerance, atol=tolerance / 10):
            return False
    return True
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-gradcheck", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
class Twice(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gradient):
        return 3 * gradient


class Second(Function):
    def forward(self, a, b):
        return a + b

    def backward(self, gradient):
        return gradient, -gradient


a, b = Tensor([[0.5, -1.0], [2.0, 1.5]], requires_grad=True), Tensor([0.3, -0.7], requires_grad=True)
check(
    [gradcheck(lambda a, b: (a * b + a.exp()) @ a, [a, b]), a.grad], [True, None], "A right gradient; inputs untouched"
)
check(gradcheck(lambda x: GELU()(x), [a]), True, "GELU, whichever its form")
check(gradcheck(lambda a, b: Softmax()(a * b).log(), [a, b]), True, "Softmax and log")
check(gradcheck(lambda x: Twice.apply(x), [a]), False, "A slope of 2, a rule that says 3")
check(gradcheck(lambda a, b: Second.apply(a, b), [a, a]), False, "Right for the first input, wrong for the second")

# %% [markdown]
# A word of warning: a measurement is no proof at a corner. `gradcheck(ReLU(), [Tensor([0.001])])` fails, because the step of 0.01 reaches over to the other side of 0. And in float32 we cannot ask for more than two or three digits: the step must be large enough to be seen above the rounding, and small enough for the curve to look straight. The best compromise is near the cube root of the precision (*Numerical Recipes, section 5.7*), $\sqrt[3]{6 \cdot 10^{-8}} \approx 0.004$. PyTorch's `gradcheck` insists on float64 for that reason.
#
# ## 13 · A network learns (about 15 min)
#
# ### Look at a graph
#
# First a picture of what your engine writes down (given; it uses your `order`). Circles are leaves, boxes are steps, and the arrows point the way the messages go.


# %%
def draw(tensor, names):
    """Draw the graph behind a tensor; `names` says what the leaves are called."""
    steps = order(tensor.step)[::-1]
    columns, labels, arrows = {}, {}, []
    for step in steps:
        columns[step] = 1 + max([columns[earlier] for earlier in step.before()], default=0)
        labels[step] = f"{step.name}\n{step.output.shape}"
        arrows += [(value if value.step is None else value.step, step) for value in step.inputs if value is not None]
    for name, leaf in names.items():
        columns[leaf] = min(columns[step] for start, step in arrows if start is leaf) - 1
        labels[leaf] = name

    rows, ends = {}, max(columns.values())
    for column in range(ends + 1):
        members = [node for node in columns if columns[node] == column]
        rows |= {node: (len(members) - 1) / 2 - place for place, node in enumerate(members)}
    _, ax = plt.subplots(figsize=(1.4 * (ends + 1), 2.4))
    for start, end in arrows:
        style = {"arrowstyle": "->", "color": "tab:red" if arrows.count((start, end)) > 1 else "0.4"}
        style |= {"shrinkA": 18, "shrinkB": 22}
        ax.annotate("", (columns[start], rows[start]), (columns[end], rows[end]), arrowprops=style)
    for node, text in labels.items():
        leaf = isinstance(node, Tensor)
        box = {"boxstyle": "circle" if leaf else "round", "facecolor": "lightyellow" if leaf else "lightblue"}
        ax.text(columns[node], rows[node], text, ha="center", va="center", bbox=box, fontsize=9)
    ax.set(xlim=(-0.5, ends + 0.5), ylim=(-1, 1))
    ax.axis("off")
    plt.show()


a = Tensor(2.0, requires_grad=True)
b, c = a * 3, a + 1
draw(b * c, {"a": a})

# %% [markdown]
# The diamond. Try others: `draw((a + a) * a, {"a": a})` (red: used twice by the same step), or a variance.
#
# ### XOR, with nobody's help
#
# "One or the other, but not both" is the smallest problem that no single layer can solve (*Minsky and Papert 1969, "Perceptrons"*), and it held the field up for a decade and a half. In module 02 you set the weights of an XOR network by hand. Now let it find them. Two inputs, eight hidden units, one output:
#
# $$\hat y = \sigma\big(\tanh(X W_1 + b_1)\, W_2 + b_2\big)$$

# %%
manual_seed(7)
X = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
truth = Tensor([[0], [1], [1], [0]])
W1, b1 = randn(2, 8, requires_grad=True), zeros(8, requires_grad=True)
W2, b2 = randn(8, 1, requires_grad=True), zeros(1, requires_grad=True)
parameters = [W1, b1, W2, b2]


def network(x):
    return Sigmoid()(Tanh()(x @ W1 + b1) @ W2 + b2)


draw(MSELoss()(network(X), truth), {"W1": W1, "b1": b1, "W2": W2, "b2": b2})

# %% [markdown]
# **Try it** (not graded). One step of training, four lines:
#
# 1. compute the loss, the mean squared difference of `network(X)` and `truth`;
# 2. send the messages back;
# 3. move each parameter a little *against* its gradient: `p.data = p.data - rate * p.grad`. We write to `.data`, so nothing is recorded;
# 4. forget the gradients, or they pile up. (Leave this out once and see what happens to the curve.)
#
# Module 06 makes a class of lines 3 and 4, and calls it an optimizer. Module 07 makes one of the four lines and of the loop around them, and calls it a trainer.


# %% nbgrader={"grade": false, "grade_id": "use-train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_step(rate):
    """Move all parameters one step downhill, and return the loss from before as a number."""
    ### BEGIN SOLUTION
    loss = MSELoss()(network(X), truth)
    loss.backward()
    for p in parameters:
        p.data = p.data - rate * p.grad
        p.zero_grad()
    return loss.item()
    ### END SOLUTION


# %%
losses = [train_step(rate=2.0) for _ in range(800)]
print(f"loss {losses[0]:.4f} -> {losses[-1]:.5f}")
print("answers", network(X).data.round(2).ravel(), "should be", truth.data.ravel())

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.semilogy(losses)
left.set(xlabel="step", ylabel="loss", title="800 steps, 33 weights")
line = np.linspace(-0.5, 1.5, 101)
grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
with no_grad():
    surface = network(Tensor(grid)).data.reshape(101, 101)
shades = right.contourf(line, line, surface, levels=20, cmap="RdBu")
right.scatter(X.data[:, 0], X.data[:, 1], c=truth.data.ravel(), cmap="RdBu", edgecolors="black", s=120)
right.set(title="what it learned between the four points")
figure.colorbar(shades)
plt.show()

# %% [markdown]
# Nobody told the network what a hidden unit is for. The only thing it ever heard was 33 slopes, 800 times.
#
# ## 14 · What does it cost? (about 10 min)
#
# Run, look, change things. You will need these figures for your answers.


# %%
def seconds(function, repeats=5):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def graph_bytes(tensor):
    """Return the bytes of all arrays that the graph behind a tensor keeps alive, each counted once."""
    blocks = {}
    for step in order(tensor.step):
        for array in (*step.arrays, step.output):
            owner = array if array.base is None else array.base
            blocks[id(owner)] = owner.nbytes
    return sum(blocks.values())


# %% [markdown]
# **One sweep or one knob at a time.** A function of $n$ numbers, its gradient by walking back and by `slopes`:

# %%
for n in (10, 100, 1000):
    x = randn(n, requires_grad=True)

    def measured(x=x):
        with no_grad():
            return slopes(lambda: (x * x).sum().item(), x.data)

    swept = seconds(lambda x=x: (x * x).sum().backward())
    tried = seconds(measured, repeats=1)
    print(f"n = {n:5}   backward {swept * 1e6:8.0f} us   slopes {tried * 1e6:10.0f} us   {tried / swept:8.0f} times")

# %% [markdown]
# **Backward against forward.** Baydin et al. (section 3.2) quote a bound: the gradient costs less than six times the function, and two to three times is usual. What does your engine need?


# %%
def race(width):
    """Return the seconds of a forward pass without recording, of one with it, and of the walk back."""
    batch, target = randn(64, width), randn(64, 10)
    model = Sequential(Linear(width, width), ReLU(), Linear(width, width), ReLU(), Linear(width, 10))

    def forward():
        return MSELoss()(model(batch), target)

    with no_grad():
        unrecorded = seconds(forward)
    return unrecorded, seconds(forward), seconds(forward().backward)


for width in (32, 128, 512):
    unrecorded, recorded, backward = race(width)
    print(
        f"width {width:4}   forward {unrecorded * 1e3:6.2f} ms, recorded {recorded * 1e3:6.2f} ms"
        f"   backward {backward * 1e3:6.2f} ms   ratio {backward / unrecorded:4.1f}"
    )

# %% [markdown]
# **Linear in the graph.** Ten times as many steps should take ten times as long, not a hundred times:

# %%
for length in (100, 1_000, 10_000):
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1
    took = seconds(y.backward, repeats=3)
    print(f"{length:6} steps   {took * 1e3:8.2f} ms   {took / length * 1e6:6.2f} us a step")

# %% [markdown]
# **Memory.** A graph keeps every array that a rule might ask for. So the memory of training grows with the *depth* of the network and the size of the *batch*, while that of using it does not:

# %%
depths, held = (1, 2, 4, 8, 16), {}
for examples in (16, 64, 256):
    held[examples] = []
    for depth in depths:
        model = Sequential(*(layer for _ in range(depth) for layer in (Linear(128, 128), ReLU())))
        held[examples].append(graph_bytes(model(randn(examples, 128)).sum()) / 1e6)
    print(
        f"batch {examples:4}   "
        + "   ".join(f"{depth:2} layers {mb:6.2f} MB" for depth, mb in zip(depths, held[examples], strict=True))
    )

for examples, megabytes in held.items():
    plt.plot(depths, megabytes, "o-", label=f"batch of {examples}")
plt.plot(depths, [depth * (128 * 128 + 128) * 4 / 1e6 for depth in depths], "k--", label="the weights alone")
plt.xlabel("layers of 128 units")
plt.ylabel("MB held by the graph")
plt.legend()
plt.show()

# %% [markdown]
# **Vanishing.** A message through many activations, all at 1. What arrives?

# %%
for activation in (Sigmoid(), Tanh(), ReLU()):
    arrived = []
    for depth in (1, 5, 10, 20):
        x = Tensor(1.0, requires_grad=True)
        y = x
        for _ in range(depth):
            y = activation(y)
        y.backward()
        arrived.append(f"{depth:2}: {x.grad:.1e}")
    print(f"{type(activation).__name__:8}", "   ".join(arrived))

# %% [markdown]
# ### Compare with PyTorch
#
# | | Your engine | PyTorch |
# |---|---|---|
# | the graph | grows while the code runs, `tensor.step` | the same ("define by run"), `tensor.grad_fn` |
# | a rule | a Python function in `BACKWARD` | C++, generated from a list of formulas, `derivatives.yaml` |
# | the order | depth-first, finished steps reversed | a queue ordered by the time of creation, several threads |
# | after `backward()` | the graph stays; a second call adds again | saved arrays are freed; a second call is an error without `retain_graph=True` |
# | what a step keeps | all inputs and the output | only what its rule needs |
# | gradients nobody wants | computed, then dropped | not computed (`ctx.needs_input_grad`) |
# | `.grad` | an array | a tensor, which can be differentiated again (`create_graph=True`) |
# | leaf changed in place before `backward()` | a wrong gradient, silently | an error, thanks to a version counter |
# | `y.backward()` for many numbers | error, `gradient` wanted | the same |
# | `no_grad`, `detach`, `Function`, `gradcheck` | yes | yes; `gradcheck` in float64 |
#
# If PyTorch is installed on your machine, compute the diamond with it, and look at `(b * c).grad_fn.next_functions`.

# %% [markdown]
# ## 15 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · Sums on the way back
#
# (a) In the diamond, what would your engine compute if a message *replaced* what had arrived instead of being added, and what if it went on from each step at once, without waiting for the others? (b) Broadcasting, `x[[2, 0, 2]]` and accumulation over two calls of `backward()` all end in a sum. What do they have in common? (c) Accumulating on leaves surprises every newcomer. Name one use in which it is just what you want, and say what goes wrong, and how it looks, if somebody forgets `zero_grad()`.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Replacing leaves one of the two messages, 9 or 6 instead of 15, whichever came last. Going on at once gives the right sum in the end, since each path contributes its product, but each path is walked separately: the number of paths doubles with every `y = y + y`, a billion for thirty steps, while the graph has thirty steps. Waiting until all messages have arrived makes each step cost once. (b) In each case one number was *used several times*: for every row of the batch, at two positions of the result, in two losses. A small change of it moves the final result along each use, and to first order these effects add: that is the chain rule for several variables. (c) A large batch that does not fit into memory can be split: several `backward()` calls with part losses, one update (gradient accumulation); or two losses on one model. Without `zero_grad()` each step uses the sum of all gradients so far: like momentum that never fades. The loss falls too fast at first, then overshoots, oscillates or blows up; there is no error, it looks like a learning rate that is too high.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Both failures of (a) right with numbers or a growth law; the common cause (used several times, effects add) stated; a real use of accumulation and the symptom of the missing `zero_grad()` |
# | 7-8 | All parts, one thin: exponential cost missing, or the common cause described without the reason |
# | 5-6 | Knows that several uses mean a sum; one of the failures or the symptom is wrong |
# | 3-4 | Repeats that gradients accumulate, without saying why |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · What a gradient costs
#
# (a) With your figures: how much longer does `backward` take than the forward pass, and why is about twice what one expects of matrix products? (b) How does the memory of the graph grow with depth and batch, compared to the weights? Which arrays does your engine keep that no rule will ever read? Name at least two operations. (c) Somebody suggests to keep only every fourth layer's result and to compute the others again during the walk (*checkpointing*). What would be saved, what would it cost, and when would you do it?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) For example 2.4 times at width 512 and 3 times at width 32, where the fixed price per step in Python counts. A matrix product has two products of the same size in its rule, one for each operand; element-wise operations cost about the same both ways. (We even compute the gradient for the batch itself, which nobody asked for: one product of the first layer is wasted.) (b) The graph grows in proportion to layers times batch: with a batch of 256 and 16 layers 7.5 MB, of which 1 MB are the weights; with a batch of 16 it is 1.5 MB, and the weights are most of it. Never read: the inputs *and* output of `add`, `subtract`, `neg`, `sum`, `mean`, `reshape`, of which only shapes are needed; the input of `exp`, `sigmoid`, `tanh`, `softmax`, whose rules use only the output; the output of `multiply` and `matmul`. (c) About three quarters of the activations need not be held (while a stretch is walked its four are there again). The price is nearly one more forward pass, about a third more time per step if backward costs two. Worth it when memory is the limit: deep networks, long sequences, large images; not when the model fits (Chen et al. 2016: memory of order square root of depth).
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Own ratio with the reason (two products); memory proportional to depth and batch with figures, two or more operations whose arrays are not needed; checkpointing's saving, price and a sensible use |
# | 7-8 | All three parts, one without figures or without a reason |
# | 5-6 | Ratio or memory measured, not explained; checkpointing only described as "saves memory" |
# | 3-4 | General remarks ("backward is slower") |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · Trust
#
# A colleague writes a rule for a new operation, and the network "learns anyway". (a) Why can a network learn with a wrong gradient, and why is that worse than an error? Give one wrong rule of this module that would be hard to notice in a loss curve. (b) What can `gradcheck` prove, and what can it not? Name three inputs that you would choose for the check of a rule, and why. (c) The step in `slopes` is 0.01. What happens to the comparison for 1 and for 0.000001 in float32? Try both, and explain.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Any direction that has an angle below 90 degrees with the true gradient still leads downhill, so the loss falls, only slower or to a worse place. An error would be seen at once; this costs weeks, and the results are blamed on the model. Examples: `mean` without 1/n (only a different learning rate), the message to `log_softmax` without its second term, a bias gradient taken from one row instead of the sum, indexing that counts a repeated position once (rare words learn, common ones hardly). (b) It shows that at these points, in these directions, claim and measurement agree within the tolerance. It proves nothing for other shapes, for corners (ReLU at 0, ties in max), for huge values, and nothing about the forward. Inputs: shapes that broadcast (a wrong sum shows up), a non-square table (swapped axes show up), repeated positions or an input used twice, values of both signs and not too near a corner, size 1 and 0. (c) With 1 the curve is no longer straight: the error grows with the square of the step (for e to the x about 17 %). With 0.000001 the change of the result is below the spacing of float32 numbers near 1 (6e-8 to 1.2e-7): numerator and denominator are a handful of roundings, and the quotient is off by several per cent, or by all. In between lies the best step, near the cube root of the precision.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Why a wrong direction still descends; a rule that is really hard to notice; limits of gradcheck with three well-chosen inputs; both failures of the step explained (curvature, rounding) and tried |
# | 7-8 | All parts, one thin: inputs without reasons, or one failure of the step only observed |
# | 5-6 | Knows that gradcheck compares with measurements and that the step matters; examples vague |
# | 3-4 | "One should test gradients", with hardly a reason |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# Your tensors know calculus now, and not one line of modules 01 to 04 had to change for it. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 05` runs the checks, `tito submit cp05` hands in.
#
# **Next: module 06, optimizers.** You know which way is down. How far to step, and whether to trust the last step more than the one before, turns out to make the difference between hours and weeks.
