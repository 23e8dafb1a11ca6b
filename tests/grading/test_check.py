import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course

# `with_suite` imports the course's `graders` package, and this process has the clone's already: so each check runs in a
# process of its own, as the command does.
PROGRAM = """\
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tito.course.config import load_course
from tito.grading.check import check_graders
print(json.dumps([problem.to_json() for problem in check_graders(load_course(Path(sys.argv[1])))]))
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def problems(course: Course) -> list[dict[str, str]]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(course.root)], capture_output=True, text=True, check=True, cwd=course.root
    )
    found: list[dict[str, str]] = json.loads(run.stdout)
    return found


def change(course: Course, name: str, old: str, new: str) -> None:
    path = course.paths.graders / CP01.slug / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_course_in_order_has_no_problems(course: Course) -> None:
    assert problems(course) == []


def test_all_problems_come_at_once_each_with_its_place(course: Course) -> None:
    change(course, "scenarios.py", "def shout", "import click\n\n\ndef shout")
    change(course, "mutants.py", 'old=".astype(np.float32)"', 'old="nowhere"')
    change(course, "test_tiny.py", 'mentions=["int"]', 'mentions=["banana"]')
    (course.paths.graders / CP01.slug / "correct" / "loop.py").unlink()
    found = [(problem["file"], problem["line"], problem["what"]) for problem in problems(course)]
    folder = f"graders/{CP01.slug}"
    wanted = [
        (f"{folder}/scenarios.py", 5, "imports click"),
        (f"{folder}/mutants.py", None, "found 0 times"),
        (f"{folder}/mutants.py", None, "cannot be read"),
        (f"{folder}/test_tiny.py", 17, "the reference itself does not pass"),
    ]
    assert len(found) == len(wanted), found
    for (file, line, what), (in_file, at_line, words) in zip(found, wanted, strict=True):
        assert (file, line) == (in_file, at_line)
        assert words in what


def test_a_test_without_points_is_named(course: Course) -> None:
    (course.paths.graders / CP01.slug / "test_more.py").write_text("def test_nothing(judge):\n    pass\n")
    assert any("without @points" in problem["what"] for problem in problems(course))


def test_points_that_do_not_add_up_are_named(course: Course) -> None:
    path = course.paths.source / CP01.slug / "01_tensor.ipynb"
    path.write_text(path.read_text().replace('"points": 40', '"points": 45'))
    assert any("worth 105 points together" in problem["what"] for problem in problems(course))


def test_a_hidden_region_in_a_public_cell_is_a_problem(course: Course) -> None:
    path = course.paths.source / CP01.slug / "01_tensor.ipynb"
    content = json.loads(path.read_text())
    cell = next(
        cell for cell in content["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "test-shout"
    )
    cell["source"] += "\n### BEGIN HIDDEN TESTS\ncheck(shout('b'), 'B', 'b')\n### END HIDDEN TESTS"
    path.write_text(json.dumps(content))
    (problem,) = problems(course)
    assert "a region of hidden tests stands in a public test cell" in problem["what"]
    assert "test-shout" in problem["what"]
