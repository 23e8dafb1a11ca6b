"""Groups of batches, losses scaled before backward; names for every entry of the file, the rest in one text."""

# ruff: noqa: D101, D102 -- written as students write

import json
from itertools import islice

import numpy as np
from tinytorch.core.autograd import no_grad
from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor, as_array


class CosineSchedule:
    def __init__(self, max_lr, min_lr, total_epochs):
        waves = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, total_epochs + 1))
        self.rates = (min_lr + (max_lr - min_lr) * waves).tolist()

    def get_lr(self, epoch):
        return self.rates[min(epoch, len(self.rates) - 1)]


def clip_grad_norm(parameters, max_norm):
    chosen = [p for p in parameters if p.grad is not None]
    if not chosen:
        return 0.0
    arrow = np.concatenate([as_array(p.grad).ravel() for p in chosen]).astype(np.float64)
    norm = float(np.linalg.norm(arrow))
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for p in chosen:
        if factor < 1:
            p.grad = (as_array(p.grad) * factor).astype(np.float32)
    return norm


def groups(loader, size):
    batches = iter(loader)
    while group := list(islice(batches, size)):
        yield group


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.scheduler = scheduler
        self.grad_clip_norm = grad_clip_norm
        self.done = 0
        self.history = {}

    def train_epoch(self, loader, accumulation_steps=1):
        if not accumulation_steps >= 1:
            raise ValueError(f"at least one batch makes a step, not {accumulation_steps}")
        if self.scheduler:
            self.optimizer.lr = self.scheduler.get_lr(self.done)
        self.model.train()
        total, count = 0.0, 0
        for group in groups(loader, accumulation_steps):
            self.optimizer.zero_grad()
            for x, y in group:
                loss = self.loss_fn(self.model(x), y)
                (loss * (1 / len(group))).backward()
                total, count = total + loss.item(), count + 1
            if self.grad_clip_norm:
                clip_grad_norm(self.model.parameters(), self.grad_clip_norm)
            self.optimizer.step()
        if count == 0:
            raise ValueError("there is no batch: the loader is empty")
        self.done += 1
        return total / count

    def evaluate(self, loader):
        losses, right = [], []
        self.model.eval()
        try:
            with no_grad():
                for x, y in loader:
                    answers = self.model(x)
                    losses.append(self.loss_fn(answers, y).item())
                    truth = as_array(y)
                    if truth.ndim == answers.ndim - 1:
                        right.extend((np.argmax(answers.data, axis=-1) == truth).ravel().tolist())
        finally:
            self.model.train()
        if not losses:
            raise ValueError("there is no batch: the loader is empty")
        return float(np.mean(losses)), float(np.mean(right)) if right else float("nan")

    def fit(self, loader, epochs, validation=None):
        for _ in range(epochs):
            row = {"train_loss": self.train_epoch(loader), "lr": self.optimizer.lr}
            if validation is not None:
                row["val_loss"], row["val_accuracy"] = self.evaluate(validation)
            for name in row:
                self.history.setdefault(name, []).append(row[name])
        return self.history

    def save_checkpoint(self, path):
        arrays = {f"model/{number}": p.data for number, p in enumerate(self.model.parameters())}
        about = {"done": self.done, "history": self.history, "random": generator().bit_generator.state}
        about["optimizer"] = self.flat(self.optimizer.state_dict(), "optimizer", arrays)
        arrays["about"] = np.array(json.dumps(about))
        np.savez_compressed(path, **arrays)

    def flat(self, value, name, arrays):
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return ["array", name]
        if isinstance(value, dict):
            return ["dict", [[key, self.flat(value[key], f"{name}/{key}", arrays)] for key in value]]
        if isinstance(value, list | tuple):
            parts = [self.flat(each, f"{name}/{number}", arrays) for number, each in enumerate(value)]
            return [type(value).__name__, parts]
        return ["value", value]

    def deep(self, tree, arrays):
        kind, value = tree
        if kind == "array":
            return arrays[value].copy()
        if kind == "dict":
            return {key: self.deep(each, arrays) for key, each in value}
        if kind in ("list", "tuple"):
            return {"list": list, "tuple": tuple}[kind](self.deep(each, arrays) for each in value)
        return value

    def load_checkpoint(self, path):
        with np.load(path) as file:
            arrays = {name: file[name] for name in file}
        about = json.loads(arrays["about"].item())
        old = [arrays[name] for name in arrays if name.startswith("model/")]
        new = self.model.parameters()
        if [each.shape for each in old] != [each.shape for each in new]:
            raise ValueError(f"{[each.shape for each in old]} is not {[each.shape for each in new]}")
        for array, parameter in zip(old, new, strict=True):
            parameter.data = Tensor(array).data
        self.optimizer.load_state_dict(self.deep(about["optimizer"], arrays))
        self.done, self.history = about["done"], about["history"]
        generator().bit_generator.state = about["random"]
