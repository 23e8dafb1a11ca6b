"""Small objects that each know one thing; a running mean of gradients; the network's mode is given back."""

# ruff: noqa: D101, D102 -- written as students write

import json
import math
from contextlib import contextmanager

import numpy as np
from tinytorch.core.autograd import no_grad
from tinytorch.core.setup import generator
from tinytorch.core.tensor import as_array


class CosineSchedule:
    def __init__(self, max_lr, min_lr, total_epochs):
        self.numbers = max_lr, min_lr, total_epochs

    def get_lr(self, epoch):
        top, bottom, total = self.numbers
        share = math.cos(math.pi / 2 * min(1, epoch / total)) ** 2  # cos(2a) = 2 cos(a)^2 - 1
        return share * top + (1 - share) * bottom


def clip_grad_norm(parameters, max_norm):
    gradients = Gradients(list(parameters))
    norm = gradients.norm()
    if norm > max_norm:
        gradients.scale(max_norm / norm)
    return norm


class Gradients:
    def __init__(self, parameters):
        self.parameters = parameters

    def norm(self):
        return math.hypot(*(float(np.linalg.norm(as_array(p.grad))) for p in self.parameters if p.grad is not None))

    def scale(self, factor):
        for p in self.parameters:
            if p.grad is not None:
                p.grad = np.multiply(as_array(p.grad), np.float32(factor))


class Group:
    """The mean of the gradients of the batches so far: it moves by a part of what each new one differs."""

    def __init__(self, trainer):
        self.trainer, self.count, self.mean = trainer, 0, {}

    def add(self, x, y):
        self.trainer.optimizer.zero_grad()
        loss = self.trainer.loss_fn(self.trainer.model(x), y)
        loss.backward()
        self.count += 1
        for number, p in enumerate(self.trainer.model.parameters()):
            if p.grad is not None:
                new, old = as_array(p.grad), self.mean.get(number, 0)
                self.mean[number] = old + (new - old) / self.count
        return float(loss.data)

    def close(self):
        if not self.count:
            return
        for number, p in enumerate(self.trainer.model.parameters()):
            p.grad = np.asarray(self.mean[number], dtype=np.float32) if number in self.mean else None
        limit = self.trainer.grad_clip_norm
        if limit is not None:
            clip_grad_norm(self.trainer.model.parameters(), limit)
        self.trainer.optimizer.step()
        self.count, self.mean = 0, {}


class Accuracy:
    def __init__(self):
        self.answers = []

    def see(self, answers, truth):
        truth = as_array(truth)
        if answers.data[..., 0].shape == truth.shape:
            best = np.argsort(-answers.data, axis=-1, kind="stable")[..., 0]
            self.answers += list(np.ravel(best == truth))

    def value(self):
        return sum(map(bool, self.answers)) / len(self.answers) if self.answers else float("nan")


@contextmanager
def resting(model):
    model.eval()
    try:
        with no_grad():
            yield model
    finally:
        model.train()


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.grad_clip_norm = scheduler, grad_clip_norm
        self.epoch, self.history = 0, {"train_loss": [], "lr": []}

    def train_epoch(self, loader, accumulation_steps=1):
        if accumulation_steps < 1:
            raise ValueError(f"{accumulation_steps} batches to a step?")
        self.model.train()
        if self.scheduler is not None:
            self.optimizer.lr = self.scheduler.get_lr(self.epoch)
        losses, group = [], Group(self)
        for x, y in loader:
            losses.append(group.add(x, y))
            if group.count == accumulation_steps:
                group.close()
        group.close()
        if not losses:
            raise ValueError("the loader was empty")
        self.epoch += 1
        return float(np.mean(losses))

    def evaluate(self, loader):
        losses, accuracy = [], Accuracy()
        with resting(self.model) as model:
            for x, y in loader:
                answers = model(x)
                losses.append(float(self.loss_fn(answers, y).data))
                accuracy.see(answers, y)
        if not losses:
            raise ValueError("the loader was empty")
        return float(np.mean(losses)), accuracy.value()

    def fit(self, loader, epochs, validation=None):
        if epochs > 0:
            self.history["train_loss"] += [self.train_epoch(loader)]
            self.history["lr"] += [float(self.optimizer.lr)]
            if validation is not None:
                for name, value in zip(("val_loss", "val_accuracy"), self.evaluate(validation), strict=True):
                    self.history.setdefault(name, []).append(value)
            return self.fit(loader, epochs - 1, validation)
        return self.history

    def save_checkpoint(self, path):
        words = {"epoch": self.epoch, "history": self.history, "numbers": generator().bit_generator.state}
        arrays = {f"parameter {n}": p.data for n, p in enumerate(self.model.parameters())}
        words["optimizer"] = self.optimizer.state_dict()

        def put_aside(array):
            if isinstance(array, np.ndarray):
                arrays[f"memory {len(arrays)}"] = array
                return {"?": f"memory {len(arrays) - 1}"}
            return array.item()

        text = json.dumps(words, default=put_aside)
        np.savez(path, words=np.array([text]), **arrays)

    def load_checkpoint(self, path):
        with np.load(path, allow_pickle=False) as file:
            words = json.loads(
                str(file["words"][0]), object_hook=lambda each: file[each["?"]] if set(each) == {"?"} else each
            )
            saved = [file[name] for name in file.files if name.startswith("parameter")]
        parameters = self.model.parameters()
        if len(saved) != len(parameters) or any(a.shape != p.shape for a, p in zip(saved, parameters, strict=True)):
            raise ValueError(f"saved {[a.shape for a in saved]}, wanted {[p.shape for p in parameters]}")
        for p, array in zip(parameters, saved, strict=True):
            p.data = array
        self.optimizer.load_state_dict(words["optimizer"])
        self.epoch, self.history = words["epoch"], words["history"]
        generator().bit_generator.state = words["numbers"]
