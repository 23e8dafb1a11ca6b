"""Who is at risk, and why."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.gradebook import samples
from tests.gradebook.conftest import START, Clock
from tito.course.checkpoints import CHECKPOINTS
from tito.course.policies import RiskPolicy
from tito.gradebook import Gradebook
from tito.gradebook.atrisk import at_risk, stuck_tests
from tito.gradebook.services.adjustments import override
from tito.gradebook.standing import standing


def signs(gradebook: Gradebook, clock: Clock, **policy: Any) -> dict[str, dict[str, str]]:
    """By student and rule: the evidence. Rules that are not named are off."""
    off: dict[str, Any] = {"missing": None, "falling": None, "stuck": None}
    rules = RiskPolicy(**off | policy)
    with gradebook.read() as session:
        rows = standing(session, samples.course(due=START + timedelta(days=7)), clock.now)
        stuck = stuck_tests(session, rules.stuck) if rules.stuck else {}
        found = at_risk(rows, stuck, rules)
    return {one.row.student_id: {sign.rule: sign.evidence for sign in one.signs} for one in found}


def score(gradebook: Gradebook, **scores: int) -> None:
    for name, value in scores.items():
        with gradebook.begin("instructor:ira") as work:
            checkpoint = CHECKPOINTS[int(name.removeprefix("cp"))]
            override(work, student_id="ana", checkpoint=checkpoint, score=Decimal(value), reason="test")


def test_missing_counts_what_is_due_and_not_handed_in(gradebook: Gradebook, clock: Clock) -> None:
    assert signs(gradebook, clock, missing=1) == {}
    clock.forward(days=8)
    late = signs(gradebook, clock, missing=16)
    assert set(late) == {"ana", "ben"}
    assert late["ana"]["missing"].startswith("16 checkpoints are due and were not handed in: 00, 01")
    samples.hand_in(gradebook, "ana")
    assert set(signs(gradebook, clock, missing=16)) == {"ben"}


def test_falling_scores(gradebook: Gradebook, clock: Clock) -> None:
    score(gradebook, cp00=95, cp01=90, cp02=80)
    assert signs(gradebook, clock, falling=3)["ana"]["falling"] == "scores fall: 95 (00) → 90 (01) → 80 (02)"
    assert signs(gradebook, clock, falling=3, falling_points=Decimal(16)) == {}
    assert signs(gradebook, clock, falling=4) == {}
    score(gradebook, cp03=81)
    assert signs(gradebook, clock, falling=3) == {}


def test_stuck_on_one_test(gradebook: Gradebook, clock: Clock) -> None:
    samples.graders(gradebook)

    def attempt(content: str, *outcomes: Any) -> None:
        samples.grade(gradebook, samples.hand_in(gradebook, content=content), *outcomes)

    attempt("one", samples.outcome("test_a", "0"), samples.outcome("test_b", "0"))
    attempt("two", samples.outcome("test_a", "0"), samples.outcome("test_b", "4"))
    assert signs(gradebook, clock, stuck=3) == {}
    attempt("three", samples.outcome("test_a", "0"), samples.outcome("test_b", "0"))
    found = signs(gradebook, clock, stuck=3)
    assert found == {"ana": {"stuck": "the last 3 attempts at 01 all failed 'The title of test_a'"}}
    attempt("four", samples.outcome("test_a", "4"), samples.outcome("test_b", "0"))
    assert signs(gradebook, clock, stuck=3) == {}
    assert signs(gradebook, clock, stuck=2) == {
        "ana": {"stuck": "the last 2 attempts at 01 all failed 'The title of test_b'"}
    }


def test_what_is_inherited_is_no_sign_here(gradebook: Gradebook, clock: Clock) -> None:
    samples.graders(gradebook)
    for content in ("one", "two"):
        samples.grade(
            gradebook,
            samples.hand_in(gradebook, content=content),
            samples.outcome("test_a"),
            samples.outcome("test_a", "0", mode="cumulative"),
        )
    assert signs(gradebook, clock, stuck=2) == {}
