"""The judge of one submission in one mode: deals, asks the worker, compares, and writes down outcomes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tito.course.limits import Limits
from tito.course.results import Counterexample, Divergence, Frame, Mode, Outcome
from tito.course.verdicts import Verdict
from tito.grading.confirm import Evidence
from tito.grading.deal import Deal, Dealer, NumberedDealer, Trial
from tito.grading.defining import Places, where_to_define
from tito.grading.diverging import first_divergence, source
from tito.grading.graded import GradedTest, Test, Values
from tito.grading.plain import size
from tito.grading.reference import ReferenceRaised
from tito.grading.search import SECONDS, smallest, worth_searching
from tito.grading.show import cap, show
from tito.grading.snippet import scenario_sources, snippet
from tito.grading.trial import LiveJudge, Refuted, ReplayJudge
from tito.sandbox.program import Call, CellError, Died, LoadReport, Program, Reply
from tito.sandbox.supervisor import Sandbox, Worker
from tito.sandbox.wire import UnsendableValue, join_calls

_AHEAD_SECONDS = 2.0
"""What takes longer than this in all is asked test by test; an ordinary program takes some hundredths of a second."""
PATIENCE = 6
"""A submission may spend this many times the limit of one test; then its tests have `_LAST_SECONDS` each."""
_LAST_SECONDS = 0.5
"""An ordinary program needs some hundredths of a second: so one function that hangs does not cost the others."""
_OVERTIME = 3
"""And this many times the limit of one test in all for those; a program that hangs everywhere ends there."""
_SEARCH_SECONDS = 20.0
"""How long smaller examples are looked for in a submission, over all of its tests."""
_EXPLAINING_SECONDS = 8.0
"""How long, over all of its tests, it is looked for the operation whose gradient goes wrong first."""
_EXPLAINING_AT_ONCE = 2.0
_EXPLAINED = (Verdict.FAILED, Verdict.RAISED)
"""What dies has no answer that could be compared, and to let it die again costs as long again."""

# What a test body may raise over an answer: Python's own errors, and ours where the answer is sent back as an argument.
_FORM = (
    TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError, UnsendableValue,
)  # fmt: skip


_NAMES_WHAT_IS_ABSENT = ("AttributeError: ", "NameError: ")


@dataclass(slots=True)
class _Failure:
    values: Values
    refuted: Refuted


class SubmissionJudge:
    """Grades tests of one program, one at a time; a worker that dies costs its test alone."""

    def __init__(
        self,
        sandbox: Sandbox,
        program: Program,
        hidden: str,
        dealer: Dealer | NumberedDealer,
        submission: str,
        mode: Mode,
        limits: Limits,
        *,
        search: bool = True,
        places: Places | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._program = program
        self._hidden = hidden
        self._sources = scenario_sources(hidden)
        self._learned = False
        self._dealer = dealer
        self._submission = submission
        self._mode: Mode = mode
        self._limits = limits
        self._search = search
        self._places = places or {}
        self._coming: dict[bool, list[Test]] = {}  # public ones, hidden ones
        self._answered: dict[str, Sequence[Reply]] = {}
        self._worker: Worker | None = None
        self._load: LoadReport | None = None
        self._first_load: LoadReport | None = None
        self._left = PATIENCE * limits.wall_seconds  # seconds of the program's own; ours are not its fault
        self._search_left = _SEARCH_SECONDS
        self._explaining_left = _EXPLAINING_SECONDS
        self.outcomes: list[Outcome] = []
        self.evidence = Evidence()

    def expect(self, tests: Iterable[Test]) -> None:
        """Say which tests will come, so that the public ones' calls can cross together, and the hidden ones'."""
        for test in tests:
            if not test[1].lengthy:
                self._coming.setdefault(test[1].info.public, []).append(test)

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    @property
    def load_errors(self) -> tuple[CellError, ...]:
        """Cells that raised while the program was first loaded; empty before the first test.

        They are shown at once; a program that is loaded again after hidden tests could tell of them, if only by time.
        """
        return self._first_load.errors if self._first_load else ()

    @property
    def load_death(self) -> Died | None:
        """How the program ended while it was first loaded, if it did."""
        return self._first_load.died if self._first_load else None

    def grade(self, test_id: str, test: GradedTest, fixed: Mapping[str, Any]) -> Outcome:
        """Run one test and append its outcome. SandboxFault and GraderError pass through: not the student's."""
        started = time.perf_counter()
        deal = self._dealer.deal(test_id, test, fixed, self._submission)
        failure, ran = self._failure(test_id, test, fixed, deal)
        if not test.info.public:
            self.evidence.note(test.info.cell, ran, passed=failure is None)
        if failure is not None and self._search and self._search_left > 0 and worth_searching(test, failure.refuted):
            failure = self._smaller(test, fixed, deal, failure)
        outcome = self._outcome(test_id, test, failure)
        if failure is not None and self._search:
            outcome = replace(outcome, diverged=self._diverged(failure.refuted))
        outcome = replace(outcome, seconds=round(time.perf_counter() - started, 6))
        self.outcomes.append(outcome)
        return outcome

    def _failure(
        self, test_id: str, test: GradedTest, fixed: Mapping[str, Any], deal: Deal
    ) -> tuple[_Failure | None, list[tuple[Trial, bool]]]:
        """How a test failed, if it did, and of each of its trials that ran whether it was right."""
        late = self._left <= 0
        if self._left <= -_OVERTIME * self._limits.wall_seconds:
            spent = f"The submission had used up its {PATIENCE * self._limits.wall_seconds:g} seconds before this test."
            return _Failure({}, Refuted(Verdict.TIMED_OUT, spent)), [(trial, False) for trial in deal.trials]
        replies = self._replies(test_id, deal, public=test.info.public)
        found = [
            (trial, self._replay(test, fixed, deal.seed, trial, answers))
            for trial, answers in _dealt(deal.trials, replies)
        ]
        if late:
            for _, refuted in found:
                if refuted is not None and refuted.verdict is Verdict.TIMED_OUT:
                    refuted.detail += (
                        f" It had so little because the submission had used up its "
                        f"{PATIENCE * self._limits.wall_seconds:g} seconds before."
                    )
        failures = [_Failure(trial.values, refuted) for trial, refuted in found if refuted is not None]
        ran = [(trial, refuted is None) for trial, refuted in found]
        died = next((reply for reply in replies if isinstance(reply, Died)), None)
        if died is not None and not failures:  # a body that did not look at every answer
            return _Failure({}, Refuted(died.verdict, died.detail, output=died.output)), [
                (trial, False) for trial, _ in found
            ]
        if not failures:
            return None, ran
        # A worker that died answers nothing after that: the cause is the first failure, not the smallest.
        fatal = next((failure for failure in failures if _is_fatal(failure.refuted.verdict)), None)
        return fatal or min(failures, key=lambda failure: size(list(failure.values.values()))), ran

    def _replies(self, test_id: str, deal: Deal, *, public: bool) -> Sequence[Reply]:
        """Return the answers to the calls of one test."""
        with self._its_time():
            worker = self._living_worker(public=public)
        if worker is not None and public in self._coming:
            self._ask_ahead(worker, self._coming.pop(public))
        if test_id in self._answered:
            return self._answered.pop(test_id)
        with self._its_time():
            worker = self._living_worker(public=public)
            if worker is None:
                return [self._death()] * sum(len(trial.planned) for trial in deal.trials)
            return worker.run(deal.calls, wall_seconds=self._seconds)

    @property
    def _seconds(self) -> float:
        """How long the next test may take."""
        return self._limits.wall_seconds if self._left > 0 else min(_LAST_SECONDS, self._limits.wall_seconds)

    @contextmanager
    def _its_time(self) -> Iterator[None]:
        """Count what is done meanwhile as the program's time, but for the time in which it had no core."""
        started, waited = time.monotonic(), self._sandbox.kept_waiting
        try:
            yield
        finally:
            self._left -= time.monotonic() - started - (self._sandbox.kept_waiting - waited)

    def _ask_ahead(self, worker: Worker, tests: Sequence[Test]) -> None:
        """Ask for the answers to several tests at once: to go to and fro for each costs more than the answers.

        Nearly every program answers all. Where one dies on the way, the answers up to that test stand, and from that
        test on each is asked by itself, with the time and the limits that it is due, in a fresh process.
        """
        deals = [self._dealer.deal(*test, self._submission) for test in tests]
        seconds = min(_AHEAD_SECONDS, self._limits.wall_seconds)
        with self._its_time():
            replies = worker.run(join_calls([deal.calls for deal in deals]), wall_seconds=seconds)
        end = 0
        for (test_id, _, _), deal in zip(tests, deals, strict=True):
            start, end = end, end + deal.calls.count
            if any(isinstance(reply, Died) for reply in replies[start:end]):
                break
            self._answered[test_id] = replies[start:end]

    def _living_worker(self, *, public: bool) -> Worker | None:
        """Return a worker, a fresh one if the last one died; None if this program dies while it is loaded.

        What a public test raises or prints is shown at once. So it never runs in a process that has seen hidden
        scenarios or their inputs: they are sent after the public tests, or the public test gets a process of its own.
        """
        if self._load is not None and self._load.died is not None:
            return None
        if self._worker is None or not self._worker.alive or (public and self._learned):
            self.close()
            self._worker = self._sandbox.start(self._program)
            self._load = self._worker.load
            self._first_load = self._first_load or self._load
            self._learned = False
            if self._load.died is not None:
                self.close()
                return None
        if not public and not self._learned:
            self._worker.learn(self._hidden)
            self._learned = True
        return self._worker

    def _death(self) -> Died:
        """How the program died while it was loaded; asked only where `_living_worker` found that it did."""
        assert self._load is not None
        assert self._load.died is not None
        return self._load.died

    def _live(self, test: GradedTest, seed: int) -> LiveJudge:
        """A judge that asks the worker one call at a time."""

        def ask(call: Call) -> Reply:
            with self._its_time():
                worker = self._living_worker(public=test.info.public)
                if worker is None:
                    return self._death()
                return worker.run([call], wall_seconds=self._seconds)[0]

        return LiveJudge(ask, self._dealer.reference, seed)

    def _replay(
        self, test: GradedTest, fixed: Mapping[str, Any], seed: int, trial: Trial, answers: Sequence[Reply]
    ) -> Refuted | None:
        judge = ReplayJudge(trial.planned, answers, self._live(test, seed), seed)
        try:
            return _refuted(test, judge, {**trial.values, **fixed})
        except ReferenceRaised:
            # On this example the reference answers all that is planned: it was asked with an answer of the student's.
            return Refuted(Verdict.FAILED, "The answer cannot be used in the test's next step.")

    def _smaller(self, test: GradedTest, fixed: Mapping[str, Any], deal: Deal, failure: _Failure) -> _Failure:
        def run(values: Values) -> Refuted | None:
            try:
                return _refuted(test, self._live(test, deal.seed), {**values, **fixed})
            except ReferenceRaised:  # an input that the test's author did not think of is no counterexample
                return None

        # It looks for a nicer example: no later test may be short of time for it.
        left, started = self._left, time.monotonic()
        seconds = min(SECONDS, self._search_left)
        values, refuted = smallest(test, deal.seed, (failure.values, failure.refuted), run, seconds=seconds)
        self._left, self._search_left = left, self._search_left - (time.monotonic() - started)
        return _Failure(values, refuted)

    def _diverged(self, refuted: Refuted) -> Divergence | None:
        """Look for the operation whose gradient goes wrong first, in a process that sees nothing else of the graders.

        What it finds is told, and changes no verdict: so it costs the program nothing of its own time.
        """
        if refuted.asked is None or refuted.verdict not in _EXPLAINED or self._explaining_left <= 0:
            return None

        def ask(calls: Sequence[Call]) -> Sequence[Reply]:
            with closing(self._sandbox.start(self._program)) as worker:
                if worker.load.died is not None:
                    return []
                worker.learn(source())
                return worker.run(calls, wall_seconds=min(_EXPLAINING_AT_ONCE, self._limits.wall_seconds))

        started = time.monotonic()
        try:
            return first_divergence(refuted.asked, self._dealer.reference, ask)
        finally:
            self._explaining_left -= time.monotonic() - started

    def _outcome(self, test_id: str, test: GradedTest, failure: _Failure | None) -> Outcome:
        info = test.info
        verdict = Verdict.PASSED if failure is None else failure.refuted.verdict
        outcome = Outcome(
            test=test_id,
            title=info.title,
            mode=self._mode,
            public=info.public,
            cell=info.cell,
            verdict=verdict,
            possible=info.points,
            earned=info.points if failure is None else Decimal(0),
        )
        if failure is None:
            return outcome
        refuted = failure.refuted
        detail = refuted.detail
        if verdict is Verdict.MISSING or (verdict is Verdict.RAISED and detail.startswith(_NAMES_WHAT_IS_ABSENT)):
            where = where_to_define(refuted.missing or detail, self._places)
            detail = " ".join(filter(None, [detail, where]))
            if where and info.public and not refuted.frames and detail.startswith("NameError: "):
                # A test cell names things directly: there a name that is not defined is an error of the cell.
                outcome = replace(outcome, verdict=Verdict.MISSING)
        if outcome.verdict is Verdict.MISSING and self.load_errors:
            detail += " " + _why_missing(self.load_errors)
        return replace(
            outcome,
            hint=info.hint,
            detail=cap(detail, 2000),
            counterexample=self._counterexample(failure),
            frames=tuple(_clean(frame) for frame in refuted.frames),
            output=cap(refuted.output, 4000),
        )

    def _counterexample(self, failure: _Failure) -> Counterexample | None:
        refuted = failure.refuted
        if not failure.values and not refuted.expected:
            return None
        inputs = tuple((name, show(value)) for name, value in failure.values.items())
        runnable = snippet(refuted.call, self._sources) if refuted.call is not None else ""
        return Counterexample(inputs, refuted.expected, refuted.got, refuted.detail, runnable)


