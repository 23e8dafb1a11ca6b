"""Mistakes that the graders of checkpoint 06 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="06", old=old, new=new, mistake=mistake)


_CLEAR = "        for p in self.params:\n            p.zero_grad()\n"
_TAKEN = "            if p.grad is not None:\n                gradient = self.decayed(as_array(p.grad), p.data)\n"
_EACH = "        for p, notes in zip(self.params, self.notes, strict=True):\n"
_MOVED = "                p.data = as_array(p.data - self.change(p.data, gradient, notes))\n"

_BASE = [
    _mistake("zero-grad-does-nothing", _CLEAR, "        pass\n", "zero_grad that does nothing"),
    _mistake("zero-grad-first-only", _CLEAR, "        self.params[0].zero_grad()\n",
             "zero_grad forgets the gradient of the first parameter only"),
    _mistake("zero-grad-clears-values", _CLEAR, _CLEAR + "            p.data = 0 * p.data\n",
             "zero_grad clears the weights too"),
    _mistake("zero-grad-ends-at-none", _CLEAR,
             "        for p in self.params:\n            if p.grad is None:\n                break\n"
             "            p.zero_grad()\n", "zero_grad ends at the first parameter that has no gradient"),
    _mistake("generator-not-kept", "self.params = list(params)", "self.params = params",
             "parameters that come from a generator are gone after the first loop"),
    _mistake("nothing-accepted", "if not self.params:", "if False:", "an empty list of parameters is accepted"),
    _mistake("tensor-accepted", "if isinstance(params, Tensor):", "if False:",
             "a single tensor is taken apart into parameters"),
    _mistake("anything-accepted", "if not isinstance(p, Tensor):", "if False:", "an array is accepted as a parameter"),
    _mistake("none-is-zero", _TAKEN,
             "            if True:\n"
             "                gradient = as_array(np.zeros(p.shape) if p.grad is None else p.grad)\n"
             "                gradient = self.decayed(gradient, p.data)\n",
             "a parameter without a gradient is treated as if its gradient were 0"),
    _mistake("ends-at-none", _TAKEN,
             "            if p.grad is None:\n                break\n            else:\n"
             "                gradient = self.decayed(as_array(p.grad), p.data)\n",
             "the first parameter without a gradient ends the step"),
    _mistake("first-parameter-only", f"{_EACH}            if p.grad",
             f"{_EACH.replace('params,', 'params[:1],').replace('notes,', 'notes[:1],')}            if p.grad",
             "a step moves the first parameter only"),
    _mistake("name-rebound", _MOVED, "                p = Tensor(p.data - self.change(p.data, gradient, notes))\n",
             "the step makes a new tensor, and the parameter stays as it was"),
    _mistake("double-precision", _MOVED,
             "                p.data = np.float64(p.data) - self.change(p.data, gradient, notes)\n",
             "the values are float64 after a step"),
    _mistake("gradient-forgotten", _MOVED, _MOVED + "                p.grad = None\n", "step forgets the gradients"),
    _mistake("wish-lost", _MOVED, _MOVED + "                p.requires_grad = False\n",
             "after a step the parameter wants no gradient any more"),
    _mistake("gradient-overwritten", _MOVED, _MOVED + "                as_array(p.grad)[...] = p.data\n",
             "the step writes into the gradient's array"),
    _mistake("one-memory", "[{} for _ in self.params]", "[{}] * len(self.params)", "shared state between parameters"),
    _mistake("memory-by-shape", "self.notes = [{} for _ in self.params]",
             "kept = {}\n        self.notes = [kept.setdefault(p.shape, {}) for p in self.params]",
             "parameters of one shape share their state"),
    _mistake("memory-of-the-class", "self.notes = [{} for _ in self.params]",
             "Optimizer.kept = getattr(Optimizer, 'kept', None) or [{} for _ in range(99)]\n"
             "        self.notes = Optimizer.kept[:len(self.params)]", "all optimizers share their state"),
    _mistake("negative-accepted", "if not 0 <= value < limit:", "if not value < limit:",
             "a negative learning rate is accepted"),
    _mistake("beta-one-accepted", "if not 0 <= value < limit:", "if not 0 <= value:", "a beta of 1 is accepted"),
    _mistake("only-lr-checked", "if not 0 <= value < limit:", "if name == 'lr' and value < 0:",
             "only the learning rate is looked at"),
]  # fmt: skip

_SGD_DEFAULTS = "params, lr=0.01, momentum=0.0, weight_decay=0.0"
_SGD_CHANGE = "return self.lr * self.rolling(gradient, notes)"
_VELOCITY = '        notes["velocity"] = self.momentum * notes.get("velocity", 0) + push\n'
_DECAY = "return gradient + self.weight_decay * values"

_SGD = [
    _mistake("sgd-uphill", _SGD_CHANGE, "return -self.lr * self.rolling(gradient, notes)", "SGD sign"),
    _mistake("sgd-without-lr", _SGD_CHANGE, "return self.rolling(gradient, notes)", "SGD without the learning rate"),
    _mistake("sgd-sign-of-slope", _SGD_CHANGE, "return self.lr * np.sign(self.rolling(gradient, notes))",
             "SGD takes the sign of the gradient alone"),
    _mistake("sgd-normalised", _SGD_CHANGE,
             "return self.lr * self.rolling(gradient / np.maximum(1, np.abs(gradient).max()), notes)",
             "SGD shortens large gradients"),
    _mistake("sgd-first-lr", _SGD_CHANGE,
             "self.first = vars(self).get('first', self.lr)\n        return self.first * self.rolling(gradient, notes)",
             "a learning rate that is changed on the way has no effect"),
    _mistake("sgd-default", _SGD_DEFAULTS, _SGD_DEFAULTS.replace("0.01", "0.1"),
             "SGD's learning rate is 0.1 unless somebody says otherwise"),
    _mistake("sgd-order", _SGD_DEFAULTS, "params, lr=0.01, weight_decay=0.0, momentum=0.0",
             "SGD takes weight decay before momentum"),
    _mistake("dampening", _VELOCITY, _VELOCITY.replace("+ push", "+ (1 - self.momentum) * push"),
             "momentum with dampening"),
    _mistake("nesterov", _VELOCITY, _VELOCITY + '        return push + self.momentum * notes["velocity"]\n',
             "Nesterov's look ahead instead of plain momentum"),
    _mistake("velocity-forgotten", _VELOCITY, _VELOCITY.replace('notes.get("velocity", 0)', "0"),
             "the velocity is forgotten after each step"),
    _mistake("velocity-sign", _VELOCITY, _VELOCITY.replace("self.momentum *", "-self.momentum *"),
             "the velocity turns around in each step"),
    _mistake("velocity-undiminished", _VELOCITY, _VELOCITY.replace("self.momentum *", "(1 if self.momentum else 0) *"),
             "the velocity does not fade"),
    _mistake("velocity-starts-slow", _VELOCITY,
             _VELOCITY.replace("+ push", "+ (push if 'velocity' in notes else self.momentum * push)"),
             "the first push counts less"),
    _mistake("lr-in-velocity", _SGD_CHANGE, "return self.rolling(self.lr * gradient, notes)",
             "the velocity remembers old learning rates"),
    _mistake("velocity-is-gradient", _MOVED,
             _MOVED + "                if np.array_equal(notes.get('velocity'), p.grad):\n"
             "                    notes['velocity'] = as_array(p.grad)\n",
             "the first velocity is the gradient's own array"),
    _mistake("decay-sign", _DECAY, "return gradient - self.weight_decay * values", "weight decay sign"),
    _mistake("decay-missing", _DECAY, "return gradient", "weight decay that does nothing"),
    _mistake("decay-of-gradient", _DECAY, "return gradient + self.weight_decay * gradient",
             "weight decay of the gradient instead of the weights"),
    _mistake("decay-by-sign", _DECAY, "return gradient + self.weight_decay * np.sign(values)",
             "every weight is pulled equally, as by an L1 penalty"),
    _mistake("decay-without-lr", _DECAY, "return gradient + self.weight_decay * values / self.lr",
             "weight decay is not multiplied by the learning rate"),
    _mistake("decay-halved", _DECAY, "return gradient + self.weight_decay * values / 2", "half of the weight decay"),
    _mistake("decay-in-gradient", _DECAY, "gradient += self.weight_decay * values\n        return gradient",
             "weight decay is added into the gradient's array"),
    _mistake("decay-outside-velocity", _SGD_CHANGE,
             "pull = self.weight_decay * values\n"
             "        return self.lr * (self.rolling(gradient - pull, notes) + pull)",
             "the velocity does not see the weight decay"),
]  # fmt: skip

_COUNT = 't = notes["t"] = notes.get("t", 0) + 1'
_ROOT = "return self.lr * m / (np.sqrt(v) + self.eps)"
_FIRST = 'm = notes["m"] / (1 - self.beta1**t)'
_SECOND = 'v = notes["v"] / (1 - self.beta2**t)'
_ADAM_DEFAULTS = "params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)"
_ADAM_TITLE = "of the gradients, divided by the root of the mean of their squares"

_ADAM = [
    _mistake("uncorrected", f"        {_FIRST}\n        {_SECOND}\n", '        m, v = notes["m"], notes["v"]\n',
             "Adam without bias correction"),
    _mistake("first-uncorrected", _FIRST, 'm = notes["m"]', "Adam corrects the mean of squares only"),
    _mistake("second-uncorrected", _SECOND, 'v = notes["v"]', "Adam corrects the mean of gradients only"),
    _mistake("corrected-by-other-beta", _SECOND, 'v = notes["v"] / (1 - self.beta1**t)',
             "both corrections use the first beta"),
    _mistake("corrected-in-memory", _FIRST, 'm = notes["m"] = notes["m"] / (1 - self.beta1**t)',
             "the corrected mean is what Adam remembers"),
    _mistake("eps-inside", _ROOT, "return self.lr * m / np.sqrt(v + self.eps)", "eps inside the root"),
    _mistake("eps-uncorrected", _ROOT,
             'return self.lr * m / (np.sqrt(notes["v"]) + self.eps) * np.sqrt(1 - self.beta2**t)',
             "eps is added before the correction"),
    _mistake("eps-missing", _ROOT, "return self.lr * m / np.sqrt(v)", "0 / 0 without eps"),
    _mistake("root-missing", _ROOT, "return self.lr * m / (v + self.eps)", "Adam without the root"),
    _mistake("gradient-for-mean", _ROOT, "return self.lr * gradient / (np.sqrt(v) + self.eps)",
             "Adam without its first mean, which is RMSprop"),
    _mistake("count-per-parameter", _COUNT, "t = self.t = vars(self).get('t', 0) + 1", "step count per parameter"),
    _mistake("count-of-others", _COUNT,
             't = notes["t"] = max(notes.get("t", 0) + 1, *(each.get("t", 0) for each in self.notes))',
             "who comes later, or rested, counts the steps of the others"),
    _mistake("count-stands", _COUNT, 't = notes["t"] = 1', "the count of steps stays 1"),
    _mistake("count-ahead", _COUNT, 't = notes["t"] = notes.get("t", 1) + 1', "the count of steps starts with 2"),
    _mistake("betas-swapped", "beta1=betas[0], beta2=betas[1]", "beta1=betas[1], beta2=betas[0]", "betas swapped"),
    _mistake("mean-is-sum", "+ (1 - self.beta1) * gradient\n", "+ gradient\n", "a sum of gradients instead of a mean"),
    _mistake("mean-shares-swapped", 'self.beta1 * notes.get("m", 0) + (1 - self.beta1) * gradient',
             '(1 - self.beta1) * notes.get("m", 0) + self.beta1 * gradient', "the shares of old and new are swapped"),
    _mistake("not-squared", "+ (1 - self.beta2) * gradient**2", "+ (1 - self.beta2) * np.abs(gradient)",
             "a mean of sizes instead of squares"),
    _mistake("squared-mean", "+ (1 - self.beta2) * gradient**2", '+ (1 - self.beta2) * notes["m"]**2',
             "squares of the mean instead of the mean of squares"),
    _mistake("never-smaller", _SECOND,
             'notes["top"] = np.maximum(notes.get("top", 0), notes["v"])\n'
             '        v = notes["top"] / (1 - self.beta2**t)', "the mean of squares can only grow, as in AMSGrad"),
    _mistake("one-scale-for-all", _ROOT, "return self.lr * m / (np.sqrt(v.mean()) + self.eps)",
             "one scale for all numbers of a parameter"),
    _mistake("lr-in-mean", '+ (1 - self.beta1) * gradient\n', "+ (1 - self.beta1) * self.lr * gradient\n",
             "the mean remembers old learning rates"),
    _mistake("adam-decoupled", f"{_ADAM_TITLE}.\"\"\"\n",
             f'{_ADAM_TITLE}."""\n\n    def decayed(self, gradient, values):\n        return gradient\n',
             "Adam's weight decay does nothing"),
    _mistake("adam-default-lr", _ADAM_DEFAULTS, _ADAM_DEFAULTS.replace("0.001", "0.01"),
             "Adam's learning rate is 0.01 unless somebody says otherwise"),
    _mistake("adam-default-betas", _ADAM_DEFAULTS, _ADAM_DEFAULTS.replace("0.999", "0.99"),
             "Adam's second beta is 0.99 unless somebody says otherwise"),
    _mistake("adam-default-eps", _ADAM_DEFAULTS, _ADAM_DEFAULTS.replace("1e-8", "1e-5"),
             "Adam's eps is 1e-5 unless somebody says otherwise"),
    _mistake("adam-keeps-history", _COUNT,
             _COUNT + '\n        notes["seen"] = {**notes.get("seen", {}), str(t): gradient}',
             "Adam remembers all gradients that it has seen"),
]  # fmt: skip

