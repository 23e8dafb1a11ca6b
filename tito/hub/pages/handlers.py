"""The tornado side of the pages: who is asking, one transaction in a thread, HTML or JSON as the answer."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.errors import GradebookError
from tito.gradebook.gradebook import Clock, server_clock
from tito.hub.faults import machines_fault
from tito.hub.pages.asked import Asked, BadRequest, Download, Onward, Submitted
from tito.hub.pages.drafts import Draft, Drafts, last_reader, remember_reader, typed_fields
from tito.hub.pages.kept import Kept
from tito.hub.pages.plain import plain
from tito.hub.pages.render import render
from tito.hub.pages.site import ACTIONS, HOME, PAGES, Action, Page, address, find_page
from tito.hub.pages.stale import Stale
from tito.hub.pages.viewer import Forbidden, Viewer

log = logging.getLogger("tito.hub.pages")
STATIC: Final = Path(__file__).parent / "static"
SAFE: Final = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing, and need no token."""
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
READERS: Final = 2
WRITERS: Final = 4
_SAID = "tito-said"
Answer = TypeVar("Answer")


class FormerSession(TitoError):
    """A form without the token of this session: made before the last log-in, or by another site."""


class Doorman(Protocol):
    """Knows who is asking: the hub's users, or the person on this machine."""

    async def viewer(self, handler: SiteHandler) -> Viewer | None:
        """Return who sends this request; None when nobody has logged in.

        Raises Forbidden for a stranger, and FormerSession for a form without the token of this session.
        """
        ...

    def turn_away(self, handler: SiteHandler) -> None:
        """Answer a request for a page of somebody who has not logged in."""
        ...


@dataclass
class Site:
    """What all requests share. `base` is the address of the first page without its last slash."""

    course: Course
    gradebook: Gradebook
    doorman: Doorman
    base: str = ""
    clock: Clock = server_clock
    lab: str = ""
    """Where the menu's way to the notebooks leads; empty where there is none."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    """Signs what a browser remembers of its reader (`drafts`): if it stays, a form outlives a restart."""
    drafts: Drafts = field(default_factory=Drafts)
    kept: Kept = field(default_factory=Kept)
    readers: ThreadPoolExecutor = field(init=False)
    """One thread on SQLite: pages are Python's own work, of which two threads do no more, and they wait for each other
    at every row that SQLite returns. One after the other, the last of twenty readers waits a third less. PostgreSQL
    works elsewhere, so others' pages are made while one waits for it."""
    writers: ThreadPoolExecutor = field(init=False)
    """Threads for forms, which may wait for the database's lock, and nobody's page with them."""

    def __post_init__(self) -> None:
        readers = 1 if self.gradebook.engine.dialect.name == "sqlite" else READERS
        self.readers = ThreadPoolExecutor(readers, thread_name_prefix="pages")
        self.writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="forms")

    def close(self) -> None:
        """End the threads once they have done what they were given."""
        self.readers.shutdown()
        self.writers.shutdown()

    @property
    def zone(self) -> ZoneInfo:
        """The course's time zone, in which pages show times."""
        return self.course.zone

    @property
    def title(self) -> str:
        """The course's title."""
        return self.course.title

    def url(
        self, name: str, parts: Mapping[str, object] | None = None, query: Mapping[str, object] | None = None
    ) -> str:
        """Return the address of a page."""
        return address(self.base, name, parts or {}, query or {})


@dataclass(frozen=True, slots=True)
class Kinds:
    """The classes that answer: a hub adds its own way to log in to each of them."""

    page: type[PageHandler]
    form: type[FormHandler]
    nowhere: type[NowhereHandler]


def routes(site: Site, kinds: Kinds | None = None) -> list[tuple[Any, ...]]:
    """Return the handlers of all pages and forms, for a tornado application."""
    page_kind, form_kind = (PageHandler, FormHandler) if kinds is None else (kinds.page, kinds.form)
    pages = [(f"{site.base}{page.pattern}", page_kind, {"site": site, "route": page}) for page in PAGES]
    forms = [(f"{site.base}{form.pattern}", form_kind, {"site": site, "route": form}) for form in ACTIONS]
    static = (f"{site.base}/static/(.*)", Files, {"path": str(STATIC)})
    return [*pages, *forms, static]


