"""Mistakes of students: each costs the tests that it touches and no others, and is told in words.

The real notebooks and graders; a program is a checkpoint's solution with one thing wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.grading.whole import changed, course_at, failing, grade
from tests.sandbox.conftest import require
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.grading.feedback import feedback_page
from tito.notebooks.assemble import solution_modules
from tito.sandbox.tiers import Tier

LIMITS = "\nc.SandboxLimits.wall_seconds = 2\n"


@dataclass(frozen=True)
class Mistake:
    """`new` stands where `old` stood; it costs points in the test cells `cells` alone, and `says` is told of it."""

    checkpoint: int
    old: str
    new: str
    cells: set[str]
    verdict: Verdict
    says: tuple[str, ...]


MISTAKES = {
    "02 a missing name": Mistake(
        2, "class GELU(Activation):", "class Gelu(Activation):", {"test-gelu"},
        Verdict.MISSING, ("name 'GELU' is not defined", "the cell 'gelu' of 02_activations.ipynb"),
    ),
    "02 a NaN": Mistake(
        2, "return np.tanh(a)", "return (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1)", {"test-tanh"},
        Verdict.FAILED, ("nan",),
    ),
    "02 a step that is not written": Mistake(
        2, "    return np.tanh(a)", "    raise NotImplementedError()", {"test-tanh", "test-gelu"},
        Verdict.MISSING, ("tanh_forward is not written yet", "the cell 'tanh' of 02_activations.ipynb"),
    ),
    "03 a wrong shape": Mistake(
        3, "return x * np.where(numbers < keep", "return x.reshape(-1) * np.where(numbers.reshape(-1) < keep",
        {"test-dropout", "test-dropout-modes", "test-sequential-parts"}, Verdict.FAILED, ("shape",),
    ),
    "03 a loop without an end": Mistake(
        3, "        keep = 1 - self.p\n", "        while True:\n            pass\n",
        {"test-dropout", "test-dropout-modes", "test-sequential-parts"}, Verdict.TIMED_OUT,
        ("no answer within 2 seconds",),
    ),
    "04 an array of 100 GB": Mistake(
        4, "        error = predictions - targets\n",
        "        error = predictions - targets\n        np.ones(25_000_000_000, dtype=np.float32)\n",
        {"test-mse"}, Verdict.OUT_OF_MEMORY, ("memory ran out",),
    ),
    "04 a name that is written differently": Mistake(
        4, "class BinaryCrossEntropyLoss(Loss):", "class BCELoss(Loss):",
        {"test-binary-cross-entropy"},
        Verdict.MISSING, ("the cell 'binary-cross-entropy' of 04_losses.ipynb",),
    ),
    "05 an exception inside backward": Mistake(
        5, "    winners = a == stretch(output, a.shape, axis, keepdims)\n",
        "    winners = a == stretch(output, a.shape, axis, keepdims)\n    winners.no_such_thing()\n",
        {"test-max-rule"}, Verdict.RAISED, ("AttributeError: 'numpy.ndarray' object has no attribute 'no_such_thing'",),
    ),
    "05 a loop inside backward": Mistake(
        5, "    winners = a == stretch(output, a.shape, axis, keepdims)\n",
        "    while axis != 77:\n        pass\n    winners = a == stretch(output, a.shape, axis, keepdims)\n",
        {"test-max-rule"}, Verdict.TIMED_OUT, ("no answer within 2 seconds",),
    ),
    "05 a NaN in a gradient": Mistake(
        5, "    return (stretch(gradient, a.shape, axis, keepdims) * winners / count,)",
        "    return (np.nan * winners / count,)", {"test-max-rule"}, Verdict.FAILED, ("nan",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    require(Tier.NAMESPACES)
    return course_at(tmp_path_factory.mktemp("mistakes") / "course", more=LIMITS)


@pytest.fixture(scope="module")
def graded(course: Course) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for number in sorted({mistake.checkpoint for mistake in MISTAKES.values()}):
        checkpoint = CHECKPOINTS[number]
        solution = solution_modules(course, checkpoint)
        programs = {
            name: (changed(solution, mistake.old, mistake.new), {})
            for name, mistake in MISTAKES.items()
            if mistake.checkpoint == number
        }
        found |= grade(course, checkpoint, programs)
    return found


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_costs_the_tests_that_it_touches_and_no_others(graded: dict[str, Result], name: str) -> None:
    lost = failing(graded[name])
    assert {outcome.cell for outcome in lost.values()} == MISTAKES[name].cells
    assert not graded[name].faulted


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_words(graded: dict[str, Result], course: Course, name: str) -> None:
    mistake, result = MISTAKES[name], graded[name]
    public = [outcome for outcome in failing(result).values() if outcome.public]
    assert mistake.verdict in {outcome.verdict for outcome in public}
    page = feedback_page(course, CHECKPOINTS[mistake.checkpoint], result, public, student="ada")
    text = page.replace("&#39;", "'").replace("&#34;", '"')
    assert mistake.verdict.explanation in text
    for words in mistake.says:
        assert words in text


# A Tensor that is right for means of everything, and wrong along an axis.

SUBTLE = ("    return total / (a.size // max(total.size, 1))", "    return total / max(a.size, 1)")


@pytest.fixture(scope="module")
def inherited(course: Course) -> Result:
    earlier = {number: solution_modules(course, CHECKPOINTS[number]) for number in range(5)}
    earlier[1] = changed(earlier[1], *SUBTLE)
    cp05 = CHECKPOINTS[5]
    return grade(course, cp05, {"heir": (solution_modules(course, cp05), earlier)})["heir"]


def test_a_subtly_wrong_tensor_costs_nothing_in_isolation(inherited: Result) -> None:
    assert failing(inherited, "isolated") == {}
    assert inherited.earned == inherited.possible == 70


def test_its_cumulative_failures_are_inherited_from_the_checkpoint_that_caused_them(inherited: Result) -> None:
    lost = failing(inherited, "cumulative")
    assert "test_arrays::test_several_axes" in lost
    assert {outcome.inherited_from for outcome in lost.values()} == {1}


def test_feedback_names_that_checkpoint(inherited: Result, course: Course) -> None:
    page = feedback_page(course, CHECKPOINTS[5], inherited, inherited.outcomes, student="ada")
    lost: dict[str, Outcome] = failing(inherited, "cumulative")
    assert page.count("inherited from checkpoint 01") == len(lost) > 0
    assert "fail when your earlier checkpoints are used instead of the reference solutions" in page
