"""How long the exchange tries: a student's whole server stands still meanwhile, unless work is on its way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from nbgrader.exchange import ExchangeError

from tests.exchange.servers import Make, on_a_server
from tests.grading import mini
from tito.exchange.base import TitoExchange
from tito.exchange.client import KEY_HEADER, Client, Patience
from tito.exchange.fetching import ExchangeFetchAssignment, ExchangeFetchFeedback
from tito.exchange.listing import ExchangeList
from tito.exchange.submitting import ExchangeSubmit
from tito.notebooks.store import files_digest

CP01 = mini.CP01.slug
LISTED = {
    "assignments": [{"assignment_id": CP01, "files": {}, "attempts": {"left": None}}],
    "upload_bytes": 1_000_000,
    "notebook_bytes": 500_000,
}


class Silence:
    """A service that takes requests and answers the first so many of some never, and a clock that tells the waiting."""

    def __init__(self, receipt: Mapping[str, object]) -> None:
        self.waited = 0.0
        self.silent = {"GET": 1_000, "POST": 1_000}
        self.keys: list[str] = []
        self._receipt = receipt

    def once(
        self, client: Client, method: str, _path: str, _body: bytes, headers: Mapping[str, str], _cap: int
    ) -> tuple[int, bytes]:
        if method == "POST":
            self.keys.append(headers[KEY_HEADER])
        self.silent[method] -= 1
        if self.silent[method] >= 0:
            self.waited += client._patience.timeout
            raise TimeoutError("timed out")
        return 200, json.dumps(LISTED if method == "GET" else self._receipt).encode()

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Silence:
    made = Silence({"sha256": files_digest(mini.handin(mini.CP01)), "attempt": 1, "received_at": "2027-01-20T12:00:00"})
    monkeypatch.setattr(Client, "_once", lambda client, *request: made.once(client, *request))
    monkeypatch.setattr("tito.exchange.client.time.sleep", made.sleep)
    monkeypatch.setattr("tito.exchange.submitting.told", lambda _receipt: "attempt 1")
    return made


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Make:
    return on_a_server(monkeypatch, tmp_path, "http://127.0.0.1:9/services/tito/", "ana")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / CP01
    folder.mkdir()
    for name, content in mini.handin(mini.CP01).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("kind", [ExchangeList, ExchangeFetchAssignment, ExchangeFetchFeedback])
def test_a_list_and_a_fetch_end_soon(service: Silence, make: Make, kind: type[TitoExchange]) -> None:
    with pytest.raises(ExchangeError, match="does not answer"):
        make(kind, CP01).start()
    assert service.waited < 15


@pytest.mark.usefixtures("work")
def test_a_submit_asks_for_the_terms_often_and_not_long(service: Silence, make: Make) -> None:
    with pytest.raises(ExchangeError, match="does not answer"):
        make(ExchangeSubmit, CP01).start()
    assert 5 < service.waited < 40
    assert service.keys == []


def test_what_is_sent_is_sent_again_as_the_same_submit(service: Silence, make: Make, work: Path) -> None:
    service.silent["GET"] = 0
    with pytest.raises(ExchangeError, match="does not answer"):
        make(ExchangeSubmit, CP01).start()
    assert len(service.keys) == 1 + len(Patience().pauses)
    assert service.waited > len(service.keys) * Patience().timeout
    service.silent["POST"] = 2
    make(ExchangeSubmit, CP01).start()
    assert len(set(service.keys)) == 1
    assert (work / "receipts" / "attempt-001.json").is_file()
