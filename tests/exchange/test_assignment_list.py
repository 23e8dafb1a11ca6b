"""The Assignment List's manager: what nbgrader's handlers are told when something goes wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tito.errors import TitoError
from tito.exchange.assignment_list import AssignmentList
from tito.exchange.fetching import ExchangeFetchAssignment
from tito.exchange.listing import ExchangeList

CONFIG = "from tito.exchange import configure\n\nconfigure(get_config(), 'mini')\n"


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AssignmentList:
    """The manager of a server that runs in a student's home folder."""
    (tmp_path / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = AssignmentList()
    made.root_dir = str(tmp_path)
    return made


def test_what_the_service_refuses_is_told_in_its_words(
    manager: AssignmentList, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: ExchangeList) -> None:
        raise TitoError("ana is not on the active roster", next_step="ask the course's staff")

    monkeypatch.setattr(ExchangeList, "list_files", refuse)
    told = manager.list_assignments()
    assert told["success"] is False
    assert told["value"].split("\n") == ["ana is not on the active roster", "  next:     ask the course's staff"]


def test_what_is_not_expected_is_logged_and_leaves_the_server_where_it_was(
    manager: AssignmentList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall(_self: ExchangeList) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(ExchangeList, "list_files", fall)
    manager.log = logging.getLogger("tests.manager")
    told = manager.list_assignments()
    assert told["success"] is False
    assert "of ours" not in told["value"]
    assert "RuntimeError: of ours" in caplog.text
    assert Path.cwd() == tmp_path


def test_a_fetch_that_fails_is_told_by_the_list_after_it_and_once(
    manager: AssignmentList, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: ExchangeFetchAssignment) -> None:
        raise TitoError("the disk is full")

    monkeypatch.setattr(ExchangeFetchAssignment, "copy_files", full)
    monkeypatch.setattr(ExchangeList, "list_files", lambda _self: [])
    manager.fetch_assignment("mini", "cp00_environment")
    assert manager.list_assignments() == {"success": False, "value": "the disk is full"}
    assert manager.list_assignments() == {"success": True, "value": []}


def test_there_is_one_course_whatever_a_line_says(manager: AssignmentList) -> None:
    assert manager.list_courses() == {"success": True, "value": ["mini"]}
