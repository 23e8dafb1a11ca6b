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
# # Module 04 · Losses
#
# *Checkpoint 04, networks: can I say how wrong a multi-layer network is?*
#
# On New Year's Day of 1801 Giuseppe Piazzi found a new planet, Ceres. He followed it for six weeks, fell ill, and it was lost behind the sun. A handful of observations, none of them exact, no orbit went through all. In the autumn a man of 24 wrote where to look, and there it was, in December, nearly on the spot. Carl Friedrich Gauss had taken the orbit that was *least wrong*, and he had an idea of what that should mean: add up the squares of all errors, and make that one number as small as possible.
#
# A **loss** is this one number. It turns "the network's answers are not very good" into something that can be compared, plotted, and (from module 05 on) walked down like a hill. Which loss you choose decides what your network will care about.
#
# **By the end you can**
#
# - write the three losses that most of deep learning runs on, and say which one belongs to which task;
# - compute the logarithm of a probability that is too small to be written down;
# - refuse targets that would make a loss silently wrong;
# - draw a loss as a landscape, and read off it why some losses are easier to descend than others.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 mean squared error · 2 log-softmax · 3 cross-entropy · 4 binary cross-entropy | 70 |
# | Use | 5 a loss landscape · 6 how sure is too sure · 7 what it costs | 30 |
# | Reflect | 8 three questions for your teacher | 20 |

# %% [markdown]
# ## Setting the table
#
# This notebook becomes `tinytorch/core/losses.py`. Like the layers, losses are *composed*: all they need is in your Tensor. The table `FORWARD` gets no new row, and module 05 has nothing to add for them.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.losses
#| export
import numpy as np

from tinytorch.core.tensor import Tensor

# %%
import time
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.core.activations import ReLU, Sigmoid, Softmax
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.setup import array_bytes, manual_seed
from tinytorch.core.tensor import dispatch, randn
from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · Mean squared error (about 20 min)
#
# For answers that are *quantities* (a temperature, a price, an orbit) Gauss's measure is still the first choice. With $n$ predictions $p_i$ and truths $t_i$:
#
# $$\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (p_i - t_i)^2$$
#
# (*Legendre 1805; Gauss 1809, "Theoria motus", book II, section 3*, who also said why: if errors are normally distributed, the parameters with the smallest sum of squares are the most probable ones.)
#
# ```
#    truth       3.0    5.0    2.0             the error of 2 counts
#    prediction  2.5    5.0    4.0             16 times as much as
#    error      -0.5    0.0    2.0             the error of 0.5
#    square      0.25   0.0    4.0    mean = 4.25 / 3 = 1.417
# ```
#
# The *mean*, not the sum, so that the loss of a batch of 256 can be compared with that of a batch of 64. The result is a tensor of shape `()`: one number, but still a tensor, because module 05 wants to walk back from it.
#
# ### A trap with your name on it
#
# Networks give predictions of shape (n, 1); lists of truths have shape (n,). Look what broadcasting makes of it:

# %%
predictions, truths = Tensor([[1.0], [2.0], [3.0]]), Tensor([1.0, 2.0, 3.0])
print("perfect predictions, but the differences are")
print((predictions - truths).data)

# %% [markdown]
# Every prediction against every truth. No error, a plausible loss, and a network that learns to predict the mean of everything. Days have been lost to this. So a loss insists: **both shapes must be equal.**
#
# **Your task.** Three pieces:
#
# 1. `Loss.__call__`: calling a loss is its `forward`.
# 2. `same_shape`: make tensors of both arguments where they are not yet (arrays and lists are welcome); if the shapes differ, raise a `ValueError` that names both; else return the two tensors.
# 3. `MSELoss.forward`, with tensor operations only, so that module 05 can differentiate it.


# %% nbgrader={"grade": false, "grade_id": "mse", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Loss:
    """How wrong predictions are, as one number: a tensor of shape ()."""

    def __call__(self, predictions, targets):
        ### BEGIN SOLUTION
        return self.forward(predictions, targets)
        ### END SOLUTION

    def parameters(self):
        return []


