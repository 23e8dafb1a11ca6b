"""Written answers: scored with history, carried over when they are the same, never scored by two at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.gradebook.conftest import Clock
from tests.gradebook.samples import FOUNDATION, hand_in
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import (
    AuditEvent,
    Reading,
    RubricItem,
    WrittenAnswer,
    WrittenQuestion,
    WrittenScore,
    WrittenScoreComment,
    WrittenScoreItem,
)
from tito.gradebook.services.written import (
    ANSWER_CAP,
    Band,
    Question,
    claim_answer,
    newest_score,
    record_answers,
    register_questions,
    save_comment,
    score_answer,
)

BANDS = (
    Band("9-10", "complete", Decimal(9), Decimal(10)),
    Band("0-8", "not complete", Decimal(0), Decimal(8)),
)


def question(number: int, bands: tuple[Band, ...] = BANDS) -> Question:
    return Question("01_tensor", f"reflect-{number}", f"Why {number}?", Decimal(10), bands)


@pytest.fixture
def asked(gradebook: Gradebook) -> Gradebook:
    """Checkpoint 01 asks two questions, numbers 1 and 2."""
    register(gradebook, question(1), question(2))
    return gradebook


def register(gradebook: Gradebook, *questions: Question) -> None:
    with gradebook.begin("system:release") as work:
        register_questions(work, FOUNDATION, questions)


def answer(gradebook: Gradebook, content: str, first: str, second: str = "second") -> int:
    said = hand_in(gradebook, content=content)
    assert said.id is not None
    with gradebook.begin("system:grade") as work:
        record_answers(
            work,
            said.id,
            {
                ("01_tensor", "reflect-1"): first,
                ("01_tensor", "reflect-2"): second,
                ("01_tensor", "no such question"): "x",
            },
        )
    return said.id


def score(gradebook: Gradebook, submission: int, earned: str, actor: str = "grader:tim", **more: object) -> int:
    with gradebook.begin(actor) as work:
        return score_answer(
            work,
            submission_id=submission,
            question_id=1,
            earned=Decimal(earned),
            **more,  # type: ignore[arg-type]
        )


def held(gradebook: Gradebook, submission: int, number: int = 1) -> Decimal | None:
    with gradebook.read() as session:
        found = newest_score(session, submission, number)
    return None if found is None else found.earned


def test_a_new_score_adds_a_revision_and_keeps_the_old(asked: Gradebook) -> None:
    submission = answer(asked, "one", "because")
    assert score(asked, submission, "7") == 1
    assert score(asked, submission, "8.5", comment="better than I thought") == 2
    assert held(asked, submission) == Decimal("8.5")
    with asked.read() as session:
        assert session.scalars(select(WrittenScore.earned).order_by(WrittenScore.id)).all() == [
            Decimal(7),
            Decimal("8.5"),
        ]
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.before, event.reason) == (
        "answer.score",
        {"earned": "7"},
        "better than I thought",
    )


def test_a_stale_form_changes_nothing(asked: Gradebook) -> None:
    submission = answer(asked, "one", "because")
    assert score(asked, submission, "7", expected_revision=0) == 1
    with pytest.raises(GradebookError, match=r"grader:tim scored this answer meanwhile: 7") as caught:
        score(asked, submission, "2", actor="grader:uma", expected_revision=0)
    assert caught.value.next_step
    assert held(asked, submission) == Decimal(7)


@pytest.mark.parametrize("earned", ["-1", "10.001", "NaN", "7.0001"])
def test_points_out_of_range_are_refused(asked: Gradebook, earned: str) -> None:
    submission = answer(asked, "one", "because")
    with pytest.raises(GradebookError, match="points cannot be given"):
        score(asked, submission, earned)


def test_a_second_reading_counts_for_nothing_but_agreement(asked: Gradebook) -> None:
    submission = answer(asked, "one", "because")
    score(asked, submission, "7")
    assert score(asked, submission, "3", actor="grader:uma", reading=Reading.SECOND) == 1
    assert held(asked, submission) == Decimal(7)


def test_the_same_answer_brings_its_score_along(asked: Gradebook) -> None:
    first = answer(asked, "one", "because")
    score(asked, first, "7", comment="good")
    second = answer(asked, "two", "because")
    third = answer(asked, "three", "because of something else")
    assert (held(asked, second), held(asked, third), held(asked, second, 2)) == (Decimal(7), None, None)
    with asked.read() as session:
        carried = session.scalars(select(WrittenScore).where(WrittenScore.submission_id == second)).one()
    assert (carried.carried_from, carried.comment, carried.graded_by) == (1, "good", "grader:tim")
    # A score given to an old attempt later does not reach back into one that was already recorded.
    score(asked, first, "1")
    assert held(asked, second) == Decimal(7)


def test_nobody_elses_score_is_brought_along(asked: Gradebook) -> None:
    score(asked, answer(asked, "one", "because"), "7")
    hand_in(asked, "ben", "one of his own before")
    said = hand_in(asked, "ben", "copied")
    assert said.id is not None
    with asked.begin("system:grade") as work:
        record_answers(work, said.id, {("01_tensor", "reflect-1"): "because"})
    assert held(asked, said.id) is None


def test_answers_are_recorded_once_and_as_data(asked: Gradebook) -> None:
    text = "x\x00<script>\ud800" + "y" * (ANSWER_CAP + 5)
    submission = answer(asked, "one", text)
    with asked.begin("system:grade") as work:
        record_answers(work, submission, {("01_tensor", "reflect-1"): "forged later"})
    with asked.read() as session:
        kept = session.scalars(select(WrittenAnswer.text).order_by(WrittenAnswer.question_id)).all()
    assert len(kept) == 2
    assert kept[0].startswith("x<script>")
    assert len(kept[0]) == ANSWER_CAP


def test_rubric_items_and_saved_comments_belong_to_their_question(asked: Gradebook) -> None:
    submission = answer(asked, "one", "because")
    with asked.begin("grader:tim") as work:
        comment = save_comment(work, question_id=1, text="Say which axis.")
    score(asked, submission, "9", rubric_items=[1], saved_comments=[comment])
    with asked.read() as session:
        assert session.scalars(select(WrittenScoreItem.rubric_item_id)).all() == [1]
        assert session.scalars(select(WrittenScoreComment.saved_comment_id)).all() == [comment]
    with pytest.raises(GradebookError, match="rubric item number 3 does not belong"):
        score(asked, submission, "9", rubric_items=[3])
    with pytest.raises(GradebookError, match="saved comment number 77 does not belong"):
        score(asked, submission, "9", saved_comments=[77])


def test_questions_and_bands_are_retired_and_come_back(asked: Gradebook) -> None:
    def state() -> tuple[list[bool], list[bool]]:
        with asked.read() as session:
            return (
                list(session.scalars(select(WrittenQuestion.retired).order_by(WrittenQuestion.id))),
                list(session.scalars(select(RubricItem.retired).order_by(RubricItem.id))),
            )

    assert state() == ([False, False], [False] * 4)
    register(asked, question(1, BANDS[:1]))
    assert state() == ([False, True], [False, True, False, False])
    register(asked, question(1), question(2))
    assert state() == ([False, False], [False] * 4)


def test_registering_the_same_questions_again_is_no_event(asked: Gradebook) -> None:
    register(asked, question(1), question(2))
    with asked.read() as session:
        events = session.scalars(select(AuditEvent.id).where(AuditEvent.action == "questions.register")).all()
    assert len(events) == 1


def test_two_graders_do_not_open_the_same_answer(asked: Gradebook, clock: Clock) -> None:
    submission = answer(asked, "one", "because")

    def take(actor: str) -> bool:
        with asked.begin(actor) as work:
            return claim_answer(work, submission_id=submission, question_id=1, lasts=timedelta(minutes=10))

    assert take("grader:tim")
    assert not take("grader:uma")
    assert take("grader:tim")
    clock.forward(minutes=11)
    assert take("grader:uma")
    score(asked, submission, "5", actor="grader:uma")
    assert take("grader:tim")


def test_a_question_of_another_checkpoint_is_refused(asked: Gradebook) -> None:
    other = hand_in(asked, number=2)
    assert other.id is not None
    with pytest.raises(GradebookError, match="has no question number 1"):
        score(asked, other.id, "5")
