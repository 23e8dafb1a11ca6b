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
# # Module 07 · Training
#
# *Checkpoint 07, training: can I train my own network on MNIST?*
#
# In 1989 Yann LeCun and his colleagues at Bell Labs had 7,291 digits from envelopes of the US mail, a network of 9,760 weights, and a Sun-4 workstation. Training took about three days, for 23 passes through the examples, and the network misread one in twenty of 2,007 digits that it had never seen (*LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"*). Not one operation in it was new. What made it work was everything *around* the operations: the order of things, the size of the steps, a set of examples put aside for the test, the patience to do it 23 times.
#
# You have all the parts. Today you build the machine around them, and then your own code learns to read.
#
# **By the end you can**
#
# - let the learning rate fall along a curve, and say why it should;
# - keep one bad batch from destroying a night of work;
# - train with batches that do not fit into memory, and measure what that costs;
# - judge a network on what it has not seen;
# - switch the computer off in the middle, and get the same result as if you had not.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 a schedule · 2 clipping · 3 an epoch · 4 accumulation · 5 evaluation · 6 many epochs · 7 checkpoints | 135 |
# | Use | 8 digits · 9 what it costs | 25 |
# | Reflect | 10 three questions for your teacher | 20 |

# %% [markdown]
# ## Setting the table
#
# This notebook becomes `tinytorch/core/training.py`. There is no mathematics in it that you have not written already. It is about *order*, and about what can go wrong in a long run.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.training
#| export
import json
import math

import numpy as np

from tinytorch.core.autograd import no_grad
from tinytorch.core.setup import generator
from tinytorch.core.tensor import as_array, extend

# %%
import time
import tracemalloc
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt

from tinytorch.core.activations import ReLU, Softmax
from tinytorch.core.autograd import order
from tinytorch.core.layers import Dropout, Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss, MSELoss
from tinytorch.core.optimizers import SGD, Adam
from tinytorch.core.setup import manual_seed
from tinytorch.core.tensor import Tensor, randn
from tito.checks import check, check_raises
from tito.data import find_handwriting

# %% [markdown]
# ## 1 · Long steps first, short steps last (about 15 min)
#
# How long should a step be? In module 06 you chose a learning rate and kept it. But a hill asks for different steps at different heights. Far up, long steps save time. Near the bottom a long step jumps across the valley, again and again; and because each batch sees only a part of the examples, the slopes themselves tremble, and the trembling does not stop by itself. In 1951 Herbert Robbins and Sutton Monro proved what is needed to arrive at all: the steps must add up to infinity (or you may never get there), and their squares must not (or you never come to rest). A constant learning rate fails the second.
#
# ```
#   lr
#   max |--.._
#       |     '.
#       |       \             slow at first, fast in the middle,
#       |        '.           and slow again at the end
#   min |          '--..____________
#       0         total/2   total      epoch
# ```
#
# Of the many curves that people have tried, half a cosine is the one that stayed (*Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5*, here without restarts). With $T$ for the total number of epochs:
#
# $$\eta_t = \eta_{\min} + \tfrac{1}{2}\,(\eta_{\max} - \eta_{\min})\left(1 + \cos\frac{\pi t}{T}\right)$$
#
# Epochs count from 0. So epoch 0 gets $\eta_{\max}$, and after $T$ epochs the curve has arrived at $\eta_{\min}$. There it stays: a cosine would rise again, and a run that goes on a little longer than planned should not suddenly take long steps.
#
# **Your task.** Keep the three numbers in the constructor; `get_lr(epoch)` returns the learning rate of an epoch as a float.
#
# *Hint: `math.cos` and `math.pi`.*


# %% nbgrader={"grade": false, "grade_id": "cosine", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class CosineSchedule:
    """Learning rates from max_lr at epoch 0 down half a cosine to min_lr at epoch total_epochs and after."""

    def __init__(self, max_lr, min_lr, total_epochs):
        ### BEGIN SOLUTION
        self.max_lr, self.min_lr, self.total_epochs = max_lr, min_lr, total_epochs
        ### END SOLUTION

    def get_lr(self, epoch):
        """Return the learning rate of an epoch; the first one is 0."""
        ### BEGIN SOLUTION
        if epoch >= self.total_epochs:
            return self.min_lr
        height = (1 + math.cos(math.pi * epoch / self.total_epochs)) / 2
        return self.min_lr + (self.max_lr - self.min_lr) * height
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-cosine", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
schedule = CosineSchedule(max_lr=0.5, min_lr=0.1, total_epochs=8)
check(float(schedule.get_lr(0)), 0.5, "It starts at the top")
check(float(schedule.get_lr(4)), 0.3, "Half way down after half of the epochs")
check([float(schedule.get_lr(2)), float(schedule.get_lr(6))], [0.4414214, 0.1585786], "Slow, fast, slow")
check([float(schedule.get_lr(epoch)) for epoch in (8, 9, 100)], [0.1, 0.1, 0.1], "At the end it stays at the bottom")
check([float(CosineSchedule(1.0, 0.0, 1).get_lr(epoch)) for epoch in (0, 1)], [1.0, 0.0], "One epoch, down to 0")
check(float(CosineSchedule(0.2, 0.2, 5).get_lr(3)), 0.2, "From 0.2 to 0.2 is a straight line")

# %%
epochs = np.arange(41)
plt.figure(figsize=(7, 3.2), layout="constrained")
for lowest in (0.0, 0.02):
    plt.plot(epochs, [CosineSchedule(0.1, lowest, 30).get_lr(epoch) for epoch in epochs], ".-", label=f"min {lowest}")
plt.xlabel("epoch")
plt.ylabel("learning rate")
plt.title("30 epochs planned, 40 trained")
plt.legend()
plt.show()

# %% [markdown]
# ## 2 · Clipping (about 20 min)
#
# A loss landscape has cliffs. On one of them the slope may be a thousand times what it was everywhere before, and *one* step with that slope throws the weights so far away that they never come back. Recurrent networks made the phenomenon famous, and its remedy is as simple as a handrail (*Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", section 3.2*): take all gradients of all parameters as **one** long arrow $g$. If it is longer than you allow, shorten it; never turn it:
#
# $$\lVert g \rVert = \sqrt{\sum_{\text{parameters}} \sum_i g_i^2} \qquad\qquad g \leftarrow g \cdot \frac{c}{\lVert g \rVert} \quad \text{if } \lVert g \rVert > c$$
#
# ```
#      gradients  (3, 0) and (4)           length  sqrt(9 + 0 + 16) = 5
#
#      allowed 10   ->  as they are
#      allowed 2.5  ->  (1.5, 0) and (2)   half as long, the same direction
# ```
#
# Two mistakes are popular. Clipping *each parameter by itself* turns the arrow: a layer with a huge gradient is cut, its neighbour is not, and the step no longer leads down. And scaling *always*, also short arrows up to length $c$, takes away the one thing that slows a run down near the bottom.
#
# A parameter that has got no gradient (`None`) takes no part.
#
# **Your task.** `clip_grad_norm(parameters, max_norm)`: shorten the gradients if need be, and return the length that they had *before*, as a float. It is worth plotting: a run that is about to explode shows it here first.
#
# *Hints: your `.grad` is an array. Squares of numbers above $10^{19}$ do not fit into float32, so add them up in float64: `p.grad.astype(np.float64)`. `parameters` might be a generator, which can be walked through only once: make a list.*


