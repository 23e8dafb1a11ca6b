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
# On New Year's Day of 1801 Giuseppe Piazzi found a new planet, Ceres. He followed it for six weeks, fell ill, and it was lost behind the sun. A handful of observations, none of them exact, no orbit went through all. In the autumn a man of 24 wrote where to look, and there it was, in December, nearly on the spot. Carl Friedrich Gauss had looked for the orbit that was *least wrong*. What should that mean? His answer, as he wrote later: add up the squares of all errors, and make that one number as small as possible.
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
    naive = Softmax()(Tensor([float(gap), 0.0])).log().data[1]
    print(
        f"logits {gap:6} and 0: log(softmax) of the second is {naive:8.2f}, right is {-gap - np.log1p(np.exp(-gap)):10.2f}"
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
    classes = logits.shape[-1] if logits.ndim else 0
    if numbers.shape != logits.shape[:-1]:
        raise ValueError(f"logits {logits.shape} need targets {logits.shape[:-1]}, got {numbers.shape}")
    if np.any(numbers != np.floor(numbers)) or np.any(numbers < 0) or np.any(numbers >= classes):
        raise ValueError(f"logits {logits.shape} need classes from 0 to {classes - 1}, got {np.unique(numbers)}")
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

# %% [markdown]
# That is all that most of deep learning ever minimises. Now look at it.
#
# ## 5 · A loss landscape (about 15 min)
#
# In 1929 Edwin Hubble published a table of 24 galaxies: how far away they are, and how fast they move away from us. Here it is (*Hubble 1929, "A relation between distance and radial velocity among extra-galactic nebulae", table 1*; one megaparsec is 3.26 million light years). He drew a straight line through it, and the universe was expanding.

# %%
table = """
0.032 170   0.034 290   0.214 -130  0.263 -70   0.275 -185  0.275 -220  0.45 200   0.5 290
0.5 270     0.63 200    0.8 300     0.9 -30     0.9 650     0.9 150     0.9 500    1.0 920
1.1 450     1.1 500     1.4 500     1.7 960     2.0 500     2.0 850     2.0 800    2.0 1090
"""
galaxies = Tensor(np.array(table.split(), dtype=np.float32)).reshape(24, 2)
distance, velocity = galaxies[:, 0], galaxies[:, 1]  # in megaparsecs, in kilometres per second

# %% [markdown]
# A line has two parameters: velocity = slope * distance + offset. For each pair of them there is a loss, so the loss is a *height over a plane*: a landscape. Finding the best line means finding the lowest point.
#
# **Try it.** Write `landscape` (not graded): the mean squared error for *every* combination of the given slopes and offsets. With a loop inside a loop it is four lines. With broadcasting it is two, and much faster: slopes as (n, 1, 1), offsets as (m, 1), distances as (24,) give predictions of shape (n, m, 24).


# %% nbgrader={"grade": false, "grade_id": "use-landscape", "locked": false, "schema_version": 3, "solution": true, "task": false}
def landscape(slopes, offsets):
    """Return the loss of each line: an array with a row for each slope and a column for each offset."""
    ### BEGIN SOLUTION
    predictions = Tensor(slopes).reshape(-1, 1, 1) * distance + Tensor(offsets).reshape(-1, 1)
    return ((predictions - velocity) ** 2).mean(axis=-1).data
    ### END SOLUTION


# %%
slopes, offsets = np.linspace(-200, 1100, 261), np.linspace(-700, 700, 281)
heights = landscape(slopes, offsets)
row, column = np.unravel_index(heights.argmin(), heights.shape)
best = slopes[row], offsets[column]
print(f"lowest of {heights.size:,} points: slope {best[0]:.0f} km/s per megaparsec, offset {best[1]:.0f} km/s")
print("the same by MSELoss:", MSELoss()(distance * best[0] + best[1], velocity).item(), "and", heights.min())

figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
lines = axes[0].contour(offsets, slopes, heights / 1e4, levels=[5.2, 6, 8, 12, 20, 40, 80, 160], cmap="viridis")
axes[0].clabel(lines, fontsize=8)
axes[0].plot(*best[::-1], "r*", markersize=12)
axes[0].set(xlabel="offset", ylabel="slope", title="loss (in 10,000) of each line")
axes[1].scatter(distance.data, velocity.data)
axes[1].axline((0, best[1]), slope=best[0], color="red")
axes[1].set(xlabel="distance (megaparsecs)", ylabel="velocity (km/s)", title="the line at the lowest point")
for ax in axes:
    ax.grid(alpha=0.3)
plt.show()

# %% [markdown]
# A long, tilted bowl with one lowest point: for a line and squared errors it is always so. (Hubble's slope was near 500. Today's is about 70: his *distances* were too small by a factor of seven. A perfect fit to wrong data is wrong.)
#
# Networks are not so kind. Below, on the left: the smallest possible one, `w2 * tanh(w1 * x)`, asked to be `tanh(2x)`. In the middle and on the right: one example with truth 1, and its loss as the *logit* goes from very wrong to right, when the probability is judged by squares and by surprise.

# %%
x = Tensor(np.linspace(-2, 2, 41))
wanted = dispatch("tanh", x * 2)
side = np.linspace(-4, 4, 161)
first, second = Tensor(side).reshape(-1, 1, 1), Tensor(side).reshape(-1, 1)
heights = ((dispatch("tanh", first * x) * second - wanted) ** 2).mean(axis=-1).data

logits = np.linspace(-12, 6, 181)
probabilities = Sigmoid()(Tensor(logits))
judged = {
    "squared error": [MSELoss()(p, Tensor(1.0)).item() for p in probabilities],
    "binary cross-entropy": [BinaryCrossEntropyLoss()(p, Tensor(1.0)).item() for p in probabilities],
}
figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
shown = axes[0].contourf(side, side, np.log10(heights + 1e-3), levels=20, cmap="viridis")
figure.colorbar(shown, ax=axes[0], label="log10 of the loss")
axes[0].plot([1, -1], [2, -2], "r*", markersize=12)
axes[0].set(xlabel="$w_2$", ylabel="$w_1$", title="a network with two weights")
for ax, (name, values) in zip(axes[1:], judged.items(), strict=True):
    ax.plot(logits, values, label="loss")
    ax.plot(logits, np.gradient(values, logits), label="slope")
    ax.set(xlabel="logit (truth: 1)", title=name)
    ax.grid(alpha=0.3)
    ax.legend()
plt.show()

# %% [markdown]
# On the left: *two* valleys, because changing both signs changes nothing, and a saddle between them at 0, where all directions look flat. In the middle: a network that is *very* wrong stands on a plateau and feels no slope. On the right: the more wrong, the steeper, up to -1. That is why classifiers are trained with cross-entropy.

# %% [markdown]
# ## 6 · How sure is too sure? (about 5 min)
#
# Cross-entropy judges how *sure* a network is, accuracy only whether it is right. Here are 2,000 invented examples: the truth is drawn by lot from softmax(z), and an overconfident network reports three times these logits. Dividing by a temperature $T$ (module 02) cannot change which class is the largest. Does it change the loss? (*Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks"*.)

# %%
manual_seed(8)
honest = randn(2000, 5) * 1.5
lots = -np.log(-np.log(np.random.default_rng(8).random((2000, 5))))  # the largest of z + lots is a draw from softmax(z)
truth = (honest.data + lots).argmax(axis=1)
reported = honest * 3

temperatures = np.linspace(0.5, 8, 31)
losses = [CrossEntropyLoss()(reported / t, truth).item() for t in temperatures]
right = [(np.argmax((reported / t).data, axis=1) == truth).mean() for t in temperatures]
print(f"accuracy from {min(right):.3f} to {max(right):.3f}, loss from {min(losses):.3f} to {max(losses):.3f}")
print(f"lowest loss at T = {temperatures[np.argmin(losses)]:.2f}")
plt.figure(figsize=(6, 3), layout="constrained")
plt.plot(temperatures, losses, marker=".", label="cross-entropy")
plt.plot(temperatures, right, label="accuracy")
plt.axhline(np.log(5), color="gray", linestyle="--", label="knowing nothing: ln 5")
plt.xlabel("temperature")
plt.legend()
plt.show()

# %% [markdown]
# ## 7 · What does it cost? (about 10 min)
#
# Run, look, and change things. You will need these figures for your answers below.
#
# **A first sanity check.** A fresh network knows nothing, so its loss should be about $\ln C$: 2.303 for ten classes. If you ever see 20, or `nan`, look at the first weights and at the scale of the inputs before you train for a night (module 07).

# %%
manual_seed(1)
pictures, digits = randn(256, 784), np.random.default_rng(1).integers(0, 10, 256)
for factor in (0.01, 1, 10, 1000):
    network = Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
    network.layers[-1].weight.data *= factor
    print(f"last weights x {factor:7}: loss {CrossEntropyLoss()(network(pictures), digits).item():10.3f}")

# %% [markdown]
# **Three ways to the same logarithm.** All are right on paper. `c` is added to the logits 2, 1 and 0 (whole numbers, which float32 still keeps exactly), so the first log-probability should always be -0.40761:


# %%
def by_log_of_softmax(row):
    powers = np.exp(row)
    return np.log(powers / powers.sum())


def by_log_sum_exp(row):
    top = row.max()
    return row - (top + np.log(np.exp(row - top).sum()))


for c in (0, 10, 90, 1000, 1e4, 1e6, -1e4):
    row = np.float32([2.0, 1.0, 0.0]) + np.float32(c)
    with np.errstate(all="ignore"):
        three = by_log_of_softmax(row)[0], by_log_sum_exp(row)[0], log_softmax(Tensor(row)).data[0]
    print(f"c = {c:9}   log(softmax) {three[0]:9.5f}   x - logsumexp {three[1]:9.5f}   yours {three[2]:9.5f}")

# %% [markdown]
# **Composed or fused.** Your `log_softmax` makes a tensor for each step. Module 02's is one operation on arrays. Same numbers; what about time and memory? And what will happen to the intermediate tensors when module 05 has to *remember* them all?


# %%
def seconds(function, *inputs, repeats=7):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


def fused(x):
    return dispatch("log_softmax", x, dim=-1)


for shape in [(64, 10), (64, 10_000)]:
    x = randn(*shape)
    for name, function in {"composed": log_softmax, "fused": fused}.items():
        tracemalloc.start()
        function(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        taken = seconds(function, x)
        print(f"{shape!s:12} {name:9} {taken * 1e6:9.1f} us   peak {peak / x.memory_footprint():4.1f} times the input")

# %% [markdown]
# **The price of a vocabulary.** A language model gives logits for *every* word at *every* place. For 8 texts of 1,024 words and GPT-2's vocabulary of 50,257:

# %%
print(f"logits alone: {array_bytes((8, 1024, 50257)) / 1e9:.2f} GB, and the loss is one number of 4 bytes")

# %% [markdown]
# ### Compare with PyTorch
#
# | | Yours | PyTorch |
# |---|---|---|
# | MSE | shapes must be equal | broadcasts, with a warning |
# | mean or sum | mean | `reduction="mean"`, `"sum"` or `"none"` |
# | cross-entropy | logits (N, C), (N, T, C) | `nn.CrossEntropyLoss`: logits (N, C), (N, C, T): classes on axis 1! |
# | targets | whole numbers, checked | int64, checked; `ignore_index=-100`, or probabilities |
# | binary | probabilities, a crumb of $10^{-30}$ | `nn.BCELoss`, logarithm cut at -100; better: `nn.BCEWithLogitsLoss` |
# | log-softmax | composed, and one operation in module 02 | one operation |
# | result | a tensor of shape () | a tensor of shape () |

# %% [markdown]
# ## 8 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · What do you want it to care about?
#
# (a) One of Hubble's velocities is misprinted: 10,900 instead of 1,090. What does it do to the mean squared error, and to the best line? Would the mean of *absolute* errors do better, and what would you lose? (b) A classifier is judged by squared error on its probabilities, as in the middle plot of section 5. Why does it learn slowly, just where it is most wrong? Compare both slopes at logit -10. (c) Give a task for which you would use each of your three losses, and one for which none of them fits.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) The error grows from a few hundred to about 10,000 km/s, and its square is $10^8$: alone among 24 it adds $4 \cdot 10^6$ to a mean that was about $5 \cdot 10^4$. The line is torn towards this one point. Absolute errors add only $10^4 / 24$, and the best line hardly moves. What is lost: the bowl has a corner at 0 where the slope jumps, several lines may be equally good, and normally distributed errors are used less efficiently; the Huber loss joins both. (b) The probability is about $4.5 \cdot 10^{-5}$ there, the squared error about 1 and flat: its slope is $2(p - 1)\,p\,(1 - p) \approx -9 \cdot 10^{-5}$, since the sigmoid saturates. For cross-entropy the slope is $p - 1 \approx -1$, ten thousand times as much: the logarithm undoes the saturation. (c) MSE: tomorrow's temperature. Cross-entropy: which of ten digits. Binary: spam or not, or several labels that may hold at once. None: ranking search results, or generated pictures that should look good; there one needs a loss of its own.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | The outlier with an estimate, and a fair comparison with absolute errors; both slopes compared with figures and the saturation named; fitting tasks, and one that does not fit |
# | 7-8 | All parts, one without figures or reason |
# | 5-6 | Squares punish outliers, plateau seen in the plot; no estimate, or tasks confused |
# | 3-4 | General remarks without use of the plots |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · One number among 10,000
#
# (a) Use the table *Three ways*: which of the three fail, from which `c` on, and why? The second does not overflow. What does it lose, and where exactly in the formula? (b) A training run shows `loss = inf` in step 3,000 and `nan` from then on. Name two places in a loss where this can begin, and how you would find out which one it was. (c) Why does cross-entropy take logits instead of probabilities, while the binary one here takes probabilities? Which would you offer to your users, and what does the crumb cost them?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) log(softmax) gives nan from c = 90 on (inf / inf), and at -10,000 too (0 / 0). x - logsumexp has all digits at 0, but gives -0.40723 at 10,000 and -0.4375 at 1,000,000, instead of -0.40761: it adds the small logarithm (0.41) to the large maximum *first*, and near $10^6$ float32 numbers are 0.06 apart; the subtraction then shows the rounding. Ours subtracts first, which is exact here, and adds small to small. (b) log(0) in a softmax that is followed by a log, or in a binary loss with p = 0 and no crumb; or overflow of exp. The nan follows because inf - inf or 0 * inf appears one step later. To find it: check each operation's result for the first value that is not finite; module 01's engine sees every operation by name, so ten lines will do. Or keep the batch and the weights of step 2,999. (c) From logits the loss computes log-softmax without any loss of digits. From probabilities it is too late: what was rounded to 0 or 1 is gone, and so is the slope: sigma(-200) is 0, and with the crumb the loss stays at 69 however wrong the logit is. I would offer the version with logits as the default (BCEWithLogitsLoss), and the other one for models that really produce probabilities.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | All three methods judged with figures, and the place where digits get lost; two origins of inf and a workable search; logits against probabilities with the price of the crumb |
# | 7-8 | All parts right, one thin: lost digits seen but not located, or a vague search |
# | 5-6 | Overflow and log(0) understood; cancellation, or the last part, is missing |
# | 3-4 | Says that the trick makes it stable, without saying how |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · Reading a loss
#
# (a) Your colleague's fresh classifier of 1,000 classes starts with a loss of 6.9. Another one's starts with 55. What do you tell each of them? Use the sanity check. (b) In section 6 the accuracy was the same at all temperatures, and the loss was not. What does the loss see? Describe a situation in which the difference matters to a person. (c) Validation loss rises while validation accuracy still improves a little. How is that possible, and which of the two would you trust when you decide to stop?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) $\ln 1000 = 6.91$: the first knows nothing yet, as it should be. 55 means sure and wrong: the logits are of size 50 or so; in our table last weights ten or a thousand times too large did the same. Check the first weights (He's or Xavier's scale), the scale of the inputs (pixels from 0 to 255?), a forgotten division. (b) How much probability the truth was given. At T = 1 the network claims far more certainty than its hit rate; at T = 3 its probabilities mean what they say, and the loss is lowest there. It matters when somebody acts on the probability: a doctor who treats at 95 %, a car that brakes; with 95 % claimed and 70 % true, too many decisions are wrong and nobody asks back. (c) A few examples become *very* wrong (confident mistakes cost any amount), while some that were near the border flip to right: the mean surprise rises and the number of hits rises too. It is the typical picture of growing overconfidence. If only the top class counts, accuracy decides; if probabilities are used, the loss does, or calibrate by a temperature afterwards, which repairs the loss and leaves the accuracy.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | ln C used for both cases, with causes; calibration explained with the measured T and a situation; a correct mechanism for (c) and a reasoned decision |
# | 7-8 | All parts, one thin: no cause for 55, or a situation without consequence |
# | 5-6 | ln C known; loss and accuracy told apart, but (c) unclear |
# | 3-4 | "Lower is better", hardly any figure |
# | 0-2 | Empty, off the subject, or takes loss and accuracy for the same |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# You can say how wrong a network is, in one number, whatever its answers look like. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 04` runs the checks, `tito submit cp04` hands in.
#
# **Next: module 05, autograd.** You found the lowest point of a landscape by trying 73,341 places. With a million weights there is no such table. But at every point there is a direction that leads down, and there is a way to compute it for all weights at once, for the price of about two more forward passes.
