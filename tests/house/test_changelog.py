"""The changelog has a place for what comes next, and dates for what is out."""

from __future__ import annotations

import re

from tests.house.repository import ROOT

KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def _headings(level: int) -> list[str]:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


def test_unreleased_comes_first() -> None:
    assert _headings(2)[0] == "Unreleased"


def test_releases_have_a_version_and_a_date() -> None:
    for heading in _headings(2)[1:]:
        assert re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)", heading), heading


def test_entries_stand_under_a_known_kind() -> None:
    assert _headings(3)
    assert set(_headings(3)) <= KINDS
