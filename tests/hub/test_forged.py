"""What somebody could claim or send to be judged otherwise: the service believes its own clock, hub and store alone."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.exchange import ExchangeError

from tests.exchange.servers import on_a_server
from tests.grading import mini
from tests.hub.alone import Alone, alone
from tests.hub.place import CP00, CP01
from tito.exchange.base import TitoExchange
from tito.exchange.client import ServiceError
from tito.exchange.fetching import ExchangeFetchAssignment, ExchangeFetchFeedback
from tito.exchange.listing import ExchangeList
from tito.exchange.staff import ExchangeCollect
from tito.exchange.submitting import ExchangeSubmit
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import deactivate
from tito.notebooks.bundle import pack

pytestmark = pytest.mark.slow
BOOK = "01_tensor.ipynb"
LONG_AGO = "2020-01-01 00:00:00.000000 UTC"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("alone")) as started:
        yield started


def submissions(service: Alone, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.ask("GET", "api/submissions", name).json["submissions"]
    return found


def different(number: int) -> dict[str, bytes]:
    return mini.handin(mini.CP01, shout=f"#| export\ndef shout(text):\n    return text.upper()  # {number}\n")


def zipped(**entries: tuple[int, bytes]) -> bytes:
    """A zip of entries with the modes that they claim."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (mode, content) in entries.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3  # Unix: the mode counts
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- time and person ------------------------------------------------------------------------------------------------


def test_whatever_time_is_claimed_the_servers_counts(service: Alone) -> None:
    before = datetime.now(UTC)
    body = pack(different(1) | {"timestamp.txt": LONG_AGO.encode()})
    claims = dict.fromkeys(("Date", "Last-Modified", "X-Received-At", "X-Timestamp"), LONG_AGO)
    path = f"api/assignments/{CP01}/submissions?received_at=2020-01-01T00:00:00Z&timestamp=0"
    answer = service.ask("POST", path, "ana", body, claims)
    assert answer.status == 201, answer
    assert before <= datetime.fromisoformat(answer.json["received_at"]) <= datetime.now(UTC)


def test_whoever_is_claimed_the_tokens_owner_submits(service: Alone) -> None:
    had = len(submissions(service, "ben"))
    claims = dict.fromkeys(("X-Forwarded-User", "X-Remote-User", "Remote-User", "X-JupyterHub-User"), "ben")
    files = different(2)
    notebook = json.loads(files[BOOK])
    notebook["metadata"] |= {"authors": [{"name": "ben"}], "student_id": "ben"}
    path = f"api/assignments/{CP01}/submissions?student=ben&student_id=ben&user=ben"
    answer = service.ask("POST", path, "ana", pack({BOOK: json.dumps(notebook).encode()}), claims)
    assert (answer.status, answer.json["student"]) == (201, "ana")
    assert len(submissions(service, "ben")) == had


def test_somebody_elses_key_and_work_are_ones_own_attempt(service: Alone) -> None:
    key = "a-key-that-was-seen"
    theirs = service.submit("ana", different(3), key).json
    mine = service.submit("ben", different(3), key).json
    assert (mine["student"], mine["repeated"]) == ("ben", False)
    assert mine["submission"] != theirs["submission"]
    again = service.submit("ana", different(3), key).json
    assert (again["submission"], again["received_at"]) == (theirs["submission"], theirs["received_at"])


def test_an_old_receipt_proves_what_it_says_and_no_more(service: Alone) -> None:
    old = service.submit("ana", different(4)).json
    new = service.submit("ana", different(5)).json

    def verified(receipt: dict[str, Any]) -> bool:
        found: bool = service.ask("POST", "api/receipts/verify", "ira", json.dumps(receipt).encode()).json["true"]
        return found

    assert verified(old)
    assert [one["id"] for one in submissions(service, "ana") if one["counts"]] == [new["submission"]]
    for claim in ({"student": "ben"}, {"attempt": new["attempt"]}, {"submission": new["submission"]}):
        assert not verified(old | claim)
    assert not verified(old | {"signature": new["signature"]})


