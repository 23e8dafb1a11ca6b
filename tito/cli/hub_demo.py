"""The course and the configuration that `tito hub demo` shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tito.cli.demo_course import demo_checkpoints, fresh_course
from tito.cli.state import State, instructor
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import load_course
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over, release_files
from tito.hub.configure import Ports, find_proxy, write_config
from tito.notebooks import pairing
from tito.notebooks.release import release

ACCOUNTS: Final = {"ana": "student", "tom": "TA", "ira": "instructor"}
SECTION: Final = "A"


def prepare(state: State, port: int, password: str) -> Path:
    """Make the demo's course with its hub and return the path of the hub's configuration. Raises TitoError."""
    proxy = find_proxy(state.root)
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
    ports = Ports(port=port, hub_port=port + 81, proxy_port=port + 1, service_port=port + 101)
    return write_config(
        folder,
        course,
        staff=["ira"],
        graders={SECTION: ["tom"]},
        ports=ports,
        demo_password=password,
        proxy_command=proxy,
    )
