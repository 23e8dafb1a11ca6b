"""Nothing in the repository names a machine, a package index or a secret, and every file is one that git can show."""

from __future__ import annotations

import re

import pytest

from tests.house.repository import ROOT, text_of, tracked_files

# Written in pieces, so that this file does not hold what it forbids.
HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "crates" + ".io",
    "proxy.golang" + ".org",
    "anaconda" + ".org",
    "download.pytorch" + ".org",
)
MACHINE_PATHS = (
    "/work" + "/",
    "/opt" + "/wheels",
    "/opt" + "/pypi",
    "/root" + "/.pyenv",
    "/root" + "/.cargo",
)
INDEX_OPTION = re.compile(r"--(?:extra-)?index-" + r"url[ =]+\S|--find-" + r"links[ =]+\S|--trusted-" + r"host[ =]+\S")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----")
LARGEST = 2 << 20


@pytest.mark.parametrize("needle", HOSTS + MACHINE_PATHS)
def test_no_file_names(needle: str) -> None:
    # `--no-emit-index-url` and the like are not addresses; a host or a path is, wherever it stands.
    found = [path.as_posix() for path in tracked_files() if needle in (text_of(path) or "")]
    assert found == [], f"{needle} is named in {found}"


@pytest.mark.parametrize("pattern", [INDEX_OPTION, PRIVATE_KEY], ids=["index address", "private key"])
def test_no_file_holds(pattern: re.Pattern[str]) -> None:
    found = [path.as_posix() for path in tracked_files() if pattern.search(text_of(path) or "")]
    assert found == []


def test_files_are_small() -> None:
    large = {path.as_posix(): (ROOT / path).stat().st_size for path in tracked_files()}
    assert {name: size for name, size in large.items() if size > LARGEST} == {}


def test_text_ends_lines_as_unix_does() -> None:
    # Some tests keep Windows line ends as data, in files that say so by their name.
    texts = [path for path in tracked_files() if "crlf" not in path.name]
    assert [path.as_posix() for path in texts if "\r\n" in (text_of(path) or "")] == []


def test_no_merge_was_left_half_done() -> None:
    marker = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    assert [path.as_posix() for path in tracked_files() if marker.search(text_of(path) or "")] == []
