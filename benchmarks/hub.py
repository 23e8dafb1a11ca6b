"""A real hub for benchmarks: JupyterHub, its proxy, the service and the grader on loopback, on a copy of this course.

    with running(["s0000", "s0001"]) as hub:
        receipt = hub.submit(hub.student("s0000"), files)

Checkpoint 01 is open and given out, and attempts are not limited. The proxy must be there: `tools/proxy.sh`.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.classes import ACTOR, BENCH, CLONE, CP01, bench_course
from tito.course.config import Course, load_course
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over, release_files
from tito.hub.configure import Ports, find_proxy, write_config
from tito.hub.names import GRADER, PREFIX, Names
from tito.hub.running import LOOPBACK, PATIENCE, Child, free_ports, jupyterhub, serves
from tito.notebooks.bundle import pack

INSTRUCTOR: Final = "instructor"

_TERM = """
c.AttemptPolicy.capacity = None
c.Checkpoint01.update(opens="2020-01-01 00:00", due="2190-01-01 00:00")
c.TitoCourse.update(term_starts="2020-01-01 00:00", term_ends="2190-06-01 00:00")
"""
_OURS = """
c.JupyterHub.services.append({{"name": "benchmark", "api_token": {token!r}}})
c.JupyterHub.load_roles.append({{"name": "benchmark", "services": ["benchmark"], "scopes": ["admin:users", "tokens"]}})
graders = [service for service in c.JupyterHub.services if service["name"] == {grader!r}]
"""
_OTHER_GRADER = "graders[0]['command'] = {command!r}\n"
_NO_GRADER = "c.JupyterHub.services.remove(graders[0])\n"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with the token that their server would get."""

    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Hub:
    """A running hub. Its methods may be called from many threads at once."""

    folder: Path
    course: Course
    port: int
    child: Child
    _token: str

    @property
    def service_url(self) -> str:
        """What the exchange plugin is told, with a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}{PREFIX}"

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the proxy, for requests that are to share one. To be closed."""
        return http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE)

    def student(self, name: str) -> Person:
        """Somebody of the roster with a new token."""
        return self._person(name, Names(self.course.course_id).submit)

    def instructor(self) -> Person:
        """The instructor with a new token."""
        return self._person(INSTRUCTOR, Names(self.course.course_id).grade)

    def _person(self, name: str, right: str) -> Person:
        body = json.dumps({"scopes": ["access:services!service=tito", right]}).encode()
        reply = self.ask("POST", f"/hub/api/users/{name}/tokens", self._token, body)
        assert reply.status == 201, reply
        return Person(name, reply.json["token"])

    def api(
        self, method: str, path: str, person: Person, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request to the service's API through the proxy, on a connection of its own."""
        return self.ask(method, f"{PREFIX}api/{path}", person.token, body, headers)

    def ask(
        self, method: str, path: str, token: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request to the proxy, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body or None, {"Authorization": f"token {token}", **(headers or {})})
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    def submit(self, student: Person, files: Mapping[str, bytes]) -> Reply:
        """Submit checkpoint 01 as the exchange does; 201 and a receipt when it was recorded."""
        headers = {"Content-Type": "application/zip"}
        return self.api("POST", f"assignments/{CP01.slug}/submissions", student, pack(files), headers)


@contextmanager
def running(
    students: Sequence[str], *, folder: Path = BENCH / "hub", grader: Sequence[str] | None = None
) -> Iterator[Hub]:
    """Start a hub for a roster; it and all that it started are gone at the end.

    `grader` is the command that grades instead of `tito hub grader`; an empty one grades nothing. Deals that were drawn
    in this folder before are kept, and nothing else.
    Raises TitoError when the proxy is not installed.
    """
    proxy = find_proxy(CLONE)
    course = _course(folder / "course", students)
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    ports = Ports(*free_ports(4))
    token = secrets.token_hex(16)
    config = write_config(
        home, course, staff=[INSTRUCTOR], ports=ports, demo_password=secrets.token_hex(16), proxy_command=proxy
    )
    with config.open("a", encoding="utf-8") as file:
        file.write(_OURS.format(token=token, grader=GRADER))
        if grader is not None:
            file.write(_OTHER_GRADER.format(command=list(grader)) if grader else _NO_GRADER)
    with jupyterhub(config, folder / "hub.log", _environment(folder, course.root)) as child:
        child.until(lambda: serves(ports.port), "the service")
        yield Hub(folder, course, ports.port, child, token)


def _course(root: Path, students: Sequence[str]) -> Course:
    course = bench_course(root)
    with (root / "course_config.py").open("a", encoding="utf-8") as file:
        file.write(_TERM)
    course = load_course(root)
    for old in course.paths.state.glob("gradebook.db*"):
        old.unlink()
    with Gradebook.open(course.database_url, create=True) as book:
        with book.begin(ACTOR) as work:
            import_roster(work, [RosterEntry(name, name) for name in students])
        hand_over(course, book, CP01, release_files(course, CP01), ACTOR)
    return course


def _environment(folder: Path, root: Path) -> dict[str, str]:
    """The course's own copy of the platform comes first, as in the other benchmarks."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        "PATH": path,
        "PYTHONPATH": str(root),
        "HOME": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
