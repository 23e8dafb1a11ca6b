"""The fixed shape of the course: modules 00-20 in three tiers, assessed at checkpoints 00-15.

Dates, weights and policies belong to a term and come from `course_config.py` (see `tito.course.config`); what
is here is the same in every term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from tito.errors import TitoError

CourseTier = Literal["setup", "foundation", "architecture", "optimization"]
TIERS: Final[tuple[CourseTier, ...]] = ("setup", "foundation", "architecture", "optimization")


@dataclass(frozen=True, slots=True)
class Module:
    """One unit of work: a notebook. `export` is the module of the student's package, without `tinytorch.`."""

    number: int
    name: str
    title: str
    tier: CourseTier
    export: str

    @property
    def slug(self) -> str:
        """The notebook's file name without its suffix: `01_tensor`."""
        return f"{self.number:02}_{self.name}"

    @property
    def import_name(self) -> str:
        """The full name of the exported Python module: `tinytorch.core.tensor`."""
        return f"tinytorch.{self.export}"


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something real that the student's library can do from this checkpoint on.

    `key` is what one types. `test` is the hidden test that shows it: the milestone is earned when that test passed in
    the result that counts.
    """

    name: str
    target: str
    key: str
    test: str

    def __str__(self) -> str:
        """Both parts, for a table cell."""
        return f"{self.name}: {self.target}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One assessment. Its slug names the nbgrader assignment and the folders in `source/`, `graders/`, ..."""

    number: int
    name: str
    question: str
    modules: tuple[Module, ...]
    tier: CourseTier
    milestone: Milestone | None = None

    @property
    def slug(self) -> str:
        """Folder and assignment name: `cp01_foundation`."""
        return f"cp{self.number:02}_{self.name}"

    @property
    def short(self) -> str:
        """The name for a narrow column: `cp01`."""
        return f"cp{self.number:02}"

    @property
    def title(self) -> str:
        """The name for a heading: `Checkpoint 01: Foundation`."""
        return f"Checkpoint {self.number:02}: {self.name.capitalize()}"


def _module(number: int, name: str, title: str, export: str) -> Module:
    if number == 0:
        tier: CourseTier = "setup"
    elif number <= 7:
        tier = "foundation"
    elif number <= 13:
        tier = "architecture"
    else:
        tier = "optimization"
    return Module(number, name, title, tier, export)


MODULES: Final[tuple[Module, ...]] = (
    _module(0, "setup", "Setup", "core.setup"),
    _module(1, "tensor", "Tensor", "core.tensor"),
    _module(2, "activations", "Activations", "core.activations"),
    _module(3, "layers", "Layers", "core.layers"),
    _module(4, "losses", "Losses", "core.losses"),
    _module(5, "autograd", "Autograd", "core.autograd"),
    _module(6, "optimizers", "Optimizers", "core.optimizers"),
    _module(7, "training", "Training", "core.training"),
    _module(8, "spatial", "Spatial layers", "core.spatial"),
    _module(9, "dataloader", "Data loading", "core.dataloader"),
    _module(10, "tokenization", "Tokenization", "core.tokenization"),
    _module(11, "embeddings", "Embeddings", "core.embeddings"),
    _module(12, "attention", "Attention", "core.attention"),
    _module(13, "transformers", "Transformers", "core.transformers"),
    _module(14, "profiling", "Profiling", "perf.profiling"),
    _module(15, "quantization", "Quantization", "perf.quantization"),
    _module(16, "compression", "Compression", "perf.compression"),
    _module(17, "memoization", "Memoization", "perf.memoization"),
    _module(18, "acceleration", "Acceleration", "perf.acceleration"),
    _module(19, "benchmarking", "Benchmarking", "perf.benchmarking"),
    _module(20, "capstone", "Capstone", "olympics"),
)


def _checkpoint(
    number: int, name: str, question: str, modules: tuple[int, ...], milestone: Milestone | None = None
) -> Checkpoint:
    parts = tuple(MODULES[index] for index in modules)
    return Checkpoint(number, name, question, parts, parts[0].tier, milestone)


MNIST: Final = Milestone("MNIST", "at least 95 % accuracy", "mnist", "test_the_milestone::test_mnist")

