"""`tito gradebook backup|restore`: the records of a course in one file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tito.cli.state import State, json_option, pass_state


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@json_option
@pass_state
def backup(state: State, file: Path | None) -> None:
    """Copy the gradebook, the hand-ins and the course's secret to one file, while others go on using them."""
    from tito.cli.records import default_name, write_backup

    with state.gradebook() as book:
        made = write_backup(state.course, book, file or default_name(state.course))
    state.screen.data({"backup": str(made.path), **asdict(made), "path": str(made.path)})
    state.screen.say(
        (state.screen.symbol("passed"), "green"), f" {made.path} ({made.files} stored files, {made.bytes:,} bytes)"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Replace the gradebook that is there, after a backup of it.")
@json_option
@pass_state
def restore(state: State, file: Path, replace: bool) -> None:
    """Bring back what a backup holds. Everything in it is checked before anything is changed.

    Stop the hub first. What was handed in after the backup stays in the store, but the gradebook forgets it.
    """
    from tito.cli.records import restore_backup

    held, saved = restore_backup(state.course, file, replace=replace)
    state.screen.data({**asdict(held), "path": str(held.path), "saved": None if saved is None else str(saved)})
    if saved is not None:
        state.screen.say(f"what was there is in {saved}")
    state.screen.say((state.screen.symbol("passed"), "green"), f" the gradebook is that of {held.made_at}")
