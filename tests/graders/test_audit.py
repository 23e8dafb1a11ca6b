"""The commands that grade the graders, on a sample: tools/audit.py runs the whole."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.graders.workbench import ROOT

pytestmark = pytest.mark.slow

# Not 07: its milestone trains a network in every program that gets so far.
CHECKPOINTS = ("00", "01", "02", "03", "04", "05", "06")


def graders(*arguments: str) -> Any:
    """Run `tito graders ... --json` on this course."""
    command = [sys.executable, "-m", "tito", "graders", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_a_sample_of_automatic_mistakes_is_caught() -> None:
    reports = graders("mutate", *CHECKPOINTS, "--sample", "15", "--rounds", "1", "--seed", "3")["mutations"]
    assert len(reports) == len(CHECKPOINTS)
    for report in reports:
        assert report["tried"] == 15
        assert (report["survivors"], report["stale"], report["refuted"]) == ([], [], []), report["checkpoint"]


def test_no_correct_program_is_refused_by_chance() -> None:
    reports = graders("repeat", *CHECKPOINTS, "--seeds", "3")["repeated"]
    assert len(reports) == len(CHECKPOINTS)
    assert [report["alarms"] for report in reports if report["alarms"]] == []
    assert all(report["runs"] >= 9 for report in reports)
