"""Which operation is to blame for a wrong gradient: found after a test failed, never for points (decision 0009).

The reference repeats the failing scenario and is watched. Then the student's package, in a fresh process, does each
operation of that graph alone, with the reference's inputs and message, in the order of backward. The first that
differs is the one. Where each is right alone, pieces of the graph tell whether their sums are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from tito.checks.compare import difference
from tito.course.results import Divergence, Fault
from tito.grading import cells
from tito.grading.alone import one_operation, piece_of_graph
from tito.grading.reference import Reference, ReferenceRaised
from tito.grading.show import cap, show
from tito.grading.trial import Asked
from tito.grading.walks import Step, Walks
from tito.sandbox.program import Call, Died, Missing, Raised, Reply, Returned

MOST_OPERATIONS = 64
_MOST_SHARED = 16
_RTOL, _ATOL = 1e-4, 1e-5
_GELU = 3e-3
"""Both forms of GELU are accepted; their slopes differ by less than this."""

Ask = Callable[[Sequence[Call]], Sequence[Reply]]


def first_divergence(asked: Asked, reference: Reference, ask: Ask) -> Divergence | None:
    """Return where the gradients of a failing scenario begin to be wrong; None where that is not the matter.

    `ask` puts calls of the scenarios in `source()` to the student's package, all in one go.
    """
    walks = _walks(asked, reference)
    if walks is None:
        return None
    steps = [one for step in chosen(walks.steps) for one in _ways(step)]
    if not steps:
        return None
    starts = [_start(np.array([2, -3], dtype=np.float32)), _start(None)]
    few = walks.whole and len(walks.steps) <= MOST_OPERATIONS
    pieces = list(_pieces(walks)) if few else []
    calls = [*starts, *map(_alone, steps), *(piece.call for piece in pieces)]
    replies = ask(calls)
    if len(replies) != len(calls):
        return None
    middle = len(starts) + len(steps)
    found = _of_the_start(starts, replies)
    found = found or _of_operations(steps, replies[len(starts) : middle])
    return found or _of_the_engine(walks, pieces, replies[middle:])


@cache
def source() -> str:
    """The scenarios that `first_divergence` asks for."""
    return resources.files("tito.grading").joinpath("alone.py").read_text(encoding="utf-8")


def chosen(steps: Sequence[Step]) -> list[Step]:
    """The steps that are asked for, in the order of backward: none twice, and of many, the first of each kind."""
    different: dict[tuple[Any, ...], Step] = {}
    for step in steps:
        if step.can_be_asked:
            arrays = (*step.operands, step.gradient)
            key = (*_kind(step), *(array.tobytes() for array in arrays))
            different.setdefault(key, step)
    if len(different) <= MOST_OPERATIONS:
        return list(different.values())
    kinds: dict[tuple[Any, ...], Step] = {}
    for step in different.values():
        kinds.setdefault(_kind(step), step)
    return list(kinds.values())[:MOST_OPERATIONS]


def _kind(step: Step) -> tuple[Any, ...]:
    return (step.operation, *step.asks, repr(step.parameters), *(array.shape for array in step.operands))


def _walks(asked: Asked, reference: Reference) -> Walks | None:
    """Repeat the scenario on the reference, up to the check that failed, and watch."""
    graph = reference.graph
    if graph is None:
        return None
    walks = Walks()
    scenario, call = asked.scenario, asked.call
    if call.scenario == cells.notebook_cell.__name__:
        scenario = cells.cell_up_to(asked.check)
    try:
        with graph.watched(walks):
            reference.run(scenario, call)
    except ReferenceRaised:
        return None
    return walks


def _alone(step: Step) -> Call:
    arguments = (step.operation, list(step.operands), step.asks, step.parameters, step.gradient)
    return Call(one_operation.__name__, arguments)


def _ways(step: Step) -> Iterator[Step]:
    """An operation as it is asked for: `log_softmax` is a class and a function."""
    yield step
    if step.operation == "log_softmax" and step.parameters.get("dim") in (-1, step.gradient.ndim - 1):
        yield replace(step, parameters={"function": True})


def _start(gradient: Any) -> Call:
    """Ask a tensor for its own gradient: nothing but the beginning of a walk."""
    operand = np.array(3, dtype=np.float32) if gradient is None else np.zeros_like(gradient)
    return Call(piece_of_graph.__name__, ([operand], [True], [], gradient))


def _of_the_start(starts: Sequence[Call], replies: Sequence[Reply]) -> Divergence | None:
    """Whether a walk begins with the gradient that it is given; one that cannot begin at a leaf may be right else."""
    for call, reply in zip(starts, replies, strict=False):
        given = call.args[3]
        expected = np.array(1, dtype=np.float32) if given is None else given
        match reply:
            case Returned([got]) if difference(got, expected) is not None:
                return Divergence("", "start", "", (), show(expected), show(got))
    return None


def _of_operations(steps: Sequence[Step], replies: Sequence[Reply]) -> Divergence | None:
    for step, reply in zip(steps, replies, strict=True):
        if isinstance(reply, Died) and not reply.ran:
            return None
        if isinstance(reply, Missing) and "function" in step.parameters:
            continue
        found = _of_an_operation(step, reply)
        if found is not None:
            return found
    return None


def _of_an_operation(step: Step, reply: Reply) -> Divergence | None:
    """What is wrong with the answer to one operation, if anything."""

    def found(fault: Fault, of: str = "", expected: Any = None, got: str = "") -> Divergence:
        return Divergence(step.operation, fault, of, _inputs(step), "" if expected is None else show(expected), got)

    match reply:
        case Returned([value, [*gradients]]) if len(gradients) == len(step.shares):
            result = _result(step)
            if result is not None and _differ(step, value, result):
                return found("result", "", result, show(value))
            for place, (share, gradient) in enumerate(zip(step.shares, gradients, strict=True)):
                if share is not None and not _accepted(step, gradient, share):
                    return found("gradient", _operand_name(step, place), share, show(gradient))
            return None
        case Returned(value):
            return found("gradient", "its operands", None, show(value))
        case Raised(kind, message):
            return found("raised", got=cap(f"{kind}: {message}"))
        case Missing(name):
            return found("missing", got=cap(name, 200))
        case Died(_, detail):
            return found("ended", got=cap(detail, 300))


def _result(step: Step) -> Any:
    """The result of the operation on the reference, for those where it says more than its gradient does."""
    binary: dict[str, Callable[[Any, Any], Any]] = {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power, "matmul": np.matmul,
    }  # fmt: skip
    if step.operation not in binary:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(binary[step.operation](*step.operands), dtype=np.float32)


def _accepted(step: Step, gradient: Any, share: Any) -> bool:
    if step.operation == "max" and _ties(step):
        return _shares_of_ties(step, gradient)
    return not _differ(step, gradient, share)


def _differ(step: Step, got: Any, expected: Any) -> bool:
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))))
    atol = (_GELU if step.operation == "gelu" else _ATOL) * scale
    return difference(got, expected, rtol=_RTOL, atol=atol) is not None


def _winners(step: Step) -> tuple[Any, Any, tuple[int, ...] | None]:
    (x,) = step.operands
    axis = step.parameters.get("axis")
    axes = tuple(axis) if isinstance(axis, list) else None if axis is None else (axis,)
    return x, x == np.max(x, axis=axes, keepdims=True), axes


def _ties(step: Step) -> bool:
    _, winners, axes = _winners(step)
    return bool((winners.sum(axis=axes) > 1).any())


def _shares_of_ties(step: Step, gradient: Any) -> bool:
    """Who of several largest gets how much is open; together they get the message, and the others nothing."""
    x, winners, axes = _winners(step)
    if difference(gradient, np.zeros_like(x), rtol=0, atol=np.inf) is not None:
        return False
    sums = np.asarray(gradient.sum(axis=axes)).reshape(step.gradient.shape)
    return not gradient[~winners].any() and not _differ(step, sums, step.gradient)


def _inputs(step: Step) -> tuple[tuple[str, str], ...]:
    names = [_operand_name(step, place) for place in range(len(step.operands))]
    operands = [(name, show(array)) for name, array in zip(names, step.operands, strict=True)]
    given = [(name, show(value)) for name, value in step.parameters.items() if value is not None]
    shape = f"message, shape {step.gradient.shape}"
    return (*operands, *given, (shape, show(step.gradient)))


def _operand_name(step: Step, place: int) -> str:
    number = ["first", "second"][place] + " operand" if len(step.operands) > 1 else "operand"
    return f"its {number}, shape {step.operands[place].shape}"


class _Piece:
    """A piece of one walk that begins at some tensors; the student's engine must find their gradients."""

    def __init__(self, steps: Sequence[Step], ends: Sequence[int], fault: Fault) -> None:
        operands: list[Any] = []
        asks: list[bool] = []
        places: dict[int, int] = {}
        self.expected: list[Any] = []
        self.fault = fault
        for number in ends:
            places[number] = len(operands)
            operands.append(_array_of(steps, number))
            asks.append(True)
            self.expected.append(_gradient_of(steps, number))
        forward = [step for step in reversed(steps) if step.result not in places]
        needed: set[int] = set(ends)
        kept = []
        for step in forward:
            if needed & {one for one in step.inputs if one is not None}:
                needed.add(step.result)
                kept.append(step)
        listed = []
        constants: list[tuple[Step, int]] = []
        for step in kept:
            for place, one in enumerate(step.inputs):
                if one is None or one not in needed:
                    constants.append((step, place))
        constant_at = {}
        for step, place in constants:
            constant_at[step.result, place] = len(operands)
            operands.append(step.operands[place])
            asks.append(False)
        for position, step in enumerate(kept):
            inputs = [
                constant_at[step.result, place] if (step.result, place) in constant_at else places[one]  # type: ignore[index]
                for place, one in enumerate(step.inputs)
            ]
            listed.append([step.operation, inputs, step.parameters])
            places[step.result] = len(operands) + position
        self.call = Call(piece_of_graph.__name__, (operands, asks, listed, steps[0].gradient))

    def wrong(self, reply: Reply) -> tuple[Any, Any] | None:
        """The first gradient that is not as expected, with what is; None where the piece is right or unclear."""
        if not isinstance(reply, Returned) or not isinstance(reply.value, list):
            return (self.expected[0], None) if isinstance(reply, Raised | Died) else None
        if len(reply.value) != len(self.expected):
            return self.expected[0], None
        for got, expected in zip(reply.value, self.expected, strict=True):
            scale = max(1.0, float(np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))))
            if difference(got, expected, rtol=1e-3, atol=1e-4 * scale) is not None:
                return expected, got
        return None


