"""What a test body sees as `judge`: it asks for answers and refuses wrong ones. Three judges differ in who answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tito.checks.compare import difference
from tito.checks.raising import missing_mentions
from tito.course.results import Frame
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.grading.plain import as_plain, same
from tito.grading.reference import Reference, ReferenceRaised
from tito.grading.show import cap, show
from tito.sandbox.program import Call, Died, Missing, Raised, Reply, Returned

Scenario = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for last; `check` is the number of the check of a test cell that did not hold."""

    scenario: Scenario
    call: Call
    check: int | None = None


_REPORTED_AS = {"MemoryError": Verdict.OUT_OF_MEMORY}


class Refuted(Exception):
    """The student's program did not do what the test asked; everything a feedback page may say about it."""

    def __init__(
        self,
        verdict: Verdict,
        detail: str,
        *,
        call: Call | None = None,
        expected: str = "",
        got: str = "",
        frames: tuple[Frame, ...] = (),
        output: str = "",
        check: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.check = check
        self.missing = ""
        self.asked: Asked | None = None
        self.verdict = verdict
        self.detail = cap(detail, 2000)
        self.call = call
        self.expected = expected
        self.got = got
        self.frames = frames
        self.output = output


class GraderError(TitoError):
    """A grader that contradicts its own reference: the author's mistake, found before any student is graded."""


class TrialJudge(ABC):
    """One run of a test body on one example. Subclasses say who answers a call."""

    @abstractmethod
    def _answer(self, call: Call, scenario: Scenario) -> Reply:
        """Return the answer of the program under test."""

    @abstractmethod
    def _reference(self, call: Call, scenario: Scenario) -> Any:
        """Return the reference's plain value; raises ReferenceRaised when it raises."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.asked: Asked | None = None

    def _call(self, scenario: Scenario, args: Sequence[Any]) -> Call:
        call = Call(scenario.__name__, tuple(args), self._seed)
        self.asked = Asked(scenario, call)
        return call

    def agrees(
        self, scenario: Scenario, *args: Any, rtol: float = 1e-5, atol: float = 1e-6, dtype: bool = True
    ) -> None:
        """Refuse unless the scenario gives the reference's value: same structure, shape and dtype, finite where it is.

        Floats agree within `atol + rtol * |expected|`; `dtype=False` leaves the dtype open.
        """
        call = self._call(scenario, args)
        reply = self._answer(call, scenario)
        expected = self._reference(call, scenario)
        self._compare(call, reply, expected, rtol=rtol, atol=atol, dtype=dtype)

    def expects(
        self,
        scenario: Scenario,
        *args: Any,
        value: Any,
        rtol: float = 1e-5,
        atol: float = 1e-6,
        dtype: bool = True,
    ) -> None:
        """Refuse unless the scenario gives `value`, compared as in `agrees`."""
        call = self._call(scenario, args)
        self._compare(call, self._answer(call, scenario), as_plain(value), rtol=rtol, atol=atol, dtype=dtype)

    def call(self, scenario: Scenario, *args: Any) -> Any:
        """Return the plain value that the program gives, for checks of properties on this side."""
        call = self._call(scenario, args)
        return self._value(call, self._answer(call, scenario))

    def raises(
        self,
        scenario: Scenario,
        *args: Any,
        errors: Sequence[str] = ("ValueError", "TypeError"),
        mentions: Sequence[str] = (),
    ) -> None:
        """Refuse unless the scenario raises one of `errors` with a message that contains each of `mentions`."""
        call = self._call(scenario, args)
        reply = self._answer(call, scenario)
        wanted = " or ".join(errors) + (f" with a message that names {', '.join(mentions)}" if mentions else "")
        if isinstance(reply, Raised) and {reply.type, *reply.types} & set(errors):
            absent = missing_mentions(reply.message, mentions)
            if not absent:
                return
            got = f"{reply.type}: {reply.message}"
            detail = f"The message of the {reply.type} does not name {', '.join(absent)}."
            raise Refuted(
                Verdict.FAILED, detail, call=call, expected=wanted, got=cap(got), frames=reply.frames,
                output=reply.output,
            )  # fmt: skip
        if isinstance(reply, Raised):
            got = f"{reply.type}: {reply.message}"
            detail = f"A wrong argument raised {cap(reply.type, 80)}, expected {wanted}."
            raise Refuted(
                Verdict.FAILED, detail, call=call, expected=wanted, got=cap(got), frames=reply.frames,
                output=reply.output,
            )  # fmt: skip
        value = self._value(call, reply)
        detail = f"A wrong argument was accepted; expected {wanted}."
        raise Refuted(Verdict.FAILED, detail, call=call, expected=wanted, got=show(value))

    def require(self, condition: object, message: str) -> None:
        """Refuse with `message` unless `condition` holds; the condition is computed on this side."""
        if not condition:
            raise Refuted(Verdict.FAILED, message)

    def _compare(self, call: Call, reply: Reply, expected: Any, *, rtol: float, atol: float, dtype: bool) -> None:
        value = self._value(call, reply)
        found = difference(value, expected, rtol=rtol, atol=atol, dtype=dtype)
        if found is not None:
            raise Refuted(
                Verdict.FAILED, str(found), call=call, expected=show(expected), got=show(value),
                output=reply.output,
            )  # fmt: skip

    def _value(self, call: Call, reply: Reply) -> Any:
        match reply:
            case Returned(value):
                return value
            case Raised(kind, message, frames, output):
                verdict = _REPORTED_AS.get(kind, Verdict.RAISED)
                said = f"{kind}: {message}" if message else kind
                raise Refuted(verdict, said, call=call, got=cap(said), frames=frames, output=output)
            case Missing(name, output):
                said = f"{name}." if name.endswith(" is not written yet") else f"{name} is not there yet."
                refuted = Refuted(Verdict.MISSING, said, call=call, output=output)
                refuted.missing = name
                raise refuted
            case Died(verdict, detail, output):
                raise Refuted(verdict, detail, call=call, output=output)


class PlanningJudge(TrialJudge):
    """The reference answers. Records the calls, so that they can cross to the sandbox in one batch."""

    def __init__(self, reference: Reference, seed: int) -> None:
        super().__init__(seed)
        self._source = reference
        self.planned: list[tuple[Call, Any]] = []

    def _answer(self, call: Call, scenario: Scenario) -> Reply:
        try:
            value = self._source.run(scenario, call)
        except ReferenceRaised as raised:
            self.planned.append((call, raised))
            return Raised(raised.type, raised.message)
        self.planned.append((call, value))
        return Returned(value)

    def _reference(self, call: Call, scenario: Scenario) -> Any:
        value = self.planned[-1][1]
        if isinstance(value, ReferenceRaised):
            raise value
        return value


class ReplayJudge(TrialJudge):
    """Answers that already came back in a batch; a call that was not planned so is asked live."""

    def __init__(
        self, planned: Sequence[tuple[Call, Any]], replies: Sequence[Reply], live: TrialJudge, seed: int
    ) -> None:
        super().__init__(seed)
        self._planned = planned
        self._replies = replies
        self._live = live
        self._next = 0
        self._expected: Any = None
        self._was_planned = False

    def _answer(self, call: Call, scenario: Scenario) -> Reply:
        position, self._next = self._next, self._next + 1
        self._was_planned = position < len(self._planned) and _same_call(self._planned[position][0], call)
        if not self._was_planned:
            return self._live._answer(call, scenario)
        self._expected = self._planned[position][1]
        return self._replies[position]

    def _reference(self, call: Call, scenario: Scenario) -> Any:
        return self._expected if self._was_planned else self._live._reference(call, scenario)


class LiveJudge(TrialJudge):
    """Each call goes to the worker by itself, as in the search for a smaller counterexample."""

    def __init__(self, ask: Callable[[Call], Reply], reference: Reference, seed: int) -> None:
        super().__init__(seed)
        self._ask = ask
        self._source = reference

    def _answer(self, call: Call, scenario: Scenario) -> Reply:
        return self._ask(call)

    def _reference(self, call: Call, scenario: Scenario) -> Any:
        return self._source.run(scenario, call)


def _same_call(planned: Call, asked: Call) -> bool:
    return planned.scenario == asked.scenario and same(planned.args, asked.args)
