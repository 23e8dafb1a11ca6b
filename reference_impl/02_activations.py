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
# # Module 02 · Activations
#
# *Checkpoint 02, intelligence: can I add nonlinearity?*
#
# In 1969 Marvin Minsky and Seymour Papert published *Perceptrons*, a book of theorems about the learning machines of their day. Its smallest example became the most famous. Take two switches, and a lamp that burns when exactly one of them is on: exclusive or, XOR. No perceptron of a single layer can learn it. Four points, two inputs, impossible. In the years that followed money and people left the field, for more than a decade.
#
# The way out needs one ingredient between two layers: a function that is **not a straight line**. Such a function is called an *activation*. It has no weights, learns nothing, and takes one line of code. Without it a network of a thousand layers is exactly as clever as one layer. Today you write six of them, and at the end you solve XOR with eight numbers that you choose yourself.
#
# **By the end you can**
#
# - say (and show) why stacking linear layers gains nothing;
# - write ReLU, sigmoid, tanh, GELU, softmax and log-softmax, and say which one goes where;
# - compute with $e^x$ in float32 without overflow, at inputs of plus and minus ten thousand;
# - measure where an activation *saturates*, and what that does to a deep network.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 straight lines · 2 ReLU · 3 sigmoid · 4 tanh · 5 GELU · 6 softmax · 7 log-softmax | 70 |
# | Use | 8 look at them · 9 XOR by hand · 10 what it costs | 30 |
# | Reflect | 11 three questions for your teacher | 20 |

# %% [markdown]
# ## Setting the table
#
# This notebook becomes `tinytorch/core/activations.py`. It builds on your Tensor: run `tito sync` first if the import fails.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.activations
#| export
import numpy as np

from tinytorch.core.tensor import FORWARD, Tensor, dispatch

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.setup import manual_seed
from tinytorch.core.tensor import ones, randn
from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · Straight lines stay straight (about 10 min)
#
# A layer (module 03) multiplies by a matrix and adds an offset: $y = x W + b$. Put one behind another:
#
# $$(x W_1 + b_1) W_2 + b_2 \;=\; x \underbrace{(W_1 W_2)}_{W} + \underbrace{(b_1 W_2 + b_2)}_{b}$$
#
# Two layers are one layer. So are a thousand. (The product of matrices is a matrix: *any linear algebra book, first chapter*.)
#
# Let us look at it instead of believing it. Here are two networks of eight random layers with the *same* weights. They read one number and give one number, so we can draw them. The only difference: between the layers of the second, negative numbers are replaced by 0.


# %%
def deep(x, bend, seed=4):
    """Send a column of numbers through eight random layers of 16 numbers, with `bend` in between."""
    manual_seed(seed)
    for sizes in [(1, 16)] + 7 * [(16, 16)]:
        x = bend(x @ randn(*sizes) * (2 / sizes[0]) ** 0.5 + randn(sizes[1]) * 0.3)
    return x @ randn(16, 1)


line = Tensor(np.linspace(-3, 3, 400)).reshape(-1, 1)
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].plot(line.data, deep(line, bend=lambda x: x).data)
axes[0].set_title("eight layers, nothing in between")
axes[1].plot(line.data, deep(line, bend=lambda x: x * (x > 0)).data, color="tab:orange")
axes[1].set_title("the same weights, negative numbers cut off")
for ax in axes:
    ax.set_xlabel("input")
    ax.grid(alpha=0.3)
plt.show()

# %% [markdown]
# The left network needed 1,952 weights to draw a straight line. The right one can go up and down: each corner is one number inside that switched on or off. With enough corners you can follow any curve. That a network with one hidden layer of such units comes as close as you like to any continuous function on a closed box is a theorem: *Cybenko 1989* for sigmoids, *Leshno, Lin, Pinkus and Schocken 1993* for everything that is not a polynomial.
#
# *Play: other seeds, and `bend=lambda x: x * x`. Why would nobody use that one with eight layers?*

