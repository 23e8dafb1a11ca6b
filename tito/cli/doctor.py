"""`tito doctor`: what this machine offers, and how to get what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Literal

import click

from tito import __version__
from tito.cli.state import State, json_option, pass_state
from tito.data import find_handwriting
from tito.errors import TitoError

Health = Literal["good", "note", "bad"]
_LOOK = {"good": ("passed", "green"), "note": ("warning", "yellow"), "bad": ("failed", "red")}
_LEAST_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. A note stops nothing; something bad must be put right before grading."""

    name: str
    health: Health
    found: str
    remedy: str = ""


@click.command()
@json_option
@pass_state
def doctor(state: State) -> int:
    """What this machine offers: Python, the sandbox's tier and how to raise it, the course, its gradebook, the disk.

    Ends with 1 when something must be put right.
    """
    screen = state.screen
    findings = [*_programs(), *_isolation(state), *_course(state)]
    screen.data({"findings": [asdict(finding) for finding in findings]})
    for finding in findings:
        symbol, style = _LOOK[finding.health]
        screen.say((f"{screen.symbol(symbol)} ", f"bold {style}"), (f"{finding.name:<12}", "bold"), finding.found)
        if finding.remedy:
            screen.say((f"{'':<14}next: ", "dim"), finding.remedy)
    return 1 if any(finding.health == "bad" for finding in findings) else 0


def _programs() -> Iterator[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Finding(
        "python",
        "good" if good else "bad",
        f"{version} ({sys.executable})",
        "" if good else "install Python 3.11 or newer",
    )
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "nbgrader", "sqlalchemy"))
    yield Finding("tito", "good", f"{__version__}, {libraries}")
    bubblewrap = shutil.which("bwrap")
    yield Finding("bubblewrap", "good" if bubblewrap else "note", bubblewrap or "not installed")


def _isolation(state: State) -> Iterator[Finding]:
    from tito.sandbox.tiers import Tier, reachable

    report = reachable()
    try:
        minimum = Tier.parse(state.course.minimum_tier)
    except TitoError:
        minimum = Tier.LANDLOCK
    health: Health = "bad" if report.best < minimum else "good" if report.best is Tier.NAMESPACES else "note"
    yield Finding("isolation", health, f"tier {report.best.label} (the course asks for at least {minimum.label})")
    for obstacle in report.obstacles:
        worst: Health = "bad" if obstacle.tier <= minimum else "note"
        yield Finding(obstacle.tier.label, worst, obstacle.what, obstacle.remedy)
    for note in report.notes:
        yield Finding("", "note" if "root" in note else "good", note)


def _course(state: State) -> Iterator[Finding]:
    try:
        course = state.course
    except TitoError as error:
        outside = error.what.startswith("no ")  # a machine can be looked at from anywhere
        yield Finding("course", "note" if outside else "bad", f"{error.what} ({error.where})", error.next_step or "")
        return
    yield Finding("course", "good", f"{course.title}, {course.term} ({course.root})")
    if not state.has_gradebook:
        yield Finding("gradebook", "note", "none in this folder", "instructors: `tito roster import FILE.csv` makes it")
    else:
        try:
            with state.gradebook() as gradebook:
                yield Finding("gradebook", "good", gradebook.where)
        except TitoError as error:
            yield Finding("gradebook", "bad", error.what, error.next_step or "")
    try:
        data = find_handwriting(course.root, course.data_folder)
        yield Finding("pictures", "good", f"milestone 07 trains on {data.name} ({data.origin}), {data.digest[:12]}")
    except TitoError as error:
        yield Finding("pictures", "bad", f"{error.what} ({error.where})", error.next_step or "")
    free = shutil.disk_usage(course.root).free
    few = free < _LEAST_FREE
    yield Finding(
        "disk",
        "note" if few else "good",
        f"{free / 1e9:.1f} GB free",
        "submissions and backups need room" if few else "",
    )
