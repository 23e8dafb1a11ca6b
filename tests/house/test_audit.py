"""The table of the audit says what was run, and what was run is what there is."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.repository import ROOT


def test_the_table_is_current() -> None:
    tool = [sys.executable, str(ROOT / "tools" / "audit.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_what_is_asked_of_each_checkpoint_holds() -> None:
    known = json.loads((ROOT / "docs" / "audit.json").read_text(encoding="utf-8"))
    assert known
    for slug, entry in known.items():
        named, automatic, repeated = entry["named"], entry["automatic"], entry["repeated"]
        assert named["caught"] == named["mistakes"] == entry["counted"]["named"], slug
        assert automatic["killed"] >= 0.97 * (automatic["made"] - automatic["equivalent"]), slug
        assert automatic["tried"] == automatic["made"] == entry["counted"]["automatic"], slug
        assert not automatic["stale"] + automatic["refuted"], slug
        assert repeated["seeds"] >= 50, slug
        assert repeated["programs"] == entry["counted"]["programs"], slug
        assert not repeated["alarms"], slug
        assert (named["false_alarms"], named["full_marks"], named["released"]) == (0, True, "0"), slug
    assert sum(entry["counted"]["named"] for entry in known.values()) >= 90