def as_tensor(value):
    """Return a tensor as it is, and make one of anything else."""
    return value if isinstance(value, Tensor) else Tensor(value)


def same_shape(predictions, targets):
    """Return both as tensors; two different shapes are an error."""
    ### BEGIN SOLUTION
    predictions, targets = as_tensor(predictions), as_tensor(targets)
    if predictions.shape != targets.shape:
        raise ValueError(f"predictions have shape {predictions.shape}, but targets {targets.shape}")
    return predictions, targets
    ### END SOLUTION


class MSELoss(Loss):
    """The mean of the squared differences."""

    def forward(self, predictions, targets):
        ### BEGIN SOLUTION
        predictions, targets = same_shape(predictions, targets)
        error = predictions - targets
        return (error * error).mean()
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-mse", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
mse = MSELoss()
check(mse(Tensor([2.5, 5.0, 4.0]), Tensor([3.0, 5.0, 2.0])).data, np.float32(4.25 / 3), "The example from above")
check(mse.forward(Tensor([[1.0, 2.0]]), Tensor([[1.0, 2.0]])).data, np.float32(0), "Perfect predictions, and forward")
check(mse(Tensor([[0.0, 0.0], [0.0, 0.0]]), Tensor([[1.0, 2.0], [3.0, 4.0]])).data, np.float32(7.5), "A matrix")
check(mse(Tensor(2.0), Tensor(5.0)).data, np.float32(9), "One prediction")
check(mse(Tensor([1e4, -1e4]), Tensor([-1e4, 1e4])).data, np.float32(4e8), "Very wrong")
wrong = (ValueError, TypeError)  # either is fine
check_raises(
    wrong, lambda: mse(Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0])), "Too many truths", mentions=["(2,)", "(3,)"]
)
check_raises(
    wrong, lambda: mse(Tensor([[1.0], [2.0]]), Tensor([1.0, 2.0])), "A column and a row", mentions=["(2, 1)", "(2,)"]
)

# %% [markdown]
# ## 2 · Log-softmax, from the inside (about 15 min)
#
# For answers that are *classes* we need probabilities, and of these the logarithms (section 3 says why). Softmax first, `log` after, is the obvious way. Watch what becomes of the second number:

# %%
for gap in (1, 10, 50, 100, 1000, 10_000):
    logits = Tensor([float(gap), 0.0])
    print(
        f"logits {gap:6} and 0: the second log-probability is {Softmax()(logits).log().data[1]:8.2f}, should be {-gap}"
    )

# %% [markdown]
# Around a gap of 88 the small probability leaves the range where float32 keeps all its digits, and at 104 it is exactly 0. Its logarithm is then minus infinity, and a loss of infinity is the end of a training run. The remedy is the **log-sum-exp trick**. On paper:
#
# $$\ln \text{softmax}(x)_i = \ln \frac{e^{x_i}}{\sum_j e^{x_j}} = x_i - \underbrace{\ln \sum_j e^{x_j}}_{\text{log-sum-exp}}$$
#
# and because $\text{softmax}$ does not change when the same number is subtracted from all logits (module 02), with $s = x - \max_j x_j$:
#
# $$\ln \text{softmax}(x)_i = s_i - \ln \sum_j e^{s_j}$$
#
# Now every $s_j \le 0$ and one of them is 0, so the sum is between 1 and the number of classes.
#
# In module 02 you wrote this on arrays, as one operation of the table, `LogSoftmax`. Today you write it once more as a *composition of tensor operations*, because two things are worth seeing. A composed function needs no backward rule of its own: module 05 will find its gradient by walking through the pieces. And it costs something, which you will measure in section 7.
#
# One detail: the maximum is subtracted for the computer's sake. The result does not depend on it, so no gradient should flow through it, and `detach()` says so.
#
# **Your task.** `log_softmax(x, dim=-1)`, in two or three lines of tensor operations.
#
# *Hint: `x.max(axis=dim, keepdims=True).detach()`. Resist $x_i - (m + \ln \sum e^{s})$: it is the same on paper, but near 10,000 float32 numbers are 0.001 apart, and the digits of the logarithm drown.*


