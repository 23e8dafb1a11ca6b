"""The HTTP server of the service, which stops without cutting anybody off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine


class Server(HTTPServer):
    """Knows what is still to be answered: tornado's own closes a connection with an answer under way too."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Take what tornado's takes."""
        super().initialize(*args, **kwargs)
        self._asked: set[object] = set()  # connections on which a request was begun and is not answered
        self._all_answered = asyncio.Event()

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Look for a connection's next request, which tornado does when the answer to the one before is on its way."""
        self._answered(server_conn)
        return _Noticed(super().start_request(server_conn, request_conn), partial(self._asked.add, server_conn))

    def on_close(self, server_conn: object) -> None:
        """Expect nothing more of a connection."""
        super().on_close(server_conn)
        self._answered(server_conn)

    async def finish(self, seconds: float) -> None:
        """Take no more connections, answer what was asked within so many seconds, and close all connections."""
        self.stop()
        if self._asked:
            self._all_answered.clear()
            with suppress(TimeoutError):  # somebody sends or reads at a snail's pace
                await asyncio.wait_for(self._all_answered.wait(), seconds)
        await self.close_all_connections()

    def _answered(self, server_conn: object) -> None:
        self._asked.discard(server_conn)
        if not self._asked:
            self._all_answered.set()


class _Noticed(HTTPMessageDelegate):
    """Tells that a request has begun; until then a connection only waits for one."""

    def __init__(self, delegate: HTTPMessageDelegate, begun: Callable[[], None]) -> None:
        self._delegate = delegate
        self._begun = begun

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._begun()
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()
