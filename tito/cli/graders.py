"""`tito graders`: do the hidden tests catch mistakes, and leave correct work alone?"""

from __future__ import annotations

import click

from tito.cli.screen import Screen
from tito.cli.state import State, checkpoints_argument, json_option, pass_state
from tito.course.checkpoints import Checkpoint
from tito.course.points import show
from tito.grading.audit import ROUNDS, AuditReport, audit
from tito.grading.engine import choose_tier, gradable


@click.group()
def graders() -> None:
    """Hold the hidden graders against known mistakes."""


@graders.command("audit")
@checkpoints_argument
@click.option(
    "--rounds", type=click.IntRange(1, 100), default=ROUNDS, show_default=True, help="Input sets for each program."
)
@click.option("-v", "--verbose", is_flag=True, help="List each mistake and the tests that caught it.")
@json_option
@pass_state
def audit_(state: State, checkpoints: tuple[Checkpoint, ...], rounds: int, verbose: bool) -> int:
    """Grade named mistakes, correct programs, the solution and the untouched release.

    Ends with 1 unless every mistake is caught, no correct program is marked down, the solution gets all points and the
    untouched release none.
    """
    course, screen = state.course, state.screen
    tier = choose_tier(course)
    reports = []
    for checkpoint in gradable(course, checkpoints or None):
        with screen.progress() as bar:
            task = bar.add_task(checkpoint.slug, total=None)
            reports.append(
                audit(
                    course,
                    checkpoint,
                    tier,
                    rounds=rounds,
                    progress=lambda name, slug=checkpoint.slug, task=task, bar=bar: bar.update(  # type: ignore[misc]
                        task, description=f"{slug}: {name}", advance=1
                    ),
                )
            )
        _show(screen, reports[-1], verbose=verbose)
    screen.data({"audits": [report.to_json() for report in reports]})
    return 0 if all(report.passed for report in reports) else 1


def _show(screen: Screen, report: AuditReport, *, verbose: bool) -> None:
    caught = len(report.mutants) - len(report.survivors)
    spared = len(report.variants) - len(report.false_alarms)
    possible = show(report.possible)
    rows = (
        (not report.survivors, f"{caught} of {len(report.mutants)} named mistakes are caught"),
        (
            not report.false_alarms,
            f"{spared} of {len(report.variants)} correct programs get full marks",
        ),
        (
            report.solution == report.possible,
            f"the solution gets {show(report.solution)} of {possible} points",
        ),
        (report.released == 0, f"the untouched release gets {show(report.released)} points"),
    )
    screen.say()
    screen.say((report.checkpoint, "bold"), (f"  {report.tests} tests", "dim"))
    for good, text in rows:
        screen.say(
            (screen.symbol("passed" if good else "failed"), "green" if good else "bold red"), f" {text}", indent=2
        )
    for mutant in report.mutants:
        if mutant.survived:
            screen.say(("survives: ", "bold red"), f"{mutant.name}: {mutant.mistake}", indent=4)
        elif verbose:
            more = f" and {len(mutant.killed_by) - 2} more" if len(mutant.killed_by) > 2 else ""
            screen.say((f"{mutant.name}: ", ""), (", ".join(mutant.killed_by[:2]) + more, "dim"), indent=4)
    for variant in report.false_alarms:
        screen.say(("false alarm: ", "bold red"), f"{variant.name}: {'; '.join(variant.alarms[:3])}", indent=4)
