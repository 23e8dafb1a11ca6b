"""The folders after a publication: one writer of a checkpoint at a time, and none of the publications is left out."""

from __future__ import annotations

import threading

import pytest

from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.hub.pages import folders
from tito.hub.pages.folders import Folders, FolderState

CP01 = CHECKPOINTS[1]


class Gate:
    """Stands for the writing of folders: waits until it is let through, and counts."""

    def __init__(self) -> None:
        self.entered, self.go, self.calls = threading.Event(), threading.Event(), 0

    def __call__(self, *_: object) -> int:
        self.calls += 1
        self.entered.set()
        assert self.go.wait(30)
        return self.calls


def test_a_publication_meanwhile_is_followed_afterwards(
    monkeypatch: pytest.MonkeyPatch, course: Course, gradebook: Gradebook
) -> None:
    gate, all_of_them = Gate(), Folders()
    monkeypatch.setattr(folders, "refresh_folders", gate)
    assert all_of_them.state(CP01) == FolderState()
    thread = all_of_them.follow(course, gradebook, CP01)
    assert thread is not None
    assert gate.entered.wait(30)
    assert all_of_them.state(CP01).running
    for _ in range(3):
        assert all_of_them.follow(course, gradebook, CP01) is None
    gate.go.set()
    thread.join(30)
    assert gate.calls == 2  # the three that came meanwhile are one more
    assert all_of_them.state(CP01) == FolderState(written=2)


def test_a_publication_that_comes_while_another_checkpoint_is_written_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, course: Course, gradebook: Gradebook
) -> None:
    gate, all_of_them = Gate(), Folders()
    monkeypatch.setattr(folders, "refresh_folders", gate)
    all_of_them.follow(course, gradebook, CHECKPOINTS[2])
    assert gate.entered.wait(30)
    thread = all_of_them.follow(course, gradebook, CP01)
    assert thread is not None
    assert all_of_them.follow(course, gradebook, CP01) is None
    gate.go.set()
    thread.join(30)
    assert gate.calls == 2
    assert all_of_them.state(CP01) == FolderState(written=2)


@pytest.mark.parametrize(
    ("error", "said"),
    [(TitoError("the disk is full"), "the disk is full"), (OSError("no"), "no"), (KeyError("x"), "on our side")],
)
def test_what_fails_is_told_until_it_succeeds(
    monkeypatch: pytest.MonkeyPatch, course: Course, gradebook: Gradebook, error: Exception, said: str
) -> None:
    def fail(*_: object) -> int:
        raise error

    all_of_them = Folders()
    for writes, problem, written in ((fail, said, None), (lambda *_: 3, "", 3), (fail, said, 3), (lambda *_: 4, "", 4)):
        monkeypatch.setattr(folders, "refresh_folders", writes)
        thread = all_of_them.follow(course, gradebook, CP01)
        assert thread is not None
        thread.join(30)
        state = all_of_them.state(CP01)
        assert (state.running, state.written, bool(state.problem)) == (False, written, bool(problem))
        assert problem in state.problem
