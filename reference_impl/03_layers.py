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
# The first learning machine that made the newspapers filled a room. Frank Rosenblatt's Mark I Perceptron, announced in 1958 and built soon after, looked at a card with 400 photocells. A tangle of wires led from them, at random, to 512 units, and how much a unit had to say was set by knobs, each turned by its own small electric motor. The *positions of the knobs* were what it had learned. They were its weights.
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
# (You will hardly ever switch by hand: the trainer of module 07 does it, before each epoch and before each evaluation.)
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
layer.weight.data = np.float32([[1, 0], [0, 1], [1, -1]])
layer.bias.data = np.float32([10, 20])
check(layer(Tensor([[1, 2, 3], [0, 1, 0]])).data, np.float32([[14, 19], [10, 21]]), "The example from above")
check(layer.forward(Tensor([[1, 2, 3]])).data, np.float32([[14, 19]]), "forward is the same")
check(layer(Tensor([1, 2, 3])).data, np.float32([14, 19]), "A single example")
check(layer(Tensor(np.ones((4, 5, 3)))).shape, (4, 5, 2), "A batch of sentences")
check(layer(Tensor(np.zeros((0, 3)))).shape, (0, 2), "A batch of nothing")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: layer(Tensor([[1, 2]])), "Two inputs for three weights", mentions=["(1, 2)", "(3, 2)"])

plain = Linear(2, 1, bias=False)
plain.weight.data = np.float32([[2], [3]])
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
result, after = drop(x), x
check(after.data, np.arange(1, 101, dtype=np.float32), "The input stays as it is")
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
first.weight.data, first.bias.data = np.float32([[1, 1], [1, 1]]), np.float32([0, -1])
last.weight.data, last.bias.data = np.float32([[1], [-2]]), np.float32([0])
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

# %% [markdown]
# ## 6 · A perceptron learns (about 20 min)
#
# Back to the room with the motors. Rosenblatt's rule (*Rosenblatt 1958, "The perceptron"*) needs no calculus. Show one example; the machine says 1 if its sum is positive, and else 0. If the answer is right, touch nothing. If it is wrong, turn each knob in the direction in which this example's sum moves towards the right side:
#
# $$w \leftarrow w + (t - y)\,x, \qquad b \leftarrow b + (t - y) \qquad (t: \text{truth},\; y: \text{answer}, \text{both 0 or 1})$$
#
# If a straight line can separate the two classes at all, this stops after a finite number of mistakes (*Novikoff 1962*).
#
# **Try it.** Write `learn`: go through all examples once, apply the rule to `layer.weight.data` and `layer.bias.data`, and return the number of mistakes. (Not graded. `x[i]` is one example with shape (in,), `layer(x[i]).item()` its sum.)


# %% nbgrader={"grade": false, "grade_id": "use-perceptron", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learn(layer, x, truth):
    """Show each example (a row of x) once, correct the layer (in -> 1) after each mistake, return how many."""
    ### BEGIN SOLUTION
    mistakes = 0
    for i in range(len(x)):
        error = truth[i] - (layer(x[i]).item() > 0)
        layer.weight.data[:, 0] += error * x.data[i]
        layer.bias.data += error
        mistakes += error != 0
    return int(mistakes)
    ### END SOLUTION


# %%
manual_seed(12)
truth = np.arange(120) % 2
clouds = Tensor(randn(120, 2).data * 0.7 + np.where(truth, 1.4, -1.0)[:, None])
angle, radius = randn(120) * 7, np.where(truth, 2.0, 0.6)
rings = Tensor(np.stack([np.cos(angle.data), np.sin(angle.data)], axis=1) * radius[:, None] + randn(120, 2).data * 0.15)


def draw(ax, model, x, title):
    """Draw the points, and the line where the model's sum changes its sign."""
    side = np.linspace(x.data.min() - 0.5, x.data.max() + 0.5, 80)
    plane = Tensor(np.stack(np.meshgrid(side, side), axis=-1))
    ax.contourf(side, side, model(plane).data[..., 0] > 0, levels=1, cmap="coolwarm", alpha=0.3)
    ax.scatter(*x.data.T, c=truth, cmap="coolwarm", edgecolors="black", s=25)
    ax.set(title=title, aspect="equal")


figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
perceptron = Linear(2, 1)
history = [learn(perceptron, clouds, truth) for _ in range(20)]
print("two clouds, mistakes in each round:          ", history)
draw(axes[0], perceptron, clouds, f"two clouds: {history[-1]} mistakes")

perceptron = Linear(2, 1)
history = [learn(perceptron, rings, truth) for _ in range(20)]
print("two rings, mistakes in each round:           ", history)
draw(axes[1], perceptron, rings, f"two rings: {history[-1]} mistakes")

hidden, last = Sequential(Linear(2, 50), ReLU()), Linear(50, 1)
hidden.layers[0].bias.data[...] = randn(50).data
history = [learn(last, hidden(rings), truth) for _ in range(20)]
print("two rings behind a random layer of 50 units: ", history)
draw(axes[2], Sequential(hidden, last), rings, f"with a hidden layer: {history[-1]} mistakes")
plt.show()

# %% [markdown]
# The third network is, in fact, what Rosenblatt built: photocells were wired *at random* to a first layer that never learned, and only the second one had motors. Fifty random bends are enough to make two rings separable by a plane in fifty dimensions. But they are fifty shots in the dark. To let the *hidden* knobs learn as well, we must know how a mistake at the output depends on them: that is module 05.

# %% [markdown]
# ## 7 · What does it cost? (about 15 min)
#
# Run, look, and change things. You will need these figures for your answers below.
#
# **Parameters.** `Linear(in, out)` has $\text{in} \cdot \text{out} + \text{out}$ of them. The three models below read a picture of MNIST (28 x 28 = 784 numbers) and answer with ten. Guess first: which is the largest, and which of its layers?


# %% nbgrader={"grade": false, "grade_id": "use-count", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count(model):
    """Return how many numbers a model has to learn."""
    ### BEGIN SOLUTION
    return sum(int(p.size) for p in model.parameters())
    ### END SOLUTION


# %%
def mlp(*sizes):
    """Return a network of linear layers of these sizes with ReLU in between."""
    layers = [Linear(sizes[0], sizes[1])]
    for i in range(1, len(sizes) - 1):
        layers += [ReLU(), Linear(sizes[i], sizes[i + 1])]
    return Sequential(layers)


for sizes in [(784, 10), (784, 128, 64, 10), (784, 256, 128, 10), (784, 64, 64, 64, 64, 64, 10)]:
    model = mlp(*sizes)
    parts = [count(layer) for layer in model.layers if layer.parameters()]
    size = sum(int(p.memory_footprint()) for p in model.parameters())
    print(f"{' - '.join(map(str, sizes)):32} {count(model):8,} parameters {size / 1e6:6.2f} MB   by layer {parts}")
print(f"one layer of GPT-3, 12,288 -> 49,152:  {array_bytes((12288, 49152)) / 1e9:.2f} GB in float32")

# %% [markdown]
# **Time.** A batch of $n$ examples through `Linear(d, d)` is a product of (n, d) and (d, d): $n \cdot d \cdot d$ multiplications and as many additions, $2nd^2$ operations. So doubling $d$ should cost four times as much. Does it? And does it double with $n$?


# %%
def seconds(function, *inputs, repeats=7):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


widths, batches = [32, 64, 128, 256, 512, 1024], [1, 2, 4, 8, 16, 32, 64, 128, 256]
by_width = [seconds(Linear(d, d), randn(64, d)) for d in widths]
wide = Linear(512, 512)
by_batch = [seconds(wide, randn(n, 512)) for n in batches]
figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
axes[0].loglog(widths, np.array(by_width) * 1e6, marker="o", label="measured")
axes[0].loglog(widths, by_width[-1] * 1e6 * (np.array(widths) / widths[-1]) ** 2, "--", label="$d^2$")
axes[0].set(xlabel="width d, batch of 64", ylabel="microseconds", title="wider layers")
axes[1].loglog(batches, np.array(by_batch) / batches * 1e6, marker="o", label="measured")
axes[1].set(xlabel="examples in the batch, d = 512", ylabel="microseconds for each example", title="larger batches")
for ax in axes:
    ax.grid(alpha=0.3)
    ax.legend()
