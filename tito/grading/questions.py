"""Written questions and answers on their way from the notebooks into the gradebook, where people grade them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from tito.course.checkpoints import Checkpoint
from tito.gradebook.services.written import Band, Question, record_answers, register_questions
from tito.gradebook.work import Work
from tito.notebooks.assemble import Handin
from tito.notebooks.cells import TEXT_STUB
from tito.notebooks.structure import AssignmentStructure

_BAND = re.compile(r"^\|\s*(\d+)\s*[-\N{EN DASH}]\s*(\d+)\s*\|\s*(.+?)\s*\|\s*$", re.MULTILINE)


def record_written(
    work: Work, checkpoint: Checkpoint, structure: AssignmentStructure, handin: Handin, submission_id: int
) -> None:
    """Make the notebook's questions known and keep what was answered; an untouched cell is an empty answer."""
    register_questions(work, checkpoint, list(questions(structure)))
    places = {cell.grade_id: book.file.removesuffix(".ipynb") for book in structure.notebooks for cell in book.written}
    record_answers(
        work,
        submission_id,
        {
            (places[answer.grade_id], answer.grade_id): "" if answer.untouched else answer.text
            for answer in handin.written
        },
    )


def questions(structure: AssignmentStructure) -> Iterator[Question]:
    """The written questions as students read them, with the rubric that only staff see."""
    for book in structure.notebooks:
        for cell in book.written:
            assert cell.grade_id is not None  # a written answer has both, or the structure could not be read
            assert cell.points is not None
            module = book.file.removesuffix(".ipynb")
            yield Question(module, cell.grade_id, cell.released, cell.points, tuple(bands(cell.source)))


def model_answer(source: str) -> str:
    """The model answer in an instructor's cell without the rubric after it; empty when the cell has none."""
    _, begun, rest = source.partition("BEGIN SOLUTION")
    inside = rest.partition("END SOLUTION")[0]
    lines = inside.split("\n")[1:-1]  # the rest of the two marker lines belongs to them
    end = next((number for number, line in enumerate(lines) if line.startswith("**Rubric")), len(lines))
    return "\n".join(lines[:end]).strip() if begun else ""


def question_alone(released: str) -> str:
    """What a question asks, without the words that stand where the answer goes."""
    return released.replace(TEXT_STUB, "").strip()


def answer_alone(text: str, released: str) -> str:
    """What a student wrote, without the question before (and after) it in the same cell, if they left that alone."""
    before, _, after = released.partition(TEXT_STUB)
    found = text.strip()
    return found.removeprefix(before.strip()).removesuffix(after.strip()).strip()


def bands(text: str) -> Iterator[Band]:
    """The bands of a rubric written as a table whose first column is `9-10`, `7-8`, ..."""
    for highest, lowest, description in (_ends(match) for match in _BAND.finditer(text)):
        yield Band(f"{lowest}-{highest}", description, Decimal(lowest), Decimal(highest))


def _ends(match: re.Match[str]) -> tuple[int, int, str]:
    low, high = sorted((int(match[1]), int(match[2])))
    return high, low, match[3]
