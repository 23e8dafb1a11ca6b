"""`tito roster`: who takes the course."""

from __future__ import annotations

from pathlib import Path

import click

from tito.cli.state import State, instructor, json_option, pass_state
from tito.gradebook.rosterfile import read_roster
from tito.gradebook.services.roster import import_roster


@click.group()
def roster() -> None:
    """Import the students of the course."""


@roster.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--deactivate-missing", is_flag=True, help="Students who are not in the file leave the active roster.")
@json_option
@pass_state
def import_(state: State, file: Path, deactivate_missing: bool) -> None:
    """Add and update students from a CSV file (student_id, name; email and section if you like).

    Either the whole file is imported or nothing. Makes the gradebook when there is none. Work and grades of
    students who leave are kept.
    """
    screen = state.screen
    found = read_roster(file)
    entries = found.clean()
    with state.gradebook(create=True) as book, book.begin(instructor()) as work:
        change = import_roster(work, entries, deactivate_missing=deactivate_missing)
    screen.data(
        {
            "added": change.added,
            "updated": change.updated,
            "reactivated": change.reactivated,
            "deactivated": change.deactivated,
            "unchanged": change.unchanged,
            "warnings": change.warnings,
        }
    )
    screen.say(
        (screen.symbol("passed"), "green"),
        f" {len(change.added)} added, {len(change.updated)} updated, {len(change.reactivated)} came back, "
        f"{len(change.deactivated)} left, {change.unchanged} unchanged",
    )
    if found.ignored:
        screen.warn(f"these columns were not read: {', '.join(found.ignored)}")
    for warning in change.warnings:
        screen.warn(warning)
