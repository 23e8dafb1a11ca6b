"""The service as a process of its own, beside a hub that can be away or broken, and on a disk that can be full."""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.grading import mini
from tests.hub.answers import Answer
from tests.hub.place import CP01
from tito.course.course import Course
from tito.exchange.client import Client, Patience
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over
from tito.hub.names import PREFIX, Names
from tito.hub.running import PATIENCE, Child, free_ports, serves, started
from tito.notebooks.bundle import pack

SETTINGS = """
c.TitoCourse.notebook_bytes = 500_000
c.LatePolicy.closes_after_days = 3
c.Checkpoint00.due = "{closed}"
"""
ROOT = Path(__file__).resolve().parents[2]
STUDENTS = ("ana", "ben")
ON_ITS_DISK = """
set -e
mkdir "$1.disk"
mount -t tmpfs -o "size=$2" tmpfs "$1.disk"
cp -a "$1/." "$1.disk/"
mount --bind "$1.disk" "$1"
shift 2
exec "$@"
"""


class HubOfOurs(ThreadingHTTPServer):
    """Says who somebody is, as JupyterHub's API does: the token is the name."""

    def __init__(self, names: Names, port: int) -> None:
        self.names = names
        self.broken = False
        """Whether it answers that something is wrong with it."""
        super().__init__(("127.0.0.1", port), _HubsAnswers)


class _HubsAnswers(BaseHTTPRequestHandler):
    server: HubOfOurs

    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").removeprefix("token ")
        if self.server.broken:
            self._say(500, {"message": "something is wrong"})
        elif self.path != "/hub/api/user" or name not in (*STUDENTS, "ira", "zoe"):
            self._say(403, {"message": "who is that?"})
        else:
            names = self.server.names
            scopes = ["access:services!service=tito", names.grade if name == "ira" else names.submit]
            self._say(200, {"kind": "user", "name": name, "groups": [], "scopes": [*scopes, names.submit]})

    def _say(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hub_of_ours(names: Names, port: int) -> Iterator[HubOfOurs]:
    """Start the hub, and stop it: then nobody listens there any more."""
    hub = HubOfOurs(names, port)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


@dataclass
class Alone:
    """A running service without a hub's proxy."""

    course: Course
    port: int
    child: Child
    disk: Path
    """The course's state folder as the service sees it."""
    hub_port: int
    hub: HubOfOurs | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def hub_comes(self) -> HubOfOurs:
        """Start the hub, or start it again."""
        self.hub = self._stack.enter_context(hub_of_ours(Names(self.course.course_id), self.hub_port))
        return self.hub

    def hub_goes(self) -> None:
        """Stop the hub."""
        self.hub = None
        self._stack.close()

    def client(self, name: str, *pauses: float) -> Client:
        """The exchange's client of somebody; the pauses are those between its tries."""
        return Client(self.url, name, Patience(timeout=PATIENCE, pauses=pauses), self.course.course_id)

    def ask(
        self, method: str, path: str, name: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request of somebody to the service."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            sent = {"Authorization": f"token {name}"} if name else {}
            connection.request(method, PREFIX + path, body or None, {**sent, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def submit(
        self, name: str, files: Mapping[str, bytes], key: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Submit as the exchange does."""
        sent = {"Content-Type": "application/zip"} | ({"Idempotency-Key": key} if key else {}) | dict(headers or {})
        return self.ask("POST", f"api/assignments/{CP01}/submissions", name, pack(files), sent)

    def left_behind(self) -> list[str]:
        """Files of uploads and writes that did not come to their end."""
        return [path.name for path in self.disk.rglob("*.part")]

    def until(self, look: Callable[[], object], what: str) -> None:
        """Wait for something; fails when it does not come."""
        self.child.until(look, what)


@contextmanager
def alone(folder: Path, *, disk: str = "", database_url: str = "", settings: str = "") -> Iterator[Alone]:
    """Start the service on the course in miniature, where checkpoint 00 is closed; with `disk`, on one of that size.

    `database_url` is of an empty database; `settings` are lines of the course's config.
    """
    course = mini.build(folder / "course")
    closed = datetime.now(UTC) - timedelta(days=30)
    lines = SETTINGS.format(closed=f"{closed:%Y-%m-%d %H:%M}")
    lines += settings
    if database_url:
        lines += f"c.TitoCourse.database_url = {database_url!r}\n"
    file = course.root / "course_config.py"
    file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
    course = mini.load_course(course.root)
    with Gradebook.open(course.database_url, create=True) as book:
        with book.begin("instructor:test") as work:
            import_roster(work, [RosterEntry(name, name.title()) for name in STUDENTS])
        for checkpoint in (mini.CP00, mini.CP01):
            hand_over(course, book, checkpoint, mini.untouched(checkpoint), "instructor:test")
    port, hub_port = free_ports(2)
    command = [sys.executable, "-m", "tito", "-C", str(course.root), "hub", "service"]
    if disk:
        command = [
            *("unshare", "--map-root-user", "--mount", "sh", "-c", ON_ITS_DISK, "sh"),
            *(str(course.paths.state), disk, *command),
        ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "JUPYTERHUB_API_TOKEN": "of the service",
        "JUPYTERHUB_SERVICE_NAME": "tito",
        "JUPYTERHUB_CLIENT_ID": "service-tito",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=tito"]',
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub_port}/hub/api",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
    }
    with started("the service", command, folder / "service.log", cwd=folder, environment=environment) as child:
        # A mount of another namespace is seen through the process that is in it.
        seen = Path(f"/proc/{child.process.pid}/root") if disk else Path("/")
        service = Alone(course, port, child, seen / course.paths.state.relative_to("/"), hub_port)
        try:
            service.hub_comes()
            service.until(lambda: serves(port), "the service")
            yield service
        finally:
            service.hub_goes()
    assert child.process.returncode == 0, child.said()[-3000:]
