"""Mistakes that the graders of checkpoint 01 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="01", old=old, new=new, mistake=mistake)


def _method(name: str, old: str, body: str, mistake: str) -> Mutant:
    """Replace the one line `return <old>` of a method."""
    return _mistake(name, f"        return {old}", f"        {body}", mistake)


_ITEM = """\
        if self.size != 1:
            raise ValueError(f"item() needs exactly one number, this tensor has shape {self.shape}")
        return float(self.data.reshape(()))
"""

_CREATION = [
    _mistake("aliased-data", "self.data = as_array(data).copy()", "self.data = as_array(data)",
             "data aliased to the caller's array"),
    _mistake("dtype-kept", "return array.astype(np.float32, copy=False)", "return array",
             "data keep the dtype they came with"),
    _mistake("double-precision", "return array.astype(np.float32, copy=False)", "return array.astype(np.float64)",
             "data are float64"),
    _mistake("none-accepted", 'if array.dtype.kind not in "biuf":', 'if array.dtype.kind == "c":',
             "None becomes NaN and digits in a text become a number"),
    _mistake("gradient-flag-lost", "self.requires_grad = bool(requires_grad)", "self.requires_grad = False",
             "requires_grad is not remembered"),
    _mistake("gradient-of-zeros", "self.grad = None", "self.grad = np.zeros_like(self.data)",
             "a gradient is there before backward"),
    _mistake("maker-forgets-gradient", "np.ones(as_shape(shape)), requires_grad=requires_grad)",
             "np.ones(as_shape(shape)))", "ones ignores requires_grad"),
    _mistake("zeros-not-empty", "np.zeros(as_shape(shape))", "np.zeros(as_shape(shape) or (1,))",
             "a shape without dimensions becomes (1,)"),
    _mistake("randn-own-generator", "generator().standard_normal(", "np.random.default_rng().standard_normal(",
             "randn ignores manual_seed"),
    _mistake("randn-own-seed", "generator().standard_normal(", "np.random.default_rng(0).standard_normal(",
             "randn gives the same numbers at every call"),
    _mistake("randn-uniform", "generator().standard_normal(", "generator().random(",
             "randn draws from the uniform distribution"),
]  # fmt: skip

_INSPECTION = [
    _method("size-of-first-axis", "self.data.size", "return self.data.shape[0] if self.data.ndim else 1",
            "size is the length of the first axis"),
    _method("len-is-size", "self.shape[0]", "return self.size", "len counts all elements"),
    _method("footprint-counts-elements", "self.size * self.dtype.itemsize", "return self.size",
            "memory_footprint counts elements, not bytes"),
    _method("footprint-of-doubles", "self.size * self.dtype.itemsize", "return self.size * 8",
            "memory_footprint takes eight bytes for a number"),
    _mistake("item-of-many", _ITEM, "        return float(self.data.flat[0])\n",
             "item of larger tensors gives the first element"),
    _method("item-is-array", "float(self.data.reshape(()))", "return self.data.reshape(())",
            "item gives an array, not a Python number"),
    _method("detach-keeps-flag", "Tensor(self.data)", "return Tensor(self.data, requires_grad=self.requires_grad)",
            "detach still asks for a gradient"),
    _method("detach-changes-self", "Tensor(self.data)", "self.requires_grad = False; return self",
            "detach changes the tensor it is called on"),
    _mistake("silent-backward",
             'raise RuntimeError("backward() comes with module 05 (autograd); until then nothing is recorded")',
             "return None", "backward does nothing, silently"),
]  # fmt: skip

_ARITHMETIC = [
    _mistake("engine-not-told", "    engine.record(name, inputs, params, output)\n", "",
             "operations are computed and not reported to the engine, so that module 05 sees nothing"),
    _mistake("engine-gets-arrays", "engine.record(name, inputs, params, output)",
             "engine.record(name, arrays, params, output)", "the engine gets arrays instead of the tensors"),
    _method("minus-forgotten", 'dispatch("neg", self)', "return self", "unary minus gives the tensor itself"),
    _method("difference-in-place", 'dispatch("subtract", self, other)',
            "self.data = self.data - as_array(other); return self", "an operator writes into its left operand"),
    _method("product-of-matrices", 'dispatch("multiply", self, other)', 'return dispatch("matmul", self, other)',
            "* is the matrix product"),
    _method("whole-quotients", 'dispatch("divide", self, other)',
            "return Tensor(np.floor_divide(self.data, as_array(other)))", "/ rounds down"),
    _method("guarded-division", 'dispatch("divide", self, other)',
            'return dispatch("divide", self, as_array(other) + 1e-8)',
            "a small number is added to divisors, so 1 / 0 is not infinite"),
    _method("power-of-absolutes", 'dispatch("power", self, other)',
            'return dispatch("power", np.abs(self.data), other)', "powers of negative numbers lose their sign"),
    _mistake("flat-operands", "arrays = [as_array(value) for value in inputs]",
             "arrays = [as_array(value) if np.ndim(as_array(value)) < 3 else as_array(value)[0] for value in inputs]",
             "operands of three dimensions are cut to two"),
    _mistake("unnamed-shapes", "with naming_shapes(name, arrays):", 'with np.errstate(all="ignore"):',
             "errors do not name the shapes"),
    _mistake("misfits-swallowed", "        result = FORWARD[name](*arrays, **params)\n",
             "        try:\n            result = FORWARD[name](*arrays, **params)\n"
             "        except ValueError:\n            result = arrays[0]\n",
             "operands that do not fit are swallowed: the first one is the answer"),
]  # fmt: skip

_REFLECTED = [
    _method("reflected-minus-swapped", 'dispatch("subtract", other, self)', 'return dispatch("subtract", self, other)',
            "2 - x gives x - 2"),
    _method("reflected-division-swapped", 'dispatch("divide", other, self)', 'return dispatch("divide", self, other)',
            "2 / x gives x / 2"),
    _method("reflected-power-swapped", 'dispatch("power", other, self)', 'return dispatch("power", self, other)',
            "2 ** x gives x ** 2"),
    _mistake("no-reflected-plus", "def __radd__(self, other):", "def _radd(self, other):", "2 + x is missing"),
    _mistake("no-reflected-minus", "def __rsub__(self, other):", "def _rsub(self, other):", "2 - x is missing"),
    _mistake("array-in-front", "    __array_ufunc__ = None\n", "    array_ufunc = None\n",
             "an array on the left makes an array of tensors"),
    _method("reflected-matmul-swapped", 'dispatch("matmul", other, self)', 'return dispatch("matmul", self, other)',
            "array @ x gives x @ array"),
    _method("greater-or-equal", 'dispatch("greater", self, other)', "return Tensor(self.data >= as_array(other))",
            "> holds for equal elements"),
    _method("less-is-greater", 'dispatch("less", self, other)', 'return dispatch("greater", self, other)',
            "< gives the answer of >"),
    _method("truths-as-booleans", 'dispatch("less", self, other)',
            'result = dispatch("less", self, other); result.data = result.data.astype(bool); return result',
            "a comparison gives a tensor of booleans"),
]  # fmt: skip

_FUNCTIONS = [
    _method("exp-of-base-two", 'dispatch("exp", self)', 'return dispatch("power", 2.0, self)', "exp has base 2"),
    _method("log-of-base-ten", 'dispatch("log", self)', "return Tensor(np.log10(self.data))", "log has base 10"),
    _method("log-clipped", 'dispatch("log", self)', 'return dispatch("log", np.maximum(self.data, 1e-8))',
            "log of 0 and of negative numbers is hidden"),
    _method("sqrt-of-absolutes", 'dispatch("sqrt", self)', 'return dispatch("sqrt", np.abs(self.data))',
            "the root of a negative number is hidden"),
    _mistake("matmul-elementwise", "return np.matmul(a, b)", "return a * b",
             "the matrix product is element by element"),
    _mistake("matmul-swapped", "return np.matmul(a, b)", "return np.matmul(b, a)", "the factors are swapped"),
    _mistake("matmul-without-batch", "return np.matmul(a, b)", "return np.dot(a, b)",
             "every matrix of a stack is multiplied with every matrix of the other"),
    _mistake("matmul-misfits", 'raise ValueError(f"the inner sizes {a.shape[-1]} and {inner} differ")',
             "return a * b", "factors that do not fit are multiplied element by element"),
]  # fmt: skip

_REDUCTIONS = [
    _method("sum-without-keepdims", 'dispatch("sum", self, axis=axis, keepdims=keepdims)',
            'return dispatch("sum", self, axis=axis, keepdims=False)', "sum ignores keepdims"),
    _method("sum-keeps-always", 'dispatch("sum", self, axis=axis, keepdims=keepdims)',
            'return dispatch("sum", self, axis=axis, keepdims=True)', "sum always keeps its axes"),
    _method("sum-negative-axis", 'dispatch("sum", self, axis=axis, keepdims=keepdims)',
            'return dispatch("sum", self, axis=abs(axis) if isinstance(axis, int) else axis, keepdims=keepdims)',
            "sum takes axis -1 for axis 1"),
    _method("sum-one-axis", 'dispatch("sum", self, axis=axis, keepdims=keepdims)',
            'return dispatch("sum", self, axis=axis[0] if isinstance(axis, tuple) else axis, keepdims=keepdims)',
            "sum uses the first of several axes"),
    _mistake("mean-by-size", "return total / (a.size // max(total.size, 1))", "return total / a.size",
             "mean divides by the number of all elements"),
    _mistake("mean-by-rows", "return total / (a.size // max(total.size, 1))", "return total / len(a)",
             "mean always divides by the length of the first axis"),
    _mistake("mean-without-keepdims", "total = np.sum(a, axis=axis, keepdims=keepdims)", "total = np.sum(a, axis=axis)",
             "mean ignores keepdims"),
    _method("max-of-other-axis", 'dispatch("max", self, axis=axis, keepdims=keepdims)',
            'return dispatch("max", self, axis=0 if isinstance(axis, int) else axis, keepdims=keepdims)',
            "max always goes along the first axis"),
    _mistake("max-from-zero", 'FORWARD["max"] = np.max\n',
             'FORWARD["max"] = lambda a, axis, keepdims: np.max(a, axis=axis, keepdims=keepdims, initial=0)\n',
             "the largest of negative numbers is 0"),
    _mistake("max-skips-nan", 'FORWARD["max"] = np.max\n',
             'FORWARD["max"] = lambda a, axis, keepdims: np.fmax.reduce(a, axis=axis, keepdims=keepdims)\n',
             "max skips NaN"),
    _mistake("max-is-argmax", 'FORWARD["max"] = np.max\n',
             'FORWARD["max"] = lambda a, axis, keepdims: np.argmax(a, axis=axis, keepdims=keepdims)\n',
             "max gives positions instead of values"),
]  # fmt: skip

_SHAPES = [
    _mistake("reshape-by-columns", "return a.reshape(shape)", 'return a.reshape(shape, order="F")',
             "reshape reads column after column"),
    _mistake("reshape-by-memory", "return a.reshape(shape)", 'return a.reshape(shape, order="A")',
             "reshape of a transposed tensor follows the memory, not the elements"),
    _mistake("reshape-repeats", "return a.reshape(shape)",
             "return a.reshape(shape) if -1 in shape else np.resize(a, shape)",
             "a shape that does not fit is filled by repeating"),
    _mistake("reshape-closed", "as_shape(shape, smallest=-1)", "as_shape(shape)", "reshape does not take -1"),
    _mistake("transpose-of-first-and-last", "dim0, dim1 = -2, -1", "dim0, dim1 = 0, -1",
             "transpose swaps the first and the last axis by default"),
    _mistake("transpose-reverses", "return np.swapaxes(a, dim0, dim1)", "return np.transpose(a)",
             "transpose reverses all axes, whichever are named"),
    _mistake("permute-inverse", "return np.transpose(a, axes)",
             "return np.transpose(a, np.argsort([x % a.ndim for x in axes]))",
             "permute applies the inverse order"),
    _mistake("permute-swaps-two", "return np.transpose(a, axes)", "return np.swapaxes(a, axes[0], axes[1])",
             "permute swaps the first two axes that are named"),
    _method("getitem-array", 'dispatch("getitem", self, key=key)', "return self.data[key]",
            "[...] gives an array, not a tensor"),
    _mistake("getitem-rows-only", "return a[key]", "return a[key[0] if isinstance(key, tuple) else key]",
             "only the first index is used"),
    _mistake("getitem-mask-as-zeros", "return a[key]",
             'return a * key if getattr(key, "dtype", None) == bool and key.shape == a.shape else a[key]',
             "a mask sets elements to 0 instead of taking out the others"),
    _mistake("getitem-clipped", "return a[key]", "return a[max(key, -len(a)) if isinstance(key, int) else key]",
             "an index before the beginning gives the first row"),
]  # fmt: skip

MUTANTS = [*_CREATION, *_INSPECTION, *_ARITHMETIC, *_REFLECTED, *_FUNCTIONS, *_REDUCTIONS, *_SHAPES]

CORRECT = [
    Variant("lists of Python numbers and loops", "flat_list.py"),
    Variant("float64 inside, operators made in a loop", "generated.py"),
    Variant("NumPy's ufunc protocol, einsum and reduce", "protocol.py"),
    Variant("checks first, errors of its own, results always copied", "careful.py"),
]
