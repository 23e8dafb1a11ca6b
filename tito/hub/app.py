"""The service as a tornado application, and the process that serves it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler
from sqlalchemy import text
from tornado.web import Application, RequestHandler

from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook.collection import keep_away
from tito.gradebook.queries import ungraded
from tito.hub import openapi
from tito.hub.assignments import AssignmentFiles, Assignments, Publish, Release
from tito.hub.base import Handler, Told
from tito.hub.browser import KINDS, cookie_secret, site_of
from tito.hub.collecting import Everybodys, EverybodysFiles
from tito.hub.groups import Groups, keep_in_step
from tito.hub.names import PREFIX
from tito.hub.pages.handlers import routes as page_routes
from tito.hub.pages.site import find_page
from tito.hub.server import Server
from tito.hub.service import Service
from tito.hub.submissions import Feedback, OneReceipt, SubmissionFiles, Submissions, Submit, VerifyReceipt

log = logging.getLogger("tito.hub")
SMALL_BODY = 1 << 20
"""Bytes of a body that is not an upload: the pages' longest form."""
FINISH_SECONDS = 20.0
"""How long a stop waits for answers: somewhat longer than a submission waits for the gradebook's lock."""


class Health(RequestHandler):
    """`GET health`: 200 while the gradebook answers. It needs no token and says nothing else."""

    async def get(self) -> None:
        """Ask the gradebook."""
        service: Service = self.settings["service"]

        def read() -> None:
            with service.gradebook.read() as session:
                session.execute(text("SELECT 1"))

        try:
            await service.read(read)
        except TitoError:
            log.exception("the gradebook does not answer")
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            self.finish({"status": "the gradebook does not answer"})
        else:
            self.finish({"status": "ok"})


class MetricsPage(Handler):
    """`GET metrics`: counters for Prometheus, which needs a token with the right to grade."""

    right = "grade"

    async def get(self) -> None:
        """Answer them."""
        service = self.service

        def read() -> tuple[int, int]:
            with service.gradebook.read() as session:
                return ungraded(session, service.course, service.gradebook.clock())

        now, later = await service.read(read)
        service.metrics.ungraded.set(now)
        service.metrics.not_due.set(later)
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(service.metrics.text())


class Description(RequestHandler):
    """`GET api/openapi.json`: what the API is. It needs no token: the same is in the documentation."""

    def initialize(self) -> None:
        """Nothing of it is anybody's."""
        self.set_header("X-Content-Type-Options", "nosniff")

    async def get(self) -> None:
        """Answer it."""
        service: Service = self.settings["service"]
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(openapi.describe(service.course.title, self.settings["prefix"])))


class Nowhere(Handler):
    """Every other path of the API: 404 as JSON, after the token was looked at."""

    async def get(self, *_args: str) -> None:
        """Answer that there is nothing."""
        raise Told(404, TitoError(f"there is nothing at {self.request.path[:100]!r}"))

    post = put = delete = patch = get


API: Final[Mapping[str, type[RequestHandler]]] = {
    "health": Health,
    "metrics": MetricsPage,
    "api/openapi.json": Description,
    "api/assignments": Assignments,
    "api/assignments/{assignment}/files": AssignmentFiles,
    "api/assignments/{assignment}/submissions": Submit,
    "api/assignments/{assignment}/collect": Everybodys,
    "api/assignments/{assignment}/collect/files": EverybodysFiles,
    "api/assignments/{assignment}/release": Release,
    "api/assignments/{assignment}/publish": Publish,
    "api/submissions": Submissions,
    "api/submissions/{submission}/receipt": OneReceipt,
    "api/submissions/{submission}/files": SubmissionFiles,
    "api/submissions/{submission}/feedback": Feedback,
    "api/receipts/verify": VerifyReceipt,
}
"""What programs talk to, as `openapi` describes it."""


def pattern(path: str) -> str:
    """Return a path with its parts in braces as a regular expression."""
    return re.escape(path).replace(r"\{assignment\}", "([^/]+)").replace(r"\{submission\}", "([0-9]{1,18})")


def make_app(service: Service, prefix: str = PREFIX, **settings: Any) -> Application:
    """Return the application; `prefix` is where the hub's proxy sends requests from."""
    root = prefix.rstrip("/")
    routes: list[Any] = [(f"{root}/{pattern(path)}", handler) for path, handler in API.items()]
    routes += [(f"{root}/oauth_callback", HubOAuthCallbackHandler), (f"{root}/api(?:/.*)?", Nowhere)]
    site = site_of(service, root)
    return Application(
        [*routes, *page_routes(site, KINDS), (r".*", KINDS.nowhere, {"site": site, "route": find_page("matrix")})],
        service=service,
        prefix=f"{root}/",
        site=site,
        cookie_secret=cookie_secret(service.course),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax"},  # Lax: a login may come from another site
        **settings,
    )


async def serve(course: Course, url: str, prefix: str) -> None:
    """Serve until SIGTERM or SIGINT; requests that were begun are finished.

    `url` is where to listen, such as http://127.0.0.1:10101. Raises TitoError when the port is taken.
    """
    service = Service.open(course)
    try:
        place = urlsplit(url)
        application = make_app(service, prefix)
        server = Server(application, max_body_size=SMALL_BODY, xheaders=True)
        keep_away(tidy=True)  # what was imported stays as long as the service
        try:
            server.listen(place.port or 10101, address=place.hostname or "127.0.0.1")
        except OSError as error:
            raise TitoError(
                f"the service cannot listen: {error.strerror}",
                where=url,
                next_step="stop what uses the port, or choose another in jupyterhub_config.py",
            ) from error
        log.info("serving %s at %s%s", course.course_id, url, prefix)
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        groups = Groups.of_environment(service.names.students)
        following = None if groups is None else asyncio.create_task(keep_in_step(service.gradebook, groups))
        await stop.wait()
        if following is not None:
            following.cancel()
        await server.finish(FINISH_SECONDS)
        application.settings["site"].close()
    finally:
        service.close()