class Files(StaticFileHandler):
    """Style sheets and scripts of the package: the same for everybody."""

    def set_extra_headers(self, path: str) -> None:
        """Keep for an hour; no guessing of types."""
        self.set_header("Cache-Control", "public, max-age=3600")
        self.set_header("X-Content-Type-Options", "nosniff")


class SiteHandler(RequestHandler):
    """What pages and forms have in common."""

    site: Site
    route: Page | Action
    viewer: Viewer

    def initialize(self, site: Site, route: Page | Action) -> None:
        """Take what the route gives."""
        self.site, self.route = site, route

    def set_default_headers(self) -> None:
        """Nothing from elsewhere, in no frame, kept in no cache: these are people's grades."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def compute_etag(self) -> None:
        """Tag nothing: what is kept in no cache is never compared, and reading a page again for its tag takes time."""

    def check_xsrf_cookie(self) -> None:
        """Do nothing yet: tornado asks before it is known who sends, and loses what was typed. The doorman asks."""

    async def prepare(self) -> None:
        """Let nobody in who has not logged in, or has no business here."""
        try:
            viewer = await self.site.doorman.viewer(self)
            if viewer is None:
                if self.as_json:
                    self.refuse(HTTPStatus.UNAUTHORIZED, TitoError("nobody has logged in"))
                else:
                    self.site.doorman.turn_away(self)
                return
            self.viewer = viewer
            if self._comes_home():
                self.redirect(self.site.url(HOME[viewer.role]), status=HTTPStatus.SEE_OTHER)
                return
            self.route.require(viewer)
        except FormerSession as error:
            self.hand_back(HTTPStatus.FORBIDDEN, error)
        except Forbidden as error:
            self.refuse(HTTPStatus.FORBIDDEN, error)

    def _comes_home(self) -> bool:
        """Whether somebody opens the site itself, whose first page is another role's. A script is told that it is."""
        first = self.request.method == "GET" and self.route.path == "/" and not self.request.query
        return first and not self.as_json and self.route.name != HOME[self.viewer.role]

    @property
    def as_json(self) -> bool:
        """Whether the page's data is asked for instead of the page."""
        accepted = self.request.headers.get("Accept", "")
        return self.get_query_argument("format", "") == "json" or accepted.startswith("application/json")

    async def in_thread(self, work: Callable[[], Answer], *, writes: bool = False) -> Answer:
        """Run what waits for the database beside the event loop."""
        pool = self.site.writers if writes else self.site.readers
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def read(self, view: Callable[[Asked], object], place: Mapping[str, str], query: Mapping[str, str]) -> object:
        """Return a page's data, or a file of it. Raises TitoError."""
        with self.site.gradebook.read() as session:
            site = self.site
            return view(Asked(session, site.course, site.clock(), self.viewer, site.kept, place, query))

    def draw(self, page: Page, place: Mapping[str, str], query: Mapping[str, str], around: Mapping[str, object]) -> str:
        """Return a page as HTML, read and rendered in the same thread of `in_thread`. Raises TitoError."""
        return render(page.template, {**around, "page": self.read(page.view, place, query)})

    def show(self, template: str, title: str, **values: Any) -> None:
        """Answer with a page."""
        self.send_page(render(template, self.around(title) | values))

    def around(self, title: str) -> dict[str, Any]:
        """What the template of every page is given."""
        viewer = getattr(self, "viewer", None)
        page = self.route if isinstance(self.route, Page) else find_page(self.route.page)
        given = {"site": self.site, "viewer": viewer, "title": title, "here": page.name, "within": page.within}
        return given | {"xsrf": self.xsrf, "draft": None}

    def send_page(self, text: str) -> None:
        """Answer with HTML."""
        viewer = getattr(self, "viewer", None)
        if viewer is not None and not viewer.looks_only:
            remember_reader(self, self.site.key, viewer.actor, self.site.base or "/")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(text)

    @property
    def xsrf(self) -> str:
        """The token that every form carries: another site cannot read it."""
        return self.xsrf_token.decode()

    def refuse(self, status: HTTPStatus, error: TitoError) -> None:
        """Answer with what is wrong and where to go on."""
        self.set_status(status)
        if self.as_json:
            self.set_header("Content-Type", "application/json")
            told = {"what": error.what, "where": error.where, "expected": error.expected, "next": error.next_step}
            self.finish(json.dumps({"error": told}))
            return
        self.show("problem.html.j2", status.phrase, error=error, status=status.value)
        self.finish()

    def hand_back(self, status: HTTPStatus, error: TitoError) -> None:
        """Refuse a form that comes from a session that ended, and show what was typed: nothing of it is lost.

        What our own page sent in this browser waits to fill the form again. What may come from another site, which can
        make a browser send one, is text to copy and nothing more.
        """
        route = self.route
        if self.as_json or not isinstance(route, Action):
            self.refuse(status, error)
            return
        typed = typed_fields(self.fields) if route.keeps else {}
        author = last_reader(self, self.site.key)
        seen = self.fields.get("seen", "")
        query = query_of(route, self.fields)
        draft = Draft(route.name, route.page, self.path_kwargs, query, typed, seen, self.site.clock())
        waits = author is not None and bool(typed) and self.site.drafts.keep(author, draft)
        self.set_status(status)
        back = self.site.url(route.page, self.path_kwargs, query)
        self.show("lost.html.j2", "Not sent", error=error, typed=typed, back=back, waits=waits)
        self.finish()

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a form that was sent."""
        return {name: self.get_body_argument(name) for name in self.request.body_arguments}

    def told(self, error: TitoError, status: HTTPStatus) -> tuple[HTTPStatus, TitoError]:
        """Return what to answer. A fault of the machine goes to the log, and into words for who cannot help it."""
        fault = machines_fault(error)
        if fault is None:
            return status, error
        log.error("%s %s: %s", self.request.method, self.request.path, ascii(str(error))[:1000])
        return fault

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Our own fault, or tornado's refusal: a page too, without a word of the traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        fault = machines_fault(error)
        if fault is not None:
            self.refuse(*fault)
            return
        if isinstance(error, HTTPError):
            self.refuse(HTTPStatus(status_code), TitoError(error.log_message or error.reason or "this did not work"))
            return
        self.refuse(
            HTTPStatus(status_code),
            TitoError("something went wrong on our side", next_step="Try again; the log of the service says more."),
        )


class NowhereHandler(SiteHandler):
    """Answers for addresses that lead nowhere. Its route is the first page's: who may see that may know."""

    async def prepare(self) -> None:
        """Tell everybody the same, logged in or not."""
        error = TitoError("there is no such page", next_step="Perhaps a link was cut short.")
        self.refuse(HTTPStatus.NOT_FOUND, error)