def _refuted(test: GradedTest, judge: ReplayJudge | LiveJudge, arguments: Mapping[str, Any]) -> Refuted | None:
    """Run a body; return how it was refuted, with what it had asked last."""
    refuted = _outcome_of_body(test, judge, arguments)
    if refuted is not None and judge.asked is not None:
        refuted.asked = replace(judge.asked, check=refuted.check)
    return refuted


def _outcome_of_body(test: GradedTest, judge: ReplayJudge | LiveJudge, arguments: Mapping[str, Any]) -> Refuted | None:
    try:
        test.body(judge, **arguments)
    except Refuted as refuted:
        return refuted
    except AssertionError as error:
        return Refuted(Verdict.FAILED, str(error).partition("\n")[0] or "The answer does not have this property.")
    except _FORM as error:
        # The same body passed with the reference's values: what it stumbles over is the form of this answer.
        return Refuted(Verdict.FAILED, f"The answer has a form that cannot be checked ({type(error).__name__}).")
    return None


def _clean(frame: Frame) -> Frame:
    return Frame(cap(frame.where, 200), frame.line, cap(frame.function, 200), cap(frame.text, 300))


def _dealt(trials: Sequence[Trial], replies: Sequence[Reply]) -> Iterator[tuple[Trial, Sequence[Reply]]]:
    position = 0
    for trial in trials:
        answers = replies[position : position + len(trial.planned)]
        position += len(trial.planned)
        # A trial counts up to the call at which the worker died; what was to come after that was never asked.
        if not answers or not isinstance(answers[0], Died) or answers[0].ran:
            yield trial, answers


def _is_fatal(verdict: Verdict) -> bool:
    return verdict not in (Verdict.FAILED, Verdict.RAISED, Verdict.MISSING)


def _why_missing(errors: Sequence[CellError]) -> str:
    error = errors[0]
    line = f", line {error.line}" if error.line else ""
    return f"{cap(error.label, 200)}{line} did not run: {cap(error.type, 100)}: {cap(error.message, 300)}"
