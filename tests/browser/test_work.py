"""What people do on the pages: with keys alone, without JavaScript, and what they see when something is in the way."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attacks import EVERYTHING, FLAG
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tito.course.checkpoints import CHECKPOINTS
from tito.hub.pages.viewer import Role

STUDENT: Final = "/students/ana"
A4: Final = {"width": 718, "height": 1000}
"""The width of a sheet of A4 without its margins, in CSS pixels."""


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the field of this label has the focus."""
    field = page.get_by_label(label).element_handles()
    for _ in range(200):
        page.keyboard.press("Tab")
        if any(one.evaluate("one => one === document.activeElement") for one in field):
            return
    raise AssertionError(f"no number of Tabs leads to {label!r}")


def test_a_score_is_set_with_keys_alone(work: Open) -> None:
    page = work(Role.INSTRUCTOR).go(STUDENT)
    tab_to(page, "Checkpoint")
    page.keyboard.type("cp03")  # a select goes to the line that begins with what is typed
    page.keyboard.press("Tab")
    page.keyboard.type("62.5")
    page.keyboard.press("Tab")
    page.keyboard.type(f"oral exam {EVERYTHING[:300]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"The score at {CHECKPOINTS[3].slug} is now 62.5.")
    assert page.url.endswith(STUDENT)
    assert page.get_by_role("row").filter(has_text="oral exam").count() == 1


def test_the_gradebook_is_searched_with_keys_alone(look: Open) -> None:
    page = look(Role.GRADER).go("/")
    tab_to(page, "Name or id")
    page.keyboard.type("ben")
    page.keyboard.press("Enter")
    expect(page.locator("tbody th")).to_have_count(1)
    expect(page.locator("tbody th")).to_contain_text("Ben")


def test_the_changes_are_as_wide_as_the_window(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/audit")
    page.set_viewport_size({"width": 1120, "height": 720})
    hidden = "one => one.scrollWidth - one.clientWidth"
    assert page.get_by_role("region", name="Changes").evaluate(hidden) == 0


def test_the_changes_are_filtered(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/audit")
    page.get_by_label("What").select_option("grade.override")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"action=grade\.override"))
    assert set(page.locator("tbody td:nth-child(3)").all_inner_texts()) == {"score set by hand"}
    page.get_by_label("Checkpoint").select_option(label="00 environment")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"checkpoint=cp00"))
    expect(page.locator("tbody")).to_contain_text("No change fits")


def test_filters_apply_together_and_not_at_each_key(look: Open) -> None:
    tab = look(Role.INSTRUCTOR)
    page = tab.go("/")
    opened: list[str] = []
    page.on("framenavigated", lambda frame: opened.append(frame.url))
    page.get_by_label("State").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.get_by_label("Section").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"section=A"))
    assert page.locator("tbody tr").count() == 2
    assert len(opened) == 1
    tab.assert_quiet()


def test_forms_work_without_javascript(work: Open) -> None:
    page = work(Role.GRADER, java_script_enabled=False).go("/?section=&state=&search=&sort=name&order=up")
    page.get_by_label("Name or id").fill("ana")
    page.get_by_role("button", name="Show").click()
    page.locator("tbody th a").click()
    form = page.locator("form").filter(has_text="Change the late days")
    form.get_by_label("Days more").fill("2")
    form.get_by_label("Reason").fill("ill")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("late days")


def test_a_refused_form_keeps_what_was_typed(work: Open) -> None:
    tab = work(Role.INSTRUCTOR)
    page = tab.go(STUDENT)
    form = page.locator("form").filter(has_text="Set a score by hand")
    form.get_by_label("Score").fill("101")
    form.get_by_label("Reason").fill(EVERYTHING[:400])
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert form.get_by_label("Reason").input_value() == EVERYTHING[:400]
    assert violations(page) == []
    tab.assert_quiet()


