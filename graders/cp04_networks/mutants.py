"""Mistakes that the graders of checkpoint 04 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="04", old=old, new=new, mistake=mistake)


_MSE = "return (error * error).mean()"
_SAME = "if predictions.shape != targets.shape:"
_SHIFTED = "shifted = x - x.max(axis=dim, keepdims=True).detach()"
_LOGS = "return shifted - shifted.exp().sum(axis=dim, keepdims=True).log()"
_ROWS = "rows = log_softmax(logits).reshape(picked.size, logits.shape[-1])"
_PICK = "return -rows[np.arange(picked.size), picked].mean()"
_WHOLE = "np.any(numbers != np.floor(numbers)) or "
_SHAPE = "if numbers.shape != logits.shape[:-1]:"
_RANGE = "if np.any(p.data < 0) or np.any(p.data > 1):"
_LOGARITHMS = "yes, no = (p + self.crumb).log(), (1 - p + self.crumb).log()"
_BINARY = "return -(t * yes + (1 - t) * no).mean()"

_SQUARES = [
    _mistake("call-gives-number", "return self.forward(predictions, targets)",
             "return self.forward(predictions, targets).item()", "a loss is a Python number, not a tensor"),
    _mistake("call-swaps", "return self.forward(predictions, targets)", "return self.forward(targets, predictions)",
             "predictions and targets are swapped"),
    _mistake("mse-sum", _MSE, "return (error * error).sum()", "MSE summed, not averaged"),
    _mistake("mse-half", _MSE, "return (error * error).mean() / 2", "half of the squares"),
    _mistake("mse-root", _MSE, "return (error * error).mean().sqrt()", "the root of the mean"),
    _mistake("mse-absolute", _MSE, "return (error * error).sqrt().mean()", "absolute differences"),
    _mistake("mse-square-of-mean", _MSE, "return error.mean() ** 2", "averaged before it is squared"),
    _mistake("mse-signed", _MSE, "return error.mean()", "differences are not squared"),
    _mistake("mse-by-rows", _MSE, "return (error * error).sum() / (len(error) if error.ndim else 1)",
             "divided by the number of examples, not of numbers"),
    _mistake("mse-one-axis", _MSE, "return (error * error).mean(axis=-1 if error.ndim else None)",
             "one loss for each example"),
    _mistake("mse-not-reduced", _MSE, "return (error * error).mean(keepdims=True)", "the result keeps its axes"),
    _mistake("mse-relative", "error = predictions - targets", "error = (predictions - targets) / (targets + 1)",
             "differences are divided by the target"),
    _mistake("mse-clipped", _MSE, "return Tensor(np.minimum((error * error).mean().data, 1e6))",
             "large losses are cut"),
    _mistake("mse-in-place", "error = predictions - targets",
             "predictions.data -= targets.data; error = predictions * 1", "MSE writes into its input"),
    _mistake("shapes-broadcast", _SAME, "if False:", "shapes that differ are broadcast"),
    _mistake("shapes-by-size", _SAME, "if predictions.size != targets.size:",
             "shapes that hold the same number of elements are accepted"),
    _mistake("shapes-reshaped", _SAME,
             "if predictions.size == targets.size:\n        targets = targets.reshape(predictions.shape)\n"
             "    if predictions.shape != targets.shape:",
             "targets are laid out anew without a word"),
    _mistake("shapes-last-axis", _SAME, "if predictions.shape[-1:] != targets.shape[-1:]:",
             "only the last axis is compared"),
    _mistake("shapes-by-dimensions", _SAME, "if predictions.ndim != targets.ndim:",
             "only the number of axes is compared"),
    _mistake("shapes-not-named", 'f"predictions have shape {predictions.shape}, but targets {targets.shape}"',
             '"predictions and targets do not fit"', "the error does not name the shapes"),
]  # fmt: skip

_LOG_SOFTMAX = [
    _mistake("without-shift", _SHIFTED, "shifted = x", "softmax without max shift"),
    _mistake("global-shift", _SHIFTED, "shifted = x - x.max()", "the largest of the whole tensor is subtracted"),
    _mistake("least-shift", _SHIFTED, "shifted = x + (-x).max(axis=dim, keepdims=True)", "the smallest is subtracted"),
    _mistake("log-of-softmax", _LOGS,
             "return (shifted.exp() / shifted.exp().sum(axis=dim, keepdims=True)).log()", "log of 0"),
    _mistake("log-of-softmax-guarded", _LOGS,
             "return (shifted.exp() / shifted.exp().sum(axis=dim, keepdims=True) + 1e-9).log()",
             "a small number is added before the logarithm"),
    _mistake("wrong-axis", _LOGS, _LOGS.replace("axis=dim", "axis=0"), "softmax over the wrong axis: the first"),
    _mistake("last-axis", _LOGS, _LOGS.replace("axis=dim", "axis=-1"), "softmax over the wrong axis: the last"),
    _mistake("all-axes", _LOGS, "return shifted - shifted.exp().sum().log()", "softmax over the whole tensor"),
    _mistake("mean-for-sum", _LOGS, _LOGS.replace(".sum(", ".mean("), "a mean where the sum is due"),
    _mistake("without-log", _LOGS, "return shifted.exp() / shifted.exp().sum(axis=dim, keepdims=True)",
             "softmax without the logarithm"),
    _mistake("shift-only", _LOGS, "return shifted", "the logarithm of the sum is forgotten"),
    _mistake("sign", _LOGS, "return shifted.exp().sum(axis=dim, keepdims=True).log() - shifted",
             "the sign is the other one"),
    _mistake("clipped", _SHIFTED, "x = Tensor(np.clip(x.data, -50, 50)); " + _SHIFTED, "logits are clipped"),
    _mistake("any-axis", _SHIFTED, "dim = dim if -x.ndim <= dim < x.ndim else -1; " + _SHIFTED,
             "an axis that is not there is taken for the last"),
    _mistake("in-place", _SHIFTED, "x.data -= x.data.max(axis=dim, keepdims=True); shifted = x + 0",
             "log_softmax writes into its input"),
]  # fmt: skip

_ENTROPY = [
    _mistake("summed", _PICK, "return -rows[np.arange(picked.size), picked].sum()",
             "cross-entropy summed, not averaged"),
    _mistake("on-probabilities", _ROWS,
             "rows = Tensor(np.log(np.maximum(logits.data, 1e-12))).reshape(picked.size, logits.shape[-1])",
             "cross-entropy on probabilities"),
    _mistake("softmax-twice", _ROWS,
             "rows = log_softmax(log_softmax(logits).exp()).reshape(picked.size, logits.shape[-1])",
             "cross-entropy on probabilities: softmax twice"),
    _mistake("without-minus", _PICK, "return rows[np.arange(picked.size), picked].mean()", "the minus is forgotten"),
    _mistake("by-all-numbers", _PICK,
             "return -rows[np.arange(picked.size), picked].sum() / rows.size", "divided by the classes as well"),
    _mistake("all-pairs", _PICK, "return -rows[:, picked].mean()", "every row meets every target"),
    _mistake("first-target", _PICK, "return -rows[np.arange(picked.size), picked[:1]].mean()",
             "the first target counts for all"),
    _mistake("one-example", _PICK, "return -rows[np.arange(picked.size), picked][0]", "only the first example counts"),
    _mistake("largest-instead", _PICK, "return -rows.max(axis=-1).mean()", "the most likely class, not the target"),
    _mistake("per-example", _PICK, "return -rows[np.arange(picked.size), picked]", "one loss for each example"),
    _mistake("one-element", _PICK, "return -rows[np.arange(picked.size), picked].mean(keepdims=True)",
             "the result has shape (1,)"),
    _mistake("base-two", _PICK, "return -rows[np.arange(picked.size), picked].mean() / np.log(2)", "base 2"),
    _mistake("other-classes", _PICK,
             "others = (1 - rows.exp() + 1e-9).log(); "
             "return -(rows[np.arange(picked.size), picked].mean() + others.mean())",
             "the other classes are counted too"),
    _mistake("probability-missed", _PICK,
             "return (1 - rows[np.arange(picked.size), picked].exp()).mean()", "1 - p for -log p"),
    _mistake("capped", _PICK, "return Tensor(np.minimum(100, (-rows[np.arange(picked.size), picked]).mean().data))",
             "large losses are cut"),
    _mistake("wrong-axis-of-logits", _ROWS,
             "rows = log_softmax(logits, dim=0).reshape(picked.size, logits.shape[-1])",
             "softmax over the wrong axis: over the batch"),
    _mistake("axis-one", _ROWS, "rows = log_softmax(logits, dim=1).reshape(picked.size, logits.shape[-1])",
             "softmax over the places of a sequence"),
    _mistake("places-summed", _PICK,
             "return -rows[np.arange(picked.size), picked].sum() / len(logits)",
             "losses of a sequence are summed, not averaged"),
    _mistake("places-transposed", _ROWS,
             "logits = logits.transpose(0, 1) if logits.ndim == 3 else logits; " + _ROWS,
             "sequences and places are mixed up"),
    _mistake("not-whole", _WHOLE, "", "targets that are not whole are cut"),
    _mistake("negative-class", "np.any(numbers < 0) or ", "", "class -1 is taken for the last one"),
    _mistake("class-too-large", " or np.any(numbers >= classes):",
             ":\n        pass\n    numbers = np.minimum(numbers, classes - 1)\n    if False:",
             "a class that is too large is taken for the last one"),
    _mistake("classes-clipped", _WHOLE + "np.any(numbers < 0) or np.any(numbers >= classes):", "False:",
             "targets are not looked at"),
    _mistake("targets-not-compared", _SHAPE, "if numbers.size != logits.size // max(classes, 1):",
             "targets of another shape are laid out anew"),
    _mistake("targets-cut", _SHAPE,
             "if numbers.ndim and len(numbers) > len(logits):\n        numbers = numbers[: len(logits)]\n"
             "    if numbers.shape != logits.shape[:-1]:",
             "targets that are too many are cut off"),
    _mistake("target-shapes-not-named",
             'f"logits {logits.shape} need targets {logits.shape[:-1]}, got {numbers.shape}"',
             '"wrong number of targets"', "the error does not name the shapes"),
    _mistake("targets-changed", "return numbers.astype(np.int64)",
             "numbers[...] = np.sort(numbers) if isinstance(numbers, np.ndarray) else numbers; "
             "return numbers.astype(np.int64)",
             "targets are sorted in place"),
]  # fmt: skip

_BINARIES = [
    _mistake("binary-summed", _BINARY, "return -(t * yes + (1 - t) * no).sum()", "summed, not averaged"),
    _mistake("binary-without-minus", _BINARY, "return (t * yes + (1 - t) * no).mean()", "the minus is forgotten"),
    _mistake("binary-only-ones", _BINARY, "return -(t * yes).mean()", "truths of 0 cost nothing"),
    _mistake("binary-only-zeros", _BINARY, "return -((1 - t) * no).mean()", "truths of 1 cost nothing"),
    _mistake("binary-swapped", _BINARY, "return -(t * no + (1 - t) * yes).mean()", "the two terms are swapped"),
    _mistake("binary-thresholded", _BINARY, "t = t > 0.5; return -(t * yes + (1 - t) * no).mean()",
             "truths in between are rounded"),
    _mistake("binary-by-rows", _BINARY, "return -(t * yes + (1 - t) * no).sum() / (len(p) if p.ndim else 1)",
             "divided by the number of examples, not of numbers"),
    _mistake("binary-one-axis", _BINARY, "return -(t * yes + (1 - t) * no).mean(axis=0 if p.ndim else None)",
             "one loss for each column"),
    _mistake("binary-of-logits", _LOGARITHMS, "p = 1 / (1 + (-p).exp()); " + _LOGARITHMS,
             "probabilities are taken for logits"),
    _mistake("binary-base-two", _BINARY, "return -(t * yes + (1 - t) * no).mean() / np.log(2)", "base 2"),
    _mistake("binary-log-of-zero", "crumb = 1e-30", "crumb = 0.0", "log of 0"),
    _mistake("binary-half-guarded", "(1 - p + self.crumb).log()", "(1 - p).log()", "log of 0 for a truth of 0"),
    _mistake("binary-tiny-guard", _LOGARITHMS,
             "q = Tensor(np.clip(p.data, 1e-12, 1 - 1e-12)); yes, no = q.log(), (1 - q).log()",
             "a guard of 1e-12, which float32 does not see beside 1"),
    _mistake("binary-huge-guard", "crumb = 1e-30", "crumb = 1e-2", "the guard changes probabilities"),
    _mistake("binary-cut-early", _LOGARITHMS,
             "q = Tensor(np.clip(p.data, 0.05, 0.95)); yes, no = q.log(), (1 - q).log()",
             "probabilities below 0.05 are cut"),
    _mistake("binary-skips-nan", _BINARY,
             "each = -(t * p.log() + (1 - t) * (1 - p).log()); "
             "return Tensor(np.nan_to_num(each.data, posinf=0).mean())",
             "what is infinite counts as 0"),
    _mistake("binary-any-number", _RANGE, "if False:", "logits are accepted as probabilities"),
    _mistake("binary-negative", "np.any(p.data < 0) or ", "", "negative probabilities are accepted"),
    _mistake("binary-above-one", " or np.any(p.data > 1):", ":", "probabilities above 1 are accepted"),
    _mistake("binary-shapes", "p, t = same_shape(predictions, targets)",
             "p, t = as_tensor(predictions), as_tensor(targets)", "shapes that differ are broadcast"),
    _mistake("binary-in-place", _LOGARITHMS, "p.data[...] = np.clip(p.data, 1e-7, 0.9); " + _LOGARITHMS,
             "the loss writes into its input"),
]  # fmt: skip

MUTANTS = [*_SQUARES, *_LOG_SOFTMAX, *_ENTROPY, *_BINARIES]

CORRECT = [
    Variant("one example after the other, by the math module", "loops.py", module="04"),
    Variant("one-hot targets and log-sum-exp in float32, probabilities cut at 1e-7", "one_hot.py", module="04"),
    Variant("NumPy in float64, one function for each loss", "double.py", module="04"),
    Variant("PyTorch's way: reduction, gather, logarithms cut at -100", "reduction.py", module="04"),
]
