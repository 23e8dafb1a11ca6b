"""A whole course in miniature: modules 00 and 01 of two functions each, with notebooks, graders and a reference.

Small enough that a lane starts in a second and every way through grading can be tried on it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course, load_course
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.notebooks.store import Store

CP00, CP01 = CHECKPOINTS[0], CHECKPOINTS[1]

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "mini"
c.SandboxLimits.wall_seconds = 2
c.SandboxLimits.memory_bytes = "512 MiB"
c.AttemptPolicy.capacity = None
"""

SETUP = '''\
def factor():
    """The number that everything is multiplied by."""
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION
'''
DOUBLE = '''\
def double(x):
    """Multiply an array by the factor of module 00; the answer is float32."""
    ### BEGIN SOLUTION
    return (np.asarray(x) * factor()).astype(np.float32)
    ### END SOLUTION
'''
SHOUT = '''\
def shout(text):
    """Write a text in capitals."""
    ### BEGIN SOLUTION
    if not isinstance(text, str):
        raise TypeError(f"shout takes a str, got {type(text).__name__}")
    return text.upper()
    ### END SOLUTION
'''

SCENARIOS_00 = """\
def factor(tt):
    return tt.factor()
"""
TESTS_00 = """\
from graders.cp00_environment import scenarios
from tito.grading.authoring import points


@points(30, "The factor", cell="test-factor", hint="Twice as much.")
def test_factor(judge):
    judge.agrees(scenarios.factor)
"""
SCENARIOS_01 = """\
def double(tt, x):
    return tt.double(x)


def shout(tt, text):
    return tt.shout(text)
"""
TESTS_01 = """\
from graders.cp01_foundation import scenarios
from tito.grading.authoring import given, points, sampled_from, tensors


@points(30, "Doubling any array", cell="test-double", hint="Which type has the answer?")
@given(x=tensors(max_dims=2))
def test_double(judge, x):
    judge.agrees(scenarios.double, x)


@points(10, "Shouting", cell="test-shout", hint="Are capitals capitals?")
@given(text=sampled_from(["a", "secret word"]))
def test_shout(judge, text):
    judge.agrees(scenarios.shout, text)


@points(10, "Shouting takes text only", cell="test-shout")
def test_shout_refuses(judge):
    judge.raises(scenarios.shout, 3, errors=["TypeError"], mentions=["int"])
"""
CATALOGUE_01 = """\
from tito.grading.authoring import Mutant, Variant

MUTANTS = [Mutant("float64", module="01", old=".astype(np.float32)", new="", mistake="float64 kept")]
CORRECT = [Variant("a loop", "loop.py")]
"""
LOOP_01 = """\
import numpy as np
from tinytorch.core.setup import factor

def double(x):
    out = np.array(x, dtype=np.float32)
    for index in np.ndindex(out.shape):
        out[index] *= factor()
    return out

def shout(text):
    if type(text) is not str:
        raise TypeError("int is not text")
    return "".join(letter.upper() for letter in text)
"""


def build(root: Path) -> Course:
    """Write the course into `root` and load it."""
    reference = f"import numpy as np\n\n\n{_solved(SETUP)}\n\n{_solved(DOUBLE)}\n\n{_solved(SHOUT)}"
    files = {
        "course_config.py": CONFIG,
        "tinytorch_ref/__init__.py": "from tinytorch_ref import core\nfrom tinytorch_ref.core.tensor import *\n",
        "tinytorch_ref/core/__init__.py": "from tinytorch_ref.core import setup, tensor\n",
        "tinytorch_ref/core/setup.py": "from tinytorch_ref.core.tensor import factor\n",
        "tinytorch_ref/core/tensor.py": reference,
        "graders/__init__.py": "",
        "graders/cp00_environment/__init__.py": "",
        "graders/cp00_environment/scenarios.py": SCENARIOS_00,
        "graders/cp00_environment/test_setup.py": TESTS_00,
        "graders/cp00_environment/mutants.py": "MUTANTS = []\nCORRECT = []\n",
        "graders/cp01_foundation/__init__.py": "",
        "graders/cp01_foundation/scenarios.py": SCENARIOS_01,
        "graders/cp01_foundation/test_tiny.py": TESTS_01,
        "graders/cp01_foundation/mutants.py": CATALOGUE_01,
        "graders/cp01_foundation/correct/loop.py": LOOP_01,
        "source/cp00_environment/00_setup.ipynb": json.dumps(notebook(CP00)),
        "source/cp01_foundation/01_tensor.ipynb": json.dumps(notebook(CP01)),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_course(root)


def notebook(checkpoint: Checkpoint, **replaced: str) -> dict[str, Any]:
    """The instructor's notebook of a checkpoint; `replaced` puts a student's source into cells by grade_id."""
    cells = _CELLS_00 if checkpoint is CP00 else _CELLS_01
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [_cell(kind, meta, replaced.get(str(meta.get("grade_id")), text)) for kind, meta, text in cells],
    }


