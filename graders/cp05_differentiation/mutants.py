"""Mistakes that the graders of checkpoint 05 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="05", old=old, new=new, mistake=mistake)


def _line(name: str, old: str, new: str, mistake: str) -> Mutant:
    """Replace the one line of a rule."""
    return _mistake(name, f"    return {old}\n", f"    return {new}\n", mistake)


_RECORD = [
    _mistake("comparisons-recorded", "if not self.recording or name in CONSTANT:", "if not self.recording:",
             "the answer to a > 0 takes part in differentiation"),
    _mistake("first-input-only", "if any(wants_gradient(value) for value in inputs):",
             "if wants_gradient(inputs[0]):", "only the first operand is asked whether it wants a gradient"),
    _mistake("all-inputs", "if any(wants_gradient(value) for value in inputs):",
             "if all(wants_gradient(value) for value in inputs):", "all operands must want a gradient"),
    _mistake("everybody-wants", "if any(wants_gradient(value) for value in inputs):", "if True:",
             "every result wants a gradient"),
    _mistake("wish-not-passed-on", "            output.requires_grad = True\n", "",
             "requires_grad is not passed on to results"),
]  # fmt: skip

_ENDS = [
    _mistake("overwritten", "before = 0 if leaf.grad is None else leaf.grad", "before = 0",
             "gradient overwritten instead of accumulated"),
    _mistake("added-in-place",
             "    before = 0 if leaf.grad is None else leaf.grad\n"
             "    leaf.grad = np.array(before + gradient, dtype=np.float32)\n",
             "    if leaf.grad is None:\n        leaf.grad = gradient\n    else:\n        leaf.grad += gradient\n",
             "two leaves share the array of one message, which then grows in place"),
    _mistake("zero-grad-does-nothing", "        self.grad = None\n", "        pass\n", "zero_grad that does nothing"),
    _mistake("any-shape-starts", "if tensor.size != 1:", "if False:", "backward from many numbers starts with ones"),
    _mistake("only-shape-of-nothing-starts", "if tensor.size != 1:", "if tensor.shape != ():",
             "a tensor of size 1 with axes cannot start"),
    _mistake("gradient-ignored", "    gradient = as_array(gradient)\n",
             "    gradient = np.ones(tensor.shape, dtype=np.float32)\n", "the argument gradient is ignored"),
    _mistake("gradient-of-any-shape", "if gradient.shape != tensor.shape:", "if False:",
             "a gradient of another shape is accepted"),
    _mistake("silent-start", "if not tensor.requires_grad:", "if False:",
             "backward of a tensor that wants no gradient does nothing, silently"),
    _mistake("start-from-zero", "return np.ones(tensor.shape, dtype=np.float32)",
             "return np.zeros(tensor.shape, dtype=np.float32)", "the walk starts with 0"),
    _mistake("start-flattened", "return np.ones(tensor.shape, dtype=np.float32)",
             "return np.float32(1)", "the walk starts with a number, whatever the shape"),
    _mistake("data-changed", "    leaf.grad = np.array(before + gradient, dtype=np.float32)\n",
             "    leaf.grad = np.array(before + gradient, dtype=np.float32)\n"
             "    leaf.data = leaf.data - 0.01 * leaf.grad\n", "backward moves the weights, an optimizer's job"),
]  # fmt: skip

_WALK = [
    _mistake("counted-once", "arriving[source.step] = arriving[source.step] + share", "pass",
             "a tensor that is used twice is counted once"),
    _mistake("last-message-wins", "arriving[source.step] = arriving[source.step] + share",
             "arriving[source.step] = share", "of several messages the last one wins"),
    _mistake("added-to-the-message", "arriving[source.step] = arriving[source.step] + share",
             "arriving[source.step] += share", "messages are added in place, in an array that others hold"),
    _mistake("walked-messages-kept", "    for step in order(tensor.step):\n",
             "    for step in order(tensor.step):\n"
             "        step.kept = arriving[step] = arriving[step] + getattr(step, 'kept', 0)\n",
             "a second walk sends the messages of the first one again"),
    _mistake("graph-freed", "for source, share in shares_of(step, arriving.pop(step)):",
             "shares = shares_of(step, arriving.pop(step))\n        step.inputs = [None] * len(step.inputs)\n"
             "        for source, share in shares:", "graph freed on first use"),
    _mistake("in-order-of-arrival", "for step in order(tensor.step):",
             "def breadth_first(first):\n"
             "        queue = [first]\n"
             "        for step in queue:\n"
             "            queue.extend(s for s in dict.fromkeys(step.before()) if s not in queue)\n"
             "        return queue\n\n"
             "    for step in breadth_first(tensor.step):",
             "the walk goes on before all messages of a step have arrived"),
    _mistake("recursive", "    done, seen, stack = [], set(), [(last, False)]\n",
             "    done, seen, stack = [], set(), []\n\n"
             "    def visit(step):\n"
             "        if step not in seen:\n"
             "            seen.add(step)\n"
             "            for earlier in step.before():\n"
             "                visit(earlier)\n"
             "            done.append(step)\n\n"
             "    visit(last)\n", "the walk is recursive"),
    _mistake("exponential", "        elif step not in seen:\n", "        elif True:\n",
             "each path is walked separately, exponentially often"),
    _mistake("not-reversed", "    return done[::-1]\n    ### END", "    return done\n    ### END",
             "the steps are walked first to last"),
]  # fmt: skip

_BROADCAST = [
    _line("not-undone", "gradient.sum(axis=stretched, keepdims=True)", "gradient",
          "unbroadcast of axes of size 1 missing"),
    _mistake("in-front-kept", "gradient = gradient.sum(axis=in_front)", "gradient = gradient[(0,) * len(in_front)]",
             "of the axes in front the first entry is taken instead of the sum"),
    _line("ones-gone", "gradient.sum(axis=stretched, keepdims=True)", "gradient.sum(axis=stretched)",
          "unbroadcast drops the axes of size 1"),
    _line("mean-of-messages", "gradient.sum(axis=stretched, keepdims=True)",
          "gradient.mean(axis=stretched, keepdims=True)", "unbroadcast takes the mean instead of the sum"),
    _mistake("arriving-everywhere", "    if gradient.shape == shape:\n        return gradient\n",
             "    if True:\n        return gradient\n", "unbroadcast missing in add/mul backward"),
]  # fmt: skip

_ELEMENTWISE = [
    _line("difference-without-sign", "gradient, -gradient", "gradient, gradient", "a - b passes +1 to b"),
    _line("product-swapped", "gradient * b, gradient * a", "gradient * a, gradient * b",
          "a product passes each factor itself"),
    _line("product-without-message", "gradient * b, gradient * a", "b + 0 * gradient, a + 0 * gradient",
          "a product forgets the message"),
    _line("quotient-sign", "gradient / b, -gradient * a / (b * b)", "gradient / b, gradient * a / (b * b)",
          "a / b passes the wrong sign to b"),
    _line("quotient-not-squared", "gradient / b, -gradient * a / (b * b)", "gradient / b, -gradient * a / b",
          "a / b divides by b once only"),
    _mistake("power-not-lowered", "b * a ** (b - 1)", "b * a**b", "the exponent of a power is not lowered"),
    _mistake("power-without-factor", "np.where(b == 0, 0, b * a ** (b - 1))", "np.where(b == 0, 0, a ** (b - 1))",
             "the exponent in front of a power is missing"),
    _mistake("power-zero-nan", "np.where(b == 0, 0, b * a ** (b - 1))", "b * a ** (b - 1)",
             "x ** 0 at 0 has gradient nan"),
    _mistake("power-without-log", "output * np.log(a))", "output)", "the exponent's gradient lacks the logarithm"),
    _line("exp-of-slope-one", "(gradient * output,)", "(gradient,)", "exp passes its message on as it is"),
    _line("log-multiplies", "(gradient / a,)", "(gradient * a,)", "log multiplies by x instead of dividing"),
    _line("log-guarded", "(gradient / a,)", "(gradient / (a + 1e-3),)", "log divides by a little more"),
    _line("sqrt-without-two", "(gradient / (2 * output),)", "(gradient / output,)", "the slope of sqrt lacks its 2"),
]  # fmt: skip

_MATMUL = "gradient @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ gradient"

_ARRAYS = [
    _line("matmul-swapped", _MATMUL, "np.swapaxes(b, -1, -2) @ gradient, gradient @ np.swapaxes(a, -1, -2)",
          "matmul backward swapped"),
    _line("matmul-without-transpose", _MATMUL, "gradient @ b, a @ gradient", "matmul backward without transposes"),
    _line("matmul-without-batch", _MATMUL, "gradient @ b.T, a.T @ gradient",
          "matmul backward transposes all axes, batch axes too"),
    _line("matmul-first-of-batch", _MATMUL,
          "gradient @ np.swapaxes(b, -1, -2), (np.swapaxes(a, -1, -2) @ gradient)[(0,) * (gradient.ndim - b.ndim)]",
          "a matrix that is used for a whole batch gets the gradient of its first use"),
    _mistake("sum-without-keepdims", "    if axis is not None and not keepdims:\n        reduced = "
             "np.expand_dims(reduced, axis)\n", "", "sum(axis) without keepdims backward"),
    _mistake("sum-axis-in-front", "reduced = np.expand_dims(reduced, axis)",
             "reduced = np.expand_dims(reduced, 0 if isinstance(axis, int) else axis)",
             "the axis of a sum comes back in front"),
    _line("mean-without-n", "(stretch(gradient, a.shape, axis, keepdims) / (a.size // max(output.size, 1)),)",
          "(stretch(gradient, a.shape, axis, keepdims),)", "mean backward without 1/n"),
    _line("mean-by-size", "(stretch(gradient, a.shape, axis, keepdims) / (a.size // max(output.size, 1)),)",
          "(stretch(gradient, a.shape, axis, keepdims) / a.size,)", "mean backward divides by the size of the tensor"),
    _line("max-to-all-ties", "(stretch(gradient, a.shape, axis, keepdims) * winners / count,)",
          "(stretch(gradient, a.shape, axis, keepdims) * winners,)", "max backward gives each tie the whole message"),
    _line("max-to-all", "(stretch(gradient, a.shape, axis, keepdims) * winners / count,)",
          "(stretch(gradient, a.shape, axis, keepdims) / count,)", "max backward goes to every position"),
    _mistake("max-of-everything", "winners = a == stretch(output, a.shape, axis, keepdims)", "winners = a == a.max()",
             "max backward knows one largest of the whole tensor only"),
    _mistake("max-count-of-all", "count = winners.sum(axis=axis, keepdims=True)", "count = winners.sum()",
             "max backward shares a message among the winners of all rows"),
    _line("reshape-by-columns", "(gradient.reshape(a.shape),)", '(gradient.reshape(a.shape, order="F"),)',
          "reshape backward reads column after column"),
    _line("transpose-default-axes", "(np.swapaxes(gradient, dim0, dim1),)", "(np.swapaxes(gradient, -1, -2),)",
          "transpose backward swaps the last two axes, whichever were named"),
    _line("transpose-not-undone", "(np.swapaxes(gradient, dim0, dim1),)", "(gradient.reshape(a.shape),)",
          "transpose backward reshapes instead of swapping"),
    _line("permute-same-axes", "(np.transpose(gradient, np.argsort(positive)),)", "(np.transpose(gradient, positive),)",
          "permute backward with the same axes"),
    _mistake("permute-negative-axes", "positive = [axis % a.ndim for axis in axes]", "positive = list(axes)",
             "permute backward sorts negative axes as they are"),
    _mistake("getitem-without-repeats", "np.add.at(full, key, gradient)", "full[key] += gradient",
             "__getitem__ backward with repeated indices counts each position once"),
    _mistake("getitem-ones", "np.add.at(full, key, gradient)", "np.add.at(full, key, 1)",
             "__getitem__ backward forgets the message"),
    _mistake("getitem-everywhere", "full = np.zeros(a.shape, dtype=np.float32)",
             "full = np.ones(a.shape, dtype=np.float32)", "what was not picked gets a gradient"),
]  # fmt: skip

_NETWORKS = [
    _line("relu-at-zero", "(gradient * (a > 0),)", "(gradient * (a >= 0),)", "ReLU gradient at 0 is 1"),
    _line("relu-of-message", "(gradient * (a > 0),)", "(np.maximum(gradient, 0),)",
          "ReLU cuts the message instead of asking its input"),
    _line("relu-leaks", "(gradient * (a > 0),)", "(gradient * np.where(a > 0, 1, 0.01),)", "ReLU leaks below 0"),
    _line("sigmoid-of-input", "(gradient * output * (1 - output),)", "(gradient * a * (1 - a),)",
          "the slope of sigmoid is taken from the input instead of the result"),
    _line("tanh-not-squared", "(gradient * (1 - output * output),)", "(gradient * (1 - output),)",
          "the slope of tanh lacks its square"),
    _mistake("gelu-of-other-formula", "    return (gradient * 0.5 * (1 + t + bend),)\n",
             "    s = 1 / (1 + np.exp(-1.702 * a))\n    return (gradient * (s + 1.702 * a * s * (1 - s)),)\n",
             "GELU forward and backward of different formulas (sigmoid's)"),
    _mistake("gelu-erf-backward", "    return (gradient * 0.5 * (1 + t + bend),)\n",
             "    from math import erf\n\n"
             "    below = np.vectorize(lambda v: (1 + erf(v / 2**0.5)) / 2, otypes=[np.float32])(a)\n"
             "    return (gradient * (below + a * np.exp(-a * a / 2) / np.sqrt(2 * np.pi)),)\n",
             "GELU forward and backward of different formulas (tanh form there, erf here)"),
    _mistake("gelu-without-bend", "(gradient * 0.5 * (1 + t + bend),)", "(gradient * 0.5 * (1 + t),)",
             "the product rule is forgotten in GELU"),
    _line("softmax-diagonal", "(output * (gradient - (gradient * output).sum(axis=dim, keepdims=True)),)",
          "(gradient * output * (1 - output),)", "softmax backward takes the diagonal of its Jacobian only"),
    _line("softmax-last-axis", "(output * (gradient - (gradient * output).sum(axis=dim, keepdims=True)),)",
          "(output * (gradient - (gradient * output).sum(axis=-1, keepdims=True)),)",
          "softmax backward over the wrong axis"),
    _line("log-softmax-last-axis", "(gradient - np.exp(output) * gradient.sum(axis=dim, keepdims=True),)",
          "(gradient - np.exp(output) * gradient.sum(axis=-1, keepdims=True),)",
          "log-softmax backward over the wrong axis"),
    _line("log-softmax-of-logarithms", "(gradient - np.exp(output) * gradient.sum(axis=dim, keepdims=True),)",
          "(gradient - output * gradient.sum(axis=dim, keepdims=True),)",
          "log-softmax backward takes logarithms for probabilities"),
]  # fmt: skip

_NO_GRAD = """\
    before = autograd.recording
    autograd.recording = False
    try:
        yield
    finally:
        autograd.recording = before
