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
# # Module 01 · Tensor
#
# *Checkpoint 01, foundation: can I create and manipulate the building blocks of machine learning?*
#
# In the autumn of 2012 a network called AlexNet won the ImageNet competition by a margin that nobody had thought possible. Look inside it, or inside any model since, and you find one kind of object going in, flowing through, and coming out: an array of numbers with a shape. A photo is one. A sentence is one. A billion learned weights are a few hundred of them.
#
# Today you build that object. Everything in the next nineteen modules (layers, gradients, optimizers, a small GPT) will be made of *your* `Tensor`.
#
# **By the end you can**
#
# - make tensors, and say what their shape, type and memory mean;
# - compute with them: arithmetic with broadcasting, matrix products, reductions, reshaping, indexing;
# - send every operation through one door, so that module 05 can teach your code calculus without touching it;
# - measure when an operation copies memory and when it only looks at it differently.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 make · 2 inspect · 3 dispatch · 4 arithmetic · 5 matrix product · 6 reductions · 7 shapes · 8 indexing | 130 |
# | Use | 9 a photo, a spinning arrow, a memory bill · 10 what it costs | 30 |
# | Reflect | 11 three questions for your teacher | 20 |
#
# **How it works.** You write between short explanations, where it says `YOUR CODE HERE`. After each step comes a test cell: run it, and read what it says. The points of a test cell cover what you see, and some more tests of the same step that you do not see, on inputs you cannot guess.

# %% [markdown]
# ## Setting the table
#
# The first line says where your code goes: cells that start with `#| export` become the file `tinytorch/core/tensor.py` when you run `tito sync`. The second cell is for this notebook only.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.tensor
#| export
from contextlib import contextmanager

import numpy as np

from tinytorch.core.setup import generator

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.setup import array_bytes
from tito.checks import check, check_raises

# %% [markdown]
# ### One idea before we start
#
# A tensor is a block of numbers and a *shape* that says how to read it.
#
# ```
#  number            vector          matrix                  stack of matrices
#  shape ()          shape (4,)      shape (3, 4)            shape (2, 3, 4)
#
#                                                               +------------+
#    7              1  2  3  4       1  2  3  4              +------------+  |
#                                    5  6  7  8              |  1 2 3 4   |  |
#                                    9 10 11 12              |  5 6 7 8   |--+
#                                                            |  9 ...     |
#                                                            +------------+
# ```
#
# The positions in a shape are called *axes*. Axis 0 is the outermost. Negative axes count from the end, so axis -1 is always the innermost: the one you walk along when you read a row.
#
# In this notebook we often think of the matrix as **temperatures: 3 cities (axis 0), 4 days (axis 1)**.
#
# ### A class that grows
#
# Python wants a class in one piece, but we learn in steps. This helper (given, nothing to write) lets a later cell go on where an earlier one stopped: whatever stands in the body is added to the class.


# %% nbgrader={"grade": false, "grade_id": "given-extend", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def extend(cls):
    """Return a decorator that adds all methods of a class body to `cls`, and hands back `cls`."""

    def add_to(body):
        for name, value in vars(body).items():
            if name not in ("__dict__", "__doc__", "__module__", "__weakref__"):
                setattr(cls, name, value)
        return cls

    return add_to


# %% [markdown]
# So when you read
#
# ```python
# @extend(Tensor)
# class Tensor:
#     def double(self): ...
# ```
#
# think: "*and a Tensor can also double*". One thing to keep in mind: if you run the very first `class Tensor` cell again, you start with a bare class. Then choose *Run > Run All Above* to put the rest back.

# %% [markdown]
# ## 1 · Make a tensor (about 15 min)
#
# Data comes in many forms: a number, nested lists, a NumPy array of integers, another tensor. Inside, we want exactly one form: **an array of `float32`, and our own copy of it**.
#
# *Why float32?* A float64 number has 16 digits and takes 8 bytes; float32 has 7 digits and takes 4. A network learns from noisy data, so 7 digits are plenty, and half the bytes means twice the numbers per second through the memory bus. Nearly all of deep learning runs on 32 bits or fewer.
#
# *Why a copy?* Because of this:
#
# ```python
# readings = np.ones(3, dtype=np.float32)
# t = Tensor(readings)
# readings[0] = 99        # somebody re-uses the buffer for the next batch
# t                       # must still be 1, 1, 1
# ```
#
# **Your task.** Two pieces:
#
# 1. `as_array(value)` turns anything sensible into a float32 array. If `value` is a Tensor (ask with `isinstance`), its `.data` is the answer. Otherwise ask NumPy (`np.asarray`), then look at `array.dtype.kind`: `b`, `i`, `u`, `f` are booleans, integers, unsigned integers and floats. Anything else (text, `None`, objects) deserves a `TypeError` that says what came in.
# 2. `Tensor.__init__` keeps a copy in `self.data`, remembers `requires_grad`, and sets `self.grad` to `None` (it stays so until module 05).
#
# *Hints: `array.astype(np.float32)`, `array.copy()`. NumPy itself raises `ValueError` for rows of different lengths; let it.*


# %% nbgrader={"grade": false, "grade_id": "creation", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def as_array(value):
    """Return `value` (number, nested lists, array or Tensor) as a float32 array, which may be shared."""
    ### BEGIN SOLUTION
    if isinstance(value, Tensor):
        return value.data
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a tensor holds numbers, got {type(value).__name__} of shape {array.shape} ({array.dtype})")
    return array.astype(np.float32, copy=False)
    ### END SOLUTION


class Tensor:
    """Float32 numbers in a block with a shape; the data are the tensor's own copy."""

    def __init__(self, data, requires_grad=False):
        ### BEGIN SOLUTION
        self.data = as_array(data).copy()
        self.requires_grad = bool(requires_grad)
        self.grad = None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-creation", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# np.float32([...]) is a short way to write an array of that type.
check(Tensor([[1, 2, 3], [4, 5, 6]]).data, np.float32([[1, 2, 3], [4, 5, 6]]), "Nested lists make a matrix")
check(Tensor(7).data, np.float32(7), "A number makes a tensor of shape ()")
check(Tensor(np.arange(3)).data, np.float32([0, 1, 2]), "Integers become float32")
check(Tensor(Tensor([1.5, 2.5])).data, np.float32([1.5, 2.5]), "A tensor makes a tensor")

readings = np.ones(3, dtype=np.float32)
kept = Tensor(readings)
readings[0] = 99
check(kept.data, np.float32([1, 1, 1]), "The caller's array changes, the tensor does not")

check(Tensor([1.0], requires_grad=True).requires_grad, True, "requires_grad is remembered")
check(Tensor([1.0]).requires_grad, False, "requires_grad is off by default")
check(Tensor([1.0]).grad, None, "No gradient yet")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Tensor("three"), "Text is no number")
check_raises(wrong, lambda: Tensor(None), "None is no number")
check_raises(wrong, lambda: Tensor([[1, 2], [3]]), "Rows of different lengths")

# %% [markdown]
# ### Making tensors from a shape
#
# Networks start from zeros, ones, or random numbers. `zeros(2, 3)` should work, and `zeros((2, 3))` too, because shapes often arrive as a tuple. The helper `as_shape` takes care of both and refuses nonsense.
#
# Random numbers come from the one `generator()` that you wrote in module 00, so that `manual_seed` rules them all.


