"""`tito sync` on a student's server: there is no course, and notebooks lie where the Assignment List puts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.grading import mini
from tito.cli.main import cli
from tito.cli.screen import Screen
from tito.cli.state import State
from tito.cli.sync import hub_home
from tito.course.config import Course


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


def a_course(at: Path) -> Course:
    """A course with the first notebook in work."""
    made = mini.build(at)
    folder = made.root / "assignments" / mini.CP00.slug
    folder.mkdir(parents=True)
    for name, content in mini.handin(mini.CP00).items():
        (folder / name).write_bytes(content)
    return made


@pytest.fixture
def fetched(home: Path) -> None:
    """A notebook in the home folder, of which nothing may be exported where there is a course."""
    (home / mini.CP01.slug).mkdir()
    for name, content in mini.handin(mini.CP01).items():
        (home / mini.CP01.slug / name).write_bytes(content)


def exported(*arguments: str) -> set[str]:
    done = CliRunner().invoke(cli, [*arguments, "sync", "--json"])
    assert done.exit_code == 0, done.output
    return set(json.loads(done.stdout))


@pytest.mark.usefixtures("fetched")
def test_a_course_below_the_home_folder_is_a_course(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = a_course(home / "clones" / "course")
    assert exported() == {"01_tensor.ipynb"}
    monkeypatch.chdir(course.root / "assignments")
    assert exported() == {"00_setup.ipynb"}
    assert (course.root / "tinytorch" / "core" / "setup.py").is_file()


@pytest.mark.usefixtures("fetched")
def test_so_is_the_one_that_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    course = a_course(tmp_path_factory.mktemp("elsewhere") / "course")
    assert exported("-C", str(course.root)) == {"00_setup.ipynb"}
    done = CliRunner().invoke(cli, ["-C", str(course.root.parent), "sync"])
    assert done.exit_code == 1
    assert "no course_config.py here" in done.stderr


@pytest.mark.usefixtures("fetched")
def test_the_hubs_own_above_the_home_folder_is_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = home / "homes" / "ana"
    (home / mini.CP01.slug).rename(home / "away")
    a_course(home / "course")
    (home / "course" / "course_config.py").rename(home / "course_config.py")
    inner.mkdir(parents=True)
    (home / "away").rename(inner / mini.CP01.slug)
    monkeypatch.setenv("HOME", str(inner))
    monkeypatch.chdir(inner)
    assert exported() == {"01_tensor.ipynb"}


def test_an_instructors_server_is_in_the_courses_folder(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(None, debug=False, screen=Screen())
    assert hub_home(state) == home.resolve()
    monkeypatch.chdir(tmp_path_factory.mktemp("course"))
    assert hub_home(state) is None
