"""What the training of module 07 is asked to do. Runs on the student's package in the sandbox, and on the reference.

A scenario takes the package and plain values, and returns plain values. Tuples arrive as lists. `start` are the
parameters of a small network, `x` and `y` its examples, `sizes` how many of them are in each batch.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def _grad(tensor: Any) -> Any:
    """Return `.grad` as an array, whether it is kept as an array or as a tensor; None stays None."""
    grad = tensor.grad
    if grad is None:
        return None
    return np.array(grad if isinstance(grad, np.ndarray | np.generic) else grad.data, dtype=np.float32)


def _with_gradients(tt: Any, arrays: Any) -> list[Any]:
    """Return leaves with these gradients; an empty list stands for a leaf without one."""
    leaves = []
    for array in arrays:
        if isinstance(array, list | tuple):
            leaves.append(tt.Tensor(np.float32([5]), requires_grad=True))
        else:
            leaves.append(tt.Tensor(np.ones(array.shape, dtype=np.float32), requires_grad=True))
            (leaves[-1] * tt.Tensor(array)).sum().backward()
    return leaves


class _Watched:
    """A network that notes in which mode it is asked, and whether its answers are recorded."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.mode = "neither"
        self.notes: list[Any] = []

    def __call__(self, x: Any) -> Any:
        answer = self.model(x)
        self.notes.append([self.mode, bool(answer.requires_grad)])
        return answer

    forward = __call__

    def parameters(self) -> Any:
        return self.model.parameters()

    def train(self) -> Any:
        self.mode = "train"
        self.model.train()
        return self

    def eval(self) -> Any:
        self.mode = "eval"
        self.model.eval()
        return self

    def told(self) -> list[Any]:
        """Return the notes since the last time."""
        told, self.notes = self.notes, []
        return told


class _Stairs:
    """A schedule that nobody can guess."""

    def __init__(self, rates: Any) -> None:
        self.rates = list(rates)

    def get_lr(self, epoch: int) -> float:
        return float(self.rates[epoch])


def _model(tt: Any, start: Any) -> Any:
    first, second = tt.Linear(*start[0].shape), tt.Linear(*start[2].shape)
    model = tt.Sequential(first, tt.Tanh(), second)
    for parameter, array in zip((first.weight, first.bias, second.weight, second.bias), start, strict=True):
        parameter.data = np.array(array, dtype=np.float32)
    return model


def _optimizer(tt: Any, name: str, parameters: Any, lr: float = 0.25) -> Any:
    makers = {
        "SGD": lambda: tt.SGD(parameters, lr=lr),
        "momentum": lambda: tt.SGD(parameters, lr=lr, momentum=0.9),
        "Adam": lambda: tt.Adam(parameters, lr=lr / 5),
    }
    return makers[name]()


class _Run:
    """A network and who trains it. How a trainer calls its parts is its own affair."""

    def __init__(self, tt: Any, start: Any, name: str = "SGD", watched: bool = False, **options: Any) -> None:
        self.model = _model(tt, start)
        self.optimizer = _optimizer(tt, name, self.model.parameters())
        if watched:
            self.model = _Watched(self.model)
        self.trainer = tt.Trainer(self.model, self.optimizer, tt.CrossEntropyLoss(), **options)

    def values(self) -> list[Any]:
        return _values(self.model)


def _batches(tt: Any, x: Any, y: Any, sizes: Any) -> list[Any]:
    y, end, batches = np.asarray(y, dtype=np.int64), 0, []
    for size in sizes:
        begin, end = end, end + size
        batches.append((tt.Tensor(x[begin:end]), y[begin:end]))
    return batches


def _values(model: Any) -> list[Any]:
    return [np.array(parameter.data) for parameter in model.parameters()]


def _diary(history: Any) -> Any:
    return {name: [float(value) for value in values] for name, values in dict(history).items() if len(values)}


# The schedule.


def curve(tt: Any, top: float, bottom: float, total: int, epochs: Any) -> Any:
    schedule = tt.CosineSchedule(top, bottom, total)
    return [float(schedule.get_lr(epoch)) for epoch in epochs]


def curve_by_names(tt: Any, top: float, bottom: float, total: int) -> Any:
    one = tt.CosineSchedule(max_lr=top, min_lr=bottom, total_epochs=total)
    other = tt.CosineSchedule(min_lr=0.0, total_epochs=2 * total, max_lr=2 * top)
    return [[float(one.get_lr(epoch)), float(other.get_lr(epoch))] for epoch in range(total + 2)]


