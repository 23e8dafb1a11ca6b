"""All tests of a kind are asked together, and nobody's verdict depends on that."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.grading.programs import SCENARIOS, array, double, reference
from tito.course.limits import Limits
from tito.course.verdicts import Verdict
from tito.grading.authoring import points
from tito.grading.deal import Dealer
from tito.grading.graded import GRADED, GradedTest, Test, TestInfo
from tito.grading.judge import SubmissionJudge
from tito.sandbox.program import Call, Died, LoadReport, Program, Reply, Returned
from tito.sandbox.supervisor import EncodedCalls

NOT_RUN = Died(Verdict.CRASHED, "not run", ran=False)
TOO_LONG = Died(Verdict.TIMED_OUT, "too long")
Ending = Callable[[int, int], bool]
"""Whether worker m (from 1 on) dies at its n-th call (from 1 on)."""


class Log:
    """A sandbox that notes what it is asked, and whose answers are right until a worker dies."""

    def __init__(self, ends: Ending, load: LoadReport) -> None:
        self.ends = ends
        self.load = load
        self.said: list[tuple[Any, ...]] = []
        self.started = 0
        self.kept_waiting = 0.0

    def start(self, program: Program) -> "LoggedWorker":
        self.started += 1
        return LoggedWorker(self, self.started)


class LoggedWorker:
    def __init__(self, log: Log, number: int) -> None:
        self.log, self.number = log, number
        self.load = log.load
        self.alive = True
        self.calls = 0

    def learn(self, scenarios: str) -> None:
        self.log.said.append((self.number, "learns"))

    def run(self, calls: EncodedCalls | Sequence[Call], *, wall_seconds: float) -> list[Reply]:
        count = calls.count if isinstance(calls, EncodedCalls) else len(calls)
        self.log.said.append((self.number, count, wall_seconds))
        replies: list[Reply] = []
        for _ in range(count):
            self.calls += 1
            if self.log.ends(self.number, self.calls):
                self.alive = False
                replies.append(TOO_LONG)
                break
            replies.append(Returned(array(2)))
        return replies + [NOT_RUN] * (count - len(replies))

    def close(self) -> None: ...


@points(1, "One call")
def one(judge: Any) -> None:
    judge.agrees(double, array(1))


@points(1, "Two calls")
def two(judge: Any) -> None:
    judge.agrees(double, array(1))
    judge.agrees(double, array(1))


def public(function: Any) -> GradedTest:
    test: GradedTest = getattr(function, GRADED)
    return GradedTest(test.body, TestInfo(test.info.points, test.info.title, "", "cell", public=True))


TESTS = [("p1", public(one), {}), ("p2", public(two), {}), *((f"h{n}", getattr(two, GRADED), {}) for n in range(3))]
GOOD = LoadReport()


def grade(
    ends: Ending, load: LoadReport = GOOD, tests: Sequence[Test] = TESTS
) -> tuple[dict[str, Verdict], list[tuple[Any, ...]]]:
    log: Any = Log(ends, load)
    dealer = Dealer(reference(), b"secret", "v1", deals=1)
    judge = SubmissionJudge(log, Program((), ""), SCENARIOS, dealer, "digest", "isolated", Limits(), search=False)
    judge.expect(tests)
    verdicts = {test[0]: judge.grade(*test).verdict for test in tests}
    return verdicts, log.said


ALL_PASSED = dict.fromkeys((name for name, _, _ in TESTS), Verdict.PASSED)


def test_a_program_that_lives_is_asked_twice() -> None:
    verdicts, said = grade(lambda worker, call: False)
    assert verdicts == ALL_PASSED
    assert said == [(1, 3, 2.0), (1, "learns"), (1, 6, 2.0)]


@pytest.mark.parametrize("call", [6, 7])
def test_after_a_death_the_answers_before_it_stand_and_the_others_are_asked_one_by_one(call: int) -> None:
    """The program dies at a call of the second hidden test, whenever that is asked."""
    verdicts, said = grade(lambda worker, n: n == call if worker == 1 else worker == 2)
    assert verdicts == ALL_PASSED | {"h1": Verdict.TIMED_OUT}
    assert said == [
        (1, 3, 2.0),
        (1, "learns"),
        (1, 6, 2.0),
        (2, "learns"),
        (2, 2, 10.0),
        (3, "learns"),
        (3, 2, 10.0),
    ]


def test_a_program_that_was_only_slow_in_all_gets_the_time_that_each_test_is_due() -> None:
    verdicts, said = grade(lambda worker, call: worker == 1 and call == 6)
    assert verdicts == ALL_PASSED
    assert said[3:] == [(2, "learns"), (2, 2, 10.0), (2, 2, 10.0)]


def test_a_death_in_a_public_test_leaves_the_hidden_ones_together() -> None:
    verdicts, said = grade(lambda worker, call: worker <= 2 and call == 1)
    assert verdicts == ALL_PASSED | {"p1": Verdict.TIMED_OUT}
    assert said == [(1, 3, 2.0), (2, 1, 10.0), (3, 2, 10.0), (3, "learns"), (3, 6, 2.0)]


def test_what_takes_seconds_is_asked_by_itself_with_all_of_its_time() -> None:
    slow = replace(getattr(two, GRADED), deals=1)
    tests = [*TESTS[:3], ("slow", slow, {}), *TESTS[3:]]
    verdicts, said = grade(lambda worker, call: False, tests=tests)
    assert verdicts == ALL_PASSED | {"slow": Verdict.PASSED}
    assert said == [(1, 3, 2.0), (1, "learns"), (1, 6, 2.0), (1, 2, 10.0)]


def test_a_program_that_does_not_load_is_asked_nothing() -> None:
    verdicts, said = grade(lambda worker, call: False, LoadReport(died=TOO_LONG))
    assert set(verdicts.values()) == {Verdict.TIMED_OUT}
    assert said == []
