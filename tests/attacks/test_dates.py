"""What a hidden test shows, and to whom: after its date, and not to a student whose own work is still open."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.attacks.attackers import HIDDEN, build
from tests.grading import mini
from tests.grading.mini import CP01
from tito.cli.feedback import published_feedback
from tito.course.config import Course, load_course
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.adjustments import extend
from tito.grading.engine import grade_pending
from tito.grading.published import refresh_folders
from tito.sandbox.tier import Tier

TELLS = "#| export\ndef shout(text):\n    raise ValueError(f'the input is {text}')\n"
DATES = """
c.Checkpoint01.update(opens="2020-01-01 09:00", due="2020-01-24 23:59")
c.RevealPolicy.later = ["detail", "counterexample", "traceback", "output"]
c.RevealPolicy.later_after_days = 21
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Gradebook]:
    root = tmp_path_factory.mktemp("dates") / "course"
    build(root)
    config = root / "course_config.py"
    config.write_text(config.read_text(encoding="utf-8") + DATES, encoding="utf-8")
    course = load_course(root)
    gradebook = mini.enrol(course, "punctual", "extended")
    with gradebook.begin("instructor:test") as work:
        until = work.now + timedelta(days=365)
        extend(work, student_id="extended", checkpoint=CP01, until=until, reason="ill")
    for student in ("punctual", "extended"):
        mini.submit(course, gradebook, student, CP01, mini.handin(CP01, shout=f"{TELLS}# {student}"))
    grade_pending(course, gradebook, actor="instructor:test", lanes=1, tier=Tier.LANDLOCK)
    return course, gradebook


def shown(course: Course, gradebook: Gradebook, student: str) -> str:
    folder = course.paths.autograded / student / CP01.slug
    outcomes = published_feedback(course, gradebook, CP01, student)[2]
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("feedback.html", "01_tensor.ipynb")]
    return "".join([*texts, *(json.dumps(outcome.to_json()) for outcome in outcomes)])


def test_after_the_date_a_student_sees_what_went_wrong(graded: tuple[Course, Gradebook]) -> None:
    course, gradebook = graded
    folder = course.paths.autograded / "punctual" / CP01.slug
    assert HIDDEN.search(shown(course, gradebook, "punctual"))
    assert HIDDEN.search((folder / "feedback.html").read_text(encoding="utf-8"))


def test_a_student_with_an_extension_sees_nothing_hidden_before_their_own_date(
    graded: tuple[Course, Gradebook],
) -> None:
    course, gradebook = graded
    assert not HIDDEN.search(shown(course, gradebook, "extended"))


def test_nor_when_the_folders_are_written_anew(graded: tuple[Course, Gradebook]) -> None:
    course, gradebook = graded
    for student in ("punctual", "extended"):
        (course.paths.autograded / student / CP01.slug / "result.json").unlink()
    assert refresh_folders(course, gradebook, CP01) == 2
    assert HIDDEN.search(shown(course, gradebook, "punctual"))
    assert not HIDDEN.search(shown(course, gradebook, "extended"))
