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
# # Module 00 · Setup
#
# *Checkpoint 00, environment: can I set up my development environment?*
#
# Welcome. In this course you build a small PyTorch with nothing but Python and NumPy: tensors, gradients, optimizers, convolutions, attention, and at the end a language model that runs on code of which you wrote every line.
#
# A carpenter's first evening goes into the workbench: is it level, are the tools sharp, does the tape measure tell the truth? This notebook is that evening. You write six small functions that the later modules lean on, you meet the way we work, and you take the measure of your machine.
#
# | Part | You do | Minutes |
# |---|---|---|
# | Build | 1 versions · 2 bytes · 3 randomness · 4 a report | 40 |
# | Use | 5 measure your machine | 10 |
# | Reflect | 6 three questions for your teacher | 10 |
#
# **By the end you can** say which software you run on, how many bytes an array takes before you make it, how to repeat an experiment to the last bit, and why nobody writes a loop over a million numbers in Python.

# %% [markdown]
# ## The road to the first milestone
#
# The first eight modules lead from this bench to a network of yours that reads handwriting. Each is a notebook; they stand on each other, so do them in this order.
#
# | Module | You build | Minutes |
# |---|---|---|
# | 00 setup | the bench | 60 |
# | 01 tensor | numbers in a block with a shape, and what can be computed with them | 180 |
# | 02 activations | the bends without which a network can draw only straight lines | 120 |
# | 03 layers | objects that keep what is learned | 150 |
# | 04 losses | how wrong, in one number | 120 |
# | 05 autograd | which way is down, for every weight at once | 240 |
# | 06 optimizers | how far to step | 150 |
# | 07 training | the machine around it all, and `tito milestone run mnist` | 180 |
#
# Together about 20 hours. `tito checkpoint timeline` shows where you are.

# %% [markdown]
# ## How we work
#
# Every module has three parts. **Build**: you write code in small steps. **Use**: you do something real with it. **Reflect**: you explain in words what you saw, and a person reads it.
#
# - A cell with `YOUR CODE HERE` is yours. Replace the line `raise NotImplementedError()` by your code, and run the cell (Shift + Enter).
# - The cell after it is a **test**. It says `ok` for each thing that works, and for the first that does not, what it got and what it expected. Run it as often as you like: that is what it is for. A failure looks like this: `CheckFailed: A vector: got 7, expected 28`. Its points cover what you see and some more tests of the same step, on inputs you do not see.
# - Cells that start with `#| export` become a file of your own package `tinytorch`, when you run `tito sync` in a terminal. This notebook becomes `tinytorch/core/setup.py`, and module 01 imports it.
# - Cells without points are for playing. Break them, they mend with *undo*.
#
# If something behaves strangely: *Kernel > Restart and run all*. A notebook remembers what you ran, not what you see.

# %% nbgrader={"grade": false, "grade_id": "setup-exports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.setup
#| export
import math
import platform
import re

import numpy as np

# %%
import time

import matplotlib.pyplot as plt

from tito.checks import check, check_raises

# %% [markdown]
# ## 1 · Which version is that? (about 15 min)
#
# A true classic among bugs: a program needs NumPy 1.9 or later, checks `"1.10" >= "1.9"`, and stops on the newer one, because *text* is compared letter by letter, and the letter `1` comes before `9`.
#
# ```
#  as text      "1.10"  <  "1.9"          "1" < "9" in the third place
#  as numbers   (1, 10) >  (1, 9)         10 > 9
# ```
#
# So first we turn a version into numbers. In the wild, versions have tails (`2.0.0rc1` is a release candidate, `1.26.4+local` a local build); we keep the **leading numbers with dots between them** and forget the rest:
#
# | Text | Numbers |
# |---|---|
# | `"3.11.7"` | `(3, 11, 7)` |
# | `"2.0.0rc1"` | `(2, 0, 0)` |
# | `"1.26.4+local"` | `(1, 26, 4)` |
# | `"v2.1"` | `ValueError`: it does not start with a digit |
#
# **Your task.** Write `parse_version`. A *regular expression* describes the leading part neatly: `[0-9]+` is one or more digits, `\.` a dot, `(...)*` any number of repetitions, and `re.match` looks at the beginning of the text:

# %%
match = re.match(r"[0-9]+(\.[0-9]+)*", "2.0.0rc1")
print(match.group())
print(re.match(r"[0-9]+(\.[0-9]+)*", "v2.1"))