def _pieces(walks: Walks) -> Iterator[_Piece]:
    """The pieces down to each tensor that is used several times, in the order of backward; then whole walks."""
    for walk in dict.fromkeys(step.walk for step in walks.steps):
        steps = [step for step in walks.steps if step.walk == walk]
        used = [one for step in steps for one in step.inputs if one is not None]
        if not all(step.can_be_asked for step in steps) or any(step.operation in ("max", "gelu") for step in steps):
            continue  # their gradients may be chosen in more than one way
        shared = [one for one in dict.fromkeys(used) if used.count(one) > 1]
        for number in shared[:_MOST_SHARED]:
            yield _Piece(steps, [number], "uses")
        results = {step.result for step in steps}
        yield _Piece(steps, [one for one in dict.fromkeys(used) if one not in results], "path")


def _of_the_engine(walks: Walks, pieces: Sequence[_Piece], replies: Sequence[Reply]) -> Divergence | None:
    for piece, reply in zip(pieces, replies, strict=True):
        if isinstance(reply, Died) and not reply.ran:
            return None
        wrong = piece.wrong(reply)
        if wrong is not None:
            expected, got = wrong
            said = show(got) if isinstance(reply, Returned) else _end(reply)
            return Divergence("", piece.fault, f"a tensor of shape {expected.shape}", (), show(expected), said)
    if pieces and len({step.walk for step in walks.steps}) > 1:
        return Divergence("", "walks")
    return None


def _end(reply: Reply) -> str:
    match reply:
        case Raised(kind, message):
            return cap(f"{kind}: {message}")
        case Died(_, detail):
            return cap(detail, 300)
        case _:
            return ""


def _array_of(steps: Sequence[Step], number: int) -> Any:
    return next(step.operands[place] for step in steps for place, one in enumerate(step.inputs) if one == number)


def _gradient_of(steps: Sequence[Step], number: int) -> Any:
    """The sum of what all uses of a tensor send back."""
    shares = [
        share
        for step in steps
        for one, share in zip(step.inputs, step.shares, strict=True)
        if one == number and share is not None
    ]
    return np.asarray(sum(shares[1:], start=shares[0]), dtype=np.float32)
