"""A real JupyterHub on loopback with its proxy, the service, the grader and students, on the course in miniature."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.grading import mini
from tests.hub.answers import Answer
from tito.course.config import Course, load_course
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over
from tito.hub.configure import Ports, find_proxy, write_config
from tito.hub.names import PREFIX, Names
from tito.hub.running import PATIENCE, Child, free_ports, jupyterhub, serves
from tito.notebooks.bundle import pack

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
CP00, CP01 = mini.CP00.slug, mini.CP01.slug
STUDENTS = [f"s{number:02}" for number in range(60)]
"""The first two are whoever a test needs to name; each other one belongs to one test."""

DATES = """
c.AttemptPolicy.capacity = 3
c.AttemptPolicy.refill_hours = 100
c.LatePolicy.closes_after_days = 3
c.TitoCourse.notebook_bytes = 200_000
c.Checkpoint00.due = "{due}"
c.Checkpoint00.GradingPolicy.when = "{when}"
c.Checkpoint01.due = "{late}"
c.Checkpoint02.due = "{due}"
"""
FOR_TESTS = """
c.Authenticator.auth_refresh_age = 1  # no test waits five minutes to see who is sent away
c.JupyterHub.services.append({{"name": "tester", "api_token": {token!r}}})
c.JupyterHub.load_roles.append({{
    "name": "tester",
    "services": ["tester"],
    "scopes": ["admin:users", "admin:servers", "access:servers", "tokens", "read:groups", "admin:groups"],
}})
"""


@dataclass
class Person:
    """Somebody with a token of the hub's."""

    name: str
    token: str


@dataclass
class Hub:
    """A running hub."""

    folder: Path
    course: Course
    ports: Ports
    tester: str
    child: Child
    password: str = ""
    """Of every account."""
    _names: Iterator[str] = field(default_factory=lambda: iter(STUDENTS[2:]))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.port}"

    @property
    def service_url(self) -> str:
        return self.url + PREFIX

    @property
    def names(self) -> Names:
        return Names(self.course.course_id)

    def ask(
        self, method: str, path: str, token: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request to the proxy, as anybody could send it; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.port, timeout=PATIENCE)
        try:
            sent = {"Authorization": f"token {token}"} if token else {}
            connection.request(method, path, body or None, {**sent, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def api(
        self, method: str, path: str, token: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request to the service's API."""
        return self.ask(method, f"{PREFIX}api/{path}", token, body, headers)

    def hub_api(self, method: str, path: str, document: object = None) -> Answer:
        """One request to the hub's own API, with all rights."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.ask(method, f"/hub/api/{path}", self.tester, body, {"Content-Type": "application/json"})

    def student(self) -> Person:
        """A student whom no other test has, with the token that their server would get."""
        return self.person(next(self._names))

    def person(self, name: str) -> Person:
        """Somebody with a token of the scopes that a server asks for."""
        scopes = ["access:services!service=tito", self.names.submit]
        if name == "ira":
            scopes.append(self.names.grade)
        answer = self.hub_api("POST", f"users/{name}/tokens", {"scopes": scopes})
        assert answer.status == 201, answer
        return Person(name, answer.json["token"])

    def submit(self, student: Person, files: Mapping[str, bytes], key: str = "", checkpoint: str = CP01) -> Answer:
        """Submit as the exchange does."""
        headers = {"Content-Type": "application/zip"} | ({"Idempotency-Key": key} if key else {})
        return self.api("POST", f"assignments/{checkpoint}/submissions", student.token, pack(files), headers)

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Ask until there is an answer. Fails with `what` when none comes."""
        return self.child.until(look, what)

    def published(self, student: Person, checkpoint: str = CP01) -> dict[str, Any]:
        """Wait until a student's newest submission is graded and published; return its line."""

        def look() -> dict[str, Any] | None:
            lines = self.api("GET", "submissions", student.token).json["submissions"]
            mine = [line for line in lines if line["assignment_id"] == checkpoint and line["counts"]]
            return mine[-1] if mine and mine[-1]["state"] == "published" else None

        return self.until(look, f"the result of {student.name}")

    def process_of(self, command: str) -> int:
        """The process id of `tito hub <command>` of this hub, not of what keeps it running."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                itself = words[-2:-1] == [command.encode()] and b"tito.hub.again" not in words
                if itself and str(self.course.root).encode() in words:
                    return int(entry.name)
        raise AssertionError(f"`tito hub {command}` does not run")

    def log(self) -> str:
        return self.child.said()


@contextmanager
def running(folder: Path, *before: Path, when: str = "due") -> Iterator[Hub]:
    """Start a hub in a folder; it and all that it started are gone at the end.

    It and they look for packages in the folders of `before` first. `when` the first checkpoint is graded is "due" or
    "submit"; the second one, which is late already, is graded at once.
    """
    course = _course(folder / "course", when)
    ports = Ports(*free_ports(4))
    token = secrets.token_hex(16)
    home, password = folder / "hub", secrets.token_hex(16)
    config = write_config(
        home,
        course,
        staff=["ira"],
        graders={"A": ["tim"]},
        ports=ports,
        demo_password=password,
        proxy_command=find_proxy(ROOT),
    )
    with config.open("a", encoding="utf-8") as file:
        file.write(FOR_TESTS.format(token=token))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, (*before, ROOT))),
        "HOME": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
    }
    with jupyterhub(config, folder / "hub.log", environment) as child:
        child.until(lambda: serves(ports.port), "the service")
        yield Hub(folder, course, ports, token, child, password)


def _course(root: Path, when: str) -> Course:
    mini.build(root)
    now = datetime.now(UTC)
    config = root / "course_config.py"
    dates = DATES.format(
        when=when, due=f"{now + timedelta(days=9):%Y-%m-%d %H:%M}", late=f"{now - timedelta(days=1):%Y-%m-%d %H:%M}"
    )
    config.write_text(config.read_text(encoding="utf-8") + dates, encoding="utf-8")
    course = load_course(root)
    with Gradebook.open(course.database_url, create=True) as book:
        with book.begin("instructor:test") as work:
            import_roster(work, [RosterEntry(name, name.upper(), None, section_of(name)) for name in STUDENTS])
        for checkpoint in (mini.CP00, mini.CP01):
            files = mini.untouched(checkpoint)
            folder = root / "release" / checkpoint.slug
            folder.mkdir(parents=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
            hand_over(course, book, checkpoint, files, "instructor:test")
    return course


def section_of(student: str) -> str:
    """Every other student is in section A, whom tim grades."""
    return "AB"[STUDENTS.index(student) % 2]
