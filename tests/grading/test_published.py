import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.publication import publish, roll_back
from tito.grading import published
from tito.grading.engine import grade_pending
from tito.grading.published import refresh_folders
from tito.notebooks.assemble import Handin
from tito.notebooks.document import NotebookError
from tito.notebooks.structure import AssignmentStructure

FLOAT64 = "#| export\ndef double(x):\n    return (np.asarray(x) * factor()).astype(np.float64)\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def grade(course: Course, gradebook: Gradebook, *, show: bool = True) -> None:
    grade_pending(course, gradebook, actor="instructor:test", lanes=1, show=show)


def shown_points(course: Course) -> Decimal:
    outcomes = json.loads((folder(course) / "result.json").read_text())["outcomes"]
    return sum((Decimal(one["earned"]) for one in outcomes if one["mode"] == "isolated"), Decimal(0))


def folder(course: Course) -> Path:
    return course.paths.autograded / "ana" / CP01.slug


def test_a_folder_follows_what_is_published_and_not_what_was_graded(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01, double=FLOAT64))
    grade(course, gradebook)
    assert shown_points(course) == 30

    tests = course.paths.graders / CP01.slug / "test_tiny.py"
    tests.write_text(tests.read_text().replace("scenarios.double, x)", "scenarios.double, x, dtype=False)"))
    grade(course, gradebook)
    assert shown_points(course) == 30

    with gradebook.begin("instructor:test") as work:
        number, _ = publish(work, course, CP01)
    assert number is not None
    assert refresh_folders(course, gradebook, CP01) == 1
    assert shown_points(course) == 60
    assert refresh_folders(course, gradebook, CP01) == 0

    with gradebook.begin("instructor:test") as work:
        roll_back(work, number, reason="the test was right")
    assert refresh_folders(course, gradebook, CP01) == 1
    assert shown_points(course) == 30


def test_a_first_look_writes_no_folder(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
    grade(course, gradebook, show=False)
    assert not folder(course).exists()
    grade(course, gradebook)
    assert shown_points(course) == 70
    assert "70 of 70" in (folder(course) / "feedback.html").read_text()


def test_a_lost_or_damaged_folder_is_written_again(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01))
    grade(course, gradebook)
    (folder(course) / "result.json").write_text("{")
    assert refresh_folders(course, gradebook, CP01) == 1
    shutil.rmtree(folder(course))
    assert refresh_folders(course, gradebook, CP01) == 1
    assert shown_points(course) == 70


def test_work_that_no_longer_fits_stops_nobody_else(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    gradebook = mini.enrol(course, "ana", "ben")
    mini.submit(course, gradebook, "ana", CP01, mini.handin(CP01, double=FLOAT64))
    mini.submit(course, gradebook, "ben", CP01, mini.handin(CP01))
    grade(course, gradebook)
    shutil.rmtree(course.paths.autograded)

    def assemble(structure: AssignmentStructure, files: dict[str, bytes]) -> Handin:
        if any(b"astype(np.float64)" in content for content in files.values()):
            raise NotebookError("the notebook has none of this checkpoint's cells")
        return whole(structure, files)

    whole = published.assemble
    monkeypatch.setattr(published, "assemble", assemble)
    with pytest.raises(TitoError, match=r"1 of 2 folders .* no longer fits") as raised:
        refresh_folders(course, gradebook, CP01)
    assert raised.value.where == "ana (the notebook has none of this checkpoint's cells)"
    assert not folder(course).exists()
    assert (course.paths.autograded / "ben" / CP01.slug / "feedback.html").is_file()