# %% nbgrader={"grade": false, "grade_id": "given-as-shape", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def as_shape(sizes, smallest=0):
    """Return the sizes of `f(2, 3)` or `f((2, 3))` as a tuple; none may be below `smallest`."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    shape = tuple(sizes)
    for size in shape:
        if not isinstance(size, (int, np.integer)):
            raise TypeError(f"a shape is made of integers, got {shape}")
        if size < smallest:
            raise ValueError(f"sizes of a shape are at least {smallest}, got {shape}")
    return shape


# %% [markdown]
# **Your task.** Write `zeros`, `ones` and `randn` (normal distribution: mean 0, standard deviation 1).
#
# *Hint: `generator().standard_normal(shape, dtype=np.float32)` draws in float32 right away.*


# %% nbgrader={"grade": false, "grade_id": "factories", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def zeros(*shape, requires_grad=False):
    """Return a tensor of zeros, e.g. `zeros(2, 3)`."""
    ### BEGIN SOLUTION
    return Tensor(np.zeros(as_shape(shape)), requires_grad=requires_grad)
    ### END SOLUTION


def ones(*shape, requires_grad=False):
    """Return a tensor of ones, e.g. `ones(2, 3)`."""
    ### BEGIN SOLUTION
    return Tensor(np.ones(as_shape(shape)), requires_grad=requires_grad)
    ### END SOLUTION


def randn(*shape, requires_grad=False):
    """Return draws from the standard normal distribution, made by the package's own generator."""
    ### BEGIN SOLUTION
    return Tensor(generator().standard_normal(as_shape(shape), dtype=np.float32), requires_grad=requires_grad)
    ### END SOLUTION


# Tensor.zeros(2, 3) is the same function under a second name.
Tensor.zeros, Tensor.ones, Tensor.randn = staticmethod(zeros), staticmethod(ones), staticmethod(randn)

# %% nbgrader={"grade": true, "grade_id": "test-factories", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(zeros(2, 3).data, np.float32([[0, 0, 0], [0, 0, 0]]), "zeros of a shape")
check(ones((3, 1)).data, np.float32([[1], [1], [1]]), "ones of a shape given as a tuple")
check(Tensor.ones(2).data, np.float32([1, 1]), "The same function on the class")
check(zeros(0, 4).data.shape, (0, 4), "No rows is a shape too")
check(ones(2, requires_grad=True).requires_grad, True, "requires_grad is passed on")

noise = randn(100, 200).data
check(str(noise.dtype), "float32", "Random numbers are float32")
check(noise.shape, (100, 200), "randn of a shape")
check(bool(abs(noise.mean()) < 0.05), True, "20,000 draws have a mean near 0")
check(bool(abs(noise.std() - 1) < 0.05), True, "20,000 draws have a standard deviation near 1")
check(bool((randn(50).data == randn(50).data).all()), False, "Two draws differ")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: zeros(2, -1), "A negative size")

# %% [markdown]
# ## 2 · Inspect a tensor (about 15 min)
#
# The first thing to do with a strange tensor is to ask it for its shape. Most bugs in machine learning are shape bugs, and most of them are found by a `print(x.shape)`.
#
# | Ask | For temperatures of 3 cities on 4 days |
# |---|---|
# | `x.shape` | `(3, 4)` |
# | `x.ndim` | `2`, how many axes |
# | `x.size` | `12`, how many numbers |
# | `x.dtype` | `float32` |
# | `len(x)` | `3`, the size of axis 0 (a 0-d tensor has none: `TypeError`) |
# | `x.memory_footprint()` | `48` bytes: 12 numbers of 4 bytes |
# | `x.numpy()` | the values as an array, a *copy* for the outside world |
# | `x.item()` | the Python number in a tensor of size 1; any other size is a `ValueError` |
# | `x.detach()` | the same values, with `requires_grad` off |
#
# **Your task.** Nine one-liners, give or take. For `item`, make the message name the shape: whoever meets it will want to know. `memory_footprint` counts the bytes of the data.
#
# *Hint: `self.data` knows most answers. A property is a method that is used without brackets.*


# %% nbgrader={"grade": false, "grade_id": "inspect", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Tensor:
    @property
    def shape(self):
        return self.data.shape

    @property
    def ndim(self):
        ### BEGIN SOLUTION
        return self.data.ndim
        ### END SOLUTION

    @property
    def size(self):
        ### BEGIN SOLUTION
        return self.data.size
        ### END SOLUTION

    @property
    def dtype(self):
        ### BEGIN SOLUTION
        return self.data.dtype
        ### END SOLUTION

    def __len__(self):
        ### BEGIN SOLUTION
        if self.ndim == 0:
            raise TypeError("a tensor of shape () is one number and has no length")
        return self.shape[0]
        ### END SOLUTION

    def memory_footprint(self):
        """Return how many bytes the numbers take."""
        ### BEGIN SOLUTION
        return self.size * self.dtype.itemsize
        ### END SOLUTION

    def numpy(self):
        """Return a copy of the values as an array."""
        ### BEGIN SOLUTION
        return self.data.copy()
        ### END SOLUTION

    def item(self):
        """Return the one number of a tensor of size 1 as a Python float."""
        ### BEGIN SOLUTION
        if self.size != 1:
            raise ValueError(f"item() needs exactly one number, this tensor has shape {self.shape}")
        return float(self.data.reshape(()))
        ### END SOLUTION

    def detach(self):
        """Return the same values as a tensor that wants no gradient."""
        ### BEGIN SOLUTION
        return Tensor(self.data)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-inspect", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
week = Tensor([[8, 9, 11, 10], [21, 23, 22, 24], [-3, -1, 0, -2]])
check(week.shape, (3, 4), "Shape")
check(week.ndim, 2, "Number of axes")
check(int(week.size), 12, "How many numbers")
check(str(np.dtype(week.dtype)), "float32", "Type")
check(len(week), 3, "Length is the size of axis 0")
check(Tensor(5).shape, (), "A single number has the empty shape")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: len(Tensor(5)), "A single number has no length")
check(Tensor([[2.5]]).item(), 2.5, "item() of a tensor of size 1")
check_raises(wrong, lambda: week.item(), "item() of 12 numbers", mentions=["(3, 4)"])
check(week.numpy(), week.data, "numpy() gives the values")
check(Tensor([1.0], requires_grad=True).detach().requires_grad, False, "detach() wants no gradient")
check(Tensor([1.0, 2.0], requires_grad=True).detach().data, np.float32([1, 2]), "detach() keeps the values")

# %% nbgrader={"grade": true, "grade_id": "test-memory", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check(int(Tensor([[8, 9, 11, 10], [21, 23, 22, 24]]).memory_footprint()), 32, "8 numbers of 4 bytes")
check(int(Tensor(1).memory_footprint()), 4, "One number")
check(int(zeros(0, 1000).memory_footprint()), 0, "No numbers, no bytes")
check(int(zeros(64, 28, 28).memory_footprint()), 200704, "A batch of 64 MNIST images")

# %% [markdown]
# To see a tensor in a notebook, Python calls `__repr__`. Here is one (given).


# %% nbgrader={"grade": false, "grade_id": "given-repr", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
@extend(Tensor)
class Tensor:
    def __repr__(self):
        numbers = np.array2string(self.data, separator=", ", prefix="Tensor(", precision=4)
        ending = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({numbers}{ending})"


# %%
week = Tensor([[8, 9, 11, 10], [21, 23, 22, 24], [-3, -1, 0, -2]])
week

# %% [markdown]
# ## 3 · One door for all operations (about 20 min)
#
# We could write `def __neg__(self): return Tensor(-self.data)` and so on, twenty-five times. It would work, until module 05, where every operation must also be *written down* so that we can walk backwards through it and compute gradients. Then we would open all twenty-five again.
#
# So we decide now: **every operation goes through one function**, `dispatch`.
#
# ```
#    -a          dispatch("neg", a)
#    a + b  ---> dispatch("add", a, b)  --->  1. take the arrays out of the inputs
#    a.sum()     dispatch("sum", a, ...)      2. look the name up in a table, compute
#                                             3. put the result into a new Tensor
#                                             4. tell the engine what happened
#                                                         |
#                                        today: it shrugs. Module 05: it remembers.
# ```
#
# PyTorch's C++ core has such a function too, and calls it the dispatcher; there it also chooses between CPU and GPU code.
#
# What is given: the table `FORWARD` with a function on *arrays* for each name (NumPy knows the simple ones; you will add the others), the engine that shrugs, `wrap` (which makes a Tensor around a fresh result without copying it), and `naming_shapes`, which puts the operation and the shapes in front of NumPy's error message. An error without shapes is half an error.