# %% [markdown]
# *Hints: `text.split(".")` cuts at the dots; `tuple(int(part) for part in parts)` makes numbers. Put the text into the error's message: whoever reads it will want to know.*


# %% nbgrader={"grade": false, "grade_id": "version", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def parse_version(text):
    """Return the leading dotted numbers of a version as a tuple: "2.0.0rc1" gives (2, 0, 0)."""
    ### BEGIN SOLUTION
    match = re.match(r"[0-9]+(\.[0-9]+)*", text)
    if match is None:
        raise ValueError(f"a version starts with a number, as in '3.11.7'; got {text!r}")
    return tuple(int(part) for part in match.group().split("."))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-version", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check(parse_version("3.11.7"), (3, 11, 7), "Three numbers")
check(parse_version("12"), (12,), "One number is still a tuple")
check(parse_version("2.0.0rc1"), (2, 0, 0), "A release candidate")
check(parse_version("1.26.4+local"), (1, 26, 4), "A local build")
check(parse_version("2024.10.1.post3"), (2024, 10, 1), "A year, and a tail after a dot")
check(parse_version("1.2."), (1, 2), "A dot with nothing behind it")
check_raises(ValueError, lambda: parse_version("v2.1"), "A letter in front", mentions=["v2.1"])
check_raises(ValueError, lambda: parse_version("unknown"), "No number at all", mentions=["unknown"])
check_raises(ValueError, lambda: parse_version(""), "No text at all")

# %% [markdown]
# Python compares tuples number by number from the left, which is nearly what we want. Nearly: `(3, 11)` counts as *less* than `(3, 11, 0)`, because it is shorter, but version 3.11 **is** version 3.11.0. A missing number means 0.
#
# ```
#  "3.11"      (3, 11, 0)  <- filled up
#  "3.11.0"    (3, 11, 0)      equal: it meets the minimum
# ```
#
# **Your task.** Write `meets(version, minimum)`: is `version` at least `minimum`?
#
# *Hint: `(3, 11) + (0,) * 2` is `(3, 11, 0, 0)`.*


# %% nbgrader={"grade": false, "grade_id": "meets", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def meets(version, minimum):
    """Return whether `version` is `minimum` or later; missing numbers count as 0."""
    ### BEGIN SOLUTION
    have, need = parse_version(version), parse_version(minimum)
    length = max(len(have), len(need))
    return have + (0,) * (length - len(have)) >= need + (0,) * (length - len(need))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-meets", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check(meets("1.10", "1.9"), True, "Ten is more than nine")
check(meets("1.9", "1.10"), False, "Nine is less than ten")
check(meets("3.11.7", "3.11"), True, "Later than the minimum")
check(meets("3.11", "3.11.0"), True, "A missing number counts as 0")
check(meets("3.11.0", "3.11"), True, "Also the other way round")
check(meets("3.11", "3.11.1"), False, "Just too old")
check(meets("4.0", "3.11.7"), True, "The first number decides")
check(meets("2.0.0rc1", "2.0"), True, "The tail does not count")
check_raises(ValueError, lambda: meets("latest", "3.11"), "Not a version", mentions=["latest"])

# %% [markdown]
# ## 2 · How many bytes is that? (about 10 min)
#
# "CUDA out of memory" is an error message that this field sees every day. It is also the easiest to foresee, because the size of an array is one multiplication:
#
# $$\text{bytes} = \text{bytes per number} \times \prod_i \text{shape}_i$$
#
# | What | Shape | Type | Bytes |
# |---|---|---|---|
# | an MNIST digit on disk | `(28, 28)` | uint8, 1 byte | 784 |
# | a batch of 64 of them as floats | `(64, 28, 28)` | float32, 4 bytes | 200,704 |
# | one number | `()` | float32 | 4 (an empty product is 1) |
# | no rows at all | `(0, 10)` | float32 | 0 |
# | weights of a 100,000 x 100,000 layer | `(100000, 100000)` | float32 | 40,000,000,000 |
#
# You see from the last row why the function must *compute* the answer and not make the array and ask it.
#
# **Your task.** Write `array_bytes(shape, dtype="float32")`. A negative size is a `ValueError` that names the shape.
#
# *Hints: `math.prod(shape)`; `np.dtype("float32").itemsize` is 4. Careful: with two negative sizes the product is positive again.*


