from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.place import Place, build


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A course in miniature, and nobody in it."""
    return build(tmp_path / "course")
