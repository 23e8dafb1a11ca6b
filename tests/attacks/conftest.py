"""The graded class of attackers, once for each tier and session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.attackers import NAMES, Classroom, grade_class
from tests.sandbox.conftest import ISOLATED, isolated_tier, require, sandbox_at
from tito.sandbox.tier import Tier

__all__ = ["isolated_tier", "sandbox_at"]  # fixtures of the sandbox's own tests

GetClassroom = Callable[[Tier], Classroom]


@pytest.fixture(scope="session")
def classroom_at(tmp_path_factory: pytest.TempPathFactory) -> GetClassroom:
    made: dict[Tier, Classroom] = {}

    def get(tier: Tier) -> Classroom:
        require(tier)
        if tier not in made:
            made[tier] = grade_class(tmp_path_factory.mktemp("attacks") / "course", tier, NAMES)
        return made[tier]

    return get


@pytest.fixture(params=ISOLATED, ids=lambda tier: tier.label)
def classroom(request: pytest.FixtureRequest, classroom_at: GetClassroom) -> Classroom:
    return classroom_at(Tier(request.param))