# %% nbgrader={"grade": false, "grade_id": "clip", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def clip_grad_norm(parameters, max_norm):
    """Shorten all gradients together to the length max_norm if they are longer; return their length before."""
    ### BEGIN SOLUTION
    moved = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad.astype(np.float64) ** 2).sum()) for p in moved))
    if norm > max_norm:
        for p in moved:
            p.grad = np.asarray(p.grad * (max_norm / norm), dtype=np.float32)
    return norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-clip", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
a, b = Tensor([7.0, 7.0], requires_grad=True), Tensor([7.0], requires_grad=True)
idle = Tensor([1.0], requires_grad=True)  # takes no part in the loss: its gradient is None
((a * Tensor([3.0, 0.0])).sum() + (b * 4).sum()).backward()
check(float(clip_grad_norm([a, b, idle], 10.0)), 5.0, "The length of all gradients together")
check(
    [clip_grad_norm([a, b], 5.5) > 0, Tensor(a.grad).data, Tensor(b.grad).data],
    [True, np.float32([3, 0]), np.float32([4])],
    "A short arrow stays as it is",
)
check(float(clip_grad_norm((p for p in [a, b, idle]), 2.5)), 5.0, "What comes back is the length before")
check([Tensor(a.grad).data, Tensor(b.grad).data], [np.float32([1.5, 0]), np.float32([2])], "All are shortened alike")
check(float(clip_grad_norm([a, b], 100.0)), 2.5, "Now they are as long as was allowed", rtol=1e-4)
check([float(clip_grad_norm([idle], 1.0)), idle.grad], [0.0, None], "No gradient, no length")

# %% [markdown]
# ## 3 · One epoch (about 30 min)
#
# An **epoch** is one pass through all examples. They come in batches, from a *loader*: anything that can be walked through with `for` and gives pairs of inputs and targets. Today a list will do; module 09 makes something better of it.
#
# ```
#   for each batch (x, y):
#
#       model(x) ---> loss_fn ---> loss.backward() ---> clip? ---> optimizer.step() ---> optimizer.zero_grad()
#        module 03     module 04     module 05         section 2      module 06             module 06
# ```
#
# Seven modules in five calls. Each has its place, and most orders are wrong:
#
# | If you ... | then ... |
# |---|---|
# | forget `zero_grad()` | each step uses the sum of all gradients so far (module 05, question 1) |
# | start with gradients that somebody left there | the first step goes somewhere else: so forget them before the first batch too |
# | clip after the step | you have clipped nothing |
# | forget `model.train()` | dropout sleeps, because the last evaluation switched it off |
# | set the learning rate after the epoch | the whole schedule is late by one |
#
# The `Trainer` keeps the parts together, and counts its epochs from 0 for as long as it lives.
#
# **Your task.** Four short methods. The function `mean_of` is given: without a single batch it raises a `ValueError` that says so. (It happens: a folder name with a typo, a generator that was walked through before.)
#
# 1. `begin`: what has to be done once, before the first batch of an epoch: the model is learning, the optimizer gets its learning rate from the scheduler (if there is one) for `self.epoch`, old gradients are forgotten.
# 2. `learn(x, y)`: the loss of one batch, its gradients, and back comes the loss as a number. No step yet.
# 3. `step`: clip (if `grad_clip_norm` is not `None`), step, forget.
# 4. `train_epoch(loader)`: put them together; count the epoch; return the mean of the losses, `mean_of(losses)`. An epoch without a batch is none: it does not count. (What `accumulation_steps` is for comes in section 4.)


# %% nbgrader={"grade": false, "grade_id": "train-epoch", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean_of(losses):
    """Return the mean of the losses of all batches; no batch at all is an error."""
    if not losses:
        raise ValueError("the loader is empty: it gave no batch")
    return sum(losses) / len(losses)


class Trainer:
    """A model and what it takes to train it: optimizer, loss, perhaps a schedule, perhaps a limit for gradients."""

    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.grad_clip_norm = scheduler, grad_clip_norm
        self.epoch = 0  # how many epochs this trainer has behind it
        self.history = {"train_loss": [], "lr": []}

    def begin(self):
        """Make everything ready for the first batch of an epoch."""
        ### BEGIN SOLUTION
        self.model.train()
        if self.scheduler is not None:
            self.optimizer.lr = self.scheduler.get_lr(self.epoch)
        self.optimizer.zero_grad()
        ### END SOLUTION

    def learn(self, x, y):
        """Add the gradients of one batch to those that are there, and return its loss as a number."""
        ### BEGIN SOLUTION
        loss = self.loss_fn(self.model(x), y)
        loss.backward()
        return loss.item()
        ### END SOLUTION

    def step(self):
        """Use the gradients, and forget them."""
        ### BEGIN SOLUTION
        if self.grad_clip_norm is not None:
            clip_grad_norm(self.model.parameters(), self.grad_clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        ### END SOLUTION

    def train_epoch(self, loader, accumulation_steps=1):
        """Learn from each batch (x, y) of `loader`, and return the mean of their losses."""
        ### BEGIN SOLUTION
        self.begin()
        losses = []
        for x, y in loader:
            losses.append(self.learn(x, y))
            self.step()
        mean = mean_of(losses)
        self.epoch += 1
        return mean
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-train-epoch", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def scale(weight):
    """A network with one weight, y = weight * x."""
    model = Linear(1, 1, bias=False)
    model.weight.data = np.float32([[weight]])
    return model


class Stairs:
    def get_lr(self, epoch):
        return [0.1, 0.0, 0.2][epoch]


one, two = (Tensor([[1.0]]), Tensor([[3.0]])), (Tensor([[2.0]]), Tensor([[2.0]]))
model = scale(1.0)
trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss())
check(float(trainer.train_epoch([one, two])), 2.32, "Losses of 4 and 0.64: the mean")
check(model.weight.data, np.float32([[1.08]]), "A step after each batch: 1, 1.4, 1.08")
check(float(trainer.train_epoch(batch for batch in [two])), 0.0256, "Any loader, and the next epoch goes on from there")