# %% nbgrader={"grade": false, "grade_id": "given-engine", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
FORWARD = {
    "neg": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "power": np.power,
    "greater": np.greater,
    "less": np.less,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
}


class Engine:
    """What happens around operations. Module 05 sets one that records; this one does nothing."""

    def record(self, name, inputs, params, output):
        """Take note that `output` was computed by the operation `name` from `inputs` and `params`."""

    def backward(self, tensor, gradient):
        """Compute gradients of everything that `tensor` was computed from."""
        raise RuntimeError("backward() comes with module 05 (autograd); until then nothing is recorded")


engine = Engine()


def set_engine(new):
    """Make `new` the engine of all operations from now on, and return the one before."""
    global engine
    old, engine = engine, new
    return old


def wrap(array):
    """Return a Tensor around the result of an operation, without copying it."""
    tensor = Tensor.__new__(Tensor)
    tensor.data = np.asarray(array, dtype=np.float32)
    tensor.requires_grad = False
    tensor.grad = None
    return tensor


@contextmanager
def naming_shapes(name, arrays):
    """Compute quietly (1/0 is inf, 0/0 is nan); put operation and shapes into the text of an error."""
    try:
        with np.errstate(all="ignore"):
            yield
    except (ValueError, TypeError, IndexError) as error:
        kind = next(k for k in (ValueError, TypeError, IndexError) if isinstance(error, k))
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise kind(f"{name} with shape {shapes}: {error}") from error


@extend(Tensor)
class Tensor:
    def backward(self, gradient=None):
        """Ask the engine for gradients. Comes alive in module 05."""
        engine.backward(self, gradient)


# %% [markdown]
# **Your task.** The four steps of the picture. `inputs` may be tensors, numbers and arrays: `as_array` knows them all. `params` are extras such as `axis=0`, which the function in the table takes as keywords.
#
# ```python
# with naming_shapes(name, arrays):
#     result = ...        # step 2 goes in here
# ```
#
# *Hints: `f(*[a, b], **{"axis": 0})` is the same call as `f(a, b, axis=0)`. In step 4, call `engine.record(name, inputs, params, output)`.*


# %% nbgrader={"grade": false, "grade_id": "dispatch", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def dispatch(name, *inputs, **params):
    """Compute the operation `name` of FORWARD on `inputs`, report it to the engine, return a Tensor."""
    ### BEGIN SOLUTION
    arrays = [as_array(value) for value in inputs]
    with naming_shapes(name, arrays):
        result = FORWARD[name](*arrays, **params)
    output = wrap(result)
    engine.record(name, inputs, params, output)
    return output
    ### END SOLUTION


@extend(Tensor)
class Tensor:
    def __neg__(self):
        return dispatch("neg", self)

    def __add__(self, other):
        return dispatch("add", self, other)


# %% nbgrader={"grade": true, "grade_id": "test-dispatch", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check((-Tensor([1.0, -2.0])).data, np.float32([-1, 2]), "Minus")
check((Tensor([1, 2]) + Tensor([10, 20])).data, np.float32([11, 22]), "Tensor + Tensor")
check((Tensor([1, 2]) + 5).data, np.float32([6, 7]), "Tensor + number")
check((Tensor([1, 2]) + np.array([0.5, 0.25])).data, np.float32([1.5, 2.25]), "Tensor + array stays float32")

a = Tensor([1.0, 2.0])
b = a + a
check(a.data, np.float32([1, 2]), "The inputs stay as they are")
check(b.requires_grad, False, "A result is a new tensor")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: Tensor([1, 2]) + Tensor([1, 2, 3]), "Shapes that do not fit", mentions=["(2,)", "(3,)"])
check_raises(wrong, lambda: Tensor([1, 2]) + "two", "Text has no place in a sum")

# %% [markdown]
# ## 4 · Arithmetic (about 20 min)
#
# With the door in place an operator is one line. `a - b` makes Python call `a.__sub__(b)`.
#
# Arithmetic on tensors works element by element, and different shapes may meet if they **broadcast**. Write the shapes one under the other, *right-aligned*. Two sizes fit when they are equal or one of them is 1 (or missing); a 1 is stretched:
#
# ```
#  temperatures  (3, 4)       image  (28, 28, 3)       column (3, 1)
#  offset           (4)       gain           (3)       row       (4)
#               ------               -----------              ------
#                (3, 4)              (28, 28, 3)              (3, 4)
#
#  one offset per day         one gain per colour      every pair
# ```
#
# (The rule is NumPy's: *NumPy User Guide, "Broadcasting"*. PyTorch follows it.) Nothing is copied for it: the 1 is read again and again.
#
# **Your task.** `-`, `*`, `/` and `**`, in the way of `+` above.


# %% nbgrader={"grade": false, "grade_id": "arithmetic", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Tensor:
    def __sub__(self, other):
        ### BEGIN SOLUTION
        return dispatch("subtract", self, other)
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return dispatch("multiply", self, other)
        ### END SOLUTION

    def __truediv__(self, other):
        ### BEGIN SOLUTION
        return dispatch("divide", self, other)
        ### END SOLUTION

    def __pow__(self, other):
        ### BEGIN SOLUTION
        return dispatch("power", self, other)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-arithmetic", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
a = Tensor([[1, 2, 3], [4, 5, 6]])
b = Tensor([[2, 2, 2], [4, 4, 4]])
check((a - b).data, np.float32([[-1, 0, 1], [0, 1, 2]]), "Difference")
check((a * b).data, np.float32([[2, 4, 6], [16, 20, 24]]), "Product, element by element")
check((a / b).data, np.float32([[0.5, 1, 1.5], [1, 1.25, 1.5]]), "Quotient")
check((a**2).data, np.float32([[1, 4, 9], [16, 25, 36]]), "Square")
check((Tensor([2, 3]) ** Tensor([3, 2])).data, np.float32([8, 9]), "Power with a tensor of exponents")

check((a - Tensor([1, 2, 3])).data, np.float32([[0, 0, 0], [3, 3, 3]]), "A row broadcasts over the rows")
check((a * Tensor([[10], [100]])).data, np.float32([[10, 20, 30], [400, 500, 600]]), "A column broadcasts")
check((Tensor([[1], [2]]) * Tensor([3, 4, 5])).data, np.float32([[3, 4, 5], [6, 8, 10]]), "Column times row")
check((a - np.array([1, 1, 1])).data, np.float32([[0, 1, 2], [3, 4, 5]]), "An integer array on the right")
check((Tensor([1.0, -1.0, 0.0]) / 0).data, np.float32([np.inf, -np.inf, np.nan]), "Division by zero as IEEE 754 has it")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: a * Tensor([1, 2]), "Shapes that do not fit", mentions=["(2, 3)", "(2,)"])

# %% [markdown]
# ### The other side
#
# `x - 2` works. And `2 - x`? Python asks the left side first: can an `int` subtract a Tensor? It cannot, so Python asks the *right* side for its **reflected** method:
#
# ```
#  2 - x    int says: NotImplemented    --->   x.__rsub__(2)      must give 2 - x, not x - 2
# ```
#
# With an array on the left there is a trap. NumPy is too helpful: in `array - x` it would take each element of the array alone, subtract `x` from it, and hand you an array *of tensors*. The class attribute `__array_ufunc__ = None` is the agreed way to tell NumPy: hands off, let my own method do it. (*NumPy reference, "ndarray.\_\_array\_ufunc\_\_"*; it is given below.)
#
# **Your task.** The five reflected operators. For which of them does the order matter?


