"""A student's own pages: my checkpoints, receipts, the leaderboard."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import START, Clock
from tests.hub.pages.conftest import Browser, Enter, Server
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.policies import AttemptPolicy, GradingPolicy, LatePolicy
from tito.gradebook import Gradebook
from tito.gradebook.own import own_record
from tito.gradebook.services.adjustments import change_late_days, extend, override
from tito.gradebook.services.grading import record_fault
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.pseudonyms import choose_pseudonym
from tito.gradebook.services.publication import publish
from tito.gradebook.standing import find_standing
from tito.grading.grader import course_secret
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.views import leaderboard
from tito.hub.receipts import Signer

ANA, BEN = Viewer(Role.STUDENT, "ana"), Viewer(Role.STUDENT, "ben")
INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
GRADER_OF_B = Viewer(Role.GRADER, "gus", frozenset({"B"}))
DAY = timedelta(days=1)
FOUNDATION = CHECKPOINTS[1]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Due in ten days; three attempts, and a new one each two hours."""
    plain = samples.course(due=START + 10 * DAY, free_days=3)
    assessments = tuple(
        replace(one, opens_at=START - DAY if number < 3 else START + 20 * DAY, attempts=AttemptPolicy(3))
        for number, one in enumerate(plain.assessments)
    )
    paths = replace(plain.paths, root=tmp_path)
    return replace(plain, assessments=assessments, paths=paths, late=LatePolicy(free_days=3, closes_after_days=2))


def test_free_late_days_are_the_same_number_everywhere(enter: Enter, gradebook: Gradebook) -> None:
    for days, free in ((2, 5), (-6, 0)):
        with gradebook.begin("instructor:ira") as work:
            change_late_days(work, student_id="ana", days=days, reason="ill")
        for viewer in (ANA, INSTRUCTOR):
            browser = enter(viewer)
            assert browser.json("/students/ana")["free_late_days"] == free
            assert f"0 of {free} free late days used" in browser.get("/students/ana").text
        assert mine(enter(ANA))["late_days_left"] == free


def mine(browser: Browser) -> dict[str, Any]:
    found = browser.json("/my")
    assert isinstance(found, dict)
    return found


def published(gradebook: Gradebook, course: Course, number: int = 1) -> None:
    with gradebook.begin("instructor:ira") as work:
        publish(work, course, CHECKPOINTS[number])


def test_before_the_first_hand_in_it_says_what_comes_next_and_what_is_left(enter: Enter) -> None:
    browser = enter(ANA)
    page = mine(browser)
    assert (page["next"], page["done"], page["student"]) == (0, 0, "ana")
    assert {step["state"] for step in page["steps"]} == {"not started"}
    assert [step["opened"] for step in page["steps"]] == [True] * 3 + [False] * 13
    first = page["steps"][0]
    assert (first["limit"], first["left"], first["next_at"]) == (3, 3, None)
    text = browser.get("/").text
    assert "What comes next" in text
    assert "<strong>3 of 3</strong> attempts left now" in text


def test_attempts_that_are_left_are_shown_before_one_submits(enter: Enter, gradebook: Gradebook, clock: Clock) -> None:
    for content in ("one", "two", "three"):
        samples.hand_in(gradebook, content=content)
    browser = enter(ANA)
    step = mine(browser)["steps"][1]
    assert (step["left"], step["next_at"]) == (0, (START + timedelta(hours=2)).isoformat())
    assert "<strong>0 of 3</strong> attempts left now, one more <time" in browser.get("/my").text
    clock.forward(hours=2)
    assert mine(browser)["steps"][1]["left"] == 1


def test_a_fault_of_ours_costs_no_attempt(enter: Enter, gradebook: Gradebook) -> None:
    version, handed = samples.graders(gradebook), samples.hand_in(gradebook)
    assert handed.id is not None
    browser = enter(ANA)
    assert mine(browser)["steps"][1]["left"] == 2
    with gradebook.begin("system:grade") as work:
        record_fault(work, handed.id, version, "the lane ended")
    step = mine(browser)["steps"][1]
    assert (step["left"], step["attempts"][0]["free"]) == (3, True)
    assert "the lane ended" not in browser.get("/my").text
    samples.grade(gradebook, handed)
    assert mine(browser)["steps"][1]["left"] == 2