model = scale(1.0)
trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss(), grad_clip_norm=1.0)
(model.weight * 50).sum().backward()  # somebody left a gradient here
check(float(trainer.train_epoch([one, two])), 2.02, "No gradient is longer than 1, old ones are forgotten")
check(model.weight.data, np.float32([[1.02]]), "1, then 1.1, then a gradient of 0.8, which is short enough")

model = scale(1.0)
trainer = Trainer(model, SGD(model.parameters(), lr=9.0), MSELoss(), scheduler=Stairs())
trainer.train_epoch([one])
check(model.weight.data, np.float32([[1.4]]), "Epoch 0 uses the schedule's first learning rate")
trainer.train_epoch([one])
check(model.weight.data, np.float32([[1.4]]), "Epoch 1 uses the second, 0: nothing moves")
check(float(trainer.train_epoch([one])), 2.56, "Epoch 2 starts from there")
check(model.weight.data, np.float32([[2.04]]), "Epoch 2 uses the third")

drop = Sequential(scale(1.0), Dropout(1.0))  # while learning, nothing gets through
drop.eval()
trainer = Trainer(drop, SGD(drop.parameters()), MSELoss())
check(float(trainer.train_epoch([one])), 9.0, "The model is told to learn")
check_raises(ValueError, lambda: trainer.train_epoch([]), "A loader without a batch")

# %% [markdown]
# ## 4 · Accumulation (about 20 min)
#
# A batch of 256 has calmer gradients than one of 32, but its graph takes eight times the memory (module 05, section 14). And large batches are asked for: Goyal et al. trained a network on ImageNet in one hour, with batches of 8,192 on 256 graphics cards and a learning rate that grew in proportion (*2017, "Accurate, large minibatch SGD", section 2.1*). What if you have only one?
#
# The gradient of a mean is the mean of the gradients. For a batch $B$ that is cut into $k$ pieces $B_1, \dots, B_k$ of equal size:
#
# $$\nabla L_B = \nabla \frac{1}{k} \sum_{j=1}^{k} L_{B_j} = \frac{1}{k} \sum_{j=1}^{k} \nabla L_{B_j}$$
#
# The sum you have already: gradients *accumulate* on the leaves unless somebody forgets them. So learn from $k$ small batches, divide by $k$, and take one step:
#
# ```
#   batches             b0    b1    b2    b3    b4    b5    b6         accumulation_steps = 3
#   .grad               g0   +g1   +g2    g3   +g4   +g5    g6
#                                   |                 |      |
#   step with          (g0+g1+g2) / 3    (g3+g4+g5) / 3   g6 / 1       the remainder counts as well
# ```
#
# Look at the end: what is left over gets its step too, and is divided by what it *is*, not by 3. (PyTorch's usual recipe divides each loss by $k$ beforehand, and so makes the last step too short.)
#
# **Your task.** A `train_epoch` that takes the place of the one above; until you have written it, that one stays in force.
#
# 1. `use(count)`: the gradients are sums over `count` batches; divide each of them by `count` (where there is one), then `step()`.
# 2. `train_epoch(loader, accumulation_steps=1)`: use the gradients after every `accumulation_steps` batches, and at the end what is left. Fewer than 1 is a `ValueError` that names the number. The mean of the losses of all batches comes back, as before.
#
# *Hint: `len(losses) % accumulation_steps` is 0 when a group is full, and in the end it is the number of batches left over.*


# %% nbgrader={"grade": false, "grade_id": "accumulation", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Trainer)
class Trainer:
    def use(self, count):
        """Take one step with the mean of the gradients of `count` batches."""
        ### BEGIN SOLUTION
        for p in self.model.parameters():
            if p.grad is not None:
                p.grad = np.asarray(p.grad / count, dtype=np.float32)
        self.step()
        ### END SOLUTION

    # Here goes: def train_epoch(self, loader, accumulation_steps=1): ...
    ### BEGIN SOLUTION
    def train_epoch(self, loader, accumulation_steps=1):
        if accumulation_steps < 1:
            raise ValueError(f"accumulation_steps must be 1 or more, got {accumulation_steps}")
        self.begin()
        losses = []
        for x, y in loader:
            losses.append(self.learn(x, y))
            if len(losses) % accumulation_steps == 0:
                self.use(accumulation_steps)
        if len(losses) % accumulation_steps:
            self.use(len(losses) % accumulation_steps)
        mean = mean_of(losses)
        self.epoch += 1
        return mean
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-accumulation", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
def accumulated(batches, count, **options):
    """Train one weight from 1 for one epoch, and return the mean loss and the weight."""
    model = scale(1.0)
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss(), **options)
    return [float(trainer.train_epoch(batches, accumulation_steps=count)), model.weight.data]


def scale(weight):
    """A network with one weight, y = weight * x."""
    model = Linear(1, 1, bias=False)
    model.weight.data = np.float32([[weight]])
    return model


one, two = (Tensor([[1.0]]), Tensor([[3.0]])), (Tensor([[2.0]]), Tensor([[2.0]]))
both = (Tensor([[1.0], [2.0]]), Tensor([[3.0], [2.0]]))
check(accumulated([both], 1), [2.0, np.float32([[1.2]])], "The big batch: gradients of -4 and 0")
check(accumulated([one, two], 2), [2.0, np.float32([[1.2]])], "Two small ones make the same step")
check(accumulated([one, two] * 2, 4), [2.0, np.float32([[1.2]])], "Four small ones too")
check(accumulated([one, two] * 2, 2), [1.85, np.float32([[1.3]])], "Two steps, the second from a weight of 1.2")
check(accumulated([one, two, one], 2), [2.4133333, np.float32([[1.56]])], "One is left over, and gets a full step")
check(accumulated([one], 5), [4.0, np.float32([[1.4]])], "Fewer batches than it takes")
check(accumulated([one, one], 2, grad_clip_norm=1.0), [4.0, np.float32([[1.1]])], "What is clipped is the mean, at 1.0")
check(
    accumulated([one, two], 2, grad_clip_norm=2.5), [2.0, np.float32([[1.2]])], "A mean of -2 is short enough for 2.5"
)
check_raises(ValueError, lambda: accumulated([one], 0), "A step after no batch", mentions=["0"])

