"""Functions and one dictionary of state; PyTorch's 1e-6 in the norm; numbers that stay NumPy's."""

# ruff: noqa: D101, D102 -- written as students write

import json

import numpy as np
from tinytorch.core.autograd import no_grad
from tinytorch.core.setup import generator


class CosineSchedule:
    def __init__(self, max_lr, min_lr, total_epochs):
        def rate(epoch):
            if epoch > total_epochs:
                return min_lr
            return min_lr + 0.5 * (max_lr - min_lr) * (1.0 + np.cos(np.pi * epoch / total_epochs))

        self.get_lr = rate


def clip_grad_norm(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    norm = np.sqrt(np.sum([np.vdot(p.grad, p.grad) for p in parameters]))
    factor = np.float32(max_norm / (norm + 1e-6))
    if factor < 1:
        for p in parameters:
            p.grad *= factor
    return float(norm)


def batches_of(loader):
    empty = True
    for x, y in loader:
        empty = False
        yield x, y
    if empty:
        raise ValueError("no batch came from the loader; is it empty?")


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.grad_clip_norm = scheduler, grad_clip_norm
        self.now = {"epoch": 0, "history": {"train_loss": [], "lr": []}}

    @property
    def history(self):
        return self.now["history"]

    def train_epoch(self, loader, accumulation_steps=1):
        if accumulation_steps < 1:
            raise ValueError(f"accumulation_steps >= 1, not {accumulation_steps}")
        self.model.train()
        self.optimizer.zero_grad()
        self.optimizer.lr = self.scheduler.get_lr(self.now["epoch"]) if self.scheduler else self.optimizer.lr
        losses, waiting = [], 0
        for x, y in batches_of(loader):
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            losses.append(loss.numpy())
            waiting += 1
            if waiting == accumulation_steps:
                self.move(waiting)
                waiting = 0
        if waiting:
            self.move(waiting)
        self.now["epoch"] += 1
        return np.mean(losses, dtype=np.float64)

    def move(self, batches):
        for p in self.model.parameters():
            if p.grad is not None:
                p.grad *= np.float32(1 / batches)
        if self.grad_clip_norm is not None:
            clip_grad_norm(self.model.parameters(), self.grad_clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def evaluate(self, loader):
        self.model.eval()
        with no_grad():
            told = [(self.model(x), y) for x, y in batches_of(loader)]
            losses = [self.loss_fn(answers, y).item() for answers, y in told]
        self.model.train()
        truths = [y if isinstance(y, np.ndarray) else y.data for _, y in told]
        if any(truth.shape != answers.shape[:-1] for truth, (answers, _) in zip(truths, told, strict=True)):
            return np.mean(losses), np.nan
        right = [answers.data.argmax(axis=-1) == truth for (answers, _), truth in zip(told, truths, strict=True)]
        return np.mean(losses), np.mean(np.concatenate([np.ravel(each) for each in right]))

    def fit(self, loader, epochs, validation=None):
        for _ in range(epochs):
            self.history["train_loss"].append(float(self.train_epoch(loader)))
            self.history["lr"].append(float(self.optimizer.lr))
            if validation is not None:
                loss, accuracy = self.evaluate(validation)
                self.history.setdefault("val_loss", []).append(float(loss))
                self.history.setdefault("val_accuracy", []).append(float(accuracy))
        return self.history

    def save_checkpoint(self, path):
        arrays = []
        text = json.dumps(
            {
                **self.now,
                "optimizer": packed(self.optimizer.state_dict(), arrays),
                "generator": generator().bit_generator.state,
                "count": len(self.model.parameters()),
            }
        )
        values = [p.data for p in self.model.parameters()]
        np.savez(path, *values, *arrays, text=text)

    def load_checkpoint(self, path):
        with np.load(path, allow_pickle=False) as file:
            now = json.loads(str(file["text"]))
            arrays = [file[f"arr_{number}"] for number in range(len(file.files) - 1)]
        values, parameters = arrays[: now["count"]], self.model.parameters()
        shapes = [value.shape for value in values], [p.shape for p in parameters]
        if shapes[0] != shapes[1]:
            raise ValueError(f"parameters of shapes {shapes[0]} for a model of {shapes[1]}")
        for p, value in zip(parameters, values, strict=True):
            p.data = value
        self.optimizer.load_state_dict(unpacked(now["optimizer"], arrays[now["count"] :]))
        generator().bit_generator.state = now["generator"]
        self.now = {"epoch": now["epoch"], "history": now["history"]}


def packed(value, arrays):
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(value)
        return {"at": len(arrays) - 1}
    if isinstance(value, dict):
        return {"keys": list(value), "values": [packed(each, arrays) for each in value.values()]}
    if isinstance(value, list | tuple):
        return {"list": isinstance(value, list), "values": [packed(each, arrays) for each in value]}
    return {"plain": value}


def unpacked(tree, arrays):
    if "at" in tree:
        return arrays[tree["at"]]
    if "plain" in tree:
        return tree["plain"]
    values = [unpacked(each, arrays) for each in tree["values"]]
    if "keys" in tree:
        return dict(zip(tree["keys"], values, strict=True))
    return values if tree["list"] else tuple(values)
