"""One person's JupyterLab in the browser, on a real hub: what they click, and pictures of what they see."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Error, Locator, Page, ViewportSize, expect

from tests.hub.place import ROOT, Hub

PICTURES: Final = ROOT / "build" / "screenshots"
"""Where the pictures of a run stay, to be looked at. Git ignores it."""
WINDOW: Final[ViewportSize] = {"width": 1280, "height": 860}
ACTIVE: Final = ".jp-NotebookPanel:not(.lm-mod-hidden)"


def log_in(page: Page, hub: Hub, name: str, to: str) -> None:
    """Fill in the hub's form on the way to a page."""
    page.goto(f"{hub.url}/hub/login?next={quote(to)}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(hub.password)
    page.locator("#login_submit").click()


def picture(page: Page, name: str) -> None:
    """Keep what the window shows.

    A busy Chromium refuses now and then and takes the same picture a frame later (robotframework-browser, issue 5237).
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    for again in range(5, 0, -1):
        try:
            page.screenshot(path=PICTURES / f"{name}.png")
            return
        except Error as error:
            if again == 1 or "Unable to capture screenshot" not in error.message:
                raise
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@dataclass
class Lab:
    """JupyterLab on somebody's own server."""

    hub: Hub
    name: str
    page: Page
    complaints: list[str] = field(default_factory=list)
    """What a page of ours must not do: errors in scripts, requests to elsewhere."""

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("console", lambda message: "tito-course" in message.text and self.complaints.append(message.text))
        self.page.context.on("request", lambda request: self._asked(request.url))

    @classmethod
    def enter(cls, context: BrowserContext, hub: Hub, name: str) -> Lab:
        """Log in at the hub, which starts the server, and wait for JupyterLab."""
        lab = cls(hub, name, context.new_page())
        log_in(lab.page, hub, name, "/hub/spawn")
        expect(lab.page.get_by_role("menuitem", name="File", exact=True)).to_be_visible(timeout=120_000)
        assert f"/user/{name}/lab" in lab.page.url
        return lab

    @property
    def home(self) -> Path:
        """The folder in which the server runs."""
        return self.hub.folder / "hub" / "homes" / self.name

    def menu(self, *names: str) -> None:
        """Choose from the menu."""
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).click()

    def open_list(self) -> Locator:
        """Open nbgrader's Assignment List and wait until it is complete."""
        self.menu("Nbgrader", "Assignment List")
        everything = self.page.locator("#nbgrader-assignment-list")
        expect(everything.locator(".tito-terms")).to_have_count(2)
        return everything

    def refresh(self) -> None:
        """Press the list's button; the lines are made anew."""
        with self.page.expect_response(lambda answer: "/tito/assignments" in answer.url):
            self.page.locator("#refresh_assignments_list").click()

    def row(self, kind: str, assignment: str) -> Locator:
        """The lines of an assignment: `released`, `fetched` or `submitted`."""
        return self.page.locator(f"#{kind}_assignments_list > .list_item").filter(has_text=assignment)

    def press(self, kind: str, assignment: str, button: str) -> None:
        """Press a button of an assignment's line."""
        self.row(kind, assignment).get_by_role("button", name=button, exact=True).click()

    def attempts(self, assignment: str) -> Locator:
        """The lines of the attempts at an assignment."""
        return self.row("submitted", assignment).locator(".nested_list_item")

    def fetch(self, assignment: str) -> None:
        """Fetch an assignment."""
        self.press("released", assignment, "Fetch")
        expect(self.row("fetched", assignment)).to_be_visible()

    def submit(self, assignment: str) -> None:
        """Submit, and wait for the answer."""
        with self.page.expect_response("**/assignments/submit?*"):
            self.press("fetched", assignment, "Submit")

    def dialog(self) -> Locator:
        """What JupyterLab wants to be read."""
        return self.page.locator(".jp-Dialog-content")

    def dismiss(self) -> None:
        """Press its only button."""
        self.dialog().get_by_role("button").click()
        expect(self.dialog()).to_have_count(0)

    def write(self, files: dict[str, bytes], assignment: str) -> None:
        """Put a notebook in place as it would be after some work."""
        for name, content in files.items():
            (self.home / assignment / name).write_bytes(content)

    def environment(self) -> dict[str, str]:
        """The environment of the server's process, which a terminal in it has, too. Raises LookupError without one."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    pairs = (entry / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if f"HOME={self.home}".encode() in pairs:
                    return dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)
        raise LookupError(f"no server of {self.name} runs")

    def assert_quiet(self) -> None:
        """No script of a page failed, and nothing was asked for elsewhere."""
        assert self.complaints == []

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.hub.url}/", "about:", "blob:", "data:")):
            self.complaints.append(f"asked for {url}")


EnterLab = Callable[[str], Lab]
"""Open JupyterLab as somebody, in a browser session of its own."""
