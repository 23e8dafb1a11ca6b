"""`tito graders`: do the hidden tests catch mistakes, and leave correct work alone?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from tito.cli.screen import Screen
from tito.cli.state import State, checkpoints_argument, json_option, pass_state
from tito.course.checkpoints import Checkpoint
from tito.course.points import show
from tito.grading import automatic
from tito.grading.audit import ROUNDS, AuditReport, audit
from tito.grading.automatic import MutationReport, audit_mutations
from tito.grading.engine import choose_tier, gradable
from tito.grading.mutation import Place
from tito.grading.repeat import SEEDS, RepeatReport, repeat


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
        with _progress(screen, checkpoint) as step:
            reports.append(audit(course, checkpoint, tier, rounds=rounds, progress=step))
        _show(screen, reports[-1], verbose=verbose)
    screen.data({"audits": [report.to_json() for report in reports]})
    return 0 if all(report.passed for report in reports) else 1


@graders.command("mutate")
@checkpoints_argument
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=automatic.ROUNDS,
    show_default=True,
    help="Input sets under each of which a mistake must be caught.",
)
@click.option("--sample", type=click.IntRange(1), help="Try so many of each checkpoint's mistakes instead of all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the sample.")
@json_option
@pass_state
def mutate_(state: State, checkpoints: tuple[Checkpoint, ...], rounds: int, sample: int | None, seed: int) -> int:
    """Grade automatic mistakes: each operator, number, name and argument of the solution changed, one at a time.

    The mistakes are mutmut's. Those that change nothing one could notice are listed, with the reason, in the
    checkpoint's equivalent.toml; survivors are printed in its form. Ends with 1 unless 97 % of the others are caught
    and the list is true.
    """
    course, screen = state.course, state.screen
    tier = choose_tier(course)
    reports = []
    for checkpoint in gradable(course, checkpoints or None):
        with _progress(screen, checkpoint) as step:
            reports.append(
                audit_mutations(course, checkpoint, tier, rounds=rounds, sample=sample, seed=seed, progress=step)
            )
        _show_mutations(screen, reports[-1])
    screen.data({"mutations": [report.to_json() for report in reports]})
    return 0 if all(report.passed for report in reports) else 1


@graders.command("repeat")
@checkpoints_argument
@click.option("--seeds", type=click.IntRange(1, 1000), default=SEEDS, show_default=True, help="Input sets for each.")
@json_option
@pass_state
def repeat_(state: State, checkpoints: tuple[Checkpoint, ...], seeds: int) -> int:
    """Grade every correct program under many input sets: a grader must never fail one by chance.

    Ends with 1 if any test refuses the solution or another correct program under any of them.
    """
    course, screen = state.course, state.screen
    tier = choose_tier(course)
    reports = []
    for checkpoint in gradable(course, checkpoints or None):
        with _progress(screen, checkpoint) as step:
            reports.append(repeat(course, checkpoint, tier, seeds=seeds, progress=step))
        _show_repeated(screen, reports[-1])
    screen.data({"repeated": [report.to_json() for report in reports]})
    return 0 if all(report.passed for report in reports) else 1


class _Step(Protocol):
    """Told what runs next, and how much there is in all where that is known."""

    def __call__(self, name: str, total: int | None = None) -> None: ...


@contextmanager
def _progress(screen: Screen, checkpoint: Checkpoint) -> Iterator[_Step]:
    """Show a bar for one checkpoint, and give what moves it."""
    with screen.progress() as bar:
        task = bar.add_task(checkpoint.slug, total=None)

        def step(name: str, total: int | None = None) -> None:
            bar.update(task, description=f"{checkpoint.slug}: {name}", total=total, advance=1)

        yield step


def _show_mutations(screen: Screen, report: MutationReport) -> None:
    worth = report.tried - report.equivalent
    sampled = f", {report.tried} of {report.made} tried" if report.tried < report.made else ""
    screen.say()
    screen.say((report.checkpoint, "bold"), (f"  {report.made} automatic mistakes{sampled}", "dim"))
    _line(
        screen,
        report.share >= automatic.REQUIRED,
        f"{report.killed} of {worth} are caught ({float(report.share):.1%}); {report.equivalent} more are equivalent",
    )
    for word, places in (("names no mistake: ", report.stale), ("is caught, so not equivalent: ", report.refuted)):
        for place in places:
            _line(screen, False, f"equivalent.toml {word}{place}")
    for survivor in report.survivors:
        screen.say(_as_entry(survivor.place))


def _as_entry(place: Place) -> str:
    """A survivor as it would stand in equivalent.toml."""
    values = {"where": place.where, "old": place.old, "new": place.new}
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    if place.nth > 1:
        lines.append(f"nth = {place.nth}")
    return "\n".join(["[[mutation]]", *lines, 'reason = ""', ""])


def _toml(text: str) -> str:
    """A text as TOML writes it: as it is where that is easier to read; else JSON's texts are TOML's."""
    plain = '"' in text and "'" not in text and "\n" not in text
    return f"'{text}'" if plain else json.dumps(text, ensure_ascii=False)


def _show_repeated(screen: Screen, report: RepeatReport) -> None:
    screen.say()
    screen.say((report.checkpoint, "bold"), (f"  {report.tests} tests, {report.seeds} input sets", "dim"))
    _line(
        screen,
        report.passed,
        f"{report.programs} correct programs, {report.runs} runs, {len(report.alarms)} false alarms",
    )
    for alarm in report.alarms[:20]:
        screen.say(("false alarm: ", "bold red"), str(alarm), indent=4)


def _line(screen: Screen, good: bool, text: str) -> None:
    screen.say((screen.symbol("passed" if good else "failed"), "green" if good else "bold red"), f" {text}", indent=2)


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
        _line(screen, good, text)
    for mutant in report.mutants:
        if mutant.survived:
            screen.say(("survives: ", "bold red"), f"{mutant.name}: {mutant.mistake}", indent=4)
        elif verbose:
            more = f" and {len(mutant.killed_by) - 2} more" if len(mutant.killed_by) > 2 else ""
            screen.say((f"{mutant.name}: ", ""), (", ".join(mutant.killed_by[:2]) + more, "dim"), indent=4)
    for variant in report.false_alarms:
        screen.say(("false alarm: ", "bold red"), f"{variant.name}: {'; '.join(variant.alarms[:3])}", indent=4)
