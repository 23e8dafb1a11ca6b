"""Sandboxes for the tests: one per tier and limits for the whole session, made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.needs import missing
from tito.course.limits import Limits
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier, reachable

ISOLATED = [Tier.LANDLOCK, Tier.NAMESPACES]
SMALL = Limits(wall_seconds=20.0, cpu_seconds=20, memory_bytes=256 << 20, output_bytes=1 << 16, file_bytes=1 << 20)

GetSandbox = Callable[..., Sandbox]


def require(tier: Tier) -> None:
    """Skip where the machine cannot reach the tier, and say why; in CI it must reach it."""
    report = reachable()
    if not report.reaches(tier):
        reasons = "; ".join(f"{o.what}: {o.remedy}" for o in report.obstacles if o.tier is tier)
        missing(f"a machine that reaches the {tier.label} tier: {reasons}")


@pytest.fixture(scope="session")
def sandbox_at() -> Iterator[GetSandbox]:
    made: dict[tuple[Tier, Limits], Sandbox] = {}

    def get(tier: Tier, limits: Limits = SMALL) -> Sandbox:
        require(tier)
        if (tier, limits) not in made:
            made[tier, limits] = Sandbox(tier, limits)
        return made[tier, limits]

    yield get
    for sandbox in made.values():
        sandbox.close()


@pytest.fixture(params=ISOLATED, ids=lambda tier: tier.label)
def isolated_tier(request: pytest.FixtureRequest) -> Tier:
    require(request.param)
    return Tier(request.param)


@pytest.fixture(params=list(Tier), ids=lambda tier: tier.label)
def tier(request: pytest.FixtureRequest) -> Tier:
    require(request.param)
    return Tier(request.param)
