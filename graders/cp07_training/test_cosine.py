"""The learning rate along half a cosine."""

from __future__ import annotations

from graders.cp07_training import scenarios
from tito.grading.authoring import example, given, integers, points, sampled_from, st

COSINE = "test-cosine"

RATES = [(0.5, 0.1), (1.0, 0.0), (0.001, 0.0001), (0.3, 0.3)]


@points(
    "2",
    "The whole curve, from the first epoch to the last",
    hint="What is the cosine in the first epoch, and in the middle? By how much does each epoch move it on?",
    cell=COSINE,
)
@given(rates=sampled_from(RATES), total=integers(2, 30), _count=6)
@example(rates=(0.5, 0.1), total=4)
def test_curve(judge, rates, total):
    judge.agrees(scenarios.curve, *rates, total, list(range(total)), atol=1e-8)


@points(
    "1.25",
    "At the end of the curve, and beyond",
    hint="In which epoch should `min_lr` be reached for the first time? What does a cosine do after half a period?",
    cell=COSINE,
)
@given(rates=sampled_from(RATES), total=integers(1, 20), beyond=integers(1, 50), _count=5)
@example(rates=(0.5, 0.1), total=4, beyond=4)
def test_end(judge, rates, total, beyond):
    judge.agrees(scenarios.curve, *rates, total, [total - 1, total, total + 1, total + beyond], atol=1e-8)


@points(
    "0.75",
    "An epoch has its learning rate, whenever it is asked for",
    hint="Does your answer depend on anything but `epoch`?",
    cell=COSINE,
)
@given(rates=sampled_from(RATES), total=integers(2, 12),
       epochs=st.lists(integers(0, 14), min_size=2, max_size=6), _count=4)  # fmt: skip
@example(rates=(0.5, 0.1), total=4, epochs=[3, 0, 3, 5, 1, 1])
def test_any_order(judge, rates, total, epochs):
    judge.agrees(scenarios.curve, *rates, total, epochs, atol=1e-8)


@points(
    "0.75",
    "Two schedules, made by the names of their arguments",
    hint="Where do you keep the numbers of a schedule?",
    cell=COSINE,
)
@given(rates=sampled_from(RATES), total=integers(1, 9), _count=3)
def test_names(judge, rates, total):
    judge.agrees(scenarios.curve_by_names, *rates, total, atol=1e-8)
