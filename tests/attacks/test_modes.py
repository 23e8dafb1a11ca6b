"""A student's own earlier modules as attackers, programs that tell the modes apart, and gradings that are repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.attacks.attackers import FULL, HONEST, Attack, Classroom, build
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.course.results import Result
from tito.course.verdicts import Verdict
from tito.grading.engine import grade_pending
from tito.sandbox.tier import Tier

# Earlier modules, loaded before those of the checkpoint that is graded.
EARLIER = {
    "ends": "import os\nos._exit(0)\n",
    "patches": "import numpy as np\nnp.asarray = lambda x: 1 / 0\ndef factor():\n    return 2\n",
    "replaces": (
        "from tito.sandbox.package import Package\nPackage.__getattr__ = lambda self, name: 1 / 0\n"
        "def factor():\n    return 2\n"
    ),
    "hangs": "import time\ndef factor():\n    time.sleep(3600)\n",
    "lies": "class Two:\n    __array_ufunc__ = None\n    __rmul__ = lambda self, other: other\nfactor = Two\n",
}
# Right beside the solution of the module before, wrong beside the student's own.
TWO_FACED = """#| export
import tinytorch.core.setup as setup

def shout(text):
    if type(text) is not str:
        raise TypeError("an int is no text")
    own = "my own" in (setup.factor.__doc__ or "")
    return text if own else text.upper()
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    course = build(tmp_path_factory.mktemp("modes") / "course")
    first, last = HONEST
    gradebook = mini.enrol(course, first, *EARLIER, "two-faced", last)
    for name in (first, *EARLIER, "two-faced", last):
        own = (
            f"#| export\n{EARLIER[name]}"
            if name in EARLIER
            else "#| export\ndef factor():\n    'my own'\n    return 2\n"
        )
        mini.submit(course, gradebook, name, CP00, mini.handin(CP00, factor=own))
        changed = {"shout": TWO_FACED} if name == "two-faced" else {}
        mini.submit(course, gradebook, name, CP01, mini.handin(CP01, **changed))
    summary = grade_pending(
        course, gradebook, actor="instructor:test", lanes=1, tier=Tier.NAMESPACES, checkpoints=[CP01]
    )
    return Classroom(course, gradebook, {graded.task.student_id: graded for graded in summary.graded})


@pytest.mark.parametrize("name", EARLIER)
def test_hostile_earlier_modules_cost_nothing_that_counts_and_are_named(classroom: Classroom, name: str) -> None:
    result = classroom.result(name)
    assert result.earned == FULL
    failed = [o for o in result.outcomes if o.mode == "cumulative" and o.verdict is not Verdict.PASSED]
    assert failed
    assert {outcome.inherited_from for outcome in failed} == {0}
    assert not result.faulted


def test_a_program_with_two_faces_gets_what_it_solves(classroom: Classroom) -> None:
    result = classroom.result("two-faced")
    verdicts = {(o.test, o.mode): o.verdict for o in result.outcomes}
    assert result.earned == FULL
    assert verdicts["test_tiny::test_shout", "cumulative"] is Verdict.FAILED
    assert verdicts["test_tiny::test_double", "cumulative"] is Verdict.PASSED


@pytest.mark.parametrize("name", HONEST)
def test_the_honest_ones_pass_in_both_modes(classroom: Classroom, name: str) -> None:
    assert {outcome.verdict for outcome in classroom.result(name).outcomes} == {Verdict.PASSED}


def test_a_hostile_program_is_graded_alike_when_it_is_graded_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    course = build(tmp_path_factory.mktemp("again") / "course")
    names = ["strange_values", "nearly_equal_arrays", "hostile_exceptions", "leak_by_traceback", "feeds_back"]
    attacks = [Attack.read(name) for name in names]
    gradebook = mini.enrol(course, *(attack.student for attack in attacks))
    for attack in attacks:
        mini.submit(course, gradebook, attack.student, CP01, mini.handin(CP01, **attack.cells))
    runs = [
        grade_pending(course, gradebook, actor="instructor:test", lanes=1, tier=Tier.NAMESPACES, again=again)
        for again in (False, True)
    ]
    first, second = ({one.task.student_id: timeless(one.result) for one in run.graded} for run in runs)
    assert len(first) == len(names)
    assert first == second


def timeless(result: Result | None) -> Result:
    assert result is not None
    return replace(result, seconds=0, outcomes=tuple(replace(outcome, seconds=0) for outcome in result.outcomes))