# %% nbgrader={"grade": false, "grade_id": "log-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax(x, dim=-1):
    """Return the logarithm of softmax along axis `dim`, composed of tensor operations, safe at any size."""
    ### BEGIN SOLUTION
    x = as_tensor(x)
    shifted = x - x.max(axis=dim, keepdims=True).detach()
    return shifted - shifted.exp().sum(axis=dim, keepdims=True).log()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-log-softmax", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check(log_softmax(Tensor([2.0, 1.0, 0.1])).data, np.float32([-0.41703, -1.41703, -2.31703]), "Cat, dog and frog")
check(
    log_softmax(Tensor([[0.0, 0.0], [0.0, np.log(3)]])).data,
    np.float32([[-0.6931472, -0.6931472], [-1.3862944, -0.2876821]]),
    "Each row for itself",
)
check(log_softmax(Tensor([[0.0, 9.0], [0.0, 9.0]]), dim=0).data, np.float32([[-0.6931472] * 2] * 2), "Along axis 0")
check(log_softmax(Tensor([[1e4, 0.0, -1e4]])).data, np.float32([[0, -1e4, -2e4]]), "Gaps of 10,000")
# atol: around 10,000 neighbouring float32 numbers lie 0.001 apart.
check(log_softmax(Tensor([-1e4, -1e4])).data, np.float32([-0.6931472] * 2), "Two very negative logits", atol=1e-3)
check(log_softmax(Tensor(np.zeros((2, 3, 4)))).shape, (2, 3, 4), "The shape stays")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: log_softmax(Tensor([1.0, 2.0]), dim=1), "There is no axis 1", mentions=["(2,)"])

# %% [markdown]
# ## 3 · Cross-entropy (about 20 min)
#
# How wrong is "70 % cat, 20 % dog, 10 % frog", when it is a dog? Claude Shannon asked in 1948 how *surprising* a message is, and found that only one measure makes sense: minus the logarithm of the probability that you gave it. The surprise at a dog is $-\ln 0.2 = 1.61$; at a cat it would have been $0.36$; at what you called impossible, infinite.
#
# ```
#   surprise
#    4 |#                     -ln p
#      |#
#    2 | ##                   sure and right costs nothing,
#      |   ####               sure and wrong costs any amount you like
#    0 |_______##########_
#      0        0.5       1   probability that you gave to the truth
# ```
#
# The **cross-entropy loss** is the mean surprise at the truths. For logits $x$ of shape (N, C) and classes $t_1, \dots, t_N$ from 0 to C - 1:
#
# $$L = -\frac{1}{N} \sum_{i=1}^{N} \ln \text{softmax}(x_i)_{t_i}$$
#
# (*Shannon 1948, "A mathematical theory of communication"; Goodfellow, Bengio and Courville 2016, section 6.2.2*.) Logits go in, not probabilities: the loss does its own log-softmax, safely. A language model (module 13) predicts a word at each of T places, logits (N, T, C) and targets (N, T). Nothing new: N times T predictions, the mean over all.
#
# How to pick? `rows[np.arange(n), classes]` takes from row 0 the number at `classes[0]`, from row 1 that at `classes[1]`, and so on: *pairs of positions*, as in module 01.
#
# **Wrong targets must be refused.** A class of -1 would quietly pick the *last* column, since Python counts from the end; 2.7 would be cut to 2. So before picking, look at the targets, which may come as a list, an array or a tensor (of float32 like all tensors: 2.0 is fine for class 2):
#
# **Your task.**
#
# 1. `class_numbers(targets, logits)`: an integer array. A `ValueError` if the shape is not `logits.shape[:-1]` (name both shapes), if a number is not whole, or not between 0 and C - 1.
# 2. `CrossEntropyLoss.forward`: log-softmax, `reshape(-1, C)`, pick, mean, minus.
#
# *Hints: `np.asarray(as_tensor(targets).data)` takes all three kinds; `np.any(a != np.floor(a))` asks if there is a number that is not whole; `astype(np.int64)` makes integers.*


