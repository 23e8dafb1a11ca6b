"""Stock nbgrader on a course in miniature: generate_assignment, autograde, and what formgrader would read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry

from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.config import Course, load_course
from tito.notebooks.release import release

NBGRADER = """
from pathlib import Path
root = Path(__file__).resolve().parent
c.CourseDirectory.root = str(root)
c.CourseDirectory.db_url = f"sqlite:///{root / '.tito' / 'nbgrader.db'}"
c.Autograde.sanitize_preprocessors = ["tito.grading.nbgrader.CourseStructure"]
c.Autograde.autograde_preprocessors = [
    "tito.grading.nbgrader.SandboxedGrading",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
"""
FLOAT64 = "#| export\ndef double(x):\n    return (np.asarray(x) * factor()).astype(np.float64)\n"
NOISY = (
    "#| export\nimport sys, warnings\ndef double(x):\n    print('careful', file=sys.stderr)\n"
    "    warnings.warn('careful')\n    return (np.asarray(x) * factor()).astype(np.float32)\n"
)
CHEAT = "#| export\nprint('70')\nimport os\nos.system('touch /var/tmp/tito-was-here')\ndef double(x):\n    return x\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    built = mini.build(tmp_path / "course")
    config = built.root / "course_config.py"
    config.write_text(config.read_text() + NBGRADER)
    (built.root / "nbgrader_config.py").write_text("load_subconfig('course_config.py')\n")
    for checkpoint in (CP00, CP01):
        release(built, checkpoint)
    return load_course(built.root)


def hand_in(course: Course, student: str, files: dict[str, bytes], slug: str = CP01.slug) -> None:
    folder = course.root / "submitted" / student / slug
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def autograde(course: Course, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", CP01.slug, *options],
        cwd=course.root, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def scores(course: Course, student: str) -> dict[str, Any] | None:
    with Gradebook(f"sqlite:///{course.root / '.tito' / 'nbgrader.db'}", "mini") as book:
        try:
            notebook = book.find_submission_notebook("01_tensor", CP01.slug, student)
        except MissingEntry:
            return None
        return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}


def test_formgrader_gets_the_sandboxs_points(course: Course) -> None:
    hand_in(course, "right", mini.handin(CP01))
    hand_in(course, "partly", mini.handin(CP01, double=FLOAT64))
    hand_in(course, "noisy", mini.handin(CP01, double=NOISY))
    hand_in(course, "cheat", mini.handin(CP01, double=CHEAT))
    hand_in(course, "broken", {"01_tensor.ipynb": b"{"})
    hand_in(course, "untouched", mini.untouched(CP01))
    changed = json.loads(mini.handin(CP01, double=FLOAT64)["01_tensor.ipynb"])
    for cell in changed["cells"]:
        if "points" in cell["metadata"].get("nbgrader", {}):
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["source"] = "pass"
    hand_in(course, "changed", {"01_tensor.ipynb": json.dumps(changed).encode()})
    ended = autograde(course)
    told = ended.stdout + ended.stderr
    right = scores(course, "right")
    assert right is not None, told
    assert sum(score for score, manual in right.values() if not manual) == 70, told
    assert scores(course, "noisy") == right
    partly = scores(course, "partly")
    assert partly is not None
    assert 0 < sum(score or 0 for score, _ in partly.values()) < 70
    assert scores(course, "changed") == partly
    untouched = scores(course, "untouched")
    assert untouched is not None
    assert {score for score, manual in untouched.values() if not manual} == {0}
    cheat = scores(course, "cheat")
    assert cheat is not None
    assert cheat["test-double"][0] == 0
    assert not Path("/var/tmp/tito-was-here").exists()
    broken = scores(course, "broken")
    assert broken is None or all(not score for score, _ in broken.values())
    assert ended.returncode == 1  # nbgrader's way to say that one student could not be graded
    assert "broken" in told
    marked = nbformat.read(course.root / "autograded" / "partly" / CP01.slug / "01_tensor.ipynb", as_version=4)
    nbformat.validate(marked)
    assert "secret word" not in json.dumps(marked)


def test_a_fault_of_the_platform_saves_no_score(course: Course) -> None:
    hand_in(course, "right", mini.handin(CP01))
    (course.root / "graders" / CP01.slug / "scenarios.py").write_text("def broken(:\n")
    ended = autograde(course)
    assert ended.returncode == 1
    graded = scores(course, "right")
    assert graded is None or {score for score, _ in graded.values()} == {None}
    assert not (course.root / "autograded" / "right" / CP01.slug / "01_tensor.ipynb").exists()