# %% [markdown]
# ## 2 · ReLU, and what all activations share (about 10 min)
#
# The *rectified linear unit* keeps positive numbers and cuts negative ones off:
#
# $$\text{ReLU}(x) = \max(0, x)$$
#
# ```
#         |      /
#         |     /        right of 0: slope 1, the number passes as it is
#         |    /         left of 0: slope 0, nothing passes
#   ______|___/
#         0
# ```
#
# It looks too simple to be any good, and until about 2010 nobody took it seriously (*Nair and Hinton 2010; Glorot, Bordes and Bengio 2011*). AlexNet learned six times faster with it than with tanh (*Krizhevsky, Sutskever and Hinton 2012, section 3.1*), and it has been the default ever since.
#
# **How an activation plugs in.** Module 01 left a table `FORWARD` with a function on *arrays* for each name, and `dispatch`, the one door. An activation is a new row in the table and a small class with one method `forward` that goes through the door. Module 05 will then need one more function for each name, the backward one, and not a line of today's code has to change.
#
# ```
#   ReLU()(x)  ->  __call__  ->  forward(x)  ->  dispatch("relu", x)  ->  FORWARD["relu"](array)
# ```
#
# Today's names are `relu`, `sigmoid`, `tanh`, `gelu`, `softmax` and `log_softmax`.
#
# **Your task.** Three short pieces:
#
# 1. `Activation`, what all of them share: *calling* the object is the same as its `forward`, and `parameters()` is an empty list, because there is nothing to learn.
# 2. `relu_forward` for arrays.
# 3. `ReLU.forward`, one line through the door.
#
# *Hint: `np.maximum(a, 0)` compares number by number; `np.max` is something else.*


# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Activation:
    """A function between layers: called like one, and without anything to learn."""

    def __call__(self, x):
        ### BEGIN SOLUTION
        return self.forward(x)
        ### END SOLUTION

    def parameters(self):
        """Return the tensors to be learned: none."""
        ### BEGIN SOLUTION
        return []
        ### END SOLUTION


def relu_forward(a):
    """Return the array with negative numbers replaced by 0."""
    ### BEGIN SOLUTION
    return np.maximum(a, 0)
    ### END SOLUTION


FORWARD["relu"] = relu_forward


class ReLU(Activation):
    """max(0, x), number by number."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("relu", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-relu", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[-2.0, -0.5, 0.0], [0.5, 2.0, 1e4]])
check(ReLU()(x).data, np.float32([[0, 0, 0], [0.5, 2, 1e4]]), "Negative numbers become 0, the others stay")
check(ReLU().forward(x).data, np.float32([[0, 0, 0], [0.5, 2, 1e4]]), "forward does the same as a call")
check(ReLU()(Tensor(-3.0)).data, np.float32(0), "One number")
check(ReLU()(Tensor(np.zeros((0, 3)))).shape, (0, 3), "No numbers")
check(ReLU().parameters(), [], "Nothing to learn")
result, after = ReLU()(x), x
check(after.data, np.float32([[-2, -0.5, 0], [0.5, 2, 1e4]]), "The input stays as it is")

# %% [markdown]
# ## 3 · Sigmoid (about 15 min)
#
# Sometimes the answer must be a *probability*: will it rain, is this mail spam? The sigmoid squeezes any number into the interval from 0 to 1:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# ```
#    1 |              _________      sigma(0) = 0.5: no idea
#      |           .-'               sigma(2) = 0.88: rather yes
#  0.5 |- - - - - /- - - - - - -     sigma(-x) = 1 - sigma(x)
#      | ______.-'
#    0 |_____________|__________     far out it is flat: it *saturates*
#                    0
# ```
#
# It is the *logistic function*, which Pierre-François Verhulst drew in 1838 for populations that grow until the land is full.
#
# ### A number too large
#
# The largest float32 is about $3.4 \cdot 10^{38}$, and $e^{88.7}$ is there already. Beyond it, `np.exp` gives `inf`. See what happens to two formulas that are the same on paper:

# %%
numbers = np.float32([-10_000, -100, 0, 100, 10_000])
with np.errstate(all="ignore"):
    print("exp(x)                ", np.exp(numbers))
    print("1 / (1 + exp(-x))     ", 1 / (1 + np.exp(-numbers)))
    print("exp(x) / (1 + exp(x)) ", np.exp(numbers) / (1 + np.exp(numbers)))

# %% [markdown]
# The third line ends in `nan`, because `inf / inf` has no value. The second is right by luck: it does overflow on the left, and `1 / inf` happens to be the 0 that we want. Luck is no plan: a careful program never takes $e$ to the power of a large *positive* number. So look at the sign, and use whichever formula has only $e^{-|x|} \le 1$ in it:
#
# $$\sigma(x) = \begin{cases} \dfrac{1}{1 + z} & x \ge 0 \\[2ex] \dfrac{z}{1 + z} & x < 0 \end{cases} \qquad z = e^{-|x|}$$
#
# **Your task.** `sigmoid_forward` in this form, without a loop, and `Sigmoid`.
#
# *Hint: `np.where(a >= 0, b, c)` takes from `b` where the condition holds and from `c` elsewhere. The denominator is the same in both cases.*


# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sigmoid_forward(a):
    """Return 1 / (1 + exp(-a)), without overflow for any finite number."""
    ### BEGIN SOLUTION
    z = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, z) / (1 + z)
    ### END SOLUTION


FORWARD["sigmoid"] = sigmoid_forward


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), number by number: between 0 and 1."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("sigmoid", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-sigmoid", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
sigmoid = Sigmoid()
check(sigmoid(Tensor(0.0)).data, np.float32(0.5), "Half at 0")
check(
    sigmoid(Tensor([[-2.0, -1.0], [1.0, 2.0]])).data,
    np.float32([[0.11920292, 0.26894143], [0.7310586, 0.8807971]]),
    "Some values",
)
check(sigmoid(Tensor([-1e4, -1e3, 1e3, 1e4])).data, np.float32([0, 0, 1, 1]), "Far out, without overflow")
check(sigmoid(Tensor([-20.0])).data, np.float32([0]), "A very small probability")
check(sigmoid(Tensor(np.zeros((2, 0)))).shape, (2, 0), "No numbers")
check(sigmoid.parameters(), [], "Nothing to learn")

# %% [markdown]
# ## 4 · Tanh (about 5 min)
#
# The *hyperbolic tangent* is the sigmoid's sister, stretched to run from -1 to 1:
#
# $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\,\sigma(2x) - 1$$
#
# Its outputs are centred on 0, which keeps the numbers of the next layer centred too, and training faster (*LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp", section 4.4*). You will meet it in recurrent networks, and inside GELU in a minute.
#
# **Your task.** `tanh_forward` and `Tanh`. NumPy has a `np.tanh` that is safe everywhere.


# %% nbgrader={"grade": false, "grade_id": "tanh", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def tanh_forward(a):
    """Return the hyperbolic tangent of each number."""
    ### BEGIN SOLUTION
    return np.tanh(a)
    ### END SOLUTION


FORWARD["tanh"] = tanh_forward


class Tanh(Activation):
    """The hyperbolic tangent, number by number: between -1 and 1."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("tanh", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-tanh", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