# %% nbgrader={"grade": false, "grade_id": "cross-entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def class_numbers(targets, logits):
    """Return targets as integers from 0 to C - 1, for logits (..., C); anything else is an error."""
    ### BEGIN SOLUTION
    numbers = targets.data if isinstance(targets, Tensor) else np.asarray(targets)
    classes = logits.shape[-1]
    if numbers.shape != logits.shape[:-1]:
        raise ValueError(f"logits {logits.shape} need targets {logits.shape[:-1]}, got {numbers.shape}")
    if np.any(numbers != np.floor(numbers)) or np.any(numbers < 0) or np.any(numbers >= classes):
        raise ValueError(f"targets are whole numbers from 0 to {classes - 1}, got {np.unique(numbers)}")
    return numbers.astype(np.int64)
    ### END SOLUTION


class CrossEntropyLoss(Loss):
    """The mean of -log(softmax) at the true classes: logits (N, C) or (N, T, C), integer targets (N,) or (N, T)."""

    def forward(self, predictions, targets):
        ### BEGIN SOLUTION
        logits = as_tensor(predictions)
        picked = class_numbers(targets, logits).reshape(-1)
        rows = log_softmax(logits).reshape(picked.size, logits.shape[-1])
        return -rows[np.arange(picked.size), picked].mean()
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-cross-entropy", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
loss = CrossEntropyLoss()
logits = Tensor([[2.0, 1.0, 0.1], [0.0, 0.0, 0.0]])
check(loss(logits, np.array([0, 2])).data, np.float32((0.41703 + 1.0986123) / 2), "The mean over two examples")
check(loss.forward(logits, np.array([1, 1])).data, np.float32((1.41703 + 1.0986123) / 2), "Other truths, and forward")
check(loss(logits, Tensor([0, 2])).data, np.float32((0.41703 + 1.0986123) / 2), "Targets as a tensor")
check(loss(Tensor([[0.0] * 10] * 4), np.array([0, 3, 5, 9])).data, np.float32(2.3025851), "No idea at all: ln 10")
check(loss(Tensor([[5.0]]), np.array([0])).data, np.float32(0), "Only one class: no surprise")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: loss(logits, np.array([0, 1, 2])), "Three truths for two", mentions=["(2, 3)", "(3,)"])
check_raises((ValueError, TypeError, IndexError), lambda: loss(logits, np.array([0, 3])), "There is no class 3")
check_raises((ValueError, TypeError, IndexError), lambda: loss(logits, np.array([0, -1])), "There is no class -1")

# %% nbgrader={"grade": true, "grade_id": "test-cross-entropy-sequences", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
words = Tensor([[[0.0, 0.0], [0.0, np.log(3)]], [[np.log(3), 0.0], [0.0, 0.0]]])
check(
    CrossEntropyLoss()(words, np.array([[0, 1], [0, 1]])).data,
    np.float32((0.6931472 + 0.2876821) / 2),
    "Two sentences of two words",
)
check(
    CrossEntropyLoss()(words, np.array([[0, 0], [1, 1]])).data,
    np.float32((0.6931472 + 1.3862944) / 2),
    "Other truths",
)
check(CrossEntropyLoss()(Tensor(np.zeros((2, 5, 4))), np.ones((2, 5), dtype=int)).data, np.float32(1.3862944), "ln 4")
wrong = (ValueError, TypeError)  # either is fine
check_raises(
    wrong, lambda: CrossEntropyLoss()(words, np.array([0, 1])), "One truth a sentence", mentions=["(2, 2, 2)", "(2,)"]
)

