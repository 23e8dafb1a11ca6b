from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.points import from_milli
from tito.course.results import Counterexample, Divergence, Frame, Outcome, Receipt, Result
from tito.course.verdicts import Verdict

text = st.text(max_size=20)
frames = st.builds(Frame, text, st.integers(0, 999), text, text)
examples = st.builds(Counterexample, st.lists(st.tuples(text, text), max_size=2).map(tuple), text, text, text, text)
inputs = st.lists(st.tuples(text, text), max_size=2).map(tuple)
divergences = st.builds(Divergence, text, st.sampled_from(["", "gradient"]), text, inputs, text, text)
outcomes = st.builds(
    Outcome,
    test=text,
    title=text,
    mode=st.sampled_from(["isolated", "cumulative"]),
    public=st.booleans(),
    cell=st.none() | text,
    verdict=st.sampled_from(list(Verdict)),
    possible=st.integers(5000, 9000).map(from_milli),
    earned=st.integers(0, 5000).map(from_milli),
    hint=text,
    detail=text,
    counterexample=st.none() | examples,
    frames=st.lists(frames, max_size=2).map(tuple),
    output=text,
    inherited_from=st.none() | st.integers(0, 15),
    diverged=st.none() | divergences,
)
receipts = st.builds(Receipt, text, text, text, text, text, text)
results = st.builds(
    Result,
    checkpoint=text,
    receipt=receipts,
    outcomes=st.lists(outcomes, max_size=4).map(tuple),
    notes=st.lists(text, max_size=2).map(tuple),
    counts=st.sampled_from(["isolated", "cumulative"]),
)


@given(results)
def test_a_result_comes_back_from_json_as_it_was(result: Result):
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result


@given(results)
def test_only_the_counted_mode_gives_points(result: Result):
    counted = [outcome for outcome in result.outcomes if outcome.mode == result.counts]
    assert result.earned == sum((outcome.earned for outcome in counted), Decimal(0))
    assert result.possible == sum((outcome.possible for outcome in counted), Decimal(0))
    assert result.earned <= result.possible
    assert result.faulted == (Verdict.PLATFORM_FAULT in [outcome.verdict for outcome in result.outcomes])


def test_other_json_is_an_error():
    with pytest.raises((KeyError, TypeError, ValueError)):
        Result.from_json({"checkpoint": "cp01"})


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_title_and_a_sentence(verdict: Verdict):
    assert verdict.title == verdict.value
    assert verdict.explanation.endswith(".")
    assert verdict.is_students == (verdict is not Verdict.PLATFORM_FAULT)
