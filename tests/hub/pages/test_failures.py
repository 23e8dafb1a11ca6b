"""Who did not pass a test: whom a viewer sees, where each line leads, and how a long list goes on."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.gradebook import samples
from tests.hub.pages.conftest import Enter
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import failures

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_A = Viewer(Role.GRADER, "gus", frozenset({"A"}))
PAGE = "/checkpoints/cp01/tests/test_add"


def graded(gradebook: Gradebook, student: str, content: str, earned: str, verdict: Verdict | None = None) -> int:
    handed_in = samples.hand_in(gradebook, student, f"{student} {content}")
    outcomes = [samples.outcome("test_sum", public=True), samples.outcome("test_add", earned, verdict=verdict)]
    samples.grade(gradebook, handed_in, *outcomes)
    assert handed_in.id is not None
    return handed_in.id


@pytest.fixture
def two(gradebook: Gradebook) -> dict[str, int]:
    """Ana passed at first and then no more; Ben's ended by time. The submissions that count."""
    samples.graders(gradebook)
    graded(gradebook, "ana", "first", "4")
    return {
        "ana": graded(gradebook, "ana", "second", "0"),
        "ben": graded(gradebook, "ben", "first", "0", Verdict.TIMED_OUT),
    }


def test_a_test_leads_to_those_who_did_not_pass_and_to_the_test_in_their_attempts(
    enter: Enter, two: dict[str, int]
) -> None:
    browser = enter(INSTRUCTOR)
    analysis = browser.get("/checkpoints/cp01").text
    assert f'href="{PAGE}">who' in analysis
    assert "tests/test_sum" not in analysis  # everybody passed it
    data = browser.json(PAGE)
    assert [(line["student"], line["submission"], line["attempt"], line["verdict"]) for line in data["lines"]] == [
        ("ana", two["ana"], 2, "failed"),
        ("ben", two["ben"], 1, "timed out"),
    ]
    assert (data["title"], data["count"], data["graded"]) == ("The title of test_add", 2, 2)
    assert sorted(data["ends"]) == [["failed", 1], ["timed out", 1]]
    page = browser.get(PAGE).text
    for student, submission in two.items():
        assert f'href="/students/{student}"' in page
        assert f'href="/submissions/{submission}#test-test_add"' in page
        assert 'id="test-test_add"' in browser.get(f"/submissions/{submission}").text


def test_who_passed_is_counted_and_not_listed(enter: Enter, gradebook: Gradebook, two: dict[str, int]) -> None:
    graded(gradebook, "ana", "third", "4")
    browser = enter(INSTRUCTOR)
    data = browser.json(PAGE)
    assert ([line["student"] for line in data["lines"]], data["count"], data["graded"]) == (["ben"], 1, 2)
    everybody = browser.json("/checkpoints/cp01/tests/test_sum")
    assert (everybody["lines"], everybody["count"], everybody["graded"]) == ([], 0, 2)
    assert "Everybody passed." in browser.get("/checkpoints/cp01/tests/test_sum").text


def test_the_mode_that_does_not_count_is_left_out(enter: Enter, gradebook: Gradebook) -> None:
    samples.graders(gradebook)
    both = samples.outcome("test_add"), samples.outcome("test_add", "0", mode="cumulative")
    samples.grade(gradebook, samples.hand_in(gradebook), *both)
    assert enter(INSTRUCTOR).json(PAGE)["lines"] == []


@pytest.mark.usefixtures("two")
def test_a_grader_sees_their_sections_only(enter: Enter) -> None:
    browser = enter(GRADER_OF_A)
    data = browser.json(PAGE)
    assert ([line["student"] for line in data["lines"]], data["graded"], data["sections"]) == (["ana"], 1, ["A"])
    assert "Hopper" not in browser.get(PAGE).text
    assert browser.get(f"{PAGE}?section=B").status == 400
    assert enter(Viewer(Role.GRADER, "new", frozenset())).json(PAGE)["lines"] == []
    assert [line["student"] for line in enter(INSTRUCTOR).json(f"{PAGE}?section=B")["lines"]] == ["ben"]
    assert enter(INSTRUCTOR).get("/checkpoints/cp01?section=B").text.count(f'href="{PAGE}?section=B"') == 1
    assert enter(Viewer(Role.STUDENT, "ana")).get(PAGE).status == 403


@pytest.mark.usefixtures("two")
def test_more_than_a_page_goes_on(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PAGE", 1)
    browser = enter(INSTRUCTOR)
    first, second, beyond = (browser.json(f"{PAGE}?page={number}") for number in (1, 2, 9))
    assert [page["lines"][0]["student"] for page in (first, second, beyond)] == ["ana", "ben", "ben"]
    assert (first["count"], first["pages"], beyond["page"]) == (2, 2, 2)
    assert f'href="{PAGE}?page=2"' in browser.get(PAGE).text


@pytest.mark.parametrize("test", ["test_gone", "<script>alert(1)</script>", "x" * 300])
@pytest.mark.usefixtures("two")
def test_a_test_that_the_graders_do_not_have(enter: Enter, test: str) -> None:
    refused = enter(INSTRUCTOR).get(f"/checkpoints/cp01/tests/{quote(test, safe='')}")
    assert refused.status == 404
    assert "have no test" in refused.text
    assert '<a href="/checkpoints">To Checkpoints</a>' in refused.text
    assert "<script>alert" not in refused.text


def test_a_name_with_every_kind_of_letter_is_found(enter: Enter, gradebook: Gradebook) -> None:
    evil = "test::a/b?c#d <b>"
    samples.graders(gradebook)
    samples.grade(gradebook, samples.hand_in(gradebook), samples.outcome(evil, "0"))
    browser = enter(INSTRUCTOR)
    way = f"/checkpoints/cp01/tests/{quote(evil, safe='')}"
    assert f'href="{way}"' in browser.get("/checkpoints/cp01").text
    page = browser.get(way)
    assert browser.json(way)["test"] == evil
    assert "<b>" not in page.text
