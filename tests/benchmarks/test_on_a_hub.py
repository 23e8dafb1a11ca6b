"""What is measured on a running hub, in small: a class at the deadline, and the two exchanges.

Everybody has a receipt that is true, and a loss would be noticed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from benchmarks import deadline, exchange
from benchmarks.classes import Submission, bench_course, mixed
from benchmarks.deadline import Crowd, differences, moments, with_picture
from benchmarks.deadline_client import Mishap, Told
from benchmarks.hub import Hub, running
from benchmarks.registry import Size
from tito.notebooks.bundle import pack

PUPILS = exchange.Pupils.of(Size(small=True))
CROWD = Crowd.of(Size(small=True))
Held = tuple[Hub, list[Submission], list[Told]]


def test_half_of_the_class_comes_in_the_last_quarter() -> None:
    found = moments(500, 60.0)
    assert found == sorted(found)
    assert len(found) == 500
    assert found[0] > 0
    assert found[-1] < 60
    assert sum(at >= 45 for at in found) == 250 + 63  # those who come evenly, too
    assert sum(at >= 59 for at in found) == 36


def test_a_picture_fills_the_zip_and_the_notebook_stays_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    course = bench_course(tmp_path_factory.mktemp("course"))
    one, other = (with_picture(submission) for submission in mixed(course, 2))
    for submission in (one, other):
        assert 100_000 <= len(pack(submission.files)) < 104_000
        (content,) = submission.files.values()
        nbformat.validate(nbformat.reads(content.decode(), as_version=4))
    assert one.files != other.files


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A small class that has submitted to a hub of its own."""
    with running([*CROWD.names, *PUPILS.names], folder=tmp_path_factory.mktemp("bench")) as hub:
        students = deadline.late_students(hub.course, CROWD)
        folder = hub.folder / "deadline"
        folder.mkdir()
        plan = deadline.plan_of(hub, CROWD, students, folder)
        assert {one.mishap for one in plan} == set(Mishap)
        yield hub, students, deadline.have_them_come(hub, plan, folder)


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_is_twice(held: Held) -> None:
    hub, students, told = held
    sent = {one.student: one.files for one in students}
    assert differences(hub.course, sent, told) == []
    again = [receipt["repeated"] for one in told if len(one.receipts) == 2 for receipt in one.receipts]
    assert again == [False, True]


@pytest.mark.slow
def test_what_is_wrong_is_told(held: Held) -> None:
    hub, students, told = held
    sent = {one.student: one.files for one in students}
    first, second, *others = told
    (lost,) = differences(hub.course, sent, [replace(first, receipts=[], problem="no answer"), second, *others])
    assert lost == f"{first.name} has no receipt: no answer"
    (swapped,) = differences(hub.course, sent, [replace(first, receipts=second.receipts), second, *others])
    assert swapped.startswith(f"{first.name} has receipts of something else")
    for name, files in (("late9999", {}), (first.name, {"01_tensor.ipynb": b"something else"})):
        found = differences(hub.course, {**sent, name: files}, told)
        assert any(line.startswith(f"the gradebook has of {name}") for line in found)


@pytest.mark.slow
def test_both_exchanges_bring_the_same(held: Held) -> None:
    hub, _, _ = held
    before = Path.cwd(), dict(os.environ), logging.root.manager.disable
    figures = exchange.measure(hub, PUPILS)
    assert (Path.cwd(), dict(os.environ), logging.root.manager.disable) == before
    assert [[whose for whose, _ in figure.sides] for figure in figures] == [list(exchange.LABELS)] * 6
    assert all(value > 0 for figure in figures for _, value in figure.sides)
    assert [figure.met is None for figure in figures] == [True, True, False, True, True, False]
