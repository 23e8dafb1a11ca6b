"""What the event loop does, and what it leaves to the threads: it answers nobody while it draws a page."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.hub.pages.conftest import Enter
from tito.hub.pages import handlers
from tito.hub.pages.viewer import Role, Viewer

PAGE = "/students/ana"


def test_pages_are_read_and_drawn_beside_the_event_loop(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, str]] = []
    draw = handlers.render

    def render(template: str, values: Any) -> str:
        drawn.append((template, threading.current_thread().name.rpartition("_")[0]))
        return draw(template, values)

    monkeypatch.setattr(handlers, "render", render)
    browser = enter(Viewer(Role.INSTRUCTOR, "ira"))
    drawn.clear()
    opened = browser.get(PAGE)
    sent = {"_xsrf": opened.xsrf, "seen": opened.seen, "checkpoint": "cp01", "score": "101", "reason": "why"}
    assert browser.post(f"{PAGE}/override", sent).status == 422
    assert browser.post(f"{PAGE}/override", sent | {"seen": "0"}).status == 409
    assert drawn == [("student.html.j2", "pages"), ("student.html.j2", "pages"), ("stale.html.j2", "pages")]
