from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from tito.cli import picture
from tito.cli.screen import Screen
from tito.cli.workspace import CheckpointStanding, ModuleStanding, current
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, load_course

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def real_course(clone: Path) -> Course:
    return load_course(clone)


def standings(done: int, begun: int = 0) -> list[CheckpointStanding]:
    made = []
    for checkpoint in CHECKPOINTS:
        started = checkpoint.number < done + begun
        modules = tuple(
            ModuleStanding(module, Path("x"), started=started, released=True, steps=4, written=2)
            for module in checkpoint.modules
        )
        made.append(CheckpointStanding(checkpoint, modules, "digest" if checkpoint.number < done else None))
    return made


def lines(done: int, begun: int = 0) -> list[str]:
    every = standings(done, begun)
    return [line.plain for line in picture.path(Screen(), every, current(every))]


def test_the_path_of_a_beginner() -> None:
    assert lines(0) == [
        "  00  01  02  03  04  05  06  07  08  09  10  11  12  13  14  15",
        "  ○───○───○───○───○───○───○───○───○───○───○───○───○───○───○───○",
        "                              ★       ★           ★   ★   ★   ★",
        "      └ foundation                └ architecture      └ optimization",
    ]


def test_the_path_on_the_way_has_a_symbol_for_each_state() -> None:
    assert lines(3, 1)[1] == "  ●───●───●───◐───○───○───○───○───○───○───○───○───○───○───○───○"
    assert lines(16)[1] == "  " + "───".join("●" * 16)


def test_the_path_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert lines(3, 1)[1] == "  #---#---#---~" + "---." * 12
    assert "".join(lines(3, 1)).isascii()


@pytest.mark.parametrize("done", [0, 5, 15, 16])
@pytest.mark.parametrize("begun", [0, 1])
def test_pictures_fit_80_columns(real_course: Course, done: int, begun: int) -> None:
    every = standings(done, begun)
    now = current(every)
    drawn = [
        *picture.path(Screen(), every, now),
        picture.legend(Screen(), every),
        *picture.timeline(Screen(), real_course, every, now, NOW),
    ]
    assert max(cell_len(line.plain) for line in drawn) <= 80


def test_the_timeline_names_everything(real_course: Course) -> None:
    every = standings(1, 1)
    text = "\n".join(line.plain for line in picture.timeline(Screen(), real_course, every, current(every), NOW))
    for checkpoint in CHECKPOINTS:
        assert f"{checkpoint.number:02} {checkpoint.name}" in text
        assert checkpoint.question in text
        assert checkpoint.milestone is None or str(checkpoint.milestone) in text
    for heading in ("SETUP", "FOUNDATION", "ARCHITECTURE", "OPTIMIZATION"):
        assert f"\n{heading}\n" in f"\n{text}\n"


def test_the_legend_counts() -> None:
    assert (
        picture.legend(Screen(), standings(2, 1)).plain == "  ○ to come 13   ◐ in progress 1   ● done 2   ★ milestone"
    )


@pytest.mark.parametrize(
    ("before_due", "text", "style"),
    [
        (timedelta(days=10, hours=1), "(in 10 days)", ""),
        (timedelta(days=1, hours=1), "(in 1 day)", "yellow"),
        (timedelta(hours=5, minutes=1), "(in 5 h)", "bold red"),
        (timedelta(minutes=9), "(in 9 min)", "bold red"),
        (timedelta(seconds=1), "(in 1 min)", "bold red"),
    ],
)
def test_how_long_there_is_left(real_course: Course, before_due: timedelta, text: str, style: str) -> None:
    due_at = real_course.assessment(1).due_at
    assert due_at is not None
    shown = picture.due(real_course, CHECKPOINTS[1], due_at - before_due)
    assert shown.plain == f"due {real_course.show_time(due_at)} {text}"
    assert str(shown.spans[0].style if style else "") == style


def test_before_opening_and_after_the_due_date(real_course: Course) -> None:
    assessment = real_course.assessment(1)
    assert assessment.opens_at is not None
    assert assessment.due_at is not None
    early = picture.due(real_course, CHECKPOINTS[1], assessment.opens_at - timedelta(days=1))
    late = picture.due(real_course, CHECKPOINTS[1], assessment.due_at + timedelta(seconds=1))
    assert early.plain.startswith("opens ")
    assert late.plain.startswith("was due ")