_LOSS = "return super().change(values, gradient, notes) + self.lr * self.weight_decay * values"
_SEEN = '"""Return what Adam\'s means shall see."""\n        ### BEGIN SOLUTION\n        return gradient\n'

_ADAMW = [
    _mistake("adamw-both", _SEEN, _SEEN.replace("return gradient", "return super().decayed(gradient, values)"),
             "AdamW with coupled decay beside the decoupled one"),
    _mistake("adamw-coupled", _LOSS,
             "coupled = gradient + self.weight_decay * values\n        return super().change(values, coupled, notes)",
             "AdamW with coupled decay"),
    _mistake("adamw-without-decay", _LOSS, "return super().change(values, gradient, notes)", "AdamW without decay"),
    _mistake("adamw-without-lr", _LOSS, _LOSS.replace("self.lr * ", ""),
             "AdamW's decay is not multiplied by the learning rate"),
    _mistake("adamw-sign", _LOSS, _LOSS.replace(") + ", ") - "), "AdamW's decay lets the weights grow"),
    _mistake("adamw-after-the-step", _LOSS,
             "change = super().change(values, gradient, notes)\n"
             "        return change + self.lr * self.weight_decay * (values - change)",
             "AdamW's decay is taken of the values after Adam's step"),
    _mistake("adamw-default", "eps=1e-8, weight_decay=0.01)", "eps=1e-8, weight_decay=0.0)",
             "AdamW without decay unless somebody says otherwise"),
    _mistake("adamw-scaled", _LOSS,
             "return super().change(values, gradient, notes) * (1 + self.weight_decay * values)",
             "AdamW's decay depends on the gradient"),
]  # fmt: skip

