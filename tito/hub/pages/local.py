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
from tornado.web import Application

from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.hub.pages.handlers import NowhereHandler, Site, SiteHandler, routes
from tito.hub.pages.site import find_page
from tito.hub.pages.viewer import Viewer

_COOKIE: Final = "tito-viewer"
LOOPBACK: Final = "127.0.0.1"
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
        """Return the person, for a browser that was let in before."""
        return self._viewer if handler.get_signed_cookie(_COOKIE, max_age_days=1) else None

    def turn_away(self, handler: SiteHandler) -> None:
        """Take a token if there is one; otherwise say where the address is printed."""
        given = handler.get_query_argument("token", "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            handler.refuse(
                HTTPStatus.FORBIDDEN,
                TitoError(
                    "this address needs the token that `tito serve` printed",
                    expected="the newest address in the terminal: each works once",
                    next_step="Copy it from there into this browser.",
                ),
            )
            return
        handler.set_signed_cookie(_COOKIE, "let in", expires_days=None, httponly=True, samesite="Strict")
        handler.redirect(handler.request.path, status=HTTPStatus.SEE_OTHER)
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
) -> None:
    """Serve the pages to one person until the event is set. `announce` is told each new address.

    `port` 0 takes a free one. Raises OSError when the port is taken.
    """
    sockets = bind_sockets(port, address=LOOPBACK)
    origin = f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}"
    doorman = OncePerToken(viewer, lambda token: announce(f"{origin}/?token={token}"))
    site = Site(course, gradebook, doorman, clock=gradebook.clock)
    server = HTTPServer(application(site), max_body_size=FORM_BYTES)
    server.add_sockets(sockets)
    announce(f"{origin}/?token={doorman.token}")
    try:
        await until.wait()
    finally:
        server.stop()
        await server.close_all_connections()
        site.pool.shutdown()