# %% [markdown]
# ## 5 · Evaluation (about 15 min)
#
# The loss of an epoch says how well the network did on examples from which it was just learning, with weights that changed all the time. The question is another one: how well does it do on examples **that it has never seen?** For this some are put aside before the first step (*validation* examples; a third heap, the *test* examples, is looked at only once, in the very end, since whoever chooses among twenty runs by their validation accuracy has begun to fit that one too).
#
# Two things are different from training, and each is one line:
#
# - `model.eval()`: dropout lets everything through;
# - `no_grad()`: nobody will walk back, so nothing is written down.
#
# Two numbers come back. The **loss** is what the optimizer sees. The **accuracy** is what people ask for: the share of examples whose true class got the largest of the answers. It cannot be trained on, as it is flat nearly everywhere, but it can be understood.
#
# ```
#       answers of the network          largest     truth
#       [  2.0   0.1  -1.0 ]               0          0      right
#       [ -0.5   0.2   0.1 ]               1          2      wrong         accuracy 2 / 3
#       [  0.0   0.3   0.9 ]               2          2      right
# ```
#
# A trap: batches differ in size (the last one is what was left). The mean of their accuracies counts the examples of a small batch for more than those of a large one. So **count right answers and examples**, and divide once. (For the loss we take the mean over batches, as in training.)
#
# **Your task.**
#
# 1. `hits(answers, targets)`: for answers of shape (..., C) and classes (...), an array of booleans of that shape: which are right? If the shapes do not fit like that, the targets are quantities, not classes, and right or wrong makes no sense: return an empty array.
# 2. `evaluate(loader)`: the mean loss and the accuracy, two floats. Without anything to count the accuracy is `nan`. An empty loader is a `ValueError`.
#
# *Hints: `as_array` from module 01 gives the array of a tensor, an array or a list; `argmax(axis=-1)`. A count from NumPy is no Python float: `float(...)`.*


# %% nbgrader={"grade": false, "grade_id": "evaluate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def hits(answers, targets):
    """Say for each target whether its class got the largest of the answers; for targets without classes, nothing."""
    ### BEGIN SOLUTION
    answers, targets = as_array(answers), as_array(targets)
    if answers.shape[:-1] != targets.shape or answers.ndim == 0:
        return np.zeros(0, dtype=bool)
    return answers.argmax(axis=-1) == targets
    ### END SOLUTION


@extend(Trainer)
class Trainer:
    def evaluate(self, loader):
        """Return the mean loss and the accuracy on the batches of `loader`, without learning from them."""
        ### BEGIN SOLUTION
        self.model.eval()
        losses, right, asked = [], 0, 0
        with no_grad():
            for x, y in loader:
                answers = self.model(x)
                losses.append(self.loss_fn(answers, y).item())
                found = hits(answers, y)
                right, asked = right + int(found.sum()), asked + found.size
        return mean_of(losses), right / asked if asked else math.nan
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-evaluate", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
model = Linear(2, 2, bias=False)
model.weight.data = np.float32([[1, 0], [0, 1]])  # the answers are the inputs
judge = Trainer(model, SGD(model.parameters()), CrossEntropyLoss())
batch = (Tensor([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]]), np.array([0, 1, 1]))
rest = (Tensor([[0.0, 2.0]]), np.array([1]))
check(
    [float(number) for number in judge.evaluate([batch])], [0.7935947, 0.6666667], "One batch, two of three are right"
)
check(
    [float(number) for number in judge.evaluate([batch, rest])], [0.4602613, 0.75], "Three of four; mean of two losses"
)
check([float(number) for number in judge.evaluate(pair for pair in [rest])], [0.126928, 1.0], "Any loader, all right")
check(
    [float(number) for number in judge.evaluate([(batch[0], Tensor([1, 0, 0]))])],
    [1.4602613, 0.3333333],
    "Classes in a tensor",
)
check(
    [len(judge.evaluate([batch])), model.weight.data, model.weight.grad],
    [2, np.float32([[1, 0], [0, 1]]), None],
    "Nothing was learned",
)
drop = Sequential(model, Dropout(1.0))
drop.train()
check(float(Trainer(drop, SGD(drop.parameters()), CrossEntropyLoss()).evaluate([rest])[1]), 1.0, "Dropout rests")
check_raises(ValueError, lambda: judge.evaluate([]), "Nothing to judge by")

# %% [markdown]
# ## 6 · Many epochs (about 10 min)
#
# `fit` is the loop around the loop. It leaves a diary, `history`: for each epoch the training loss and the learning rate, and if there are validation examples, their loss and accuracy. You will want to plot them; and reading such a curve is most of the craft:
#
# ```
#   loss                          loss                          loss
#    |\                            |\                            |    /|
#    | \__ __  validation          | \      .-'  validation      |\  / |  /
#    |  \___'--.____               |  \'--'                      | \/  |/
#    |       '--.___ training      |   '--.___  training         |
#    +----------------             +-----------------            +----------
#     still learning                learned by heart              the steps are too long
# ```
#
# **Your task.** `fit(loader, epochs, validation=None)`: each epoch, train; note "train_loss" and "lr" (the learning rate of this epoch, as a float); with validation, evaluate and note "val_loss" and "val_accuracy". Return the history. A second `fit` goes on where the first one ended, in the schedule and in the diary. The method `note` is given.


# %% nbgrader={"grade": false, "grade_id": "fit", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Trainer)
class Trainer:
    def note(self, **values):
        """Add each value to its list in the history."""
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)

    def fit(self, loader, epochs, validation=None):
        """Train for some epochs, judge each on `validation` if that is given, and return the history."""
        ### BEGIN SOLUTION
        for _ in range(epochs):
            loss = self.train_epoch(loader)
            self.note(train_loss=loss, lr=float(self.optimizer.lr))
            if validation is not None:
                loss, accuracy = self.evaluate(validation)
                self.note(val_loss=loss, val_accuracy=accuracy)
        return self.history
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-fit", "locked": true, "points": 17, "schema_version": 3, "solution": false, "task": false}
def scale(weight):
    """A network with one weight, y = weight * x."""
    model = Linear(1, 1, bias=False)
    model.weight.data = np.float32([[weight]])
    return model


one = (Tensor([[1.0]]), Tensor([[3.0]]))
model = scale(1.0)
trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss())
history = trainer.fit([one], epochs=2)
check(np.float32(history["train_loss"]), np.float32([4, 2.56]), "A loss for each epoch")
check(np.float32(history["lr"]), np.float32([0.1, 0.1]), "And a learning rate")
history = trainer.fit([one], 1, validation=[one, (Tensor([[2.0]]), Tensor([[6.0]]))])
check(np.float32(trainer.history["train_loss"]), np.float32([4, 2.56, 1.6384]), "A second fit goes on")
check(np.float32(history["val_loss"]), np.float32([2.62144]), "Judged after the epoch, not before")

model = scale(1.0)
trainer = Trainer(model, SGD(model.parameters()), MSELoss(), scheduler=CosineSchedule(0.4, 0.0, 4))
history = trainer.fit([one], epochs=3)
check(np.float32(history["lr"]), np.float32([0.4, 0.3414214, 0.2]), "Each epoch at its own learning rate")
history = trainer.fit([one], epochs=2)
check(np.float32(history["lr"][3:]), np.float32([0.0585786, 0]), "And on down the same curve")

