"""What `tito hub demo` shows: a course with its hub, and the hub itself until somebody stops it."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Final

from tito.cli.demo_course import demo_checkpoints, fresh_course
from tito.cli.state import State, instructor
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import load_course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over, release_files
from tito.hub.configure import Ports, find_proxy, write_config
from tito.hub.names import PREFIX
from tito.hub.parent import end_with_parent
from tito.notebooks import pairing
from tito.notebooks.release import release

ACCOUNTS: Final = {"ana": "student", "tom": "TA", "ira": "instructor"}
SECTION: Final = "A"
PATIENCE: Final = 300.0
"""Seconds in which the hub and the service have to answer."""


def prepare(state: State, port: int, password: str) -> Path:
    """Make the demo's course with its hub and return the path of the hub's configuration. Raises TitoError."""
    proxy = find_proxy(state.root)
    ports = Ports(port=port, hub_port=port + 81, proxy_port=port + 1, service_port=port + 101)
    _require_free(ports)
    course = load_course(fresh_course(state.root))
    screen = state.screen
    pairing.sync(course, CHECKPOINTS)
    with Gradebook.open(course.database_url, create=True) as book:
        with book.begin(instructor()) as work:
            import_roster(work, [RosterEntry("ana", "Ana Demo", None, SECTION)])
        for checkpoint in demo_checkpoints(course.root):
            release(course, checkpoint)
            hand_over(course, book, checkpoint, release_files(course, checkpoint), instructor())
            screen.say((screen.symbol("passed"), "green"), f" {checkpoint.slug} is given out")
    folder = course.root / ".tito" / "hub"
    shutil.rmtree(folder, ignore_errors=True)
    return write_config(
        folder,
        course,
        staff=["ira"],
        graders={SECTION: ["tom"]},
        ports=ports,
        demo_password=password,
        proxy_command=proxy,
    )


@contextmanager
def running(config: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the hub, wait until its service answers, and stop both at the end. What they say goes into `hub.log`.

    SIGINT and SIGTERM stop the hub; it ends with this process in any case. Raises TitoError when it does not come up.
    """
    log = config.parent / "hub.log"
    with log.open("wb") as output:
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config)],
            cwd=config.parent,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to pass on
            preexec_fn=end_with_parent,  # safe: this process has no other thread
        )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: hub.terminate())
    try:
        _wait(hub, port, log)
        yield hub
    finally:
        hub.terminate()
        hub.wait()


def _require_free(ports: Ports) -> None:
    for number in astuple(ports):
        try:
            socket.create_server(("127.0.0.1", number)).close()
        except OSError as error:
            raise TitoError(
                f"port {number} cannot be used: {error.strerror}",
                expected="four free ports on this machine",
                next_step="stop what uses it, or name another one with --port",
            ) from error


def _wait(hub: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the service answers through the proxy, or somebody stops the hub."""
    ends = time.monotonic() + PATIENCE
    while not _answers(port):
        if hub.poll() is not None or time.monotonic() > ends:
            last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
            raise TitoError(
                "the hub did not come up:\n" + "\n".join(f"    {line}" for line in last),
                where=str(log),
                next_step="read there what is wrong, then try again",
            )
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"{PREFIX}health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
