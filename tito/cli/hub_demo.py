"""What `tito hub demo` shows: a course with its hub, and the hub itself until somebody stops it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tito.cli.demo_course import demo_checkpoints, fresh_course
from tito.cli.state import State, instructor
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over, release_files
from tito.hub.configure import Ports, find_proxy, write_config
from tito.hub.running import Child, jupyterhub, require_free, serves
from tito.notebooks import pairing
from tito.notebooks.release import release

ACCOUNTS: Final = {"ana": "student", "tom": "TA", "ira": "instructor"}
SECTION: Final = "A"
PATIENCE: Final = 300.0
"""Seconds in which the hub and the service have to answer: people's machines may be slow."""


def prepare(state: State, port: int, password: str) -> Path:
    """Make the demo's course with its hub and return the path of the hub's configuration. Raises TitoError."""
    proxy = find_proxy(state.root)
    ports = range(port, port + 4)
    require_free(ports)
    course = fresh_course(state.root)
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
        ports=Ports(*ports),
        demo_password=password,
        proxy_command=proxy,
    )


@contextmanager
def running(config: Path, port: int) -> Iterator[Child]:
    """Start the hub, wait until its service answers, and stop both at the end. What they say goes into `hub.log`.

    SIGTERM is Ctrl-C from here on. Raises TitoError when the hub does not come up.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with jupyterhub(config, config.parent / "hub.log") as hub:
        hub.until(lambda: serves(port), "the service", within=PATIENCE)
        yield hub