# %% nbgrader={"grade": false, "grade_id": "reflected", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Tensor:
    __array_ufunc__ = None

    def __radd__(self, other):
        ### BEGIN SOLUTION
        return dispatch("add", other, self)
        ### END SOLUTION

    def __rsub__(self, other):
        ### BEGIN SOLUTION
        return dispatch("subtract", other, self)
        ### END SOLUTION

    def __rmul__(self, other):
        ### BEGIN SOLUTION
        return dispatch("multiply", other, self)
        ### END SOLUTION

    def __rtruediv__(self, other):
        ### BEGIN SOLUTION
        return dispatch("divide", other, self)
        ### END SOLUTION

    def __rpow__(self, other):
        ### BEGIN SOLUTION
        return dispatch("power", other, self)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-reflected", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor([1.0, 2.0, 4.0])
check((2 + x).data, np.float32([3, 4, 6]), "number + tensor")
check((2 - x).data, np.float32([1, 0, -2]), "number - tensor")
check((2 * x).data, np.float32([2, 4, 8]), "number * tensor")
check((2 / x).data, np.float32([2, 1, 0.5]), "number / tensor")
check((2**x).data, np.float32([2, 4, 16]), "number ** tensor")

column = np.array([[10.0], [20.0]])
check((column + x).data, np.float32([[11, 12, 14], [21, 22, 24]]), "array + tensor")
check((column - x).data, np.float32([[9, 8, 6], [19, 18, 16]]), "array - tensor")
check((column / x).data, np.float32([[10, 5, 2.5], [20, 10, 5]]), "array / tensor")
check((np.float64(3) * x).data, np.float32([3, 6, 12]), "A NumPy number on the left")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: np.ones((2, 2)) - x, "Shapes that do not fit", mentions=["(2, 2)", "(3,)"])

# %% [markdown]
# ### Comparing
#
# `week > 20` asks every number the same question. Our tensors hold float32 and nothing else, so the answer is **1.0 for yes and 0.0 for no**, and that is handy: the *sum* of the answers counts the yeses, and *multiplying* by them switches values off. The ReLU of module 02 is hardly more than `x * (x > 0)`.
#
# **Your task.** `>` and `<`. (Python turns `2 > x` into `x < 2` by itself.)


# %% nbgrader={"grade": false, "grade_id": "comparisons", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Tensor:
    def __gt__(self, other):
        ### BEGIN SOLUTION
        return dispatch("greater", self, other)
        ### END SOLUTION

    def __lt__(self, other):
        ### BEGIN SOLUTION
        return dispatch("less", self, other)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-comparisons", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[-1.0, 0.0], [2.0, 5.0]])
check((x > 0).data, np.float32([[0, 0], [1, 1]]), "Greater than a number")
check((x < 2).data, np.float32([[1, 1], [0, 0]]), "Less than a number; equal is not less")
check((x > Tensor([-2, 3])).data, np.float32([[1, 0], [1, 1]]), "Greater, with broadcasting")
check((np.array([0, 1]) > x).data, np.float32([[1, 1], [0, 0]]), "An array on the left")
check((x * (x > 0)).data, np.float32([[0, 0], [2, 5]]), "Switching negative values off")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: x > Tensor([1, 2, 3]), "Shapes that do not fit", mentions=["(2, 2)", "(3,)"])

# %% [markdown]
# ### Three functions that networks live on
#
# $e^x$ makes anything positive (softmax, module 02). $\ln x$ turns products of probabilities into sums (losses, module 04). $\sqrt x$ brings variances back to scale (Adam, module 06).
#
# **Your task.** `exp`, `log`, `sqrt`. The table has them already.


# %% nbgrader={"grade": false, "grade_id": "elementwise", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Tensor:
    def exp(self):
        ### BEGIN SOLUTION
        return dispatch("exp", self)
        ### END SOLUTION

    def log(self):
        ### BEGIN SOLUTION
        return dispatch("log", self)
        ### END SOLUTION

    def sqrt(self):
        ### BEGIN SOLUTION
        return dispatch("sqrt", self)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-elementwise", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(Tensor([0.0, 1.0, -1.0]).exp().data, np.float32([1, 2.7182817, 0.36787945]), "e to the x")
check(Tensor([[1.0, 10.0]]).log().data, np.float32([[0, 2.3025851]]), "Natural logarithm")
check(Tensor([0.0, 2.0, 9.0]).sqrt().data, np.float32([0, 1.4142135, 3]), "Square root")
check(Tensor([0.5, 3.0]).exp().log().data, np.float32([0.5, 3]), "log undoes exp")
check(Tensor(0.0).log().data, np.float32(-np.inf), "The logarithm of 0 is minus infinity")
check(Tensor([-1.0]).sqrt().data, np.float32([np.nan]), "The root of -1 is no real number")

# %% [markdown]
# ## 5 · The matrix product (about 15 min)
#
# If deep learning had a heartbeat, it would be this operation. A layer is one matrix product; attention is two; training GPT-3 took about $3 \cdot 10^{23}$ floating-point operations, nearly all of them in matrix products (*Brown et al. 2020, "Language models are few-shot learners", appendix D*).
#
# $$C_{ij} = \sum_{k} A_{ik}\,B_{kj} \qquad (m, k) \times (k, n) \rightarrow (m, n)$$
#
# Row $i$ of $A$ meets column $j$ of $B$; the *inner* sizes must agree and disappear:
#
# ```
#             A (2, 3)              B (3, 2)                 C (2, 2)
#          [ 1  2  3 ]           [  7   8 ]             [  58   64 ]
#          [ 4  5  6 ]     @     [  9  10 ]      =      [ 139  154 ]
#                                [ 11  12 ]
#                                                  58 = 1*7 + 2*9 + 3*11
# ```
#
# Axes before the last two are a **batch**: `(10, 2, 3) @ (10, 3, 5)` is ten products at once, `(10, 2, 5)`. They broadcast like everything else. A 1-D tensor counts as a row on the left, as a column on the right.
#
# First the definition, as three loops. Read it, then never use it again; in section 10 you will measure why.


# %%
def matmul_by_loops(a, b):
    """The textbook's definition, for two matrices."""
    m, k = a.shape
    n = b.shape[1]
    c = np.zeros((m, n), dtype=np.float32)
    for i in range(m):
        for j in range(n):
            for p in range(k):
                c[i, j] += a[i, p] * b[p, j]
    return c


matmul_by_loops(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[7, 8], [9, 10], [11, 12]]))

# %% [markdown]
# **Your task.** Fill `matmul_forward`, which works on arrays: let `np.matmul` compute, but check first, because its own message ("*mismatch in its core dimension 0 with gufunc signature...*") helps nobody at midnight:
#
# 1. a 0-d operand has no rows: `ValueError`;
# 2. the inner sizes (last axis of `a`; axis -2 of `b`, or axis 0 if `b` is 1-D) must agree: else a `ValueError` that names both sizes. `naming_shapes` adds the shapes.
#
# The methods below it are given, reflected `@` included.


# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matmul_forward(a, b):
    """Return the matrix product of arrays (..., m, k) and (..., k, n)."""
    ### BEGIN SOLUTION
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("a matrix product needs at least one axis on both sides; use * for numbers")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ValueError(f"the inner sizes {a.shape[-1]} and {inner} differ")
    return np.matmul(a, b)
    ### END SOLUTION


FORWARD["matmul"] = matmul_forward


@extend(Tensor)
class Tensor:
    def matmul(self, other):
        return dispatch("matmul", self, other)

    def __matmul__(self, other):
        return dispatch("matmul", self, other)

    def __rmatmul__(self, other):
        return dispatch("matmul", other, self)


