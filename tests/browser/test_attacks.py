"""That the attacks are attacks, and that these tests would notice: on a page without our care, they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import world
from tests.browser.attacks import LEFT_IN_PAGE, PAYLOADS, QUIET, RAN
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tito.hub.pages import site
from tito.hub.pages.viewer import Role


@pytest.fixture
def careless(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """A site that shows what it is given as it is; nothing else can be reached."""
    page = chromium.new_page()

    def show(text: str) -> Page:
        page.route("**/*", lambda route: route.abort())
        page.route("http://careless.example/", lambda route: route.fulfill(body=text, content_type="text/html"))
        page.goto("http://careless.example/", wait_until="domcontentloaded")
        return page

    yield show
    page.close()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_attack_runs_where_nothing_stops_it(careless: Callable[[str], Page], payload: str) -> None:
    page = careless(f"<!doctype html><title>x</title><body><p>{payload}</p></body>")
    page.wait_for_function(RAN)
    assert page.evaluate(LEFT_IN_PAGE) != []


@pytest.mark.parametrize("payload", [*QUIET[2:5], "<a href='javascript:x()'>a</a>"])
def test_what_waits_for_a_click_is_noticed(careless: Callable[[str], Page], payload: str) -> None:
    assert careless(f"<!doctype html><body>{payload}</body>").evaluate(LEFT_IN_PAGE) != []


def test_a_tab_notices_what_a_page_asks_for_and_what_its_policy_stops(look: Open) -> None:
    tab = look(Role.INSTRUCTOR)
    page = tab.go("/")
    page.route("https://attacker.example/**", lambda route: route.abort())
    page.evaluate(
        "() => { document.body.innerHTML += `<img src='https://attacker.example/a.png'><p onclick='x()'>`;"
        "const one = document.createElement('script'); one.textContent = 'window.x = 1'; document.body.append(one); }"
    )
    page.wait_for_function("() => document.querySelector('img').complete")
    told = " ".join(tab.complaints)
    assert "img-src" in told
    assert "script-src" in told
    assert page.evaluate("() => window.x") is None
    with pytest.raises(AssertionError):
        tab.assert_quiet()


def test_axe_notices_what_is_wrong(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/")
    page.evaluate("() => { document.querySelector('h1').outerHTML = '<h1></h1><input><img src=x>'; }")
    assert {"empty-heading", "image-alt", "label"} <= {found.partition(":")[0] for found in violations(page)}


def test_a_page_that_nothing_is_known_of_fails_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    page = site.Page("thread", "/threads/{thread}", frozenset({Role.STUDENT}), "Thread", lambda asked: asked)
    monkeypatch.setattr(world, "PAGES", (page,))
    with pytest.raises(LookupError, match=r"'thread'.*PARTS of world.py"):
        list(world.examples())
