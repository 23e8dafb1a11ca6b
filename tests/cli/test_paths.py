"""A course's learning path, and good news, as the commands show them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_instructor import put
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.cli.celebration import celebrate
from tito.cli.screen import Screen
from tito.course.config import Course


@pytest.fixture
def only_setup(course: Course) -> Course:
    """The course in miniature asks for checkpoint 00 alone."""
    config = course.root / "course_config.py"
    config.write_text(config.read_text() + "c.LearningPath.modules = [0]\n")
    return course


def test_every_view_shows_the_path_alone(run: Run, only_setup: Course) -> None:
    assert [one["slug"] for one in run("info", "--json").data["checkpoints"]] == [CP00.slug]
    assert [one["slug"] for one in run("checkpoint", "timeline", "--json").data["checkpoints"]] == [CP00.slug]
    timeline = run("checkpoint", "timeline").out
    assert "path: complete builder, 1 of 16 checkpoints" in timeline
    assert "FOUNDATION" not in timeline
    status = run("course", "status", "--json").data
    assert [(one["number"], one["weight"]) for one in status["checkpoints"]] == [(0, "100")]
    assert status["not_asked"][0] == CP01.slug
    assert len(status["not_asked"]) == 15
    assert "cp01_foundation, cp02_intelligence" in run("course", "status").out
    assert "foundation" not in run("checkpoint", "status").out
    assert run("milestone", "list", "--json").data == {"milestones": []}


def test_what_is_off_the_path_is_refused_and_not_graded(run: Run, only_setup: Course) -> None:
    refused = run("submit", "1")
    assert refused.code == 1
    assert "cp01_foundation is not on this course's learning path" in refused.err
    assert "not on this course's learning path" in run("grade", "01").err
    (only_setup.root / "roster.csv").write_text("student_id,name\nana,Ana\n")
    run("roster", "import", only_setup.root / "roster.csv")
    put(only_setup, "ana", mini.handin(CP01))
    put(only_setup, "ana", mini.handin(CP00), CP00.slug)
    collected = run("collect", only_setup.root / "in")
    assert "not on this course's learning path" in run("gradebook", "refused").out, collected.out
    graded = run("grade", "--lanes", "1", "--json")
    assert graded.code == 0, graded.err
    assert [one["checkpoint"] for one in graded.data["graded"]] == [CP00.slug]
    (ana,) = run("gradebook", "show", "--json").data["students"]
    assert [cell["checkpoint"] for cell in ana["checkpoints"]] == [0]
    head, line = run("gradebook", "show").out.splitlines()[:2]
    assert head.split() == ["student", "00", "so", "far"]
    assert line.split()[-1] == ana["total_so_far"]
    exported = run("gradebook", "export").out
    assert "cp00_environment,total_so_far" in exported
    assert "cp01" not in exported


def test_a_finished_module_is_celebrated_with_what_comes_next(run: Run, course: Course) -> None:
    path = course.root / "assignments" / CP00.slug / "00_setup.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(mini.handin(CP00)["00_setup.ipynb"])
    done = run("module", "complete", "0")
    assert done.code == 0
    for text in ("● 00_setup is complete", "tinytorch.core.setup is part of your library", "1 of 21 modules",
                 "next: tito submit 00", "next: tito module start 01"):  # fmt: skip
        assert text in done.out
    said = run("module", "complete", "0", "--json").data
    assert said["next"] == ["tito submit 00", "tito module start 01"]
    assert (said["module"], said["completed"]) == ("00_setup", True)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("encoding", "corner"), [("utf-8", "╭"), ("ascii", "+")])
def test_a_frame_is_for_terminals(monkeypatch: pytest.MonkeyPatch, encoding: str, corner: str) -> None:
    for kind, framed in ((Terminal, True), (io.TextIOWrapper, False)):
        out = kind(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", out)
        celebrate(Screen(), "Done", ["all of it", "", ("\x1b[2Jmarkup [bold]", "bold")])
        out.flush()
        text = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        assert (corner in text.splitlines()[0]) == framed
        assert "Done" in text
        assert "all of it" in text
        assert "[2J" in text
        assert "\x1b[2J" not in text
        assert "markup [bold]" in text


def test_nothing_is_framed_for_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    celebrate(Screen(json_wanted=True), "Done", ["all"])
    assert capsys.readouterr().out == ""


def test_the_real_course_asks_for_all(clone: Path) -> None:
    from tito.course.config import load_course

    assert len(load_course(clone).checkpoints) == 16
