"""What an optimizer remembers, handed out and taken back."""

from __future__ import annotations

import numpy as np

from graders.cp06_optimization import scenarios
from graders.cp06_optimization.inputs import FULL, KINDS, A, B, C, pushes_of, walks
from tito.grading.authoring import example, given, integers, points, sampled_from

STATE = "test-state"

_STARTS = [A, B, C]
_PUSHES = pushes_of(_STARTS, 1, -2, 0.5, 3, -1, 2)
_ALIKE = [A, A, A]


def _same_bits(one, other):
    return len(one) == len(other) and all(
        len(here) == len(there) and all(map(np.array_equal, here, there))
        for here, there in zip(one, other, strict=True)
    )


@points(
    "2.25",
    "A run that was broken off goes on bit for bit as if it had not been",
    hint="What else but the values does the next step depend on? The means, the velocity, and which number?",
    cell=STATE,
)
@given(walk=walks(steps=2), kind=sampled_from(KINDS), at=integers(0, 3), _count=4)
@example(walk=(_STARTS, _PUSHES), kind="SGD", at=3)
@example(walk=(_STARTS, _PUSHES), kind="Adam", at=3)
@example(walk=(_STARTS, _PUSHES), kind="AdamW", at=3)
@example(walk=(_STARTS, _PUSHES), kind="RMSprop", at=3)
@example(walk=(_STARTS, _PUSHES), kind="Adam", at=0)
@example(walk=(_ALIKE, pushes_of(_ALIKE, 1, -1, 2)), kind="Adam", at=2)
def test_resumed(judge, walk, kind, at):
    starts, pushes = walk
    pushes = [*pushes, *pushes, *pushes]
    unbroken, resumed = judge.call(scenarios.resumed, kind, FULL[kind], FULL[kind], starts, pushes, at)
    judge.require(_same_bits(unbroken, resumed), f"{kind} should go on from its state as if nothing had happened")
    judge.agrees(scenarios.resumed_from_copy, kind, FULL[kind], starts, pushes, at, rtol=1e-4, atol=1e-5)


@points(
    "0.75",
    "A parameter that has not moved yet, and one that rests, come back as well",
    hint="Which state has a parameter that never had a gradient?",
    cell=STATE,
)
@given(walk=walks(steps=2), kind=sampled_from(KINDS), _count=3)
@example(walk=(_STARTS, _PUSHES), kind="Adam")
@example(walk=(_STARTS, _PUSHES), kind="SGD")
def test_resumed_at_rest(judge, walk, kind):
    starts, pushes = walk
    without = [[None, *gradients[1:]] for gradients in pushes]
    pushes = [*without, *pushes, *without, *pushes]
    for at in (len(without), 3 * len(without)):
        unbroken, resumed = judge.call(scenarios.resumed, kind, FULL[kind], FULL[kind], starts, pushes, at)
        judge.require(_same_bits(unbroken, resumed), f"{kind} should go on from its state as if nothing had happened")


@points(
    "0.5",
    "Settings belong to the state: they come back, whatever the new optimizer was made with",
    hint="If the learning rate was lowered on the way, which one should a resumed run have?",
    cell=STATE,
)
@given(walk=walks(steps=2), kind=sampled_from(KINDS), _count=2)
@example(walk=(_STARTS, _PUSHES), kind="SGD")
@example(walk=(_STARTS, _PUSHES), kind="Adam")
@example(walk=(_STARTS, _PUSHES), kind="RMSprop")
def test_settings(judge, walk, kind):
    starts, pushes = walk
    pushes = [*pushes, *pushes]
    unbroken, resumed = judge.call(scenarios.resumed, kind, FULL[kind], {}, starts, pushes, len(pushes) // 2)
    judge.require(_same_bits(unbroken, resumed), f"{kind} should have its settings from the state")


@points(
    "1",
    "A state is a copy, when it is handed out and when it is loaded",
    hint="Whose array is in the dict? What happens to it in the next step, if that works in place?",
    cell=STATE,
)
@given(walk=walks(steps=2), kind=sampled_from(KINDS), _count=3)
@example(walk=(_STARTS, _PUSHES), kind="SGD")
@example(walk=(_STARTS, _PUSHES), kind="Adam")
@example(walk=(_STARTS, _PUSHES), kind="RMSprop")
def test_copies(judge, walk, kind):
    starts, pushes = walk
    pushes, at = [*pushes, *pushes], len(pushes)
    first, second = judge.call(scenarios.resumed_twice, kind, FULL[kind], starts, pushes, at)
    judge.require(_same_bits(first, second), "a state that was loaded once should be as good a second time")
    judge.agrees(scenarios.scribbled, kind, FULL[kind], starts, pushes, at, rtol=1e-4, atol=1e-5)


@points(
    "0.5",
    "A state for another number of parameters is refused",
    hint="Whose velocity would the parameter get that was not there before?",
    cell=STATE,
)
@given(kind=sampled_from(KINDS), fewer=sampled_from([True, False]), _count=3)
@example(kind="Adam", fewer=True)
@example(kind="SGD", fewer=False)
def test_refused(judge, kind, fewer):
    errors = ("ValueError", "TypeError", "KeyError")
    judge.raises(scenarios.loaded_by_fewer, kind, FULL[kind], _ALIKE, pushes_of(_ALIKE, 1, 2), fewer, errors=errors)


@points(
    "0.5",
    "Adam remembers two numbers for each weight, and no more after more steps",
    hint="How many bytes does the optimizer of a network with 175 billion weights hold?",
    cell=STATE,
)
@given(rows=integers(8, 12), kind=sampled_from(["Adam", "AdamW"]), _count=2)
@example(rows=10, kind="Adam")
def test_memory(judge, rows, kind):
    starts = [np.ones((rows, 5), dtype=np.float32), np.ones(20, dtype=np.float32)]
    few, many = judge.call(scenarios.remembered, kind, {"lr": 0.1}, starts, pushes_of(starts, 1, -2, 3), 4)
    weights = sum(start.size for start in starts)
    held = [sum(array.size for array in arrays) for arrays in (few, many)]
    judge.require(min(held) >= 2 * weights, f"{weights} weights: the state holds {min(held)} numbers, two for each")
    # Some more are allowed, a copy of the weights for instance; a history is not.
    judge.require(max(held) <= 3 * weights + 16, f"{weights} weights: the state holds {max(held)} numbers, too many")
    judge.require(held[0] == held[1], "the state should not grow with the steps")
