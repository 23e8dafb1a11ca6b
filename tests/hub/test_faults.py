"""The machine's faults, met by a student who submits: told, tried again, nothing half-written, nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from nbgrader.exchange import ExchangeError

from tests.endtoend.disk import can_mount
from tests.exchange.servers import on_a_server
from tests.grading import mini
from tests.hub.alone import STUDENTS, Alone, alone
from tests.hub.place import CP01
from tests.needs import needs
from tito.errors import DiskFull, TitoError
from tito.exchange.base import TitoExchange
from tito.exchange.client import Client, Patience, UnreachableError
from tito.exchange.submitting import ExchangeSubmit
from tito.gradebook.errors import AwayError, BusyError, FullError, GradebookError, OutOfOrderError
from tito.hub import base
from tito.hub.base import HubAway, ask_hub, told
from tito.hub.running import serves
from tito.hub.service import WRITERS
from tools.postgres import running

needs_a_disk = needs("a machine that lets its users mount a disk", there=can_mount())
BOOK = "01_tensor.ipynb"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("alone")) as started:
        yield started


def submitting(monkeypatch: pytest.MonkeyPatch, home: Path, service: Alone, name: str) -> ExchangeSubmit:
    """A student's own "submit" of a finished notebook."""
    (home / CP01).mkdir(exist_ok=True)
    (home / CP01 / BOOK).write_bytes(mini.handin(mini.CP01)[BOOK])
    made = on_a_server(monkeypatch, home, service.url, name)(ExchangeSubmit, CP01)
    assert isinstance(made, ExchangeSubmit)
    return made


def hand_ins(service: Alone, name: str) -> int:
    """How many there are of a student, refused ones too."""
    return len(service.ask("GET", "api/submissions", name).json["submissions"])


def impatient(monkeypatch: pytest.MonkeyPatch, service: Alone, name: str) -> None:
    """The exchange tries twice and does not wait."""

    def client(self: TitoExchange, _patience: Patience | None = None) -> Client:
        return service.client(name, 0.0)

    monkeypatch.setattr(TitoExchange, "client", client)


def known_to_the_service(service: Alone) -> int:
    return service.child.said().count("Error connecting to")


# --- the hub is down ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_submit_while_the_hub_is_down_is_told_and_goes_on_by_itself_when_it_comes_back(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.hub_goes()
    submit = submitting(monkeypatch, tmp_path, service, "zoe")
    with monkeypatch.context() as quick:
        impatient(quick, service, "zoe")
        with pytest.raises(ExchangeError) as caught:
            submit.start()
    assert "the hub cannot be asked who you are" in str(caught.value)
    assert "try again in a minute: your work stays where it is" in str(caught.value)
    assert not list((tmp_path / CP01).glob("receipts/*"))
    seen = known_to_the_service(service)
    with ThreadPoolExecutor(1) as pool:
        # Nobody asked as ben before: what the hub said of somebody is remembered for minutes.
        submit = submitting(monkeypatch, tmp_path, service, "ben")
        submitted = pool.submit(submit.start)
        service.until(lambda: known_to_the_service(service) > seen, "a first try without the hub")
        service.hub_comes()
        submitted.result()
    assert submit.receipt is not None
    assert (submit.receipt["student"], submit.receipt["attempt"], submit.receipt["repeated"]) == ("ben", 1, False)
    assert hand_ins(service, "ben") == 1


@pytest.mark.slow
def test_a_hub_that_is_broken_lets_nobody_in(service: Alone) -> None:
    assert service.hub is not None
    service.hub.broken = True
    try:
        answer = service.ask("GET", "api/assignments", "somebody new")
    finally:
        service.hub.broken = False
    assert (answer.status, answer.error) == (503, "the hub cannot be asked who you are")
    assert answer.headers["Retry-After"] == "2"
    assert service.ask("GET", "api/assignments", "somebody newer").status == 401


