"""Chromium on the pages: one process for each module of tests, one server and one tab for each role.

It is the machine's own, driven by Playwright, which downloads nothing. A machine without it skips these tests; CI must
not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser import world
from tests.browser.attacks import LEFT_IN_PAGE, RAN
from tests.browser.lab import WINDOW, EnterLab, Lab
from tests.hub.pages.conftest import Server
from tests.hub.place import Hub, running
from tests.needs import missing
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.hub.pages.viewer import Role

FLAGS = (
    "--no-sandbox",  # it opens our own pages alone, and CI's containers have no user namespaces for its sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=30_000)  # a failure is late on a busy machine, and a success is not
DESK = {"width": 1200, "height": 900}


@dataclass
class Tab:
    """A page in the browser, and everything it did that a page of ours must not do."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda _: self.complaints.append("a window opened"))
        self.page.on("download", lambda _: self.complaints.append("a download began"))
        self.page.context.on("request", lambda request: self._asked(request.url))

    def go(self, path: str, status: int = 200) -> Page:
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def assert_quiet(self) -> None:
        """Nothing ran, nothing was asked for elsewhere, and the policy had nothing to stop."""
        assert self.page.evaluate(RAN) is False, "an attack ran"
        assert self.page.evaluate(LEFT_IN_PAGE) == []
        assert self.complaints == []

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that says 403 or 404 is an error of the console's, too.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "about:")):
            self.complaints.append(f"asked for {url}")


Open = Callable[..., Tab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a screen. By module: Playwright's event loop is in the way of other tests' own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        missing("Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the course with its gradebook, to copy for tests that change something."""
    root = tmp_path_factory.mktemp("world")
    world.fill(root, world.course(root)).close()
    return root


def serving(root: Path) -> Iterator[Callable[[Role], Server]]:
    """Start servers for roles as they are asked for, and stop them all."""
    course: Course = world.course(root)
    servers: dict[Role, Server] = {}
    with Gradebook.open(root / "gradebook.db") as book:

        def start(role: Role) -> Server:
            if role not in servers:
                servers[role] = Server(course, book, world.VIEWERS[role])
            return servers[role]

        yield start
        for server in servers.values():
            server.close()


@pytest.fixture(scope="module")
def looked_at(filled: Path) -> Iterator[Callable[[Role], Server]]:
    """Servers on the gradebook that tests only read."""
    yield from serving(filled)


@pytest.fixture
def changed(filled: Path, tmp_path: Path) -> Iterator[Callable[[Role], Server]]:
    """Servers on a copy of the gradebook that this test may change."""
    yield from serving(Path(shutil.copytree(filled, tmp_path / "course")))


@pytest.fixture(scope="session")
def lab_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub on which everything is graded as it comes."""
    with running(tmp_path_factory.mktemp("lab"), when="submit") as hub:
        yield hub


@pytest.fixture(scope="module")
def enter_lab(chromium: Browser, lab_hub: Hub) -> Iterator[EnterLab]:
    """Open JupyterLab on the hub as somebody, in a browser session of its own. Their servers are stopped at the end."""
    names: set[str] = set()
    contexts: list[BrowserContext] = []

    def enter(name: str) -> Lab:
        names.add(name)
        contexts.append(chromium.new_context(viewport=WINDOW, reduced_motion="reduce"))
        return Lab.enter(contexts[-1], lab_hub, name)

    yield enter
    for context in contexts:
        context.close()
    for name in names:
        lab_hub.hub_api("DELETE", f"users/{name}/server")


Enter = Callable[..., Tab]


@pytest.fixture(scope="module")
def enter(chromium: Browser) -> Iterator[Enter]:
    """Open a browser of its own on a server, with a context's options such as `java_script_enabled`."""
    contexts: list[BrowserContext] = []

    def enter(server: Server, **options: Any) -> Tab:
        context = chromium.new_context(**{"viewport": DESK, "reduced_motion": "reduce"} | options)
        contexts.append(context)
        tab = Tab(context.new_page(), server.origin)
        tab.page.goto(server.addresses[-1])
        return tab

    yield enter
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def readers(enter: Enter, looked_at: Callable[[Role], Server]) -> Callable[..., Tab]:
    """The one tab of each role (and of the same options) that tests look with, one after another."""
    known: dict[tuple[Any, ...], Tab] = {}

    def reader(role: Role, **options: Any) -> Tab:
        key = (role, *sorted(options.items()))
        if key not in known:
            known[key] = enter(looked_at(role), **options)
        return known[key]

    return reader


@pytest.fixture
def look(readers: Callable[..., Tab]) -> Open:
    """Open the pages as a role, to read: in the same state whoever looked before."""

    def look(role: Role, **options: Any) -> Tab:
        tab = readers(role, **options)
        tab.complaints.clear()
        tab.page.set_viewport_size(DESK)
        tab.page.emulate_media(media="screen", color_scheme="light")
        return tab

    return look


KeepPicture = Callable[[Page, str], None]


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest) -> KeepPicture:
    """Keep what the window shows, for people to look at: with `--pictures DIR`. No name, no picture."""
    folder: Path | None = request.config.getoption("--pictures")

    def keep(page: Page, name: str) -> None:
        if folder is not None and name:
            page.screenshot(path=folder / f"{name}.png")

    return keep


@pytest.fixture
def work(enter: Enter, changed: Callable[[Role], Server]) -> Open:
    """Open the pages as a role, to change something."""
    return lambda role, **options: enter(changed(role), **options)