def test_deadlines_are_the_students_own_and_say_when_it_closes(
    enter: Enter, gradebook: Gradebook, clock: Clock
) -> None:
    with gradebook.begin("instructor:ira") as work:
        extend(
            work,
            student_id="ana",
            checkpoint=FOUNDATION,
            until=START + 15 * DAY,
            reason="ill",
            due_at=START + 10 * DAY,
        )
    clock.forward(days=13)
    browser = enter(ANA)
    page = mine(browser)
    own, usual = page["steps"][1], page["steps"][2]
    assert (own["due_at"], own["extended"]) == ((START + 15 * DAY).isoformat(), True)
    assert (own["late_now"], own["closed"], own["state"]) == (False, False, "not started")
    assert (usual["late_now"], usual["closed"], usual["state"]) == (True, True, "missed")
    assert page["next"] == 1
    assert 'extended for you: <a href="/students/ana#history">why' in browser.get("/my").text
    assert mine(enter(BEN))["steps"][1]["state"] == "missed"


def test_no_score_is_there_before_it_is_published(enter: Enter, gradebook: Gradebook, course: Course) -> None:
    samples.graders(gradebook)
    handed = samples.hand_in(gradebook)
    samples.grade(gradebook, handed, samples.outcome(earned="3"))
    browser = enter(ANA)
    step = mine(browser)["steps"][1]
    assert (step["state"], step["score"], step["attempts"][0]["earned"]) == ("graded", None, None)
    assert "automatic points" not in browser.get("/my").text
    published(gradebook, course)
    step = mine(browser)["steps"][1]
    assert (step["state"], step["score"], step["attempts"][0]["earned"]) == ("published", "52.5", "3")
    assert f'href="/submissions/{handed.id}">Result and feedback' in browser.get("/my").text


def test_what_is_graded_when_it_is_due_says_when_that_is(gradebook: Gradebook, course: Course, clock: Clock) -> None:
    assessments = [replace(one, grading=GradingPolicy("due")) for one in course.assessments]
    with gradebook.begin("student:ana") as work:
        handed = record_submission(
            work, student_id="ana", checkpoint=FOUNDATION, digest=samples.digest("one"), due_at=START + 10 * DAY
        )
    with closing(Server(replace(course, assessments=tuple(assessments)), gradebook, ANA)) as server:
        browser = server.enter()
        due = (START + 10 * DAY).isoformat()
        first, own = mine(browser)["steps"][:2]
        assert (first["graded_from"], own["graded_from"], own["attempts"][0]["graded_from"]) == (due, due, due)
        text = browser.get("/my").text
        assert "is graded when it is due, from <time" in text
        assert "a newer one was handed in" not in text
        assert "It is graded when it is due, not before." in text
        assert "when it is due, from <time" in browser.get(f"/receipts/{handed.id}").text
        assert "graded_from" not in browser.json(f"/receipts/{handed.id}")["text"], "the signature does not cover it"
        with gradebook.begin("instructor:ira") as work:
            extend(work, student_id="ana", checkpoint=FOUNDATION, until=START + 12 * DAY, reason="ill")
        later = (START + 12 * DAY).isoformat()
        assert mine(browser)["steps"][1]["attempts"][0]["graded_from"] == later
        assert browser.json(f"/receipts/{handed.id}")["graded_from"] == later
        newer = samples.hand_in(gradebook, content="two")
        assert browser.json(f"/receipts/{newer.id}")["graded_from"] == later
        assert browser.json(f"/receipts/{handed.id}")["graded_from"] is None, "a newer one counts"
        assert [one["graded_from"] for one in mine(browser)["steps"][1]["attempts"]] == [later, None]
        assert "Attempt 1" in (before := browser.get("/my").text.partition("a newer one was handed in")[0])
        assert before.count("is graded when it is due, from") == 1, "the newest attempt alone is graded"
        clock.forward(days=12)
        assert mine(browser)["steps"][1]["attempts"][0]["graded_from"] is None
        assert "waits to be graded" in browser.get("/my").text
        assert "when it is due" not in browser.get(f"/receipts/{newer.id}").text


def test_a_score_by_hand_of_what_is_not_graded_has_no_automatic_points(
    enter: Enter, gradebook: Gradebook, course: Course
) -> None:
    samples.hand_in(gradebook)
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ana", checkpoint=FOUNDATION, score=Decimal(90), reason="oral exam")
    published(gradebook, course)
    browser = enter(ANA)
    for page in ("/my", "/students/ana"):
        step = browser.json(page)["steps"][1]
        assert (step["attempts"][0]["earned"], step["attempts"][0]["possible"]) == (None, None)
        assert "0 of 0" not in browser.get(page).text
    assert mine(browser)["steps"][1]["score"] == "90"


