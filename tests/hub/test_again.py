"""What keeps the service and the grader running: again after a signal, never after an end of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SAYS_WHO = "import os, sys, time; from tito.hub.parent import end_with_parent; end_with_parent(); "
FOREVER = SAYS_WHO + "print(os.getpid(), flush=True); time.sleep(600)"


@contextmanager
def kept(program: str) -> Iterator[subprocess.Popen[str]]:
    """Keep a Python program running; what it prints can be read."""
    command = [sys.executable, "-m", "tito.hub.again", sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as keeper:
        try:
            yield keeper
        finally:
            keeper.kill()


def line(keeper: subprocess.Popen[str]) -> str:
    assert keeper.stdout is not None
    return keeper.stdout.readline().strip()


def test_what_a_signal_ended_runs_again() -> None:
    with kept(FOREVER) as keeper:
        first = int(line(keeper))
        os.kill(first, signal.SIGKILL)
        assert int(line(keeper)) != first
        keeper.terminate()
        assert keeper.stderr is not None
        assert "ended by SIGKILL, started again" in keeper.stderr.read()


@pytest.mark.parametrize("status", [0, 1, 3])
def test_what_ends_by_itself_stays_ended(status: int) -> None:
    with kept(f"print('once', flush=True); raise SystemExit({status})") as keeper:
        assert keeper.wait(60) == status
        assert keeper.stdout is not None
        assert keeper.stdout.read() == "once\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_stopped_stops_the_command_and_lets_it_finish(number: signal.Signals) -> None:
    program = f"import signal; signal.signal({int(number)}, lambda *_: (print('finished', flush=True), sys.exit(5))); "
    with kept(SAYS_WHO + program + "print('begun', flush=True); time.sleep(600)") as keeper:
        assert line(keeper) == "begun"
        keeper.send_signal(number)
        assert line(keeper) == "finished"
        assert keeper.wait(60) == 5


def test_a_command_that_a_stop_kills_is_not_started_again() -> None:
    with kept(FOREVER) as keeper:
        line(keeper)
        keeper.terminate()
        assert keeper.wait(60) == 0
        assert line(keeper) == ""


def test_a_command_does_not_outlive_a_keeper_that_was_killed() -> None:
    with kept(FOREVER) as keeper:
        line(keeper)
        keeper.kill()
        assert line(keeper) == ""  # its end of the pipe is closed: it has ended


def test_neither_outlives_a_hub_that_was_killed() -> None:
    keeper = [sys.executable, "-m", "tito.hub.again", sys.executable, "-c", FOREVER]
    program = f"import subprocess; subprocess.run({keeper}, start_new_session=True)"  # as the hub starts it
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as hub:
        kept_running = int(line(hub))
        try:
            hub.kill()
            ended, _, _ = select.select([hub.stdout], [], [], 60)
            assert ended
            assert line(hub) == ""  # both had their end of the pipe
        except BaseException:
            os.killpg(os.getpgid(kept_running), signal.SIGKILL)
            raise
