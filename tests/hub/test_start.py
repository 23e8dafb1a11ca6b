"""What the containers run, run here: start.sh makes the secrets, and serves on a real PostgreSQL."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from tests.grading import mini
from tests.hub.alone import hub_of_ours
from tests.hub.answers import Answer
from tests.hub.place import CP01
from tests.hub.test_deployed import OIDC
from tests.needs import missing
from tito.course.config import load_course
from tito.course.course import Course
from tito.gradebook import Gradebook
from tito.gradebook.models import ResultRow
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.assignments import hand_over
from tito.hub.names import Names
from tito.hub.running import PATIENCE, Child, free_ports, serves, started
from tito.notebooks.bundle import pack
from tools.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "deploy" / "start.sh"


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "TITO_COURSE": str(folder / "course"),
        "TITO_SECRETS": str(folder / "secrets"),
        **more,
    }


@contextmanager
def running(what: str, folder: Path, *inside: str, **more: str) -> Iterator[Child]:
    """Run start.sh in the background, `inside` of another command. It must end well when it is stopped."""
    command = [*inside, str(START), what]
    with started(what, command, folder / f"{what}.log", cwd=folder, environment=environment(folder, **more)) as child:
        yield child
    assert child.process.returncode == 0, child.said()[-3000:]


@pytest.fixture
def course(postgres: Server, tmp_path: Path) -> Course:
    """The course in miniature, on PostgreSQL by the environment alone."""
    root = mini.build(tmp_path / "course").root
    return replace(load_course(root), database_url=postgres.url(postgres.database()))


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([START, "secrets"], env=environment(folder), capture_output=True, text=True, check=False)


def test_secrets_are_made_at_the_first_start_and_kept_at_the_next(tmp_path: Path) -> None:
    assert make_secrets(tmp_path).returncode == 0
    files = sorted((tmp_path / "secrets").glob("*/*"))
    assert len(files) == 5
    assert not [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o007]
    before = [file.read_bytes() for file in files]
    assert make_secrets(tmp_path).returncode == 0
    assert [file.read_bytes() for file in files] == before


def test_what_is_not_known_is_not_started(tmp_path: Path) -> None:
    run = subprocess.run([START, "shell"], env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert (run.returncode, "say what to start" in run.stderr) == (2, True)


@pytest.mark.slow
def test_a_submission_is_graded_and_published_on_postgresql(course: Course, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    with Gradebook.open(course.database_url, create=True) as book:
        with book.begin("instructor:test") as work:
            import_roster(work, [RosterEntry("ana", "Ana")])
        hand_over(course, book, mini.CP01, mini.untouched(mini.CP01), "instructor:test")
    port, hub_port = free_ports(2)

    def ask(method: str, path: str, body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(method, f"/services/tito/{path}", body or None, {"Authorization": "token ana"})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def submission() -> dict[str, Any]:
        (line,) = ask("GET", "api/submissions").json["submissions"]
        assert isinstance(line, dict)
        return line

    database = {"TITO_DATABASE_URL": course.database_url}
    addresses = {
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub_port}/hub/api",
    }
    with (
        hub_of_ours(Names(course.course_id), hub_port),
        running("service", tmp_path, **database, **addresses) as service,
        running("grader", tmp_path, TITO_LANES="1", **database) as grader,
    ):
        service.until(lambda: serves(port), "the service")
        receipt = ask("POST", f"api/assignments/{CP01}/submissions", pack(mini.handin(mini.CP01)))
        assert receipt.status == 201, receipt
        grader.until(lambda: submission()["state"] == "published", "the result")
        assert (submission()["score"], submission()["late_seconds"]) == ("70", 0)
        feedback = ask("GET", f"api/submissions/{submission()['id']}/feedback").json
        assert {outcome["verdict"] for outcome in feedback["outcomes"]} == {"passed"}
    # Both were stopped; the result is in the server's database, and in no file beside it.
    assert not list(course.root.rglob("*.db"))
    with Gradebook.open(course.database_url) as book, book.read() as session:
        assert session.scalar(select(func.count(ResultRow.id))) == 1


def health_check(service: str) -> list[str]:
    """The command by which Docker would look after a service."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    kind, *command = document["services"][service]["healthcheck"]["test"]
    assert kind == "CMD"
    return [str(word) for word in command]


