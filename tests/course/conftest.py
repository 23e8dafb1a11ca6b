"""A course's root with a config of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes `course_config.py` (and other files by name) and returns the course's root."""

    def write(*lines: str, **others: str) -> Path:
        text = "\n".join(["c = get_config()", *lines])
        (tmp_path / "course_config.py").write_text(text + "\n", encoding="utf-8")
        for name, content in others.items():
            (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
        return tmp_path

    return write
