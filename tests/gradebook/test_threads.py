"""Lists of regrade requests: filters, order, and the titles of what they are about."""

from __future__ import annotations

import pytest

from tests.gradebook import samples
from tests.gradebook.samples import FOUNDATION
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import RequestStatus
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import add_message, decide, open_request
from tito.gradebook.threads import Which, count_requests, find_request, request_lines, thread, titles_of_tests


@pytest.fixture
def asked(gradebook: Gradebook) -> Gradebook:
    """Requests 1 and 2 of Ana (A), 3 of Ben (B); 1 is declined, the staff answered 2."""
    samples.graders(gradebook)
    numbers = {}
    for name in ("ana", "ben"):
        handed_in = samples.hand_in(gradebook, name)
        samples.grade(gradebook, handed_in, samples.outcome("test_a", "1"), samples.outcome("test_b", public=True))
        assert handed_in.id is not None
        numbers[name] = handed_in.id
    with gradebook.begin("instructor:ira") as work:
        publish(work, samples.course(), FOUNDATION)
    for name, about in (("ana", "test_a"), ("ana", "test_b"), ("ben", "test_a")):
        with gradebook.begin(f"student:{name}") as work:
            open_request(work, submission_id=numbers[name], about=about, reason="why")
    with gradebook.begin("grader:gus") as work:
        decide(work, 1, status=RequestStatus.DECLINED, answer="no")
        add_message(work, 2, "which line?")
    return gradebook


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        (Which(), [2, 3, 1]),
        (Which(student_id="ana"), [2, 1]),
        (Which(section="B"), [3]),
        (Which(sections=frozenset({"A"})), [2, 1]),
        (Which(sections=frozenset()), []),
        (Which(status=RequestStatus.DECLINED), [1]),
        (Which(student_id="ana", status=RequestStatus.OPEN), [2]),
        (Which(submission=2), [3]),
    ],
)
def test_filters_and_order(asked: Gradebook, which: Which, numbers: list[int]) -> None:
    with asked.read() as session:
        assert [line.number for line in request_lines(session, which)] == numbers
        assert sum(count_requests(session, which).values()) == len(numbers)
        assert [line.number for line in request_lines(session, which, limit=1, offset=1)] == numbers[1:2]


def test_a_line_says_who_spoke_last(asked: Gradebook) -> None:
    with asked.read() as session:
        said = {line.number: (line.messages, line.newest_by) for line in request_lines(session, Which())}
        assert said == {1: (2, "grader:gus"), 2: (2, "grader:gus"), 3: (1, "student:ben")}
        assert [one.text for one in thread(session, 2)] == ["why", "which line?"]
        assert find_request(session, 3).section == "B"
        with pytest.raises(GradebookError, match="no request number 4"):
            find_request(session, 4)


def test_titles_are_those_of_the_newest_graders(asked: Gradebook) -> None:
    samples.graders(asked, "g2")
    samples.grade(
        asked, samples.hand_in(asked, "ana", "two"), samples.outcome("test_a", "1", public=True), graders="g2"
    )
    with asked.read() as session:
        found = titles_of_tests(session, request_lines(session, Which()))
    assert found == {(1, "test_a"): ("The title of test_a", True), (1, "test_b"): ("The title of test_b", True)}
