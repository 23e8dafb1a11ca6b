"""The lock pins every package by version and sha256, names no address, and covers what pyproject.toml asks for."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.repository import ROOT, locked, pyproject

LOCKS = ("lock", "hub", "deploy", "dev", "hub5", "locker")
REQUIREMENT = re.compile(
    r"[a-z0-9][a-z0-9-]*==[^ ;]+(?: ; [^\\\n]+)? \\\n"
    r"(?:    --hash=sha256:[0-9a-f]{64} \\\n)*"
    r"    --hash=sha256:[0-9a-f]{64}\n"
)


@pytest.mark.parametrize("name", LOCKS)
def test_holds_nothing_but_pinned_and_hashed_requirements(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert locked(name)
    assert REQUIREMENT.sub("", text) == ""


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("lock", ["notebooks", "build"]),
        ("hub", ["notebooks", "build", "hub"]),
        ("deploy", ["notebooks", "build", "hub", "postgres", "deploy"]),
        ("dev", ["notebooks", "build", "hub", "postgres", "deploy", "dev"]),
    ],
)
def test_covers_what_the_project_asks_for(name: str, extras: list[str]) -> None:
    project = pyproject()["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    versions = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        package = canonicalize_name(requirement.name)
        assert package in versions, f"{package} is not in requirements/{name}.txt: run `make lock`"
        assert requirement.specifier.contains(Version(versions[package]), prereleases=True), text


def test_testers_have_the_versions_that_users_have() -> None:
    assert locked("lock").items() <= locked("hub").items() <= locked("deploy").items() <= locked("dev").items()


def test_the_older_jupyterhub_is_one_that_the_project_allows() -> None:
    (asked,) = [Requirement(text) for text in pyproject()["project"]["optional-dependencies"]["hub"] if "hub" in text]
    assert locked("hub5").keys() == {"jupyterhub"}
    older, newer = Version(locked("hub5")["jupyterhub"]), Version(locked("hub")["jupyterhub"])
    assert (older.major, newer.major) == (5, 6)
    assert asked.specifier.contains(older)


def test_the_build_backend_is_locked() -> None:
    # The project is installed without build isolation, so that nothing is fetched that has no hash.
    names = {canonicalize_name(Requirement(text).name) for text in pyproject()["build-system"]["requires"]}
    assert names <= locked("lock").keys()


def test_no_extra_is_installed_that_asks_for_more_than_the_lock() -> None:
    assert "jupyterhub" not in locked("lock"), "the hub is an extra: the platform works without it"
    assert "torch" not in locked("dev"), "PyTorch is CI's alone"