# --- the course and its dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ExchangeList, ExchangeFetchAssignment, ExchangeSubmit, ExchangeFetchFeedback])
def test_another_courses_service_is_not_taken_for_ones_own(
    service: Alone, kind: type[TitoExchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind is ExchangeSubmit:
        (tmp_path / CP01).mkdir()
        (tmp_path / CP01 / BOOK).write_bytes(different(6)[BOOK])
    before = len(submissions(service, "ana"))
    listed = sorted(tmp_path.rglob("*"))
    made = on_a_server(monkeypatch, tmp_path, service.url, "ana", course="biology")(kind, CP01)
    with pytest.raises(ExchangeError, match="the service of mini, not of 'biology'"):
        made.start()
    assert sorted(tmp_path.rglob("*")) == listed
    assert len(submissions(service, "ana")) == before


def test_what_is_closed_is_refused_with_when_and_nothing_is_recorded(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CP00).mkdir()
    (tmp_path / CP00 / "00_setup.ipynb").write_bytes(mini.handin(mini.CP00)["00_setup.ipynb"])
    made = on_a_server(monkeypatch, tmp_path, service.url, "ana")(ExchangeSubmit, CP00)
    stored = sorted(service.course.paths.store.rglob("*"))
    with pytest.raises(ExchangeError, match="closed"):
        made.start()
    assert not [one for one in submissions(service, "ana") if one["assignment_id"] == CP00]
    assert sorted(service.course.paths.store.rglob("*")) == stored
    assert not (tmp_path / CP00 / "receipts").exists()


def test_who_dropped_the_course_is_told_and_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with alone(tmp_path) as service:
        assert service.submit("ben", different(1)).status == 201
        with Gradebook.open(service.course.database_url) as book, book.begin("instructor:test") as work:
            deactivate(work, "ben", reason="dropped the course")
        (tmp_path / CP01).mkdir()
        (tmp_path / CP01 / BOOK).write_bytes(different(2)[BOOK])
        make = on_a_server(monkeypatch, tmp_path, service.url, "ben")
        for kind in (ExchangeSubmit, ExchangeList, ExchangeFetchFeedback):
            with pytest.raises(ExchangeError, match="ben is not on the active roster of this course") as caught:
                make(kind, CP01).start()
            assert "ask the course's staff" in str(caught.value)
        collected = service.ask("GET", f"api/assignments/{CP01}/collect", "ira").json["submissions"]
        assert [(one["student_id"], one["attempt"]) for one in collected] == [("ben", 1)]


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_two_hundred_megabytes_are_refused_before_they_are_sent_and_by_the_service(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServiceError, match="bigger than 1,000,000 bytes") as caught:
        service.client("ana").send("POST", f"assignments/{CP01}/submissions", b"\0" * 200_000_000)
    assert caught.value.status == 413
    (tmp_path / CP01).mkdir()
    with (tmp_path / CP01 / BOOK).open("wb") as file:
        file.truncate(200_000_000)
    made = on_a_server(monkeypatch, tmp_path, service.url, "ana")(ExchangeSubmit, CP01)
    with pytest.raises(ExchangeError, match="bigger than"):
        made.start()
    service.until(lambda: not service.left_behind(), "the end of the upload")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (zipped(**{BOOK: (stat.S_IFLNK | 0o777, b"/etc/passwd")}), "link"),
        (zipped(**{BOOK: (stat.S_IFCHR | 0o666, b"")}), "not a regular file"),
        (zipped(**{f"/tmp/{BOOK}": (stat.S_IFREG | 0o644, b"{}")}), "leads out of the archive"),
        (zipped(**{f"..\\..\\{BOOK}": (stat.S_IFREG | 0o644, b"{}")}), "leads out of the archive"),
        (zipped(**{BOOK: (stat.S_IFREG | 0o644, b"\0" * 500_000_000)}), "bigger than"),
        (zipped(**{BOOK: (stat.S_IFREG | 0o644, b"[" * 400_000)}), BOOK),
        (zipped(**{f"{n}.ipynb": (stat.S_IFREG | 0o644, b"{}") for n in range(50)}), "at most"),
    ],
    ids=["link", "device", "absolute", "backslashes", "bomb", "deep", "many"],
)
def test_a_hostile_archive_is_refused_with_the_reason(service: Alone, body: bytes, said: str) -> None:
    before = submissions(service, "ana")
    answer = service.ask("POST", f"api/assignments/{CP01}/submissions", "ana", body)
    assert answer.status == 422, answer
    assert said in answer.body.decode(), answer.body
    known = [one["id"] for one in before]
    assert [one["state"] for one in submissions(service, "ana") if one["id"] not in known] == ["refused"]


NAMES = [
    "=HYPERLINK(1).ipynb",
    "\u202egpj.ipynb",
    "\x1b[31mred.ipynb",
    "\N{COLLISION SYMBOL}" * 60 + ".ipynb",
    "'; drop table students;--.ipynb",
    "-rf.ipynb",
    "<b>bold.ipynb",
]


def test_strange_names_beside_the_notebook_are_data_and_stop_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with alone(tmp_path) as service:
        assert service.submit("ben", different(1)).status == 201
        files = different(2) | dict.fromkeys(NAMES, b"{}")
        answer = service.submit("ana", files)
        assert answer.status == 201, answer
        assert "\x1b" not in answer.body.decode()
        assert answer.headers["Content-Type"].startswith("application/json")
        on_a_server(monkeypatch, tmp_path, service.url, "ira")(ExchangeCollect, CP01).start()
    collected = {path.parts[-3:] for path in (tmp_path / "submitted").rglob("*.ipynb")}
    assert collected == {("ana", CP01, name) for name in files} | {("ben", CP01, BOOK)}


def test_a_home_that_cannot_be_written_is_told_in_words(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")
    with pytest.raises(ExchangeError, match="cannot be used") as caught:
        on_a_server(monkeypatch, home, service.url, "ana")(ExchangeFetchAssignment, CP01).start()
    assert "check the owner" in str(caught.value)


def test_what_cannot_be_collected_of_one_is_told_and_stops_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with alone(tmp_path) as service:
        for name in ("ana", "ben"):
            assert service.submit(name, different(1)).status == 201
        (tmp_path / "submitted").mkdir()
        (tmp_path / "submitted" / "ana").write_text("a file in the way")
        with pytest.raises(ExchangeError, match="1 of 2 could not be collected: ana"):
            on_a_server(monkeypatch, tmp_path, service.url, "ira")(ExchangeCollect, CP01).start()
    assert (tmp_path / "submitted" / "ben" / CP01 / BOOK).is_file()


def test_a_link_in_the_students_own_folder_is_not_followed(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CP01).mkdir()
    (tmp_path / "elsewhere").write_bytes(different(7)[BOOK])
    (tmp_path / CP01 / BOOK).symlink_to(tmp_path / "elsewhere")
    made = on_a_server(monkeypatch, tmp_path, service.url, "ana")(ExchangeSubmit, CP01)
    with pytest.raises(ExchangeError, match="nothing to submit"):
        made.start()