tanh = Tanh()
check(tanh(Tensor([-1.0, 0.0, 1.0])).data, np.float32([-0.7615942, 0, 0.7615942]), "Some values")
check(tanh(Tensor([[-1e4], [1e4]])).data, np.float32([[-1], [1]]), "Far out, without overflow")
check(tanh(Tensor(0.5)).data, np.float32(0.46211717), "One number")
check(tanh(Tensor([0.01])).data, np.float32([0.00999967]), "Near 0 it is almost the number itself")

# %% [markdown]
# ## 5 · GELU (about 10 min)
#
# ReLU decides hard: in or out. The *Gaussian error linear unit* asks how *likely* a number is to be larger than a random one, and lets through that share of it:
#
# $$\text{GELU}(x) = x\,\Phi(x), \qquad \Phi(x) = P(Z \le x) \text{ for } Z \sim N(0, 1)$$
#
# (*Hendrycks and Gimpel 2016, "Gaussian error linear units"*.) Far right $\Phi$ is 1 and the number passes; far left it is 0. In between the corner is round, and a little below 0 the curve even dips to -0.17. BERT and GPT use it, and so will you in module 13.
#
# **Which formula?** There are two in use. The exact one needs the error function: $\Phi(x) = \frac12\left(1 + \operatorname{erf}(x / \sqrt 2)\right)$. NumPy has no `erf` for arrays. The same paper gives an approximation by tanh, the one in GPT-2:
#
# $$\text{GELU}(x) \approx \frac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,\left(x + 0.044715\,x^3\right)\right)\right)$$
#
# We choose the second: it needs NumPy only, and differs from the exact one by less than 0.001 everywhere (you will measure it in section 8). If you prefer the exact form, take it; the tests accept either. But stay with *one*: in module 05 you write the slope of GELU, and it must be the slope of the formula that you chose here.
#
# **Your task.** `gelu_forward` and `GELU`.


# %% nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gelu_forward(a):
    """Return a * P(Z <= a) for a normal Z, in the tanh approximation."""
    ### BEGIN SOLUTION
    inner = np.float32(np.sqrt(2 / np.pi)) * (a + 0.044715 * (a * a * a))
    return 0.5 * a * (1 + np.tanh(inner))
    ### END SOLUTION


FORWARD["gelu"] = gelu_forward


