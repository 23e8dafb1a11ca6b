"""`tito hub demo`, as `make hub` runs it: three accounts and an address on the screen, the hub's words in a file."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading import mini
from tests.waiting import until
from tito.hub.running import PATIENCE, free_ports

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tito"]


def environment() -> dict[str, str]:
    proxy = ROOT / ".cache" / "proxy" / "node_modules" / ".bin"
    return os.environ | {"PATH": f"{proxy}:{os.environ['PATH']}", "OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.slow
def test_it_tells_who_may_log_in_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    mini.build(tmp_path / "course")
    port = free_ports(4)[0]
    command = [*COMMAND, "-C", str(tmp_path / "course"), "hub", "demo", "--port", str(port)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        assert demo.stdout is not None
        try:
            said = b""
            while b"hub.log" not in said:
                line = demo.stdout.readline()
                assert line, said.decode()
                said += line
            for name, role in (("ana", "student"), ("tom", "TA"), ("ira", "instructor")):
                assert re.search(rf"{name} +password \S{{12}} +{role}", said.decode())
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/hub/login")
            assert connection.getresponse().status == 200
            connection.close()
            demo.send_signal(signal.SIGINT)
            rest = demo.stdout.read().decode()
        finally:
            demo.kill()
    assert (demo.returncode, rest) == (0, "the hub is stopped\n")
    folder = tmp_path / "course" / ".tito" / "demo" / ".tito" / "hub"
    assert "JupyterHub" in (folder / "hub.log").read_text(encoding="utf-8")
    socket.create_server(("127.0.0.1", port)).close()  # nobody listens there any more


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_before_it_is_there_is_told_no_error(tmp_path: Path, number: signal.Signals) -> None:
    mini.build(tmp_path / "course")
    command = [*COMMAND, "-C", str(tmp_path / "course"), "hub", "demo", "--port", str(free_ports(4)[0])]
    log = tmp_path / "course" / ".tito" / "demo" / ".tito" / "hub" / "hub.log"
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        until(log.exists, "the start of the hub", within=PATIENCE)
        demo.send_signal(number)
        said, _ = demo.communicate(timeout=PATIENCE)
    assert (demo.returncode, said.decode().splitlines()[-2:]) == (0, ["the hub starts ...", "the hub is stopped"])


def test_a_port_that_is_taken_is_told_before_anything_is_made(tmp_path: Path) -> None:
    mini.build(tmp_path / "course")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "-C", str(tmp_path / "course"), "hub", "demo", "--port", str(port)]
        ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"port {port} cannot be used" in ran.stderr
    assert "--port" in ran.stderr
    assert not (tmp_path / "course" / ".tito" / "demo").exists()
