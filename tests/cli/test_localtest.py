from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.cli.localtest import CellTest, ModuleTest, run_module
from tito.cli.workspace import Workspace
from tito.course.checkpoints import MODULES
from tito.course.config import Course
from tito.errors import TitoError
from tito.notebooks.document import NotebookError

SETUP, TENSOR = MODULES[:2]


def ran(course: Course, *, seconds: float = 30, setup: str | None = None, **cells: str) -> ModuleTest:
    """Put finished notebooks into assignments/, with some cells replaced, and run module 01."""
    workspace = Workspace(course)
    changed = {} if setup is None else {"factor": setup}
    for module, files in ((SETUP, mini.handin(CP00, **changed)), (TENSOR, mini.handin(CP01, **cells))):
        path = workspace.notebook(module)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(next(iter(files.values())))
    return run_module(workspace, TENSOR, seconds=seconds)


def endings(found: ModuleTest) -> list[str]:
    return [test.ending for test in found.tests]


def first(found: ModuleTest) -> CellTest:
    return found.tests[0]


def test_finished_work_passes(course: Course) -> None:
    found = ran(course)
    assert endings(found) == ["passed", "passed"]
    assert [test.title for test in found.tests] == ["Doubling", "Shouting"]
    assert (found.passed, found.broken) == (2, ())


def test_a_wrong_answer_tells_what_differs_and_where(course: Course) -> None:
    found = ran(course, double="#| export\ndef double(x):\n    return np.asarray(x, dtype=np.float32) + 1\n")
    assert endings(found) == ["failed", "passed"]
    check = first(found).first_failed
    assert check is not None
    assert check.what == "double([1, 2])"
    assert check.line == 2
    assert check.reason == "at [1]: got 3.0, expected 4.0 (1 of 2 elements differ)" or "differ" in check.reason
    assert (check.got, check.expected) == ("3.0", "4.0")
    assert first(found).label == "01_tensor.ipynb, cell 3"


def test_an_exception_is_led_back_to_its_cell(course: Course) -> None:
    found = ran(course, double="#| export\ndef double(x):\n    helper = 1\n    return helper / 0\n")
    assert endings(found) == ["raised", "passed"]
    assert first(found).error == "ZeroDivisionError: division by zero"
    assert first(found).frames == (
        ("01_tensor.ipynb, cell 3", 2, "<module>"),
        ("01_tensor.ipynb, cell 2", 4, "double"),
    )


def test_what_is_not_written_yet_is_named_and_hides_nothing(course: Course) -> None:
    found = ran(course, double="#| export\ndef double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n")
    assert endings(found) == ["missing", "passed"]
    assert first(found).frames[-1] == ("01_tensor.ipynb, cell 2", 4, "double")


def test_a_stub_outside_of_a_function_hides_no_other_step(course: Course) -> None:
    found = ran(course, double="#| export\n# YOUR CODE HERE\nraise NotImplementedError()\n")
    assert endings(found) == ["raised", "passed"]
    assert "double" in first(found).error
    assert found.broken == ()


def test_a_cell_that_does_not_run_is_told_and_hides_no_other(course: Course) -> None:
    found = ran(course, double="#| export\ndef double(x:\n    return x\n")
    assert endings(found) == ["raised", "passed"]
    ((label, line, error),) = found.broken
    assert (label, line) == ("01_tensor.ipynb, cell 2", 2)
    assert error.startswith("SyntaxError")


def test_the_earlier_module_is_the_students_own(course: Course) -> None:
    found = ran(course, setup="#| export\ndef factor():\n    return 3\n")
    check = first(found).first_failed
    assert check is not None
    assert check.got == "3.0"


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
        ("while True: pass", "timed out"),
        ("raise SystemExit", "raised"),
        ("raise KeyboardInterrupt", "raised"),
        ("print('x' * 10**6); return 1", "failed"),
        ("def f(): return f()\n    return f()", "raised"),
    ],
)
def test_whatever_a_step_does_costs_its_own_test_alone(course: Course, body: str, ending: str) -> None:
    found = ran(course, seconds=2, double=f"#| export\ndef double(x):\n    {body}\n")
    assert endings(found) == [ending, "passed"]


@pytest.mark.parametrize(("code", "ending"), [("import os; os._exit(3)", "crashed"), ("while True: pass", "timed out")])
def test_a_module_that_cannot_be_loaded_ends_every_test(course: Course, code: str, ending: str) -> None:
    assert endings(ran(course, seconds=1, double=f"#| export\n{code}\n")) == [ending, ending]


def test_what_the_code_prints_is_kept_apart_and_short(course: Course) -> None:
    found = ran(course, double="#| export\ndef double(x):\n    print('so' * 9000)\n    return x\n")
    assert set(first(found).output.strip()) == {"s", "o"}
    assert len(first(found).output) <= 4000


def test_nonsense_in_the_reports_is_no_pass(course: Course) -> None:
    forged = json.dumps({"event": "end", "cell": 0, "checks": [], "error": None})
    body = f"import os\n    [os.write(fd, b'garbage\\n{forged}') for fd in range(3, 40) if _open(fd)]"
    helper = (
        "#| export\ndef _open(fd):\n    import os\n    try:\n        os.fstat(fd)\n"
        "    except OSError:\n        return False\n    return True\n"
    )
    found = ran(course, seconds=5, double=f"{helper}def double(x):\n    {body}\n    return 0\n")
    assert "passed" not in endings(found)[:1]


def test_the_courses_copy_of_a_test_counts(course: Course) -> None:
    found = ran(course, test_double="pass", double="#| export\ndef double(x):\n    return 0\n")
    assert endings(found) == ["failed", "passed"]


def test_without_a_release_the_notebooks_own_tests_are_run(course: Course) -> None:
    for path in course.paths.release.rglob("*.ipynb"):
        path.unlink()
    assert endings(ran(course, **{"test-double": "check(double(3.0), 1, 'no')"})) == ["failed", "passed"]


def test_a_module_that_was_not_started_and_a_broken_notebook(course: Course) -> None:
    with pytest.raises(TitoError, match="is not started"):
        run_module(Workspace(course), TENSOR, seconds=5)
    path = Workspace(course).notebook(TENSOR)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")
    with pytest.raises(NotebookError, match="not valid JSON"):
        run_module(Workspace(course), TENSOR, seconds=5)


def test_nothing_of_the_students_folder_shadows_a_library(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root)
    Path("numpy.py").write_text("raise RuntimeError('the wrong numpy')\n")
    Path("json.py").write_text("raise RuntimeError('the wrong json')\n")
    assert endings(ran(course)) == ["passed", "passed"]
