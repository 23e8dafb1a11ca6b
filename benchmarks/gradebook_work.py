"""What a class writes: programs for the store, answers in words, and what grading says of a test that failed."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from dataclasses import replace
from typing import Any, Final

from benchmarks.classes import CLONE
from tito.cli.classroom import make_class
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.notebooks.store import Store

OWN: Final = CHECKPOINTS[5]
"""Everybody's newest program of this checkpoint is their own; those of the others are of some dozens of kinds."""
_KINDS: Final = 24
_COPIED: Final = 0.03
"""The part of the class that hands in somebody else's program with other names."""
_SENTENCES: Final = (
    "Indexing gives a view, so both arrays share one block of memory, and a change in one shows in the other.",
    "A copy has memory of its own, which costs time and space but keeps the two apart.",
    "Float32 keeps about seven digits, so adding 1.0 to 2**24 changes nothing at all.",
    "One door means that a later module can record every operation in a single place.",
    "I tried it with **larger** inputs: the time grows with the square of the side, as I expected.",
    "The gradient of the second use is added to the first one, otherwise half of it would be lost.",
    "In my first attempt the shapes were broadcast silently, and `sum(axis=0)` over the batch put it right.",
    "Without the subtraction of the largest value the exponential overflows for inputs above 88.",
    "- it is simple to test\n- it has no state\n- and it can be called twice",
    "The loss fell for ten epochs and rose again afterwards, so I would stop there.",
    "A smaller step needs more epochs, and a larger one never settles; 0.1 was between the two.",
    "That is why the same random seed is set at the top, or nobody could repeat the run.",
)
_CALLS: Final = (
    "sum max min mean reshape transpose astype copy clip dot ravel argsort cumsum round item squeeze".split()
)
_JOINTS: Final = ("+", "-", "*", "/", "//", "%", "@", "**")


class Programs:
    """The programs that a class hands in, kept in the course's store."""

    def __init__(self, course: Course, seed: int) -> None:
        self._clone = replace(course, paths=replace(course.paths, root=CLONE))  # where the mistakes' catalogues are
        self._seed = seed
        self._store = Store(course.paths.store)
        self._kinds: dict[int, list[dict[str, bytes]]] = {}
        self._digests: dict[tuple[int, int], tuple[str, dict[str, str]]] = {}

    def of(self, checkpoint: Checkpoint, student: int, *, newest: bool) -> tuple[str, dict[str, str]]:
        """Return the digest of an attempt and of each of its files; a made-up one where no notebooks are written."""
        if not (self._clone.paths.release / checkpoint.slug).is_dir():
            return _sha(f"{checkpoint.number} {student} {newest}"), {"m.ipynb": _sha("m")}
        kinds = self._of_kind(checkpoint)
        chance = random.Random(f"{self._seed} {checkpoint.number} {student} {newest}")
        kind = chance.randrange(len(kinds))
        if newest and checkpoint is OWN:
            author = student - 1 if student > 1 and chance.random() < _COPIED else student
            return self._put(_signed(kinds[0], f"{self._seed} {author}", names=f"v{student}"))
        key = (checkpoint.number, kind)
        if key not in self._digests:
            self._digests[key] = self._put(kinds[kind])
        return self._digests[key]

    def _of_kind(self, checkpoint: Checkpoint) -> list[dict[str, bytes]]:
        if checkpoint.number not in self._kinds:
            pupils = make_class(self._clone, [checkpoint], _KINDS)
            self._kinds[checkpoint.number] = [
                pupil.work[checkpoint.slug] for pupil in pupils if not pupil.story.startswith("hostile")
            ]
        return self._kinds[checkpoint.number]

    def _put(self, files: dict[str, bytes]) -> tuple[str, dict[str, str]]:
        return self._store.put(files), {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _signed(files: dict[str, bytes], author: str, *, names: str) -> dict[str, bytes]:
    """Finished work in which each solution has, besides the course's lines, a dozen that this author wrote."""
    chance = random.Random(author)
    written = {}
    for name, content in files.items():
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            meta = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and meta.get("solution") and not meta.get("grade"):
                text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
                cell["source"] = f"{text}\n\n\n{_function(chance, names)}"
        written[name] = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
    return written


def _function(chance: random.Random, names: str) -> str:
    """A function of a dozen lines that nobody else would write so."""
    lines = [f"def _own_{names}({names}, steps):"]
    for number in range(chance.randint(8, 14)):
        head = chance.choice(("for step in range({})", "if {}", "while {}", "", "", ""))
        value = _expression(chance, names, 3)
        said = f"{names}_{number} = {value}"
        lines.append(f"    {head.format(_expression(chance, names, 1))}: {said}" if head else f"    {said}")
    return "\n".join([*lines, f"    return {_expression(chance, names, 2)}"])


def _expression(chance: random.Random, names: str, depth: int) -> str:
    if depth == 0:
        return chance.choice((names, "steps", str(chance.randint(0, 99)), f"{chance.random():.3f}"))
    one, other = (_expression(chance, names, depth - 1) for _ in range(2))
    if chance.random() < 0.4:
        return f"({one}).{chance.choice(_CALLS)}({other})"
    return f"({one} {chance.choice(_JOINTS)} {other})"


def answer(chance: random.Random) -> str:
    """An answer in words: three to eight sentences."""
    return " ".join(chance.sample(_SENTENCES, chance.randint(3, 8)))


_TOLD: Final[dict[str, Any]] = {
    "hint": "Which gradient does `a` get from each of its two uses? Draw the graph, and count the arrows.",
    "detail": "your answer has other values than the expected one: 3 of 4 differ, by 1.5 at most",
    "counterexample": {
        "inputs": [["x", "array([[0., 1.], [2., 3.]], dtype=float32)"], ["axis", "0"]],
        "expected": "array([[0., 2.], [4., 6.]], dtype=float32)",
        "got": "array([[0., 1.], [2., 3.]], dtype=float32)",
        "difference": "3 of 4 values differ; the largest difference is 3.0",
        "runnable": "import numpy as np\nfrom tinytorch import Tensor\nx = Tensor(np.ones((2, 2)))\nx.sum()",
    },
    "frames": [
        {"where": "tensor-add", "line": 7, "function": "add", "text": "return Tensor(self.data + other.data)"},
        {"where": "tensor-broadcast", "line": 3, "function": "unbroadcast", "text": "raise ValueError(shape)"},
    ],
    "output": "shape (2, 2)\n" * 5,
}
_DIVERGED: Final = (
    ("add", "gradient"),
    ("matmul", "gradient"),
    ("softmax", "result"),
    ("", "uses"),
    ("sum", "missing"),
)


def told(chance: random.Random, checkpoint: int) -> dict[str, Any]:
    """What there is to read about a test that failed, as grading keeps it."""
    said = copy.copy(_TOLD)
    if chance.random() < 0.5:
        del said["frames"], said["output"]
    if checkpoint >= OWN.number and chance.random() < 0.3:
        operation, fault = chance.choice(_DIVERGED)
        one = {"operation": operation, "fault": fault, "of": "the first operand", "expected": "1.0", "got": "2.0"}
        said["diverged"] = {**one, "inputs": [["x", "array([1., 2.], dtype=float32)"]]}
    return said


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
