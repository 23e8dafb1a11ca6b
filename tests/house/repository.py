"""What the tests of the repository read: its files as git sees them, and its settings."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed: relative to the clone, in order.

    The clone may belong to another user (root tests a student's clone), which git refuses unless told that it is fine.
    """
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = sorted(Path(name) for name in listing.split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def text_of(path: Path) -> str | None:
    """The text of a tracked file, or None when it is not text."""
    content = (ROOT / path).read_bytes()
    if b"\0" in content:
        return None
    return content.decode("utf-8")


@cache
def pyproject() -> dict[str, Any]:
    """The settings of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, str]:
    """Package -> version of requirements/<name>.txt."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9-]*)==([^ ;]+)", text, re.MULTILINE))
