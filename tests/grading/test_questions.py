from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course
from tito.gradebook.models import WrittenAnswer, WrittenQuestion
from tito.grading.intake import HandIn, take_in
from tito.grading.questions import answer_alone, bands, model_answer, question_alone

TABLE = """\
| Points | The answer |
|---|---|
| 9-10 | right, with the reason |
| 7\N{EN DASH}8 | right | mostly |
| 0-2 | off the subject |
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return mini.build(tmp_path / "course")


def test_bands_are_read_from_the_rubrics_table() -> None:
    found = [(band.label, band.description, band.lowest, band.highest) for band in bands(TABLE)]
    assert found == [
        ("9-10", "right, with the reason", Decimal(9), Decimal(10)),
        ("7-8", "right | mostly", Decimal(7), Decimal(8)),
        ("0-2", "off the subject", Decimal(0), Decimal(2)),
    ]


def test_answers_come_in_with_the_hand_in_and_questions_without_their_solution(course: Course) -> None:
    gradebook = mini.enrol(course, "ana")
    for answer in ("Because two is even. <script>", "Because."):
        files = mini.handin(CP01, **{"reflect-1": answer})
        take_in(course, gradebook, HandIn("ana", "cp01", files), actor="system:test", source="test")
    with gradebook.read() as session:
        (question,) = session.scalars(select(WrittenQuestion))
        answers = session.scalars(select(WrittenAnswer.text).order_by(WrittenAnswer.submission_id)).all()
    assert (question.module, question.grade_id, question.possible) == ("01_tensor", "reflect-1", Decimal(30))
    assert "Because" not in question.prompt
    assert answers == ["Because two is even. <script>", "Because."]


CELL = """\
### Question

Why?

<!-- BEGIN SOLUTION -->
**Model answer.** Because.

It is so.

**Rubric (10 points)**

| 9-10 | right |
<!-- END SOLUTION -->
"""
RELEASED = "### Question\n\nWhy?\n\nYOUR ANSWER HERE\n\nTwo sentences."


def test_the_model_answer_comes_without_its_rubric() -> None:
    assert model_answer(CELL) == "**Model answer.** Because.\n\nIt is so."
    assert model_answer(CELL.replace("**Rubric (10 points)**\n", "")).endswith("| 9-10 | right |")
    assert model_answer("no region") == ""


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("### Question\n\nWhy?\n\nBecause.\n\nTwo sentences.\n", "Because."),
        ("Because.", "Because."),
        ("### My own title\n\nBecause.", "### My own title\n\nBecause."),
        ("", ""),
    ],
)
def test_an_answer_is_told_from_the_question_in_the_same_cell(text: str, alone: str) -> None:
    assert answer_alone(text, RELEASED) == alone
    assert question_alone(RELEASED) == "### Question\n\nWhy?\n\n\n\nTwo sentences."
    assert answer_alone("Because.", "YOUR ANSWER HERE") == "Because."
