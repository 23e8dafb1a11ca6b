"""Mistakes that the graders of checkpoint 07 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="07", old=old, new=new, mistake=mistake)


_ANGLE = "math.cos(math.pi * epoch / self.total_epochs)"
_CURVE = "return self.min_lr + (self.max_lr - self.min_lr) * height"
_AFTER = "        if epoch >= self.total_epochs:\n            return self.min_lr\n"

_SCHEDULE = [
    _mistake("curve-early", _ANGLE, "math.cos(math.pi * (epoch + 1) / self.total_epochs)", "scheduler off by one"),
    _mistake("curve-short", _ANGLE, "math.cos(math.pi * epoch / max(self.total_epochs - 1, 1))",
             "scheduler that arrives an epoch too early"),
    _mistake("curve-long", _ANGLE, "math.cos(math.pi * epoch / (self.total_epochs + 1))",
             "scheduler that has not arrived after the last epoch"),
    _mistake("curve-whole-wave", _ANGLE, "math.cos(2 * math.pi * epoch / self.total_epochs)",
             "a whole period of the cosine instead of half of it"),
    _mistake("curve-quarter", f"(1 + {_ANGLE}) / 2", "math.cos(math.pi / 2 * epoch / self.total_epochs)",
             "a quarter of the cosine instead of half of it"),
    _mistake("curve-upside-down", f"(1 + {_ANGLE})", f"(1 - {_ANGLE})", "from the smallest to the largest rate"),
    _mistake("curve-straight", f"(1 + {_ANGLE}) / 2", "1 - epoch / self.total_epochs", "a straight line"),
    _mistake("curve-in-steps", _ANGLE, "math.cos(math.pi * (epoch // self.total_epochs))", "whole-number division"),
    _mistake("curve-without-bottom", _CURVE, "return self.max_lr * height", "min_lr ignored on the way"),
    _mistake("curve-above-top", _CURVE, "return self.min_lr + self.max_lr * height", "min_lr added to the whole wave"),
    _mistake("curve-not-halved", f"(1 + {_ANGLE}) / 2", f"1 + {_ANGLE}", "the cosine's 1 + cos is not halved"),
    _mistake("curve-rises-again", _AFTER, "", "the learning rate rises again after the last epoch"),
    _mistake("curve-ends-at-nothing", _AFTER, _AFTER.replace("self.min_lr", "0.0"), "0 instead of min_lr in the end"),
    _mistake("curve-jumps-back", _AFTER, _AFTER.replace("self.min_lr", "self.max_lr"),
             "max_lr again when the curve is through"),
    _mistake("curve-cut", _AFTER, _AFTER.replace("self.total_epochs", "self.total_epochs - 1"),
             "the last epoch of the curve has min_lr already"),
    _mistake("curve-counts-calls", _AFTER,
             "        self.calls = epoch = getattr(self, 'calls', -1) + 1\n" + _AFTER,
             "the schedule counts how often it was asked"),
    _mistake("curve-shared", "self.max_lr, self.min_lr, self.total_epochs = max_lr, min_lr, total_epochs",
             "CosineSchedule.max_lr, CosineSchedule.min_lr, CosineSchedule.total_epochs = "
             "max_lr, min_lr, total_epochs", "all schedules share the numbers of the last one"),
]  # fmt: skip

_NORM = "norm = math.sqrt(sum(float((p.grad.astype(np.float64) ** 2).sum()) for p in moved))"
_SCALE = "p.grad = np.asarray(p.grad * (max_norm / norm), dtype=np.float32)"
_IF_LONG = f"    if norm > max_norm:\n        for p in moved:\n            {_SCALE}\n"

_CLIP = [
    _mistake("clip-always", "if norm > max_norm:", "if norm > 0:", "clip that scales when it should not"),
    _mistake("clip-never", "if norm > max_norm:", "if False:", "clip that never scales"),
    _mistake("clip-short-ones", "if norm > max_norm:", "if 0 < norm < max_norm:",
             "short gradients are scaled and long ones are not"),
    _mistake("clip-square-compared", "if norm > max_norm:", "if norm**2 > max_norm:",
             "the square of the norm is compared"),
    _mistake("clip-per-parameter", _IF_LONG,
             "    for p in moved:\n        own = math.sqrt(float((p.grad**2).sum()))\n        if own > max_norm:\n"
             "            p.grad = np.asarray(p.grad * (max_norm / own), dtype=np.float32)\n",
             "clip per parameter"),
    _mistake("clip-per-element", _IF_LONG,
             "    for p in moved:\n        p.grad = np.clip(p.grad, -max_norm, max_norm)\n", "clip per element"),
    _mistake("clip-to-one", "(max_norm / norm)", "(1 / norm)", "scaled to length 1 instead of max_norm"),
    _mistake("clip-upside-down", "(max_norm / norm)", "(norm / max_norm)", "the factor upside down"),
    _mistake("clip-not-kept", _SCALE, _SCALE.removeprefix("p.grad = "), "scaled gradients are thrown away"),
    _mistake("clip-first-only", f"        for p in moved:\n            {_SCALE}",
             f"        for p in moved[:1]:\n            {_SCALE}", "only the first parameter's gradient is scaled"),
    _mistake("clip-values", _SCALE, "p.data = np.asarray(p.data * (max_norm / norm), dtype=np.float32)",
             "values scaled instead of gradients"),
    _mistake("clip-norm-after", "    return norm\n", "    return min(norm, max_norm)\n",
             "the norm after clipping is returned"),
    _mistake("clip-factor-returned", "    return norm\n", "    return max_norm / max(norm, 1e-6)\n",
             "the factor is returned"),
    _mistake("clip-without-root", _NORM, _NORM.replace("math.sqrt", ""), "norm without the root"),
    _mistake("clip-sum-of-norms", _NORM, "norm = sum(float(np.linalg.norm(p.grad)) for p in moved)",
             "sum of the parameters' norms"),
    _mistake("clip-absolute-values", _NORM, "norm = sum(float(np.abs(p.grad).sum()) for p in moved)",
             "sum of absolute values"),
    _mistake("clip-largest", _NORM, "norm = max([float(np.abs(p.grad).max()) for p in moved] or [0.0])",
             "the largest element instead of the norm"),
    _mistake("clip-mean", _NORM, _NORM.replace(".sum()", ".mean()"), "mean of squares instead of their sum"),
    _mistake("clip-norm-of-values", _NORM, _NORM.replace("p.grad", "p.data"), "norm of the values"),
    _mistake("clip-last-parameter", _NORM, _NORM.replace("in moved", "in moved[-1:]"),
             "norm of the last parameter only"),
    _mistake("clip-without-gradient", "[p for p in parameters if p.grad is not None]", "list(parameters)",
             "a parameter without a gradient is an error"),
    _mistake("clip-divides-by-zero", _IF_LONG,
             f"    factor = min(1, max_norm / norm)\n    for p in moved:\n"
             f"        {_SCALE.replace('(max_norm / norm)', 'factor')}\n", "0 / 0 where all gradients are 0"),
]  # fmt: skip

_LR = "            self.optimizer.lr = self.scheduler.get_lr(self.epoch)\n"
_CLIPPED = "            clip_grad_norm(self.model.parameters(), self.grad_clip_norm)\n"
_STEP = "        self.optimizer.step()\n        self.optimizer.zero_grad()\n"

_EPOCH = [
    _mistake("epoch-leftover", f"{_LR}        self.optimizer.zero_grad()\n", _LR,
             "gradients from before the epoch are used"),
    _mistake("epoch-not-forgotten", _STEP, "        self.optimizer.step()\n", "gradients of earlier batches are used"),
    _mistake("epoch-forgets-too-early", _STEP, "        self.optimizer.zero_grad()\n        self.optimizer.step()\n",
             "zero_grad between backward and step"),
    _mistake("epoch-no-step", _STEP, "        self.optimizer.zero_grad()\n", "no step at all"),
    _mistake("epoch-two-steps", _STEP, "        self.optimizer.step()\n" + _STEP, "two steps for a batch"),
    _mistake("epoch-no-backward", "        loss.backward()\n", "", "no backward"),
    _mistake("epoch-not-training", "        self.model.train()\n", "", "the model is not put into train mode"),
    _mistake("epoch-no-clip", "        if self.grad_clip_norm is not None:\n", "        if False:\n",
             "grad_clip_norm ignored"),
    _mistake("epoch-clip-after-step", f"        if self.grad_clip_norm is not None:\n{_CLIPPED}{_STEP}",
             f"        self.optimizer.step()\n        if self.grad_clip_norm is not None:\n{_CLIPPED}"
             "        self.optimizer.zero_grad()\n", "clip after the step"),
    _mistake("epoch-clip-to-one", _CLIPPED, _CLIPPED.replace("self.grad_clip_norm", "1.0"),
             "clipped to 1 instead of grad_clip_norm"),
    _mistake("epoch-clip-each", _CLIPPED,
             "            for p in self.model.parameters():\n"
             "                clip_grad_norm([p], self.grad_clip_norm)\n",
             "each parameter clipped by itself"),
    _mistake("epoch-schedule-ignored", "if self.scheduler is not None:", "if False:", "scheduler ignored"),
    _mistake("epoch-schedule-early", _LR, _LR.replace("self.epoch", "self.epoch + 1"), "scheduler off by one, early"),
    _mistake("epoch-schedule-late", _LR, _LR.replace("self.epoch", "max(self.epoch - 1, 0)"),
             "scheduler off by one, late"),
    _mistake("epoch-schedule-stuck", _LR, _LR.replace("self.epoch", "0"), "always the first learning rate"),
    _mistake("epoch-schedule-factor", _LR, _LR.replace("lr = ", "lr = self.optimizer.lr * "),
             "the schedule's rate as a factor"),
    _mistake("epoch-not-counted",
             "            self.use(len(losses) % accumulation_steps)\n        mean = mean_of(losses)\n"
             "        self.epoch += 1\n",
             "            self.use(len(losses) % accumulation_steps)\n        mean = mean_of(losses)\n",
             "epochs are not counted"),
    _mistake("epoch-last-loss", "    return sum(losses) / len(losses)\n", "    return losses[-1]\n",
             "the loss of the last batch instead of the mean"),
    _mistake("epoch-sum-of-losses", "    return sum(losses) / len(losses)\n", "    return sum(losses)\n",
             "the sum of losses instead of the mean"),
    _mistake("epoch-empty", 'raise ValueError("the loader is empty: it gave no batch")', "return 0.0",
             "an empty loader has a loss of 0"),
    _mistake("epoch-arguments-swapped", "loss = self.loss_fn(self.model(x), y)",
             "loss = self.loss_fn(y, self.model(x))",
             "the loss gets targets and predictions the wrong way round"),
]  # fmt: skip

_FULL = "            if len(losses) % accumulation_steps == 0:\n"
_EACH = f"        for x, y in loader:\n            losses.append(self.learn(x, y))\n{_FULL}"
_AVERAGE = "p.grad = np.asarray(p.grad / count, dtype=np.float32)"
_MEAN_FIRST = (
    f"        for p in self.model.parameters():\n            if p.grad is not None:\n                {_AVERAGE}\n"
)

_ACCUMULATION = [
    _mistake("accumulated-sum", _AVERAGE, "pass", "accumulation not averaged"),
    _mistake("accumulated-first-averaged", _MEAN_FIRST,
             _MEAN_FIRST.replace("parameters():", "parameters()[:1]:"), "only the first parameter's is averaged"),
    _mistake("accumulated-remainder-divided", "            self.use(len(losses) % accumulation_steps)\n",
             "            self.use(accumulation_steps)\n", "the last group is divided by accumulation_steps"),
    _mistake("accumulated-remainder-lost", "        if len(losses) % accumulation_steps:\n", "        if False:\n",
             "the last group gets no step"),
    _mistake("accumulated-never", _FULL, "            if True:\n", "a step after each batch"),
    _mistake("accumulated-one-more", _FULL, "            if len(losses) % (accumulation_steps + 1) == 0:\n",
             "groups of one batch more"),
    _mistake("accumulated-shifted", _FULL,
             "            if len(losses) % accumulation_steps == 1 % accumulation_steps:\n",
             "the first step comes after the first batch"),
    _mistake("accumulated-all-so-far", "                self.use(accumulation_steps)\n",
             "                self.use(len(losses))\n", "divided by all batches so far"),
    _mistake("accumulated-forgotten", "        loss.backward()\n",
             "        self.optimizer.zero_grad()\n        loss.backward()\n",
             "gradients are forgotten before each batch of a group"),
    _mistake("accumulated-losses-divided", _EACH, _EACH.replace("self.learn(x, y)",
             "self.learn(x, y) / accumulation_steps"),
             "the losses that are told are divided by accumulation_steps"),
    _mistake("accumulated-clip-the-sum", _MEAN_FIRST,
             f"        if self.grad_clip_norm is not None:\n{_CLIPPED}{_MEAN_FIRST}",
             "the sum is clipped, not the mean"),
    _mistake("accumulated-clip-each", "        loss.backward()\n",
             f"        loss.backward()\n        if self.grad_clip_norm is not None:\n{_CLIPPED}",
             "gradients are clipped after each batch of a group"),
    _mistake("accumulated-no-steps", "if accumulation_steps < 1:", "if accumulation_steps < 0:",
             "accumulation_steps=0 is not refused in words"),
    _mistake("accumulated-mended",
             'raise ValueError(f"accumulation_steps must be 1 or more, got {accumulation_steps}")',
             "accumulation_steps = 1", "a wrong accumulation_steps is taken for 1"),
    _mistake("loader-with-a-length", _EACH, _EACH.replace("in loader", "in [loader[i] for i in range(len(loader))]"),
             "a loader must be a list"),
    _mistake("loader-last-lost", _EACH, _EACH.replace("in loader", "in list(loader)[:-1]"), "the last batch is lost"),
    _mistake("loader-first-only", _EACH, _EACH.replace("in loader", "in list(loader)[:1]"),
             "only the first batch is used"),
]  # fmt: skip

_COUNT = "right, asked = right + int(found.sum()), asked + found.size"
_SILENT = "        with no_grad():\n            for x, y in loader:\n"
_LOSS = "losses.append(self.loss_fn(answers, y).item())"
_TOLD = "return mean_of(losses), right / asked if asked else math.nan"

_EVALUATE = [
    _mistake("evaluate-training", "        self.model.eval()\n", "", "dropout active in evaluation"),
    _mistake("evaluate-recorded", _SILENT, "        if True:\n            for x, y in loader:\n",
             "evaluation records the graph"),
    _mistake("evaluate-stays-silent", _SILENT,
             "        no_grad().__enter__()\n        if True:\n            for x, y in loader:\n",
             "nothing is recorded any more after an evaluation"),
    _mistake("evaluate-learns", f"{_SILENT}                answers = self.model(x)\n                {_LOSS}\n",
             "        if True:\n            for x, y in loader:\n                answers = self.model(x)\n"
             "                losses.append(self.learn(x, y))\n", "evaluation leaves gradients"),
    _mistake("evaluate-trains", f"{_SILENT}                answers = self.model(x)\n                {_LOSS}\n",
             "        if True:\n            for x, y in loader:\n                answers = self.model(x)\n"
             "                losses.append(self.learn(x, y))\n                self.step()\n", "evaluation trains"),
    _mistake("evaluate-forgets", "        self.model.eval()\n",
             "        self.model.eval()\n        self.optimizer.zero_grad()\n", "evaluation takes gradients away"),
    _mistake("evaluate-counts-an-epoch", "        self.model.eval()\n",
             "        self.model.eval()\n        self.epoch += 1\n",
             "an evaluation counts as an epoch"),
    _mistake("evaluate-mean-of-batches", _COUNT, "right, asked = right + found.mean(), asked + 1",
             "mean of the batches' accuracies"),
    _mistake("evaluate-last-batch", _COUNT, "right, asked = int(found.sum()), found.size",
             "accuracy of the last batch only"),
    _mistake("evaluate-number-right", _TOLD, "return mean_of(losses), float(right)", "the number of right answers"),
    _mistake("evaluate-percent", _TOLD, _TOLD.replace("right /", "100 * right /"), "accuracy in percent"),
    _mistake("evaluate-errors", _TOLD, _TOLD.replace("right /", "(asked - right) /"), "the share of wrong answers"),
    _mistake("evaluate-swapped", _TOLD, "return right / asked if asked else math.nan, mean_of(losses)",
             "accuracy and loss the wrong way round"),
    _mistake("evaluate-sum-of-losses", _TOLD, _TOLD.replace("mean_of(losses)", "sum(losses)"), "sum of losses"),
    _mistake("evaluate-empty", _TOLD, f"if not losses:\n            return 0.0, 0.0\n        {_TOLD}",
             "an evaluation without a batch finds 0"),
    _mistake("evaluate-last-loss", _TOLD, _TOLD.replace("mean_of(losses)", "mean_of(losses[-1:])"),
             "the loss of the last batch"),
    _mistake("evaluate-smallest", "answers.argmax(axis=-1) == targets", "answers.argmin(axis=-1) == targets",
             "the smallest answer counts"),
    _mistake("evaluate-wrong-axis", "answers.argmax(axis=-1) == targets",
             "np.resize(answers.argmax(axis=0), targets.shape) == targets", "argmax over the examples"),
    _mistake("evaluate-threshold", "answers.argmax(axis=-1) == targets", "(answers[..., 1] > 0) == targets",
             "accuracy as if there were two classes"),
]  # fmt: skip

_TRAIN = "            loss = self.train_epoch(loader)\n"
_NOTE = "            self.note(train_loss=loss, lr=float(self.optimizer.lr))\n"
_JUDGE = "                loss, accuracy = self.evaluate(validation)\n"
_JUDGED = "                self.note(val_loss=loss, val_accuracy=accuracy)\n"
_IF_JUDGE = "            if validation is not None:\n"
_LOOP = "        for _ in range(epochs):\n"

_FIT = [
    _mistake("fit-returns-nothing", "        return self.history\n", "        return None\n", "fit returns nothing"),
    _mistake("fit-one-less", _LOOP, "        for _ in range(1, epochs):\n", "one epoch too few"),
    _mistake("fit-one-more", _LOOP, "        for _ in range(epochs + 1):\n", "one epoch too many"),
    _mistake("fit-forgets", _LOOP, f'        self.history = {{"train_loss": [], "lr": []}}\n{_LOOP}',
             "a second fit forgets the history"),
    _mistake("fit-counts-anew", _LOOP, f"        self.epoch = 0\n{_LOOP}", "a second fit begins the schedule anew"),
    _mistake("fit-lr-later", _NOTE, _NOTE.replace("self.optimizer.lr",
             "self.scheduler.get_lr(self.epoch % 4) if self.scheduler else self.optimizer.lr"),
             "the learning rate of the next epoch is written down"),
    _mistake("fit-lr-before", f"{_TRAIN}{_NOTE}",
             "            lr = float(self.optimizer.lr)\n" + _TRAIN + "            self.note(train_loss=loss, lr=lr)\n",
             "the learning rate of the epoch before is written down"),
    _mistake("fit-no-lr", _NOTE, "            self.note(train_loss=loss)\n", "no learning rates in the history"),
    _mistake("fit-loss-afterwards", _NOTE, _NOTE.replace("train_loss=loss", "train_loss=self.evaluate(loader)[0]"),
             "the loss after the epoch is written down as that of training"),
    _mistake("fit-validates-before", f"{_TRAIN}{_NOTE}{_IF_JUDGE}{_JUDGE}{_JUDGED}",
             f"{_IF_JUDGE}{_JUDGE}{_JUDGED}{_TRAIN}{_NOTE}", "validation before the epoch"),
    _mistake("fit-validates-on-training", _JUDGE, _JUDGE.replace("validation", "loader"),
             "validation on what was trained with"),
    _mistake("fit-trains-on-validation", _JUDGE,
             "                loss, accuracy = self.train_epoch(validation), self.evaluate(validation)[1]\n",
             "training with what is for validation"),
    _mistake("fit-no-validation", _IF_JUDGE, "            if False:\n", "validation ignored"),
    _mistake("fit-validates-once", _IF_JUDGE, "            if validation is not None and _ == epochs - 1:\n",
             "validation after the last epoch only"),
    _mistake("fit-notes-swapped", _JUDGED, "                self.note(val_loss=accuracy, val_accuracy=loss)\n",
             "validation loss and accuracy the wrong way round"),
    _mistake("fit-history-shared", 'self.history = {"train_loss": [], "lr": []}',
             'type(self).diary = getattr(type(self), "diary", {"train_loss": [], "lr": []})\n'
             "        self.history = self.diary", "all trainers write into one history"),
]  # fmt: skip

_SAVE = "np.savez(path, **freeze(state))"
_BACK = 'self.epoch, self.history = state["epoch"], state["history"]'
_SET = '        for p, data in zip(parameters, state["parameters"], strict=True):\n            p.data = data\n'
_PARAMETERS = '"parameters": [p.data for p in self.model.parameters()],'

_CHECKPOINT = [
    _mistake("checkpoint-optimizer-not-loaded", '        self.optimizer.load_state_dict(state["optimizer"])\n', "",
             "checkpoint without optimizer state"),
    _mistake("checkpoint-optimizer-not-saved", '"optimizer": self.optimizer.state_dict(),',
             '"optimizer": type(self.optimizer)(self.model.parameters()).state_dict(),',
             "checkpoint of a fresh optimizer's state"),
    _mistake("checkpoint-pickle-allowed", "np.load(path, allow_pickle=False)", "np.load(path, allow_pickle=True)",
             "loading a checkpoint runs what somebody has pickled into it"),
    _mistake("checkpoint-epoch-not-loaded", _BACK, 'self.history = state["history"]', "epoch not loaded"),
    _mistake("checkpoint-epoch-added", _BACK, _BACK.replace('= state["epoch"]', '= self.epoch + state["epoch"]'),
             "epochs of before loading count as well"),
    _mistake("checkpoint-epoch-off-by-one", '"epoch": self.epoch,', '"epoch": self.epoch + 1,', "epoch off by one"),
    _mistake("checkpoint-history-not-loaded", _BACK, 'self.epoch = state["epoch"]', "history not loaded"),
    _mistake("checkpoint-history-emptied", _BACK,
             'self.epoch, self.history = state["epoch"], {"train_loss": [], "lr": []}', "history begins anew"),
    _mistake("checkpoint-history-added", _BACK,
             'self.epoch = state["epoch"]\n        for name in state["history"]:\n'
             '            self.history[name] = self.history.get(name, []) + state["history"][name]',
             "the loaded history is added to the one that is there"),
    _mistake("checkpoint-parameters-not-loaded", _SET, "", "parameters not loaded"),
    _mistake("checkpoint-first-parameter", _SET,
             _SET.replace("zip(parameters, ", "zip(parameters[:1], ").replace(", strict=True", ""),
             "only the first parameter is loaded"),
    _mistake("checkpoint-parameters-reversed", _PARAMETERS, _PARAMETERS.replace("p.data for p", "p.data[::-1] for p"),
             "rows of parameters in the wrong order"),
    _mistake("checkpoint-rounded", _PARAMETERS, _PARAMETERS.replace("p.data for p", "np.round(p.data, 4) for p"),
             "parameters rounded in the file"),
    _mistake("checkpoint-half-precision", _PARAMETERS,
             _PARAMETERS.replace("p.data for p", "p.data.astype(np.float16) for p"), "parameters in float16"),
    _mistake("checkpoint-pickle", _SAVE, f"{_SAVE.removesuffix(')')}, whole=np.array([state], dtype=object))",
             "checkpoint with pickled objects"),
    _mistake("checkpoint-any-shape", "if saved != wanted:", "if False:", "any checkpoint is loaded"),
    _mistake("checkpoint-number-only", "if saved != wanted:", "if len(saved) != len(wanted):",
             "only the number of parameters is compared"),
    _mistake("checkpoint-compared-too-late", "        if saved != wanted:\n",
             '        for p, data in zip(parameters, state["parameters"]):\n            p.data = data\n'
             "        if saved != wanted:\n", "the shapes are compared after loading"),
    _mistake("checkpoint-generator-not-loaded", '        generator().bit_generator.state = state["generator"]\n', "",
             "the generator's state is not loaded"),
]  # fmt: skip

MUTANTS = [*_SCHEDULE, *_CLIP, *_EPOCH, *_ACCUMULATION, *_EVALUATE, *_FIT, *_CHECKPOINT]

CORRECT = [
    Variant("groups of batches, losses scaled before backward, names for every entry of the file", "grouped.py",
            module="07"),
    Variant("loops over single numbers in float64, the whole checkpoint as text", "loops.py", module="07"),
    Variant("small objects that each know one thing, the network's mode given back", "objects.py", module="07"),
    Variant("functions and one dictionary of state, PyTorch's 1e-6 in the norm", "functions.py", module="07"),
]  # fmt: skip
