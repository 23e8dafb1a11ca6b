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
# # Module 03 · Layers
#
# *Checkpoint 03, components: can I build the building blocks of neural networks?*
#
# The first learning machine that made the newspapers filled a room. Frank Rosenblatt's Mark I Perceptron, shown in 1958 and built soon after, looked at a card with 400 photocells. Behind them hung a tangle of wires, and behind the wires 512 knobs, each turned by its own small electric motor. The *positions of the knobs* were what it had learned. They were its weights.
#
# A layer is that cabinet: an object that **keeps** numbers to be learned, and **computes** with them. Yesterday you chose eight such numbers by hand. Today you build the objects that keep millions, hand them out to whoever wants to turn the knobs (module 06), and can be stacked like bricks.
#
# **By the end you can**
#
# - write a fully connected layer, and say why its weights start at *that* size;
# - collect the parameters of a model, however deeply its layers are nested;
# - write dropout, which behaves differently in training and in use;
# - count parameters and bytes, and predict how long a layer takes as it grows.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 what layers share · 2 first weights · 3 the linear layer · 4 dropout · 5 sequential | 95 |
# | Use | 6 a perceptron learns · 7 what it costs | 35 |
# | Reflect | 8 three questions for your teacher | 20 |

# %% [markdown]
# ## Setting the table
#
# This notebook becomes `tinytorch/core/layers.py`. It adds no new row to the table `FORWARD`: a layer is *composed* of operations that your Tensor has already, so module 05 will get its gradients for free.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.layers
#| export
import numpy as np

from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor, as_shape, extend, randn, zeros

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.activations import ReLU
from tinytorch.core.setup import array_bytes, manual_seed
from tinytorch.core.tensor import ones
from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · What layers share (about 20 min)
#
# Whatever a layer computes, three things are asked of all of them:
#
# ```
#   model(x)              compute                     -> forward(x), which each layer writes for itself
#   model.parameters()    hand out what is learned    -> a list of tensors
#   model.train()         now we learn ...
#   model.eval()          ... now we only use it      -> self.training is True or False
# ```
#
# A layer can have layers inside, and those again: the whole model is one big layer. So `parameters()` must search a *tree*:
#
# ```
#                     model
#            /          |           \
#        Linear       ReLU         Block           parameters():
#       /      \                  /     \            weight, bias, weight, bias
#   weight    bias           Linear    Dropout       in the order in which they were made
#                            /    \
#                        weight   bias
# ```
#
# How does a layer know its parts? Python keeps all attributes of an object in the dictionary `vars(self)`. The method `parts`, given below, looks there (and into lists, because a model often has a list of layers). PyTorch's `nn.Module` does the same a little earlier, at the moment when an attribute is set.
#
# **Your task.** Four short methods:
#
# 1. `__call__`: calling a layer is its `forward`, with whatever inputs came.
# 2. `parameters`: go through `self.parts()`. A `Tensor` with `requires_grad` is a parameter. Anything that has a method `parameters` (ask with `hasattr`) contributes its own: so the search goes down the tree by itself. A tensor that two layers share counts *once*, or an optimizer would turn that knob twice.
# 3. `train`: set `self.training` to `True`, call `train()` of each part that has one, return `self`.
# 4. `eval`: the same with `False`.
#
# *Hint: to see whether a tensor is in the list already, compare with `is`: `any(p is q for q in found)`.*


