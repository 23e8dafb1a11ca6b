"""The pages under the hub: who is behind a browser, by the hub's OAuth, and what of the course they may see."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any, Final

from jupyterhub.services.auth import HubOAuthenticated
from tornado.web import HTTPError

from tito.course.course import Course
from tito.errors import TitoError
from tito.grading.grader import course_secret
from tito.hub.base import HubAway, ask_hub
from tito.hub.names import Names
from tito.hub.pages.drafts import reader_key
from tito.hub.pages.handlers import (
    SAFE,
    FormerSession,
    FormHandler,
    Kinds,
    NowhereHandler,
    PageHandler,
    Site,
    SiteHandler,
)
from tito.hub.pages.viewer import Forbidden, Role, Viewer
from tito.hub.service import Service
from tito.hub.views import NotEnrolled, enrolled

_COOKIES: Final = b"tito hub cookies, version 1"


class HubPages(HubOAuthenticated):  # type: ignore[misc]  # JupyterHub ships no types
    """What makes a page's handler one of the hub's: log in there, come back, and its XSRF token in forms."""

    def get_current_user(self) -> Any:
        """Return the user whom the doorman asked the hub for; never ask again, which would block the event loop."""
        return getattr(self, "_cached_hub_user", None)

    def check_xsrf_cookie(self) -> None:
        """Do nothing yet: tornado asks before it is known whether a token or a cookie came. The doorman asks."""

    @property
    def counted_as(self) -> str:
        """Under what name its answers are counted."""
        assert isinstance(self, SiteHandler)  # it is mixed into these
        return f"page {self.route.name}"

    def on_finish(self) -> None:
        """Count the answer."""
        assert isinstance(self, SiteHandler)
        service: Service = self.settings["service"]
        service.metrics.requests.labels(self.counted_as, str(self.get_status())).inc()
        service.metrics.seconds.labels(self.counted_as).observe(self.request.request_time())


class HubPage(HubPages, PageHandler):
    """A page under the hub."""


class HubForm(HubPages, FormHandler):
    """A form under the hub."""


class HubNowhere(HubPages, NowhereHandler):
    """An address that leads nowhere, under the hub. Anybody may ask for one: no page's figures are to show it."""

    counted_as = "page nowhere"


KINDS: Final = Kinds(HubPage, HubForm, HubNowhere)


class HubDoorman:
    """Lets in whom the hub knows, as what their scopes and groups say; students as far as the roster has them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def viewer(self, handler: SiteHandler) -> Viewer | None:
        """Return who it is; None before they log in. Raises Forbidden, and 403 for a form without its token."""
        user = await self._user(handler)
        if user is None:
            return None
        if handler.request.method not in SAFE:
            _require_token(handler)
        if user.get("kind", "user") != "user" or not handler.hub_auth.check_scopes(  # type: ignore[attr-defined]
            handler.hub_auth.access_scopes,  # type: ignore[attr-defined]
            user,
        ):
            raise _stranger(user, self._service.course)
        return await self._with_role(user)

    def turn_away(self, handler: SiteHandler) -> None:
        """Send a browser to the hub, which sends it back. A form is not sent on: what was typed would be lost."""
        if handler.request.method == "GET":
            handler.redirect(handler.get_login_url())
            return
        error = TitoError(
            "you are no longer logged in",
            next_step="Open the page again, which logs you in.",
        )
        handler.hand_back(HTTPStatus.UNAUTHORIZED, error)

    async def _user(self, handler: SiteHandler) -> dict[str, Any] | None:
        try:
            return await ask_hub(handler)
        except HubAway as error:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, f"{error.what}; {error.next_step}") from error

    async def _with_role(self, user: dict[str, Any]) -> Viewer:
        names, name, scopes = self._service.names, str(user["name"]), set(user.get("scopes", ()))
        if names.grade in scopes:
            return Viewer(Role.INSTRUCTOR, name)
        if names.grade_sections in scopes:
            return Viewer(Role.GRADER, name, sections_of(names, user.get("groups", ())))
        if names.submit not in scopes:
            raise _stranger(user, self._service.course)

        def look_up() -> str:
            with self._service.gradebook.read() as session:
                return enrolled(session, name).student_id

        try:
            return Viewer(Role.STUDENT, await self._service.read(look_up))
        except NotEnrolled as error:
            raise Forbidden(error.what, next_step="Ask the course's staff to put you on the roster.") from error


def _require_token(handler: SiteHandler) -> None:
    """Raise FormerSession for a form without the token of this session."""
    try:
        handler.hub_auth.check_xsrf_cookie(handler)  # type: ignore[attr-defined]  # of HubPages
    except HTTPError as error:
        raise FormerSession(
            "this form was made before you logged in the last time",
            next_step="Open the page again.",
        ) from error


def sections_of(names: Names, groups: Any) -> frozenset[str]:
    """Return the sections whose graders' group is among these groups."""
    prefix = names.graders("")
    return frozenset(group.removeprefix(prefix) for group in groups if group.startswith(prefix))


def site_of(service: Service, root: str) -> Site:
    """Return the pages of a running service; `root` is its address without the last slash."""
    return Site(
        service.course,
        service.gradebook,
        HubDoorman(service),
        base=root,
        clock=service.gradebook.clock,
        lab="/hub/user-redirect/lab",
        key=reader_key(service.course),
    )


def cookie_secret(course: Course) -> bytes:
    """Return the key of the browsers' cookies: the same after a restart, so that nobody loses a form over one."""
    return hmac.digest(course_secret(course.paths.secret), _COOKIES, "sha256")


def _stranger(user: dict[str, Any], course: Course) -> Forbidden:
    return Forbidden(
        f"{user['name']} has no part in {course.title}",
        expected="a student on the roster, or somebody who grades",
        next_step="Ask the course's staff if you think that you should.",
    )
