"""The exchange's side of the service's API: HTTP with the server's hub token, nothing followed, everything capped."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from tito.errors import TitoError

COURSE_HEADER: Final = "X-Tito-Course"
"""Which course a request is meant for: a hub may have several."""
KEY_HEADER: Final = "Idempotency-Key"
"""The same key and content are the same attempt, however often they come."""
DIGEST_HEADER: Final = "X-Content-SHA256"
"""What the body has to be, by its SHA-256."""
URL_VARIABLE: Final = "TITO_SERVICE_URL"
TOKEN_VARIABLE: Final = "JUPYTERHUB_API_TOKEN"  # noqa: S105  (the variable's name)
_RETRIED: Final = (502, 503, 504)
"""The proxy cannot reach the service, or the service cannot reach the hub or the database: it passes."""
_LATER: Final = "try again in a minute: what was recorded stays recorded, and nothing is recorded twice"


class ServiceError(TitoError):
    """The service said no; `status` is HTTP's. Trying the same again would give the same answer."""

    def __init__(self, status: int, error: TitoError) -> None:
        super().__init__(error.what, where=error.where, expected=error.expected, next_step=error.next_step)
        self.status = status


class UnreachableError(TitoError):
    """It did not pass, however often we asked. Whether a request whose answer was lost was carried out is not known."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try."""

    timeout: float = 30.0
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Seconds before each further try: together longer than a service takes that the hub starts again."""


SILENT_SECONDS: Final = 5.0
"""Without a word of the service's, where somebody's whole server stands still meanwhile: nbgrader's buttons are worked
off in the loop that kernels and saving need, too.
"""
BRIEF: Final = Patience(SILENT_SECONDS, (1.0,))
"""For what may as well be asked for again by a click."""


def is_configured() -> bool:
    """Whether this is a server of the hub's, by its environment."""
    return bool(os.environ.get(URL_VARIABLE) and os.environ.get(TOKEN_VARIABLE))


class Client:
    """Requests to the service. A request that may change something is only repeated where that is harmless.

    The service of another course than `course` refuses them.
    """

    def __init__(self, url: str, token: str, patience: Patience = Patience(), course: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TitoError(f"the exchange has no address: {url!r}", expected=f"a URL in {URL_VARIABLE}")
        self._parts = parts
        self._root = parts.path.rstrip("/")
        self._token = token
        self._patience = patience
        self._course = {COURSE_HEADER: course} if course else {}

    @classmethod
    def of_environment(cls, course: str = "", patience: Patience = Patience()) -> Client:
        """Return the client that a server of the hub's is set up for. Raises TitoError elsewhere."""
        if not is_configured():
            raise TitoError(
                "this is no server of the hub's",
                expected=f"{URL_VARIABLE} and {TOKEN_VARIABLE}, which the hub sets",
                next_step="start your server from the hub, or use `tito submit`",
            )
        return cls(os.environ[URL_VARIABLE], os.environ[TOKEN_VARIABLE], patience, course)

    def get(self, path: str) -> Any:
        """Return the JSON document at a path below `api/`."""
        return _json(self.ask("GET", path))

    def get_bytes(self, path: str, cap: int) -> bytes:
        """Return what lies at a path below `api/`, at most `cap` bytes of it. Raises TitoError beyond."""
        return self.ask("GET", path, cap=cap)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
        """Send a request that the service takes as often as it comes: by its nature, or by its Idempotency-Key."""
        return _json(self.ask(method, path, body, headers))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        cap: int = 16 << 20,
    ) -> bytes:
        """Return the body of a good answer. Raises ServiceError for a no, UnreachableError when nobody answers."""
        problem = TitoError("")
        for pause in (0.0, *self._patience.pauses):
            time.sleep(pause)
            try:
                status, content = self._once(method, path, body, headers or {}, cap)
            except (OSError, http.client.HTTPException) as error:
                problem = TitoError(
                    f"the course's service does not answer ({type(error).__name__}: {error})", next_step=_LATER
                )
                continue
            if status in _RETRIED:
                problem = _said(content) or TitoError(
                    f"the course's service does not answer (status {status})", next_step=_LATER
                )
                continue
            if 200 <= status < 300:
                return content
            strange = TitoError(
                f"the service answered with status {status}", next_step="tell the course's staff if it stays"
            )
            raise ServiceError(status, _said(content) or strange)
        raise UnreachableError(problem.what, where=self._parts.geturl(), next_step=problem.next_step)

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str], cap: int) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        assert self._parts.hostname is not None  # looked at when this was made
        connection = kind(self._parts.hostname, self._parts.port, timeout=self._patience.timeout)
        try:
            # http.client follows no redirect: the token never goes to an address that an answer names.
            sent = {"Authorization": f"token {self._token}", "Accept": "application/json", **self._course, **headers}
            try:
                connection.request(method, f"{self._root}/api/{path}", body=body or None, headers=sent)
            except (BrokenPipeError, ConnectionResetError):
                # A server that refuses an upload answers before it has read all of it: hear what it says.
                if connection.sock is None:
                    raise
                with suppress(OSError):  # it has hung up already, and what it said is still there to be read
                    connection.sock.shutdown(socket.SHUT_WR)
            response = connection.getresponse()
            content = response.read(cap + 1)
            if response.length and len(content) <= cap:  # cut off: with a size to read, http.client takes what there is
                raise http.client.IncompleteRead(content, response.length)
        finally:
            connection.close()
        if len(content) > cap:
            raise TitoError(f"the service's answer is bigger than {cap:,} bytes", where=path)
        return response.status, content


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise TitoError("the service's answer is no JSON", next_step="tell the course's staff") from error


def _said(content: bytes) -> TitoError | None:
    """What the service told, in its four parts; None for something else, such as a proxy's page or a redirect."""
    try:
        told = json.loads(content)["error"]
        parts = {name: told.get(name) for name in ("where", "expected", "next_step")}
        if isinstance(told["what"], str) and all(part is None or isinstance(part, str) for part in parts.values()):
            return TitoError(told["what"], **parts)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return None
