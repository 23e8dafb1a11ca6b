"""The ways between pages: what the menu marks, what a tab is called, and where the next thing to do is."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Answer, Enter
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import open_request
from tito.hub.pages.site import PAGES
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR, ANA = Viewer(Role.INSTRUCTOR, "ira"), Viewer(Role.STUDENT, "ana")


@pytest.fixture
def submission(gradebook: Gradebook, course: Course) -> int:
    """Ana's, published: of three tests one passes, and a request is about one that does not."""
    samples.graders(gradebook)
    handed_in = samples.hand_in(gradebook)
    samples.grade(
        gradebook,
        handed_in,
        samples.outcome("test_secret", "1", "4"),
        samples.outcome("test::open", "0", "2", public=True),
        samples.outcome("test_right", public=True),
    )
    assert handed_in.id is not None
    with gradebook.begin("instructor:ira") as work:
        publish(work, course, CHECKPOINTS[1])
    with gradebook.begin("student:ana") as work:
        open_request(work, submission_id=handed_in.id, about="test::open", reason="Why?")
    return handed_in.id


def title(page: Answer) -> str:
    found = re.search("<title>(.*)</title>", page.text)
    assert found
    return found[1]


def marked(page: Answer) -> list[str]:
    """What the menu says is here, or leads here."""
    menu = page.text.partition('aria-label="Pages"')[2].partition("</nav>")[0]
    return re.findall('aria-current="[a-z]+">([^<]*)<', menu)


@pytest.mark.parametrize(
    ("path", "menu", "tab"),
    [
        ("/students/ana", "Gradebook", "Ana"),
        ("/submissions/1", "Gradebook", "cp01, attempt 1, Ana"),
        ("/checkpoints/cp01", "Checkpoints", "Checkpoint 01: Foundation over the class"),
        ("/regrading/cp01", "Regrading", "Regrading Checkpoint 01: Foundation"),
        ("/requests/1", "Regrade requests", "Request 1, Ana"),
        ("/audit", "Changes", "Changes"),
    ],
)
def test_the_menu_and_the_tab_say_where_one_is(enter: Enter, submission: int, path: str, menu: str, tab: str) -> None:
    page = enter(INSTRUCTOR).get(path)
    assert page.status == 200
    assert marked(page) == [menu]
    assert title(page).startswith(tab)


def test_a_students_menu_marks_their_own_first_page(enter: Enter, submission: int) -> None:
    browser = enter(ANA)
    assert [marked(browser.get(path)) for path in ("/students/ana", "/submissions/1")] == [["My checkpoints"]] * 2


def test_every_page_is_in_the_menu_or_within_one_that_is() -> None:
    menu = {page.name: page for page in PAGES if page.menu}
    for page in PAGES:
        for role in page.roles:
            leading = [name for name in (page.name, *page.within) if name in menu and role in menu[name].roles]
            assert len(leading) == 1, (page.name, role)


def test_a_refused_form_says_where_it_stands(enter: Enter) -> None:
    browser = enter(INSTRUCTOR)
    refused = browser.send("/students/ana", "/students/ana/override", checkpoint="cp01", score="x", reason="y")
    assert refused.status == 422
    assert '<a href="#form-override">To the form, with what you typed</a>' in refused.text
    assert 'id="form-override"' in refused.text
    assert marked(refused) == ["Gradebook"]
    assert "To the form" not in browser.get("/students/ana").text


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        ("/checkpoints/cp99", '<a href="/checkpoints">To Checkpoints</a>'),
        ("/requests/99", '<a href="/requests">To Regrade requests</a>'),
        ("/written/99", '<a href="/written">To Written answers</a>'),
        ("/regrading/cp99", '<a href="/regrading">To Regrading</a>'),
    ],
)
def test_what_is_not_there_leads_to_the_list_of_what_is(enter: Enter, path: str, onward: str) -> None:
    gone = enter(INSTRUCTOR).get(path)
    assert gone.status in (400, 404)
    assert onward in gone.text
    assert "`" not in gone.text.partition("<main")[2]


def test_a_submission_says_first_which_tests_do_not_pass(enter: Enter, submission: int) -> None:
    page = enter(INSTRUCTOR).get(f"/submissions/{submission}").text
    assert '<strong class="fail">2 of 3</strong> tests do not pass' in page
    ways = re.findall('<li><a href="#(test-[^"]*)">', page)
    assert ways == ["test-test_secret", "test-test%3A%3Aopen"]
    for name in ("test-test::open", "test-test_secret", "test-test_right"):
        assert page.count(f'id="{name}"') == 1
    assert '<a href="/checkpoints/cp01">' in page
    seen = enter(ANA).get(f"/submissions/{submission}").text
    hidden, public = sorted(re.findall('<li><a href="#(test-[^"]*)">', seen))
    assert public == "test-test%3A%3Aopen"
    assert f'id="{hidden}"' in seen
    assert "test_secret" not in seen.replace("The title of test_secret", "")
    assert "/checkpoints/" not in seen


