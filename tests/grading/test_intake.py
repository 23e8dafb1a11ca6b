"""One way in for every hand-in; what the command line cannot show of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course, load_course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import Recorded
from tito.grading.intake import HandIn, take_in

FILE = "01_tensor.ipynb"


def course(root: Path, *lines: str) -> Course:
    made = mini.build(root)
    config = root / "course_config.py"
    config.write_text("\n".join([config.read_text(), *lines, ""]))
    return load_course(made.root)


def hand_in(course: Course, book: Gradebook, padding: int = 0) -> Recorded:
    """As the student ana, over the network say."""
    content = mini.handin(CP01)[FILE] + b" " * padding
    return take_in(course, book, HandIn("ana", "1", {FILE: content}), actor="student:ana", source="hub", enforce=True)


def test_hand_ins_at_once_do_not_get_past_the_limit_together(tmp_path: Path) -> None:
    limited = course(tmp_path / "course", "c.AttemptPolicy.update(capacity=2, refill_hours=1000)")
    start = threading.Barrier(6)

    def go(number: int) -> str:
        start.wait()
        try:
            return hand_in(limited, book, number).status.value
        except TitoError as error:
            return error.what

    with mini.enrol(limited, "ana") as book, ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(go, range(6)))
    assert said == ["accepted"] * 2 + ["you have used up your attempts at cp01_foundation for now"] * 4


def test_the_courses_limit_of_size_holds_on_every_way_in(tmp_path: Path) -> None:
    small = course(tmp_path / "course", "c.TitoCourse.notebook_bytes = 100_000")
    with mini.enrol(small, "ana") as book:
        said = hand_in(small, book, padding=100_000)
        assert not said.accepted
        assert "at most 100,000 bytes" in said.message
        assert hand_in(small, book, padding=1_000).accepted


def test_what_is_kept_out_is_not_kept(tmp_path: Path) -> None:
    early = course(tmp_path / "course", 'c.Checkpoint01.opens = "2099-01-01 00:00"')
    with mini.enrol(early, "ana") as book:
        with pytest.raises(TitoError, match="it opens"):
            hand_in(early, book)
        assert not early.paths.store.exists()