CHECKPOINTS: Final[tuple[Checkpoint, ...]] = (
    _checkpoint(0, "environment", "Can I set up my development environment?", (0,)),
    _checkpoint(1, "foundation", "Can I create and manipulate the building blocks of ML?", (1,)),
    _checkpoint(2, "intelligence", "Can I add nonlinearity?", (2,)),
    _checkpoint(3, "components", "Can I build the building blocks of neural networks?", (3,)),
    _checkpoint(4, "networks", "Can I say how wrong a multi-layer network is?", (4,)),
    _checkpoint(5, "differentiation", "Can I compute gradients automatically?", (5,)),
    _checkpoint(6, "optimization", "Can I optimise a network with real algorithms?", (6,)),
    _checkpoint(7, "training", "Can I train end to end?", (7,), MNIST),
    _checkpoint(8, "vision", "Can I process images with convolutions?", (8,)),
    _checkpoint(
        9,
        "data",
        "Can I feed a training loop?",
        (9,),
        Milestone("CIFAR-10", "at least 75 % accuracy", "cifar10", "test_the_milestone::test_cifar10"),
    ),
    _checkpoint(10, "language", "Can I turn text into vectors?", (10, 11)),
    _checkpoint(11, "attention", "Can I route information by attention?", (12,)),
    _checkpoint(
        12,
        "transformers",
        "Can I build a language model?",
        (13,),
        Milestone("Text generation", "coherent text", "text", "test_the_milestone::test_text"),
    ),
    _checkpoint(
        13,
        "efficiency",
        "Can I find the cost and shrink the model?",
        (14, 15, 16),
        Milestone("Compression", "25 % of the size", "compression", "test_the_milestone::test_compression"),
    ),
    _checkpoint(
        14,
        "acceleration",
        "Can I make it fast, and prove it?",
        (17, 18, 19),
        Milestone("Speed", "10 times faster and under 100 ms", "speed", "test_the_milestone::test_speed"),
    ),
    _checkpoint(
        15,
        "capstone",
        "Can I build a complete ML system?",
        (20,),
        Milestone("Torch Olympics", "an entry on the leaderboard", "olympics", "test_the_milestone::test_olympics"),
    ),
)


def checkpoint_of(module: Module) -> Checkpoint:
    """Return the checkpoint that assesses this module."""
    return next(checkpoint for checkpoint in CHECKPOINTS if module in checkpoint.modules)


def modules_before(checkpoint: Checkpoint) -> tuple[Module, ...]:
    """Return the modules of all earlier checkpoints, in order: what this checkpoint's modules build on."""
    return tuple(module for earlier in CHECKPOINTS[: checkpoint.number] for module in earlier.modules)


def find_checkpoint(text: str | int) -> Checkpoint:
    """Return the checkpoint that `text` names: 1, "1", "01", "cp01", "cp01_foundation" or "foundation".

    Raises TitoError with the nearest name when there is none.
    """
    number = _number(text, "cp", "checkpoint")
    if number is not None and number < len(CHECKPOINTS):
        return CHECKPOINTS[number]
    wanted = str(text).strip().lower()
    for checkpoint in CHECKPOINTS:
        if wanted in (checkpoint.slug, checkpoint.name):
            return checkpoint
    names = [name for checkpoint in CHECKPOINTS for name in (checkpoint.name, checkpoint.slug)]
    raise _unknown("checkpoint", text, wanted, names, "00 to 15, cp01, cp01_foundation or foundation")


def find_milestone(text: str) -> Checkpoint:
    """Return the checkpoint whose milestone `text` names, as `mnist`. Raises TitoError with the nearest name."""
    wanted = text.strip().lower()
    keys = {one.milestone.key: one for one in CHECKPOINTS if one.milestone is not None}
    if wanted in keys:
        return keys[wanted]
    near = get_close_matches(wanted, list(keys), n=1)
    raise TitoError(
        f"there is no milestone {text[:60]!r}",
        expected=f"one of {', '.join(keys)}",
        next_step=f"did you mean {near[0]}?" if near else "`tito milestone list` shows them",
    )


def find_module(text: str | int) -> Module:
    """Return the module that `text` names: 1, "1", "01", "01_tensor", "tensor" or "core.tensor".

    Raises TitoError with the nearest name when there is none.
    """
    number = _number(text, "module")
    if number is not None and number < len(MODULES):
        return MODULES[number]
    wanted = str(text).strip().lower()
    for module in MODULES:
        if wanted in (module.slug, module.name, module.export, module.import_name):
            return module
    names = [name for module in MODULES for name in (module.name, module.slug, module.export)]
    raise _unknown("module", text, wanted, names, "00 to 20, 01_tensor, tensor or core.tensor")


def _number(text: str | int, *prefixes: str) -> int | None:
    """Read a plain or prefixed number; `bool` is an int to Python but no number of a checkpoint."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text if text >= 0 else None
    start = "|".join(prefixes)
    found = re.fullmatch(rf"(?:(?:{start})[ _-]?)?([0-9]{{1,3}})", str(text).strip().lower(), re.ASCII)
    return int(found[1]) if found else None


def _unknown(kind: str, text: object, wanted: str, names: Iterable[str], expected: str) -> TitoError:
    near = get_close_matches(wanted, list(names), n=1)
    shown = repr(str(text)[:60])
    return TitoError(
        f"there is no {kind} {shown}",
        expected=expected,
        next_step=f"did you mean {near[0]}?" if near else f"`tito info` lists the {kind}s",
    )