# %% nbgrader={"grade": true, "grade_id": "test-matmul", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
a = Tensor([[1, 2, 3], [4, 5, 6]])
b = Tensor([[7, 8], [9, 10], [11, 12]])
check((a @ b).data, np.float32([[58, 64], [139, 154]]), "The example from above")
check(a.matmul(b).data, np.float32([[58, 64], [139, 154]]), "The same by name")
check((b @ a).shape, (3, 3), "The other way round is another product")
check((a @ Tensor([1, 0, -1])).data, np.float32([-2, -2]), "Matrix times vector")
check((Tensor([1, 1]) @ a).data, np.float32([5, 7, 9]), "Vector times matrix")
check((Tensor([1, 2]) @ Tensor([3, 4])).data, np.float32(11), "Vector times vector is one number")
check((np.array([[1, 1]]) @ a).data, np.float32([[5, 7, 9]]), "An array on the left")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: a @ a, "Inner sizes differ", mentions=["(2, 3)"])
check_raises(wrong, lambda: a @ Tensor([1, 2]), "A vector of the wrong size", mentions=["(2, 3)", "(2,)"])
check_raises(wrong, lambda: a @ Tensor(2.0), "A single number", mentions=["()"])

# %% nbgrader={"grade": true, "grade_id": "test-matmul-batch", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
batch = Tensor([[[1, 2], [3, 4]], [[0, 1], [1, 0]], [[2, 0], [0, 2]]])
check(
    (batch @ batch).data,
    np.float32([[[7, 10], [15, 22]], [[1, 0], [0, 1]], [[4, 0], [0, 4]]]),
    "Three products at once",
)
check(
    (batch @ Tensor([[1], [10]])).data,
    np.float32([[[21], [43]], [[10], [1]], [[2], [20]]]),
    "One matrix for the whole batch",
)
check((Tensor([[1, 1]]) @ batch).data, np.float32([[[4, 6]], [[1, 1]], [[2, 2]]]), "One matrix on the left")
check((ones(4, 1, 2, 3) @ ones(5, 3, 6)).shape, (4, 5, 2, 6), "Batch axes broadcast")
check((zeros(2, 0) @ zeros(0, 3)).data, np.float32([[0, 0, 0], [0, 0, 0]]), "A sum over nothing is 0")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: batch @ ones(2, 2, 2), "Batches that do not fit", mentions=["(3, 2, 2)", "(2, 2, 2)"])

# %% [markdown]
# ## 6 · Reductions (about 15 min)
#
# A reduction folds an axis away. *Which* one, is the question that everybody gets wrong at first. Read it so: **the axis you name is the axis that disappears**.
#
# ```
#                      day 0  1   2   3
#             city 0 [  8   9  11  10 ]      .sum(axis=1)  -> one number per city  (3,)
#   (3, 4)    city 1 [ 21  23  22  24 ]
#             city 2 [ -3  -1   0  -2 ]      .sum(axis=0)  -> one number per day   (4,)
#
#                                            .sum()        -> one number           ()
# ```
#
# `keepdims=True` leaves a 1 where the axis was. That is what lets the result broadcast back against the original: `week - week.mean(axis=1, keepdims=True)` gives each city's deviation from its own mean, `(3, 4) - (3, 1)`. Without it you would have `(3, 4) - (3,)`, which does not fit, and on a *square* table would fit and be wrong.
#
# **Your task.** Start with `sum`: its entry in the table and the method. `axis` may be `None` (all), an integer, a negative one, or a tuple of them; `np.sum` understands all of these.

# %% nbgrader={"grade": false, "grade_id": "sum", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
### BEGIN SOLUTION
FORWARD["sum"] = np.sum
### END SOLUTION


@extend(Tensor)
class Tensor:
    def sum(self, axis=None, keepdims=False):
        """Return the sum over `axis` (None: all, an integer, or a tuple of integers)."""
        ### BEGIN SOLUTION
        return dispatch("sum", self, axis=axis, keepdims=keepdims)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-sum", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
week = Tensor([[8, 9, 11, 10], [21, 23, 22, 24], [-3, -1, 0, -2]])
check(week.sum().data, np.float32(122), "Everything: a tensor of shape ()")
check(week.sum(axis=0).data, np.float32([26, 31, 33, 32]), "Over the cities: one number per day")
check(week.sum(axis=1).data, np.float32([38, 90, -6]), "Over the days: one number per city")
check(week.sum(axis=-1).data, np.float32([38, 90, -6]), "Axis -1 is the last one")
check(week.sum(axis=1, keepdims=True).data, np.float32([[38], [90], [-6]]), "keepdims leaves a 1")
check(week.sum(keepdims=True).data, np.float32([[122]]), "keepdims without an axis")
check(ones(2, 3, 4).sum(axis=(0, 2)).data, np.float32([8, 8, 8]), "Two axes at once")
check(ones(2, 3, 4).sum(axis=(-1, 0), keepdims=True).shape, (1, 3, 1), "Two axes, kept")
check(zeros(0, 3).sum(axis=0).data, np.float32([0, 0, 0]), "A sum over nothing is 0")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: week.sum(axis=2), "There is no axis 2", mentions=["(3, 4)"])

# %% [markdown]
# **Your task.** Now `mean` and `max`, for which the table needs an entry too. Write the mean yourself instead of taking `np.mean`, because module 05 will need to know its denominator. With $n$ the number of values that were folded into each result:
#
# $$\text{mean} = \frac{1}{n}\sum x, \qquad n = \frac{\text{numbers before}}{\text{numbers after}}$$
#
# *Hint: `total = np.sum(...)`, and then `a.size` and `total.size` tell $n$. (If nothing is left, `total.size` is 0: `max(total.size, 1)` keeps Python from dividing by it.)*


# %% nbgrader={"grade": false, "grade_id": "mean-max", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean_forward(a, axis, keepdims):
    """Return the mean of an array over `axis`."""
    ### BEGIN SOLUTION
    total = np.sum(a, axis=axis, keepdims=keepdims)
    return total / (a.size // max(total.size, 1))
    ### END SOLUTION


FORWARD["mean"] = mean_forward
FORWARD["max"] = np.max


@extend(Tensor)
class Tensor:
    def mean(self, axis=None, keepdims=False):
        """Return the mean over `axis` (None: all, an integer, or a tuple of integers)."""
        ### BEGIN SOLUTION
        return dispatch("mean", self, axis=axis, keepdims=keepdims)
        ### END SOLUTION

    def max(self, axis=None, keepdims=False):
        """Return the largest number along `axis` (None: all, an integer, or a tuple of integers)."""
        ### BEGIN SOLUTION
        return dispatch("max", self, axis=axis, keepdims=keepdims)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-mean-max", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
week = Tensor([[8, 9, 11, 10], [21, 23, 22, 24], [-3, -1, 0, -2]])
check(week.mean(axis=1).data, np.float32([9.5, 22.5, -1.5]), "Mean of each city")
check(week.mean(axis=0).data, np.float32([26 / 3, 31 / 3, 11, 32 / 3]), "Mean of each day")
check(week.mean().data, np.float32(122 / 12), "Mean of everything")
check(week.mean(axis=(0, 1), keepdims=True).data, np.float32([[122 / 12]]), "Mean over two axes, kept")
check(week.max(axis=0).data, np.float32([21, 23, 22, 24]), "Warmest city of each day")
check(week.max(axis=-1, keepdims=True).data, np.float32([[11], [24], [0]]), "Warmest day of each city, kept")
check(week.max().data, np.float32(24), "Warmest of all")
check(Tensor([-3.0, -1.0]).max().data, np.float32(-1), "The largest of negative numbers is negative")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: week.mean(axis=5), "There is no axis 5", mentions=["(3, 4)"])
check_raises(wrong, lambda: zeros(0).max(), "The largest of nothing", mentions=["(0,)"])

# %% [markdown]
# ## 7 · New shapes for old numbers (about 20 min)
#
# In memory every tensor is one long row of numbers. The shape, and how many bytes to step for each axis (the *strides*), say how to read it:
#
# ```
#  memory   |  1  |  2  |  3  |  4  |  5  |  6  |        4 bytes each
#
#  (2, 3)   1 2 3         strides (12, 4): one row down is 12 bytes on, one column right 4
#           4 5 6
#
#  reshape(3, 2)  1 2     strides (8, 4)     same row of numbers, read in pairs
#                 3 4
#                 5 6
#
#  transpose()    1 4     strides (4, 12)    same row of numbers, axes swapped
#                 2 5
#                 3 6
# ```
#
# Look twice at the two `(3, 2)` results: **reshape keeps the reading order, transpose changes it**. To turn `(28, 28, 3)` into `(3, 28, 28)` with `reshape` is a classic bug: the shape is right and the picture is garbage.
#
# **Your task.** `reshape(*shape)`. One size may be -1: "work it out yourself". `as_shape(shape, smallest=-1)` allows for it.


