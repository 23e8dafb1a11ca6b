"""The pages on this machine's loopback, without a hub: one person, let in by a token that works once."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.collection import keep_away
from tito.hub.pages.handlers import SAFE, FormerSession, NowhereHandler, Site, SiteHandler, routes
from tito.hub.pages.site import find_page
from tito.hub.pages.viewer import Viewer
from tito.hub.running import LOOPBACK

_COOKIE: Final = "tito-viewer"
FORM_BYTES: Final = 1 << 20


class OncePerToken:
    """Lets in whoever brings the token of the printed address, once; a cookie of this browser is good from then on."""

    def __init__(self, viewer: Viewer, announce: Callable[[str], None]) -> None:
        self._viewer = viewer
        self._announce = announce
        self._token = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The token that the next browser has to bring."""
        return self._token

    async def viewer(self, handler: SiteHandler) -> Viewer | None:
        """Return the person, for a browser that was let in before.

        Raises FormerSession for a form without its token.
        """
        if not handler.get_signed_cookie(_COOKIE, max_age_days=1):
            return None
        if handler.request.method not in SAFE:
            try:
                RequestHandler.check_xsrf_cookie(handler)
            except HTTPError as error:
                raise FormerSession(
                    "this form was made before `tito serve` was started the last time",
                    next_step="Open the page again.",
                ) from error
        return self._viewer

    def turn_away(self, handler: SiteHandler) -> None:
        """Take a token if there is one; otherwise say where the address is printed, and lose nothing that was typed."""
        given = handler.get_query_argument("token", "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            what = "this address needs the token that `tito serve` printed"
            if handler.request.method not in SAFE:
                what = "you are no longer logged in"
            error = TitoError(
                what,
                expected="the newest address in the terminal: each works once",
                next_step="Copy the newest address that `tito serve` printed into this browser.",
            )
            handler.hand_back(HTTPStatus.FORBIDDEN, error)
            return
        handler.set_signed_cookie(_COOKIE, "let in", expires_days=None, httponly=True, samesite="Strict")
        site, path = handler.site, handler.request.path
        draft = site.drafts.of(self._viewer.actor, site.clock())
        if draft is not None and path == site.url("matrix"):  # the printed address, and a form that waits elsewhere
            path = f"{site.url(draft.page, draft.place, draft.query)}#form-{draft.action}"
        handler.redirect(path, status=HTTPStatus.SEE_OTHER)
        self._token = secrets.token_urlsafe(32)
        self._announce(self._token)


def application(site: Site) -> Application:
    """Return the pages as a tornado application, with cookies that only this process can make."""
    return Application(
        routes(site),
        cookie_secret=secrets.token_hex(32),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict"},
        default_handler_class=NowhereHandler,
        default_handler_args={"site": site, "route": find_page("matrix")},
    )


async def serve(
    course: Course,
    gradebook: Gradebook,
    viewer: Viewer,
    *,
    port: int,
    announce: Callable[[str], None],
    until: asyncio.Event,
    key: bytes | None = None,
) -> None:
    """Serve the pages to one person until the event is set. `announce` is told each new address.

    With a `key` (`drafts.reader_key`), a form that was opened before a restart fills itself again.
    `port` 0 takes a free one. Raises OSError when the port is taken.
    """
    sockets = bind_sockets(port, address=LOOPBACK)
    origin = f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}"
    doorman = OncePerToken(viewer, lambda token: announce(f"{origin}/?token={token}"))
    site = Site(course, gradebook, doorman, clock=gradebook.clock, key=key or secrets.token_bytes(32))
    server = HTTPServer(application(site), max_body_size=FORM_BYTES)
    server.add_sockets(sockets)
    keep_away(tidy=True)  # what was imported stays as long as the server
    announce(f"{origin}/?token={doorman.token}")
    try:
        await until.wait()
    finally:
        server.stop()
        await server.close_all_connections()
        site.close()