plt.show()

for d, taken in zip(widths, by_width, strict=True):
    print(f"d = {d:5}   {taken * 1e6:9.1f} us   {2 * 64 * d * d / taken / 1e9:7.2f} billion operations per second")

# %% [markdown]
# Two things to see. Small layers are slower than they should be: the price of the door (module 01) and of starting a computation at all. And a batch makes each example cheaper: the weights have to come from memory once, and then serve all examples.
#
# **Dropout's lot.** How much does the random draw cost, compared to the layer that it follows?

# %%
x = randn(64, 512)
print(f"Linear(512, 512)  {seconds(wide, x) * 1e6:8.1f} us")
print(f"Dropout, learning {seconds(Dropout(0.5), x) * 1e6:8.1f} us")
print(f"Dropout, in use   {seconds(Dropout(0.5).eval(), x) * 1e6:8.1f} us")

# %% [markdown]
# **Dropout's noise.** The mean is right, but a single answer is not. The same model, the same input, a thousand times with dropout, and once without:

# %%
manual_seed(5)
model = Sequential(Linear(20, 100), ReLU(), Dropout(0.5), Linear(100, 1))
example = randn(20)
answers = np.array([model(example).item() for _ in range(1000)])
model.eval()
print(f"learning: {answers.mean():.3f} on average, from {answers.min():.3f} to {answers.max():.3f}")
print(f"in use:   {model(example).item():.3f}")
plt.figure(figsize=(6, 2.6), layout="constrained")
plt.hist(answers, bins=40)
plt.axvline(model(example).item(), color="black", label="eval()")
plt.xlabel("answer of one and the same model to one and the same example")
plt.legend()
plt.show()

# %% [markdown]
# ### Compare with PyTorch
#
# | | Yours | PyTorch |
# |---|---|---|
# | base class | `Layer`, looks at `vars(self)` when asked | `nn.Module`, registers at each `self.x = ...`; needs `super().__init__()` |
# | lists of layers | found | must be an `nn.ModuleList`, or its parameters are lost silently |
# | weight of a linear layer | (in, out), `x @ W` | (out, in), `x @ W.T` |
# | first weights | normal, $2 / \text{in}$ (He) | uniform with variance $1 / (3\,\text{in})$: smaller, kept for history's sake |
# | first bias | 0 | uniform, like the weights |
# | dropout | inverted, `p` is the share that is dropped | the same |
# | modes | `train()`, `eval()` | the same |
# | `Sequential([a, b])` | works | takes layers or an `OrderedDict`, no list |

