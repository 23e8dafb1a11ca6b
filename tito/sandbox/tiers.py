"""Which tiers this machine reaches, found by building each one, and how to raise it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tito.course.limits import Limits
from tito.sandbox import landlock, mounts
from tito.sandbox.faults import SandboxFault
from tito.sandbox.program import Program
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tier import Tier

__all__ = ["Obstacle", "Tier", "TierReport", "reachable"]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps the machine from `tier`: what was found, and what to do about it."""

    tier: Tier
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class TierReport:
    """The strongest tier reached, what stands in the way of the others, and what is worth knowing."""

    best: Tier
    obstacles: tuple[Obstacle, ...]
    notes: tuple[str, ...]

    def reaches(self, tier: Tier) -> bool:
        """Whether this machine can run workers at `tier`."""
        return tier is Tier.NONE or not any(obstacle.tier is tier for obstacle in self.obstacles)


@cache
def reachable() -> TierReport:
    """Try each tier once with a worker that does nothing; about a second, remembered for the life of the process."""
    obstacles: list[Obstacle] = []
    best = Tier.NONE
    for tier in (Tier.LANDLOCK, Tier.NAMESPACES):
        try:
            with Sandbox(tier, Limits()) as sandbox:
                sandbox.start(Program((), "")).close()
        except SandboxFault as fault:
            obstacles += _explain(tier, fault)
        else:
            best = tier
    return TierReport(best, tuple(obstacles), _notes())


def _explain(tier: Tier, fault: SandboxFault) -> list[Obstacle]:
    found: list[Obstacle] = []
    if landlock.abi() < 1:
        found.append(
            Obstacle(
                tier,
                "the kernel offers no Landlock",
                "use Linux 5.13 or newer with Landlock switched on: add `landlock` to the lsm= boot parameter; "
                "in a container, a seccomp profile that lets the landlock_* calls through (Docker 23 or newer)",
            )
        )
    if tier is Tier.NAMESPACES:
        found += _namespace_obstacles()
    return found or [Obstacle(tier, fault.what, fault.next_step or 'see docs/security.md, section "Raising the tier"')]


def _namespace_obstacles() -> list[Obstacle]:
    found = []
    try:
        mounts.find_bubblewrap()
    except SandboxFault as fault:
        found.append(Obstacle(Tier.NAMESPACES, fault.what, fault.next_step or ""))
    for name, bad, what, remedy in _SWITCHES:
        path = Path("/proc/sys") / name.replace(".", "/")
        if path.is_file() and path.read_text(encoding="ascii").strip() == bad and os.getuid() != 0:
            found.append(Obstacle(Tier.NAMESPACES, what, remedy))
    return found


_SWITCHES = (
    (
        "kernel.apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces to ordinary users",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give bwrap an AppArmor profile with userns",
    ),
    (
        "kernel.unprivileged_userns_clone",
        "0",
        "the kernel forbids user namespaces to ordinary users",
        "sudo sysctl kernel.unprivileged_userns_clone=1",
    ),
    (
        "user.max_user_namespaces",
        "0",
        "the number of user namespaces is limited to none",
        "sudo sysctl user.max_user_namespaces=15000",
    ),
)


def _notes() -> tuple[str, ...]:
    version = landlock.abi()
    notes = [f"Landlock ABI {version}"]
    if 0 < version < 3:
        notes.append("before ABI 3 Landlock does not govern truncate; at the landlock tier seccomp denies it")
    if 0 < version < 6:
        notes.append("before ABI 6 Landlock does not scope signals; seccomp denies sending them")
    if os.getuid() == 0:
        notes.append("running as root: grade as an ordinary user, so that an escape would find less")
    return tuple(notes)