class PageHandler(SiteHandler):
    """Answers GET with a page or its data."""

    route: Page

    async def get(self, **place: str) -> None:
        """Read the page's data in one consistent view of the gradebook, and show it."""
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        file = self.route.files.get(query.get("format", ""))
        said = None if self.as_json or file else self.get_signed_cookie(_SAID)
        draft = self.site.drafts.for_page(self.viewer.actor, self.route.name, place, self.site.clock())
        form = {}
        if draft is not None and draft.fills(query):
            form = {**draft.fields, "_form": draft.action, "_seen": draft.seen}
        told = {"said": (said or b"").decode(), "problem": None, "form": form, "draft": draft}
        around = self.around(self.route.title) | told

        def answer() -> Download | str:
            if file is None and not self.as_json:
                return self.draw(self.route, place, query, around)
            data = self.read(file or self.route.view, place, query)
            return data if isinstance(data, Download) else json.dumps(plain(data))

        try:
            found = await self.in_thread(answer)
        except Forbidden as error:
            return self.refuse(HTTPStatus.FORBIDDEN, error)
        except GradebookError as error:
            return self.refuse(*self.told(error, HTTPStatus.NOT_FOUND))
        except TitoError as error:  # BadRequest, or a name of the course's that is none
            return self.refuse(HTTPStatus.BAD_REQUEST, error)
        if isinstance(found, Download):
            self.set_header("Content-Type", found.kind)
            self.set_header("Content-Disposition", f'attachment; filename="{found.name}"')
            self.write(found.content)
            return None
        if self.as_json:
            self.set_header("Content-Type", "application/json")
            self.write(found)
            return None
        if said is not None:
            self.clear_cookie(_SAID, path=self.site.base or "/")
        self.send_page(found)
        return None


