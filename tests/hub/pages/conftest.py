"""The pages over real HTTP: a server on loopback in a thread, and a browser without a screen."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import Clock, fill
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.hub.pages import local
from tito.hub.pages.viewer import Viewer


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]
    url: str

    @property
    def data(self) -> Any:
        return json.loads(self.text)

    @property
    def xsrf(self) -> str:
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.text)
        assert found, "no form on this page"
        return found[1]

    @property
    def seen(self) -> str:
        found = re.search(r'name="seen" value="(\d+)"', self.text)
        assert found, "no form on this page"
        return found[1]


class Browser:
    """Keeps cookies and follows redirects, as a browser does."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    @property
    def xsrf(self) -> str:
        """The site's token, for pages that have no form of their own."""
        return next(cookie.value or "" for cookie in self._cookies if cookie.name == "_xsrf")

    def get(self, path: str, accept: str = "text/html", **headers: str) -> Answer:
        return self.ask(urllib.request.Request(self.origin + path, headers={"Accept": accept} | headers))

    def json(self, path: str) -> Any:
        answer = self.get(path, "application/json")
        assert answer.status == 200, answer.text
        return answer.data

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return self.ask(urllib.request.Request(self.origin + path, urlencode(fields).encode(), headers))

    def send(self, page: str, form: str, **fields: str) -> Answer:
        """Open a page and send one of its forms."""
        shown = self.get(page)
        return self.post(form, {"_xsrf": shown.xsrf, "seen": shown.seen} | fields)

    def ask(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers), answer.url)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers), error.url)


class Server:
    """`tito serve` in a thread. `addresses` are those that it printed."""

    def __init__(
        self, course: Course, gradebook: Gradebook, viewer: Viewer, *, port: int = 0, key: bytes | None = None
    ) -> None:
        self.addresses: list[str] = []
        self._told = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._work = local.serve(
            course, gradebook, viewer, port=port, announce=self._announce, until=self._ended, key=key
        )
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._work,))
        self._thread.start()
        assert self._told.wait(30)

    def _announce(self, address: str) -> None:
        self.addresses.append(address)
        self._told.set()

    @property
    def origin(self) -> str:
        return self.addresses[0].partition("/?")[0]

    def enter(self) -> Browser:
        """A browser that opened the newest printed address."""
        browser = Browser(self.origin)
        entered = browser.get(self.addresses[-1].removeprefix(self.origin))
        assert entered.status in (200, 403), entered.text  # a student is let in, and the first page is not for them
        return browser

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def close(self) -> None:
        """Stop it; a second time does nothing."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook to copy: making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("pages") / "gradebook.db"
    fill(path, Clock()).close()
    return path


@pytest.fixture
def gradebook(tmp_path: Path, clock: Clock, filled: Path) -> Iterator[Gradebook]:
    """Ana in section A and Ben in section B."""
    with Gradebook.open(shutil.copy(filled, tmp_path / "gradebook.db"), clock=clock) as book:
        yield book


@pytest.fixture
def course() -> Course:
    return samples.course()


Enter = Callable[[Viewer], Browser]


@pytest.fixture
def serve(course: Course, gradebook: Gradebook) -> Iterator[Callable[[Viewer], Server]]:
    """Start the pages for somebody."""
    servers: list[Server] = []

    def start(viewer: Viewer) -> Server:
        servers.append(Server(course, gradebook, viewer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def enter(serve: Callable[[Viewer], Server]) -> Enter:
    """Open the pages as somebody."""
    return lambda viewer: serve(viewer).enter()
