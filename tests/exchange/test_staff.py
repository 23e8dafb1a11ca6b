"""Staff's side of the exchange on a real hub: release, collect, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.exchange import ExchangeError

from tests.exchange.servers import on_a_server
from tests.grading import mini
from tests.hub.place import CP00, CP01, Hub, Person
from tito.exchange.base import TitoExchange
from tito.exchange.client import Client
from tito.exchange.listing import ExchangeList
from tito.exchange.staff import ExchangeCollect, ExchangeReleaseAssignment, ExchangeReleaseFeedback
from tito.exchange.submitting import ExchangeSubmit
from tito.notebooks.bundle import pack

pytestmark = pytest.mark.slow


@pytest.fixture
def exchange(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TitoExchange]:
    """Give a class of the exchange as somebody's server would have it."""

    def make(kind: type[TitoExchange], person: Person, assignment: str, **options: object) -> TitoExchange:
        return on_a_server(monkeypatch, tmp_path, hub.service_url, person.token)(kind, assignment, **options)

    return make


def test_collect_brings_the_newest_attempt_and_replaces_it_only_when_asked(
    hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path
) -> None:
    student, staff = hub.student(), hub.person("ira")
    first, second = mini.handin(mini.CP01), mini.untouched(mini.CP01)
    assert hub.submit(student, first).status == 201
    exchange(ExchangeCollect, staff, CP01).start()
    book = tmp_path / "submitted" / student.name / CP01 / "01_tensor.ipynb"
    assert book.read_bytes() == first["01_tensor.ipynb"]
    assert hub.submit(student, second).status == 201
    exchange(ExchangeCollect, staff, CP01).start()
    assert book.read_bytes() == first["01_tensor.ipynb"]
    exchange(ExchangeCollect, staff, CP01, update=True).start()
    assert book.read_bytes() == second["01_tensor.ipynb"]
    assert (book.parent / "timestamp.txt").read_text(encoding="utf-8").endswith(" UTC")


def test_a_class_is_collected_however_much_goes_into_an_answer(
    hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tito.exchange.staff._AT_ONCE", 2)
    students = [hub.student() for _ in range(3)]
    for number, student in enumerate(students):
        shout = f"#| export\ndef shout(text):\n    return text.upper()  # {number}\n"
        assert hub.submit(student, mini.handin(mini.CP01, shout=shout)).status == 201
    exchange(ExchangeCollect, hub.person("ira"), CP01).start()
    for number, student in enumerate(students):
        book = tmp_path / "submitted" / student.name / CP01 / "01_tensor.ipynb"
        assert f"# {number}" in book.read_text(encoding="utf-8")


def test_a_service_that_sends_nothing_is_not_asked_for_ever(
    exchange: Callable[..., TitoExchange], hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub.submit(hub.student(), mini.handin(mini.CP01)).status == 201
    monkeypatch.setattr(Client, "get_bytes", lambda *_: pack({}))
    with pytest.raises(ExchangeError, match="sent nothing of what it was asked for"):
        exchange(ExchangeCollect, hub.person("ira"), CP01).start()


def test_release_takes_only_the_version_of_the_hubs_own_course_folder(
    hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path
) -> None:
    staff = hub.person("ira")
    folder = tmp_path / "release" / CP00
    folder.mkdir(parents=True)
    (folder / "00_setup.ipynb").write_bytes(mini.untouched(mini.CP00)["00_setup.ipynb"])
    exchange(ExchangeReleaseAssignment, staff, CP00).start()
    (folder / "00_setup.ipynb").write_bytes(b"{}")
    with pytest.raises(ExchangeError, match="is not the one in the hub's course folder"):
        exchange(ExchangeReleaseAssignment, staff, CP00).start()


@pytest.mark.parametrize("kind", [ExchangeReleaseAssignment, ExchangeCollect, ExchangeReleaseFeedback])
def test_a_student_can_neither_release_nor_collect(
    hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path, kind: type[TitoExchange]
) -> None:
    folder = tmp_path / "release" / CP01
    folder.mkdir(parents=True)
    (folder / "01_tensor.ipynb").write_bytes(mini.untouched(mini.CP01)["01_tensor.ipynb"])
    with pytest.raises(ExchangeError, match="may not do this"):
        exchange(kind, hub.person("s00"), CP01).start()
    assert not (tmp_path / "submitted").exists()


def test_a_submit_whose_answer_was_lost_is_sent_again_under_its_key(
    hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = hub.student()
    (tmp_path / CP00).mkdir()
    (tmp_path / CP00 / "00_setup.ipynb").write_bytes(mini.handin(mini.CP00)["00_setup.ipynb"])
    keep = ExchangeSubmit._keep

    def lost(*_: object) -> None:
        raise KeyboardInterrupt  # the program ends after it was sent

    monkeypatch.setattr(ExchangeSubmit, "_keep", lost)
    with pytest.raises(KeyboardInterrupt):
        exchange(ExchangeSubmit, student, CP00).start()
    pending = tmp_path / "data" / "tito" / "pending" / f"{CP00}.json"
    key = json.loads(pending.read_bytes())["key"]
    monkeypatch.setattr(ExchangeSubmit, "_keep", keep)
    again = exchange(ExchangeSubmit, student, CP00)
    again.start()
    assert isinstance(again, ExchangeSubmit)
    assert again.receipt is not None
    assert (again.receipt["attempt"], again.receipt["repeated"]) == (1, True)
    assert not pending.exists()
    assert len(key) >= 32


@pytest.mark.parametrize("name", ["../etc", "a/b", "", "x" * 200, ".hidden"])
def test_a_name_that_is_no_assignments_is_refused(hub: Hub, exchange: Callable[..., TitoExchange], name: str) -> None:
    with pytest.raises(ExchangeError, match="no name of an assignment"):
        exchange(ExchangeSubmit, hub.person("s00"), name).start()


def test_an_empty_folder_is_not_submitted(hub: Hub, exchange: Callable[..., TitoExchange], tmp_path: Path) -> None:
    (tmp_path / CP00).mkdir()
    with pytest.raises(ExchangeError, match="nothing to submit"):
        exchange(ExchangeSubmit, hub.person("s00"), CP00).start()


def test_an_assignment_is_taken_back_and_what_was_handed_in_is_not(
    hub: Hub, exchange: Callable[..., TitoExchange]
) -> None:
    student, staff = hub.student(), hub.person("ira")

    def given_out() -> set[str]:
        return {one["assignment_id"] for one in hub.api("GET", "assignments", student.token).json["assignments"]}

    try:
        exchange(ExchangeList, staff, CP00, remove=True).start()
        assert given_out() == {CP01}
    finally:
        assert hub.api("PUT", f"assignments/{CP00}/release", staff.token).status == 200
    assert given_out() == {CP00, CP01}
    with pytest.raises(ExchangeError, match="what was handed in stays"):
        exchange(ExchangeList, staff, CP00, remove=True, cached=True).start()
    with pytest.raises(ExchangeError, match="may not do this"):
        exchange(ExchangeList, student, CP00, remove=True).start()


def test_staff_who_are_on_no_roster_see_what_is_given_out(hub: Hub, exchange: Callable[..., TitoExchange]) -> None:
    staff = hub.person("ira")
    listed = exchange(ExchangeList, staff, "").start()
    assert [(one["assignment_id"], one["attempts"]["made"]) for one in listed] == [(CP00, 0), (CP01, 0)]
    assert exchange(ExchangeList, staff, "", cached=True).start() == []