# %% nbgrader={"grade": false, "grade_id": "layer", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Layer:
    """What all layers share: called like a function, they know their parameters and whether they are learning."""

    training = True

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} has no forward() yet")

    def parts(self):
        """Return the values of all attributes, and the items of those that are lists or tuples."""
        found = []
        for value in vars(self).values():
            found.extend(value if isinstance(value, (list, tuple)) else [value])
        return found

    def __call__(self, *inputs):
        ### BEGIN SOLUTION
        return self.forward(*inputs)
        ### END SOLUTION

    def parameters(self):
        """Return the tensors to be learned, here and in the layers inside, each once."""
        ### BEGIN SOLUTION
        found = []
        for part in self.parts():
            if isinstance(part, Tensor):
                mine = [part] if part.requires_grad else []
            else:
                mine = part.parameters() if hasattr(part, "parameters") else []
            found.extend(p for p in mine if not any(p is q for q in found))
        return found
        ### END SOLUTION

    def train(self):
        """From now on the layer, and what is inside, is learning."""
        ### BEGIN SOLUTION
        self.training = True
        for part in self.parts():
            if hasattr(part, "train"):
                part.train()
        return self
        ### END SOLUTION

    def eval(self):
        """From now on the layer, and what is inside, is only used."""
        ### BEGIN SOLUTION
        self.training = False
        for part in self.parts():
            if hasattr(part, "eval"):
                part.eval()
        return self
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-layer", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
class Double(Layer):
    def forward(self, x):
        return x * 2


double = Double()
check(double(Tensor([1.0, 2.0])).data, np.float32([2, 4]), "A call is a forward")
check(double.parameters(), [], "Nothing to learn in it")
double.eval()
check(double(Tensor([3.0])).data, np.float32([6]), "Used, not learning")
double.train()
check(double(Tensor([4.0])).data, np.float32([8]), "Learning again")

# %% [markdown]
# The cell above tests what any layer must do. Whether your search finds the parameters of a *tree* is easier to see on a layer of your own. This one should list three shapes:


# %%
class Tree(Layer):
    def __init__(self):
        self.scale = ones(5, requires_grad=True)
        self.name = "oak"
        self.fixed = ones(9)  # not to be learned
        self.twigs = [Leaf(2), Leaf(3)]
        self.again = self.twigs[0]  # shared: counts once

    def forward(self, x):
        return x * self.scale


class Leaf(Layer):
    def __init__(self, size):
        self.vein = ones(size, requires_grad=True)


print([p.shape for p in Tree().parameters()])

# %% [markdown]
# ## 2 · The first weights (about 25 min)
#
# Now the workhorse. A *linear* (or fully connected, or dense) layer takes each example, a row of `in_features` numbers, and gives `out_features` weighted sums:
#
# $$y = x W + b \qquad (n, \text{in}) \times (\text{in}, \text{out}) + (\text{out}) \rightarrow (n, \text{out})$$
#
# Before it can compute it needs weights. Which ones? Zero is the worst choice of all: then all outputs are equal, all will be corrected equally, and they stay equal for ever. Random numbers break the tie. But *how large*?
#
# Look at one output, $y = \sum_i x_i w_i$, with independent weights of mean 0. The variances of independent terms add up:
#
# $$\text{Var}(y) = \text{in} \cdot \text{Var}(w) \cdot \overline{x^2}$$
#
# If $\text{in} \cdot \text{Var}(w)$ is 2 too much, ten layers make the numbers $2^{10}$ times too large (in variance), and if it is too little, they fade to nothing. There are two famous answers:
#
# | | $\text{Var}(w)$ | made for |
# |---|---|---|
# | *Xavier* (Glorot and Bengio 2010, section 4.2) | $\dfrac{2}{\text{in} + \text{out}}$, or simply $\dfrac{1}{\text{in}}$ | tanh, which is about the identity near 0 |
# | *He* (He, Zhang, Ren and Sun 2015, section 2.2) | $\dfrac{2}{\text{in}}$ | ReLU: half of the numbers become 0, so $\overline{x^2}$ is halved, and the 2 makes up for it |
#
# Here they are in a race, through thirty layers of 256 with ReLU in between:

# %%
figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
for label, variance in {"1 / in": 1 / 256, "2 / in  (He)": 2 / 256, "4 / in": 4 / 256, "1  (just randn)": 1}.items():
    manual_seed(2)
    signal, spread = randn(64, 256), []
    for _ in range(30):
        signal = ReLU()(signal @ (randn(256, 256) * variance**0.5))
        spread.append(signal.data.astype(np.float64).std())
    axis.semilogy(range(1, 31), spread, marker=".", label=f"Var(w) = {label}")
