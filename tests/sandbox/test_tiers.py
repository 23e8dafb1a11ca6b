"""Tiers are found by trying them, and what is missing is named with its remedy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tito.errors import TitoError
from tito.sandbox import landlock, launch, mounts, tiers
from tito.sandbox.faults import SandboxFault
from tito.sandbox.tiers import Tier, reachable


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Each test tries anew, and no test's pretence is remembered."""
    reachable.cache_clear()
    yield
    reachable.cache_clear()


def test_labels_and_order() -> None:
    assert [Tier.parse(tier.label) for tier in Tier] == list(Tier)
    assert Tier.parse(" Namespaces ") is Tier.NAMESPACES
    assert Tier.NONE < Tier.LANDLOCK < Tier.NAMESPACES
    with pytest.raises(TitoError, match="'docker' is no isolation tier") as caught:
        Tier.parse("docker")
    assert "'landlock'" in str(caught.value)


def test_this_machine_reaches_what_it_says() -> None:
    report = reachable()
    assert report is reachable()
    assert report.reaches(report.best)
    assert report.reaches(Tier.NONE)
    assert any("Landlock ABI" in note for note in report.notes)
    assert all(obstacle.what and obstacle.remedy for obstacle in report.obstacles)


def test_without_bubblewrap_the_landlock_tier_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reachable()
    reachable.cache_clear()
    monkeypatch.setattr(mounts, "SEARCH_PATH", "/nonexistent")
    report = reachable()
    assert report.best is min(before.best, Tier.LANDLOCK)
    (remedy,) = [o.remedy for o in report.obstacles if o.what == "bubblewrap is not installed"]
    assert "apt-get install bubblewrap" in remedy
    assert not report.reaches(Tier.NAMESPACES)


def test_without_landlock_neither_tier_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    told = launch._told

    def without(tier: Tier, *others: object) -> bytes:
        return told(tier, *others).replace(b"return max(0, ", b"return 0 * max(0, ")

    monkeypatch.setattr(launch, "_told", without)
    report = reachable()
    assert report.best is Tier.NONE
    assert {o.tier for o in report.obstacles if "Landlock" in o.what} == {Tier.LANDLOCK, Tier.NAMESPACES}


def test_a_switch_of_the_kernels_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    def refuse(*_: object) -> None:
        raise SandboxFault("bwrap: No permissions to create new namespace")

    monkeypatch.setattr(tiers, "_SWITCHES", (("kernel.ostype", "Linux", "this is Linux", "sudo sysctl x=1"),))
    monkeypatch.setattr(tiers.os, "getuid", lambda: 1000)
    monkeypatch.setattr(launch, "start", refuse)
    report = reachable()
    assert report.best is Tier.NONE
    named = [o for o in report.obstacles if o.tier is Tier.NAMESPACES]
    assert [(o.what, o.remedy) for o in named] == [("this is Linux", "sudo sysctl x=1")]
    (other,) = [o for o in report.obstacles if o.tier is Tier.LANDLOCK]
    assert other.what == "bwrap: No permissions to create new namespace"