# %% nbgrader={"grade": true, "grade_id": "test-cross-entropy-extremes", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
loss = CrossEntropyLoss()
check(loss(Tensor([[1e4, 0.0]]), np.array([0])).data, np.float32(0), "Sure and right")
check(loss(Tensor([[1e4, 0.0]]), np.array([1])).data, np.float32(1e4), "Sure and wrong: much, but not infinite")
check(loss(Tensor([[-1e4, 1e4, 0.0]]), np.array([0])).data, np.float32(2e4), "As wrong as can be")
check(loss(Tensor([[1e4, 1e4], [-1e4, -1e4]]), np.array([0, 1])).data, np.float32(0.6931472), "Undecided", atol=1e-3)

# %% [markdown]
# ## 4 · Binary cross-entropy (about 15 min)
#
# Spam or not, lamp on or off: with two classes one probability $p$ (from a sigmoid) is enough, and the truth $t$ is 1 or 0. The surprise is $-\ln p$ when $t = 1$ and $-\ln(1 - p)$ when $t = 0$. In one formula:
#
# $$L = -\frac{1}{n} \sum_{i=1}^{n} \Big( t_i \ln p_i + (1 - t_i) \ln(1 - p_i) \Big)$$
#
# This one takes *probabilities*, so the damage may be done already: $\sigma(-200)$ is 0 in float32, $\ln 0 = -\infty$, and worse, $0 \cdot \ln 0$ is `nan` even when the answer is *right*. We cannot bring back what was rounded away, but we can keep the loss finite, by adding a crumb:
#
# $$\ln p \;\rightarrow\; \ln(p + 10^{-30})$$
#
# The crumb is so small that float32 does not see it beside any $p$ above $10^{-22}$, and large enough that neither $\ln$ (-69) nor the slope $1/p$ ($10^{30}$) leaves the range. Other libraries cut the probability off at $10^{-7}$ (Keras) or the logarithm at -100 (PyTorch): all choices are fine, so the tests look at the exact value only where nothing is cut.
#
# **Your task.** `BinaryCrossEntropyLoss.forward`. Both shapes must be equal (you have a function for that). And probabilities outside 0 to 1 are a `ValueError`: most likely somebody passed logits.


# %% nbgrader={"grade": false, "grade_id": "binary-cross-entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class BinaryCrossEntropyLoss(Loss):
    """The mean of -(t log p + (1 - t) log(1 - p)), for probabilities p and truths t of one shape."""

    crumb = 1e-30  # keeps the logarithm of 0 finite

    def forward(self, predictions, targets):
        ### BEGIN SOLUTION
        p, t = same_shape(predictions, targets)
        if np.any(p.data < 0) or np.any(p.data > 1):
            raise ValueError(f"probabilities of shape {p.shape} go from 0 to 1, got {p.data.min()} to {p.data.max()}")
        yes, no = (p + self.crumb).log(), (1 - p + self.crumb).log()
        return -(t * yes + (1 - t) * no).mean()
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-binary-cross-entropy", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
loss = BinaryCrossEntropyLoss()
check(loss(Tensor([0.8]), Tensor([1])).data, np.float32(0.22314353), "Rather sure, and right")
check(loss(Tensor([0.8]), Tensor([0])).data, np.float32(1.6094379), "Rather sure, and wrong")
check(loss.forward(Tensor([[0.5, 0.25]]), Tensor([[1, 0]])).data, np.float32(0.49041462), "The mean, and forward")
check(loss(Tensor([0.25]), Tensor([0.5])).data, np.float32(0.8369882), "A truth in between")
check(bool(loss(Tensor([0.0, 1.0]), Tensor([0, 1])).data < 1e-5), True, "Certain and right costs nothing")
check(bool(np.isfinite(loss(Tensor([0.0, 1.0]), Tensor([1, 0])).data)), True, "Certain and wrong is finite")
check(bool(loss(Tensor([0.0]), Tensor([1])).data > 10), True, "Certain and wrong costs a lot")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: loss(Tensor([0.5, 0.5]), Tensor([1.0])), "Shapes differ", mentions=["(2,)", "(1,)"])
