"""nbgrader's exchange as it is on somebody's server: settings in the environment, files in a home folder."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from tito.exchange.base import TitoExchange


class Make(Protocol):
    """Gives one class of the exchange, ready to start."""

    def __call__(self, kind: type[TitoExchange], assignment: str, /, **options: object) -> TitoExchange: ...


def on_a_server(monkeypatch: pytest.MonkeyPatch, home: Path, url: str, token: str, course: str = "mini") -> Make:
    """Set up a server for whoever has the token."""
    monkeypatch.setenv("TITO_SERVICE_URL", url)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "data"))

    def make(kind: type[TitoExchange], assignment: str, /, **options: object) -> TitoExchange:
        config = Config()
        config.CourseDirectory.root = str(home)
        config.CourseDirectory.course_id = course
        config.CourseDirectory.assignment_id = assignment
        made = kind(coursedir=CourseDirectory(config=config), config=config, assignment_dir=str(home), **options)
        made.log.setLevel("CRITICAL")
        return made

    return make
