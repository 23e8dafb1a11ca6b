from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.grading import mini
from tito.cli.main import cli
from tito.course.config import Course
from tito.notebooks.structure import AssignmentStructure


@dataclass(frozen=True)
class Ran:
    """One run of a command line."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course in miniature, with its student version."""
    made = mini.build(tmp_path / "course")
    for checkpoint in (mini.CP00, mini.CP01):
        folder = made.paths.release / checkpoint.slug
        folder.mkdir(parents=True)
        for book in AssignmentStructure.read(made, checkpoint).notebooks:
            content = mini.notebook(checkpoint)
            for cell, place in zip(content["cells"], book.cells, strict=True):
                cell["source"] = place.released
            (folder / book.file).write_text(json.dumps(content))
    return made


@pytest.fixture
def run(course: Course, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `tito` in the course's folder, on a terminal of 80 columns that is none."""
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LOGNAME", "ana")

    def call(*arguments: object, answer: str | None = None) -> Ran:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=answer)
        return Ran(result.exit_code, result.stdout, result.stderr)

    return call
