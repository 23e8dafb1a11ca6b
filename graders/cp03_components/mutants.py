"""Mistakes that the graders of checkpoint 03 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="03", old=old, new=new, mistake=mistake)


_CALL = "return self.forward(*inputs)"
_MINE = 'mine = part.parameters() if hasattr(part, "parameters") else []'
_SCALE = "scale = (2 / in_features) ** 0.5"
_BIAS = "self.bias = zeros(out_features, requires_grad=True) if bias else None"
_PRODUCT = "product = x @ self.weight"
_SUM = "return product if self.bias is None else product + self.bias"
_DRAW = "numbers = generator().random(x.shape, dtype=np.float32)"
_DROP = "return x * np.where(numbers < keep, 1 / max(keep, 1e-9), 0)"
_IN_USE = "if not self.training or self.p == 0:"
_FOUND = "found.extend(p for p in mine if not any(p is q for q in found))\n        return found"
_LAYERS = "self.layers = list(layers)"

_SHARED = [
    _mistake("call-gives-array", _CALL, "return self.forward(*inputs).data", "calling a layer gives an array"),
    _mistake("call-remembers", _CALL,
             'self.kept = getattr(self, "kept", None) or self.forward(*inputs); return self.kept',
             "a layer answers with the result of its first input"),
    _mistake("call-twice", _CALL, "return self.forward(self.forward(*inputs))", "a call applies forward twice"),
    _mistake("mode-of-all", "self.training = False", "Layer.training = False",
             "eval() changes the mode of all layers of the program"),
    _mistake("eval-forgotten", "self.training = False", "pass", "eval() changes nothing: dropout active in eval"),
    _mistake("train-forgotten", "self.training = True", "pass", "train() does not bring training back"),
    _mistake("eval-not-passed-on", "                part.eval()\n", "                pass\n",
             "eval() does not reach the layers inside"),
    _mistake("train-not-passed-on", "                part.train()\n", "                pass\n",
             "train() does not reach the layers inside"),
    _mistake("eval-is-train", "                part.eval()\n", "                part.train()\n",
             "eval() tells the layers inside to train"),
    _mistake("used-from-the-start", "    training = True\n", "    training = False\n", "a new layer is in use"),
    _mistake("parameters-not-inside", _MINE, "mine = []", "parameters of the layers inside are not found"),
    _mistake("parameters-reversed", _FOUND, _FOUND.replace("return found", "return found[::-1]"),
             "parameters come in the reverse order"),
    _mistake("parameters-copied", _FOUND,
             _FOUND.replace("return found", "return [Tensor(p.data, requires_grad=True) for p in found]"),
             "parameters() hands out copies"),
    _mistake("parameters-first-only", _FOUND, _FOUND.replace("return found", "return found[:1]"),
             "bias missing from parameters()"),
    _mistake("parameters-by-size", _FOUND, _FOUND.replace("return found", "return sorted(found, key=lambda p: p.size)"),
             "parameters come in order of size"),
]  # fmt: skip

_INIT = [
    _mistake("init-without-root", _SCALE, "scale = 2 / in_features", "Linear init scale: variance for its root"),
    _mistake("init-of-one", _SCALE, "scale = 1.0", "Linear init scale: plain randn"),
    _mistake("init-small", _SCALE, "scale = 0.01", "Linear init scale: 0.01, whatever the size"),
    _mistake("init-inverse", _SCALE, "scale = (in_features / 2) ** 0.5", "Linear init scale: grows with the inputs"),
    _mistake("init-by-outputs", _SCALE, "scale = (2 / out_features) ** 0.5", "Linear init scale by the outputs"),
    _mistake("init-double", _SCALE, "scale = (4 / in_features) ** 0.5", "Linear init scale: twice He's variance"),
    _mistake("init-sum-only", _SCALE, "scale = (1 / (in_features + out_features)) ** 0.5",
             "Linear init scale: half of Xavier's variance"),
    _mistake("init-zero", _SCALE, "scale = 0.0", "all weights start at 0"),
    _mistake("init-equal", "randn(in_features, out_features).data * scale",
             "np.ones((in_features, out_features)) * scale",
             "all weights start equal"),
    _mistake("init-rows-equal", "randn(in_features, out_features).data * scale",
             "np.repeat(randn(in_features, 1).data, out_features, axis=1) * scale", "all outputs start equal"),
    _mistake("init-positive", "randn(in_features, out_features).data * scale",
             "np.abs(randn(in_features, out_features).data) * scale", "all weights start positive"),
    _mistake("init-uniform-positive", "randn(in_features, out_features).data * scale",
             "generator().random((in_features, out_features)) * scale * 2", "weights from 0 up, not around 0"),
    _mistake("init-own-seed", "randn(in_features, out_features).data",
             "np.random.default_rng(0).standard_normal((in_features, out_features))",
             "every layer starts with the same weights"),
    _mistake("init-own-generator", "randn(in_features, out_features).data",
             "np.random.default_rng().standard_normal((in_features, out_features))", "Linear ignores manual_seed"),
    _mistake("init-legacy-generator", "randn(in_features, out_features).data",
             "np.random.randn(in_features, out_features)", "Linear draws from NumPy's old global generator"),
    _mistake("weight-transposed", "randn(in_features, out_features).data", "randn(out_features, in_features).data",
             "the weight is (out, in)"),
    _mistake("weight-not-learned", "randn(in_features, out_features).data * scale, requires_grad=True)",
             "randn(in_features, out_features).data * scale)", "the weight is not to be learned"),
    _mistake("bias-not-learned", _BIAS, "self.bias = zeros(out_features) if bias else None",
             "bias missing from parameters()"),
    _mistake("bias-always", _BIAS, "self.bias = zeros(out_features, requires_grad=True)",
             "there is a bias, asked for or not"),
    _mistake("bias-never", _BIAS, "self.bias = None", "there is no bias"),
    _mistake("bias-of-inputs", _BIAS, "self.bias = zeros(in_features, requires_grad=True) if bias else None",
             "the bias has one number for each input"),
    _mistake("bias-a-row", _BIAS, "self.bias = zeros(1, out_features, requires_grad=True) if bias else None",
             "the bias is (1, out)"),
    _mistake("bias-one-number", _BIAS, "self.bias = zeros(1, requires_grad=True) if bias else None",
             "one bias for all outputs"),
    _mistake("sizes-absolute", "as_shape((in_features, out_features), smallest=1)",
             "in_features, out_features = abs(int(in_features)), abs(int(out_features))",
             "sizes that make no layer are taken for others"),
]  # fmt: skip

_LINEAR = [
    _mistake("linear-without-bias", _SUM, "return product", "the bias is not added"),
    _mistake("linear-minus-bias", _SUM, "return product if self.bias is None else product - self.bias",
             "the bias is subtracted"),
    _mistake("linear-bias-times", _SUM, "return product if self.bias is None else product * (self.bias + 1)",
             "the bias is a factor"),
    _mistake("linear-transposed", _PRODUCT,
             "product = x @ (self.weight.T if self.in_features == self.out_features else self.weight)",
             "square weights are transposed"),
    _mistake("linear-flattens", _PRODUCT, "product = x.reshape(-1, self.in_features) @ self.weight",
             "leading axes are flattened"),
    _mistake("linear-cuts", _PRODUCT, "product = x[..., : self.in_features] @ self.weight",
             "inputs that are too wide are cut"),
    _mistake("linear-relu", _SUM,
             "y = product if self.bias is None else product + self.bias; return y * (y > 0)",
             "an activation is built into the linear layer"),
    _mistake("linear-means", _PRODUCT, "product = x @ self.weight / self.in_features", "means, not sums"),
    _mistake("linear-keeps-first-weights", _PRODUCT,
             'self.first = getattr(self, "first", None) or Tensor(self.weight); product = x @ self.first',
             "a layer goes on with the weights of its first call"),
    _mistake("linear-in-place", _SUM,
             "y = product if self.bias is None else product + self.bias\n        if self.bias is not None:\n"
             "            self.bias.data += y.data.sum(axis=tuple(range(y.ndim - 1)))\n        return y",
             "a call changes the bias"),
    _mistake("linear-batch-only", _PRODUCT, "product = x.reshape(len(x), -1) @ self.weight",
             "a single example, or a batch of sentences, is taken for a batch of rows"),
]  # fmt: skip

_DROPOUT = [
    _mistake("dropout-unscaled", _DROP, "return x * np.where(numbers < keep, 1, 0)", "dropout without 1/(1-p)"),
    _mistake("dropout-scaled-down", _DROP, "return x * np.where(numbers < keep, keep, 0)",
             "what is kept is multiplied by 1 - p"),
    _mistake("dropout-scaled-by-p", _DROP, "return x * np.where(numbers < keep, 1 / max(self.p, 1e-9), 0)",
             "what is kept is divided by p"),
    _mistake("dropout-keeps-p", "numbers < keep", "numbers < self.p", "p is taken for the probability to keep"),
    _mistake("dropout-in-use", _IN_USE, "if self.p == 0:", "dropout active in eval"),
    _mistake("dropout-scales-in-use", _IN_USE,
             "if not self.training:\n            return x * (1 - self.p)\n        if self.p == 0:",
             "numbers are scaled in use as well"),
    _mistake("dropout-never", _IN_USE, "if True:", "nothing is ever dropped"),
    _mistake("dropout-modes-swapped", _IN_USE, "if self.training or self.p == 0:",
             "dropout drops in use and not in training"),
    _mistake("dropout-rows", _DRAW, "numbers = generator().random((*x.shape[:-1], 1)[-x.ndim :] if x.ndim else ())",
             "whole rows are dropped"),
    _mistake("dropout-columns", _DRAW, "numbers = generator().random(x.shape[-1:])",
             "the same numbers are dropped in every row"),
    _mistake("dropout-fixed", _DRAW, "numbers = np.random.default_rng(7).random(x.shape)",
             "the same numbers are dropped at every call"),
    _mistake("dropout-own-generator", _DRAW, "numbers = np.random.default_rng().random(x.shape)",
             "dropout ignores manual_seed"),
    _mistake("dropout-legacy-generator", _DRAW, "numbers = np.random.random(x.shape)",
             "dropout draws from NumPy's old global generator"),
    _mistake("dropout-exact-share", _DRAW,
             "numbers = np.roll(np.linspace(0, 1, x.size).reshape(x.shape), int(generator().integers(1, x.size + 2)))",
             "a block of neighbours is dropped"),
    _mistake("dropout-normal", _DRAW, "numbers = np.abs(generator().standard_normal(x.shape))",
             "the share of dropped numbers is not p"),
    _mistake("dropout-default", "def __init__(self, p=0.5):", "def __init__(self, p=0.1):", "p is 0.1 by default"),
    _mistake("dropout-nan", _DROP, "return x * np.where(numbers < keep, 1, 0) / keep",
             "p = 1 divides by 0"),
    _mistake("dropout-any-p", "if not 0 <= p <= 1:", "if p is None:", "any number is taken for a probability"),
    _mistake("dropout-too-large-p", "if not 0 <= p <= 1:", "if p < 0:", "a probability above 1 is accepted"),
    _mistake("dropout-negative-p", "if not 0 <= p <= 1:", "if p > 1:", "a negative probability is accepted"),
    _mistake("dropout-p-not-named", "; got {p}", "", "the error does not name the value"),
    _mistake("dropout-in-place", _DROP,
             "x.data[...] = x.data * np.where(numbers < keep, 1 / max(keep, 1e-9), 0); return x * 1",
             "dropout writes into its input"),
]  # fmt: skip

_SEQUENTIAL = [
    _mistake("sequential-reversed", "for layer in self.layers:", "for layer in self.layers[::-1]:",
             "layers are applied in the reverse order"),
    _mistake("sequential-last-only", "            x = layer(x)\n        return x",
             "            y = layer(x)\n        return y",
             "each layer gets the input of the network"),
    _mistake("sequential-without-last", "for layer in self.layers:", "for layer in self.layers[:-1] or self.layers:",
             "the last layer is left out"),
    _mistake("sequential-once", "for layer in self.layers:",
             "for layer in {type(each): each for each in self.layers}.values():",
             "of two layers of one type only one is used"),
    _mistake("sequential-no-list", "if len(layers) == 1 and isinstance(layers[0], (list, tuple)):", "if False:",
             "layers in a list are not accepted"),
    _mistake("sequential-only-list", _LAYERS,
             "self.layers = layers if isinstance(layers, list) else list(layers)[:1]",
             "only the first of several arguments is kept"),
    _mistake("sequential-hides-layers", _LAYERS, "self.layers = {k: v for k, v in enumerate(layers)}.values()",
             "layers are kept where parameters() and eval() do not look"),
    _mistake("sequential-forgets-parameters", "class Sequential(Layer):\n",
             "class Sequential(Layer):\n    def parameters(self):\n        return []\n\n",
             "a Sequential has no parameters"),
    _mistake("sequential-flat-modes", "class Sequential(Layer):\n",
             "class Sequential(Layer):\n    def eval(self):\n        for layer in self.layers:\n"
             "            layer.training = False\n        return self\n\n",
             "eval() reaches one level only"),
]  # fmt: skip

MUTANTS = [*_SHARED, *_INIT, *_LINEAR, *_DROPOUT, *_SEQUENTIAL]

CORRECT = [
    Variant("loops over rows and columns, no search for parameters", "loops.py", module="03"),
    Variant("parameters registered when they are set, Xavier's normal weights", "registered.py", module="03"),
    Variant("uniform weights, masks by binomial draws, checks of its own", "careful.py", module="03"),
    Variant("functions behind small classes, float64 inside", "functional.py", module="03"),
]