# %% nbgrader={"grade": false, "grade_id": "reshape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reshape_forward(a, shape):
    """Return the numbers of an array in reading order, in a new shape."""
    return a.reshape(shape)


FORWARD["reshape"] = reshape_forward


@extend(Tensor)
class Tensor:
    def reshape(self, *shape):
        """Return the same numbers in another shape, e.g. `x.reshape(2, -1)`."""
        ### BEGIN SOLUTION
        return dispatch("reshape", self, shape=as_shape(shape, smallest=-1))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-reshape", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]])
check(x.reshape(3, 2).data, np.float32([[1, 2], [3, 4], [5, 6]]), "Reading order stays")
check(x.reshape((6,)).data, np.float32([1, 2, 3, 4, 5, 6]), "A shape as a tuple")
check(x.reshape(-1).data, np.float32([1, 2, 3, 4, 5, 6]), "-1 alone flattens")
check(x.reshape(2, -1, 1).data, np.float32([[[1], [2], [3]], [[4], [5], [6]]]), "-1 in the middle")
check(Tensor(5).reshape(1, 1).data, np.float32([[5]]), "One number as a matrix")
check(x.shape, (2, 3), "The tensor itself keeps its shape")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: x.reshape(4, 2), "6 numbers do not fill (4, 2)", mentions=["(2, 3)"])
check_raises(wrong, lambda: x.reshape(-1, -1), "Only one -1 can be worked out")

# %% [markdown]
# **Your task.** Swapping axes.
#
# - `transpose(dim0, dim1)` swaps these two; without arguments the *last two*, which for a matrix is the transpose you know. A tensor with fewer than two axes stays as it is.
# - `permute(2, 0, 1)` puts all axes in a new order: axis 0 of the result is axis 2 of the original. `permute((2, 0, 1))` works too.
#
# The two entries in the table are given, and so is `.T`, which is `transpose()` without brackets. If only one of `dim0` and `dim1` is given, raise a `ValueError`: nobody can know what was meant.
#
# *Hint: for `permute`, `as_shape(axes, smallest=-self.ndim)` unpacks a tuple for you.*


# %% nbgrader={"grade": false, "grade_id": "transpose", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def transpose_forward(a, dim0, dim1):
    """Return an array with two axes swapped."""
    return np.swapaxes(a, dim0, dim1)


def permute_forward(a, axes):
    """Return an array with its axes in a new order."""
    return np.transpose(a, axes)


FORWARD["transpose"] = transpose_forward
FORWARD["permute"] = permute_forward


@extend(Tensor)
class Tensor:
    def transpose(self, dim0=None, dim1=None):
        """Return the tensor with two axes swapped, by default the last two."""
        ### BEGIN SOLUTION
        if (dim0 is None) != (dim1 is None):
            raise ValueError(f"transpose takes two axes or none, got {dim0} and {dim1} for shape {self.shape}")
        if dim0 is None:
            if self.ndim < 2:
                return self
            dim0, dim1 = -2, -1
        return dispatch("transpose", self, dim0=dim0, dim1=dim1)
        ### END SOLUTION

    def permute(self, *axes):
        """Return the tensor with its axes in a new order, e.g. `x.permute(2, 0, 1)`."""
        ### BEGIN SOLUTION
        return dispatch("permute", self, axes=as_shape(axes, smallest=-self.ndim))
        ### END SOLUTION

    T = property(transpose)  # x.T is x.transpose()


# %% nbgrader={"grade": true, "grade_id": "test-transpose", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]])
check(x.T.data, np.float32([[1, 4], [2, 5], [3, 6]]), "The transpose of a matrix")
check(x.transpose().data, np.float32([[1, 4], [2, 5], [3, 6]]), "The same by name")
check(x.transpose(0, 1).data, np.float32([[1, 4], [2, 5], [3, 6]]), "The same with axes")

block = Tensor(np.arange(24).reshape(2, 3, 4))
check(block.transpose().shape, (2, 4, 3), "By default the last two axes")
check(block.transpose(0, 2).shape, (4, 3, 2), "First and last axis")
check(block.transpose(0, -1).data[3, 1], np.float32([7, 19]), "The numbers move along")
check(block.permute(2, 0, 1).shape, (4, 2, 3), "All axes in a new order")
check(block.permute((2, 0, 1)).data[1], np.float32([[1, 5, 9], [13, 17, 21]]), "Axis 2 comes first")
wrong = (ValueError, TypeError)  # either is fine
check_raises(wrong, lambda: x.transpose(0, 3), "There is no axis 3", mentions=["(2, 3)"])
check_raises(wrong, lambda: block.permute(0, 1), "Two axes for three", mentions=["(2, 3, 4)"])
check_raises(wrong, lambda: block.permute(0, 1, 1), "An axis used twice", mentions=["(2, 3, 4)"])

# %% [markdown]
# ## 8 · Take out a piece (about 10 min)
#
# Square brackets call `__getitem__(key)`. The key can be many things, and NumPy handles them all:
#
# | Key | Means | Result of `week` (3, 4) |
# |---|---|---|
# | `week[0]` | one city | `(4,)` |
# | `week[1, 2]` | one number | `()` |
# | `week[:, 1:3]` | slices: all cities, days 1 and 2 | `(3, 2)` |
# | `week[:, ::-1]` | days backwards | `(3, 4)` |
# | `week[..., None]` | a new axis at the end | `(3, 4, 1)` |
# | `week[np.array([2, 0, 2])]` | cities 2, 0 and 2 again | `(3, 4)` |
# | `week[week.data > 20]` | a mask: the numbers where it is true | `(4,)` |
#
# The array with positions is how an embedding looks up words in module 11. Positions stay integers: they are *where*, not *how much*, so they are parameters of the operation and no tensor.
#
# **Your task.** The entry in the table and the method. It is short: `a[key]` on the array.


# %% nbgrader={"grade": false, "grade_id": "indexing", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def getitem_forward(a, key):
    """Return the part of an array that `key` selects."""
    ### BEGIN SOLUTION
    return a[key]
    ### END SOLUTION


FORWARD["getitem"] = getitem_forward


@extend(Tensor)
class Tensor:
    def __getitem__(self, key):
        """Return what `key` selects: integers, slices, None, integer arrays, masks."""
        ### BEGIN SOLUTION
        return dispatch("getitem", self, key=key)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-indexing", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
week = Tensor([[8, 9, 11, 10], [21, 23, 22, 24], [-3, -1, 0, -2]])
check(week[0].data, np.float32([8, 9, 11, 10]), "One city")
check(week[-1, 2].data, np.float32(0), "One number is a tensor of shape ()")
check(week[:, 1:3].data, np.float32([[9, 11], [23, 22], [-1, 0]]), "Slices")
check(week[1, ::-2].data, np.float32([24, 23]), "Backwards, every other day")
check(week[..., None].shape, (3, 4, 1), "A new axis")
check(
    week[np.array([2, 0, 2])].data,
    np.float32([[-3, -1, 0, -2], [8, 9, 11, 10], [-3, -1, 0, -2]]),
    "Positions, one twice",
)
check(week[np.array([0, 1]), np.array([3, 0])].data, np.float32([10, 21]), "Pairs of positions")
check(week[week.data > 20].data, np.float32([21, 23, 22, 24]), "A mask")
check(
    week[:, np.array([True, False, False, True])].data,
    np.float32([[8, 10], [21, 24], [-3, -2]]),
    "A mask along one axis",
)
check(week[1:1].shape, (0, 4), "A slice of nothing")
check(len(list(week)), 3, "Indexing is all a for loop needs")
check_raises((IndexError, ValueError), lambda: week[5], "There is no city 5", mentions=["(3, 4)"])

