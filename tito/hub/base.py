"""What every handler does: who asks, may they, and how an error is told."""

from __future__ import annotations

import asyncio
import json
import logging
from http.client import responses
from typing import Any, ClassVar

from jupyterhub.services.auth import HubOAuthenticated
from tornado.web import HTTPError, RequestHandler

from tito.errors import TitoError
from tito.grading.intake import KeptOut
from tito.hub.faults import machines_fault
from tito.hub.names import COURSE_HEADER
from tito.hub.service import Service
from tito.hub.views import NotEnrolled, NotFound

log = logging.getLogger("tito.hub")
_SAFE = ("GET", "HEAD", "OPTIONS")
_STATUS: tuple[tuple[type[TitoError], int], ...] = (
    (NotEnrolled, 403),
    (NotFound, 404),
    (KeptOut, 409),
)
RETRY_SECONDS = 2
HUB_SECONDS = 10.0
"""How long the hub may take to say who somebody is: less than those who ask wait for us."""


class Told(HTTPError):
    """An answer other than success, told in the four parts of a TitoError."""

    def __init__(self, status: int, error: TitoError) -> None:
        super().__init__(status, error.what.replace("%", "%%"))
        self.error = error


class HubAway(TitoError):
    """The hub does not say who somebody is."""


async def ask_hub(handler: Any) -> dict[str, Any] | None:
    """Return whom the hub knows behind a request's token or cookie, None for nobody. Raises HubAway."""
    try:
        async with asyncio.timeout(HUB_SECONDS):
            user: dict[str, Any] | None = await handler.hub_auth.get_user(handler, sync=False)
    except (HTTPError, TimeoutError) as error:
        raise HubAway(
            "the hub cannot be asked who you are", next_step="try again in a minute: your work stays where it is"
        ) from error
    return user


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
        meant = self.request.headers.get(COURSE_HEADER, self.service.course.course_id)
        if meant != self.service.course.course_id:
            raise NotFound(
                f"this is the service of {self.service.course.course_id}, not of {meant[:80]!r}",
                next_step="choose the other course's assignments where you chose these",
            )

    async def _asks(self) -> dict[str, Any] | None:
        try:
            return await ask_hub(self)
        except HubAway as error:
            raise Told(503, error) from error

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
        if machines_fault(value) is not None:
            log.error("%s %s: %s", self.request.method, self.request.path, ascii(str(value))[:1000])
        elif isinstance(value, TitoError):
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
    fault = machines_fault(raised)
    if fault is not None:
        return fault
    if isinstance(raised, TitoError):
        return next((code for kind, code in _STATUS if isinstance(raised, kind)), 500), raised
    if isinstance(raised, HTTPError):
        words = raised.log_message if status < 500 else None
        return status, TitoError(words or raised.reason or responses.get(status, "error"))
    return 500, TitoError(
        "the server met something it did not expect", next_step="try again; tell the staff if it stays"
    )
