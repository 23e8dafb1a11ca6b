"""Mistakes that the graders of checkpoint 02 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="02", old=old, new=new, mistake=mistake)


_RELU = "return np.maximum(a, 0)"
_Z = "z = np.exp(-np.abs(a))"
_SIGMOID = "return np.where(a >= 0, 1, z) / (1 + z)"
_TANH = "return np.tanh(a)"
_GELU = "return 0.5 * a * (1 + np.tanh(inner))"
_POWERS = "powers = np.exp(a - a.max(axis=dim, keepdims=True))"
_SHARES = "return powers / powers.sum(axis=dim, keepdims=True)"
_SHIFTED = "shifted = a - a.max(axis=dim, keepdims=True)"
_LOGS = "return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))"
_NO_AXIS = "dim = dim if -a.ndim <= dim < a.ndim else -1; "

_SHARED = [
    _mistake("call-gives-array", "return self.forward(x)", "return self.forward(x).data",
             "calling an activation gives an array, not a tensor"),
    _mistake("call-remembers", "return self.forward(x)",
             'self.kept = getattr(self, "kept", None) or self.forward(x); return self.kept',
             "the object answers with the result of its first input"),
    _mistake("parameters-none", "        return []\n", "        return None\n", "parameters() gives None, not a list"),
    _mistake("parameters-something", "        return []\n", "        return [Tensor([0.0])]\n",
             "an activation has something to learn"),
]  # fmt: skip

_RELUS = [
    _mistake("relu-absolute", _RELU, "return np.abs(a)", "ReLU gives the absolute value"),
    _mistake("relu-leaky", _RELU, "return np.where(a > 0, a, 0.01 * a)", "ReLU lets a part of negative numbers pass"),
    _mistake("relu-of-six", _RELU, "return np.clip(a, 0, 6)", "ReLU cuts off at 6"),
    _mistake("relu-minimum", _RELU, "return np.minimum(a, 0)", "ReLU keeps the negative numbers"),
    _mistake("relu-step", _RELU, "return np.where(a > 0, 1.0, 0.0)", "ReLU gives its slope"),
    _mistake("relu-largest", _RELU, "return np.maximum(np.max(a, initial=0), 0) * np.ones_like(a)",
             "ReLU gives the largest of all numbers"),
    _mistake("relu-threshold", _RELU, "return np.where(a > 0.01, a, 0)", "ReLU cuts off small positive numbers"),
    _mistake("relu-in-place", _RELU, "a[a < 0] = 0; return a.copy()", "ReLU changes its input"),
    _mistake("relu-aliased", _RELU, "return a if np.all(a >= 0) else np.maximum(a, 0)",
             "data aliased to the input where nothing is cut off"),
    _mistake("relu-bypassed", 'return dispatch("relu", x)', "return x", "ReLU gives its input back"),
]  # fmt: skip

_SIGMOIDS = [
    _mistake("sigmoid-overflow", f"{_Z}\n    {_SIGMOID}", "z = np.exp(a)\n    return z / (1 + z)", "sigmoid overflow"),
    _mistake("sigmoid-one-branch", _SIGMOID, "return 1 / (1 + z)", "sigmoid takes every number for a positive one"),
    _mistake("sigmoid-swapped", _SIGMOID, "return np.where(a >= 0, z, 1) / (1 + z)",
             "the two branches of the sigmoid are swapped"),
    _mistake("sigmoid-clipped", _Z, "a = np.clip(a, -8, 8); z = np.exp(-np.abs(a))",
             "sigmoid clips its input, so that it never reaches 0 and 1"),
    _mistake("sigmoid-hard", _SIGMOID, "return np.clip(0.2 * a + 0.5, 0, 1)", "sigmoid is made of straight lines"),
    _mistake("sigmoid-base-two", _Z, "z = np.exp2(-np.abs(a))", "sigmoid has base 2"),
    _mistake("sigmoid-centred", _SIGMOID, "return np.where(a >= 0, 1, z) / (1 + z) - 0.5",
             "sigmoid is centred on 0"),
    _mistake("sigmoid-slope", _SIGMOID, "return z / (1 + z) ** 2", "sigmoid gives its slope"),
    _mistake("sigmoid-rounds", _SIGMOID, "return np.round(np.where(a >= 0, 1, z) / (1 + z), 4)",
             "probabilities are rounded to four places"),
    _mistake("sigmoid-in-place", _Z, "np.negative(np.abs(a, out=a), out=a); z = np.exp(a)",
             "sigmoid writes into its input"),
    _mistake("sigmoid-is-tanh", 'return dispatch("sigmoid", x)', 'return dispatch("tanh", x)',
             "Sigmoid calls another function"),
]  # fmt: skip

_TANHS = [
    _mistake("tanh-overflow", _TANH, "return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))",
             "tanh overflows: infinity by infinity"),
    _mistake("tanh-half", _TANH, "return np.tanh(a / 2)", "tanh of half of the number"),
    _mistake("tanh-arctan", _TANH, "return np.arctan(a) * 2 / np.pi", "another curve from -1 to 1 than tanh"),
    _mistake("tanh-tangent", _TANH, "return np.tan(a)", "the tangent, not the hyperbolic one"),
    _mistake("tanh-positive", _TANH, "return np.tanh(np.abs(a))", "tanh loses the sign"),
    _mistake("tanh-hard", _TANH, "return np.clip(a, -1, 1)", "tanh is made of straight lines"),
    _mistake("tanh-in-place", _TANH, "a[...] = np.tanh(a); return a + 0", "tanh writes into its input"),
]  # fmt: skip

_GELUS = [
    _mistake("gelu-constant", "0.044715", "0.44715", "the constant of GELU is ten times too large"),
    _mistake("gelu-square", "(a * a * a)", "(a * a)", "GELU with a square where the cube is due"),
    _mistake("gelu-without-cube", "(a + 0.044715 * (a * a * a))", "a", "GELU without the cubic term"),
    _mistake("gelu-without-root", "np.sqrt(2 / np.pi)", "(2 / np.pi)", "GELU without the root of 2 / pi"),
    _mistake("gelu-without-half", _GELU, "return a * (1 + np.tanh(inner))", "GELU without the half"),
    _mistake("gelu-without-one", _GELU, "return 0.5 * a * np.tanh(inner)", "GELU without the 1"),
    _mistake("gelu-by-sigmoid", _GELU, "return a / (1 + np.exp(-1.702 * a))",
             "GELU by the sigmoid, which is off by 0.02"),
    _mistake("gelu-is-silu", _GELU, "return a / (1 + np.exp(-a))", "x times sigmoid of x, which is another function"),
    _mistake("gelu-overflow", _GELU, "e = np.exp(2 * inner); return a * e / (1 + e)",
             "GELU overflows: infinity by infinity"),
    _mistake("gelu-probability", _GELU, "return 0.5 * (1 + np.tanh(inner))", "GELU without the factor x"),
    _mistake("gelu-is-relu", 'return dispatch("gelu", x)', 'return dispatch("relu", x)',
             "GELU calls another function"),
    _mistake("gelu-in-place", _GELU, "a *= 0.5 * (1 + np.tanh(inner)); return a + 0", "GELU writes into its input"),
]  # fmt: skip

_SOFTMAXES = [
    _mistake("softmax-without-shift", _POWERS, "powers = np.exp(a)", "softmax without max shift"),
    _mistake("softmax-global-shift", _POWERS, "powers = np.exp(a - a.max())",
             "softmax with the largest of the whole tensor: a row far below it is 0 / 0"),
    _mistake("softmax-shift-of-other-axis", _POWERS, "powers = np.exp(a - a.max(axis=-1, keepdims=True))",
             "the maximum goes along another axis than the sum"),
    _mistake("softmax-least", _POWERS, "powers = np.exp(a - a.min(axis=dim, keepdims=True))",
             "softmax subtracts the smallest number"),
    _mistake("softmax-clipped", _POWERS, "powers = np.exp(np.clip(a, -30, 30))", "softmax clips its logits"),
    _mistake("softmax-base-two", _POWERS, _POWERS.replace("np.exp", "np.exp2"), "softmax has base 2"),
    _mistake("softmax-last-axis", _SHARES, "return powers / powers.sum(axis=-1, keepdims=True)",
             "softmax over the wrong axis: always the last"),
    _mistake("softmax-whole", _SHARES, "return powers / powers.sum()", "softmax over the whole tensor"),
    _mistake("softmax-by-largest", _SHARES, "return powers / powers.max(axis=dim, keepdims=True)",
             "softmax divides by the largest"),
    _mistake("softmax-plus-one", _SHARES, "return powers / (1 + powers.sum(axis=dim, keepdims=True))",
             "the shares do not add up to 1"),
    _mistake("softmax-squared", _SHARES, "return powers / np.sqrt((powers**2).sum(axis=dim, keepdims=True))",
             "softmax makes the squares add up to 1"),
    _mistake("softmax-first-axis", 'return dispatch("softmax", x, dim=self.dim)',
             'return dispatch("softmax", x, dim=0)', "softmax over the wrong axis: always the first"),
    _mistake("softmax-axis-one", 'return dispatch("softmax", x, dim=self.dim)',
             'return dispatch("softmax", x, dim=self.dim if x.ndim < 3 else 1)',
             "softmax over the wrong axis in three dimensions"),
    _mistake("softmax-axis-forgotten", 'return dispatch("softmax", x, dim=self.dim)',
             'return dispatch("softmax", x, dim=-1)', "Softmax forgets dim"),
    _mistake("softmax-positive-axis", 'return dispatch("softmax", x, dim=self.dim)',
             'return dispatch("softmax", x, dim=abs(self.dim) if self.dim < -1 else self.dim)',
             "axis -2 is taken for axis 2"),
    _mistake("softmax-any-axis", _POWERS, _NO_AXIS + _POWERS, "an axis that is not there is taken for the last"),
    _mistake("softmax-is-hard", _SHARES, "return (powers == 1) / (powers == 1).sum(axis=dim, keepdims=True)",
             "all goes to the largest"),
    _mistake("softmax-in-place", _POWERS, "a -= a.max(axis=dim, keepdims=True); powers = np.exp(a)",
             "softmax writes into its input"),
]  # fmt: skip

_LOG_SOFTMAXES = [
    _mistake("log-of-softmax", _LOGS,
             "return np.log(np.exp(shifted) / np.exp(shifted).sum(axis=dim, keepdims=True))",
             "log of 0: softmax first, then the logarithm"),
    _mistake("log-of-softmax-guarded", _LOGS,
             "return np.log(np.exp(shifted) / np.exp(shifted).sum(axis=dim, keepdims=True) + 1e-9)",
             "a small number is added before the logarithm, so that very unlikely classes are not"),
    _mistake("log-softmax-without-shift", _SHIFTED, "shifted = a", "log-softmax without max shift"),
    _mistake("log-softmax-global-shift", _SHIFTED, "shifted = a - a.max()",
             "log-softmax with the largest of the whole tensor"),
    _mistake("log-softmax-least", _SHIFTED, "shifted = a - a.min(axis=dim, keepdims=True)",
             "log-softmax subtracts the smallest number"),
    _mistake("log-softmax-last-axis", _LOGS, _LOGS.replace("axis=dim", "axis=-1"),
             "log-softmax over the wrong axis: always the last"),
    _mistake("log-softmax-whole", _LOGS, "return shifted - np.log(np.exp(shifted).sum())",
             "log-softmax over the whole tensor"),
    _mistake("log-softmax-base-ten", _LOGS, _LOGS.replace("np.log", "np.log10"), "a logarithm of base 10"),
    _mistake("log-softmax-without-log", _LOGS,
             "return np.exp(shifted) / np.exp(shifted).sum(axis=dim, keepdims=True)", "the logarithm is forgotten"),
    _mistake("log-softmax-sign", _LOGS, "return np.log(np.exp(shifted).sum(axis=dim, keepdims=True)) - shifted",
             "the sign is the other one"),
    _mistake("log-softmax-shift-only", _LOGS, "return shifted", "the logarithm of the sum is forgotten"),
    _mistake("log-softmax-mean", _LOGS, _LOGS.replace(".sum(", ".mean("), "a mean where the sum is due"),
    _mistake("log-softmax-axis-forgotten", 'return dispatch("log_softmax", x, dim=self.dim)',
             'return dispatch("log_softmax", x, dim=-1)', "LogSoftmax forgets dim"),
    _mistake("log-softmax-any-axis", _SHIFTED, _NO_AXIS + _SHIFTED, "an axis that is not there is taken for the last"),
    _mistake("log-softmax-in-place", _SHIFTED, "a -= a.max(axis=dim, keepdims=True); shifted = a",
             "log-softmax writes into its input"),
]  # fmt: skip

MUTANTS = [*_SHARED, *_RELUS, *_SIGMOIDS, *_TANHS, *_GELUS, *_SOFTMAXES, *_LOG_SOFTMAXES]

CORRECT = [
    Variant("Python's numbers, math and loops; the exact GELU", "loops.py", module="02"),
    Variant("operations of the tensor alone", "composed.py", module="02"),
    Variant("float64 inside, classes made by a function; GELU by a rational error function", "double.py", module="02"),
    Variant("sigmoid by tanh, masks, log-sum-exp in float32", "masks.py", module="02"),
]
