"""`tito sync` on a student's server: there is no course, and notebooks lie where the Assignment List puts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.grading import mini
from tito.cli.main import cli
from tito.cli.sync import hub_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder on a server of the hub."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TITO_SERVICE_URL", "http://127.0.0.1:1/services/tito/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "token")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fetched_notebooks_become_the_package_beside_their_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for checkpoint in (mini.CP00, mini.CP01):
        (home / checkpoint.slug).mkdir()
        for name, content in mini.handin(checkpoint).items():
            (home / checkpoint.slug / name).write_bytes(content)
    monkeypatch.chdir(home / mini.CP01.slug)
    done = CliRunner().invoke(cli, ["sync", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["01_tensor.ipynb"]["names"] == ["double", "shout"]
    assert "def factor()" in (home / "tinytorch" / "core" / "setup.py").read_text(encoding="utf-8")


def test_without_a_fetched_notebook_it_says_where_to_fetch_one(home: Path) -> None:
    done = CliRunner().invoke(cli, ["sync"])
    assert done.exit_code != 0
    assert "fetch one in the Assignment List" in done.stderr


def test_an_instructors_server_is_in_the_courses_folder(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub_home() == home.resolve()
    monkeypatch.chdir(tmp_path_factory.mktemp("course"))
    assert hub_home() is None