class FormHandler(SiteHandler):
    """Answers POST: one change, then back to the page it belongs to."""

    route: Action

    async def post(self, **place: str) -> None:
        """Make the change in one transaction. What is refused changes nothing, and keeps what was typed."""
        form = {name: value for name, value in self.fields.items() if name != "_xsrf"}
        try:
            onward = await self.in_thread(lambda: self._change(place, form), writes=True)
        except Stale as stale:
            return await self._ask_again(stale, place, form)
        except Forbidden as error:
            return self.refuse(HTTPStatus.FORBIDDEN, error)
        except TitoError as error:
            return await self._show_again(error, place, form)
        self.site.drafts.sent(self.viewer.actor, self.route.name, place)
        onto = self.site.url(onward.page, onward.place, onward.query)
        if self.as_json:
            self.set_header("Content-Type", "application/json")
            self.write(json.dumps({"said": onward.said, "next": onto}))
            return None
        self.set_signed_cookie(
            _SAID, onward.said, expires_days=None, path=self.site.base or "/", httponly=True, samesite="Strict"
        )
        return self.redirect(onto, status=HTTPStatus.SEE_OTHER)

    def _change(self, place: Mapping[str, str], form: Mapping[str, str]) -> Onward:
        with self.site.gradebook.begin(self.viewer.actor) as work:
            sent = Submitted(work, self.site.course, self.viewer, place, form)
            said = self.route.change(sent)
        for begin in sent.afterwards:
            begin(self.site.gradebook, self.site.kept)
        return said if isinstance(said, Onward) else Onward(said, self.route.page, place, query_of(self.route, form))

    async def _ask_again(self, stale: Stale, place: Mapping[str, str], form: dict[str, str]) -> None:
        """Both versions: what happened meanwhile, and what this person was about to do."""
        self.set_status(HTTPStatus.CONFLICT)
        if self.as_json:
            self.set_header("Content-Type", "application/json")
            self.write(json.dumps({"error": {"what": stale.what}, **stale.renewed}))
            return
        again = form | {name: str(value) for name, value in stale.renewed.items()}
        back = self.site.url(self.route.page, place, query_of(self.route, form))
        shown = self.around("Changed meanwhile") | {"stale": stale, "form": again, "back": back}
        self.send_page(await self.in_thread(lambda: render(stale.template, shown)))

    async def _show_again(self, error: TitoError, place: Mapping[str, str], form: dict[str, str]) -> None:
        page = find_page(self.route.page)
        status, error = self.told(error, HTTPStatus.UNPROCESSABLE_ENTITY)
        self.set_status(status)
        if self.as_json:
            return self.refuse(status, error)
        sent = form | {"_form": self.route.name}
        around = self.around(page.title) | {"said": "", "problem": error, "form": sent}
        try:
            text = await self.in_thread(lambda: self.draw(page, place, query_of(self.route, form), around))
        except TitoError as gone:  # the page as well: then the refusal itself is all there is to say
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return self.hand_back(status, error)
            return self.refuse(status if isinstance(gone, BadRequest) else HTTPStatus.NOT_FOUND, error)
        return self.send_page(text)


def query_of(action: Action, form: Mapping[str, str]) -> dict[str, str]:
    """Return the query of the page that a form is on, as the form carries it."""
    return {name: form.get(name, "").strip() for name in action.query}