_SQUARES = 'notes["v"] = self.alpha * notes.get("v", 0) + (1 - self.alpha) * gradient**2'
_PUSHED = 'return self.lr * self.rolling(gradient / (np.sqrt(notes["v"]) + self.eps), notes)'
_RMS_DEFAULTS = "params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0"

_RMSPROP = [
    _mistake("rms-eps-inside", _PUSHED,
             'return self.lr * self.rolling(gradient / np.sqrt(notes["v"] + self.eps), notes)',
             "RMSprop with eps inside the root"),
    _mistake("rms-without-root", _PUSHED, _PUSHED.replace('np.sqrt(notes["v"])', 'notes["v"]'), "RMSprop without root"),
    _mistake("rms-shares-swapped", _SQUARES,
             'notes["v"] = (1 - self.alpha) * notes.get("v", 0) + self.alpha * gradient**2',
             "alpha weighs the new square instead of the old mean"),
    _mistake("rms-sum", _SQUARES, _SQUARES.replace("(1 - self.alpha) * ", "").replace("self.alpha * ", ""),
             "a sum of all squares, as in Adagrad"),
    _mistake("rms-starts-with-first", _SQUARES, _SQUARES.replace('notes.get("v", 0)', 'notes.get("v", gradient**2)'),
             "the mean of squares starts with the first one instead of 0"),
    _mistake("rms-corrected", _PUSHED,
             'notes["t"] = notes.get("t", 0) + 1\n'
             '        v = notes["v"] / (1 - self.alpha ** notes["t"])\n'
             "        return self.lr * self.rolling(gradient / (np.sqrt(v) + self.eps), notes)",
             "RMSprop with Adam's correction"),
    _mistake("rms-old-mean", f"        {_SQUARES}\n        {_PUSHED}\n",
             '        push = gradient / (np.sqrt(notes.get("v", (1 - self.alpha) * gradient**2)) + self.eps)\n'
             f"        {_SQUARES}\n        return self.lr * self.rolling(push, notes)\n",
             "RMSprop divides by the mean of the step before"),
    _mistake("rms-velocity-of-gradients", _PUSHED,
             'return self.lr * self.rolling(gradient, notes) / (np.sqrt(notes["v"]) + self.eps)',
             "RMSprop's velocity is of gradients, and divided later"),
    _mistake("rms-without-momentum", _PUSHED,
             'return self.lr * gradient / (np.sqrt(notes["v"]) + self.eps)', "RMSprop's momentum does nothing"),
    _mistake("rms-lr-in-velocity", _PUSHED,
             'return self.rolling(self.lr * gradient / (np.sqrt(notes["v"]) + self.eps), notes)',
             "RMSprop's velocity remembers old learning rates"),
    _mistake("rms-default-lr", _RMS_DEFAULTS, _RMS_DEFAULTS.replace("lr=0.01", "lr=0.001"),
             "RMSprop's learning rate is 0.001 unless somebody says otherwise"),
    _mistake("rms-default-alpha", _RMS_DEFAULTS, _RMS_DEFAULTS.replace("0.99", "0.9"),
             "RMSprop's alpha is 0.9 unless somebody says otherwise"),
    _mistake("rms-order", _RMS_DEFAULTS, "params, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, weight_decay=0.0",
             "RMSprop takes momentum before weight decay"),
]  # fmt: skip