axis.set(
    xlabel="layer", ylabel="standard deviation", ylim=(1e-6, 1e12), title="how large are the numbers after each layer?"
)
axis.grid(alpha=0.3)
axis.legend()
plt.show()

# %% [markdown]
# A straight line up or down on a logarithmic scale: exponential growth or decay. One choice stays level. (Where does *just randn* leave the picture, and what is the largest float32?)
#
# **Your task.** The constructor of `Linear`. We choose He's scale, because ReLU is the default of this course; the tests accept Xavier's too.
#
# 1. Keep `in_features` and `out_features`. Sizes that are no integers, or below 1, are an error: `as_shape((in_features, out_features), smallest=1)` from module 01 checks them for you and says what is wrong.
# 2. `self.weight`: a Tensor of shape (in, out), random normal times the square root of the variance, with `requires_grad=True`.
# 3. `self.bias`: zeros of shape (out,), `requires_grad=True`; or `None` when `bias=False`.
#
# *Hint: `randn(...) * scale` is the result of an operation. A parameter must be a fresh tensor of its own: wrap the data, `Tensor(... .data, requires_grad=True)`.*


# %% nbgrader={"grade": false, "grade_id": "linear-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Linear(Layer):
    """x @ weight + bias, for inputs (..., in_features)."""

    def __init__(self, in_features, out_features, bias=True):
        ### BEGIN SOLUTION
        self.in_features, self.out_features = as_shape((in_features, out_features), smallest=1)
        scale = (2 / in_features) ** 0.5
        self.weight = Tensor(randn(in_features, out_features).data * scale, requires_grad=True)
        self.bias = zeros(out_features, requires_grad=True) if bias else None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-linear-init", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
layer = Linear(400, 100)
check(layer.weight.shape, (400, 100), "Weights: one column for each output")
check(layer.bias.shape, (100,), "One offset for each output")
check(str(layer.weight.data.dtype), "float32", "Weights are float32")
check(layer.weight.requires_grad, True, "Weights are to be learned")
check(len(layer.parameters()), 2, "Weight and bias are its parameters")
check(bool(abs(layer.weight.data.mean()) < 0.005), True, "The mean of the weights is near 0")
check(bool(0.045 < layer.weight.data.std() < 0.08), True, "400 inputs: the spread of Xavier or He")
check(bool(0.09 < Linear(100, 100).weight.data.std() < 0.16), True, "100 inputs: larger weights than for 400")
check(Linear(3, 2, bias=False).bias, None, "Without a bias")
check(len(Linear(3, 2, bias=False).parameters()), 1, "Without a bias there is one parameter")
check(bool((Linear(5, 5).weight.data == Linear(5, 5).weight.data).all()), False, "Two layers start differently")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Linear(-1, 5), "A negative number of inputs")

# %% [markdown]
# ## 3 · The linear layer (about 15 min)
#
# ```
#         x (2, 3)             weight (3, 2)       bias (2,)           y (2, 2)
#
#   example 0 [ 1 2 3 ]        [ 1   0 ]
#   example 1 [ 0 1 0 ]   @    [ 0   1 ]     +    [ 10  20 ]    =    [ 11+3  22-3 ]
#                              [ 1  -1 ]                             [ 10    21   ]
# ```
#
# The bias is one row and broadcasts over all examples. The axes in front of the last may be anything: a batch `(n, in)`, sentences `(n, words, in)`, or nothing at all, for a single example `(in,)`. Your `@` takes care of all of these.
#
# The weight lies as (in, out), so that $xW$ reads as in the textbooks. (PyTorch keeps (out, in), and multiplies by the transpose.)
#
# **Your task.** `forward` (the class grows, as the Tensor did in module 01). If the last size of `x` does not fit, your `matmul` of module 01 complains with both shapes, so there is nothing to check here.


