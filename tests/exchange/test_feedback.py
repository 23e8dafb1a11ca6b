"""Staff publish with formgrader's button "release feedback"; students fetch what is published, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.exchange import ExchangeError

from tests.exchange.servers import on_a_server
from tests.grading import mini
from tests.hub.alone import Alone, alone
from tests.hub.place import CP01
from tito.cli.feedback import Feedback, feedback_from_service, published_feedback
from tito.course.points import show
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.exchange.fetching import ExchangeFetchFeedback
from tito.exchange.staff import ExchangeReleaseFeedback
from tito.gradebook import Gradebook
from tito.grading.engine import grade_pending

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as started:
        yield started


def test_feedback_is_there_when_staff_released_it(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.submit("ana", mini.handin(mini.CP01)).status == 201
    with Gradebook.open(service.course.database_url) as book:
        grade_pending(service.course, book, actor="system:test", lanes=1, show=False)

    def state() -> str:
        (one,) = service.ask("GET", "api/submissions", "ana").json["submissions"]
        return str(one["state"])

    def pages() -> list[Path]:
        on_a_server(monkeypatch, tmp_path, service.url, "ana")(ExchangeFetchFeedback, CP01).start()
        return list((tmp_path / CP01).glob("feedback/*/*.html"))

    assert (state(), pages()) == ("graded", [])
    with pytest.raises(ExchangeError, match="may not do this"):
        on_a_server(monkeypatch, tmp_path, service.url, "ben")(ExchangeReleaseFeedback, CP01).start()
    assert state() == "graded"
    on_a_server(monkeypatch, tmp_path, service.url, "ira")(ExchangeReleaseFeedback, CP01).start()
    assert state() == "published"
    (page,) = pages()
    assert "Doubling any array" in page.read_text(encoding="utf-8")
    on_a_server(monkeypatch, tmp_path, service.url, "ira")(ExchangeReleaseFeedback, CP01).start()
    assert state() == "published"


def test_tito_feedback_shows_what_the_service_tells_as_the_gradebook_has_it(service: Alone) -> None:
    def told() -> Feedback:
        return feedback_from_service(service.client("ana"), mini.CP01)

    with pytest.raises(TitoError, match="no published result") as caught:
        told()
    assert caught.value.next_step == "submit it in the Assignment List"
    assert service.submit("ana", {"01_tensor.ipynb": b"no notebook"}).status == 422
    with pytest.raises(TitoError, match="your hand-in was refused: ") as caught:
        told()
    assert caught.value.next_step
    wrong = "#| export\ndef shout(text):\n    return text\n"
    assert service.submit("ana", mini.handin(mini.CP01, shout=wrong)).status == 201
    with pytest.raises(TitoError) as caught:
        told()
    assert caught.value.expected == "your attempt waits to be graded"
    with Gradebook.open(service.course.database_url) as book:
        grade_pending(service.course, book, actor="system:test", lanes=1)
        cell, result, shown = published_feedback(service.course, book, mini.CP01, "ana")
    found = told()
    assert found.shown == tuple(one for one in shown if one.mode == result.counts)
    assert any(one.verdict is Verdict.FAILED for one in found.shown)
    assert any(one.verdict is Verdict.PASSED for one in found.shown)
    assert (found.result.earned, found.result.possible) == (result.earned, result.possible)
    assert (found.result.counts, found.result.notes) == (result.counts, result.notes)
    grade = cell.published
    assert grade is not None
    assert (found.attempt, found.score, found.pending) == (cell.attempts, show(grade.score), show(grade.pending))