# %% [markdown]
# That is the whole Tensor. Take a breath, then use it.
#
# ## 9 · Use it (about 20 min)
#
# ### A photo is a tensor
#
# Matplotlib carries a portrait of Grace Hopper, who wrote the first compiler, for demonstrations. As a tensor it has shape (height, width, colour). To get a grey picture we weigh the colours by how bright the eye finds them: $0.299\,R + 0.587\,G + 0.114\,B$ (*ITU-R BT.601*). That is a broadcast and a sum.

# %%
from matplotlib import cbook

with cbook.get_sample_data("grace_hopper.jpg") as file:
    photo = Tensor(plt.imread(file, format="jpg")) / 255

grey = (photo * Tensor([0.299, 0.587, 0.114])).sum(axis=-1)
print("photo", photo.shape, "-> grey", grey.shape, "with values up to", grey.max().item())

# %% [markdown]
# **Try it.** Four effects, one line each. The first is done; write the others (not graded, so play).
#
# - *contrast*: move every pixel 1.6 times as far from the mean as it is;
# - *small*: make blocks of 8 x 8 pixels and take the mean of each. `grey` is (600, 512), so `reshape(75, 8, 64, 8)` and then a mean over two axes;
# - *edges*: each pixel minus its left neighbour: two slices that are shifted by one.

# %% nbgrader={"grade": false, "grade_id": "use-effects", "locked": false, "schema_version": 3, "solution": true, "task": false}
brighter = grey * 1.5
### BEGIN SOLUTION
contrast = (grey - grey.mean()) * 1.6 + grey.mean()
small = grey.reshape(75, 8, 64, 8).mean(axis=(1, 3))
edges = grey[:, 1:] - grey[:, :-1]
### END SOLUTION

# %%
pictures = {"grey": grey, "brighter": brighter, "contrast": contrast, "small": small, "edges": edges * 4 + 0.5}
figure, axes = plt.subplots(1, 5, figsize=(15, 4), layout="constrained")
for ax, (title, picture) in zip(axes, pictures.items(), strict=True):
    ax.imshow(picture.data, cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"{title} {picture.shape}")
    ax.axis("off")
plt.show()

# %% [markdown]
# Now **blur**: each pixel becomes the mean of the square around it. No loop over pixels is needed: add up shifted *slices* of the whole picture and divide. For a 3 x 3 square:
#
# ```
#    [0:-2, 0:-2]   [0:-2, 1:-1]   [0:-2, 2:]        nine pictures, each shifted a little,
#    [1:-1, 0:-2]   [1:-1, 1:-1]   [1:-1, 2:]        each two smaller in height and width;
#    [2:  , 0:-2]   [2:  , 1:-1]   [2:  , 2:]        their mean is the blurred picture
# ```
#
# In module 08 you give each of the nine its own weight, and have a convolution.


# %% nbgrader={"grade": false, "grade_id": "use-blur", "locked": false, "schema_version": 3, "solution": true, "task": false}
def blur(image, size=3):
    """Return the mean of each size x size square of a picture (h, w), as (h - size + 1, w - size + 1)."""
    ### BEGIN SOLUTION
    height, width = image.shape[0] - size + 1, image.shape[1] - size + 1
    total = zeros(height, width)
    for i in range(size):
        for j in range(size):
            total = total + image[i : i + height, j : j + width]
    return total / size**2
    ### END SOLUTION


# %%
check(blur(Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])).data, np.float32([[5]]), "The mean of nine numbers")
check(blur(ones(6, 5)).data, np.ones((4, 3), dtype=np.float32), "A white wall stays white")

figure, axes = plt.subplots(1, 3, figsize=(9, 4), layout="constrained")
for ax, size in zip(axes, (1, 5, 21), strict=True):
    ax.imshow(blur(grey, size).data, cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"blur {size} x {size}")
    ax.axis("off")
plt.show()

# %% [markdown]
# ### A batch of rotations
#
# Points in the plane are columns of a (2, n) matrix, and a rotation by the angle $\theta$ is a matrix product:
#
# $$R(\theta) = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}$$
#
# Twelve rotations are a tensor of shape (12, 2, 2). One `@` turns the arrow twelve times: (12, 2, 2) @ (2, n) is (12, 2, n). No loop, and that is exactly how a network treats a batch of examples.

# %%
arrow = Tensor([[0.2, 0.7, 0.7, 1.0, 0.7, 0.7, 0.2, 0.2], [-0.04, -0.04, -0.1, 0, 0.1, 0.04, 0.04, -0.04]])
angles = np.arange(12) * 2 * np.pi / 12
cos, sin = np.cos(angles), np.sin(angles)
rotations = Tensor([[cos, -sin], [sin, cos]]).permute(2, 0, 1)
turned = rotations @ arrow
print(rotations.shape, "@", arrow.shape, "=", turned.shape)

plt.figure(figsize=(4, 4))
for hour, outline in enumerate(turned):
    plt.fill(*outline.data, color=plt.cm.twilight(hour / 12))
plt.gca().set_aspect("equal")
plt.title("one matrix product, twelve arrows")
plt.show()

# %% [markdown]
# *Question for the curious: we needed `permute(2, 0, 1)`. What shape would `[[cos, -sin], [sin, cos]]` have without it, and why would `reshape(12, 2, 2)` have been wrong? Try it and look at the plot.*

# %% [markdown]
# ### A look through the door
#
# Remember the engine that shrugs? Here is one that talks. It sees every step of a computation in order, with its inputs and its result: exactly what module 05 needs to walk back. (Five lines should appear. If none does, step 4 of your `dispatch` is missing.)


# %%
class Talkative(Engine):
    def record(self, name, inputs, params, output):
        shapes = " ".join(str(as_array(value).shape) for value in inputs)
        print(f"{name:9} {shapes:14} -> {output.shape!s:7} {params or ''}")


quiet = set_engine(Talkative())
x = Tensor([[1, 2, 3], [4, 5, 6]])
((x - x.mean(axis=1, keepdims=True)) ** 2).mean().sqrt()
talkative = set_engine(quiet)

# %% [markdown]
# ## 10 · What does it cost? (about 10 min)
#
# Run, look, and change things. You will need these figures for your answers below.
#
# **Bytes.** A batch of 64 colour photos of 224 x 224 pixels, as it lies on disk (one byte per colour), as our tensor, and as NumPy's default:

# %%
for dtype in ("uint8", "float32", "float64"):
    print(f"{dtype:8} {array_bytes((64, 3, 224, 224), dtype) / 1e6:6.1f} MB")
print(f"Tensor   {zeros(64, 3, 224, 224).memory_footprint() / 1e6:6.1f} MB")

# %% [markdown]
# **View or copy?** A view shares the bytes and costs nothing; a copy has its own. Guess before you run:

# %%
x = Tensor(np.arange(12)).reshape(3, 4)
pieces = {
    "x.T": x.T,
    "x.reshape(2, 6)": x.reshape(2, 6),
    "x[:, ::2]": x[:, ::2],
    "x[np.array([0, 1])]": x[np.array([0, 1])],
    "x[x.data > 5]": x[x.data > 5],
    "x.T.reshape(12)": x.T.reshape(12),
    "x + 0": x + 0,
    "Tensor(x)": Tensor(x),
}
for text, piece in pieces.items():
    kind = "view" if np.shares_memory(x.data, piece.data) else "copy"
    print(f"{text:20} {kind}   shape {piece.shape!s:8} strides {piece.data.strides}")

# %% [markdown]
# **Time.** The matrix product, by your three loops and by the library. The work is $n^3$ multiplications, so doubling $n$ should cost eight times as much.