# %% [markdown]
# ## 8 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · How large is a first weight?
#
# (a) Using the race in section 2: what happens to the signal after 30 layers with $1/\text{in}$, with He's $2/\text{in}$, and with plain `randn`? Give the factor per layer for one of them and explain where it comes from. (b) What is wrong with starting all weights at 0, and with starting them all at 0.1? Why may the *bias* start at 0? (c) Somebody replaces ReLU by tanh in a deep network. What would you change, and why?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) With He the spread stays near 1 (0.5 to 1 after 30 layers). With 1/in it falls to about $2 \cdot 10^{-5}$: variance is halved in each layer by ReLU, which is a factor $1/\sqrt 2 = 0.71$ in the spread, and $0.71^{30} = 3 \cdot 10^{-5}$. Plain randn has variance 1 = 256/256, so the spread grows by $\sqrt{256 / 2} = 11.3$ per layer and passes $10^{11}$ near layer 11; near layer 36 float32 would overflow. (b) With equal weights all units of a layer compute the same number, get the same correction and stay copies for ever: the layer is as good as one unit. (With 0 nothing even reaches the next layer.) The value 0.1 changes nothing about it: it is the *tie* that must be broken, and random weights break it. The bias may start at 0, because the weights in front of it already make the units different. (c) Xavier's variance, 1/in or 2/(in + out): near 0 tanh is the identity and halves nothing, so He's factor 2 would push numbers into the flat ends, where slopes vanish (module 02).
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | All three curves read correctly, one factor per layer derived; the tie explained for 0 and for 0.1, and why the bias is free; Xavier for tanh with the reason |
# | 7-8 | All parts right, one without its reason (a factor that is only read off, or the bias) |
# | 5-6 | Exploding and vanishing understood; symmetry or the change to tanh is missing |
# | 3-4 | Says that weights should be "small and random", without figures |
# | 0-2 | Empty, off the subject, or recommends equal weights |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · Two modes
#
# A team ships a model with dropout and forgets `eval()`. (a) What do their users see? Use your histogram. Why did no test of theirs notice, if they only looked at averages? (b) Another team forgets the division by $1 - p$ (with $p = 0.5$) and does call `eval()`. What goes wrong now, and when? Follow the numbers through a stack of three such layers. (c) Where should the switch between the modes live: in a global variable, as an argument of `forward`, or in each layer as here? Name an advantage and a danger of your choice.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) The same request gets a different answer each time; in the histogram the answers reach from about -2.6 to 5.6, around the 2.07 that eval() gives: even the sign changes, so a class would flip from call to call. The average is right by construction ($E[y] = x$ in front of a linear layer), so a test on mean accuracy over many examples sees only somewhat worse figures. A test that calls twice and compares would have seen it. (b) While learning, each number after dropout is halved on average; the next layers learn for that. In use nothing is dropped, so the numbers are twice as large as those they were trained on; behind three such layers up to $2^3 = 8$ times. The logits are too large, softmax too sure, and if saturating activations are in between, answers are wrong. It shows only in use: the loss while learning looks fine. (c) In each layer, set through the tree: a frozen part can be in eval mode while the rest learns, and forward stays f(x). Danger: state that one forgets, or a sub-layer that the tree search misses (in a dictionary, for instance). An argument is explicit, but must be passed through every layer; a global breaks with two models at once.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Random answers with own figures, and why averages hide it; the factor 2 per layer and when it appears; a reasoned choice with advantage and danger |
# | 7-8 | All parts, one thin: no figures, or the stack of three not followed, or no danger named |
# | 5-6 | Knows what both modes do; the effect of the missing factor is unclear |
# | 3-4 | Repeats that dropout must be off in use |
# | 0-2 | Empty, off the subject, or believes that dropout should stay on |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · A bill for a network
#
# (a) Compute by hand the parameters and the bytes (float32) of 784-128-64-10, and compare with the table. Which layer dominates, and what happens to the total if both hidden widths double? (b) Use your plots: by what factor does the time grow when the width grows from 32 to 64, and from 512 to 1024? Explain why the first is not 4. (c) Your service gets 200 requests per second, one example each, for a model like `Linear(512, 512)`. Would you collect requests into batches? Give a figure from your plot, and name the price.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) $784 \cdot 128 + 128 = 100{,}480$, $128 \cdot 64 + 64 = 8{,}256$, $64 \cdot 10 + 10 = 650$, together 109,386 parameters, 437,544 bytes. The first layer has 92 % of them. With 256 and 128 the first doubles to 200,960, the second grows fourfold to 32,896, the last becomes 1,290: 235,146, a factor of 2.15 and not 4, because the input of the dominating layer stays 784. (b) For example 1.3 for 32 to 64 and 3.9 for 512 to 1024. At small widths a fixed price dominates (Python, dispatch, a new tensor, starting the product), so the work hardly counts; at large ones the $d^2$ is all there is. (c) For example 25 us for one example alone and 3 us each in a batch of 64. At 200 requests per second, 25 us each is 0.5 % of one core, so there is no need: batching would make requests wait (64 of them take 0.3 s to arrive). With a thousand times more traffic it is essential. A good compromise is to wait for a few milliseconds at most. The price of batching is latency.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Parameters and bytes right; the doubling explained by layers; both factors measured and the fixed price named; a decision on batching that weighs own figures against waiting |
# | 7-8 | Figures right, one explanation thin, or the decision without the price |
# | 5-6 | Parameters right; the times are reported but not explained |
# | 3-4 | Only the formula, or mistakes in the counts |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# You can build a network of any size in three lines. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 03` runs the checks, `tito submit cp03` hands in.
#
# **Next: module 04, losses.** Your networks answer, but the answers are noise. Before they can improve somebody must tell them *how wrong* they are, in one number.
