"""Every command of the Makefile has a line in `make help`, and documents name no other."""

from __future__ import annotations

import re
import subprocess

from tests.house.repository import ROOT, text_of, tracked_files


def _targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def test_help_lists_every_command() -> None:
    listing = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^ *make ([a-z-]+)  +\S", listing, re.MULTILINE)) == _targets()


def test_documents_name_commands_that_exist() -> None:
    named: dict[str, str] = {}
    for path in tracked_files():
        if path.suffix == ".md":
            for name in re.findall(r"(?:^ {4}|`)make ([a-z][a-z-]*)", text_of(path) or "", re.MULTILINE):
                named.setdefault(name, path.as_posix())
    assert {"demo", "test"} <= named.keys()
    assert {name: path for name, path in named.items() if name not in _targets()} == {}


def test_every_target_is_phony() -> None:
    # A file or folder of a command's name (`demo`, `test`) must not keep it from running.
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == _targets()