def test_a_newer_attempt_counts_and_the_older_score_is_named_as_such(
    enter: Enter, gradebook: Gradebook, course: Course
) -> None:
    samples.graders(gradebook)
    samples.grade(gradebook, samples.hand_in(gradebook))
    published(gradebook, course)
    samples.hand_in(gradebook, content="two")
    browser = enter(ANA)
    step = mine(browser)["steps"][1]
    assert (step["state"], step["score"]) == ("submitted", "70")
    assert [(one["number"], one["state"], one["counts"]) for one in step["attempts"]] == [
        (2, "waiting", True),
        (1, "published", False),
    ]
    assert "(of an earlier attempt)" in browser.get("/my").text


def test_a_refused_hand_in_says_why_and_is_no_attempt(enter: Enter, gradebook: Gradebook) -> None:
    with gradebook.begin("student:ana") as work:
        record_submission(
            work, student_id="ana", checkpoint=FOUNDATION, digest=samples.digest("x"), rejected=f"no notebook {HOSTILE}"
        )
    browser = enter(ANA)
    page = mine(browser)
    assert (page["done"], page["steps"][1]["left"], page["steps"][1]["attempts"][0]["state"]) == (0, 3, "refused")
    text = browser.get("/my").text
    assert "no notebook &lt;script&gt;" in text
    assert HOSTILE not in text
    assert browser.get("/receipts/1").status == 404


def test_milestones_come_from_published_results(enter: Enter, gradebook: Gradebook, course: Course) -> None:
    milestone = CHECKPOINTS[7].milestone
    assert milestone is not None
    samples.graders(gradebook, number=7)
    handed = samples.hand_in(gradebook, number=7)
    samples.grade(gradebook, handed, samples.outcome(milestone.test), number=7)
    browser = enter(ANA)
    assert not any(one["earned"] for one in mine(browser)["milestones"])
    published(gradebook, course, 7)
    assert [one["name"] for one in mine(browser)["milestones"] if one["earned"]] == ["MNIST"]


@pytest.mark.parametrize("viewer", [INSTRUCTOR, GRADER_OF_B])
def test_it_is_for_students(enter: Enter, viewer: Viewer) -> None:
    assert enter(viewer).get("/my").status == 403


def test_a_receipt_has_what_was_recorded_and_a_true_signature(
    enter: Enter, gradebook: Gradebook, course: Course, clock: Clock
) -> None:
    clock.forward(days=11)
    with gradebook.begin("student:ana") as work:
        handed = record_submission(
            work,
            student_id="ana",
            checkpoint=FOUNDATION,
            digest=samples.digest("one"),
            files={"01_tensor.ipynb": samples.digest("one")},
            due_at=START + 10 * DAY,
        )
    browser = enter(ANA)
    data = browser.json(f"/receipts/{handed.id}")
    document = data["document"]
    assert Signer(course_secret(course.paths.secret)).is_true(document)
    assert not Signer(course_secret(course.paths.secret)).is_true(document | {"attempt": 2})
    assert (document["student"], document["attempt"], document["sha256"]) == ("ana", 1, handed.digest)
    assert document["late_seconds"] == 86_400
    assert json.loads(data["text"]) == document
    page = browser.get(f"/receipts/{handed.id}").text
    assert document["signature"] in page
    assert "<strong>late</strong> by 86400 seconds" in page


def test_a_receipt_is_its_students_and_their_graders(enter: Enter, gradebook: Gradebook) -> None:
    number = samples.hand_in(gradebook).id
    other = enter(BEN)
    assert other.get(f"/receipts/{number}").status == other.get("/receipts/999").status == 403
    assert enter(GRADER_OF_B).get(f"/receipts/{number}").status == 403
    staff = enter(INSTRUCTOR)
    assert staff.get(f"/receipts/{number}").status == 200
    assert (staff.get("/receipts/999").status, staff.get("/receipts/x").status) == (404, 400)


def test_a_pseudonym_is_chosen_changed_and_dropped(enter: Enter, gradebook: Gradebook, clock: Clock) -> None:
    browser = enter(ANA)

    def send(pseudonym: str) -> str:
        return browser.post("/my/pseudonym", {"_xsrf": browser.get("/my").xsrf, "pseudonym": pseudonym}).text

    assert "You are on the leaderboard as Gradient Fox." in send("Gradient Fox")
    assert mine(browser)["pseudonym"] == "Gradient Fox"
    assert "You are not on the leaderboard." in send("")
    assert mine(browser)["pseudonym"] is None