# %% nbgrader={"grade": false, "grade_id": "linear", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Linear)
class Linear(Layer):
    def forward(self, x):
        """Return x @ weight + bias, as (..., out_features)."""
        ### BEGIN SOLUTION
        product = x @ self.weight
        return product if self.bias is None else product + self.bias
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-linear", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
layer = Linear(3, 2)
layer.weight.data[...] = [[1, 0], [0, 1], [1, -1]]
layer.bias.data[...] = [10, 20]
check(layer(Tensor([[1, 2, 3], [0, 1, 0]])).data, np.float32([[14, 19], [10, 21]]), "The example from above")
check(layer.forward(Tensor([[1, 2, 3]])).data, np.float32([[14, 19]]), "forward is the same")
check(layer(Tensor([1, 2, 3])).data, np.float32([14, 19]), "A single example")
check(layer(Tensor(np.ones((4, 5, 3)))).shape, (4, 5, 2), "A batch of sentences")
check(layer(Tensor(np.zeros((0, 3)))).shape, (0, 2), "A batch of nothing")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: layer(Tensor([[1, 2]])), "Two inputs for three weights", mentions=["(1, 2)", "(3, 2)"])

plain = Linear(2, 1, bias=False)
plain.weight.data[...] = [[2], [3]]
check(plain(Tensor([[1, 10]])).data, np.float32([[32]]), "Without a bias")

# %% [markdown]
# ## 4 · Dropout (about 25 min)
#
# A network with a million weights can learn its examples by heart, and be lost on new ones. *Dropout* (*Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014*) is a rude and effective remedy: while learning, every number is replaced by 0 with probability $p$, by lot, anew each time. No unit can rely on a certain other one being there. Geoffrey Hinton tells that he got the idea at his bank, where the clerks were moved around all the time, so that no two of them could plot together.
#
# ```
#   learning   [ 0.5  1.2  0.3  0.9 ]  x  [ 1  0  0  1 ]  / (1 - p)   =  [ 1.0   0    0   1.8 ]
#                                          by lot, p = 0.5
#   in use     [ 0.5  1.2  0.3  0.9 ]                                 =  [ 0.5  1.2  0.3  0.9 ]
# ```
#
# Why the division by $1 - p$? With a share of $p$ missing, the next layer would get sums that are too small by the factor $1 - p$ on average, and would be surprised when, in use, everything is there. So the survivors are made larger, and the *expected* value is right:
#
# $$E[y] = p \cdot 0 + (1 - p) \cdot \frac{x}{1 - p} = x$$
#
# (This is called *inverted* dropout: section 10 of the paper. The first version scaled the weights down in use instead, which costs time at the moment when speed counts.)
#
# **Your task.** Two pieces:
#
# 1. The constructor keeps `p`; anything outside 0 to 1 is a `ValueError` that names it.
# 2. `forward`: when we are not learning, or `p` is 0, `x` as it is. Else draw a number from 0 to 1 for each element, `generator().random(x.shape, dtype=np.float32)`, and keep those elements whose number is below `1 - p`. Multiply `x` by the finished factors (0 or $1 / (1 - p)$) in *one* tensor operation, so that gradients will flow through it. And $p = 1$? Then everything is 0, and nobody should divide by 0.
#
# *Hint: `numbers < keep` is an array of booleans; `np.where(condition, a, b)` turns it into factors.*


# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Layer):
    """While learning, a share p of the numbers becomes 0 by lot, and the others grow by 1 / (1 - p)."""

    def __init__(self, p=0.5):
        ### BEGIN SOLUTION
        if not 0 <= p <= 1:
            raise ValueError(f"p is the probability to drop a number, from 0 to 1; got {p}")
        self.p = p
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        numbers = generator().random(x.shape, dtype=np.float32)
        return x * np.where(numbers < keep, 1 / max(keep, 1e-9), 0)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-dropout", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