class GELU(Activation):
    """x times the probability that a normal number is below x, number by number."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("gelu", x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-gelu", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
# atol=1e-3: both formulas are right.
gelu = GELU()
check(gelu(Tensor([0.0])).data, np.float32([0]), "Nothing at 0")
check(gelu(Tensor([[0.5, 1.0, 3.0]])).data, np.float32([[0.3457, 0.8413, 2.996]]), "Positive numbers", atol=1e-3)
check(gelu(Tensor([-0.5, -1.0, -3.0])).data, np.float32([-0.1543, -0.1587, -0.004]), "The dip below 0", atol=1e-3)
check(gelu(Tensor([-1e4, 1e4])).data, np.float32([0, 1e4]), "Far out: nothing, and everything")
check(gelu(Tensor(1.0)).shape, (), "One number")

# %% [markdown]
# ## 6 · Softmax (about 15 min)
#
# A network that tells cats from dogs from frogs ends in three numbers, one for each, of any size: *logits*. To read them as probabilities they must be positive and add up to 1. Take $e$ to their power, and divide by the sum:
#
# $$\text{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# ```
#              logits       e^x           / sum
#   cat          2.0        7.39          0.66
#   dog          1.0        2.72          0.24       the order stays, the largest wins softly,
#   frog         0.1        1.11          0.10       and the sum is 1
#                          -----          ----
#                          11.22          1.00
# ```
#
# In physics this is the *Boltzmann distribution* of 1868; the name softmax is John Bridle's, 1990.
#
# ### The same trick once more
#
# A logit of 100 overflows. But softmax does not mind if we subtract the same number $c$ from all logits, because $e^{x - c} = e^x e^{-c}$, and $e^{-c}$ cancels:
#
# $$\frac{e^{x_i - c}}{\sum_j e^{x_j - c}} = \frac{e^{-c}\,e^{x_i}}{e^{-c}\sum_j e^{x_j}} = \text{softmax}(x)_i$$
#
# With $c = \max_j x_j$ the largest power is $e^0 = 1$: nothing overflows, and the sum is at least 1, so nothing is divided by 0 either. Powers that become 0 are too small to matter. (*Goodfellow, Bengio and Courville 2016, "Deep Learning", section 4.1*. *Blanchard, Higham and Higham 2021* prove how exact it is.)
#
# ### Along which axis?
#
# A batch of four pictures gives logits of shape (4, 3). *Each picture's* three probabilities must add up to 1, so we sum along the last axis, `dim=-1`. In attention (module 12) the tensor will be (batch, heads, queries, keys). `dim` says which axis adds up to 1, and `keepdims=True` leaves a 1 there, so that maximum and sum broadcast back, whatever the axis.
#
# **Your task.** `softmax_forward(a, dim)` and `Softmax`, which keeps `dim` and passes it on as a parameter of the operation: `dispatch("softmax", x, dim=...)`. The door puts the shapes into NumPy's error message if there is no such axis.


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax_forward(a, dim):
    """Return exp(a) divided by its sum along axis `dim`, without overflow."""
    ### BEGIN SOLUTION
    powers = np.exp(a - a.max(axis=dim, keepdims=True))
    return powers / powers.sum(axis=dim, keepdims=True)
    ### END SOLUTION


FORWARD["softmax"] = softmax_forward


class Softmax(Activation):
    """Positive numbers that add up to 1 along axis `dim`."""

    def __init__(self, dim=-1):
        ### BEGIN SOLUTION
        self.dim = dim
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("softmax", x, dim=self.dim)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-softmax", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
softmax = Softmax()
check(softmax(Tensor([2.0, 1.0, 0.1])).data, np.float32([0.6590011, 0.24243297, 0.09856589]), "Cat, dog and frog")
check(
    softmax(Tensor([[0.0, 0.0], [0.0, np.log(3)]])).data,
    np.float32([[0.5, 0.5], [0.25, 0.75]]),
    "Each row for itself",
)
check(softmax(Tensor([[0.0], [5.0]])).data, np.float32([[1], [1]]), "One class is certain")
check(Softmax(dim=0)(Tensor([[0.0, 3.0], [0.0, 3.0]])).data, np.float32([[0.5, 0.5], [0.5, 0.5]]), "Along axis 0")
check(
    Softmax(dim=1)(Tensor(np.zeros((2, 4, 3)))).data,
    np.full((2, 4, 3), 0.25, dtype=np.float32),
    "Along the axis in the middle",
)
check(softmax.parameters(), [], "Nothing to learn")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Softmax(dim=2)(Tensor([[1.0, 2.0]])), "There is no axis 2", mentions=["(1, 2)"])

# %% nbgrader={"grade": true, "grade_id": "test-softmax-stable", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(Softmax()(Tensor([1e4, 1e4])).data, np.float32([0.5, 0.5]), "Two large logits")
check(Softmax()(Tensor([-1e4, -1e4, -1e4, -1e4])).data, np.float32([0.25] * 4), "Four very negative ones")
check(Softmax()(Tensor([[1e4, 0.0, -1e4]])).data, np.float32([[1, 0, 0]]), "Far apart")
check(
    Softmax(dim=0)(Tensor([[1000.0, -1000.0], [1001.0, -1001.0]])).data,
    np.float32([[0.26894143, 0.7310586], [0.7310586, 0.26894143]]),
    "Each column with its own maximum",
)

# %% [markdown]
# ## 7 · Log-softmax (about 5 min)
#
# Losses (module 04) need the *logarithm* of a probability. Softmax first and `log` after is a trap: a probability below $10^{-45}$ is 0 in float32, and $\ln 0 = -\infty$. Put together on paper, the logarithm cancels the power, and no small number ever appears. With $s = x - \max_j x_j$:
#
# $$\ln \frac{e^{s_i}}{\sum_j e^{s_j}} = s_i - \ln \sum_j e^{s_j}$$
#
# The sum lies between 1 and the number of classes, so its logarithm is harmless. For logits 0 and 10,000 this gives -10,000 and 0, where the trap gives $-\infty$ and 0.
#
# **Your task.** `log_softmax_forward(a, dim)` and `LogSoftmax`.


# %% nbgrader={"grade": false, "grade_id": "log-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax_forward(a, dim):
    """Return the logarithm of softmax along axis `dim`, without overflow and without log(0)."""
    ### BEGIN SOLUTION
    shifted = a - a.max(axis=dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
    ### END SOLUTION


FORWARD["log_softmax"] = log_softmax_forward


class LogSoftmax(Activation):
    """Logarithms of probabilities that add up to 1 along axis `dim`."""

    def __init__(self, dim=-1):
        ### BEGIN SOLUTION
        self.dim = dim
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return dispatch("log_softmax", x, dim=self.dim)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-log-softmax", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
log_softmax = LogSoftmax()
check(log_softmax(Tensor([2.0, 1.0, 0.1])).data, np.float32([-0.41703, -1.41703, -2.31703]), "Cat, dog and frog")
check(log_softmax(Tensor([[0.0, 0.0], [7.0, 7.0]])).data, np.float32([[-0.6931472] * 2] * 2), "Each row for itself")
check(LogSoftmax(dim=0)(Tensor([[0.0, 3.0], [0.0, 3.0]])).data, np.float32([[-0.6931472] * 2] * 2), "Along axis 0")
check(log_softmax(Tensor([0.0, 1e4])).data, np.float32([-1e4, 0]), "No logarithm of 0")
# atol: around 10,000 neighbouring float32 numbers lie 0.001 apart.
check(log_softmax(Tensor([1e4, 1e4])).data, np.float32([-0.6931472] * 2), "No overflow", atol=1e-3)
check(LogSoftmax().parameters(), [], "Nothing to learn")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: LogSoftmax(dim=1)(Tensor([1.0, 2.0])), "There is no axis 1", mentions=["(2,)"])

# %% [markdown]
# Six activations, a table of six rows. Now use them.
#
# ## 8 · Look at them (about 10 min)
#
# Draw each function (blue) and its **slope** (orange). The slope matters more than the function: learning is passing slopes backwards through the layers (module 05), and each activation on the way *multiplies* by its slope. Where the slope is near 0 the function is flat, it *saturates*, and nothing gets through.
#
# We have no derivatives yet, but a slope can be measured: go a small step $h$ to both sides, and see how much higher you are.
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# **Try it.** Write `slope` (not graded, but you will need it in module 05 too).


# %% nbgrader={"grade": false, "grade_id": "use-slope", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope(f, x, h=0.01):
    """Return the measured slope of an activation at each number of the tensor x."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %%
