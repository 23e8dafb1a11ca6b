"""Every hostile program gets the score and the verdicts of its header, leaks nothing, and harms nobody else."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest

from tests.attacks.attackers import FULL, HIDDEN, HONEST, NAMES, Attack, Classroom
from tests.grading import mini
from tito.course.verdicts import Verdict

TAGS = set(
    "html head meta title style body header footer section div p h1 h2 span dl dt dd pre code ul li strong".split()
)
SOLUTION = "The number that everything is multiplied by"
"""Words of the solution of the checkpoint before, whose code isolated grading puts beside the student's."""


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_program_gets_its_verdicts_and_no_more(classroom: Classroom, name: str) -> None:
    attack = Attack.read(name)
    result = classroom.result(attack.student)
    outcomes = [outcome for outcome in result.outcomes if outcome.mode == "isolated"]
    found = {outcome.test.partition("::")[2]: outcome.verdict.value for outcome in outcomes}
    races = {test for test, verdict in attack.verdicts.items() if verdict == "any"}
    ended = {test: verdict for test, verdict in found.items() if verdict != "passed" and test not in races}
    assert ended == {test: verdict for test, verdict in attack.verdicts.items() if verdict != "any"}
    assert result.earned <= attack.earned
    assert result.earned == attack.earned or races
    assert Verdict.PLATFORM_FAULT not in {outcome.verdict for outcome in result.outcomes}


def test_those_who_were_graded_before_and_after_the_attackers_keep_what_is_theirs(classroom: Classroom) -> None:
    for student in HONEST:
        result = classroom.result(student)
        assert result.earned == FULL
        assert not result.notes


@pytest.mark.parametrize("name", NAMES)
def test_nothing_hidden_is_shown(classroom: Classroom, name: str) -> None:
    student = Attack.read(name).student
    for text in texts(classroom, student):
        assert not HIDDEN.search(text)
        assert SOLUTION not in text
    assert all(outcome.seconds == 0 for outcome in classroom.shown(student) if not outcome.public)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_shown_acts(classroom: Classroom, name: str) -> None:
    student = Attack.read(name).student
    for text in texts(classroom, student):
        assert {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs")} <= {"\n", "\t"}
    page = Page()
    page.feed((classroom.folder(student) / "feedback.html").read_text(encoding="utf-8"))
    assert page.tags <= TAGS | {"meter"}
    assert not [
        attribute for attribute in page.attributes if attribute.startswith("on") or attribute in ("src", "href")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_of_a_program_is_bounded(classroom: Classroom, name: str) -> None:
    result = classroom.result(Attack.read(name).student)
    assert len(result.notes) <= 250
    assert len(json.dumps(result.to_json())) < 400_000


def test_the_whole_class_was_graded_and_nobody_waits(classroom: Classroom) -> None:
    assert set(classroom.graded) == {*HONEST, *(Attack.read(name).student for name in NAMES)}


def test_what_is_looked_for_was_there_to_be_found(classroom: Classroom) -> None:
    for name in ("leak_by_exception", "leak_by_output", "leak_by_traceback", "leak_by_value", "leak_by_crash"):
        kept = (classroom.folder(Attack.read(name).student) / "result.json").read_text(encoding="utf-8")
        assert HIDDEN.search(kept), name


def texts(classroom: Classroom, student: str) -> list[str]:
    """All that a student is shown of a result: the page, the outputs of test cells, `tito feedback`, notes."""
    folder = classroom.folder(student)
    notebook = json.loads((folder / "01_tensor.ipynb").read_text(encoding="utf-8"))
    outputs = [
        data if isinstance(data, str) else "".join(data)
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
        for output in cell.get("outputs", [])
        for data in [*output.get("data", {}).values(), output.get("evalue", "")]
    ]
    shown = [json.dumps(outcome.to_json(), ensure_ascii=False) for outcome in classroom.shown(student)]
    page = (folder / "feedback.html").read_text(encoding="utf-8")
    return [page, *outputs, *shown, *classroom.result(student).notes]


class Page(HTMLParser):
    """The tags and attributes of a page, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_programs_have_one_purpose_each_and_say_it() -> None:
    for name in NAMES:
        cells = Attack.read(name).cells
        assert set(cells) <= {str(meta.get("grade_id")) for _, meta, _ in mini._CELLS_01}
        assert re.match(r'#\| export\n"""[A-Z].+\."""\n\n+# cell:', next(iter(cells.values()))), name
