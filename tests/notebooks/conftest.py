"""A tiny course of its own for each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.notebooks.structure import AssignmentStructure

from .builder import make_course


@pytest.fixture
def mini(tmp_path: Path) -> Any:
    return make_course(tmp_path / "mini")


@pytest.fixture
def foundation() -> Checkpoint:
    return find_checkpoint("01")


@pytest.fixture
def structure(mini: Any, foundation: Checkpoint) -> AssignmentStructure:
    return AssignmentStructure.read(mini, foundation)
