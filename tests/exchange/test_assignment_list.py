"""The Assignment List's manager: what nbgrader's handlers are told when something goes wrong."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tito.errors import TitoError
from tito.exchange.assignment_list import AssignmentList, make_importable
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


@pytest.mark.parametrize("before", ["", "/somewhere/else"])
def test_a_file_in_the_home_folder_keeps_no_kernel_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    home = tmp_path / "home"
    (home / "tinytorch").mkdir(parents=True)
    (home / "tinytorch" / "__init__.py").write_text("mine = True\n", encoding="utf-8")
    for name in ("queue.py", "code.py", "types.py"):
        (home / name).write_text("raise SystemExit('a file of mine')\n", encoding="utf-8")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / ".local" / "share" / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", before)
    make_importable(home / "tinytorch")
    make_importable(home / "tinytorch")  # the server was started again
    assert os.environ["PYTHONPATH"].startswith(before)

    def run(*arguments: str) -> None:
        ran = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")

    run("-m", "ipykernel_launcher", "--version")
    run("-c", "import queue, code, types, tinytorch; assert tinytorch.mine")


def test_the_package_is_found_where_the_servers_root_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", "")
    for root in (tmp_path / "old", tmp_path / "new"):
        make_importable(root / "tinytorch")
    link = Path(os.environ["PYTHONPATH"].rpartition(os.pathsep)[2]) / "tinytorch"
    assert link.readlink() == tmp_path / "new" / "tinytorch"  # which the first `tito sync` makes