def test_a_hub_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler:
        class hub_auth:  # noqa: N801  (as JupyterHub names it)
            @staticmethod
            async def get_user(*_: object, **__: object) -> dict[str, Any]:
                await asyncio.Event().wait()
                raise AssertionError("it never comes")

    monkeypatch.setattr(base, "HUB_SECONDS", 0.001)
    with pytest.raises(HubAway, match="cannot be asked"):
        asyncio.run(ask_hub(Handler()))


# --- the database is locked, or away --------------------------------------------------------------------------------


@contextmanager
def locked(service: Alone) -> Iterator[None]:
    """Somebody else holds the gradebook's write lock."""
    with closing(sqlite3.connect(service.disk / "gradebook.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.slow
def test_a_gradebook_that_is_locked_for_longer_than_ten_seconds_costs_time_and_nothing_else(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = submitting(monkeypatch, tmp_path, service, "ana")
    assert hand_ins(service, "ana") == 0
    with ThreadPoolExecutor(1) as pool, ExitStack() as held:
        held.enter_context(locked(service))
        submitted = pool.submit(submit.start)
        # The service waits fifteen seconds for the lock.
        service.until(lambda: "the gradebook is locked by another program" in service.child.said(), "an answer")
        assert not submitted.done()
        held.close()
        submitted.result()
    assert submit.receipt is not None
    assert (submit.receipt["attempt"], submit.receipt["repeated"]) == (1, False)
    assert hand_ins(service, "ana") == 1
    service.until(lambda: not service.left_behind(), "the end of all uploads")


@pytest.mark.slow
def test_whoever_only_reads_waits_for_nobody_who_submits(tmp_path: Path) -> None:
    with alone(tmp_path) as service, ThreadPoolExecutor(WRITERS) as pool:
        with locked(service):
            crowd = [pool.submit(service.submit, "ben", mini.handin(mini.CP01)) for _ in range(WRITERS)]
            service.until(lambda: len(list(service.disk.glob("uploads/*.part"))) == WRITERS, "the uploads")
            assert service.ask("GET", "api/assignments", "ana").status == 200
            assert service.ask("GET", "health", "").status == 200
            assert not any(one.done() for one in crowd)
        assert sorted(one.result().status for one in crowd) == [200] * (WRITERS - 1) + [201]


@pytest.mark.slow
def test_a_database_server_that_was_stopped_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: object
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(running())
        service = stack.enter_context(alone(tmp_path, database_url=server.url(server.database())))
        submit = submitting(monkeypatch, tmp_path, service, "ana")
        assert service.submit("ana", mini.handin(mini.CP01), "a-first-key").status == 201
        server.stop()
        assert service.ask("GET", "health", "").status == 503
        impatient(monkeypatch, service, "ana")
        with pytest.raises(ExchangeError) as caught:
            submit.start()
    assert "the course's gradebook cannot be reached" in str(caught.value)
    assert "nothing is recorded twice" in str(caught.value)
    assert "postgresql" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            BusyError("locked", where="/srv/secret/gradebook.db", next_step="let the other `tito` finish"),
            503,
            "is busy",
        ),
        (AwayError("away", where="postgresql://tito@db"), 503, "cannot be reached"),
        (FullError("the disk of the gradebook is full", where="/srv/secret"), 507, "disk is full"),
        (DiskFull("the disk is full", where="/srv/secret"), 507, "disk is full"),
        (OutOfOrderError("damaged", where="/srv/secret"), 500, "out of order"),
    ],
)
def test_a_fault_of_the_machine_is_told_without_its_paths(error: TitoError, status: int, said: str) -> None:
    found, words = told(error, 500)
    assert (found, said in words.what, words.where) == (status, True, None)
    assert words.next_step is not None
    assert "tito" not in words.next_step


def test_what_somebody_can_put_right_is_told_as_it_is() -> None:
    error = GradebookError("there is no student", next_step="ask the staff")
    assert told(error, 500) == (HTTPStatus.INTERNAL_SERVER_ERROR, error)