activations = {"ReLU": ReLU(), "Sigmoid": Sigmoid(), "Tanh": Tanh(), "GELU": GELU()}
x = Tensor(np.linspace(-6, 6, 1201))
figure, axes = plt.subplots(1, 4, figsize=(14, 3.2), layout="constrained")
for ax, (name, f) in zip(axes, activations.items(), strict=True):
    steep = slope(f, x)
    flat = np.abs(steep.data) < 0.05
    ax.fill_between(x.data, -1.5, 3, where=flat, color="tab:gray", alpha=0.25, label="saturated: slope < 0.05")
    ax.plot(x.data, f(x).data, label="the function")
    ax.plot(x.data, steep.data, label="its slope")
    ax.set(title=f"{name}: {flat.mean():.0%} flat, steepest {steep.max().item():.2f}", ylim=(-1.5, 3), xlabel="x")
    ax.grid(alpha=0.3)
axes[0].legend(loc="upper left", fontsize=8)
plt.show()

# %% [markdown]
# Now send a signal through a *deep* stack of each and multiply the slopes on the way, as module 05 will. The sigmoid's slope is at most 1/4, so after ten layers at most $4^{-10} \approx 10^{-6}$ is left: the *vanishing gradient* (*Hochreiter 1991; Bengio, Simard and Frasconi 1994*).

