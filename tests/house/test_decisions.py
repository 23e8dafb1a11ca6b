"""Each decision is one short page with the same sections, numbered without gaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]-*.md"))
SECTIONS = ["Context", "Choice", "Consequences"]
LONGEST = 60


def test_numbers_have_no_gap_and_no_double() -> None:
    assert PAGES
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_has_its_title_and_sections(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {page.name[:4]} \S.*\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    for section in SECTIONS:
        body = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
        assert len(body.split()) >= 8, f"{section} says nothing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_is_one_page(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST
