"""`tito milestone` on a library of few lines: training, what it leaves, and what is said when something is missing."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Ran, Run
from tests.cli.tinylib import LIBRARY, OPTIMIZERS, TRAINER, write_library
from tito.cli.artwork import draw, glimpse
from tito.cli.learning import Learned
from tito.cli.workspace import Workspace
from tito.course.checkpoints import CHECKPOINTS, MODULES
from tito.course.config import Course
from tito.data import VARIABLE, find_handwriting

STUB = "\n# YOUR CODE HERE\nraise NotImplementedError()\n"


@pytest.fixture(autouse=True)
def _only_our_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_library(tmp_path / "here" / "course")


def png_size(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def learned(course: Course, wrong: int) -> Learned:
    """What a network would give that misreads the first so many pictures."""
    data = find_handwriting(course.root)
    answers = data.test_labels.astype(np.int64)
    answers[:wrong] = (answers[:wrong] + 1) % 10
    return Learned(data, tuple(np.linspace(2.3, 0.1, 300)), answers, 1.0)


def test_a_library_that_works_reads_its_digits(run: Run, course: Course) -> None:
    ran = run("milestone", "run", "mnist", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data["reached"]
    assert 0.95 <= ran.data["accuracy"] <= 1
    assert ran.data["mistakes"] == round((1 - ran.data["accuracy"]) * 500)
    assert (ran.data["data"], ran.data["trained_on"], ran.data["judged_by"]) == ("digits", 1297, 500)
    assert len(ran.data["loss"]) == ran.data["recipe"]["epochs"]
    assert ran.data["loss"][0] > 10 * ran.data["loss"][-1]
    folder = course.paths.state / "milestones" / "mnist"
    assert sorted(path.name for path in folder.iterdir()) == ["loss.png", "mistakes.png", "result.json"]
    assert json.loads((folder / "result.json").read_text()) == ran.data
    again = run("milestone", "run", "mnist", "--json").data
    assert {**again, "seconds": 0} == {**ran.data, "seconds": 0}, "the same seed gives the same network"


def test_it_is_celebrated_and_remembered(run: Run, course: Course) -> None:
    listed = run("milestone", "list").out
    assert "open: tito milestone run mnist" in listed
    assert listed.count("to come") == 5
    shown = run("milestone", "run", "mnist").out
    for text in ("★ Milestone MNIST: at least 95 % accuracy", "pictures that it had never seen", "mistakes.png",
                 "tito submit 07", "What it misread", "epoch 30"):  # fmt: skip
        assert text in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert "reached: 9" in run("milestone", "list").out
    mnist, *others = run("milestone", "list", "--json").data["milestones"]
    assert (mnist["milestone"], mnist["checkpoint"], mnist["reached"]) == ("mnist", "cp07_training", True)
    assert not any(one["reached"] for one in others)
    timeline = run("checkpoint", "timeline")
    assert "reached: 9" in timeline.out
    assert max(map(len, timeline.out.splitlines())) <= 80


def test_below_the_target_is_no_milestone(run: Run, course: Course) -> None:
    lazy = OPTIMIZERS.replace("- self.lr * m", "- 0 * m")
    write_library(course.root, adamw=lazy)
    ran = run("milestone", "run", "mnist")
    assert ran.code == 1
    assert "The milestone is 95%." in ran.out
    assert "★" not in ran.out
    assert "not reached yet" in run("milestone", "list").out
    assert Workspace(course).milestone(CHECKPOINTS[7]) is not None


def test_a_later_run_that_does_worse_takes_nothing_away(course: Course) -> None:
    workspace = Workspace(course)
    workspace.note_milestone(CHECKPOINTS[7], 0.5, "digits", reached=False)
    workspace.note_milestone(CHECKPOINTS[7], 0.96, "MNIST", reached=True)
    workspace.note_milestone(CHECKPOINTS[7], 0.9, "digits", reached=False)
    note = Workspace(course).milestone(CHECKPOINTS[7])
    assert note is not None
    assert (note.accuracy, note.data, note.reached) == (0.96, "MNIST", True)


@pytest.mark.parametrize("number", sorted(LIBRARY))
def test_a_module_that_is_not_started_is_named(run: Run, course: Course, number: int) -> None:
    (course.root / "assignments" / f"{CHECKPOINTS[number].slug}" / f"{MODULES[number].slug}.ipynb").unlink()
    ran = run("milestone", "run", "mnist")
    assert ran.code == 1
    assert f"module {number:02} ({MODULES[number].title}) brings it" in ran.err
    assert f"tito module start {number:02}" in ran.err


def missing(course: Course, run: Run, **changed: str) -> Ran:
    write_library(course.root, **changed)
    return run("milestone", "run", "mnist")


def test_a_step_that_is_not_written_is_named_with_its_cell(run: Run, course: Course) -> None:
    ran = missing(course, run, fit=f"\nclass Trainer:{STUB.replace(chr(10), chr(10) + '    ')}")
    assert ran.code == 1
    assert "has no Trainer yet; module 07 (Training) brings it" in ran.err
    assert "07_training.ipynb, step fit (cell 2)" in ran.err
    ran = missing(course, run, fit=TRAINER.replace("fit(", "fits("))
    assert "has no Trainer.fit yet" in ran.err


def test_a_cell_that_does_not_run_is_shown_as_the_cause(run: Run, course: Course) -> None:
    ran = missing(course, run, adamw="\nclass AdamW(:\n    pass\n")
    assert "has no AdamW yet; module 06" in ran.err
    assert "06_optimizers.ipynb, cell 1 to run; it raises SyntaxError" in " ".join(ran.err.split())
    assert "put that cell right, then `tito test 06`" in ran.err


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("raise NotImplementedError('step comes later')", "not written yet: NotImplementedError: step comes later"),
        ("return 1 / 0", "your library raised ZeroDivisionError"),
        ("raise SystemExit(0)", "your library raised SystemExit"),
        ("import os; os._exit(0)", "ended before it was done"),
        ("import os; os.kill(os.getpid(), 9)", "ended before it was done"),
    ],
)
def test_what_goes_wrong_in_training_is_told(run: Run, course: Course, body: str, text: str) -> None:
    ran = missing(course, run, adamw=OPTIMIZERS.replace("self.t += 1", body))
    assert ran.code == 1
    assert text in ran.err
    assert "Traceback" not in ran.err
    if "library" in text:
        assert "06_optimizers.ipynb, cell 1, line" in ran.err


def test_a_library_that_hangs_is_stopped(run: Run, course: Course) -> None:
    write_library(course.root, adamw=OPTIMIZERS.replace("self.t += 1", "while True: pass"))
    ran = run("milestone", "run", "mnist", "--seconds", "1")
    assert (ran.code, "no sign of life for 1 seconds" in ran.err) == (1, True)


def test_a_network_that_gives_something_else_is_no_answer(run: Run, course: Course) -> None:
    broken = LIBRARY[3]["layers"].replace("def eval(self): pass", "def eval(self): self.layers = self.layers[:1]")
    ran = missing(course, run, layers=broken)
    assert "the network gives (500, 128) for 500 pictures of 10 digits" in ran.err


def test_other_names_and_folders_are_told(run: Run, course: Course, tmp_path: Path) -> None:
    assert "did you mean mnist?" in run("milestone", "run", "mnst").err
    assert "cannot be run yet" in run("milestone", "run", "cifar10").err
    assert "no pictures of digits in this folder" in run("milestone", "run", "mnist", "--data", tmp_path).err


def test_a_damaged_memory_is_forgotten(run: Run, course: Course) -> None:
    course.paths.state.mkdir(exist_ok=True)
    for text in ('{"modules": {}, "submitted": {}, "milestones": []}', '{"milestones": {"cp07_training": 3}}', "x"):
        (course.paths.state / "progress.json").write_text(text)
        assert Workspace(course).milestone(CHECKPOINTS[7]) is None


@pytest.mark.parametrize("wrong", [0, 1, 5, 500])
def test_pictures_are_drawn_for_any_number_of_mistakes(course: Course, tmp_path: Path, wrong: int) -> None:
    found = learned(course, wrong)
    assert len(found.mistakes) == wrong
    assert found.reached == (wrong <= 25)
    drawn = draw(course, found, tmp_path / "out")
    assert [path.name for path in drawn] == ["loss.png", "mistakes.png"]
    assert all(min(png_size(path)) > 300 for path in drawn)
    lines = glimpse(found, 76)
    assert (lines == []) == (wrong == 0)
    assert max([0, *map(len, lines)]) <= 76
    for which in range(min(wrong, 4)):
        assert f"read {found.answers[which]}, is {found.data.test_labels[which]}" in lines[-1]


@pytest.mark.parametrize("losses", [(), (2.0,), (float("nan"),) * 40, (0.0,) * 60])
def test_a_curve_of_any_losses_can_be_drawn(course: Course, tmp_path: Path, losses: tuple[float, ...]) -> None:
    found = replace(learned(course, 3), losses=losses)
    assert len(draw(course, found, tmp_path / "out")) == 2


def test_a_tall_picture_is_as_wide_as_it_is(course: Course) -> None:
    found = learned(course, 2)
    tall = np.zeros((500, 28, 28), np.uint8)
    tall[:, 4:24, 4:24] = 255
    lines = glimpse(replace(found, data=replace(found.data, test_images=tall)), 76)
    assert lines[:-1] == ["    " + "@" * 20 + " " * 11 + "@" * 20] * 10


def test_the_doctor_says_which_pictures_there_are(run: Run, course: Course, tmp_path: Path) -> None:
    assert "milestone 07 trains on digits (comes with Tito)" in run("doctor").out
    with (course.root / "course_config.py").open("a") as file:
        file.write('c.TitoCourse.data_folder = "nowhere"\n')
    assert "no pictures of digits in this folder" in run("doctor").out
