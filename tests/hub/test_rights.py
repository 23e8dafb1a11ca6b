"""Who may do what: without a token, with a wrong one, with a student's on staff's routes, on somebody else's work."""

from __future__ import annotations

import pytest

from tests.grading import mini
from tests.hub.place import CP01, Hub

pytestmark = pytest.mark.slow

STAFFS = (
    ("PUT", f"assignments/{CP01}/release"),
    ("DELETE", f"assignments/{CP01}/release"),
    ("POST", f"assignments/{CP01}/publish"),
    ("GET", f"assignments/{CP01}/collect"),
    ("GET", f"assignments/{CP01}/collect/files?submission=1"),
    ("POST", "receipts/verify"),
)
STUDENTS = (
    ("GET", "assignments"),
    ("GET", f"assignments/{CP01}/files"),
    ("POST", f"assignments/{CP01}/submissions"),
    ("GET", "submissions"),
    ("GET", "submissions/1/receipt"),
    ("GET", "submissions/1/files"),
    ("GET", "submissions/1/feedback"),
)


@pytest.mark.parametrize("token", ["", "0" * 32, "\u00e9".encode().decode("latin-1")])
@pytest.mark.parametrize(("method", "path"), STAFFS + STUDENTS)
def test_nobody_gets_in_without_a_token_of_the_hub(hub: Hub, method: str, path: str, token: str) -> None:
    answer = hub.api(method, path, token)
    assert answer.status == 401
    assert answer.headers["content-type"].startswith("application/json")
    assert "needs a token" in answer.error


@pytest.mark.parametrize(("method", "path"), STAFFS)
def test_a_students_token_opens_no_door_of_the_staffs(hub: Hub, method: str, path: str) -> None:
    answer = hub.api(method, path, hub.person("s00").token)
    assert (answer.status, "may not do this" in answer.error) == (403, True)


@pytest.mark.parametrize("what", ["receipt", "files", "feedback"])
def test_somebody_elses_submission_is_not_there(hub: Hub, what: str) -> None:
    owner, other = hub.student(), hub.student()
    number = hub.submit(owner, mini.handin(mini.CP01)).json["submission"]
    answer = hub.api("GET", f"submissions/{number}/{what}", other.token)
    assert answer.status == 404
    assert answer.error == f"you have no submission number {number}"


def test_a_token_that_may_not_submit_is_refused(hub: Hub) -> None:
    made = hub.hub_api("POST", "users/s00/tokens", {"scopes": ["access:services!service=tito"]})
    answer = hub.api("GET", "assignments", made.json["token"])
    assert (answer.status, hub.names.submit in answer.json["error"]["expected"]) == (403, True)


def test_a_student_cannot_have_a_token_with_the_right_to_grade(hub: Hub) -> None:
    made = hub.hub_api("POST", "users/s00/tokens", {"scopes": [hub.names.grade]})
    assert made.status in (400, 403)


def test_who_left_the_course_is_refused_at_once(hub: Hub) -> None:
    from sqlalchemy import text

    from tito.gradebook import Gradebook

    student = hub.student()
    assert hub.submit(student, mini.handin(mini.CP01)).status == 201
    with Gradebook.open(hub.course.database_url) as book, book.begin("instructor:test") as work:
        work.unaudited()
        work.session.execute(text("UPDATE students SET active = 0 WHERE student_id = :id"), {"id": student.name})
    refused = hub.submit(student, mini.handin(mini.CP01))
    for answer in (refused, hub.api("GET", "submissions", student.token)):
        assert (answer.status, "not on the active roster" in answer.error) == (403, True)
    # Its body was not read, so the service hangs up; had it not said so, the proxy would send it the next request.
    assert {name.lower(): value for name, value in refused.headers.items()}["connection"] == "close"


def test_staff_who_take_no_course_have_nothing_of_their_own(hub: Hub) -> None:
    ira = hub.person("ira")
    listed = hub.api("GET", "submissions", ira.token)
    assert (listed.status, listed.json["submissions"]) == (200, [])
    answer = hub.submit(ira, mini.handin(mini.CP01))
    assert (answer.status, "not on the active roster" in answer.error) == (403, True)


@pytest.mark.parametrize("path", ["", "nothing", "assignments/cp99_nothing/files", "assignments/..%2f..%2fetc/files"])
def test_what_is_not_there_is_told_in_json(hub: Hub, path: str) -> None:
    answer = hub.api("GET", path, hub.person("s00").token)
    assert answer.status == 404
    assert answer.json["error"]["what"]


def test_metrics_are_for_staff_and_health_for_all(hub: Hub) -> None:
    assert hub.ask("GET", "/services/tito/health").json == {"status": "ok"}
    assert hub.ask("GET", "/services/tito/metrics", hub.person("s00").token).status == 403
    found = hub.ask("GET", "/services/tito/metrics", hub.person("ira").token)
    assert (found.status, b"tito_request_seconds_count" in found.body) == (200, True)
