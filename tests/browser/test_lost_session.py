"""A session that ends while somebody types: after the next login the form has its text again, and nothing was done."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import world
from tests.browser.attacks import EVERYTHING, RAN
from tests.browser.axe import violations
from tests.hub.pages.conftest import Server
from tests.hub.place import Hub
from tito.gradebook import Gradebook
from tito.hub.names import PREFIX
from tito.hub.pages.viewer import Role

KEY = b"a key that stays" * 2
HOME = PREFIX.rstrip("/")
REASON = f"typed too late {EVERYTHING[:300]}"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_under_tito_serve_it_outlives_a_restart(
    chromium: Browser, filled: Path, tmp_path: Path, *, scripts: bool
) -> None:
    course = world.course(filled)
    viewer = world.VIEWERS[Role.INSTRUCTOR]
    context = chromium.new_context(java_script_enabled=scripts)
    with Gradebook.open(filled / "gradebook.db") as book:
        first = Server(course, book, viewer, key=KEY)
        page = context.new_page()
        page.goto(first.addresses[-1])
        page.goto(f"{first.origin}/students/ana")
        form = page.locator("form").filter(has_text="Set a score by hand")
        form.get_by_label("Checkpoint").select_option("cp03_components")
        form.get_by_label("Score").fill("62.5")
        form.get_by_label("Reason").fill(REASON)
        first.close()
        second = Server(course, book, viewer, key=KEY, port=first.port)
        try:
            form.get_by_role("button").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("you are no longer logged in")
            page.goto(second.addresses[-1])
            expect(page).to_have_url(f"{second.origin}/students/ana#form-override")
            expect(page.get_by_role("status")).to_contain_text("Nothing of it was done")
            expect(form.get_by_label("Checkpoint")).to_have_value("cp03_components")
            expect(form.get_by_label("Score")).to_have_value("62.5")
            expect(form.get_by_label("Reason")).to_have_value(REASON)
            assert page.get_by_role("row").filter(has_text="typed too late").count() == 0
            if scripts:
                page.get_by_role("status").locator("summary").click()
                assert violations(page) == []
                assert page.evaluate(RAN) is False
        finally:
            second.close()
            context.close()


def test_under_the_hub_it_outlives_a_logout(chromium: Browser, hub: Hub) -> None:
    student = hub.student()
    context = chromium.new_context()
    page, elsewhere = context.new_page(), context.new_page()
    page.goto(f"{hub.url}{HOME}/my")
    _log_in(page, hub, student.name)
    page.get_by_label("Pseudonym").fill(f"Kept Kite {student.name}")
    elsewhere.goto(f"{hub.url}/hub/logout")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing was changed")
    page.get_by_role("link", name="To the page of the form").click()
    if "/hub/" in page.url:  # the service notices a logout at once, or after the minutes for which it trusts the hub
        _log_in(page, hub, student.name)
    expect(page).to_have_url(f"{hub.url}{HOME}/my")
    expect(page.get_by_label("Pseudonym")).to_have_value(f"Kept Kite {student.name}")
    expect(page.get_by_role("status")).to_contain_text("Nothing of it was done")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("on the leaderboard as Kept Kite")
    context.close()


def _log_in(page: Page, hub: Hub, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Sign in").click()
