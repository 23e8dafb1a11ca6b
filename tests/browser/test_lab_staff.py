"""Staff on a real hub: formgrader in an instructor's JupyterLab, a written answer on its way to the student's page."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import WINDOW, EnterLab, log_in, picture
from tests.grading import mini
from tests.hub.place import CP00, Hub, Person, section_of
from tito.hub.names import PREFIX


def given_out(hub: Hub, student: Person) -> set[str]:
    return {one["assignment_id"] for one in hub.api("GET", "assignments", student.token).json["assignments"]}


def test_an_instructor_releases_and_collects_in_formgrader(lab_hub: Hub, enter_lab: EnterLab) -> None:
    student = lab_hub.student()
    assert lab_hub.submit(student, mini.handin(mini.CP00), checkpoint=CP00).status == 201
    lab = enter_lab("ira")
    lab.menu("Nbgrader", "Formgrader")
    formgrader = lab.page.frame_locator("#formgrader-iframe iframe")
    line = formgrader.locator("tr").filter(has_text=CP00)

    def press(column: str, said: str) -> None:
        line.locator(f".{column} a").click()
        told = formgrader.locator(".modal-content")
        expect(told).to_contain_text(said)
        told.locator(".modal-footer button").click()
        expect(told).to_have_count(0)

    expect(line.locator(".status")).to_have_text("released")
    try:
        press("release", f"Successfully unreleased '{CP00}'.")
        expect(line.locator(".status")).to_have_text("draft")
        assert CP00 not in given_out(lab_hub, student)
        press("release", f"Successfully released '{CP00}'.")
        assert CP00 in given_out(lab_hub, student)
    finally:  # other tests fetch it
        lab_hub.api("PUT", f"assignments/{CP00}/release", lab_hub.person("ira").token)
    expect(line.locator(".status")).to_have_text("released")
    press("collect", f"Successfully collected submissions of '{CP00}'.")
    collected = lab_hub.course.root / "submitted" / student.name / CP00 / "00_setup.ipynb"
    assert collected.read_bytes() == mini.handin(mini.CP00)["00_setup.ipynb"]
    expect(line.locator(".num-submissions a")).to_be_visible()
    line.scroll_into_view_if_needed()
    picture(lab.page, "instructor-1-formgrader")
    lab.assert_quiet()


def test_a_written_answer_goes_from_the_ta_to_the_students_page(lab_hub: Hub, chromium: Browser) -> None:
    student = lab_hub.student()
    while section_of(student.name) != "A":  # tim's
        student = lab_hub.student()
    number = lab_hub.submit(student, mini.handin(mini.CP00), checkpoint=CP00).json["submission"]
    lab_hub.published(student, CP00)

    def page_of(name: str, path: str) -> Page:
        page = chromium.new_page(viewport=WINDOW, reduced_motion="reduce")
        log_in(page, lab_hub, name, PREFIX + path)
        return page

    # The TA grades it, without the student's name.
    ta = page_of("tim", "written")
    ta.get_by_role("row").filter(has_text="Checkpoint 00").get_by_role("link", name="Why two?").click()
    ta.locator(f"tbody a[href$='/{number}']").click()
    ta.get_by_role("button", name="Grade this answer").click()
    expect(ta.get_by_role("region", name="The answer", exact=True)).to_contain_text("Because.")
    expect(ta.locator("main")).not_to_contain_text(student.name)
    ta.get_by_label("Points of 30").fill("25")
    ta.get_by_label("Comment for the student").fill("Say *why*, too.")
    picture(ta, "ta-1-written-answer")
    ta.get_by_role("button", name="Save, stay").click()
    expect(ta.get_by_role("status")).to_contain_text("25 points for answer")

    # Until it is published, the student sees what was published.
    mine = page_of(student.name, "my")
    expect(mine.locator("#cp00")).to_contain_text("Published: 70 of 100; written answers can still add 30")

    # Publishing is the instructor's; a grader sees the preview.
    ta.goto(f"{lab_hub.service_url}regrading/{CP00}")
    expect(ta.get_by_role("row").filter(has_text=student.name.upper())).to_contain_text("95")
    expect(ta.get_by_role("button", name="Publish")).to_have_count(0)
    ira = page_of("ira", f"regrading/{CP00}")
    picture(ira, "instructor-2-preview")
    ira.get_by_role("button", name="Publish").click()
    expect(ira.get_by_role("status")).to_contain_text("Published as number")
    mine.reload()
    expect(mine.locator("#cp00")).to_contain_text("Published: 95 of 100")
    mine.locator("#cp00").get_by_role("link", name="Result and feedback").click()
    expect(mine.locator("main")).to_contain_text("Say why, too.")
    picture(mine, "student-7-written-answer")
    for page in (ta, mine, ira):
        page.close()