@pytest.mark.parametrize(("missed", "shown"), [(12, "<details open><summary>"), (13, "<details><summary>")])
def test_many_tests_that_do_not_pass_are_folded(enter: Enter, gradebook: Gradebook, missed: int, shown: str) -> None:
    samples.graders(gradebook)
    handed_in = samples.hand_in(gradebook)
    samples.grade(gradebook, handed_in, *(samples.outcome(f"test_{number}", "0") for number in range(missed)))
    page = enter(INSTRUCTOR).get(f"/submissions/{handed_in.id}").text
    assert f"{shown}Which</summary>" in page


def test_a_request_leads_to_the_test_it_is_about(enter: Enter, submission: int) -> None:
    assert f'href="/submissions/{submission}#test-test%3A%3Aopen"' in enter(INSTRUCTOR).get("/requests/1").text


def test_a_student_reads_the_published_score_where_the_feedback_is(
    enter: Enter, gradebook: Gradebook, clock: Clock, submission: int
) -> None:
    browser = enter(ANA)
    clock.forward(hours=1)
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal("61.5"), reason="seen")
    page = browser.get(f"/submissions/{submission}").text
    published = browser.json(f"/submissions/{submission}")["published"]
    assert published == browser.json("/students/ana")["steps"][1]["published"] == "35"
    assert "your published score is <strong>35 of 100</strong>" in page
    assert "61.5" not in page
    staff = enter(INSTRUCTOR).get(f"/submissions/{submission}").text
    assert "61.5 of 100 counts now; the student sees 35." in staff


def test_a_record_tells_what_is_set_by_hand_and_leads_to_publishing(
    enter: Enter, gradebook: Gradebook, clock: Clock, submission: int
) -> None:
    browser = enter(INSTRUCTOR)
    clock.forward(hours=1)
    onward = 'href="/regrading/cp01_foundation?student=ana"'
    assert onward not in browser.get("/students/ana").text  # the student sees what counts
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[1], score=Decimal("61.5"), reason="seen")
    record = browser.get("/students/ana").text
    assert "<strong>61.5</strong> (set by hand)" in record
    assert onward in record
    assert [step["by_hand"] for step in browser.json("/students/ana")["steps"][:3]] == [False, True, False]
    seen = enter(ANA).get("/students/ana").text
    assert "set by hand" not in seen
    assert "/regrading/" not in seen


def test_a_long_record_has_ways_to_its_parts(enter: Enter, submission: int) -> None:
    record = enter(INSTRUCTOR).get("/students/ana").text
    for part in ("cp00", "cp15", "requests", "exceptions", "history"):
        assert record.count(f'href="#{part}"') == record.count(f'id="{part}"') == 1
    own = enter(ANA).get("/students/ana").text
    assert 'href="#cp15"' in own
    assert 'href="#exceptions"' not in own


def test_an_analysis_has_ways_to_its_parts(enter: Enter, submission: int) -> None:
    page = enter(INSTRUCTOR).get("/checkpoints/cp01").text
    for part in ("scores", "attempts", "missed", "tests", "flaky"):
        assert page.count(f'href="#{part}"') == page.count(f'id="{part}"') == 1


def test_staff_find_a_student_from_every_page(enter: Enter, submission: int) -> None:
    staff, student = enter(INSTRUCTOR), enter(ANA)
    for path in ("/audit", "/requests/1", "/submissions/1", "/students/nobody"):
        head = staff.get(path).text.partition("</header>")[0]
        assert '<form class="find" method="get" action="/"' in head
        assert 'name="search"' in head
    assert 'class="find"' not in staff.get("/").text  # the gradebook has a search of its own
    assert 'class="find"' not in student.get("/my").text


def test_a_preview_without_changes_says_so(enter: Enter, submission: int) -> None:
    page = enter(INSTRUCTOR).get("/regrading/cp01").text
    assert "<strong>No grade would change.</strong>" in page
    assert "0 down" not in page


def test_a_vanished_submission_says_where_to_look(enter: Enter) -> None:
    gone = enter(INSTRUCTOR).get("/submissions/99")
    assert gone.status == 404
    assert "Look for the student in the gradebook" in gone.text


def test_a_request_leads_to_those_that_wait(enter: Enter, submission: int) -> None:
    assert '<a href="/requests?status=open">Open requests</a>' in enter(INSTRUCTOR).get("/requests/1").text
