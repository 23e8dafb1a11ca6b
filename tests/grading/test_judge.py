from collections.abc import Sequence
from typing import Any

import pytest

from tests.grading.programs import SCENARIOS, array, double, reference, shout
from tito.course.limits import Limits
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.grading.authoring import given, points, tensors
from tito.grading.deal import Dealer
from tito.grading.graded import GRADED, GradedTest
from tito.grading.judge import SubmissionJudge
from tito.grading.trial import Refuted
from tito.sandbox.program import Call, CellError, Died, LoadReport, Program, Reply, Returned
from tito.sandbox.supervisor import EncodedCalls

TIMED_OUT = Died(Verdict.TIMED_OUT, "too long")
NOT_RUN = Died(Verdict.CRASHED, "not run", ran=False)


class StandInWorker:
    """A worker whose answers are laid down: `dies_at` is the call of a batch at which it ends."""

    def __init__(self, dies_at: int | None) -> None:
        self.dies_at = dies_at
        self.alive = True
        self.load = LoadReport()

    def run(self, calls: EncodedCalls | Sequence[Call], *, wall_seconds: float) -> list[Reply]:
        count = calls.count if isinstance(calls, EncodedCalls) else len(calls)
        if self.dies_at is None or self.dies_at >= count:
            return [Returned(array(2))] * count
        self.alive = False
        return [*[Returned(array(2))] * self.dies_at, TIMED_OUT, *[NOT_RUN] * (count - self.dies_at - 1)]

    def learn(self, scenarios: str) -> None: ...

    def close(self) -> None: ...


class StandInSandbox:
    def __init__(self, dies_at: int | None) -> None:
        self.dies_at = dies_at
        self.started = 0
        self.kept_waiting = 0.0

    def start(self, program: Program) -> StandInWorker:
        self.started += 1
        return StandInWorker(self.dies_at)


@points(1, "Two questions")
def two_questions(judge: Any) -> None:
    judge.call(double, array(1))
    judge.call(double, array(1))


@points(1, "Many inputs")
@given(x=tensors(shape=(1,)))
def many(judge: Any, x: Any) -> None:
    judge.call(double, x)
    judge.call(shout, "a")


@points(1, "Looks at one of two answers")
def careless(judge: Any) -> None:
    judge.call(double, array(1))
    try:
        judge.call(double, array(1))
    except Refuted:
        return


def grade(function: Any, dies_at: int | None, times: int = 1) -> tuple[list[Verdict], int]:
    test: GradedTest = getattr(function, GRADED)
    sandbox: Any = StandInSandbox(dies_at)
    dealer = Dealer(reference(), b"secret", "v1", deals=1)
    judge = SubmissionJudge(sandbox, Program((), ""), SCENARIOS, dealer, "digest", "isolated", Limits(), search=False)
    verdicts = [judge.grade("test", test, {}).verdict for _ in range(times)]
    return verdicts, sandbox.started


@pytest.mark.parametrize("dies_at", [0, 1])
def test_a_death_at_any_call_of_a_trial_is_its_verdict(dies_at: int) -> None:
    assert grade(two_questions, dies_at) == ([Verdict.TIMED_OUT], 1)


@pytest.mark.parametrize("dies_at", range(6))
def test_a_death_in_any_trial_is_the_verdict(dies_at: int) -> None:
    assert grade(many, dies_at) == ([Verdict.TIMED_OUT], 1)


def test_a_death_counts_even_if_the_test_does_not_look() -> None:
    assert grade(careless, 1) == ([Verdict.TIMED_OUT], 1)


def test_a_worker_that_lives_passes_and_is_kept() -> None:
    assert grade(two_questions, None, times=2) == ([Verdict.PASSED] * 2, 1)


def test_the_next_test_gets_a_fresh_worker() -> None:
    assert grade(two_questions, 1, times=2) == ([Verdict.TIMED_OUT] * 2, 2)