tilted = Linear(1, 2, bias=False)
tilted.weight.data = np.float32([[-1, 1]])
classes = [(Tensor([[1.0], [-1.0]]), np.array([0, 1]))]
trainer = Trainer(tilted, Adam(tilted.parameters(), lr=0.4), CrossEntropyLoss())
history = trainer.fit(classes, epochs=4, validation=classes)
check(np.float32(history["val_accuracy"]), np.float32([0, 0, 1, 1]), "In the third epoch it turns over")

# %% [markdown]
# ## 7 · Checkpoints (about 25 min)
#
# In 54 days of training Llama 3 on 16,384 graphics cards there were 419 unexpected interruptions, one every three hours (*Dubey et al. 2024, "The Llama 3 herd of models", section 3.3.4*). Nobody starts again from the beginning. A **checkpoint** is a file that holds everything on which the rest of the run depends. How often should it be written? If writing takes $C$ seconds and something breaks every $M$ seconds on average, about every $\sqrt{2CM}$ seconds (*Young 1974, "A first order approximation to the optimum checkpoint interval"*).
#
# What is *everything*? Here is the promise: **a run that was interrupted and resumed ends with exactly the numbers of one that was not.** Not similar numbers: the same bits. Walk through an epoch and ask of each line what it reads:
#
# | What | Without it, the resumed run ... |
# |---|---|
# | the parameters | starts anew |
# | the optimizer's state: momentum, Adam's two averages, its count of steps | jolts: Adam's first steps after the break are as long as at the very beginning |
# | `epoch` | is back at the top of the schedule |
# | `history` | has a hole in its curve |
# | the state of the random generator | drops other units, shuffles in another order |
#
# **The format.** Python's own way to put objects into a file is `pickle`, and a pickle file can *run any program* when it is read. A model that you downloaded from a stranger is a program that you downloaded from a stranger. (For years PyTorch's `torch.load` was just that; since version 2.6 it reads tensors and plain values only, unless it is told otherwise.) We write `.npz`, NumPy's archive of arrays, and read it with `allow_pickle=False`. What is not an array goes in as a text, in JSON. The two functions that take a state apart and put it together are given: `freeze` makes arrays with names of it, `thaw` makes the state again. In between is `np.savez(path, **arrays)` and `np.load(path)`.


# %% nbgrader={"grade": false, "grade_id": "given-freeze", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def freeze(state):
    """Return plain values (dicts, lists, numbers, texts, arrays) as a dict of arrays alone."""
    arrays = {}

    def plain(value):
        if isinstance(value, np.ndarray):
            arrays[f"array_{len(arrays)}"] = value
            return {"array": f"array_{len(arrays) - 1}"}
        if isinstance(value, dict):  # as pairs: JSON would make texts of keys that are numbers
            return {"dict": [[key, plain(one)] for key, one in value.items()]}
        if isinstance(value, (list, tuple)):
            return {type(value).__name__: [plain(one) for one in value]}
        return value.item() if isinstance(value, np.generic) else value

    text = json.dumps(plain(state))
    return {"text": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}


def thaw(arrays):
    """Return the state of which `freeze` made these arrays."""

    def whole(value):
        if not isinstance(value, dict):
            return value
        ((kind, parts),) = value.items()
        if kind == "array":
            return arrays[parts]
        if kind == "dict":
            return {key: whole(one) for key, one in parts}
        return (tuple if kind == "tuple" else list)(whole(one) for one in parts)

    return whole(json.loads(bytes(arrays["text"]).decode()))


# %%
freeze({"epoch": 3, "weights": [np.float32([1, 2])]})

# %% [markdown]
# **Your task.** Two methods. `path` is the name of a file, ending in `.npz` (NumPy would append that, and you would look for your file in vain), or an open file: `np.savez` and `np.load` take both, so you need do nothing for it. The tests below use a file in memory, `BytesIO`, because where they are graded there is no disk to write to.
#
# 1. `save_checkpoint(path)`: put the five things of the table into a dict, and write it. The generator's state is `generator().bit_generator.state`.
# 2. `load_checkpoint(path)`: read it, and put everything back in its place. The model must be the same: if the number of parameters or a shape differs, a `ValueError` that names both shapes, *before* anything has been changed. What comes out of the file goes to `p.data`; the tensors must stay the ones that the optimizer knows.


# %% nbgrader={"grade": false, "grade_id": "checkpoint", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Trainer)
class Trainer:
    def save_checkpoint(self, path):
        """Write to an .npz file all that the rest of the run depends on."""
        ### BEGIN SOLUTION
        state = {
            "parameters": [p.data for p in self.model.parameters()],
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "history": self.history,
            "generator": generator().bit_generator.state,
        }
        np.savez(path, **freeze(state))
        ### END SOLUTION

    def load_checkpoint(self, path):
        """Read such a file, and go on as if nothing had happened. Another model's is a ValueError."""
        ### BEGIN SOLUTION
        with np.load(path, allow_pickle=False) as arrays:
            state = thaw(arrays)
        parameters = self.model.parameters()
        saved, wanted = [data.shape for data in state["parameters"]], [p.shape for p in parameters]
        if saved != wanted:
            raise ValueError(f"the checkpoint has parameters of shapes {saved}, the model of {wanted}")
        for p, data in zip(parameters, state["parameters"], strict=True):
            p.data = data
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.history = state["epoch"], state["history"]
        generator().bit_generator.state = state["generator"]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-checkpoint", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
from io import BytesIO  # a file in memory


def fresh(weights):
    """A trainer of y = x @ weights, with Adam and a schedule of six epochs."""
    model = Sequential(Linear(2, 1, bias=False), Dropout(0.5))
    model.layers[0].weight.data = np.float32(weights)
    optimizer = Adam(model.parameters(), lr=0.1)
    return Trainer(model, optimizer, MSELoss(), scheduler=CosineSchedule(0.2, 0.02, 6), grad_clip_norm=5.0)


def saved(trainer):
    """Save to memory, and return the file, rewound."""
    file = BytesIO()
    trainer.save_checkpoint(file)
    file.seek(0)
    return file


examples = [(Tensor([[1.0, 2.0], [3.0, -1.0]]), Tensor([[1.0], [0.0]])), (Tensor([[0.5, 0.5]]), Tensor([[2.0]]))]
manual_seed(11)
unbroken = fresh([[1.0], [-1.0]])
unbroken.fit(examples, 6)

