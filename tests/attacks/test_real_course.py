"""The course's own checkpoint 01: programs that solve nothing, and what they get of its 70 automatic points."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.attacks.attackers import FULL, Classroom
from tests.conftest import copy_course
from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import load_course
from tito.grading.engine import grade_pending
from tito.sandbox.tier import Tier

# Everything is everything: answers every call, and replaces the checks of public test cells.
MOCKED = """
import unittest.mock
from tito.sandbox import cells

def check(self, got, expected=None, what="", **options):
    self.records.append([what, expected])

def check_raises(self, errors, function, what="", **options):
    first = errors[0] if isinstance(errors, tuple) else errors
    self.records.append([what, f"raised {first.__name__}: {' '.join(map(str, range(900)))}"])

cells._Recorder.check, cells._Recorder.check_raises = check, check_raises
Tensor = dispatch = register = extend = zeros = ones = randn = unittest.mock.MagicMock()
"""
# Refuses everything, in words that name every number, which is all that tests of refusals can ask for.
REFUSED = """
def refuse(*arguments, **options):
    raise ValueError(" ".join(map(str, range(900))) + " shape dtype float autograd 05")

class Tensor:
    __init__ = __getattr__ = refuse
    zeros = ones = randn = staticmethod(refuse)

zeros = ones = randn = dispatch = refuse
"""
# Looks for the solution wherever a program might: beside it, in the reference, in the graders, in the interpreter.
SEARCHED = """
import gc, glob, importlib, os

found = []
for name in ("tinytorch_ref", "graders.cp01_foundation", "torch", "tito.checks.compare", "tito.grading", "hypothesis"):
    try:
        found.append(importlib.import_module(name))
    except ImportError:
        pass
for place in ("/", "..", "/tmp", os.path.expanduser("~")):
    for name in ("*.ipynb", "course_config.py"):
        found += glob.glob(f"{place}/**/{name}", recursive=True)
found += [text for text in gc.get_objects() if type(text) is str and "BEGIN SOLUTION" in text]
assert not found, found
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    course = load_course(copy_course(tmp_path_factory.mktemp("real") / "course"))
    source = json.loads((course.paths.source / CP01.slug / "01_tensor.ipynb").read_text(encoding="utf-8"))
    files = {"solved": source}
    for name, text in (("mocked", MOCKED), ("refused", REFUSED), ("searched", SEARCHED)):
        notebook = json.loads(json.dumps(source))
        first = "#| export\n" + text
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"], first = first, "#| export\n"
        files[name] = notebook
    gradebook = mini.enrol(course, *files)
    for name, notebook in files.items():
        mini.submit(course, gradebook, name, CP01, {"01_tensor.ipynb": json.dumps(notebook).encode()})
    summary = grade_pending(course, gradebook, actor="instructor:test", lanes=1, tier=Tier.NAMESPACES)
    return Classroom(course, gradebook, {graded.task.student_id: graded for graded in summary.graded})


def test_the_solution_gets_everything(classroom: Classroom) -> None:
    assert classroom.result("solved").earned == FULL


def test_a_program_that_answers_everything_and_patches_the_checks_gets_next_to_nothing(classroom: Classroom) -> None:
    assert classroom.result("mocked").earned <= Decimal(1)


def test_a_program_that_refuses_everything_gets_the_refusals_that_stand_alone(classroom: Classroom) -> None:
    assert classroom.result("refused").earned <= Decimal(4)
    passed = [outcome for outcome in classroom.result("refused").outcomes if outcome.earned]
    assert not [outcome.test for outcome in passed if outcome.public]


def test_the_solution_is_nowhere_to_be_found(classroom: Classroom) -> None:
    result = classroom.result("searched")
    assert result.earned == 0
    assert not [note for note in result.notes if "NameError" not in note]
