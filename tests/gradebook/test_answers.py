"""The queue of written answers: what is in it, its order, who has what open, and two readers of one answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import event, select

from tests.gradebook.conftest import Clock
from tests.gradebook.samples import FOUNDATION, hand_in
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.answers import (
    asked_questions,
    claims,
    double_readings,
    earlier_answers,
    in_sample,
    queue,
    saved_comments,
    shares,
)
from tito.gradebook.models import Reading, WrittenClaim
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.services.written import (
    Question,
    claim_next,
    record_answers,
    register_questions,
    release_answer,
    retire_comment,
    save_comment,
    score_answer,
)

TIM, UMA = "grader:tim", "grader:uma"


@pytest.fixture
def asked(gradebook: Gradebook) -> Gradebook:
    """Checkpoint 01 asks two questions, numbers 1 and 2."""
    with gradebook.begin("system:release") as work:
        questions = [Question("01_tensor", f"reflect-{number}", f"Why {number}?", Decimal(10)) for number in (1, 2)]
        register_questions(work, FOUNDATION, questions)
    return gradebook


def answer(gradebook: Gradebook, student: str, first: str, content: str = "one") -> int:
    said = hand_in(gradebook, student, content=content)
    assert said.id is not None
    with gradebook.begin("system:grade") as work:
        record_answers(work, said.id, {("01_tensor", "reflect-1"): first, ("01_tensor", "reflect-2"): "second"})
    return said.id


def score(gradebook: Gradebook, submission: int, earned: str, actor: str = TIM, **more: object) -> None:
    with gradebook.begin(actor) as work:
        score_answer(
            work,
            submission_id=submission,
            question_id=1,
            earned=Decimal(earned),
            **more,  # type: ignore[arg-type]
        )


def take(gradebook: Gradebook, actor: str, *candidates: int, reading: Reading = Reading.COUNTED) -> int | None:
    with gradebook.begin(actor) as work:
        return claim_next(work, question_id=1, candidates=candidates, reading=reading)


def test_the_newest_attempt_of_each_active_student_is_asked_for(asked: Gradebook) -> None:
    answer(asked, "ana", "because")
    newest = answer(asked, "ana", "because I say so", content="two")
    his = answer(asked, "ben", "")
    with asked.read() as session:
        found = {one.student_id: one for one in queue(session, 1)}
    assert {one.submission_id for one in found.values()} == {newest, his}
    assert (found["ana"].attempt, found["ana"].blank, found["ana"].section) == (2, False, "A")
    assert (found["ben"].attempt, found["ben"].blank, found["ben"].score) == (1, True, None)
    with asked.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("ana", "Ana Lovelace", None, "A")], deactivate_missing=True)
    with asked.read() as session:
        assert [one.student_id for one in queue(session, 1)] == ["ana"]


def test_the_order_is_shuffled_anew_for_each_question_and_stays(asked: Gradebook) -> None:
    people = [f"s{number:02}" for number in range(20)]
    with asked.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry(name, name, None, None) for name in people])
    for name in people:
        answer(asked, name, "because", content=name)
    with asked.read() as session:
        first, second = ([one.student_id for one in queue(session, number)] for number in (1, 2))
    assert sorted(first) == sorted(second) == people
    assert len({tuple(first), tuple(second), tuple(people)}) == 3
    answer(asked, people[7], "something else", content="again")
    with asked.read() as session:
        assert [one.student_id for one in queue(session, 1)] == first


def test_the_sample_is_about_as_large_as_asked_for() -> None:
    chosen = {student for student in range(1000) if in_sample(1, student, Decimal(10))}
    assert 60 <= len(chosen) <= 140
    assert chosen < {student for student in range(1000) if in_sample(1, student, Decimal(20))}
    assert not any(in_sample(1, student, Decimal(0)) for student in range(1000))
    assert all(in_sample(1, student, Decimal(100)) for student in range(1000))


def test_what_one_has_open_another_does_not_get(asked: Gradebook, clock: Clock) -> None:
    hers, his = answer(asked, "ana", "because"), answer(asked, "ben", "why not")
    assert take(asked, TIM, hers, his) == hers
    assert take(asked, UMA, hers, his) == his
    with asked.read() as session:
        assert {number: one.name for number, one in claims(session, 1, clock()).items()} == {hers: TIM, his: UMA}
    with pytest.raises(GradebookError, match="grader:tim is grading this answer"):
        score(asked, hers, "3", UMA)
    score(asked, hers, "7")
    assert take(asked, TIM, hers, his) is None
    clock.forward(minutes=16)
    with asked.read() as session:
        assert claims(session, 1, clock()) == {}
    assert take(asked, TIM, hers, his) == his


def test_an_answer_that_was_scored_is_not_kept_reserved(asked: Gradebook) -> None:
    hers = answer(asked, "ana", "because")
    score(asked, hers, "7")
    assert take(asked, UMA, hers) is None
    with asked.read() as session:
        assert session.scalars(select(WrittenClaim)).all() == []
    assert take(asked, UMA, hers, reading=Reading.SECOND) == hers


def test_an_answer_can_be_put_back(asked: Gradebook) -> None:
    hers = answer(asked, "ana", "because")
    take(asked, TIM, hers)
    for actor, next_one in ((UMA, None), (TIM, hers)):
        with asked.begin(actor) as work:
            release_answer(work, submission_id=hers, question_id=1)
        assert take(asked, UMA, hers) == next_one


def test_shares_by_section_and_by_who_scored(asked: Gradebook) -> None:
    hers = answer(asked, "ana", "because")
    answer(asked, "ben", "why not")
    score(asked, hers, "5", UMA)
    score(asked, hers, "7")
    score(asked, hers, "1", UMA, reading=Reading.SECOND)
    answer(asked, "ana", "because", content="two")
    with asked.read() as session:
        found = {tuple(one) for one in shares(session)}
    assert found == {
        (1, "A", TIM, True, 1),
        (1, "B", None, False, 1),
        (2, "A", None, False, 1),
        (2, "B", None, False, 1),
    }


def test_two_readings_are_compared_as_they_were_when_the_second_was_given(asked: Gradebook) -> None:
    hers = answer(asked, "ana", "because")
    his = answer(asked, "ben", "why not")
    score(asked, hers, "7")
    score(asked, his, "7")
    score(asked, hers, "4", UMA, reading=Reading.SECOND)
    score(asked, hers, "4")  # the two talked about it
    with asked.read() as session:
        assert double_readings(session) == {1: [("A", Decimal(7), Decimal(4))]}
        (line,) = [one for one in queue(session, 1) if one.second]
    assert line.first is not None
    assert line.score is not None
    assert line.second is not None
    assert (line.first.earned, line.second.earned, line.score.earned) == (7, 4, 4)


def test_earlier_answers_with_what_they_got(asked: Gradebook) -> None:
    first = answer(asked, "ana", "because")
    score(asked, first, "6", comment="which axis?")
    answer(asked, "ana", "because of the axis", content="two")
    third = answer(asked, "ana", "because", content="three")
    answer(asked, "ben", "because")
    with asked.read() as session:
        found = earlier_answers(session, third, 1)
    assert [(one.attempt, one.same, one.earned, one.graded_by, one.comment) for one in found] == [
        (2, False, None, None, ""),
        (1, True, Decimal(6), TIM, "which axis?"),
    ]


def test_saved_comments_count_their_uses_until_they_are_retired(asked: Gradebook) -> None:
    hers = answer(asked, "ana", "because")
    with asked.begin(TIM) as work:
        one = save_comment(work, question_id=1, text="Say which axis.")
        save_comment(work, question_id=2, text="of the other question")
    score(asked, hers, "7", saved_comments=[one])
    with asked.read() as session:
        assert [tuple(line) for line in saved_comments(session, 1)] == [(one, "Say which axis.", 1)]
    with pytest.raises(GradebookError, match="does not belong"), asked.begin(TIM) as work:
        retire_comment(work, question_id=2, comment_id=one)
    with asked.begin(TIM) as work:
        retire_comment(work, question_id=1, comment_id=one)
    with asked.read() as session:
        assert saved_comments(session, 1) == []
        assert [row.grade_id for row in asked_questions(session, [1])] == ["reflect-1", "reflect-2"]
        assert list(asked_questions(session, [2])) == []


def test_queries_do_not_grow_with_the_class(asked: Gradebook) -> None:
    answer(asked, "ana", "because")
    sent: list[str] = []
    event.listen(asked.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))

    def count() -> int:
        sent.clear()
        with asked.read() as session:
            queue(session, 1), shares(session), double_readings(session)
        return len([text for text in sent if text.startswith("SELECT")])

    before = count()
    for number in range(5):
        answer(asked, "ben", "why not", content=f"{number}")
    assert count() == before == 4