# Clipping.


def clip(tt: Any, gradients: Any, max_norm: float) -> Any:
    leaves = _with_gradients(tt, gradients)
    norm = tt.clip_grad_norm(leaves, max_norm)
    return [float(norm), [_grad(leaf) for leaf in leaves], [leaf.data for leaf in leaves]]


def clip_twice(tt: Any, gradients: Any, first: float, second: float) -> Any:
    leaves = _with_gradients(tt, gradients)
    norms = [float(tt.clip_grad_norm(leaves, first)), float(tt.clip_grad_norm(leaves, second))]
    return [norms, [_grad(leaf) for leaf in leaves]]


# One epoch.


def epochs(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str, count: int) -> Any:
    run = _Run(tt, start, name)
    losses = [float(run.trainer.train_epoch(_batches(tt, x, y, sizes))) for _ in range(count)]
    return [losses, run.values()]


def epoch_of_a_generator(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    run = _Run(tt, start)
    loss = float(run.trainer.train_epoch(batch for batch in _batches(tt, x, y, sizes)))
    return [loss, run.values()]


def epoch_of_quantities(tt: Any, x: Any, y: Any, sizes: Any) -> Any:
    model = tt.Linear(x.shape[1], 1, bias=False)
    model.weight.data = np.ones(model.weight.shape, dtype=np.float32)
    trainer = tt.Trainer(model, tt.SGD(model.parameters(), lr=0.03125), tt.MSELoss())
    batches, end = [], 0
    for size in sizes:
        begin, end = end, end + size
        batches.append((tt.Tensor(x[begin:end]), tt.Tensor(y[begin:end])))
    loss = float(trainer.train_epoch(batches))
    return [loss, _values(model)]


def epoch_after_a_gradient(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    """Somebody has looked at gradients before the epoch: they are not its own."""
    run = _Run(tt, start)
    for parameter in run.model.parameters():
        (parameter * 7.0).sum().backward()
    loss = float(run.trainer.train_epoch(_batches(tt, x, y, sizes)))
    return [loss, run.values()]


def epoch_clipped(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str, max_norm: float, steps: int) -> Any:
    run = _Run(tt, start, name, grad_clip_norm=max_norm)
    batches = _batches(tt, x, y, sizes)
    losses = [float(run.trainer.train_epoch(batches))]
    if steps > 1:
        losses.append(float(run.trainer.train_epoch(batches, accumulation_steps=steps)))
    return [losses, run.values()]


def epoch_scheduled(tt: Any, start: Any, x: Any, y: Any, sizes: Any, rates: Any) -> Any:
    run = _Run(tt, start, scheduler=_Stairs(rates))
    told = []
    for _ in rates:
        run.trainer.train_epoch(_batches(tt, x, y, sizes))
        told.append([float(run.optimizer.lr), *run.values()])
    return told


def epoch_in_train_mode(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    run = _Run(tt, start, watched=True)
    told = []
    for mode in ("eval", "train"):
        getattr(run.model, mode)()
        run.trainer.train_epoch(_batches(tt, x, y, sizes))
        told.append(run.model.told())
    return told


def epoch_of_nothing(tt: Any, start: Any) -> Any:
    _Run(tt, start).trainer.train_epoch([])


# Accumulation.


def accumulated(tt: Any, start: Any, x: Any, y: Any, sizes: Any, steps: int, name: str = "SGD") -> Any:
    """Return what the groups make as big batches, and then what they make by accumulation."""
    groups = [sum(sizes[begin : begin + steps]) for begin in range(0, len(sizes), steps)]
    big, small = _Run(tt, start, name), _Run(tt, start, name)
    big.trainer.train_epoch(_batches(tt, x, y, groups))
    small.trainer.train_epoch(_batches(tt, x, y, sizes), accumulation_steps=steps)
    return [big.values(), small.values()]


def accumulated_epochs(tt: Any, start: Any, x: Any, y: Any, sizes: Any, steps: int, name: str) -> Any:
    run = _Run(tt, start, name)
    losses = [float(run.trainer.train_epoch(_batches(tt, x, y, sizes)))]
    losses += [float(run.trainer.train_epoch(_batches(tt, x, y, sizes), accumulation_steps=steps)) for _ in range(2)]
    return [losses, run.values()]


def accumulated_by(tt: Any, start: Any, x: Any, y: Any, steps: int) -> Any:
    run = _Run(tt, start)
    run.trainer.train_epoch(_batches(tt, x, y, [len(x)]))
    run.trainer.train_epoch(_batches(tt, x, y, [len(x)]), accumulation_steps=steps)


# Evaluation.


def evaluated(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    loss, accuracy = _Run(tt, start).trainer.evaluate(_batches(tt, x, y, sizes))
    return [float(loss), float(accuracy)]


def evaluated_answers(tt: Any, answers: Any, y: Any, sizes: Any) -> Any:
    """The network's answers are its inputs."""
    model = tt.Linear(answers.shape[1], answers.shape[1], bias=False)
    model.weight.data = np.eye(answers.shape[1], dtype=np.float32)
    trainer = tt.Trainer(model, tt.SGD(model.parameters()), tt.CrossEntropyLoss())
    return [float(number) for number in trainer.evaluate(_batches(tt, answers, y, sizes))]


def evaluated_in_between(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str) -> Any:
    """Evaluate between two epochs of training: the same numbers twice, and the training goes on as if without."""
    run = _Run(tt, start, name)
    batches = _batches(tt, x, y, sizes)
    run.trainer.train_epoch(batches)
    before = run.values()
    told = [[float(number) for number in run.trainer.evaluate(batches)] for _ in range(2)]
    after = run.values()
    run.trainer.train_epoch(batches)
    return [before, after, told, run.values()]


def evaluated_with_gradients(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    """Gradients are there, and nobody wants others: evaluation is for looking only."""
    run = _Run(tt, start)
    for parameter in run.model.parameters()[:3]:
        (parameter * 7.0).sum().backward()
    run.trainer.evaluate(_batches(tt, x, y, sizes))
    return [_grad(parameter) for parameter in run.model.parameters()]


def evaluated_in_eval_mode(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    run = _Run(tt, start, watched=True)
    told = []
    for ask in (run.trainer.evaluate, run.trainer.train_epoch, run.trainer.evaluate, run.trainer.train_epoch):
        ask(_batches(tt, x, y, sizes))
        told.append(run.model.told())
    return [told, bool((run.model.parameters()[0] * 2).requires_grad)]


def evaluated_with_dropout(tt: Any, start: Any, x: Any, y: Any, sizes: Any) -> Any:
    inner = _model(tt, start)
    model = tt.Sequential(tt.Dropout(0.5), inner)
    model.train()
    trainer = tt.Trainer(model, tt.SGD(inner.parameters()), tt.CrossEntropyLoss())
    return [[float(number) for number in trainer.evaluate(_batches(tt, x, y, sizes))] for _ in range(2)]


def evaluated_nothing(tt: Any, start: Any) -> Any:
    _Run(tt, start).trainer.evaluate([])


# Many epochs.


def fitted(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str, count: int, held: int, rates: Any) -> Any:
    """`held` examples at the end are for validation; without any there is none."""
    run = _Run(tt, start, name, scheduler=_Stairs(rates) if rates else None)
    validation = _batches(tt, x[-held:], y[-held:], [held]) if held else None
    if validation is None:
        history = run.trainer.fit(_batches(tt, x, y, sizes), count)
    else:
        history = run.trainer.fit(_batches(tt, x, y, sizes), count, validation=validation)
    return [_diary(history), _diary(run.trainer.history), run.values()]


def fitted_twice(tt: Any, start: Any, x: Any, y: Any, sizes: Any, top: float, total: int, first: int) -> Any:
    batches = _batches(tt, x, y, sizes)
    run = _Run(tt, start, "momentum", scheduler=tt.CosineSchedule(top, top / 8, total))
    run.trainer.fit(batches, first)
    run.trainer.fit(batches, total - first + 1, batches)
    return [_diary(run.trainer.history), run.values()]


def fitted_watched(tt: Any, start: Any, x: Any, y: Any, sizes: Any, count: int) -> Any:
    run = _Run(tt, start, watched=True)
    run.trainer.fit(_batches(tt, x, y, sizes), count, _batches(tt, x, y, sizes[:1]))
    return run.model.told()


def fitted_to_the_end(tt: Any, x: Any, y: Any, seed: int, count: int) -> Any:
    """A network from scratch: the answers that it gives in the end."""
    tt.manual_seed(seed)
    model = tt.Sequential(tt.Linear(2, 16), tt.Tanh(), tt.Linear(16, 2))
    trainer = tt.Trainer(
        model, tt.Adam(model.parameters(), lr=0.05), tt.CrossEntropyLoss(), tt.CosineSchedule(0.05, 0.001, count), 1.0
    )
    history = trainer.fit(_batches(tt, x, y, [16] * (len(x) // 16)), count)
    return [_diary(history), model(tt.Tensor(x)).data]


# Checkpoints.


class _Place:
    """A file by its name in a folder of its own; or, where nothing can be written, a file in memory."""

    def __init__(self) -> None:
        try:
            self.folder: Any = tempfile.TemporaryDirectory()
        except OSError:
            self.folder = None
            self.memory = io.BytesIO()

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *error: object) -> None:
        if self.folder is not None:
            self.folder.cleanup()

    def saved(self, trainer: Any) -> Any:
        """Save, and return what to load from."""
        if self.folder is not None:
            trainer.save_checkpoint(str(Path(self.folder.name, "run.npz")))
        else:
            self.memory = io.BytesIO()
            trainer.save_checkpoint(self.memory)
        return self.file()

    def file(self) -> Any:
        if self.folder is not None:
            return str(Path(self.folder.name, "run.npz"))
        return io.BytesIO(self.memory.getvalue())


def _long_run(tt: Any, start: Any, name: str) -> Any:
    rates = [0.25, 0.125, 0.5, 0.0625, 0.375, 0.1875]
    return _Run(tt, start, name, scheduler=_Stairs(rates), grad_clip_norm=2.0)


def resumed(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str, before: int, after: int) -> Any:
    """Return the parameters and the history of a run without and of one with a break; the second began elsewhere."""
    batches = _batches(tt, x, y, sizes)
    unbroken, broken = _long_run(tt, start, name), _long_run(tt, start, name)
    later = _long_run(tt, [array * 0 + 3 for array in start], name)
    unbroken.trainer.fit(batches, before + after)
    with _Place() as place:
        broken.trainer.fit(batches, before)
        later.trainer.load_checkpoint(place.saved(broken.trainer))
    loaded = [later.values(), _diary(later.trainer.history)]
    later.trainer.fit(batches, after)
    return [
        [unbroken.values(), _diary(unbroken.trainer.history)],
        [later.values(), _diary(later.trainer.history)],
        [broken.values(), _diary(broken.trainer.history)],
        loaded,
    ]


def resumed_with_dropout(tt: Any, start: Any, x: Any, y: Any, sizes: Any, seed: int) -> Any:
    """Return the parameters without and with a break, after which somebody else has drawn numbers."""
    batches, told = _batches(tt, x, y, sizes), []
    with _Place() as place:
        for broken in (False, True):
            tt.manual_seed(seed)
            inner = _model(tt, start)
            model = tt.Sequential(tt.Dropout(0.5), inner)
            trainer = tt.Trainer(model, _optimizer(tt, "momentum", inner.parameters()), tt.CrossEntropyLoss())
            trainer.fit(batches, 1)
            if broken:
                file = place.saved(trainer)
                tt.manual_seed(seed + 1)
                trainer.load_checkpoint(file)
            trainer.fit(batches, 3)
            told.append(_values(inner))
    return told


def back_in_time(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str) -> Any:
    """Save, go on, and go back to what was saved, in the same trainer; then once more with a later file."""
    batches = _batches(tt, x, y, sizes)
    run = _long_run(tt, start, name)
    told = []
    with _Place() as place:
        run.trainer.fit(batches, 1)
        for _ in range(2):
            file = place.saved(run.trainer)
            for again in (False, True):
                if again:
                    run.trainer.load_checkpoint(file)
                run.trainer.fit(batches, 2)
                told.append([run.values(), _diary(run.trainer.history)])
    return told


def read_without_pickle(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str) -> Any:
    """Return what the file holds for whoever must not run what a stranger wrote into it."""
    run = _long_run(tt, start, name)
    run.trainer.fit(_batches(tt, x, y, sizes), 1)
    told = []
    with _Place() as place, np.load(place.saved(run.trainer), allow_pickle=False) as file:
        for entry in file.files:
            array = file[entry]
            told.append(array if array.dtype.kind in "biuf" else str(array.dtype))
    return told


class _Witness:
    """Leaves a trace when pickle makes it: what a stranger would put into a file could do more."""

    def __reduce__(self) -> Any:
        return (exec, ("import numpy; numpy.was_unpickled = True",))


def unpickled(tt: Any, start: Any, x: Any, y: Any, sizes: Any, name: str) -> bool:
    """Whether loading a checkpoint runs what somebody has pickled into it."""
    run = _long_run(tt, start, name)
    run.trainer.fit(_batches(tt, x, y, sizes), 1)
    with _Place() as place:
        with np.load(place.saved(run.trainer), allow_pickle=False) as file:
            entries = {entry: np.array([_Witness()], dtype=object) for entry in file.files}
        forged = io.BytesIO()
        np.savez(forged, **entries)
        if place.folder is None:
            place.memory = forged
        else:
            Path(place.file()).write_bytes(forged.getvalue())
        np.was_unpickled = False  # type: ignore[attr-defined]
        try:
            run.trainer.load_checkpoint(place.file())
        except NotImplementedError:
            raise  # a stub loads nothing
        except Exception:  # noqa: BLE001 -- by which error is left to the student
            return bool(np.was_unpickled)  # type: ignore[attr-defined]
    return bool(np.was_unpickled)  # type: ignore[attr-defined]


def of_another_model(tt: Any, start: Any, width: int) -> Any:
    """Load into a network with other shapes."""
    model = tt.Linear(width, 2)
    other = tt.Trainer(model, tt.SGD(model.parameters()), tt.CrossEntropyLoss())
    with _Place() as place:
        other.load_checkpoint(place.saved(_Run(tt, start).trainer))


def untouched_by_another(tt: Any, start: Any) -> Any:
    """What a network is after it was refused the checkpoint of another, of as many parameters."""
    run = _Run(tt, [start[0], start[1], start[2][:, :2], start[3][:2]])
    refused = False
    with _Place() as place:
        file = place.saved(_Run(tt, start).trainer)
        try:
            run.trainer.load_checkpoint(file)
        except NotImplementedError:
            raise  # a stub refuses nothing
        except (ValueError, TypeError):
            refused = True
    return [refused, run.values()]


# The milestone: a network learns to read.


class _Batches:
    """Pictures in a new order each epoch, each moved by up to `shift` pixels."""

    def __init__(self, tt: Any, images: Any, labels: Any, recipe: Any, seed: int) -> None:
        self.tt, self.images, self.labels, self.recipe = tt, images, labels, recipe
        self.chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.images) // self.recipe["batch"])

    def __iter__(self) -> Any:
        order = self.chance.permutation(len(self.images))
        for start in range(0, len(order), self.recipe["batch"]):
            chosen = order[start : start + self.recipe["batch"]]
            yield (
                self.tt.Tensor(_inputs(_moved(self.images[chosen], self.recipe["shift"], self.chance))),
                self.labels[chosen],
            )


def _moved(images: Any, shift: int, chance: Any) -> Any:
    if not shift:
        return images
    height, width = images.shape[1:]
    wide = np.pad(images, ((0, 0), (shift, shift), (shift, shift)))
    down, right = chance.integers(0, 2 * shift + 1, (2, len(images)))
    rows, columns = down[:, None] + np.arange(height), right[:, None] + np.arange(width)
    return wide[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _inputs(images: Any) -> Any:
    return images.reshape(len(images), -1).astype(np.float32) / 255


def milestone(tt: Any, images: Any, labels: Any, unseen: Any, recipe: Any, seed: int) -> Any:
    """Train on pictures and labels; return what the network takes each unseen picture for."""
    tt.manual_seed(seed)
    pixels = images.shape[1] * images.shape[2]
    model = tt.Sequential(tt.Linear(pixels, recipe["hidden"]), tt.ReLU(), tt.Linear(recipe["hidden"], 10))
    optimizer = tt.AdamW(model.parameters(), lr=recipe["rate"], weight_decay=recipe["decay"])
    schedule = tt.CosineSchedule(recipe["rate"], 0.0, recipe["epochs"])
    trainer = tt.Trainer(model, optimizer, tt.CrossEntropyLoss(), scheduler=schedule)
    trainer.fit(_Batches(tt, images, labels.astype(np.int64), recipe, seed), recipe["epochs"])
    model.eval()
    with tt.no_grad():
        logits = model(tt.Tensor(_inputs(unseen)))
    return np.argmax(logits.data, axis=1).astype(np.int64)