# %%
manual_seed(1)
start = randn(2000)
print("share of the slope that is left (mean of 2,000 numbers), by depth")
for name, f in activations.items():
    signal, left, row = start, ones(2000), ""
    for depth in range(1, 21):
        left, signal = left * slope(f, signal), f(signal)
        if depth in (1, 2, 5, 10, 20):
            row += f"  {depth:2}: {left.mean().item():8.1e}"
    print(f"{name:8}{row}")

# %% [markdown]
# And how far are the two formulas of GELU apart? Python's `math.erf` takes one number at a time, which is good enough for a picture's worth of points:

# %%
from math import erf

exact = np.array([v / 2 * (1 + erf(v / 2**0.5)) for v in x.data.tolist()])
apart = np.abs(GELU()(x).data - exact)
print(f"largest difference {apart.max():.6f}, at x = {x.data[apart.argmax()]:.2f}")

# %% [markdown]
# ### How sure is softmax?
#
# Divide the logits by a number $T$, the *temperature*, before softmax (the name comes from Boltzmann's formula). Before you run: what do you expect for $T$ close to 0, and for large $T$?

# %%
logits = Tensor([2.0, 1.0, 0.1, -1.0, 1.5])
figure, axes = plt.subplots(1, 4, figsize=(12, 2.6), sharey=True, layout="constrained")
for ax, temperature in zip(axes, (0.1, 0.5, 1, 10), strict=True):
    ax.bar(["cat", "dog", "frog", "car", "fox"], Softmax()(logits / temperature).data)
    ax.set(title=f"T = {temperature}", ylim=(0, 1))
plt.show()

# %% [markdown]
# ## 9 · XOR by hand (about 10 min)
#
# Back to 1969. Four points, and a lamp:
#
# ```
#   x2
#    1 |  (on)          (off)         no straight line has both (on) on one side
#      |                              and both (off) on the other
#    0 |  (off)         (on)
#      +------------------------ x1
#          0              1
# ```
#
# A hidden layer of *two* ReLU units is enough (*Goodfellow, Bengio and Courville 2016, section 6.1* works out one solution; there are others):
#
# $$h = \text{ReLU}(x W + c), \qquad y = h\,w$$
#
# An idea: let both hidden units count the switches, $x_1 + x_2$, and give the second a threshold: it should wake up only when *both* are on. The counts are then 0, 1, 1, 2 and the second unit says 0, 0, 0, 1. How do you combine the two into 0, 1, 1, 0?
#
# **Try it.** Choose the eight numbers: `W` (2, 2), `c` (2,), `w` (2, 1). Not graded, except by the truth.

# %% nbgrader={"grade": false, "grade_id": "use-xor", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
W = Tensor([[1, 1], [1, 1]])
c = Tensor([0, -1])
w = Tensor([[1], [-2]])
### END SOLUTION


def lamp(x):
    """Return the network's answer for inputs (n, 2), as (n, 1)."""
    return ReLU()(x @ W + c) @ w


# %%
switches = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
for pair, answer in zip(switches.data, lamp(switches).data, strict=True):
    print(pair, "->", answer)

grid = np.linspace(-0.5, 1.5, 101)
plane = np.stack(np.meshgrid(grid, grid), axis=-1)
hidden = ReLU()(switches @ W + c)
colours = ["tab:blue", "tab:orange", "tab:orange", "tab:blue"]
figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
panels = {"with ReLU": lamp(Tensor(plane)), "the same weights without": (Tensor(plane) @ W + c) @ w}
for ax, (title, answer) in zip(axes[:2], panels.items(), strict=True):
    shown = ax.contourf(grid, grid, answer.data[..., 0], levels=21, cmap="coolwarm", vmin=-1, vmax=1)
    ax.contour(grid, grid, answer.data[..., 0], levels=[0.5], colors="black")
    ax.scatter(*switches.data.T, c=colours, edgecolors="black", s=120)
    ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
