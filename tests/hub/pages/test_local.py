"""Loopback alone, and a token that works once."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub.pages.conftest import Browser, Server
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
Start = Callable[[Viewer], Server]


def test_without_the_token_nobody_gets_in(serve: Start) -> None:
    server = serve(INSTRUCTOR)
    refused = Browser(server.origin).get("/")
    assert refused.status == 403
    assert "Ana" not in refused.text
    assert Browser(server.origin).get("/?token=guess").status == 403
    assert Browser(server.origin).get("/?token=%FF").status in (400, 403)


def test_the_token_works_once_and_leaves_the_address(serve: Start) -> None:
    server = serve(INSTRUCTOR)
    path = server.addresses[0].removeprefix(server.origin)
    first = Browser(server.origin)
    entered = first.get(path)
    assert entered.status == 200
    assert "token" not in entered.url
    assert first.get("/").status == 200
    assert Browser(server.origin).get(path).status == 403
    assert len(server.addresses) == 2
    assert server.enter().get("/").status == 200


def test_it_listens_on_loopback(serve: Start) -> None:
    assert serve(INSTRUCTOR).origin.startswith("http://127.0.0.1:")


def test_scripts_get_json_and_no_redirect(serve: Start) -> None:
    refused = Browser(serve(INSTRUCTOR).origin).get("/", accept="application/json")
    assert refused.status == 401
    assert refused.data["error"]["what"] == "nobody has logged in"


def test_an_unknown_address_is_a_page(serve: Start) -> None:
    browser = serve(INSTRUCTOR).enter()
    missing = browser.get("/nowhere")
    assert missing.status == 404
    assert "To the first page" in missing.text


def test_every_answer_carries_the_strict_policy(serve: Start) -> None:
    browser = serve(INSTRUCTOR).enter()
    for path in ("/", "/students/ana", "/students/nobody", "/nowhere"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