# --- the disk is full -----------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path, disk="6m") as started:
        yield started


def fill(path: Path, leave: int) -> None:
    """Leave so many bytes free on the disk of a folder, a page more or less."""
    ballast = path / "ballast"
    disk = os.statvfs(path)
    now = ballast.stat().st_size if ballast.exists() else 0
    size = now + disk.f_bavail * disk.f_frsize - leave
    with ballast.open("ab") as file:
        if size > now:
            os.posix_fallocate(file.fileno(), now, size - now)
        else:
            os.ftruncate(file.fileno(), size)


@needs_a_disk
@pytest.mark.slow
def test_on_a_full_disk_a_submit_is_recorded_whole_or_not_at_all(small: Alone) -> None:
    text = os.urandom(60_000).hex()  # packs to half its size
    files = mini.handin(mini.CP01, shout=f"#| export\ndef shout(text):\n    return text.upper()\n# {text}\n")
    # What ben hands in is in the store by then: the gradebook is the first that has no room for it.
    for name in STUDENTS:
        for leave in range(0, 1 << 20, 4 << 10):
            fill(small.disk, leave)
            answer = small.submit(name, files, "one-key-for-all")
            small.until(lambda: not small.left_behind(), "the end of all that was begun")
            if answer.status == 201:
                break
            assert answer.status == 507, answer
            assert answer.error == "the course's disk is full, so nothing can be recorded now"
            assert "keep your work" in answer.json["error"]["next_step"]
            assert hand_ins(small, name) == 0
        assert answer.json["attempt"] == 1
        assert small.submit(name, files, "one-key-for-all").json["repeated"] is True
        assert hand_ins(small, name) == 1
    log = small.child.said()
    for place in ("uploads", "store/blobs", "store/submissions", "gradebook.db"):
        assert f"{small.course.paths.state.name}/{place}" in log, place


@needs_a_disk
@pytest.mark.slow
def test_a_student_is_told_of_a_full_disk_and_submits_when_there_is_room(
    small: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = submitting(monkeypatch, tmp_path, small, "ben")
    fill(small.disk, 0)
    with pytest.raises(ExchangeError) as caught:
        submit.start()
    assert "the course's disk is full" in str(caught.value)
    assert "keep your work, tell the course's staff, and try again later" in str(caught.value)
    pending = tmp_path / "data" / "tito" / "pending" / f"{CP01}.json"
    key = json.loads(pending.read_bytes())["key"]
    (small.disk / "ballast").unlink()
    submit = submitting(monkeypatch, tmp_path, small, "ben")
    sent: list[str] = []
    keep = ExchangeSubmit._send

    def send(self: ExchangeSubmit, name: str, data: bytes, pending: Any) -> dict[str, Any]:
        sent.append(pending.key)
        return keep(self, name, data, pending)

    monkeypatch.setattr(ExchangeSubmit, "_send", send)
    submit.start()
    assert submit.receipt is not None
    assert submit.receipt["attempt"] == 1
    assert not pending.exists()
    assert sent == [key]


# --- the service itself is down, or stopped --------------------------------------------------------------------------


@pytest.mark.slow
def test_who_submits_while_the_service_is_stopped_gets_the_receipt(tmp_path: Path) -> None:
    with alone(tmp_path) as service, ThreadPoolExecutor(1) as pool:
        with locked(service):
            submitted = pool.submit(service.submit, "ana", mini.handin(mini.CP01))
            service.until(lambda: list(service.disk.glob("uploads/*.part")), "the upload")
            service.child.process.terminate()
            service.until(lambda: not serves(service.port), "the end of its port")
        assert submitted.result().status == 201


def test_a_service_that_is_down_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="does not answer") as caught:
        Client("http://127.0.0.1:9/services/tito/", "secret", Patience(pauses=(0.0,))).get("assignments")
    assert caught.value.next_step is not None
    assert "nothing is recorded twice" in caught.value.next_step