axes[2].scatter(*hidden.data.T, c=colours, edgecolors="black", s=120)
axes[2].axline((0.5, 0), slope=0.5, color="black")
axes[2].set(title="what the last layer sees", xlabel="$h_1$", ylabel="$h_2$", xlim=(-0.3, 2.3), ylim=(-0.3, 1.3))
plt.show()

# %% [markdown]
# The picture on the right is the whole secret of deep learning in small. The hidden layer *moved* the points: both "on" points lie on top of each other now, and a straight line is enough. (Our solution's line $h_1 - 2 h_2 = 0.5$ is drawn; yours may differ.) The last layer is still as simple as a perceptron; the bend made its task possible. You chose these numbers; from module 06 on they will be found by themselves.

# %% [markdown]
# ## 10 · What does it cost? (about 10 min)
#
# Run, look, and change things. You will need these figures for your answers below.
#
# **Time.** An activation has nothing to learn and little to compute. What does that little cost, beside a mere copy of the array?


# %%
def seconds(function, *inputs, repeats=7):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


batch = randn(1000, 1000)
copying = seconds(batch.numpy)
print(f"{'a copy':10} {copying * 1e3:6.2f} ms for a million numbers")
for name, f in (activations | {"Softmax": Softmax(), "LogSoftmax": LogSoftmax()}).items():
    taken = seconds(f, batch)
    print(f"{name:10} {taken * 1e3:6.2f} ms   {taken / copying:5.1f} copies")

# %% [markdown]
# **Bytes.** Each step of a NumPy expression makes an array of its own. `tracemalloc` sees them. How many arrays of the input's size are alive at the worst moment?

# %%
import tracemalloc

