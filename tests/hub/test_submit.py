"""Submitting: repeats, limits, and what cannot be taken."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import func, select

from tests.grading import mini
from tests.hub.place import CP00, CP01, Hub
from tito.gradebook import Gradebook
from tito.gradebook.models import Student, Submission
from tito.notebooks.bundle import pack

pytestmark = pytest.mark.slow

KEY = "a-key-of-the-client"


def variant(number: int) -> dict[str, bytes]:
    """A hand-in that differs from others of another number."""
    return mini.handin(mini.CP01, shout=f"#| export\ndef shout(text):\n    return text.upper()  # {number}\n")


def test_a_repeat_after_a_lost_answer_is_the_same_attempt(hub: Hub) -> None:
    student = hub.student()
    first = hub.submit(student, variant(1), KEY)
    assert hub.submit(student, variant(2), "another-key").json["attempt"] == 2
    again = hub.submit(student, variant(1), KEY)
    assert (first.status, again.status) == (201, 200)
    assert {**again.json, "repeated": False} == first.json
    assert again.json["repeated"] is True


def test_many_at_once_with_one_key_are_one_attempt(hub: Hub) -> None:
    student = hub.student()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: hub.submit(student, variant(1), KEY), range(6)))
    assert sorted(answer.status for answer in answers) == [200] * 5 + [201]
    assert {answer.json["attempt"] for answer in answers} == {1}
    assert _attempts(hub, student.name) == 1


def test_no_more_attempts_than_the_limit(hub: Hub) -> None:
    student = hub.student()
    for number in range(3):
        assert hub.submit(student, variant(number), f"key-number-{number}").status == 201
    answer = hub.submit(student, variant(3), "key-number-3")
    assert (answer.status, "used up your attempts" in answer.error) == (409, True)
    assert hub.submit(student, variant(0), "key-number-0").status == 200, "a repeat is no attempt"
    assert _attempts(hub, student.name) == 3


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_that_is_too_big_is_refused_in_words(hub: Hub, announced: bool) -> None:
    student, cap = hub.student(), 400_000
    path = f"/services/tito/api/assignments/{CP01}/submissions"
    headers = {"Authorization": f"token {student.token}"}
    with closing(http.client.HTTPConnection("127.0.0.1", hub.ports.port, timeout=60)) as connection:
        if announced:
            connection.putrequest("POST", path)
            for name, value in {**headers, "Content-Length": "200000000"}.items():
                connection.putheader(name, value)
            connection.endheaders(b"x" * 1000)
        else:
            connection.request("POST", path, iter([b"x" * cap, b"x"]), headers, encode_chunked=True)
        response = connection.getresponse()
        document = json.loads(response.read())
    assert (response.status, "bigger than" in document["error"]["what"]) == (413, True)
    assert _attempts(hub, student.name) == 0


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (_zip(), "no notebook"),
        (_zip(**{"../01_tensor.ipynb": b"{}"}), "leads out of the archive"),
        (_zip(**{"folder/01_tensor.ipynb": b"{}"}), "lies in a folder"),
        (_zip(**{"01_tensor.ipynb": b" " * 3_000_000}), "bigger than"),
        (_zip(**{f"{number}.ipynb": b"{}" for number in range(30)}), "at most"),
        (pack({"01_tensor.ipynb": b"[" * 50_000}), "01_tensor.ipynb"),
        (pack(mini.handin(mini.CP00)), "00_setup"),
    ],
)
def test_what_cannot_be_graded_is_refused_with_the_reason(hub: Hub, body: bytes, said: str) -> None:
    student = hub.person("s01")
    answer = hub.api("POST", f"assignments/{CP01}/submissions", student.token, body)
    assert answer.status == 422, answer
    assert said in answer.body.decode()
    assert _attempts(hub, "s01") == 0


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 nonsense", _zip(**{f"{number}.txt": b"" for number in range(300)})])
def test_what_is_no_zip_of_notebooks_is_not_recorded(hub: Hub, body: bytes) -> None:
    student = hub.student()
    answer = hub.api("POST", f"assignments/{CP01}/submissions", student.token, body)
    assert (answer.status, answer.error) == (400, "the upload is no zip file of notebooks")
    assert hub.api("GET", "submissions", student.token).json["submissions"] == []


def test_an_upload_that_changed_on_its_way_is_refused(hub: Hub) -> None:
    student = hub.student()
    headers = {"X-Content-SHA256": hashlib.sha256(b"something else").hexdigest()}
    body = pack(mini.handin(mini.CP01))
    answer = hub.api("POST", f"assignments/{CP01}/submissions", student.token, body, headers)
    assert (answer.status, "damaged on its way" in answer.error) == (400, True)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with blanks in it", "after attempt 1"])
def test_a_key_of_another_form_is_refused(hub: Hub, key: str) -> None:
    answer = hub.submit(hub.person("s01"), mini.handin(mini.CP01), key)
    assert (answer.status, "Idempotency-Key" in answer.error) == (400, True)


def test_only_what_is_given_out_can_be_submitted(hub: Hub) -> None:
    answer = hub.api("POST", "assignments/cp02_intelligence/submissions", hub.person("s01").token, b"x")
    assert (answer.status, "not given out" in answer.error) == (404, True)


def test_uploads_leave_nothing_behind(hub: Hub) -> None:
    student = hub.student()
    assert hub.submit(student, mini.handin(mini.CP00), checkpoint=CP00).status == 201
    folder = hub.course.paths.state / "uploads"
    with closing(http.client.HTTPConnection("127.0.0.1", hub.ports.service_port, timeout=60)) as connection:
        connection.putrequest("POST", f"/services/tito/api/assignments/{CP00}/submissions")
        connection.putheader("Authorization", f"token {student.token}")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"x" * 10)
        hub.until(lambda: list(folder.iterdir()), "the upload that was begun")
    hub.until(lambda: not list(folder.iterdir()), "the end of the upload that was given up")


def _attempts(hub: Hub, name: str) -> int:
    with Gradebook.open(hub.course.database_url) as book, book.read() as session:
        query = select(func.count(Submission.attempt)).join(Student, Student.id == Submission.student_id)
        return session.scalar(query.where(Student.student_id == name)) or 0
