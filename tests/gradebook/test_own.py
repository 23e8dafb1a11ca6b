"""What a student may still hand in: the quick answer for the exchange is the one that the student's own page gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from tests.gradebook.conftest import START, Clock
from tests.gradebook.samples import course, grade, graders, hand_in
from tests.gradebook.test_queries import counted
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.policies import AttemptPolicy
from tito.gradebook import Gradebook
from tito.gradebook.models import Student
from tito.gradebook.own import Chance, chances, own_record
from tito.gradebook.services.adjustments import extend
from tito.gradebook.services.grading import record_fault
from tito.gradebook.standing import find_standing


def limited() -> Course:
    """Three attempts at each checkpoint, and one more a day."""
    made = course(due=START + timedelta(days=2))
    policy = AttemptPolicy(capacity=3, refill=timedelta(days=1))
    return replace(made, assessments=tuple(replace(one, attempts=policy) for one in made.assessments))


def asked(gradebook: Gradebook, clock: Clock) -> list[Chance]:
    with gradebook.read() as session:
        student = session.scalars(select(Student).where(Student.student_id == "ana")).one()
        with counted(gradebook) as sent:
            found = chances(session, limited(), clock(), student)
        assert len(sent) == 2
        own = own_record(session, limited(), clock(), find_standing(session, limited(), clock(), "ana"))
    for checkpoint in CHECKPOINTS:
        number = checkpoint.number
        attempts = [one for one in own.hand_ins[number] if one.attempt is not None]
        assert found[number] == Chance(own.row.cells[number].due_at, len(attempts), own.buckets[number])
    return found


def test_it_says_what_the_whole_record_says(gradebook: Gradebook, clock: Clock) -> None:
    version = graders(gradebook)
    assert {(one.made, one.bucket.available) for one in asked(gradebook, clock)} == {(0, 3)}
    grade(gradebook, hand_in(gradebook, content="one"))
    fault = hand_in(gradebook, content="two")
    hand_in(gradebook, "ben", content="three")
    hand_in(gradebook, content="elsewhere", number=2)
    assert fault.id is not None
    with gradebook.begin("system:grader") as work:
        record_fault(work, fault.id, version, "a lane died")
    found = asked(gradebook, clock)
    assert (found[1].made, found[1].bucket.available) == (2, 2)  # the fault is ours and costs nothing
    assert (found[2].made, found[2].bucket.available) == (1, 2)
    clock.forward(days=1)
    assert asked(gradebook, clock)[1].bucket.available == 3


def test_the_newest_extension_holds_until_it_is_taken_back(gradebook: Gradebook, clock: Clock) -> None:
    for days in (5, 4, None):
        until = None if days is None else START + timedelta(days=days)
        with gradebook.begin("instructor:ira") as work:
            extend(work, student_id="ana", checkpoint=CHECKPOINTS[1], until=until, reason="ill")
        found = asked(gradebook, clock)
        assert found[1].due_at == (until or START + timedelta(days=2))
        assert found[2].due_at == START + timedelta(days=2)