x = Tensor(np.ones((200, 100)))
half = Dropout(0.5)(x).data
check(np.unique(half), np.float32([0, 2]), "p = 0.5: zeros and twos")
check(half.shape, (200, 100), "The shape stays")
check(bool(abs((half == 0).mean() - 0.5) < 0.03), True, "p = 0.5: about half of 20,000 are dropped")
fifth = Dropout(0.2)(x).data
check(np.unique(fifth), np.float32([0, 1.25]), "p = 0.2: the survivors grow by 1 / 0.8")
check(bool(abs((fifth == 0).mean() - 0.2) < 0.03), True, "p = 0.2: about a fifth is dropped")
check(bool(abs(fifth.mean() - 1) < 0.04), True, "The mean stays")
check(Dropout(0)(x).data, np.ones((200, 100), dtype=np.float32), "p = 0 drops nothing")
check(bool((Dropout()(x).data == Dropout()(x).data).all()), False, "The lot is drawn each time, 0.5 by default")
check(Dropout(0.3).parameters(), [], "Nothing to learn")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Dropout(1.5), "No probability", mentions=["1.5"])
check_raises(wrong, lambda: Dropout(-0.1), "A negative one", mentions=["-0.1"])

# %% nbgrader={"grade": true, "grade_id": "test-dropout-modes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
drop = Dropout(0.5)
x = Tensor(np.arange(1, 101))
drop.eval()
check(drop(x).data, np.arange(1, 101, dtype=np.float32), "In use nothing is dropped")
drop.train()
check(bool((drop(x).data == 0).any()), True, "Learning again, numbers are dropped")
check(x.data, np.arange(1, 101, dtype=np.float32), "The input stays as it is")
manual_seed(3)
first = drop(x).data
manual_seed(3)
check(bool((first == drop(x).data).all()), True, "One seed, one lot")

# %% [markdown]
# ## 5 · Sequential (about 10 min)
#
# The simplest way to build a model: one layer behind another.
#
# ```python
# model = Sequential(
#     Linear(784, 128), ReLU(),
#     Dropout(0.2),
#     Linear(128, 10),
# )
# ```
#
# **Your task.** The constructor takes the layers one by one, or as a single list: both are common. Keep them in a *list* `self.layers`, where your `parts()` finds them. `forward` passes `x` through all of them. That is all: parameters and modes come from `Layer`.


# %% nbgrader={"grade": false, "grade_id": "sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Layer):
    """Layers one behind another: Sequential(a, b, c), or Sequential([a, b, c])."""

    def __init__(self, *layers):
        ### BEGIN SOLUTION
        if len(layers) == 1 and isinstance(layers[0], (list, tuple)):
            layers = layers[0]
        self.layers = list(layers)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-sequential", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
first, last = Linear(2, 2), Linear(2, 1)
first.weight.data[...], first.bias.data[...] = [[1, 1], [1, 1]], [0, -1]
last.weight.data[...], last.bias.data[...] = [[1], [-2]], [0]
xor = Sequential(first, ReLU(), last)
switches = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
check(xor(switches).data, np.float32([[0], [1], [1], [0]]), "Yesterday's XOR as a model")
check(Sequential([first, ReLU(), last])(switches).data, np.float32([[0], [1], [1], [0]]), "Layers in one list")
check(Sequential(last, ReLU())(Tensor([[1, 3]])).data, np.float32([[0]]), "The order counts")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Sequential(last, first)(switches), "Sizes that do not fit", mentions=["(4, 1)", "(2, 2)"])

# %% nbgrader={"grade": true, "grade_id": "test-sequential-parts", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
inner = Sequential(Linear(4, 3), ReLU(), Dropout(0.5))
model = Sequential(inner, Linear(3, 2, bias=False))
shapes = [list(p.shape) for p in model.parameters()]
check(shapes, [[4, 3], [3], [3, 2]], "Parameters of layers inside layers, in order")
check(bool(model.parameters()[0] is inner.parameters()[0]), True, "The tensors themselves, no copies")
check(Sequential(ReLU()).parameters(), [], "Nothing to learn")

dropping = Sequential(Sequential(Dropout(0.5)), ReLU())
x = Tensor(np.ones((50, 10)))
dropping.eval()
check(dropping(x).data, np.ones((50, 10), dtype=np.float32), "eval() reaches the dropout inside")
dropping.train()
check(np.unique(dropping(x).data), np.float32([0, 2]), "train() reaches it too")
