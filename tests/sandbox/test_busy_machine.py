"""A program's time on a machine that is busy with something else: what it was kept waiting for does not count."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sandbox.conftest import ISOLATED, SMALL, require
from tests.sandbox.programs import program
from tito.course.verdicts import Verdict
from tito.sandbox import channel
from tito.sandbox.program import Call, Died, Returned
from tito.sandbox.supervisor import Sandbox

WORKS = """
    import time
    def main(seconds):
        while time.process_time() < seconds:
            pass
        return "done"
"""
SLEEPS = """
    import time
    def main(seconds):
        time.sleep(seconds)
"""


@pytest.fixture
def crowd() -> Iterator[None]:
    """Three programs that want the one core on which this process, and what it starts, runs meanwhile."""
    everywhere = os.sched_getaffinity(0)
    with ExitStack() as ends:
        ends.callback(os.sched_setaffinity, 0, everywhere)
        os.sched_setaffinity(0, {min(everywhere)})
        for _ in range(3):
            spinning = ends.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            ends.callback(spinning.kill)
        yield


@pytest.fixture(params=ISOLATED, ids=lambda tier: tier.label)
def sandbox(request: pytest.FixtureRequest, crowd: None) -> Iterator[Sandbox]:
    require(request.param)
    with Sandbox(request.param, SMALL) as sandbox:
        yield sandbox


def test_a_program_has_its_time_whoever_else_wants_the_core(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_LONGER", 100.0)  # however many others there are
    with sandbox.start(program(WORKS)) as worker:
        assert worker.run([Call("run", (1.2,))], wall_seconds=1.5) == [Returned("done")]
    assert sandbox.kept_waiting > 0


def test_a_program_that_never_ends_is_ended_on_a_busy_machine_too(sandbox: Sandbox) -> None:
    with sandbox.start(program(WORKS)) as worker:
        (reply,) = worker.run([Call("run", (1e9,))], wall_seconds=0.3)
    assert reply == Died(Verdict.TIMED_OUT, "no answer within 0.3 seconds")


def test_a_program_that_sleeps_is_kept_waiting_for_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_LONGER", 1e9)
    with sandbox.start(program(SLEEPS)) as worker:
        (reply,) = worker.run([Call("run", (1e9,))], wall_seconds=0.3)
    assert isinstance(reply, Died)
    assert reply.verdict is Verdict.TIMED_OUT


def test_where_nobody_counts_the_deadline_stands(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_account", lambda _pidfd: "/proc/0/schedstat")
    with sandbox.start(program(WORKS)) as worker:
        (reply,) = worker.run([Call("run", (1.2,))], wall_seconds=1.5)
    assert isinstance(reply, Died)
    assert sandbox.kept_waiting == 0


def test_there_is_a_bound(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_LONGER", 0.0)
    with sandbox.start(program(WORKS)) as worker:
        (reply,) = worker.run([Call("run", (1.2,))], wall_seconds=1.5)
    assert isinstance(reply, Died)
