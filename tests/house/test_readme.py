"""What README tells people to type works, in the order in which it stands there, in a fresh copy of the clone.

A fenced block marked `console` is a promise: each of its lines that begins with `$ ` is run. Other blocks are pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT, text_of, tracked_files

RUN_BY_CI = {"make demo", "make test"}
"""Minutes each, and CI runs them by themselves in its fresh clone (held below)."""


def _commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line[2:].strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s+#.*", "", line) for line in lines]


@pytest.fixture
def fresh_copy(tmp_path: Path) -> Path:
    """The tracked files alone, as a clone has them."""
    copy = tmp_path / "tito"
    for path in tracked_files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((ROOT / path).read_bytes())
        (copy / path).chmod((ROOT / path).stat().st_mode)
    return copy


def test_the_two_commands_stand_at_the_top() -> None:
    assert _commands()[:2] == ["make demo", "make test"]


def test_ci_runs_the_two_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in RUN_BY_CI:
        assert re.search(rf"^make --no-print-directory {command.removeprefix('make ')}$", script, re.MULTILINE), command


@pytest.mark.slow
def test_the_other_commands_work_one_after_the_other(fresh_copy: Path) -> None:
    commands = [command for command in _commands() if command not in RUN_BY_CI]
    assert commands
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    for command in commands:
        # PYTHONPATH puts the copy's code before the clone's: what is tested is what a clone would have.
        run = subprocess.run(
            ["sh", "-c", command],
            cwd=fresh_copy,
            env={**environment, "PYTHONPATH": str(fresh_copy)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"$ {command}\n{run.stdout}\n{run.stderr}"


@pytest.mark.parametrize("page", [path for path in tracked_files() if path.suffix == ".md"], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(page) or ""):
        if "://" not in target and not target.startswith("mailto:"):
            assert (ROOT / page.parent / target).exists(), f"{page} links to {target}"