# %%
def seconds(function, *inputs, repeats=3):
    """Return the shortest of a few runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


for n in (16, 32, 64):
    a, b = randn(n, n), randn(n, n)
    slow, fast = seconds(matmul_by_loops, a.data, b.data), seconds(Tensor.matmul, a, b)
    print(f"n = {n:3}   loops {slow * 1e3:8.2f} ms   a @ b {fast * 1e3:8.4f} ms   {slow / fast:7,.0f} times")

# %% [markdown]
# **Digits.** Float32 has 24 bits for its digits ([Goldberg 1991](https://doi.org/10.1145/103162.103163), *What every computer scientist should know about floating-point arithmetic*). Two things follow that matter in training:

# %%
print("2**24 + 1 =", Tensor(2**24 + 1).item())

tenths, total = Tensor(np.full(200_000, 0.1)), np.float32(0)
for value in tenths.data:
    total += value
print("200,000 times 0.1, one after the other:", total, "  by sum():", tenths.sum().item())

# %% [markdown]
# *(`sum()` adds in pairs, then pairs of pairs, so that numbers of like size meet: Higham, Accuracy and Stability of Numerical Algorithms, section 4.2.)*
#
# **The price of the door.** What does `dispatch` cost when there is little to compute, and when there is much?

# %%
for n in (1, 1_000, 1_000_000):
    a, b = randn(n), randn(n)
    ours = seconds(Tensor.__add__, a, b, repeats=50)
    bare = seconds(np.add, a.data, b.data, repeats=50)
    print(f"{n:9,} numbers   Tensor {ours * 1e6:8.1f} us   NumPy {bare * 1e6:8.1f} us")

# %% [markdown]
# ### Compare with PyTorch
#
# | | Your Tensor | `torch.Tensor` |
# |---|---|---|
# | type | always float32 | float32 by default; `torch.tensor([1, 2])` stays int64; bfloat16, int8, ... |
# | making one | copies always | `torch.tensor` copies, `torch.from_numpy` shares memory with the array |
# | `x > 0` | 1.0 and 0.0 | a tensor of booleans |
# | `sum(axis=1, keepdims=True)` | NumPy's words | `sum(dim=1, keepdim=True)`, accepts NumPy's words too |
# | `max(axis=1)` | the values | values *and* their positions |
# | `x.T`, slices | views | views |
# | `numpy()` | a copy | shares memory |
# | one door | `dispatch` and a dict | the dispatcher, keyed by device, autograd, type |
# | where | the CPU, through NumPy | CPU, GPU, and more |
#
# If PyTorch is installed on your machine, try some lines of your test cells with `torch.tensor`: most of them work as they are.

# %% [markdown]
# ## 11 · Reflect (about 20 min)
#
# Three written answers, 10 points each, read by a person. A good answer is short (100 to 200 words), takes a position, and uses *numbers that you measured above*.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · Whose memory is it?
#
# Your `Tensor(data)` copies, but `x.T` and `x[:, ::2]` are views. (a) Describe a concrete situation in a training loop in which a constructor *without* the copy would ruin the result silently. (b) Describe one in which a *view* surprises its owner. (c) The copy costs memory and time: for a batch of 64 photos of 3 x 224 x 224, how much memory, and would you offer a way around it? Under which conditions?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) A data loader often fills one buffer again and again. Without the copy, the tensor of batch 1 shows the numbers of batch 2 as soon as the buffer is refilled: a loss that is computed later (or a gradient that needs the input in module 05) uses the wrong batch. No error, no strange shape, only a model that learns badly. (b) `w = model.weight; first = w[0]` is a view: when the optimizer then updates `w.data` in place, the "saved" row changes with it, so that before and after look the same. The same goes for writing into `x.T.data`. (c) 64 * 3 * 224 * 224 * 4 bytes = 38,535,168 bytes, 38.5 MB for the copy, a few milliseconds per batch. A way around can be worth it (PyTorch has `from_numpy`), if it has a name of its own that says so, the caller gives up ownership, and the array is float32 already (otherwise the conversion copies anyway). The safe behaviour stays the default.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Both situations are concrete and right, with the mechanism (shared bytes, in-place change) and why nothing warns; the memory is right (38.5 MB) and the way around has sensible conditions |
# | 7-8 | Both situations right; the figure, or the conditions, is missing or vague |
# | 5-6 | One situation right, the other unclear; knows what a view is |
# | 3-4 | Says that copies are safer or views faster, without a situation that holds |
# | 0-2 | Empty, off the subject, or takes views and copies for the same thing |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · Seven digits
#
# Float64 would be "more exact" everywhere. (a) With your figures: what would it cost for the batch of photos, and why does that matter for speed too? (b) Explain the two results of the cell *Digits*: why is `2**24 + 1` wrong, and why does adding 0.1 one after the other go astray while `sum()` does not? (c) Name one place in training where you would insist on more digits, or on a careful order of adding, and one where even 16 bits would do.
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Twice the memory: 77.1 instead of 38.5 MB for one batch, and the same for every weight, gradient and intermediate result. Big operations are limited by how fast bytes come from memory, and vector instructions handle half as many float64 as float32 at a time, so it is up to two times slower as well. (b) Float32 keeps 24 binary digits. From 2**24 on, neighbouring float32 numbers lie 2 apart, so 2**24 + 1 is not representable and is rounded to 2**24. In the loop, the total is soon 100,000 times larger than 0.1: near 16,000 neighbours are about 0.001 apart, so each addition of 0.1 is rounded by up to 0.0005, in the same direction for long stretches, and the errors add up. Pairwise addition joins numbers of like size: the error grows with log n instead of n. (c) More care: averaging the loss or the variance over many examples, accumulating small updates into large weights, counters. 16 bits do: activations and weights in a forward pass, images that had 8 bits to begin with.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Cost with figures and a reason for speed (bandwidth or vector width); both effects explained by the distance of neighbouring floats; two fitting places with reasons |
# | 7-8 | Figures and both effects right, places named without a reason; or one effect only described instead of explained |
# | 5-6 | Knows that float32 has about 7 digits and that rounding errors add up; the growth of the total or the pairwise order is not explained |
# | 3-4 | General remarks ("floats are not exact") with hardly any figure |
# | 0-2 | Empty, off the subject, or claims that float32 is exact |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · One door
#
# Every operation goes through `dispatch`. (a) What would module 05 have to change if each method called NumPy by itself? (b) Name two things, other than gradients, that you could add at this one point, and sketch one of them in three or four lines of code or words. (c) What does the door cost for 1 and for 1,000,000 numbers on your machine, and what does that tell you about how to write fast code with tensors?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) All of them: each of some twenty-five methods would have to remember its inputs and parameters for the backward pass, or somebody would replace all methods at run time (monkeypatching). Each is a place to forget one, and code that kept a reference to an old method would go unrecorded. With the door it is one call, `engine.record`. (b) For example a profiler (count and time operations by name), a check for NaN after every operation that names the first guilty one, counting bytes allocated, choosing another device (a second table FORWARD for the GPU), a log for reproducing a bug, fusing operations. Sketch: `class NanHunter(Engine): def record(self, name, inputs, params, output): if np.isnan(output.data).any(): raise FloatingPointError(name)`. (c) For example 3 us against 0.5 us for one number (most of it is Python: unpacking, the context manager, a new object), and 300 us against 290 us for a million, so nothing. The price is per *operation*, not per number: few operations on large tensors, batches instead of loops.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | What would change, and why that is fragile; two real uses, one with a sketch that would work; own measurements and the right conclusion (a fixed price per operation, so batch) |
# | 7-8 | All three parts, one of them thin: a sketch that would not quite work, or figures without a conclusion |
# | 5-6 | Understands the purpose of the door; uses are vague ("logging"), or no figures |
# | 3-4 | Repeats the text of section 3 |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# You have a tensor: twenty-odd operations on one table, behind one door. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. `tito sync` writes your package, `tito test 01` runs the checks, `tito submit cp01` hands in.
#
# **Next: module 02, activations.** A network that only multiplies and adds, however deep, can draw nothing but straight lines. You will see why, and bend them.
