"""Grading written answers by keys: bands, comments, saving, and that none is taken from who types."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.attacks import FLAG
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tito.hub.pages.viewer import Role


def grade_one(work: Open) -> Page:
    """Take the next answer of question 1; its bands give 4 and 10 points."""
    page = work(Role.INSTRUCTOR).go("/written/1")
    page.get_by_role("button", name="Grade the next one").click()
    expect(page.locator("#score")).to_be_visible()
    return page


def test_an_answer_is_graded_by_keys(work: Open) -> None:
    page = grade_one(work)
    points = page.locator("input[name=points]")
    page.keyboard.press("2")
    expect(points).to_have_value("10")
    page.keyboard.press("2")
    expect(points).to_have_value("9")
    page.keyboard.press("Shift+1")
    expect(page.locator("[data-comment='1']")).to_be_checked()
    page.keyboard.press("c")
    page.keyboard.type("1 just keep going")
    expect(page.locator("textarea")).to_have_value("1 just keep going")
    expect(points).to_have_value("9")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("9 points for answer")


def test_from_the_menu_to_a_saved_score_with_keys_alone(work: Open) -> None:
    page = work(Role.INSTRUCTOR).go("/")
    for name in ("Written answers", "Why?", "Grade the next one"):
        one = page.get_by_role("button" if "next" in name else "link", name=name).first
        for _ in range(100):
            page.keyboard.press("Tab")
            if one.evaluate("one => one === document.activeElement"):
                break
        before = page.url
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("well said")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("10 points for answer")


def test_typed_points_choose_their_band(work: Open) -> None:
    page = grade_one(work)
    page.locator("input[name=points]").fill("7")
    expect(page.locator("[data-band='2']")).to_be_checked()
    page.locator("input[name=points]").fill("1")
    expect(page.locator("[data-band='1']")).to_be_checked()


def test_keys_can_be_switched_off_for_good(work: Open) -> None:
    page = grade_one(work)
    page.locator("#keys").uncheck()
    page.reload()
    expect(page.locator("#keys")).not_to_be_checked()
    before = page.url
    page.keyboard.press("2")
    page.keyboard.press("u")
    expect(page.locator("[data-band='2']")).not_to_be_checked()
    assert page.url == before


def test_the_form_is_accessible_and_runs_nothing(work: Open) -> None:
    page = grade_one(work)
    assert violations(page) == []
    assert page.evaluate(f"window.{FLAG}") is None
