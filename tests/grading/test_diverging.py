"""The operation that is to blame for a wrong gradient, named to the student who wrote it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

import tinytorch_ref
from tests.grading.whole import course_at, failing, grade, mutants
from tests.sandbox.conftest import require
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.course.results import Divergence, Outcome, Result
from tito.course.verdicts import Verdict
from tito.grading.alone import one_operation, piece_of_graph
from tito.grading.diverging import MOST_OPERATIONS, chosen, first_divergence
from tito.grading.feedback import feedback_page
from tito.grading.reference import Reference
from tito.grading.reveal import reveal
from tito.grading.trial import Asked
from tito.grading.walks import Walks
from tito.notebooks.assemble import solution_modules
from tito.sandbox.program import Call, Died, Missing, Raised, Reply, Returned
from tito.sandbox.tiers import Tier

CP05 = CHECKPOINTS[5]
OPERATIONS = {
    "arriving-everywhere": ("add", "sub", "mul", "div", "pow", "matmul"),
    "quotient-sign": ("div",),
    "matmul-swapped": ("matmul",),
    "sum-without-keepdims": ("sum", "mean", "max"),
    "mean-without-n": ("mean",),
    "max-to-all-ties": ("max",),
    "permute-same-axes": ("permute",),
    "getitem-without-repeats": ("getitem",),
    "relu-at-zero": ("relu",),
    "softmax-diagonal": ("softmax",),
    "log-softmax-of-logarithms": ("log_softmax",),
}
"""By mistake, the operations whose rule it is in."""
COMPOSED = {"cross_entropy", "binary_cross_entropy", "softmax", "log_softmax"}
"""The solution builds these from other operations, so a test of a loss may name the loss."""
ENGINE = {
    "counted-once": "uses",
    "last-message-wins": "uses",
    "graph-freed": "walks",
    "gradient-ignored": "start",
    "start-from-zero": "start",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    require(Tier.NAMESPACES)
    return course_at(tmp_path_factory.mktemp("real") / "course")


@pytest.fixture(scope="module")
def graded(course: Course) -> dict[str, Result]:
    programs = {**mutants(course, CP05, *OPERATIONS, *ENGINE), "solution": solution_modules(course, CP05)}
    return grade(course, CP05, {name: (modules, {}) for name, modules in programs.items()})


def found_in(result: Result) -> list[Divergence]:
    return [outcome.diverged for outcome in failing(result).values() if outcome.diverged is not None]


@pytest.mark.parametrize("mistake", OPERATIONS)
def test_the_operation_with_the_mistake_is_named(graded: dict[str, Result], mistake: str) -> None:
    found = found_in(graded[mistake])
    named = Counter(one.operation for one in found)
    assert set(named) <= {*OPERATIONS[mistake], *COMPOSED}
    assert named[OPERATIONS[mistake][0]] > 0
    direct = [one for one in found if one.operation == OPERATIONS[mistake][0]]
    assert all(one.fault in ("gradient", "raised") for one in direct)
    with_values = [one for one in direct if one.fault == "gradient"]
    assert with_values
    for one in with_values:
        assert "shape (" in one.of
        assert one.expected != one.got
        assert f"`{one.operation}`" in one.said


@pytest.mark.parametrize("mistake", ENGINE)
def test_a_fault_in_the_engine_is_not_laid_on_an_operation(graded: dict[str, Result], mistake: str) -> None:
    found = found_in(graded[mistake])
    assert {one.operation for one in found} <= {"", *COMPOSED}
    assert ENGINE[mistake] in {one.fault for one in found}


def test_the_sum_over_uses_is_said_in_words(graded: dict[str, Result]) -> None:
    diamond = failing(graded["counted-once"])["test_engine::test_diamond"].diverged
    assert diamond is not None
    assert "Each operation's own gradient is right; the sum over uses is not" in diamond.said
    assert "a tensor of shape" in diamond.said


def test_nothing_is_said_of_a_solution(graded: dict[str, Result]) -> None:
    assert [outcome.diverged for outcome in graded["solution"].outcomes if outcome.diverged] == []


def test_results_carry_it_as_data(graded: dict[str, Result]) -> None:
    result = graded["matmul-swapped"]
    assert Result.from_json(result.to_json()) == result
    assert any(outcome.diverged for outcome in Result.from_json(result.to_json()).outcomes)
    older = result.to_json()
    for outcome in older["outcomes"]:
        del outcome["diverged"]
    assert not any(outcome.diverged for outcome in Result.from_json(older).outcomes)


def test_the_page_shows_values_of_public_tests_and_names_of_hidden_ones(
    graded: dict[str, Result], course: Course
) -> None:
    result = graded["mean-without-n"]
    hidden = failing(result)["test_arrays::test_mean"]
    assert hidden.diverged is not None
    assert hidden.diverged.fault == "gradient"
    shown = _revealed(course, result)
    (told,) = [one.diverged for one in shown if one.title == hidden.title]
    assert told == Divergence("mean")
    public = next(one for one in shown if one.test == "cell::test-sum-mean-rules")
    assert public.diverged is not None
    assert public.diverged.inputs
    page = feedback_page(course, CP05, result, shown, student="ada")
    assert "The first operation that goes wrong, in the order of backward, is <code>mean</code>." in page
    assert "asked alone, it gives a wrong gradient of its operand, shape (" in page


def _revealed(course: Course, result: Result) -> tuple[Outcome, ...]:
    policy = replace(course.assessment(CP05).reveal, later_at=None)
    outcomes = [one for one in result.outcomes if one.mode == "isolated"]
    return reveal(outcomes, policy, datetime(2027, 1, 1, tzinfo=UTC))


# The same without a sandbox: any answers that a program may think of.


def scenario(tt, x):
    a = tt.Tensor(x, requires_grad=True)
    (a * a + a).sum().backward()
    return a.grad


ASKED = Asked(scenario, Call("scenario", (np.float32([1, 2, 3]),)))
REFERENCE = Reference(tinytorch_ref)
_SCENARIOS = {function.__name__: function for function in (one_operation, piece_of_graph)}


def honest(call: Call) -> Reply:
    return Returned(REFERENCE.run(_SCENARIOS[call.scenario], call))


def test_right_answers_give_nothing_to_say() -> None:
    assert first_divergence(ASKED, REFERENCE, lambda calls: [honest(call) for call in calls]) is None


@pytest.mark.parametrize(
    ("answer", "operation", "fault"),
    [
        (Returned(None), "sum", "gradient"),
        (Returned([np.float32(1), [None]]), "sum", "gradient"),
        (Returned([None, [np.ones(4)], "more"]), "sum", "gradient"),
        (Raised("ValueError", "<script>"), "sum", "raised"),
        (Missing("sum is not written yet"), "sum", "missing"),
        (Died(Verdict.TIMED_OUT, "no answer"), "sum", "ended"),
    ],
)
def test_any_answer_is_data(answer: Reply, operation: str, fault: str) -> None:
    def ask(calls: list[Call]) -> list[Reply]:
        return [answer if call.args[0] == "sum" else honest(call) for call in calls]

    found = first_divergence(ASKED, REFERENCE, ask)
    assert found is not None
    assert (found.operation, found.fault) == (operation, fault)


def test_the_first_in_the_order_of_backward_is_named() -> None:
    def ask(calls: list[Call]) -> list[Reply]:
        wrong = Returned([np.float32(0), [np.float32([7, 7, 7])] * 2])
        return [wrong if call.args[0] in ("add", "mul") else honest(call) for call in calls]

    found = first_divergence(ASKED, REFERENCE, ask)
    assert found is not None
    assert found.operation == "add"


@pytest.mark.parametrize("answers", [[], [Died(Verdict.CRASHED, "", ran=False)] * 50])
def test_a_program_that_cannot_be_asked_gives_nothing_to_say(answers: list[Reply]) -> None:
    assert first_divergence(ASKED, REFERENCE, lambda calls: answers[: len(calls)]) is None


def test_a_long_walk_is_asked_for_in_a_bounded_number_of_questions() -> None:
    def long(tt, x):
        a = y = tt.Tensor(x, requires_grad=True)
        for number in range(3000):
            y = y * float(number) if number % 2 else y + float(number)
        y.backward(np.ones_like(x))
        return a.grad

    walks = Walks()
    with REFERENCE.graph.watched(walks):
        REFERENCE.run(long, Call("long", (np.float32([1, 2]),)))
    assert not walks.whole
    steps = chosen(walks.steps)
    assert {step.operation for step in steps} == {"add", "mul"}
    assert len(steps) <= MOST_OPERATIONS


def test_walks_are_told_apart() -> None:
    def three(tt, x):
        a = tt.Tensor(x, requires_grad=True)
        older, newer = a * 2.0, a * 3.0
        newer.sum().backward()
        older.backward(x)
        older.backward(x)

    walks = Walks()
    with REFERENCE.graph.watched(walks):
        REFERENCE.run(three, Call("three", (np.float32([1, 2]),)))
    assert [(step.walk, step.operation) for step in walks.steps] == [(0, "sum"), (0, "mul"), (1, "mul"), (2, "mul")]
