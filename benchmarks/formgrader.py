"""Pages against nbgrader's formgrader on the same class of 300 x 16, view by view.

nbgrader's side is its own server extension under jupyter_server, with a gradebook of its own in which the same
students have the same scores, and its folders. Formgrader fills its tables by calls of its API: a view is the page
with them, as a browser fetches them; style sheets and scripts are left out on both sides. Where ours shows a hundred
students on a page and formgrader the whole class, all of ours are fetched. Both servers run, and are asked in turn.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from sqlalchemy import select

from benchmarks.figures import Figure, middle, share, spread
from benchmarks.formgrader_stock import FormgraderCourse
from benchmarks.gradebook_class import Extent
from benchmarks.gradebook_work import OWN
from benchmarks.kept_class import KeptClass, a_class
from benchmarks.pages import fetch, listens, server
from benchmarks.registry import Size, say
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.models import Student, Submission, WrittenAnswer
from tito.hub.running import free_ports, started

STUDENTS: Final = 300
QUICKER: Final = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """What formgrader is asked for below `/formgrader`, and what our pages are asked for to see as much."""

    name: str
    theirs: Sequence[str]
    ours: Sequence[str]


def run(size: Size) -> list[Figure]:
    """Compare every view."""
    figures = []
    with (
        a_class(size, Extent(STUDENTS, attempts=1)) as kept,
        tempfile.TemporaryDirectory(prefix="formgrader-") as folder,
    ):
        course = FormgraderCourse(kept, Path(folder, "course"))
        say(f"nbgrader's gradebook: {(course.folder / 'gradebook.db').stat().st_size / 1e6:.0f} MB")
        with (
            formgrader(course) as (their_port, token),
            closing(HTTPConnection("127.0.0.1", their_port, timeout=120)) as theirs,
        ):
            headers = {"Authorization": f"token {token}"}
            check(theirs, headers, course)
            for pair in pairs(kept, course):
                with (
                    server(kept, kept.url) as served,  # a fresh one for each view: nothing is kept of the class yet
                    closing(HTTPConnection("127.0.0.1", served.port, timeout=120)) as ours,
                ):
                    figures.append(_compare(pair, ours, theirs, headers, size))
                say(str(figures[-1]))
    return figures


def _compare(pair: Pair, ours: HTTPConnection, theirs: HTTPConnection, headers: dict[str, str], size: Size) -> Figure:
    mine, other = [], []
    for _ in range(size.repeats + 1):
        other.append(_view(theirs, [f"/formgrader{path}" for path in pair.theirs], headers))
        mine.append(_view(ours, pair.ours, {}))
    first = mine[0]  # ours works a class out at the first look, and keeps it; formgrader does at every look
    if not size.small:
        mine, other = mine[1:], other[1:]
    name = f"{pair.name}: {spread(mine)} against {spread(other)}, ours at the first look {first:.0f}"
    return share(name, middle(mine), middle(other), "ms", against="formgrader", most=QUICKER)


def check(theirs: HTTPConnection, headers: dict[str, str], course: FormgraderCourse) -> None:
    """Formgrader knows all that was handed in as graded: a comparison with empty tables would be a lie."""
    listed = [
        one
        for checkpoint in CHECKPOINTS
        for one in json.loads(fetch(theirs, f"/formgrader/api/submissions/{checkpoint.slug}", headers))
    ]
    assert len(listed) == len(course.submissions), (len(listed), len(course.submissions))
    assert all(one["autograded"] and one["score"] > 0 for one in listed if one["max_score"])


def _view(connection: HTTPConnection, paths: Sequence[str], headers: dict[str, str]) -> float:
    """Milliseconds until everything of a view is there."""
    begun = time.perf_counter()
    for path in paths:
        fetch(connection, path, headers)
    return (time.perf_counter() - begun) * 1000


def pairs(kept: KeptClass, course: FormgraderCourse) -> list[Pair]:
    """The views of formgrader, each with the page of ours that one opens for the same."""
    slug, notebook = OWN.slug, course.notebook(OWN)
    with Gradebook.open(kept.url) as book, book.read() as session:
        submission, student = session.execute(
            select(Submission.id, Student.student_id)
            .join(Student, Student.id == Submission.student_id)
            .where(Submission.checkpoint == OWN.number)
            .order_by(Submission.id)
            .offset(7)
            .limit(1)
        ).one()
        question = session.scalar(select(WrittenAnswer.question_id).where(WrittenAnswer.submission_id == submission))
    leaves = range(1, 1 + -(-kept.extent.students // 100))
    theirs = course.submissions[submission]
    one = [f"/submissions/{theirs}/", f"/api/grades?submission_id={theirs}", f"/api/comments?submission_id={theirs}"]
    return [
        Pair("assignments (manage_assignments)", ["/manage_assignments", "/api/assignments"], ["/checkpoints"]),
        Pair("gradebook", ["/gradebook", "/api/assignments"], [f"/?page={leaf}" for leaf in leaves]),
        Pair("gradebook of an assignment", [f"/gradebook/{slug}", f"/api/notebooks/{slug}"], [f"/checkpoints/{slug}"]),
        Pair(
            "submissions of an assignment (manage_submissions)",
            [f"/manage_submissions/{slug}", f"/api/submissions/{slug}"],
            [f"/?sort={OWN.short}&page={leaf}" for leaf in leaves],
        ),
        Pair(
            "students (manage_students)",
            ["/manage_students", "/api/students"],
            [f"/?sort=total&page={leaf}" for leaf in leaves],
        ),
        Pair(
            "one student",
            [f"/manage_students/{student}", f"/api/student_submissions/{student}"],
            [f"/students/{student}"],
        ),
        Pair("one submission", one, [f"/submissions/{submission}"]),
        Pair(
            "manual grading: what is to be graded",
            [f"/gradebook/{slug}/{notebook}", f"/api/submitted_notebooks/{slug}/{notebook}"],
            [f"/written/{question}?page={leaf}" for leaf in leaves],
        ),
        Pair("manual grading: one answer", one, [f"/written/{question}/{submission}"]),
    ]


@contextmanager
def formgrader(course: FormgraderCourse) -> Iterator[tuple[int, str]]:
    """Serve nbgrader's extension in a process of its own; give port and token."""
    token, (port,) = secrets.token_hex(16), free_ports(1)
    home = course.folder / "home"
    own = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
    environment = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))}
    environment |= {name: str(home / name.lower()) for name in own}
    for name in own:
        (home / name.lower()).mkdir(parents=True)
    settings = {"nbgrader": True, "jupyterlab": False, "notebook": False}
    (home / "jupyter_config_dir" / "jupyter_server_config.json").write_text(
        json.dumps({"ServerApp": {"jpserver_extensions": settings}}), encoding="utf-8"
    )
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={course.folder}", "--ServerApp.log_level=WARN"),
    ]
    log = course.folder / "server.log"
    with started("jupyter_server", command, log, cwd=course.folder, environment=environment) as child:
        child.until(lambda: listens(port), "its port")
        yield port, token