# %% nbgrader={"grade": false, "grade_id": "bytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def array_bytes(shape, dtype="float32"):
    """Return how many bytes an array of this shape and type takes, without making one."""
    ### BEGIN SOLUTION
    if any(size < 0 for size in shape):
        raise ValueError(f"sizes of a shape are not negative, got {tuple(shape)}")
    return math.prod(shape) * np.dtype(dtype).itemsize
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-bytes", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check(array_bytes((64, 28, 28)), 200704, "A batch of digits in float32")
check(array_bytes((28, 28), "uint8"), 784, "A digit with one byte per pixel")
check(array_bytes((3, 4), "float64"), 96, "Eight bytes per number")
check(array_bytes((7,)), 28, "A vector")
check(array_bytes(()), 4, "One number")
check(array_bytes((0, 10)), 0, "No rows, no bytes")
check(array_bytes((100000, 100000)), 40000000000, "40 GB, and nothing was allocated")
check_raises(ValueError, lambda: array_bytes((2, -1)), "A negative size", mentions=["(2, -1)"])
check_raises(ValueError, lambda: array_bytes((-2, -3)), "Two negative sizes", mentions=["(-2, -3)"])

# %% [markdown]
# ## 3 · Randomness that repeats (about 10 min)
#
# Networks start from random weights, read their data in random order and drop random units. And yet you must be able to run an experiment *again* and get the same numbers: or how would you find a bug, or believe an improvement of half a percent?
#
# Computers help, by not being random at all. A **generator** computes a sequence that only looks random, and its **seed** says where it starts:
#
# ```
#  seed 7  -->  [generator]  -->  0.625  0.897  0.776  0.225  0.300 ...
#  seed 7  -->  [generator]  -->  0.625  0.897  0.776  0.225  0.300 ...     the same, bit for bit
#  seed 8  -->  [generator]  -->  0.327  0.987  0.319  0.789  0.870 ...
# ```
#
# Our package has *one* generator that everything draws from, so that one seed rules everything. It lives in a variable of the module, beside two functions:
#
# - `generator()` returns it, a `np.random.Generator`. It goes on where it stopped: two draws differ.
# - `manual_seed(seed)` puts a fresh one in its place, `np.random.default_rng(seed)`.
#
# **Your task.** Both functions.
#
# *Hint: a function that assigns to a variable outside needs `global _generator` first.*

# %% nbgrader={"grade": false, "grade_id": "seed", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
_generator = np.random.default_rng()


def manual_seed(seed):
    """Start the package's generator anew: the same seed gives the same numbers, bit for bit."""
    ### BEGIN SOLUTION
    global _generator
    _generator = np.random.default_rng(seed)
    ### END SOLUTION


def generator():
    """Return the one generator that everything random in the package draws from."""
    ### BEGIN SOLUTION
    return _generator
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-seed", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
check(generator().random(2).shape, (2,), "There is a generator before anybody has chosen a seed")

manual_seed(7)
first = generator().random(5)
manual_seed(7)
again = generator().random(5)
check(bool((first == again).all()), True, "The same seed, the same numbers")
check(first, np.random.default_rng(7).random(5), "The generator is NumPy's default_rng")

more = generator().random(5)
check(bool((again == more).any()), False, "Without a new seed the sequence goes on")
manual_seed(7)
pieces = [generator().random(2), generator().random(3)]
check(np.concatenate(pieces), first, "In two pieces the sequence is the same")
manual_seed(8)
check(bool((generator().random(5) == first).any()), False, "Another seed, other numbers")
check(generator() is generator(), True, "There is one generator")

# %% [markdown]
# ## 4 · A report for the bug report (about 5 min)
#
# "It does not work" is not a bug report. "Python 3.11.7, NumPy 2.4.6, Linux x86_64, seed 7, line 3: expected 2, got nan" is one: somebody else can now make it happen again.
#
# **Your task.** `environment()` returns a dict of three texts: `"python"` and `"numpy"` are versions, `"platform"` says what kind of system this is, for example `Linux x86_64`.
#
# *Hints: `platform.python_version()`, `np.__version__`, `platform.system()`, `platform.machine()`.*


