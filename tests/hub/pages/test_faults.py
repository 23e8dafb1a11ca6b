"""A gradebook that does not answer: told without its address, and what was typed is still there."""

from __future__ import annotations

import pytest

from tests.hub.pages.conftest import Enter
from tito.gradebook.errors import AwayError, BusyError
from tito.hub.pages.handlers import FormHandler, SiteHandler
from tito.hub.pages.viewer import Role, Viewer

ANA = Viewer(Role.STUDENT, "ana")


def busy(*_: object) -> object:
    raise BusyError("locked", where="/srv/secret/gradebook.db", next_step="let the other `tito` finish")


def away(*_: object) -> object:
    raise AwayError("the database server cannot be reached", where="postgresql://tito@database/tito")


def test_a_page_says_that_it_is_not_the_readers_fault(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = enter(ANA)
    monkeypatch.setattr(SiteHandler, "read", away)
    for accept in ("text/html", "application/json"):
        answer = browser.get("/my", accept)
        assert (answer.status, "gradebook cannot be reached" in answer.text) == (503, True)
        assert "postgresql" not in answer.text


@pytest.mark.parametrize("reading_too", [False, True])
def test_a_form_that_could_not_be_taken_keeps_what_was_typed(
    enter: Enter, monkeypatch: pytest.MonkeyPatch, reading_too: bool
) -> None:
    browser = enter(ANA)
    token = browser.get("/my").xsrf
    monkeypatch.setattr(FormHandler, "_change", busy)
    if reading_too:
        monkeypatch.setattr(SiteHandler, "read", away)
    answer = browser.post("/my/pseudonym", {"_xsrf": token, "pseudonym": "Patient Fox"})
    assert (answer.status, "gradebook is busy" in answer.text) == (503, True)
    assert "Patient Fox" in answer.text
    assert "secret" not in answer.text