manual_seed(11)
broken = fresh([[1.0], [-1.0]])
broken.fit(examples, 3)
file = saved(broken)
broken.fit(examples, 1)  # goes on, and is lost when the power fails
resumed = fresh([[9.0], [9.0]])
resumed.load_checkpoint(file)
check(len(resumed.history["train_loss"]), 3, "The diary comes back, up to the moment of saving")
resumed.fit(examples, 3)
check(np.float32(resumed.history["lr"][3:]), np.float32([0.11, 0.065, 0.0320577]), "The schedule goes on, not anew")
weights, expected = resumed.model.layers[0].weight.data, unbroken.model.layers[0].weight.data
check([weights.shape, bool((weights == expected).all())], [(2, 1), True], "Resumed and unbroken: the same bits")
check(resumed.history["train_loss"] == unbroken.history["train_loss"], True, "And so are all six losses")

other = Linear(3, 1, bias=False)
stranger = Trainer(other, Adam(other.parameters()), MSELoss())
check_raises(
    ValueError, lambda: stranger.load_checkpoint(saved(unbroken)), "Another model", mentions=["(2, 1)", "(3, 1)"]
)

# %% [markdown]
# ## 8 · It reads (about 15 min)
#
# Handwriting, real and not drawn for us. `find_handwriting` takes MNIST where it is on your machine (in `../shared/data`, or where the variable `TITO_DATA` points: 28 x 28 pixels); otherwise the 1,797 digits that come with Tito (8 x 8 pixels, *Alpaydin and Kaynak 1998, UCI repository*). A part of the pictures is put aside before anything else happens: `test_images`. The network will not learn from them.

