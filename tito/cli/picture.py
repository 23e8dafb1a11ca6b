"""Pictures of the 16 checkpoints: a path from left to right, and a timeline from top to bottom. Both fit 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.text import Text

from tito.cli.screen import Screen, words
from tito.cli.workspace import CheckpointStanding, State
from tito.course.checkpoints import CHECKPOINTS, TIERS, Checkpoint
from tito.course.course import Course

STYLES: Final[Mapping[State, str]] = {"todo": "dim", "part": "yellow", "ready": "cyan", "done": "green"}
WORDS: Final[Mapping[State, str]] = {
    "todo": "to come",
    "part": "in progress",
    "ready": "ready to submit",
    "done": "done",
}
_STEP = 4
"""Columns from one checkpoint to the next: 16 of them and the margins make 68."""


def path(screen: Screen, standings: Sequence[CheckpointStanding], now: CheckpointStanding | None) -> list[Text]:
    """Return the path of all checkpoints: numbers, stations, milestones and the tiers below."""
    numbers, stations, stars, tiers = Text("  "), Text("  "), Text("  "), Text(" " * (2 + _STEP))
    for place, standing in enumerate(standings):
        state = standing.state
        here = standing is now
        label = f"{standing.checkpoint.number:02}"
        numbers.append(label.ljust(_STEP), style="bold" if here else STYLES[state] if state != "todo" else "dim")
        stations.append(screen.symbol(state), style=f"bold {STYLES[state]}" if here else STYLES[state])
        if place + 1 < len(standings):
            walked = state == "done" and standings[place + 1].state != "todo"
            stations.append(screen.symbol("dash") * (_STEP - 1), style="green" if walked else "dim")
        star = screen.symbol("milestone") if standing.checkpoint.milestone else " "
        stars.append(star.ljust(_STEP), style="magenta" if state == "done" else "dim")
    for tier in TIERS[1:]:  # the one checkpoint of `setup` has no room for a name
        count = sum(standing.checkpoint.tier == tier for standing in standings)
        if not count:
            continue
        tiers.append(f"{screen.symbol('corner')} {tier}".ljust(count * _STEP), style="dim")
    lines = [numbers, stations, stars, tiers]
    for line in lines:
        line.rstrip()
    return lines


def legend(screen: Screen, standings: Sequence[CheckpointStanding]) -> Text:
    """Return what the symbols mean, with counts."""
    text = Text("  ")
    for state, word in WORDS.items():
        count = sum(standing.state == state for standing in standings)
        if count:
            text.append(f"{screen.symbol(state)} {word} {count}   ", style=STYLES[state])
    text.append(f"{screen.symbol('milestone')} milestone", style="magenta")
    return text


def timeline(
    screen: Screen,
    course: Course,
    standings: Sequence[CheckpointStanding],
    now: CheckpointStanding | None,
    moment: datetime,
    earned: Sequence[Checkpoint] = (),
) -> list[Text]:
    """Return the checkpoints from top to bottom, a tier's name before its first, with question, dates and milestone.

    `earned` are those whose milestone the gradebook knows as earned.
    """
    lines: list[Text] = []
    tier = ""
    if len(standings) < len(CHECKPOINTS):
        asked = f"{len(standings)} of {len(CHECKPOINTS)} checkpoints"
        lines += [Text(), words(("path: ", "dim"), course.path_name, (f", {asked}", "dim"))]
    for standing in standings:
        checkpoint = standing.checkpoint
        if checkpoint.tier != tier:
            tier = checkpoint.tier
            lines += [Text(), words((tier.upper(), "bold"))]
        lines.append(_head(screen, course, standing, moment, here=standing is now))
        rail = f" {screen.symbol('line')}   "
        lines.append(words((rail, "dim"), (checkpoint.question, "" if standing is now else "dim")))
        if checkpoint.milestone is not None:
            star = f"{screen.symbol('milestone')} {checkpoint.milestone}"
            lines.append(words((rail, "dim"), (star, "magenta"), _reached(standing, earned=checkpoint in earned)))
    return lines


def _reached(standing: CheckpointStanding, *, earned: bool) -> tuple[str, str]:
    note = standing.milestone
    if earned:
        return "  earned", "bold green"
    return ("", "") if note is None else (f"  {note.told}", "green" if note.reached else "yellow")


def _head(screen: Screen, course: Course, standing: CheckpointStanding, moment: datetime, *, here: bool) -> Text:
    state, checkpoint = standing.state, standing.checkpoint
    style = STYLES[state]
    line = words(
        " ",
        (screen.symbol(state), f"bold {style}"),
        " ",
        (f"{checkpoint.number:02} {checkpoint.name}", "bold" if here else style),
    )
    line.pad_right(max(0, 22 - line.cell_len))
    line.append_text(words((WORDS[state].ljust(16), style), due(course, checkpoint, moment)))
    return line


def due(course: Course, checkpoint: Checkpoint, moment: datetime) -> Text:
    """Return when a checkpoint opens or is due, and how long that is."""
    assessment = course.assessment(checkpoint)
    if assessment.opens_at is not None and moment < assessment.opens_at:
        return words((f"opens {course.show_time(assessment.opens_at)}", "dim"))
    if assessment.due_at is None:
        return words(("no due date", "dim"))
    left = assessment.due_at - moment
    if left.total_seconds() < 0:
        return words((f"was due {course.show_time(assessment.due_at)}", "dim"))
    style = "bold red" if left.days < 1 else "yellow" if left.days < 3 else ""
    return words((f"due {course.show_time(assessment.due_at)}", style), (f" ({_span(left.days, left.seconds)})", "dim"))


def _span(days: int, seconds: int) -> str:
    if days:
        return f"in {days} day{'s' if days > 1 else ''}"
    hours = seconds // 3600
    return f"in {hours} h" if hours else f"in {max(1, seconds // 60)} min"