_HANDED = 'deepcopy({name: value for name, value in vars(self).items() if name != "params"})'
_LOADED = "vars(self).update(deepcopy(state))"

_STATE = [
    _mistake("state-not-a-copy", _HANDED, _HANDED.removeprefix("deepcopy"), "the state changes with later steps"),
    _mistake("state-shallow", _HANDED,
             '{**vars(self), "params": 0, "notes": [dict(notes) for notes in self.notes]}',
             "the state holds the optimizer's own arrays"),
    _mistake("state-loaded-without-copy", _LOADED, "vars(self).update(state)",
             "an optimizer works on in the state that was loaded"),
    _mistake("state-loaded-shallow", _LOADED,
             'vars(self).update({**state, "notes": [dict(notes) for notes in state["notes"]]})',
             "an optimizer keeps the arrays of the state that was loaded"),
    _mistake("state-without-count", _LOADED,
             _LOADED + '\n        for notes in self.notes:\n            notes.pop("t", None)',
             "the count of steps starts again"),
    _mistake("state-without-squares", _LOADED,
             _LOADED + '\n        for notes in self.notes:\n            notes.pop("v", None)',
             "the mean of squares starts again"),
    _mistake("state-without-velocity", _LOADED,
             _LOADED + '\n        for notes in self.notes:\n            notes.pop("velocity", None)',
             "the velocity starts again"),
    _mistake("state-without-settings", _LOADED, 'self.notes = deepcopy(state["notes"])',
             "the settings do not come back with the state"),
    _mistake("state-of-settings-only", _LOADED, 'vars(self).update({**deepcopy(state), "notes": self.notes})',
             "only the settings come back with the state"),
    _mistake("state-reversed", _LOADED, _LOADED + "\n        self.notes = self.notes[::-1]",
             "the parameters get each other's state"),
    _mistake("state-of-the-first", _LOADED, _LOADED + "\n        self.notes[1:] = [{} for _ in self.notes[1:]]",
             "only the first parameter gets its state back"),
    _mistake("state-not-loaded", _LOADED, "pass", "load_state_dict that does nothing"),
    _mistake("state-added", _LOADED,
             'for mine, given in zip(self.notes, deepcopy(state["notes"]), strict=True):\n'
             "            mine.update({**given, **mine})\n"
             '        vars(self).update({**deepcopy(state), "notes": self.notes})',
             "what the optimizer knew before the state was loaded stays"),
    _mistake("state-rounded", _LOADED,
             _LOADED + "\n        for notes in self.notes:\n"
             "            notes.update((name, np.round(value, 3)) for name, value in notes.items())",
             "the state is rounded"),
    _mistake("state-of-others", 'if len(state["notes"]) != len(self.params):',
             'state = {**state, "notes": [*state["notes"], *({} for _ in self.params)][: len(self.params)]}\n'
             '        if len(state["notes"]) != len(self.params):',
             "a state for another number of parameters is made to fit"),
]  # fmt: skip

MUTANTS = [*_BASE, *_SGD, *_ADAM, *_ADAMW, *_RMSPROP, *_STATE]

CORRECT = [
    Variant("in place, with zeros from the beginning", "in_place.py", module="06"),
    Variant("memory by the id of a parameter, zero_grad leaves zeros", "by_id.py", module="06"),
    Variant("pure functions in double precision, states that are lists", "functional.py", module="06"),
    Variant("parameter groups and the denominator's form, as in PyTorch", "groups.py", module="06"),
    Variant("memory made of tensors, errors of other types", "tensors.py", module="06"),
]
