"""Loops over single numbers in float64; the whole checkpoint is a text in one array of bytes."""

# ruff: noqa: D101, D102 -- written as students write

import json
import math

import numpy as np
from tinytorch.core.autograd import no_grad
from tinytorch.core.setup import generator


class CosineSchedule:
    def __init__(self, max_lr, min_lr, total_epochs):
        self.middle = (max_lr + min_lr) / 2
        self.height = (max_lr - min_lr) / 2
        self.total = total_epochs

    def get_lr(self, epoch):
        angle = min(epoch, self.total) * math.pi / self.total
        return self.middle + self.height * math.cos(angle)


def clip_grad_norm(parameters, max_norm):
    squares, touched = [], []
    for p in parameters:
        if p.grad is None:
            continue
        touched.append(p)
        for number in np.nditer(np.asarray(p.grad)):
            squares += [float(number) ** 2]
    norm = math.sqrt(math.fsum(squares))
    if norm <= max_norm:
        return norm
    for p in touched:
        p.grad = np.float32([float(g) * max_norm / norm for g in p.grad.ravel()]).reshape(p.grad.shape)
    return norm


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip_norm=None):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.limit = scheduler, grad_clip_norm
        self.epochs = 0
        self.history = {"train_loss": [], "lr": [], "val_loss": [], "val_accuracy": []}

    def train_epoch(self, loader, accumulation_steps=1):
        batches = list(loader)
        if not batches:
            raise ValueError("an empty loader")
        if accumulation_steps <= 0:
            raise ValueError(f"accumulation_steps counts batches, from 1 on, got {accumulation_steps}")
        if self.scheduler is not None:
            self.optimizer.lr = self.scheduler.get_lr(self.epochs)
        self.model.train()
        losses = []
        place = 0
        while place < len(batches):
            sums = [None for _ in self.model.parameters()]
            group = batches[place : place + accumulation_steps]
            for x, y in group:
                self.optimizer.zero_grad()
                loss = self.loss_fn(self.model(x), y)
                losses.append(float(loss.item()))
                loss.backward()
                for number, p in enumerate(self.model.parameters()):
                    if p.grad is not None:
                        before = 0 if sums[number] is None else sums[number]
                        sums[number] = before + np.asarray(p.grad, dtype=np.float64)
            for number, p in enumerate(self.model.parameters()):
                p.grad = None if sums[number] is None else np.float32(sums[number] / len(group))
            if self.limit is not None:
                clip_grad_norm(self.model.parameters(), self.limit)
            self.optimizer.step()
            place += accumulation_steps
        self.epochs += 1
        return math.fsum(losses) / len(losses)

    def evaluate(self, loader):
        self.model.eval()
        losses, right, asked = [], 0, 0
        for x, y in loader:
            with no_grad():
                answers = self.model(x)
                losses.append(self.loss_fn(answers, y).item())
            if answers.ndim != 2 or np.ndim(getattr(y, "data", y)) != 1:
                continue
            truths = [int(each) for each in y] if isinstance(y, np.ndarray | list) else y.data.tolist()
            for row, truth in zip(answers.data.tolist(), truths, strict=True):
                right += max(range(len(row)), key=row.__getitem__) == truth
                asked += 1
        if not losses:
            raise ValueError("an empty loader")
        return math.fsum(losses) / len(losses), right / asked if asked else math.nan

    def fit(self, loader, epochs, validation=None):
        for _ in range(epochs):
            self.history["train_loss"].append(self.train_epoch(loader))
            self.history["lr"].append(float(self.optimizer.lr))
            if validation is not None:
                loss, accuracy = self.evaluate(validation)
                self.history["val_loss"].append(loss)
                self.history["val_accuracy"].append(accuracy)
        return self.history

    def save_checkpoint(self, path):
        kept = [
            [p.data for p in self.model.parameters()],
            self.optimizer.state_dict(),
            self.epochs,
            self.history,
            generator().bit_generator.state,
        ]
        np.savez(path, np.frombuffer(json.dumps(texted(kept)).encode(), dtype=np.uint8))

    def load_checkpoint(self, path):
        with np.load(path, allow_pickle=False) as file:
            kept = untexted(json.loads(file["arr_0"].tobytes().decode()))
        arrays, state, epochs, history, numbers = kept
        for array, p in zip(arrays, self.model.parameters(), strict=False):
            if array.shape != p.shape:
                raise ValueError(f"a checkpoint with {array.shape} where this model has {p.shape}")
        if len(arrays) != len(self.model.parameters()):
            raise ValueError(f"{len(arrays)} parameters for {len(self.model.parameters())}")
        self.optimizer.load_state_dict(state)
        for array, p in zip(arrays, self.model.parameters(), strict=True):
            p.data = array
        self.epochs, self.history = epochs, history
        generator().bit_generator.state = numbers


def texted(value):
    if isinstance(value, np.ndarray):
        return {"numbers": value.ravel().tolist(), "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, dict):
        return {"pairs": [[key, texted(each)] for key, each in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [texted(each) for each in value]}
    if isinstance(value, list):
        return [texted(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def untexted(value):
    if isinstance(value, list):
        return [untexted(each) for each in value]
    if isinstance(value, dict) and "numbers" in value:
        return np.array(value["numbers"], dtype=value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict) and "tuple" in value:
        return tuple(untexted(each) for each in value["tuple"])
    if isinstance(value, dict):
        return {key: untexted(each) for key, each in value["pairs"]}
    return value
