"""A result as a student reads it: what each test said, with the smallest example that shows a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tito.cli.screen import Screen, clean
from tito.course.points import show
from tito.course.results import Outcome, Result
from tito.course.verdicts import Verdict
from tito.grading.feedback import group_by_cell

_LONGEST = 600
Passed = Literal["all", "brief", "none"]


def show_result(
    screen: Screen, result: Result, shown: Sequence[Outcome], *, total: bool = True, passed: Passed = "brief"
) -> None:
    """Print a result by parts of the notebook. `shown` are its outcomes after `reveal`; nothing else is printed.

    `total` begins with the points; `passed` says what is printed of a part in which all tests passed.
    """
    counted = [outcome for outcome in shown if outcome.mode == result.counts]
    if total:
        share = float(result.earned / result.possible) if result.possible else 0.0
        screen.say(
            (f"{show(result.earned)} of {show(result.possible)} automatic points  ", "bold"),
            (screen.bar(share, 30), "green" if share == 1 else "yellow"),
        )
    for group in group_by_cell(counted):
        if passed != "all" and all(_is_in_order(outcome) for outcome in group.outcomes):
            if passed == "brief":
                points = f"  {show(group.earned)} of {show(group.possible)}"
                screen.say((screen.symbol("passed"), "bold green"), f" {group.title}", (points, "dim"))
            continue
        if total:
            screen.say()
            screen.say((group.title, "bold"), (f"  {show(group.earned)} of {show(group.possible)}", "dim"))
        for outcome in group.outcomes:
            _show(screen, outcome)
    for outcome in shown:
        if outcome.mode != result.counts and outcome.inherited_from is not None:
            cause = f"fails only with your own work of checkpoint {outcome.inherited_from:02}"
            screen.say((outcome.title, "bold"), f": {cause}")
    if total and result.notes:
        screen.say()
        screen.say(("About your notebook", "bold"))
        for note in result.notes:
            screen.say(f"{screen.symbol('dot')} {clean(note, 300)}", indent=2)


def _is_in_order(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.PASSED and outcome.earned == outcome.possible


def _show(screen: Screen, outcome: Outcome) -> None:
    passed = outcome.verdict is Verdict.PASSED
    symbol = "passed" if passed else "todo" if outcome.verdict is Verdict.MISSING else "failed"
    style = "green" if passed else "yellow" if outcome.verdict is Verdict.MISSING else "red"
    points = f"  {show(outcome.earned)} of {show(outcome.possible)}"
    end = "" if passed else f"  {outcome.verdict.title}"
    mark = (screen.symbol(symbol), f"bold {style}")
    screen.say(mark, f" {outcome.title}", (points, "dim"), (end, style), indent=2)
    if not passed or outcome.detail:
        _explain(screen, outcome)


def _explain(screen: Screen, outcome: Outcome) -> None:
    """The least that tells a student what to change: the difference, the example, the place, the hint."""
    example = outcome.counterexample
    lines = [("", outcome.detail or outcome.verdict.explanation)]
    if example is not None:
        lines += [(name, text) for name, text in example.inputs]
        lines += [("expected", example.expected), ("got", example.got), ("try it", example.runnable)]
    if outcome.diverged is not None:
        found = outcome.diverged
        lines += [("", found.said), *found.inputs, ("expected", found.expected), ("got", found.got)]
    lines += [("at", f"{frame.where}, line {frame.line}, in {frame.function}") for frame in outcome.frames[-2:]]
    lines += [("printed", outcome.output.strip()[-200:]), ("hint", outcome.hint)]
    for name, text in lines:
        if text:
            first, *rest = clean(text, _LONGEST).split("\n")
            screen.say((f"{name:<10}" if name else "", "dim"), first, indent=6, hang=10 if name else 0)
            for line in rest[: 30 if name == "try it" else 8]:
                screen.say(" " * 10 if name else "", line, indent=6)