# %% nbgrader={"grade": false, "grade_id": "environment", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def environment():
    """Return what this program runs on, as texts under "python", "numpy" and "platform"."""
    ### BEGIN SOLUTION
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test-environment", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
report = environment()
check(sorted(report), ["numpy", "platform", "python"], "The three entries")
check(report["numpy"], np.__version__, "NumPy's version")
check(report["python"].split(".")[0], "3", "Python's version")
check([type(text) is str and text != "" for text in report.values()], [True, True, True], "All are texts")

# %%
needs = {"python": "3.11", "numpy": "2.0"}
report = environment()
for name, minimum in needs.items():
    verdict = "fine" if meets(report[name], minimum) else f"too old, please install {minimum} or later"
    print(f"{name:7} {report[name]:8} {verdict}")
print(f"running on {report['platform']}")

# %% [markdown]
# ## 5 · Use it: measure your machine (about 10 min)
#
# A *vectorised* operation hands the whole array to NumPy, whose loop is compiled C. A Python loop fetches each number, finds out what type it is, finds out what `+` means for it, makes a new object for the sum, and throws the old one away. How much does that cost **on your machine**? Do not believe anybody; measure.
#
# A stopwatch has to be held right: a single run can be disturbed by anything (mail, a backup, a browser tab), and disturbances only ever make it *slower*. So we take the shortest of several runs.