for name, f in (activations | {"Softmax": Softmax()}).items():
    tracemalloc.start()
    f(batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{name:10} peak {peak / 1e6:6.1f} MB = {peak / batch.memory_footprint():.1f} times the input")

# %% [markdown]
# **Digits.** How far can you go with the formula from the first line of section 6, and with yours? `c` is added to all three logits, so the answer should never change.

# %%
for c_added in (0, 10, 80, 90, 1e3, 1e4, -80, -110, -1e4):
    row = np.float32([2.0, 1.0, 0.1]) + np.float32(c_added)
    with np.errstate(all="ignore"):
        naive = np.exp(row) / np.exp(row).sum()
    print(f"c = {c_added:8}   naive {naive!s:40} yours {Softmax()(Tensor(row)).data}")

# %% [markdown]
# *(At plus and minus 10,000 the third digit of yours differs a little. That happens before softmax: near 10,000 float32 numbers are 0.001 apart, so the logit 0.1 itself cannot be stored exactly. A stable algorithm cannot bring back digits that its input has lost.)*
#
# ### Compare with PyTorch
#
# | | Yours | PyTorch |
# |---|---|---|
# | as objects | `ReLU()`, `Softmax(dim=-1)` | `nn.ReLU()`, `nn.Softmax(dim=...)`: without `dim` it warns and guesses |
# | as functions | `dispatch("relu", x)` | `torch.relu(x)`, `F.gelu(x)` |
# | GELU | tanh form | exact by default; `nn.GELU(approximate="tanh")` is yours |
# | softmax | shifted by the maximum | shifted by the maximum |
# | log-softmax | one operation | one operation, `F.log_softmax` |
# | in place | never | `nn.ReLU(inplace=True)` overwrites its input and saves an array |
# | temporaries | one array a step | one fused kernel: read once, write once |
#
# ## 11 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · Why bend?
#
# A friend builds a network of 50 linear layers without activations, "because depth is what counts". (a) Explain in your own words, with a formula or a picture from above, why this equals one layer. What do the other 49 cost? (b) Your XOR network: what exactly did ReLU do to the four points that no linear layer can do? (c) Would $f(x) = |x|$ work as an activation? And $f(x) = 2x$? Argue with XOR.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) $(xW_1)W_2 = x(W_1 W_2)$, and the product of matrices is a matrix; offsets join into one offset. In section 1 eight layers drew a straight line. The other 49 cost memory and multiplications on every input, and they can even lose something: if a layer in the middle is narrow, the rank of the product is limited by it. (b) It sent (0,1) and (1,0) to the same hidden point (1,0) and kept (1,1) at (2,1) and (0,0) at (0,0), where without ReLU it would be at (0,-1). Without it the four points stay on one straight line in the hidden plane, (0,-1), (1,0), (2,1), in the order off, on, off, and no line separates the middle from both ends; the cut moves one end off that line. (c) $|x|$ bends, so yes: $y = |x_1 - x_2|$ is XOR with a single unit. $2x$ is linear, so no: the collapse of (a) applies, and no linear function of $x_1, x_2$ is 0, 1, 1, 0 at the four points (f(0,0) + f(1,1) = f(0,1) + f(1,0) holds for every linear function with an offset, but 0 + 0 is not 1 + 1).
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | The collapse with formula and a cost; the movement of the hidden points named concretely; both candidates judged rightly with an argument on XOR |
# | 7-8 | All parts right, one of them thin: no cost, or the hidden points described only as "separable", or one candidate without an argument |
# | 5-6 | The collapse is understood; what ReLU did to the points is not; candidates half right |
# | 3-4 | Says that nonlinearity is needed, without a reason that holds |
# | 0-2 | Empty, off the subject, or takes depth alone for the answer |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · Where the signal dies
#
# Use the plots and the table of section 8. (a) Which activations saturate, on which side, and what does a network lose there? Compare what is left of the slope after 10 layers for two of them. (b) ReLU has slope 0 for half of all inputs. Why does it work so well all the same, and what is a "dead" unit? (c) For each of these places choose an activation and say why: hidden layers of a deep image network; the output of a spam filter; the output of a classifier of ten digits; the hidden layer of a transformer.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Sigmoid and tanh on both sides (slopes below 0.05 beyond about 2.9 and 2.2), ReLU and GELU on the left only. There a change of the input hardly changes the output, so nothing can be learned from it: the slope passed backwards is multiplied by nearly 0. After 10 layers the table shows about $10^{-7}$ for the sigmoid (0.25 at best, each time) and 0.5 for ReLU: on the active path its slope is exactly 1, each time. (b) What passes, passes whole; other units are active for other inputs; and it is cheap. A unit is dead when its input is negative for *every* example, after a large step for instance: its slope is 0 everywhere, so it never comes back. Small positive offsets, smaller steps, or GELU and leaky ReLU help. (c) ReLU: no shrinking with depth, cheap. Sigmoid: one probability. Softmax (or log-softmax into the loss): ten probabilities that add up to 1. GELU: smooth, with a slope a little below 0; the usual choice in GPT.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Saturation by side with measured figures; the product of slopes explained; dead units and why ReLU works; four fitting choices with reasons |
# | 7-8 | All parts, but figures or one reason missing |
# | 5-6 | Knows vanishing slopes for the sigmoid; dead units or some choices unclear |
# | 3-4 | Lists properties from the text without using them |
# | 0-2 | Empty, off the subject, or mixes up a function and its slope |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · Right on paper
#
# A colleague sends you this for review: `def softmax(x): e = np.exp(x); return e / e.sum()`. It passes her tests, with logits between -5 and 5. (a) Name *two* different mistakes, each with an input that shows it, what comes out, and what should. (b) Why does subtracting the maximum change nothing on paper and everything in float32? Use your table *Digits*: where does the naive formula begin to fail on each side, and why there? (c) She says: "then I take float64." Does it solve the problem? And why is `log(softmax(x))` still wrong with a perfect softmax?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) First, overflow: `[100, 100]` gives `[nan, nan]` (inf / inf) instead of `[0.5, 0.5]`. Second, `e.sum()` adds over everything: for a batch of two rows `[[0, 0], [0, 0]]` each number becomes 0.25 instead of 0.5; it needs `axis=-1, keepdims=True`. (b) The factor $e^{-c}$ cancels in the fraction. In float32 powers overflow above 88.7 (in the table between 80 and 90), and below about -103 they are all 0, so that 0 / 0 is nan (-110 in the table; from about -87 on the numbers are denormal and lose digits). With the maximum subtracted the largest power is 1 and the sum lies between 1 and n. (c) Float64 only moves the border, to about 709 and -745, for twice the memory; logits of 10,000 still fail. A perfect softmax must round a probability of $10^{-4343}$ (logits 0 and 10,000) to 0, and log gives $-\infty$, although the true answer, -10,000, is an ordinary number. The rounding happens between the two steps, so they must be one.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Both mistakes with inputs and outputs; the cancelling shown; both borders with their reasons; float64 and the lost logarithm judged rightly |
# | 7-8 | Both mistakes, the shift explained; one border or one part of (c) missing |
# | 5-6 | Overflow found and shift explained; the axis missed, or figures missing |
# | 3-4 | Says that large numbers overflow, without an input that shows it |
# | 0-2 | Empty, off the subject, or finds the function correct |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# You have six activations, safe at any size. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 02` runs the checks, `tito submit cp02` hands in.
#
# **Next: module 03, layers.** You picked eight numbers for XOR by hand. GPT-3 has 175 billion. Time for objects that keep them.
