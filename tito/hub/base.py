"""What every handler does: who asks, may they, and how an error is told."""

from __future__ import annotations

import json
import logging
from http.client import responses
from typing import Any, ClassVar

from jupyterhub.services.auth import HubOAuthenticated
from tornado.web import HTTPError, RequestHandler

from tito.errors import TitoError
from tito.gradebook.errors import BusyError
from tito.grading.intake import KeptOut
from tito.hub.service import Service
from tito.hub.views import NotEnrolled, NotFound

log = logging.getLogger("tito.hub")
_SAFE = ("GET", "HEAD", "OPTIONS")
_STATUS: tuple[tuple[type[TitoError], int], ...] = (
    (BusyError, 503),
    (NotEnrolled, 403),
    (NotFound, 404),
    (KeptOut, 409),
)
RETRY_SECONDS = 2


class Told(HTTPError):
    """An answer other than success, told in the four parts of a TitoError."""

    def __init__(self, status: int, error: TitoError) -> None:
        super().__init__(status, error.what.replace("%", "%%"))
        self.error = error


class Handler(HubOAuthenticated, RequestHandler):  # type: ignore[misc]  # JupyterHub ships no types
    """An authenticated handler. `right` names the scope that a request needs."""

    right: ClassVar[str] = "submit"
    _user: dict[str, Any] | None = None

    @property
    def service(self) -> Service:
        """The running service."""
        service: Service = self.settings["service"]
        return service

    @property
    def user_name(self) -> str:
        """The hub's name of whoever asks; the only identity that counts."""
        assert self._user is not None  # prepare() raised otherwise
        name: str = self._user["name"]
        return name

    @property
    def is_staff(self) -> bool:
        """Whether whoever asks may see everybody's work."""
        return self._user is not None and self.service.names.grade in self._user["scopes"]

    def set_default_headers(self) -> None:
        """Set what holds for every answer: nothing of it is to be cached, framed, sniffed or run."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    def check_xsrf_cookie(self) -> None:
        """Do nothing yet: tornado asks before it is known whether a token or a cookie came. `prepare` asks again."""

    async def prepare(self) -> None:
        """Find out who asks. Raises 401 without a valid token, 403 without the right; forms need their XSRF token."""
        user = await self._asks()
        if user is None:
            raise Told(401, TitoError("this needs a token of the hub", next_step="log in to the hub again"))
        wanted = getattr(self.service.names, self.right)
        scopes = set(user.get("scopes", ()))
        if wanted not in scopes or not self.hub_auth.check_scopes(self.hub_auth.access_scopes, user):
            raise Told(
                403,
                TitoError(
                    f"{user['name']} may not do this in {self.service.course.course_id}",
                    expected=f"the right {wanted}",
                    next_step="ask the course's staff if you think that you should",
                ),
            )
        if self.request.method not in _SAFE:
            self.hub_auth.check_xsrf_cookie(self)
        self._user = user

    async def _asks(self) -> dict[str, Any] | None:
        try:
            user: dict[str, Any] | None = await self.hub_auth.get_user(self, sync=False)
        except HTTPError as error:
            raise Told(
                503, TitoError("the hub cannot be asked who you are", next_step="try again in a moment")
            ) from error
        return user

    def get_current_user(self) -> dict[str, Any] | None:
        """Return whom `prepare` found."""
        return self._user

    def answer(self, document: object, status: int = 200) -> None:
        """Send JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(document))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send the error's four parts as JSON; what we did not expect is logged and not told."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        status, error = told(raised, status_code)
        if status in (503, 507):
            self.set_header("Retry-After", str(RETRY_SECONDS))
        if status == 401:
            self.set_header("WWW-Authenticate", 'Bearer realm="tito"')
        self.answer({"error": error.to_json()}, status)

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what is ours with its traceback, what people get wrong in one line."""
        if isinstance(value, TitoError):
            log.info("%s %s: %s", self.request.method, self.request.path, ascii(value.what)[:300])
        else:
            super().log_exception(kind, value, trace)

    def on_finish(self) -> None:
        """Count the answer."""
        name = type(self).__name__
        self.service.metrics.requests.labels(name, str(self.get_status())).inc()
        self.service.metrics.seconds.labels(name).observe(self.request.request_time())


def told(raised: BaseException | None, status: int) -> tuple[int, TitoError]:
    """Return the status and the words for what a handler raised."""
    if isinstance(raised, Told):
        return raised.status_code, raised.error
    if isinstance(raised, TitoError):
        return next((code for kind, code in _STATUS if isinstance(raised, kind)), _of_machine(raised)), raised
    if isinstance(raised, HTTPError):
        words = raised.log_message if status < 500 else None
        return status, TitoError(words or raised.reason or responses.get(status, "error"))
    return 500, TitoError(
        "the server met something it did not expect", next_step="try again; tell the staff if it stays"
    )


def _of_machine(error: TitoError) -> int:
    """A full disk is no fault of the student's, and trying again may help."""
    return 507 if error.what == "the disk is full" else 500
