"""Servers as child processes: what keeps one from coming is told, it is always stopped, and it never outlives us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.processes import is_running
from tests.waiting import until
from tito.errors import TitoError
from tito.hub import running
from tito.hub.running import LOOPBACK, free_ports, require_free, serves, started

SLEEPS = "import time; print('begun', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
OUTER = """
import sys
from pathlib import Path
from tito.hub.running import started

folder = Path(sys.argv[1])
with started("it", [sys.executable, "-c", sys.argv[2]], folder / "log", cwd=folder) as child:
    child.until(child.said, "its word")
    print(child.process.pid, flush=True)
    sys.stdin.read()
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_what_comes_is_returned_and_the_end_stops_it(tmp_path: Path) -> None:
    with started("it", python(SLEEPS), tmp_path / "log", cwd=tmp_path) as child:
        assert child.until(child.said, "its word") == "begun\n"
        assert is_running(child.process.pid)
    assert child.process.returncode == -signal.SIGTERM


def test_an_early_end_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = "print(*range(1000), sep='\\n'); raise SystemExit(3)"
    with (
        started("the oven", python(program), tmp_path / "log", cwd=tmp_path) as child,
        pytest.raises(TitoError, match="the oven ended before the bread came") as raised,
    ):
        child.until(lambda: None, "the bread")
    assert raised.value.what.splitlines()[-2:] == ["    998", "    999"]
    assert len(raised.value.what.splitlines()) < 40
    assert raised.value.where == str(tmp_path / "log")
    assert child.process.returncode == 3


def test_what_does_not_come_is_told_and_the_end_stops_it_all_the_same(tmp_path: Path) -> None:
    with (
        pytest.raises(TitoError, match="the bread did not come within 0 seconds"),
        started("the oven", python(SLEEPS), tmp_path / "log", cwd=tmp_path) as child,
    ):
        child.until(lambda: None, "the bread", within=0)
    assert child.process.returncode == -signal.SIGTERM


def test_what_does_not_end_is_killed_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STOPS_WITHIN", 0.1)
    with (
        pytest.raises(TitoError, match="the oven did not end"),
        started("the oven", python(DEAF), tmp_path / "log", cwd=tmp_path) as child,
    ):
        child.until(child.said, "its word")
    assert child.process.returncode == -signal.SIGKILL


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OUTER, str(tmp_path), SLEEPS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as outer:
        assert outer.stdout is not None
        pid = int(outer.stdout.readline())
        assert is_running(pid)
        outer.kill()
    until(lambda: not is_running(pid), "the end of the child")


def test_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    with started("it", python(SLEEPS), tmp_path / "log", cwd=tmp_path) as child:
        assert os.getpgid(child.process.pid) != os.getpgid(0)


def test_ports_are_free_and_a_taken_one_is_told() -> None:
    ports = free_ports(4)
    assert len(ports) == 4
    assert not serves(ports[0])
    with socket.create_server((LOOPBACK, ports[2])), pytest.raises(TitoError, match=f"port {ports[2]} cannot be used"):
        require_free(ports)


def test_a_search_among_taken_ports_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        monkeypatch.setattr(running, "_PORTS", [taken.getsockname()[1]] * 100)
        with pytest.raises(TitoError, match="2 ports in a row cannot be found"):
            free_ports(2)