@pytest.mark.parametrize(
    "typed", ["ab", HOSTILE, "ben", "BEN HOPPER", "quick FOX", "a  b", "x" * 31, "=cmd", "a\u202eb"]
)
def test_a_pseudonym_that_is_not_free_keeps_what_was_typed(enter: Enter, gradebook: Gradebook, typed: str) -> None:
    with gradebook.begin("student:ben") as work:
        choose_pseudonym(work, student_id="ben", pseudonym="Quick Fox")
    browser = enter(ANA)
    refused = browser.post("/my/pseudonym", {"_xsrf": browser.get("/my").xsrf, "pseudonym": typed})
    assert refused.status == 422
    assert "this pseudonym" in refused.text
    assert HOSTILE not in refused.text
    assert mine(browser)["pseudonym"] is None


def test_who_only_looks_has_no_form_and_cannot_send_one(enter: Enter) -> None:
    browser = enter(replace(ANA, looks_only=True))
    assert "<form" not in browser.get("/my").text
    assert browser.post("/my/pseudonym", {"_xsrf": browser.xsrf, "pseudonym": "Fox Fox"}).status == 403


def test_the_leaderboard_is_honest_while_there_is_no_capstone(enter: Enter, gradebook: Gradebook) -> None:
    browser = enter(ANA)
    shown = browser.json("/leaderboard")
    assert (shown["written"], shown["places"], shown["chosen"], shown["own"]) == (False, [], 0, None)
    page = browser.get("/leaderboard").text
    assert "The games have not begun" in page
    assert "Nobody has chosen a pseudonym yet" in page
    with gradebook.begin("student:ana") as work:
        choose_pseudonym(work, student_id="ana", pseudonym="Slow Snail")
    page = browser.get("/leaderboard").text
    assert "1 student has chosen a pseudonym already" in page
    assert "You are <strong>Slow Snail</strong>" in page


def test_only_pseudonyms_stand_on_the_leaderboard(
    enter: Enter, gradebook: Gradebook, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    capstone = CHECKPOINTS[15]
    assert capstone.milestone is not None
    (course.paths.graders / capstone.slug).mkdir(parents=True)
    samples.graders(gradebook, number=15)
    for student, points in (("ana", "4"), ("ben", "3")):
        handed = samples.hand_in(gradebook, student, number=15)
        entry = samples.outcome(capstone.milestone.test)
        samples.grade(gradebook, handed, entry, samples.outcome("test_more", points), number=15)
    published(gradebook, course, 15)
    browser = enter(ANA)
    assert browser.json("/leaderboard")["places"] == []
    assert "with the first published result" in browser.get("/leaderboard").text
    with gradebook.begin("student:ben") as work:
        choose_pseudonym(work, student_id="ben", pseudonym="Quick Fox")
    (place,) = browser.json("/leaderboard")["places"]
    assert place == {"rank": 1, "pseudonym": "Quick Fox", "earned": "7", "possible": "8"}
    page = browser.get("/leaderboard").text
    assert "Hopper" not in page
    assert "ben" not in page
    assert "(you)" not in page
    with gradebook.begin("student:ana") as work:
        choose_pseudonym(work, student_id="ana", pseudonym="Slow Snail")
    page = browser.get("/leaderboard").text
    assert "Slow Snail <strong>(you)</strong>" in page
    assert "Quick Fox <strong>" not in page
    assert "You are <strong>Slow Snail</strong>, rank 1." in page
    monkeypatch.setattr(leaderboard, "PAGE", 1)
    page = browser.get("/leaderboard?page=2").text
    assert "Quick Fox" in page
    assert "You are <strong>Slow Snail</strong>, rank 1." in page
    assert 'href="/leaderboard?page=1"' in page


@pytest.mark.parametrize("handed_in", [0, 12])
def test_queries_do_not_grow_with_what_was_handed_in(
    gradebook: Gradebook, course: Course, clock: Clock, handed_in: int
) -> None:
    samples.graders(gradebook)
    for number in range(handed_in):
        samples.grade(gradebook, samples.hand_in(gradebook, content=f"{number}"))
    sent: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    with gradebook.read() as session:
        own = own_record(session, course, clock(), find_standing(session, course, clock(), "ana"))
    assert len(own.hand_ins[1]) == handed_in
    assert len([text for text in sent if text.startswith("SELECT")]) == 16