# %%
def seconds(function, *inputs, repeats=5):
    """Return the shortest of a few runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


def loop_sum(values):
    """Add up the way a beginner would."""
    total = 0.0
    for value in values:
        total += value
    return total


manual_seed(0)
sizes = [10**k for k in range(2, 7)]
loop_times, numpy_times = [], []
for n in sizes:
    values = generator().random(n, dtype=np.float32)
    loop_times.append(seconds(loop_sum, values, repeats=3))
    numpy_times.append(seconds(np.sum, values, repeats=20))
    ratio = loop_times[-1] / numpy_times[-1]
    print(
        f"{n:9,} numbers   loop {loop_times[-1] * 1e3:9.4f} ms   NumPy {numpy_times[-1] * 1e3:7.4f} ms   {ratio:5.0f} times"
    )

# %%
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.loglog(sizes, loop_times, "o-", label="Python loop")
ax.loglog(sizes, numpy_times, "s-", label="np.sum")
ax.set_xlabel("how many numbers")
ax.set_ylabel("seconds")
ax.set_title("The same sum, two ways")
ax.grid(alpha=0.3, which="both")
ax.legend()
plt.show()

# %% [markdown]
# Look at the picture on its logarithmic axes. The loop is a straight line: ten times the numbers, ten times the time. NumPy's curve is *flat* at first. There, the time is not the adding: it is the price of calling NumPy at all. Where does your curve begin to rise?
#
# One more figure, which you will meet again when models get big. To add numbers, the processor must first *get* them from memory:

# %%
n = 20_000_000
values = generator().random(n, dtype=np.float32)
rate = array_bytes(values.shape) / seconds(np.sum, values)
print(f"np.sum reads {rate / 1e9:.1f} GB per second, {rate / 4e9:.1f} billion float32 numbers")
del values

# %% [markdown]
# ### Compare with PyTorch
#
# | You wrote | The professionals' version |
# |---|---|
# | `meets(version, minimum)` | `packaging.version.Version`, which also knows that `2.0.0rc1` comes *before* `2.0.0` |
# | `array_bytes(shape, dtype)` | `tensor.element_size() * tensor.nelement()`, or the `meta` device: tensors with a shape and no memory |
# | `manual_seed`, `generator` | `torch.manual_seed`, `torch.Generator`; one generator per device |
# | `environment()` | `python -m torch.utils.collect_env`, the first thing asked for in a bug report |

# %% [markdown]
# ## 6 · Reflect (about 10 min)
#
# Three written answers, 10 points each, read by a person. Short is good (60 to 120 words); *numbers that you measured* are better than adjectives.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-1", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 1 · Where does the time go?
#
# Take your figures from section 5. (a) How many nanoseconds does one number cost in the loop, and how many in `np.sum`, for a million numbers? What does Python do in that time that NumPy does not? (b) For 100 numbers the ratio is much smaller. Why? (c) Adding up 10 billion numbers: how long would each way take, and what else would stop you on your machine?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) For example 60 ms for a million numbers in the loop, 60 ns each, and 0.25 ms in NumPy, 0.25 ns each: 240 times less. For every number Python makes an object from the array's element, looks up its type and its `+`, makes a new object for the total, and frees the old ones. NumPy knows the type once for all and runs a compiled loop over neighbouring bytes, several numbers per instruction. (b) Calling `np.sum` has a fixed price of a few microseconds (checking arguments, preparing the result), whatever the size. With 100 numbers that is most of the time, so the curve is flat there. (c) Loop: 10^10 * 60 ns = 600 s, ten minutes; NumPy: 2.5 s if it keeps its speed. But 10^10 float32 are 40 GB (`array_bytes((10**10,))`), more than the memory of most laptops: one would have to read it in pieces.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Own figures per number, what Python does for each, the fixed price of a call, the extrapolation, and the 40 GB |
# | 7-8 | Right explanation and figures; one part (the fixed price or the memory) is missing |
# | 5-6 | Knows that compiled code is faster, with figures, but explains neither object handling nor the fixed price |
# | 3-4 | "NumPy is faster" with little behind it, or figures that do not fit together |
# | 0-2 | Empty, off the subject, or no figures at all |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-2", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 2 · The same numbers again
#
# A friend runs your training program with your seed and gets a slightly different loss. (a) Name three possible reasons. (b) Which of them does `manual_seed` rule out, and which would `environment()` help to find? (c) Our package has one generator that all modules share. What would go wrong if each function made its own with `np.random.default_rng(0)`?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) Another version of NumPy (a stream may change between versions) or Python; another processor or linear algebra library that adds in another order, so that rounding differs; a draw from another source (Python's `random`, `np.random`, the order of a set or of files, threads), or one draw more or less somewhere before, which shifts all that follow. (b) `manual_seed` rules out only that the package's own generator starts elsewhere. `environment()` shows versions and platform: the first two kinds. Draws from other sources one must find in the code. (c) Every function would give the same numbers at every call: two layers with the same start weights, the same "random" order of the data in each epoch, the same units dropped each time. It looks random and is not; the units of a network would stay copies of each other.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | Three different, real reasons; each assigned to the right tool; the repetition at every call and what it does to a network |
# | 7-8 | Three reasons, the assignment or the harm in (c) is vague |
# | 5-6 | Two reasons, and sees that numbers would repeat in (c) |
# | 3-4 | One reason, or repeats the text of section 3 |
# | 0-2 | Empty, off the subject, or says that a seed makes everything equal always |
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-3", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### Question 3 · At least version
#
# (a) Give an example of your own of two versions that a comparison of texts puts in the wrong order. (b) Our `meets` says that `2.0.0rc1` meets `2.0`. When would that hurt, and how would you change the function? (c) A program that ran last year fails today although `meets(numpy, "1.20")` is true. What does a *minimum* not protect you from, and what do people do about it?
#
# <!-- BEGIN SOLUTION -->
# **Model answer.** (a) `"3.9"` and `"3.13"` of Python: as text 3.13 is smaller. (b) A release candidate comes before the release and may lack a fix, or have a bug that the release does not have: a program that needs the fix would start and fail later. `parse_version` would have to tell that there is a tail: for instance add a last number, -1 for `a`, `b` and `rc` tails and 0 otherwise, so that (2, 0, 0, -1) < (2, 0, 0, 0), or simply use `packaging`. (c) A minimum says nothing about *later* versions, in which names are removed and behaviour changes (NumPy 2 removed names that 1.20 had). People give an upper bound (`>=1.20,<2`), pin exact versions with checksums in a lock file, and run their tests against new versions before they move.
#
# **Rubric (10 points)**
#
# | Points | The answer |
# |---|---|
# | 9-10 | A right example, a harm and a change that would work, and both the limit of a minimum and a remedy (upper bound, pin or lock file) |
# | 7-8 | All three parts, one thin (a change that is only named, or a remedy without a reason) |
# | 5-6 | Right example; (b) or (c) answered well, the other not |
# | 3-4 | Only the example, or general remarks about updates |
# | 0-2 | Empty or off the subject |
# <!-- END SOLUTION -->

# %% [markdown]
# ## Done
#
# The bench is level. Now
#
# 1. *Kernel > Restart and run all*: does everything still pass, from top to bottom?
# 2. In a terminal: `tito sync` writes your package, `tito test 00` runs the checks, `tito submit cp00` hands in.
#
# **Next: module 01, the tensor.** The one object that everything else in this course is made of.
