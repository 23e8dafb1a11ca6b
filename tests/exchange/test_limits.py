"""How big a notebook may be is the course's to say, for whoever submits, for the service, and for whoever collects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.exchange import ExchangeError

from tests.exchange.servers import on_a_server
from tests.grading import mini
from tests.hub.alone import Alone, alone
from tests.hub.place import CP01
from tito.exchange.staff import ExchangeCollect
from tito.exchange.submitting import ExchangeSubmit

pytestmark = pytest.mark.slow

BOOK = "01_tensor.ipynb"
LIMIT = 21_500_000


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path, settings=f"c.TitoCourse.notebook_bytes = {LIMIT}\n") as started:
        yield started


def test_a_notebook_of_what_the_course_allows_is_submitted_and_collected(
    service: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / CP01 / BOOK
    book.parent.mkdir()
    content = mini.handin(mini.CP01)[BOOK]
    make = on_a_server(monkeypatch, tmp_path, service.url, "ana")
    book.write_bytes(content.ljust(LIMIT + 1))
    with pytest.raises(ExchangeError, match="is bigger than 21,500,000 bytes; clear its outputs"):
        make(ExchangeSubmit, CP01).start()
    (book.parent / "notes.ipynb").write_bytes(content)
    with pytest.raises(ExchangeError, match=r"not submitted: 01_tensor\.ipynb: is bigger .*clear its outputs"):
        make(ExchangeSubmit, CP01).start()  # and not without it
    book.write_bytes(content.ljust(LIMIT))
    make(ExchangeSubmit, CP01).start()
    make = on_a_server(monkeypatch, tmp_path, service.url, "ira")
    make(ExchangeCollect, CP01).start()
    assert (tmp_path / "submitted" / "ana" / CP01 / BOOK).read_bytes() == book.read_bytes()