def handin(checkpoint: Checkpoint, **replaced: str) -> dict[str, bytes]:
    """What a student hands in: solved, but for the cells in `replaced` (underscores stand for hyphens)."""
    name = f"{checkpoint.modules[0].slug}.ipynb"
    return {name: json.dumps(notebook(checkpoint, **replaced)).encode()}


def untouched(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The release, handed in as it was given out."""
    stub = {
        str(meta["grade_id"]): re.sub(
            r"( *)### BEGIN SOLUTION.*### END SOLUTION", r"\1raise NotImplementedError()", text, flags=re.DOTALL
        )
        for _, meta, text in (_CELLS_00 if checkpoint is CP00 else _CELLS_01)
        if meta.get("solution")
    }
    return handin(checkpoint, **stub)


def enrol(course: Course, *students: str) -> Gradebook:
    """Open the course's gradebook with these students on the roster."""
    gradebook = Gradebook.open(course.database_url, create=True)
    with gradebook.begin("instructor:test") as work:
        import_roster(work, [RosterEntry(student, student.title()) for student in students])
    return gradebook


def submit(course: Course, gradebook: Gradebook, student: str, checkpoint: Checkpoint, files: dict[str, bytes]) -> int:
    """Store and record a submission; return its id."""
    digest = Store(course.paths.store).put(files)
    with gradebook.begin("system:test") as work:
        recorded = record_submission(work, student_id=student, checkpoint=checkpoint, digest=digest)
    assert recorded.accepted, recorded.message
    assert recorded.id is not None
    return recorded.id


def _solved(text: str) -> str:
    return text.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")


def _cell(kind: str, meta: dict[str, Any], source: str) -> dict[str, Any]:
    common = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    metadata = {"nbgrader": common | meta} if meta else {}
    cell = {"cell_type": kind, "id": f"c{abs(hash(source)) % 10**8}", "metadata": metadata, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _solution(grade_id: str, source: str) -> tuple[str, dict[str, Any], str]:
    return ("code", {"grade_id": grade_id, "solution": True}, f"#| export\n{source}")


def _test(grade_id: str, points: int, source: str) -> tuple[str, dict[str, Any], str]:
    return ("code", {"grade_id": grade_id, "grade": True, "locked": True, "points": points}, source)


def _written(points: int) -> tuple[str, dict[str, Any], str]:
    meta = {"grade_id": "reflect-1", "grade": True, "solution": True, "points": points}
    return ("markdown", meta, "Why two?\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION")


_CELLS_00: list[tuple[str, dict[str, Any], str]] = [
    ("code", {"grade_id": "given", "locked": True}, "#| default_exp core.setup\n#| export\nimport sys"),
    ("code", {"grade_id": "tools", "locked": True}, "from tito.checks import check"),
    _solution("factor", SETUP),
    _test("test-factor", 70, '# The factor is two\ncheck(factor(), 2, "factor()")'),
    _written(30),
]
_CELLS_01: list[tuple[str, dict[str, Any], str]] = [
    (
        "code",
        {"grade_id": "given", "locked": True},
        "#| default_exp core.tensor\n#| export\nimport numpy as np\nfrom tinytorch.core.setup import factor",
    ),
    _solution("double", DOUBLE),
    _test("test-double", 40, '# Doubling\ncheck(double([1, 2]), np.array([2, 4], dtype=np.float32), "double([1, 2])")'),
    _solution("shout", SHOUT),
    _test("test-shout", 30, '# Shouting\ncheck(shout("a"), "A", "shout of a")'),
    _written(30),
]
