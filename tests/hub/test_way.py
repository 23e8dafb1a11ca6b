"""The whole way of a submission over a real hub: list, fetch, submit, receipt, graded, feedback."""

from __future__ import annotations

import pytest

from tests.grading import mini
from tests.hub.place import CP00, CP01, Hub
from tito.grading.grader import course_secret
from tito.hub.receipts import Signer
from tito.notebooks.store import files_digest

pytestmark = pytest.mark.slow


def test_a_submission_is_graded_without_anybody_pressing_a_key(hub: Hub) -> None:
    student = hub.student()
    files = mini.handin(mini.CP01)
    answer = hub.submit(student, files)
    assert answer.status == 201, answer
    receipt = answer.json
    assert (receipt["student"], receipt["checkpoint"], receipt["attempt"]) == (student.name, CP01, 1)
    assert receipt["sha256"] == files_digest(files)
    line = hub.published(student)
    assert (line["attempt"], line["counts"], line["sha256"]) == (1, True, receipt["sha256"])
    feedback = hub.api("GET", f"submissions/{line['id']}/feedback", student.token)
    assert feedback.status == 200
    assert {outcome["verdict"] for outcome in feedback.json["outcomes"]} == {"passed"}
    assert "Doubling any array" in feedback.json["html"]


def test_hidden_tests_show_no_more_than_the_policy_says(hub: Hub) -> None:
    student = hub.student()
    wrong = mini.handin(mini.CP01, shout="#| export\ndef shout(text):\n    return text\n")
    assert hub.submit(student, wrong).status == 201
    line = hub.published(student)
    feedback = hub.api("GET", f"submissions/{line['id']}/feedback", student.token)
    assert feedback.json["outcomes"]
    assert "Are capitals capitals?" in feedback.json["html"]
    assert b"secret word" not in feedback.body


def test_the_list_tells_dates_and_what_is_left_of_the_attempts(hub: Hub) -> None:
    student = hub.student()
    before = _offered(hub, student.token)
    assert before["attempts"] == {"made": 0, "limit": 3, "left": 3, "next_at": None}
    assert before["late_now"] is True
    assert before["closed"] is False
    assert before["due_at"] < before["closes_at"]
    assert hub.submit(student, mini.handin(mini.CP01)).status == 201
    after = _offered(hub, student.token)["attempts"]
    assert (after["made"], after["left"]) == (1, 2)
    assert after["next_at"] is not None


def test_a_receipt_is_signed_by_the_course_and_says_that_it_is_late(hub: Hub) -> None:
    student, staff = hub.student(), hub.person("ira")
    receipt = hub.submit(student, mini.handin(mini.CP01)).json
    assert receipt["late"] is True
    assert receipt["late_seconds"] > 0
    assert Signer(course_secret(hub.course.paths.secret)).is_true(receipt)
    again = hub.api("GET", f"submissions/{receipt['submission']}/receipt", student.token).json
    assert again["signature"] == receipt["signature"]
    assert _verified(hub, staff.token, receipt) is True
    for field, forged in (("received_at", "2020-01-01T00:00:00+00:00"), ("student", "s39"), ("late_seconds", 0)):
        assert _verified(hub, staff.token, {**receipt, field: forged}) is False


def test_what_is_graded_when_it_is_due_waits_and_says_so(hub: Hub) -> None:
    student = hub.student()
    replaced = mini.handin(mini.CP00, factor="#| export\ndef factor():\n    return 3\n")
    assert hub.submit(student, replaced, checkpoint=CP00).status == 201
    receipt = hub.submit(student, mini.handin(mini.CP00), checkpoint=CP00).json
    assert receipt["graded_from"] == receipt["due_at"] is not None
    assert hub.submit(student, mini.handin(mini.CP01)).json["graded_from"] is None
    hub.published(student)
    lines = hub.api("GET", "submissions", student.token).json["submissions"]
    told = [(line["assignment_id"], line["state"], line["counts"], line["graded_from"]) for line in lines]
    assert told == [
        (CP00, "waiting", False, None),
        (CP00, "waiting", True, receipt["due_at"]),
        (CP01, "published", True, None),
    ]
    listed = hub.api("GET", "assignments", student.token).json["assignments"]
    assert {one["assignment_id"]: one["graded_from"] for one in listed} == {CP00: receipt["due_at"], CP01: None}
    other = hub.student()
    assert hub.submit(other, mini.handin(mini.CP01), checkpoint=CP00).status == 422
    (line,) = hub.api("GET", "submissions", other.token).json["submissions"]
    assert (line["state"], line["graded_from"]) == ("refused", None)


def _offered(hub: Hub, token: str) -> dict[str, object]:
    listed = hub.api("GET", "assignments", token).json["assignments"]
    (one,) = [one for one in listed if one["assignment_id"] == CP01]
    assert isinstance(one, dict)
    return one


def _verified(hub: Hub, token: str, receipt: object) -> object:
    import json

    return hub.api("POST", "receipts/verify", token, json.dumps(receipt).encode()).json["true"]
