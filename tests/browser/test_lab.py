"""Students in a real JupyterLab: the Assignment List from the login to the feedback, and what it refuses in words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from playwright.sync_api import Browser, Route, expect

from tests.browser.lab import ACTIVE, WINDOW, EnterLab, Lab, log_in, picture
from tests.grading import mini
from tests.hub.place import CP00, CP01, ROOT, Hub
from tito.grading.grader import course_secret
from tito.hub.receipts import Signer

SOLVED = "#| export\ndef factor():\n    return 2\n"
BOOK = "01_tensor.ipynb"
IMPORTS = "import tinytorch\nassert tinytorch.core.setup.factor() == factor() == 2"
EMPTY = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'


def test_a_student_goes_from_the_login_to_the_feedback(lab_hub: Hub, enter_lab: EnterLab) -> None:
    student = lab_hub.student()
    lab = enter_lab(student.name)
    page = lab.page

    # The list, with due dates and what is left of the attempts.
    everything = lab.open_list()
    expect(lab.row("released", CP00)).to_contain_text("due ")
    expect(lab.row("released", CP00)).to_contain_text("3 of 3 attempts left")
    expect(lab.row("released", CP01)).to_contain_text("late work is taken until")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    expect(page.get_by_role("menuitem", name="Formgrader")).to_have_count(0)
    page.keyboard.press("Escape")
    picture(page, "student-1-list")

    # Fetch, and work in the real editor.
    lab.fetch(CP00)
    lab.row("fetched", CP00).get_by_text(CP00).click()
    lab.row("fetched", CP00).get_by_text("00_setup").click()
    book = page.locator(ACTIVE)
    cell = book.locator(".jp-CodeCell").filter(has_text="def factor")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(SOLVED)
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
    lab.menu("Run", "Run All Cells")
    expect(book.get_by_text("ok: factor()")).to_be_visible()
    picture(page, "student-2-notebook")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")

    # Validate.
    page.get_by_role("tab", name="Assignments").click()
    lab.press("fetched", CP00, "Validate")
    expect(lab.dialog()).to_contain_text("Your notebook passes all the tests.")
    picture(page, "student-3-validate")
    lab.dismiss()

    # Submit: the receipt is there with the answer.
    lab.submit(CP00)
    expect(lab.attempts(CP00)).to_have_count(1)
    line = lab.attempts(CP00)
    receipt = json.loads((lab.home / CP00 / "receipts" / "attempt-001.json").read_bytes())
    assert Signer(course_secret(lab_hub.course.paths.secret)).is_true(receipt)
    assert (receipt["student"], receipt["attempt"], receipt["late"]) == (student.name, 1, False)
    for part in ("attempt 1, 20", "in time", receipt["sha256"][:12], "this one counts", "receipts/attempt-001.json"):
        expect(line).to_contain_text(part)
    expect(lab.row("fetched", CP00)).to_contain_text("2 of 3 attempts left")
    picture(page, "student-4-receipt")

    # Seconds later: the result and the feedback, in the list.
    lab_hub.published(student, CP00)
    lab.refresh()
    expect(line).to_contain_text("70 of 100")
    expect(line).to_contain_text("(feedback available to fetch)")
    lab.press("submitted", CP00, "Fetch Feedback")
    line.get_by_text("(view feedback)").click()
    page.get_by_role("listitem", name="00_setup.html").dblclick()
    shown = page.frame_locator(".jp-HTMLViewer iframe")
    expect(shown.get_by_text("The factor", exact=True).first).to_be_visible()
    picture(page, "student-5-feedback")

    # On the page My checkpoints, which the list links to.
    page.get_by_role("tab", name="Assignments").click()
    with page.expect_popup() as opened:
        everything.get_by_role("link", name="My checkpoints").click()
    mine = opened.value
    step = mine.locator("#cp00")
    expect(step).to_contain_text("Published: 70 of 100")
    expect(step).to_contain_text("counts")
    step.scroll_into_view_if_needed()
    picture(mine, "student-6-my-checkpoints")

    # By `tito feedback` in the server's own environment.
    assert in_terminal(lab, "feedback", "00")["score"] == "70"

    # The next assignment builds on this one, by `tito sync`.
    lab.fetch(CP01)
    assert in_terminal(lab, "sync").keys() == {"00_setup.ipynb", BOOK}
    lab.write(mini.handin(mini.CP01, **{"test-double": IMPORTS, "test-shout": "pass"}), CP01)
    lab.row("fetched", CP01).get_by_text(CP01).click()
    lab.press("fetched", CP01, "Validate")
    expect(lab.dialog()).to_contain_text("Your notebook passes all the tests.")
    lab.assert_quiet()


def in_terminal(lab: Lab, *command: str) -> dict[str, Any]:
    """Run `tito` as in a terminal of somebody's server; return what it tells a script."""
    environment = lab.environment()
    assert "JUPYTERHUB_API_TOKEN" in environment
    told = subprocess.run(
        [sys.executable, "-m", "tito", *command, "--json"],
        env=environment | {"PYTHONPATH": str(ROOT)},
        cwd=lab.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert isinstance(document, dict)
    return document


def test_what_is_refused_late_or_repeated_is_told_in_the_list(lab_hub: Hub, enter_lab: EnterLab) -> None:
    student = lab_hub.student()
    lab = enter_lab(student.name)
    page = lab.page
    lab.open_list()
    lab.fetch(CP01)

    # The assignment's notebook is gone, and another is in its place.
    (lab.home / CP01 / BOOK).rename(lab.home / BOOK)
    lab.write({"scratch.ipynb": EMPTY}, CP01)
    lab.press("fetched", CP01, "Submit")
    expect(lab.dialog()).to_contain_text("Assignment not submitted:")
    expect(lab.dialog()).to_contain_text(BOOK)
    expect(lab.dialog()).not_to_contain_text("Traceback")
    picture(page, "refused-1-missing-notebook")
    lab.dismiss()
    (lab.home / CP01 / "scratch.ipynb").unlink()
    expect(lab.attempts(CP01)).to_have_count(0)

    # It was due yesterday; and the answer to the first submit is lost on the way.
    lab.write(mini.handin(mini.CP01), CP01)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/assignments/submit?*", lose, times=1)
    lab.press("fetched", CP01, "Submit")
    expect(lab.row("fetched", CP01)).to_contain_text("Error submitting assignment.")
    lab.refresh()
    expect(lab.attempts(CP01)).to_have_count(1)
    lab.submit(CP01)
    expect(lab.attempts(CP01)).to_contain_text("attempt 1,")
    # A day, and as long as the tests before this one took.
    expect(lab.attempts(CP01)).to_contain_text(re.compile(r"late by 2[4-6]\.\d hours"))
    expect(lab.row("fetched", CP01)).to_contain_text("2 of 3 attempts left")
    picture(page, "refused-2-late-and-repeated")

    # Two more, and the limit is reached: said before it is tried, and when it is.
    for number in (2, 3):
        lab.write(mini.handin(mini.CP01, shout=f"#| export\ndef shout(text):\n    return {number}\n"), CP01)
        lab.submit(CP01)
        expect(lab.attempts(CP01)).to_have_count(number)
    expect(lab.row("fetched", CP01)).to_contain_text("no attempt left now, one more from ")
    lab.write(mini.handin(mini.CP01, shout="#| export\ndef shout(text):\n    return 4\n"), CP01)
    lab.submit(CP01)
    expect(lab.dialog()).to_contain_text("you have used up your attempts at cp01_foundation for now")
    expect(lab.dialog()).to_contain_text("your newest attempt counts")
    picture(page, "refused-3-attempt-limit")
    lab.dismiss()

    # All attempts stay visible, and one counts.
    lines = lab.attempts(CP01).all_inner_texts()
    assert [line.partition(",")[0].strip() for line in lines] == ["attempt 1", "attempt 2", "attempt 3"]
    assert ["this one counts" in line for line in lines] == [False, False, True]
    recorded = lab_hub.api("GET", "submissions", student.token).json["submissions"]
    assert [one["attempt"] for one in recorded if one["attempt"] is not None] == [1, 2, 3]
    lab.assert_quiet()


def test_two_sessions_of_one_student_and_one_of_another_at_the_same_time(lab_hub: Hub, enter_lab: EnterLab) -> None:
    student, other = lab_hub.student(), lab_hub.student()
    labs = first, second, others = enter_lab(student.name), enter_lab(student.name), enter_lab(other.name)
    for lab in labs:
        lab.open_list()
    first.fetch(CP00)
    expect(second.row("fetched", CP00)).to_have_count(0)
    second.refresh()
    expect(second.row("fetched", CP00)).to_be_visible()
    first.write(mini.handin(mini.CP00), CP00)

    # The same is submitted from both, the second before the first has its answer.
    for lab in (first, second):
        lab.press("fetched", CP00, "Submit")
    for lab in (first, second):
        expect(lab.attempts(CP00)).to_have_count(1)
        expect(lab.attempts(CP00)).to_contain_text("attempt 1,")
    assert [one["attempt"] for one in lab_hub.api("GET", "submissions", student.token).json["submissions"]] == [1]
    picture(second.page, "sessions-second-of-the-same-student")

    others.refresh()
    expect(others.row("released", CP00)).to_contain_text("3 of 3 attempts left")
    expect(others.row("submitted", CP00)).to_have_count(0)
    answer = others.page.goto(f"{lab_hub.url}/user/{student.name}/lab")
    assert answer is not None
    assert answer.status == 403
    picture(others.page, "sessions-server-of-somebody-else")
    for lab in labs:
        lab.assert_quiet()


def test_a_student_on_a_staff_page_is_told_no(lab_hub: Hub, chromium: Browser) -> None:
    page = chromium.new_page(viewport=WINDOW)
    with page.expect_response(lambda answer: answer.url == f"{lab_hub.service_url}audit" and answer.status == 403):
        log_in(page, lab_hub, lab_hub.student().name, "/services/tito/audit")
    expect(page.get_by_role("link", name="To the first page")).to_be_visible()
    picture(page, "student-on-a-staff-page")
    page.get_by_role("link", name="To the first page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("My checkpoints")
    page.close()
