"""The entries that people and tools look for are where the design puts them."""

from __future__ import annotations

import pytest

from tests.house.repository import ROOT, tracked_files

FOLDERS = (
    "source",
    "release",
    "autograded",
    "reference_impl",
    "graders",
    "tinytorch_ref",
    "tito",
    "tests",
    "benchmarks",
    "docs",
    "docs/decisions",
    "deploy",
    "tito/course",
    "tito/notebooks",
    "tito/sandbox",
    "tito/grading",
    "tito/gradebook",
    "tito/cli",
)

FILES = (
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "course_config.py",
    "docker-compose.yml",
    "Makefile",
    "pyproject.toml",
    ".ci/run",
    ".pre-commit-config.yaml",
    "requirements/lock.txt",
    "requirements/dev.txt",
)


@pytest.mark.parametrize("name", FOLDERS)
def test_folder_is_there_and_holds_something(name: str) -> None:
    assert any(path.as_posix().startswith(f"{name}/") for path in tracked_files()), f"{name}/ is missing or empty"


@pytest.mark.parametrize("name", FILES)
def test_file_is_there(name: str) -> None:
    assert name in {path.as_posix() for path in tracked_files()}


def test_only_the_readme_of_autograded_is_committed() -> None:
    assert [path.name for path in tracked_files() if path.parts[0] == "autograded"] == ["README.md"]


def test_nothing_that_a_run_leaves_is_committed() -> None:
    left = {".tito", "submitted", "feedback", "tinytorch", ".venv", ".cache", "build", "dist", "__pycache__"}
    assert [path for path in tracked_files() if left & set(path.parts[:-1])] == []
    assert [path for path in tracked_files() if path.name.startswith("gradebook.db")] == []


def test_scripts_can_be_run() -> None:
    scripts = [path for path in tracked_files() if path.suffix == ".sh" or path.as_posix() == ".ci/run"]
    assert scripts
    assert [path for path in scripts if not (ROOT / path).stat().st_mode & 0o111] == []


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
