"""The exchange's HTTP: what it follows, what it tries again, what it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tito.errors import TitoError
from tito.exchange.client import Client, Patience, ServiceError, UnreachableError

Reply = tuple[int, dict[str, str], bytes]


class Wire:
    """A server that gives the replies it was told to, in order, and notes what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def next(self, path: str, headers: dict[str, str]) -> Reply:
        self.asked.append((path, headers))
        return self.replies.pop(0)


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Wire, Client]]]:
    servers: list[HTTPServer] = []

    def start(*replies: Reply) -> tuple[Wire, Client]:
        wire = Wire(*replies)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = wire.next(self.path, dict(self.headers))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/services/tito/"
        return wire, Client(url, "secret", Patience(timeout=10, pauses=(0.0, 0.0)))

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_asks_with_the_token_below_the_services_address(serve: Callable[..., tuple[Wire, Client]]) -> None:
    wire, client = serve((200, {}, b'{"a": 1}'))
    assert client.get("assignments") == {"a": 1}
    ((path, headers),) = wire.asked
    assert (path, headers["Authorization"]) == ("/services/tito/api/assignments", "token secret")


def test_follows_no_redirect(serve: Callable[..., tuple[Wire, Client]]) -> None:
    other, _ = serve((200, {}, b"{}"))
    wire, client = serve((302, {"Location": "http://127.0.0.1:9/"}, b""))
    with pytest.raises(ServiceError, match="status 302"):
        client.get("assignments")
    assert (len(wire.asked), other.asked) == (1, [])


def test_tries_again_while_the_service_cannot_be_reached(serve: Callable[..., tuple[Wire, Client]]) -> None:
    wire, client = serve((503, {}, b""), (502, {}, b""), (200, {}, b"[]"))
    assert client.get("assignments") == []
    assert len(wire.asked) == 3


def test_an_answer_that_is_cut_off_is_none(serve: Callable[..., tuple[Wire, Client]]) -> None:
    cut = (200, {"Content-Length": "100", "Connection": "close"}, b'{"a": 1')
    wire, client = serve(cut, cut, (200, {}, b'{"a": 1}'))
    assert client.get("assignments") == {"a": 1}
    assert len(wire.asked) == 3
    _, client = serve(cut, cut, cut)
    with pytest.raises(UnreachableError, match="does not answer"):
        client.get_bytes("assignments/cp01_foundation/files", 1000)


def test_gives_up_in_words(serve: Callable[..., tuple[Wire, Client]]) -> None:
    _, client = serve(*[(503, {}, b"")] * 3)
    with pytest.raises(UnreachableError, match="does not answer"):
        client.get("assignments")


def test_a_no_is_told_as_the_service_told_it_and_not_asked_again(serve: Callable[..., tuple[Wire, Client]]) -> None:
    wire, client = serve((409, {}, b'{"error": {"what": "it is closed", "next_step": "ask the staff"}}'))
    with pytest.raises(ServiceError) as caught:
        client.get("assignments")
    assert (caught.value.status, caught.value.what, caught.value.next_step) == (409, "it is closed", "ask the staff")
    assert len(wire.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": "no"}', b'{"error": {"what": 3}}', b"\xff"])
def test_a_strange_no_is_told_by_its_status(serve: Callable[..., tuple[Wire, Client]], body: bytes) -> None:
    _, client = serve((418, {}, body))
    with pytest.raises(ServiceError, match="status 418"):
        client.get("assignments")


def test_takes_no_more_than_the_cap(serve: Callable[..., tuple[Wire, Client]]) -> None:
    _, client = serve((200, {}, b"x" * 101))
    with pytest.raises(TitoError, match="bigger than 100 bytes"):
        client.get_bytes("assignments/cp01_foundation/files", 100)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://host/", "services/tito"])
def test_an_address_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(TitoError, match="no address"):
        Client(url, "secret")