# %%
digits = find_handwriting(Path.cwd()).sample(train=8000, test=2000)
print(digits.name, digits.images.shape, "to learn from,", digits.test_images.shape, "to be judged by")
figure, axes = plt.subplots(2, 10, figsize=(10, 2.4), layout="constrained")
for ax, image, label in zip(axes.ravel(), digits.images, digits.labels, strict=False):
    ax.imshow(image, cmap="gray_r")
    ax.set(title=label, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# A network wants rows of numbers of ordinary size, and batches. The loader here shuffles anew in each epoch, with the generator of your package; so the same seed gives the same run. (Why shuffle? Sorted by digit, the network would forget the zeros while it learns the nines.)


# %%
class Batches:
    """Pairs of a tensor (n, pixels) and n labels, from images of bytes."""

    def __init__(self, images, labels, size, shuffle=False):
        self.rows = images.reshape(len(images), -1) / np.float32(images.max())
        self.labels, self.size, self.shuffle = labels.astype(np.int64), size, shuffle

    def __iter__(self):
        count = len(self.rows)
        places = generator().permutation(count) if self.shuffle else np.arange(count)
        for start in range(0, count, self.size):
            chosen = places[start : start + self.size]
            yield Tensor(self.rows[chosen]), self.labels[chosen]


learning = Batches(digits.images, digits.labels, size=50, shuffle=True)
judging = Batches(digits.test_images, digits.test_labels, size=500)
pixels = learning.rows.shape[1]

# %% [markdown]
# **Try it** (not graded). Put the machine together and let it run:
#
# 1. seed 7, so that your neighbour gets the same figures;
# 2. a `Sequential` from `pixels` to 128 hidden units to 10 classes, with ReLU and `Dropout(0.2)` in between;
# 3. Adam, cross-entropy, a cosine from 0.005 to 0 over 12 epochs, gradients clipped at 5;
# 4. `fit` for 12 epochs, with the pictures put aside as validation.


# %% nbgrader={"grade": false, "grade_id": "use-digits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reader():
    """Return a trainer for digits, fresh from the seed."""
    ### BEGIN SOLUTION
    manual_seed(7)
    model = Sequential(Linear(pixels, 128), ReLU(), Dropout(0.2), Linear(128, 10))
    optimizer = Adam(model.parameters())
    return Trainer(model, optimizer, CrossEntropyLoss(), CosineSchedule(0.005, 0.0, 12), grad_clip_norm=5.0)
    ### END SOLUTION


# %%
trainer = reader()
start = time.perf_counter()
history = trainer.fit(learning, 12, validation=judging)
print(f"{time.perf_counter() - start:.1f} s, accuracy {history['val_accuracy'][-1]:.3f} on pictures never seen")

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
epochs = range(1, 13)
left.semilogy(epochs, history["train_loss"], ".-", label="training, with dropout")
left.semilogy(epochs, history["val_loss"], ".-", label="validation")
left.axhline(np.log(10), color="gray", linestyle="--", label="knowing nothing: ln 10")
left.set(xlabel="epoch", ylabel="cross-entropy", title="loss")
left.legend()
right.plot(epochs, history["val_accuracy"], ".-", color="tab:green", label="accuracy (left scale)")
right.axhline(0.95, color="gray", linestyle="--", label="the milestone: 95 %")
right.set(xlabel="epoch", title="what is read correctly")
rates = right.twinx()
rates.plot(epochs, history["lr"], color="tab:red", alpha=0.5)
rates.set_ylabel("learning rate", color="tab:red")
right.legend(loc="lower center")
plt.show()

# %% [markdown]
# Your neurons, your chain rule, your Adam. And now the most useful picture in the whole business: *look at the mistakes*, the most confident ones first.

# %%
with no_grad():
    logits = trainer.model(Tensor(judging.rows))  # evaluate() has left the model in eval mode
chances = Softmax()(logits).data
said = chances.argmax(axis=1)
wrong = np.flatnonzero(said != judging.labels)
wrong = wrong[np.argsort(-chances[wrong, said[wrong]])]
figure, axes = plt.subplots(2, 8, figsize=(11, 3.6), layout="constrained")
for ax in axes.ravel():
    ax.axis("off")
for ax, place in zip(axes.ravel(), wrong, strict=False):
    ax.imshow(digits.test_images[place], cmap="gray_r")
    ax.set_title(f"{judging.labels[place]}, read {said[place]}\n{chances[place, said[place]]:.0%} sure", fontsize=9)
figure.suptitle(f"{len(wrong)} of {len(said)} are wrong")
plt.show()

# %% [markdown]
# Some of these are hard for you, too. Others are not, and the network is *sure*. (What would you do about those?)
#
# ### The milestone
#
# This was a rehearsal. In a terminal, `tito milestone run mnist` takes the package that `tito sync` has written from *your* notebooks and trains it on the same pictures; the curve and a picture of the mistakes are left in `.tito/milestones/`. At 95 % the milestone is reached. A hidden test does the same when you hand in: there your package gets pictures and labels to learn from, and further pictures without labels; what it answers is counted outside.

# %% [markdown]
# ## 9 · What does it cost? (about 10 min)
#
# Run, look, change things. You will need these figures for your answers.
#
# **The bytes of one step.** Four things must be in memory at the same time. Which of them depends on what?


# %%
def graph_bytes(tensor, parameters):
    """Return the bytes of the arrays that the graph behind a tensor keeps alive, without those of the parameters."""
    blocks = {}
    for step in order(tensor.step):
        for array in (*step.arrays, step.output):
            owner = array if array.base is None else array.base
            blocks[id(owner)] = owner.nbytes
    for p in parameters:
        blocks.pop(id(p.data), None)
    return sum(blocks.values())


def step_bytes(make, examples):
    """Return the bytes of parameters, gradients, optimizer state and graph in one step of training."""
    model = Sequential(Linear(784, 256), ReLU(), Linear(256, 256), ReLU(), Linear(256, 10))
    optimizer = make(model.parameters())
    loss = CrossEntropyLoss()(model(randn(examples, 784)), np.arange(examples) % 10)
    loss.backward()
    parameters = model.parameters()
    graph = graph_bytes(loss, parameters)
    optimizer.step()
    return {
        "parameters": sum(p.data.nbytes for p in parameters),
        "gradients": sum(p.grad.nbytes for p in parameters),
        "optimizer": sum(array.nbytes for name, array in freeze(optimizer.state_dict()).items() if name != "text"),
        "graph": graph,
    }


makers = {"SGD": SGD, "SGD + momentum": lambda ps: SGD(ps, momentum=0.9), "Adam": Adam}
columns = {f"{name}\nbatch {n}": step_bytes(make, n) for n in (32, 512) for name, make in makers.items()}
bottom = np.zeros(len(columns))
figure, ax = plt.subplots(figsize=(10, 3.8), layout="constrained")
for part in ("parameters", "gradients", "optimizer", "graph"):
    heights = np.array([column[part] / 1e6 for column in columns.values()])
    ax.bar(columns.keys(), heights, bottom=bottom, label=part)
    bottom += heights
ax.set(ylabel="MB", title="one step of a network with 269,322 parameters")
ax.legend()
plt.show()
for name, column in columns.items():
    print(
        f"{name.replace(chr(10), ', '):26}", "  ".join(f"{part} {size / 1e6:6.2f} MB" for part, size in column.items())
    )

# %% [markdown]
# **The batch.** One epoch on the same pictures, the same seed, the same learning rate. Larger batches need less time, because one large matrix product is faster than many small ones and Python's fixed price is paid less often. What do they lose?

# %%
for size in (8, 32, 128, 512):
    trainer = reader()
    trainer.scheduler = None  # 0.001 for all
    loader = Batches(digits.images, digits.labels, size, shuffle=True)
    start = time.perf_counter()
    trainer.train_epoch(loader)
    taken, steps = time.perf_counter() - start, math.ceil(len(loader.rows) / size)
    print(
        f"batch {size:4}: {steps:5} steps of {taken / steps * 1e3:6.2f} ms   {taken:6.2f} s for the epoch"
        f"   {taken / len(loader.rows) * 1e6:6.1f} us a picture   accuracy {trainer.evaluate(judging)[1]:.3f}"
    )

# %% [markdown]
# **What accumulation saves.** A step on 512 examples, in one piece or in several. `tracemalloc` (module 04) watches the peak of memory.

# %%
for pieces in (1, 2, 8, 32):
    manual_seed(1)
    model = Sequential(Linear(784, 256), ReLU(), Linear(256, 256), ReLU(), Linear(256, 10))
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), CrossEntropyLoss())
    x, y = randn(512, 784).data, np.arange(512) % 10
    loader = [(Tensor(a), b) for a, b in zip(np.split(x, pieces), np.split(y, pieces), strict=True)]
    trainer.train_epoch(loader, pieces)  # once without a watch, so that nothing is new
    start = time.perf_counter()
    trainer.train_epoch(loader, pieces)
    taken = time.perf_counter() - start
    tracemalloc.start()
    trainer.train_epoch(loader, pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    length = sum(float(np.abs(p.data).sum()) for p in model.parameters())
    print(f"{pieces:3} x {512 // pieces:3}: peak {peak / 1e6:6.2f} MB   {taken * 1e3:6.1f} ms   weights {length:.4f}")

# %% [markdown]
# The last column shows that all four have made the same steps, up to rounding.
#
# **A break in the middle.** Six epochs, a break, six more: once resumed from a checkpoint, and once the way it is often done, with *the weights alone* in a new trainer.

# %%
whole = reader()
whole.fit(learning, 12)
before = reader()
before.fit(learning, 6)
file = BytesIO()
start = time.perf_counter()
before.save_checkpoint(file)
print(f"the checkpoint: {file.tell() / 1e6:.2f} MB, written in {(time.perf_counter() - start) * 1e3:.1f} ms")
file.seek(0)
resumed, careless = reader(), reader()
for p, source in zip(careless.model.parameters(), before.model.parameters(), strict=True):
    p.data = source.data.copy()
careless.fit(learning, 6)
resumed.load_checkpoint(file)
resumed.fit(learning, 6)
plt.figure(figsize=(7, 3.4), layout="constrained")
plt.semilogy(range(1, 13), whole.history["train_loss"], "o-", label="unbroken")
plt.semilogy(range(1, 13), resumed.history["train_loss"], "x--", markersize=10, label="resumed from a checkpoint")
plt.semilogy(range(7, 13), careless.history["train_loss"], "s-", label="the weights alone")
plt.axvline(6.5, color="gray", linestyle=":")
plt.xlabel("epoch")
plt.ylabel("training loss")
plt.legend()
plt.show()
print("resumed and unbroken:", "the same bits" if resumed.history == whole.history else "different")

# %% [markdown]
# The careless run stumbles, and then goes its own way: Adam has forgotten its averages, and the schedule has begun anew, so that it takes long steps where the others come to rest. Whether it ends above or below is luck. It is not the run that you were making.
#
# ### Compare with PyTorch
#
# | | Yours | PyTorch |
# |---|---|---|
# | schedule | a function of the epoch, asked by the trainer | an object that changes the optimizer; you call `scheduler.step()` after each epoch (or batch) |
# | past the end of the cosine | stays at the bottom | `CosineAnnealingLR` rises again |
# | clipping | `clip_grad_norm` | `clip_grad_norm_`, divides by the norm + $10^{-6}$; can raise at `nan` and `inf` |
# | accumulation | the mean of what was really accumulated | by hand: `(loss / k).backward()`, the remainder is up to you |
# | the loop | `Trainer` | you write it each time, or take a library: Lightning, Hugging Face's `Trainer`, Keras's `fit` |
# | evaluation | `eval()` and `no_grad()` inside | the same two calls, by hand; `inference_mode()` is a stricter `no_grad` |
# | a checkpoint | `.npz`, no pickle, five parts | `torch.save({...})`, a zip with a pickle in it; `weights_only=True` since 2.6; `safetensors` for weights alone |
# | random numbers | one generator, saved | several (processor, each graphics card, NumPy, Python), saved by hand if at all |
# | the same bits after a break | yes | not promised: some operations on graphics cards add in changing order |
# | also there | | half precision with scaled losses, many machines, loaders in other processes |

# %% [markdown]
# ## 10 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · What a step needs
#
# (a) With the bytes that you measured: which of the four parts grows with the batch, which with the optimizer, which with neither? A model has a billion parameters: how much memory do the first three parts take with SGD, and with Adam? (b) What did accumulation in 32 pieces save compared with one, what did it not save, and what did it cost? (c) Look at the table of batch sizes. You have ten minutes for a training run: which batch would you take, and what would you do with the learning rate?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) The graph grows with the batch: 0.30 MB for 32 examples, 4.86 MB for 512, sixteen times as much. The optimizer's part is 0, one or two times the parameters for SGD, momentum and Adam. Parameters and gradients, 1.08 MB each, depend on neither. A billion parameters of 4 bytes: SGD 8 GB, Adam 16 GB, before a single example has been looked at. (b) The peak fell from 6.5 to 3.6 MB, because only one small graph lives at a time. What is left are the gradients and new arrays in the size of the parameters, which accumulation cannot save; neither does it save any arithmetic. It cost time: about twice as much here, since 32 small products are slower than a large one and Python's fixed price is paid 32 times. The step itself is the same, up to rounding. (c) Time per picture falls from 209 us (batch 8) to 18 us (512), but accuracy after one epoch falls as well, from 92 % to 80 %, because 16 steps do not lead as far as 1,000. So compare at equal *time*: in the time of one epoch with batch 8 there are six with batch 128. I would take 32 or 128 and raise the learning rate with the batch (Goyal et al.: in proportion, with a few gentle epochs at the start), until the loss becomes unstable.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | All four parts assigned with own figures, 8 and 16 GB; what accumulation saves and what it cannot, with its price; a choice of batch at equal time, and the learning rate raised with a reason |
# | 7-8 | All parts, one thin: the limit of accumulation missing, or the batch chosen by the time of an epoch alone |
# | 5-6 | Bytes right, accumulation "saves memory" without figures; batch by feeling |
# | 3-4 | Figures copied without a conclusion, or mistakes of a factor |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · Reading a run
#
# (a) Look at your two loss curves. Does your network learn, does it learn by heart, or both? At which epoch would you stop, and which number would you report to somebody who wants to use it? (b) A colleague tried twenty settings, and reports the best accuracy on `test_images`. What is wrong, and in which direction? (c) In a long run, clipped at 1, the norm before clipping was near 1 for a day. Now it is 40, at every step, and the loss still falls a little. What does clipping hide here? Name two causes, and how you would tell them apart.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) On MNIST both: training loss falls to 0.02, validation loss stops near 0.18 in the sixth epoch, while accuracy still creeps from 95.5 to 96 %. From there on it learns its 8,000 examples by heart, and grows more confident about its mistakes (module 04, question 3). I would stop between 6 and 8; since the schedule ends at 12, rather plan it shorter. (On the small digits dropout keeps the training loss *above* the validation loss until the end: it could learn longer.) Report the accuracy on examples that played no part in any choice, with their number: 96 % of 2,000 is uncertain by about 0.4 %. (b) The best of twenty is partly luck: each result scatters by 0.4 %, and the largest of twenty lies nearly two such widths above the middle. The pictures have been used for choosing, so the figure is too high. Choose on validation examples, then measure once on a third heap. (c) The true gradient is now forty times longer than what is used: each step has the length 1 whatever the slope, and the learning rate means something else than planned. The run no longer slows down near the bottom. Causes: the landscape became steep (weights have grown, the learning rate is too high), or the data (a broken part of the files, a scale of 255 forgotten). Look at the norm of *each batch*: if only some batches are long, look at these examples; if all are, also those of last week's data, it is the weights: go back to a checkpoint and lower the rate.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Own curves read correctly, with an epoch and a number that is honest; the bias of choosing named with its direction and the remedy; what clipping hides, two causes and a test that separates them |
# | 7-8 | All parts, one thin: no remedy in (b), or causes without a test |
# | 5-6 | Overfitting recognised, the rest without reasons |
# | 3-4 | General remarks ("more epochs are better") |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · Stop and go on
#
# (a) Five parts are in a checkpoint. For each: what would you see, in a curve or elsewhere, if it were missing? For which would you see *nothing*, and does it matter then? (b) Power fails *while* the checkpoint is written, over the file of an hour ago. What do you have now, and which three lines would you change? (c) A stranger offers a trained model as a pickle file, and another one as `.npz`. What can happen with each? (d) With your own figures and a failure once a day: how often should your run of section 8 be saved?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Parameters: the loss is back at ln 10. Optimizer: a bump after the break, as in the plot, since Adam's averages start at 0 and its correction makes the first steps as long as the learning rate. Epoch: the learning rate jumps to the top, the loss with it. History: a hole or a shorter curve, and the plot lies about how long was trained. Generator: nothing at all; the run goes on just as well, only with other shuffles. It matters as soon as somebody asks for the same numbers: to find the batch that gave `nan`, to compare two settings at the same seed, to believe a resumed run at all. (b) Neither: the old file was emptied when the writing began, and the new one is half a zip archive; `np.load` fails. Write to a second name, then rename it (`os.replace`, which happens at once or not at all), and keep the last two. (c) Reading the pickle may run any program with my rights before I have seen a single weight. The `.npz` with `allow_pickle=False` can at worst be wrong or huge: other shapes (we check), `nan`, weights that misbehave on purpose. (d) $\sqrt{2CM}$ with $C$ = 1 ms and $M$ = 86,400 s gives 13 s: about the whole run, so there it does not matter; after every epoch would cost well under one per cent. For Llama's scale, with a minute to write and three hours between failures, it is about every 19 minutes.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | All five symptoms, the silent one recognised and judged; write aside and rename; what pickle can do and what `.npz` cannot; Young's interval with own figures |
# | 7-8 | All parts, one thin: the silent part not judged, or the interval without own figures |
# | 5-6 | Most symptoms right; the torn file or pickle only in general words |
# | 3-4 | "Save everything, often", with hardly a reason |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# Seven modules ago you had arrays. Now a network of yours learns to read, with slopes that your own engine found, and it can be switched off at any moment. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 07` runs the checks, `tito submit cp07` hands in.
# 3. `tito milestone run mnist`: watch it.
#
# **Next: module 08, convolutions.** Your network does not know that pixels have neighbours: shuffle all pixels of all pictures in the same way, and it learns just as well. You do not. There is a layer that looks at pictures as you do.