class Clock:
    """Time that passes only when somebody says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic


@points(1, "Doubling any array")
@given(x=tensors(shape=(1,)))
def doubling(judge: Any, x: Any) -> None:
    judge.agrees(double, x)


def graded_slowly(
    monkeypatch: pytest.MonkeyPatch, *, asking: float, searching: float, waiting: float = 0
) -> tuple[list[Outcome], int]:
    """Grade a test twenty times, while seconds pass when the worker is asked and when something smaller is sought.

    For `waiting` of those for which it is asked it has no core.
    """
    clock, searches = Clock(), []

    class SlowWorker(StandInWorker):
        def run(self, calls: EncodedCalls | Sequence[Call], *, wall_seconds: float) -> list[Reply]:
            clock.now += asking
            sandbox.kept_waiting += waiting
            return super().run(calls, wall_seconds=wall_seconds)

    def smallest(test: Any, seed: int, first: Any, run: Any, *, seconds: float) -> Any:
        searches.append(seconds)
        clock.now += searching
        run({"x": array(3)})  # asks the worker, which takes its time too
        return first

    monkeypatch.setattr("tito.grading.judge.time", clock)
    monkeypatch.setattr("tito.grading.judge.smallest", smallest)
    sandbox: Any = StandInSandbox(None)
    monkeypatch.setattr(sandbox, "start", lambda program: SlowWorker(None))
    dealer = Dealer(reference(), b"secret", "v1", deals=1)
    limits = Limits(wall_seconds=10)
    judge = SubmissionJudge(sandbox, Program((), ""), SCENARIOS, dealer, "digest", "isolated", limits)
    return [judge.grade("test", getattr(doubling, GRADED), {}) for _ in range(20)], len(searches)


def test_a_search_takes_no_time_from_later_tests_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, searches = graded_slowly(monkeypatch, asking=0, searching=9)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.FAILED}
    assert searches == 3  # 20 seconds in all


def test_a_program_that_is_slow_everywhere_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, _ = graded_slowly(monkeypatch, asking=9, searching=0)
    verdicts = [outcome.verdict for outcome in outcomes]
    assert verdicts == [Verdict.FAILED] * 10 + [Verdict.TIMED_OUT] * 10  # 60 seconds, and 30 for what is left
    assert "used up its 60 seconds" in outcomes[-1].detail


def test_time_without_a_core_is_not_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, _ = graded_slowly(monkeypatch, asking=9, waiting=7, searching=0)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.FAILED}


def test_what_hangs_leaves_a_moment_for_each_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = []

    class Hanging(StandInWorker):
        def run(self, calls: EncodedCalls | Sequence[Call], *, wall_seconds: float) -> list[Reply]:
            allowed.append(wall_seconds)
            clock.now += wall_seconds
            return super().run(calls, wall_seconds=wall_seconds)

    clock = Clock()
    monkeypatch.setattr("tito.grading.judge.time", clock)
    sandbox: Any = StandInSandbox(0)
    monkeypatch.setattr(sandbox, "start", lambda program: Hanging(0))
    dealer = Dealer(reference(), b"secret", "v1", deals=1)
    limits = Limits(wall_seconds=10)
    judge = SubmissionJudge(sandbox, Program((), ""), SCENARIOS, dealer, "d", "isolated", limits, search=False)
    outcomes = [judge.grade("test", getattr(two_questions, GRADED), {}) for _ in range(100)]
    assert allowed == [10.0] * 6 + [0.5] * 60
    assert "It had so little because" in outcomes[6].detail
    assert "used up its 60 seconds before this test" in outcomes[-1].detail


def test_what_is_said_of_loading_is_from_before_any_hidden_test(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox: Any = StandInSandbox(0)

    def start(program: Program) -> StandInWorker:
        sandbox.started += 1
        worker = StandInWorker(0)
        worker.load = LoadReport((CellError("core.tiny", "cell 1", "Told", f"loaded {sandbox.started} times"),))
        return worker

    monkeypatch.setattr(sandbox, "start", start)
    dealer = Dealer(reference(), b"secret", "v1", deals=1)
    judge = SubmissionJudge(sandbox, Program((), ""), SCENARIOS, dealer, "digest", "isolated", Limits(), search=False)
    for _ in range(3):
        judge.grade("test", getattr(two_questions, GRADED), {})
    assert sandbox.started == 3
    assert [error.message for error in judge.load_errors] == ["loaded 1 times"]
