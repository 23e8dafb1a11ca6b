"""Every page of the site in every role that may see it: nothing runs, axe finds nothing, it fits, and keys suffice.

The pages come from `site.PAGES`: one that is added is tested here without a word (see `world.PARTS`).
"""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser import world
from tests.browser.attacks import FLAG
from tests.browser.axe import violations
from tests.browser.conftest import KeepPicture, Open, Tab
from tests.browser.world import Example
from tito.hub.pages.viewer import Role

EXAMPLES: Final = list(world.examples())
OPENED: Final = [example for example in EXAMPLES if example.plain]
SHOWN: Final = "main => main.innerText + [...main.querySelectorAll('input')].map(one => one.value).join(' ')"
OPEN_ALL: Final = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"
SPILLS: Final = """() => {
  const root = document.scrollingElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide) return [];
  return ['page is ' + root.scrollWidth + ' wide in ' + wide, ...[...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > wide + 1 && !one.closest('.wide')?.parentElement
      .getBoundingClientRect().right <= wide).map(one => one.outerHTML.slice(0, 160)).slice(0, 8)];
}"""
UNREACHED: Final = """() => [...document.querySelectorAll('*')].filter(one => {
  const style = getComputedStyle(one);
  return ['auto', 'scroll'].includes(style.overflowX) && one.scrollWidth > one.clientWidth && one.tabIndex < 0;
}).map(one => one.outerHTML.slice(0, 160))"""
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TIME: Final = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?( UTC[+-]\d{2}:\d{2}|[+-]\d{2}:\d{2})?(?!\d)")
FOCUS: Final = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  if (one === document.body) return null;
  window.titoSeen ??= new Set();
  const again = window.titoSeen.has(one);
  window.titoSeen.add(one);
  const within = (value, end) => Math.min(Math.max(value, 1), end - 2);
  // A link may go on over many lines: it is enough to see one of them.
  const seen = [...one.getClientRects()].filter(box => box.width > 0 && box.height > 0 && box.bottom > 0 &&
    box.right > 0 && box.top < innerHeight && box.left < innerWidth);
  const free = seen.filter(box => {
    const top = document.elementFromPoint(within(box.left + box.width / 2, innerWidth),
      within(box.top + Math.min(box.height / 2, 12), innerHeight));
    return top && (one.contains(top) || top.contains(one));
  });
  return {html: one.outerHTML.slice(0, 120), again, inView: seen.length > 0, covered: free.length === 0,
    marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""
FOCUSABLE: Final = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, ' +
  'textarea, summary, [tabindex="0"]')].filter(one => one.checkVisibility() && !one.disabled).length"""
MANY: Final = 70
"""How many steps of the Tab key are followed: a page with more repeats itself by then."""


def settled(tab: Tab, path: str) -> Page:
    """Open a page; one that tells how far something is, once that has ended."""
    page = tab.go(path)
    for _ in range(1000):
        if not page.get_by_role("link", name="Look again").count():
            break
        page.reload()
    else:
        raise AssertionError(f"{path} is still not at its end")
    return page


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_nothing_runs_and_nothing_is_asked_for_elsewhere(look: Open, example: Example) -> None:
    tab = look(example.role)
    page = settled(tab, example.path)
    text = page.inner_text("body")
    assert FLAG in page.locator(".course").inner_text()
    if example.page not in world.WITHOUT_TEXT:
        assert FLAG in page.locator("main").evaluate(SHOWN), (
            "no attack is on this page: give `world.fill` one that it shows"
        )
    tab.assert_quiet()
    assert UNPRINTABLE.findall(text) == [], "marks that turn or break the text around them"
    assert [found[0] for found in TIME.finditer(text) if not found[1]] == [], "times without an offset"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_axe_finds_nothing_in_light_and_in_dark(look: Open, example: Example, keep_picture: KeepPicture) -> None:
    tab = look(example.role)
    page = settled(tab, example.path)
    keep_picture(page, f"{example.role.value}-{example.page}-light" if example.plain else "")
    page.evaluate(OPEN_ALL)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    keep_picture(page, f"{example.role.value}-{example.page}-dark" if example.plain else "")


@pytest.mark.parametrize("example", OPENED, ids=str)
def test_it_fits_a_phone_and_a_page_at_twice_the_size(look: Open, example: Example, keep_picture: KeepPicture) -> None:
    page = settled(look(example.role), example.path)
    page.evaluate(OPEN_ALL)
    # A phone; 1280 pixels at 400 % (WCAG 1.4.10); the same at 200 %.
    for width in (360, 320, 640):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(SPILLS) == [], f"{width} pixels wide"
        assert page.evaluate(UNREACHED) == [], f"no key scrolls this, {width} pixels wide"
        keep_picture(page, f"{example.role.value}-{example.page}-{width}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")  # text alone (WCAG 1.4.4)
    assert page.evaluate(SPILLS) == [], "letters of twice the size"


@pytest.mark.parametrize("example", OPENED, ids=str)
def test_the_tab_key_goes_through_everything_in_order(look: Open, example: Example) -> None:
    page = look(example.role).go(example.path)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    assert page.evaluate(FOCUS)["inView"]
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    page = look(example.role).go(example.path)
    steps = page.evaluate(FOCUSABLE)
    for number in range(min(steps, MANY)):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        assert seen is not None, f"after {number} of {steps} the focus is nowhere"
        assert seen["marked"], f"one cannot see that the focus is here: {seen['html']}"
        assert seen["inView"], f"out of sight: {seen['html']}"
        assert not seen["covered"], f"something lies over it (WCAG 2.4.11): {seen['html']}"
        assert not seen["again"], f"the focus comes back before it was everywhere: {seen['html']}"


@pytest.mark.parametrize("example", OPENED, ids=str)
def test_it_says_the_same_without_javascript(look: Open, example: Example) -> None:
    def shown(**options: bool) -> tuple[str, list[str]]:
        page = settled(look(example.role, **options), example.path)
        page.evaluate(
            "() => document.querySelectorAll('.keys').forEach(one => { one.hidden = true; })"
        )  # the scripts' own
        return page.inner_text("main"), page.locator("form").evaluate_all(
            # Not by `action`: a field of that name would stand in its place.
            "all => all.map(one => new URL(one.getAttribute('action') ?? '', document.baseURI).pathname)"
        )

    assert shown(java_script_enabled=False) == shown()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_its_data_can_be_had_as_json(look: Open, example: Example) -> None:
    tab = look(example.role)
    answer = tab.page.request.get(tab.origin + example.path, headers={"Accept": "application/json"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


def test_the_world_has_something_on_the_pages_that_may_be_empty(look: Open) -> None:
    tab = look(Role.INSTRUCTOR)

    def data(path: str) -> Any:
        settled(tab, path)
        return tab.page.request.get(f"{tab.origin}{path}?format=json").json()

    assert len(data("/similarity/cp00")["pairs"]) == 1
    assert data("/similarity/cp00/2/4")["parts"] > 0
    assert [place["pseudonym"] for place in data("/leaderboard")["places"]] == ["Quick Fox", "Slow Snail"]
    assert len(data("/at-risk")["lines"]) > 0
    assert len(data("/regrading")["lines"]) > 0
    assert len(data("/requests")["lines"]) > 0
    assert any(one["score"] for one in data("/submissions/2")["answers"])