def test_a_form_that_was_overtaken_shows_both_versions(work: Open) -> None:
    first, second = work(Role.INSTRUCTOR), work(Role.GRADER)
    for tab, score, reason in ((first, "40", f"mine {EVERYTHING[:300]}"), (second, "60", f"theirs {EVERYTHING[:300]}")):
        form = tab.go(STUDENT).locator("form").filter(has_text="Set a score by hand")
        form.get_by_label("Score").fill(score)
        form.get_by_label("Reason").fill(reason)
    second.page.get_by_role("button", name="Set the score").click()
    expect(second.page.get_by_role("status")).to_contain_text("60")
    first.page.get_by_role("button", name="Set the score").click()
    page = first.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Changed meanwhile")
    assert "theirs" in page.inner_text("main")
    assert f"mine <script>window.{FLAG}" in page.inner_text("main")
    assert violations(page) == []
    first.assert_quiet()
    page.get_by_role("button", name="Save mine all the same").click()
    expect(page.get_by_role("status")).to_contain_text("40")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.STUDENT, "/audit", 403),
        (Role.STUDENT, "/students/ben", 403),
        (Role.GRADER, "/students/" + "a" * 64, 403),
        (Role.INSTRUCTOR, f"/students/%3Cscript%3Ewindow.{FLAG}=1%3C%2Fscript%3E", 404),
        (Role.INSTRUCTOR, f"/submissions/%3Cimg%20src=x%20onerror=window.{FLAG}=1%3E", 400),
        (Role.INSTRUCTOR, "/nowhere", 404),
    ],
)
def test_a_page_that_says_what_happened_is_a_page_too(look: Open, role: Role, path: str, status: int) -> None:
    tab = look(role)
    page = tab.go(path, status)
    assert page.get_by_role("link", name="To the first page").count() == 1
    assert violations(page) == []
    tab.assert_quiet()


def test_a_students_record_prints_whole(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go(STUDENT)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(A4)
    assert page.locator("nav, form, .skip").evaluate_all("all => all.filter(one => one.checkVisibility()).length") == 0
    # Paper does not scroll, and a dark screen's owner has white paper.
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className)"
    assert page.locator("main, .wide, pre").evaluate_all(cut) == []
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.get_by_role("heading", name="History").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_matrix_keeps_its_head_and_its_bars_in_sight(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/")
    page.set_viewport_size({"width": 1000, "height": 500})
    region = page.get_by_role("region", name="Students and checkpoints")
    # A class of fifty: more lines than the window has room for.
    region.locator("tbody").evaluate(
        "one => { const row = one.rows[0]; while (one.rows.length < 50) one.append(row.cloneNode(true)); }"
    )
    region.scroll_into_view_if_needed()
    region.evaluate("one => one.scrollTo(400, 900)")
    box = region.bounding_box()
    head = region.locator("thead th").last.bounding_box()
    corner = region.locator("thead th").first.bounding_box()
    assert box is not None
    assert head is not None
    assert corner is not None
    assert box["height"] < 500
    assert abs(head["y"] - box["y"]) < 2
    assert abs(corner["x"] - box["x"]) < 2
    page.set_viewport_size({"width": 390, "height": 800})
    assert region.evaluate("one => one.scrollHeight - one.clientHeight") == 0  # on a phone the page itself scrolls
    region.evaluate("one => one.scrollTo(400, 0)")
    name = region.locator("tbody th").first.bounding_box()
    assert name is not None
    assert abs(name["x"] - 12) < 2
    assert name["width"] < 140, "two checkpoints have room beside the name"


def test_a_link_to_a_test_opens_it(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/submissions/2")
    page.locator("details.test").evaluate_all("all => all.forEach(one => { one.open = false; })")
    page.locator("main li a[href^='#test-']").first.click()
    target = page.locator("details.test:target")
    expect(target).to_have_attribute("open", "")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("details.test:target")).to_have_attribute("open", "")


def test_a_refused_form_is_one_link_away(work: Open) -> None:
    page = work(Role.INSTRUCTOR).go(STUDENT)
    form = page.locator("#form-late-days")
    form.get_by_label("Days more").fill("some")
    form.get_by_label("Reason").fill("ill")
    form.get_by_role("button").click()
    page.get_by_role("link", name="To the form, with what you typed").press("Enter")
    expect(form).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('form').id") == "form-late-days"


def test_a_student_is_found_from_another_page(look: Open) -> None:
    page = look(Role.GRADER).go("/requests")
    page.get_by_label("Find a student by name or id").fill("ben")
    page.keyboard.press("Enter")
    expect(page.locator("tbody th")).to_have_count(1)
    expect(page.locator("tbody th")).to_contain_text("Ben")


def test_the_matrix_prints_without_broken_words(look: Open) -> None:
    page = look(Role.INSTRUCTOR).go("/")
    page.emulate_media(media="print")
    broken = page.locator(".matrix .word").evaluate_all(
        "all => all.filter(one => one.innerText.length < 8 && one.getBoundingClientRect().height > 20).length"
    )
    assert broken == 0
    widths = page.locator("tbody tr").first.locator(".cell").evaluate_all("all => all.map(one => one.offsetWidth)")
    assert len(widths) == 16
    assert max(widths) < 60, "a sheet across has room for sixteen of them, the names and the totals"