NETWORK = """
import fcntl, socket, struct, subprocess, sys, time
flags = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # up and running
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, flags)
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/hosts"], check=True)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def network(tmp_path: Path) -> Iterator[list[str]]:
    """A network of its own in which the names of docker-compose.yml lead here; the command that enters it."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost hub service {socket.gethostname()}\n", encoding="ascii")
    # Root needs no user namespace to have them; in one it could not enter the folder of the database's user.
    root = os.geteuid() == 0
    own = [] if root else ["--map-root-user"]
    command = ["unshare", *own, "--net", "--mount", sys.executable, "-c", NETWORK, str(hosts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        if holder.stdout.readline() != "ready\n":
            missing("a machine that lets somebody make a network of their own")
        user = [] if root else ["--preserve-credentials", "--user"]
        yield ["nsenter", *user, "--net", "--mount", f"--target={holder.pid}", f"--wd={tmp_path}", "--"]
        holder.stdin.close()


@pytest.mark.slow
def test_the_hub_starts_with_what_it_writes_at_the_first_start_and_the_service_serves_it(
    course: Course, tmp_path: Path, network: list[str]
) -> None:
    make_secrets(tmp_path)
    with Gradebook.open(course.database_url, create=True) as book, book.begin("instructor:test") as work:
        import_roster(work, [RosterEntry("ana", "Ana")])
    secrets = tmp_path / "secrets"
    settings = {
        **OIDC,
        "TITO_STAFF": "ira",
        "TITO_GRADERS": "A=tom B=lea",
        "TITO_DATABASE_URL": course.database_url,
        "TITO_COOKIE_SECRET_FILE": str(secrets / "hub" / "cookie-secret"),
        "TITO_SERVICE_TOKEN_FILE": str(secrets / "shared" / "service-token"),
        "PATH": f"{ROOT / '.cache' / 'proxy' / 'node_modules' / '.bin'}:{environment(tmp_path)['PATH']}",
    }
    token = (secrets / "shared" / "service-token").read_text(encoding="ascii")

    def ask(url: str, *headers: str) -> str:
        run = subprocess.run(
            [*network, sys.executable, "-c", ASK, url, *headers], capture_output=True, text=True, check=False
        )
        return run.stdout

    def members() -> list[str]:
        answer = ask("http://hub:8000/hub/api/groups/nbgrader-mini", f"Authorization: token {token}")
        found: list[str] = json.loads(answer or '{"users": []}')["users"]
        return found

    with (
        running("hub", tmp_path, *network, **settings) as hub,
        running("service", tmp_path, *network, TITO_DATABASE_URL=course.database_url) as service,
    ):
        hub.until(lambda: '"version"' in ask("http://hub:8000/hub/api"), "the hub")
        service.until(lambda: "ok" in ask("http://service:10101/services/tito/health"), "the service")
        # Through the hub's proxy, which the hub told where the service is.
        assert "ok" in ask("http://hub:8000/services/tito/health")
        for name in ("hub", "service"):
            assert (
                subprocess.run([*network, *health_check(name)], env=environment(tmp_path), check=False).returncode == 0
            )
        assert members() == ["ana"]
        with Gradebook.open(course.database_url) as book, book.begin("instructor:test") as work:
            import_roster(work, [RosterEntry("lea", "Lea")])
        # The service has the token that the hub knows it by: it may change the group.
        service.until(lambda: "lea" in members(), "who is new on the roster")
        # Who has not logged in is sent to the identity provider, and comes back to the address that people see.
        assert "id.example.edu/authorize" in ask("http://hub:8000/hub/oauth_login")
    written = (course.root / "hub" / "jupyterhub_config.py").read_text(encoding="utf-8")
    assert 'staff = ["ira"]' in written
    assert '{"A": ["tom"], "B": ["lea"]}' in written


ASK = """
import sys, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, answer, code, message, headers, url):
        print(url)

headers = dict(header.split(": ", 1) for header in sys.argv[2:])
try:
    answer = urllib.request.build_opener(Stay).open(urllib.request.Request(sys.argv[1], headers=headers), timeout=30)
    print(answer.read().decode())
except OSError:
    pass  # not yet there, or a redirect that was printed
"""
