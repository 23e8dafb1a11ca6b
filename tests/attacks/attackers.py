"""A class of attackers: each program of `programs/` is handed in by a student of its own, between two honest ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.grading import mini
from tests.grading.mini import CP01
from tito.cli.feedback import published_feedback
from tito.course.config import Course
from tito.course.results import Outcome, Result
from tito.gradebook.gradebook import Gradebook
from tito.grading.engine import Graded, grade_pending
from tito.sandbox.tier import Tier

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))
HONEST = ("aaron", "zoe")
FULL = Decimal(70)
HIDDEN = re.compile("secret.word|top_secret_scenario", re.IGNORECASE)
"""An input of a hidden test, and the name of a hidden scenario."""

_MORE_SCENARIOS = """

def double_again(tt, x):
    return tt.double(x)


def top_secret_scenario(tt):
    return 0
"""
_MORE_TESTS = """

@points(5, "Doubling twice", cell="test-double")
@given(x=tensors(max_dims=1))
def test_steps(judge, x):
    judge.agrees(scenarios.double_again, judge.call(scenarios.double, x))


@points(5, "Shouting, word for word", cell="test-shout")
@given(text=sampled_from(["secret words", "secret word"]))
def test_words(judge, text):
    assert judge.call(scenarios.shout, text) == text.upper()
"""


@dataclass(frozen=True)
class Attack:
    """One program, and what its header says that it must get: `earned`, and the tests of each verdict but "passed".

    The tests under `any` may end in any way but in a platform fault: there it is a race.
    """

    name: str
    cells: dict[str, str]
    earned: Decimal
    verdicts: dict[str, str]

    @property
    def student(self) -> str:
        return self.name.replace("_", "-")

    @classmethod
    def read(cls, name: str) -> Attack:
        source = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
        header = dict(re.findall(r"^# ([a-z ]+): (.+)$", source, re.MULTILINE))
        first, *emptied = header.pop("cell").split()
        cells = {first: f"#| export\n{source}"} | dict.fromkeys(emptied, "#| export\n")
        earned = Decimal(header.pop("earned"))
        return cls(name, cells, earned, {test: verdict for verdict, tests in header.items() for test in tests.split()})


@dataclass(frozen=True)
class Classroom:
    """A course in which everybody was graded in one run, by one lane."""

    course: Course
    gradebook: Gradebook
    graded: dict[str, Graded]

    def result(self, student: str) -> Result:
        """The result of a student. Fails where the platform did."""
        graded = self.graded[student]
        assert graded.result is not None, f"a program made a platform fault: {graded.fault}"
        return graded.result

    def folder(self, student: str) -> Path:
        return self.course.paths.autograded / student / CP01.slug

    def shown(self, student: str) -> tuple[Outcome, ...]:
        """The outcomes as `tito feedback` shows them to the student."""
        return published_feedback(self.course, self.gradebook, CP01, student)[2]


def build(root: Path) -> Course:
    """The course in miniature, with graders that hand an answer back and that assert; every hidden text is marked."""
    course = mini.build(root)
    graders = course.paths.graders / CP01.slug
    for name, more in (("scenarios.py", _MORE_SCENARIOS), ("test_tiny.py", _MORE_TESTS)):
        path = graders / name
        text = path.read_text(encoding="utf-8").replace('["a", "secret word"]', '["secret word", "secret words"]')
        path.write_text(text + more, encoding="utf-8")
    return course


def grade_class(root: Path, tier: Tier, names: list[str]) -> Classroom:
    """Hand in every program and grade the class."""
    course = build(root)
    attacks = [Attack.read(name) for name in names]
    first, last = HONEST
    gradebook = mini.enrol(course, first, *(attack.student for attack in attacks), last)
    mini.submit(course, gradebook, first, CP01, mini.handin(CP01))
    for attack in attacks:
        mini.submit(course, gradebook, attack.student, CP01, mini.handin(CP01, **attack.cells))
    mini.submit(course, gradebook, last, CP01, mini.handin(CP01))
    summary = grade_pending(course, gradebook, actor="instructor:test", lanes=1, tier=tier)
    return Classroom(course, gradebook, {graded.task.student_id: graded for graded in summary.graded})