"""

_TOOLS = [
    _mistake("no-grad-does-nothing", _NO_GRAD, "    yield\n", "no_grad records all the same"),
    _mistake("no-grad-stays", _NO_GRAD, "    autograd.recording = False\n    yield\n", "no_grad never ends"),
    _mistake("no-grad-not-nested", _NO_GRAD,
             "    autograd.recording = False\n    try:\n        yield\n"
             "    finally:\n        autograd.recording = True\n",
             "the end of an inner no_grad is the end of the outer one"),
    _mistake("no-grad-without-finally", _NO_GRAD,
             "    before = autograd.recording\n    autograd.recording = False\n    yield\n"
             "    autograd.recording = before\n", "no_grad stays on after an error"),
    _mistake("function-without-params", "function=cls(), params=params)", "function=cls(), params={})",
             "Function.apply forgets the keywords"),
    _mistake("function-shared", "function=cls(), params=params)",
             "function=cls.__dict__.get('_one') or (setattr(cls, '_one', cls()), cls._one)[1], params=params)",
             "all calls of a Function share one object"),
    _mistake("function-unrecorded", 'return dispatch("function", *inputs, function=cls(), params=params)',
             "return Tensor(cls().forward(*[as_array(value) for value in inputs], **params))",
             "what a Function computes is not recorded"),
    _mistake("gradcheck-says-yes", "            return False\n    return True\n",
             "            return True\n    return True\n",
             "gradcheck says yes to everything"),
    _mistake("gradcheck-first-input", "    for point in points:\n        claimed",
             "    for point in points[:1]:\n        claimed",
             "gradcheck looks at the first input only"),
    _mistake("gradcheck-of-sums", "if not np.allclose(claimed, measured, rtol=tolerance, atol=tolerance / 10):",
             "if not np.allclose(np.sum(claimed), measured.sum(), rtol=tolerance, atol=tolerance / 10):",
             "gradcheck compares sums, in which errors cancel"),
    _mistake("gradcheck-too-strict", "rtol=tolerance, atol=tolerance / 10", "rtol=1e-7, atol=1e-9",
             "gradcheck asks for more digits than float32 has"),
    _mistake("gradcheck-equal-weights", "np.linspace(0.5, 1.5, result.size", "np.linspace(1.5, 1.5, result.size",
             "gradcheck weighs all numbers of a result alike, so that errors cancel"),
    _mistake("gradcheck-claims-one", "claimed = 0 if point.grad is None", "claimed = 1 if point.grad is None",
             "gradcheck takes an input without a gradient for one with the slope 1"),
    _mistake("silence-ends-the-walk", "            continue\n        for source, share",
             "            break\n        for source, share",
             "the walk ends where a Function sends nothing to an input"),
    _mistake("gradients-float64", "np.array(before + gradient, dtype=np.float32)",
             "np.array(before + gradient, dtype=np.float64)", "gradients are float64"),
    _mistake("gradcheck-lenient", "rtol=tolerance, atol=tolerance / 10", "rtol=1, atol=1",
             "gradcheck lets gradients through that are wrong by half"),
]  # fmt: skip

MUTANTS = [*_RECORD, *_ENDS, *_WALK, *_BROADCAST, *_ELEMENTWISE, *_ARRAYS, *_NETWORKS, *_TOOLS]

CORRECT = [
    Variant("a tape walked with a heap, float64 inside, ties to the first", "tape.py", module="05"),
    Variant("closures on the tensors, a gradient on every one of them", "closures.py", module="05"),
    Variant("a Function class for each operation, messages counted", "function_classes.py", module="05"),
    Variant("rules written with tensors, gradients that are tensors", "tensor_rules.py", module="05"),
]
