"""Nothing changes for a student before publishing; publishing does what the preview said; rolling back undoes it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select

from tests.gradebook.conftest import START, Clock, FilledDatabase
from tests.gradebook.samples import FOUNDATION, course, grade, graders, hand_in, outcome
from tito.course.config import Course
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, Published
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.publication import Cause, Preview, preview_publication, publish, roll_back
from tito.gradebook.standing import State, standing

COURSE = course(auto_share="1")


def look(gradebook: Gradebook, how: Course = COURSE) -> Preview:
    with gradebook.read() as session:
        return preview_publication(session, how, FOUNDATION, START)


def go(gradebook: Gradebook, how: Course = COURSE, token: str | None = None) -> int | None:
    with gradebook.begin("instructor:ira") as work:
        return publish(work, how, FOUNDATION, token=token, note="week 1")[0]


def back(gradebook: Gradebook, number: int) -> int:
    with gradebook.begin("instructor:ira") as work:
        return roll_back(work, number, reason="wrong graders")


def seen(gradebook: Gradebook) -> dict[str, Fraction]:
    """What students see."""
    with gradebook.read() as session:
        rows = standing(session, COURSE, START)
    cells = {row.student_id: row.cells[FOUNDATION.number].published for row in rows}
    return {name: shown.score for name, shown in cells.items() if shown is not None}


@pytest.fixture
def graded(gradebook: Gradebook) -> Gradebook:
    """Ana has 3 of 4 points and Ben 1 of 3 under the first graders; nothing is published."""
    graders(gradebook, "g1")
    grade(gradebook, hand_in(gradebook, "ana"), outcome("test_sum", "3"))
    grade(gradebook, hand_in(gradebook, "ben"), outcome("test_sum", "1", "3"))
    return gradebook


def regrade(gradebook: Gradebook, student: str, *outcomes: object) -> None:
    graders(gradebook, "g2")
    grade(gradebook, hand_in(gradebook, student), *outcomes, graders="g2")  # type: ignore[arg-type]


def test_a_preview_changes_nothing_and_publishing_does_what_it_said(graded: Gradebook) -> None:
    preview = look(graded)
    assert seen(graded) == {}
    assert {change.student_id: (change.before, change.after) for change in preview.changes} == {
        "ana": (None, Fraction(75)),
        "ben": (None, Fraction(100, 3)),
    }
    assert {change.cause for change in preview.changes} == {Cause.FIRST}
    assert go(graded, token=preview.token) is not None
    # Exact, thirds too: a rounded score would be rounded again when shown.
    assert seen(graded) == {"ana": Fraction(75), "ben": Fraction(100, 3)}


def test_publishing_what_is_published_is_no_event(graded: Gradebook) -> None:
    go(graded)
    assert look(graded).changes == ()
    assert look(graded).unchanged == 2
    assert go(graded) is None


def test_a_regrade_shows_whose_grade_changes_by_how_much_and_which_test_did_it(graded: Gradebook) -> None:
    go(graded)
    regrade(
        graded,
        "ana",
        outcome("test_sum", "4"),
        outcome("test_new", "0", "1"),
        outcome("test_sum", "2", mode="cumulative"),  # does not count, so it changed nothing
    )
    preview = look(graded)
    (change,) = preview.changes
    assert (change.student_id, change.before, change.after) == ("ana", Fraction(75), Fraction(80))
    assert change.difference == Fraction(5)
    assert change.cause is Cause.GRADERS
    assert [(test.test, test.before, test.after) for test in change.tests] == [
        ("test_sum", Decimal(3), Decimal(4)),
        ("test_new", None, Decimal(0)),
    ]
    assert change.tests[0].verdict_before is Verdict.FAILED
    assert change.tests[0].verdict_after is Verdict.PASSED
    assert preview.still_to_grade == ("ben",)
    assert seen(graded) == {"ana": Fraction(75), "ben": Fraction(100, 3)}


def test_publishing_leaves_who_is_still_to_be_graded_alone(graded: Gradebook) -> None:
    go(graded)
    regrade(graded, "ana", outcome("test_sum", "4"))
    go(graded)
    assert seen(graded) == {"ana": Fraction(100), "ben": Fraction(100, 3)}


def test_nobody_drops_when_the_course_says_so(graded: Gradebook) -> None:
    gentle = course(auto_share="1", never_lowers=True)
    go(graded)
    regrade(graded, "ana", outcome("test_sum", "0"))
    regrade(graded, "ben", outcome("test_sum", "2", "3"))
    assert {change.student_id: change.after for change in look(graded).changes} == {
        "ana": Fraction(0),
        "ben": Fraction(200, 3),
    }
    assert {change.student_id: change.after for change in look(graded, gentle).changes} == {
        "ana": Fraction(75),
        "ben": Fraction(200, 3),
    }
    go(graded, gentle)
    assert seen(graded) == {"ana": Fraction(75), "ben": Fraction(200, 3)}
    # And again: what was kept once is kept.
    assert look(graded, gentle).changes == ()


def test_a_new_attempt_may_lower_even_where_a_regrade_may_not(graded: Gradebook) -> None:
    gentle = course(auto_share="1", never_lowers=True)
    go(graded)
    grade(graded, hand_in(graded, "ana", "worse"), outcome("test_sum", "1"))
    (change,) = look(graded, gentle).changes
    assert (change.after, change.cause) == (Fraction(25), Cause.ATTEMPT)


def test_a_preview_that_has_become_stale_publishes_nothing(graded: Gradebook) -> None:
    preview = look(graded)
    grade(graded, hand_in(graded, "ana", "two"), outcome("test_sum", "4"))
    with pytest.raises(GradebookError, match="changed since the preview; nothing was published"):
        go(graded, token=preview.token)
    assert seen(graded) == {}


def test_rolling_back_restores_exactly_what_was_seen(graded: Gradebook) -> None:
    first = go(graded)
    before = seen(graded)
    regrade(graded, "ana", outcome("test_sum", "4"))
    second = go(graded)
    assert first is not None
    assert second is not None
    back(graded, second)
    assert seen(graded) == before
    back(graded, first)
    assert seen(graded) == {}
    with graded.read() as session:
        assert session.scalars(select(Published)).all() == []


def test_rolling_back_twice_or_out_of_order_is_refused(graded: Gradebook) -> None:
    first = go(graded)
    regrade(graded, "ana", outcome("test_sum", "4"))
    second = go(graded)
    assert first is not None
    assert second is not None
    before = seen(graded)
    with pytest.raises(GradebookError, match="later publication changed 1 of these grades"):
        back(graded, first)
    assert seen(graded) == before
    undone = back(graded, second)
    with pytest.raises(GradebookError, match="rolled back already"):
        back(graded, second)
    with pytest.raises(GradebookError, match="no publication number"):
        back(graded, undone)
    with pytest.raises(GradebookError, match="no publication number"):
        back(graded, 999)


def test_after_a_roll_back_the_same_can_be_published_again(graded: Gradebook) -> None:
    number = go(graded)
    assert number is not None
    back(graded, number)
    assert len(look(graded).changes) == 2
    assert go(graded) is not None
    assert seen(graded)["ana"] == Fraction(75)


def by_machine(gradebook: Gradebook, how: Course = COURSE) -> int | None:
    """Publish as grading does by itself; return how many grades."""
    with gradebook.begin("system:grader") as work:
        number, preview = publish(work, how, FOUNDATION, unseen=True)
    return number and len(preview.changes)


def test_what_was_taken_back_is_published_again_by_a_person_alone(graded: Gradebook) -> None:
    assert by_machine(graded) == 2
    grade(graded, hand_in(graded, "ana", "two"), outcome("test_sum", "2"))
    assert by_machine(graded) == 1
    back(graded, 2)
    assert by_machine(graded) is None
    assert seen(graded)["ana"] == Fraction(75)
    back(graded, 1)
    assert by_machine(graded) is None
    grade(graded, hand_in(graded, "ben", "another attempt"), outcome("test_sum", "3"))
    assert by_machine(graded) == 1
    assert seen(graded).keys() == {"ben"}
    assert go(graded) is not None
    assert seen(graded).keys() == {"ana", "ben"}


def test_a_regrade_of_what_was_taken_back_is_not_published_by_itself_either(graded: Gradebook) -> None:
    number = go(graded)
    assert number is not None
    back(graded, number)
    regrade(graded, "ana", outcome("test_sum", "4"))
    assert by_machine(graded) is None
    assert go(graded) is not None


def test_a_score_set_by_hand_and_taken_back_is_not_published_by_itself(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ben", checkpoint=FOUNDATION, score=Decimal(50), reason="oral exam")
    number = go(gradebook)
    assert number is not None
    back(gradebook, number)
    assert by_machine(gradebook) is None


def test_a_regrade_is_left_to_a_person(graded: Gradebook) -> None:
    go(graded)
    regrade(graded, "ana", outcome("test_sum", "4"))
    assert by_machine(graded) is None
    assert go(graded) is not None


def test_an_override_is_published_even_without_a_hand_in(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        override(work, student_id="ben", checkpoint=FOUNDATION, score=Decimal("62.5"), reason="oral exam")
    go(gradebook)
    assert seen(gradebook) == {"ben": Fraction(125, 2)}


def test_each_student_finds_the_publication_in_their_history(graded: Gradebook) -> None:
    number = go(graded)
    assert number is not None
    back(graded, number)
    with graded.read() as session:
        events = session.execute(
            select(AuditEvent.action, AuditEvent.before, AuditEvent.after)
            .where(AuditEvent.action.in_(["grade.publish", "grade.roll_back"]), AuditEvent.student_id == 1)
            .order_by(AuditEvent.id)
        ).all()
    assert [event.action for event in events] == ["grade.publish", "grade.roll_back"]
    assert events[0].after["score"] == "75"
    assert events[1].before == {"score": "75"}
    assert events[1].after == {"score": None}


def test_only_the_named_students_are_published(graded: Gradebook) -> None:
    with graded.begin("instructor:ira") as work:
        publish(work, COURSE, FOUNDATION, students=["ben"])
    assert seen(graded).keys() == {"ben"}


def test_after_publishing_the_matrix_says_published(graded: Gradebook) -> None:
    def states() -> set[State]:
        with graded.read() as session:
            return {row.cells[1].state for row in standing(session, COURSE, START)}

    assert states() == {State.GRADED}
    go(graded)
    assert states() == {State.PUBLISHED}
    graders(graded, "g2")  # not graded anew yet: what students see still holds
    assert states() == {State.PUBLISHED}


def test_a_hand_in_does_not_wait_for_a_publication(filled_database: FilledDatabase, clock: Clock) -> None:
    """On PostgreSQL: SQLite has one writer."""
    with (
        Gradebook.open(filled_database.url, clock=clock) as book,
        Gradebook.open(filled_database.url, clock=clock, busy_seconds=1) as impatient,
        book.begin("instructor:ira") as work,
    ):
        publish(work, COURSE, FOUNDATION)
        work.unaudited()
        assert hand_in(impatient).attempt == 1
    filled_database.reset()
