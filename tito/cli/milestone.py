"""`tito milestone`: what the student's own library can do, tried on something real."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tito.cli.artwork import draw, glimpse
from tito.cli.celebration import celebrate
from tito.cli.learning import Learned, learn
from tito.cli.screen import Screen
from tito.cli.state import State, json_option, pass_state
from tito.cli.testing import sync
from tito.cli.workspace import MilestoneNote, Workspace
from tito.course.checkpoints import MNIST, Checkpoint, find_milestone
from tito.data import TARGET, find_handwriting
from tito.errors import TitoError
from tito.notebooks.files import write_atomically

_SHOWN_EPOCHS = 8


@click.group()
def milestone() -> None:
    """Let your own library do something real, and see which milestones there are."""


@milestone.command("list")
@json_option
@pass_state
def list_(state: State) -> None:
    """Show the milestones of the course: what each asks for, and which you have reached on this machine."""
    workspace, screen = Workspace(state.course), state.screen
    rows = [(checkpoint, workspace.milestone(checkpoint)) for checkpoint in state.course.checkpoints]
    rows = [(checkpoint, note) for checkpoint, note in rows if checkpoint.milestone is not None]
    screen.data({"milestones": [_plain(checkpoint, note) for checkpoint, note in rows]})
    for checkpoint, note in rows:
        assert checkpoint.milestone is not None
        reached = note is not None and note.reached
        style = "green" if reached else "" if checkpoint.milestone is MNIST else "dim"
        screen.say(
            (f"{screen.symbol('milestone' if reached else 'todo')} {checkpoint.milestone.key:<12}", f"bold {style}"),
            (f"{checkpoint.number:02} {checkpoint.name:<14}", style),
            (f"{checkpoint.milestone.target}; ", style),
            (_state(checkpoint, note), "green" if reached else "yellow" if note is not None else style),
        )
    screen.say()
    screen.say(("Reached means on this machine; `tito submit` has it graded, and then it is earned.", "dim"))


@milestone.command()
@click.argument("name", metavar="NAME")
@click.option("--data", "folder", type=click.Path(path_type=Path), metavar="DIR", help="The folder with MNIST.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of weights and order.")
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="To wait for a sign of life."
)
@json_option
@pass_state
def run(state: State, name: str, folder: Path | None, seed: int, seconds: float) -> int:
    """Train a network with your own library on handwritten digits, and see what it reads: `tito milestone run mnist`.

    Trains on MNIST where this machine has it (--data, TITO_DATA, data_folder in course_config.py), else on 1,797
    digits that come with Tito. Leaves the curve of the loss and a picture of the mistakes in .tito/milestones/.
    Ends with 1 below 95 %.
    """
    checkpoint = find_milestone(name)
    if checkpoint.milestone is not MNIST:
        raise TitoError(
            f"the milestone {checkpoint.milestone} cannot be run yet",
            where=f"it belongs to checkpoint {checkpoint.number:02}, {checkpoint.name}",
            next_step="`tito milestone run mnist`",
        )
    workspace = Workspace(state.course)
    learned = _learn(state, workspace, None if folder is None else folder.resolve(), seed, seconds)
    place = state.course.paths.state / "milestones" / MNIST.key
    drawn = draw(state.course, learned, place)
    document = _document(learned, seed, place, drawn)
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(place / "result.json", json.dumps(document, indent=1).encode())
    workspace.note_milestone(checkpoint, learned.accuracy, learned.data.name, reached=learned.reached)
    state.screen.data(document)
    _show(state.screen, workspace, checkpoint, learned, drawn)
    return 0 if learned.reached else 1


def _learn(state: State, workspace: Workspace, folder: Path | None, seed: int, seconds: float) -> Learned:
    """Export the notebooks and train, with a progress bar."""
    screen = state.screen
    data = find_handwriting(state.course.root, state.course.data_folder, folder=folder)
    for exported in sync(workspace):
        if exported.problem is not None:
            screen.warn(exported.problem)
    what = "MNIST" if data.name == "MNIST" else "Handwriting"
    screen.say(
        (f"{what}, read by your own library", "bold"),
        (f"  {data.name}, {len(data.images):,} pictures to learn from ({data.origin})", "dim"),
    )
    with _progress(screen) as bar:
        task = bar.add_task("learning", total=None, loss="")
        return learn(
            workspace,
            data,
            folder=folder,
            seed=seed,
            seconds=seconds,
            progress=lambda done, total, loss: bar.update(task, completed=done, total=total, loss=f"loss {loss:.3f}"),
        )


def _show(screen: Screen, workspace: Workspace, checkpoint: Checkpoint, learned: Learned, drawn: list[Path]) -> None:
    _show_epochs(screen, learned)
    lines = glimpse(learned, min(screen.width, 100) - 4)
    if lines:
        screen.heading("What it misread")
        for line in lines:
            screen.say(line, indent=2)
    screen.say()
    read = f"{learned.accuracy:.1%}: {learned.right:,} of {len(learned.answers):,} pictures that it had never seen"
    seen = ", ".join(workspace.show(path) for path in drawn)
    if learned.reached:
        lines = [
            "Your tensors, your gradients, your optimizer.",
            f"The network reads {read},",
            f"after {max(1, round(learned.seconds))} s with {len(learned.data.images):,} others ({learned.data.name}).",
            "",
            *([f"look at it:  {seen}"] if drawn else []),
            f"next:        tito submit {checkpoint.number:02}",
        ]
        celebrate(screen, f"Milestone {checkpoint.milestone}", lines, symbol="milestone")
    else:
        screen.say((f"{read}. The milestone is {TARGET:.0%}.", "bold yellow"))
        step = "does the loss fall in each epoch? " + (f"Look at {seen}; " if drawn else "")
        screen.say(("next: ", "dim"), f"{step}then `tito test 05`, `tito test 06` and `tito test 07`")
    if not drawn:
        screen.say(("for pictures, install matplotlib: pip install matplotlib", "dim"))


def _show_epochs(screen: Screen, learned: Learned) -> None:
    """The mean loss of some epochs, each with a bar."""
    means = learned.epochs()
    if not means:
        return
    step = -(-len(means) // _SHOWN_EPOCHS)
    screen.heading("How it learned")
    shown = sorted({*range(0, len(means), step), len(means) - 1})
    for place in shown:
        share = means[place] / max(means) if max(means) > 0 else 0.0
        bar = (screen.bar(share if share == share else 1.0, 30), "cyan")  # not a number: a full bar
        screen.say((f"epoch {place + 1:>2}  ", "dim"), f"{means[place]:7.4f}  ", bar, indent=2)


def _progress(screen: Screen) -> Progress:
    """A bar of batches with the loss beside it, on stderr; nothing where that is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[loss]}", markup=False),
        TimeRemainingColumn(),
        console=screen.err,
        transient=True,
        disable=not screen.err.is_terminal or screen.json,
    )


def _document(learned: Learned, seed: int, place: Path, drawn: list[Path]) -> dict[str, object]:
    data = learned.data
    return {
        "milestone": MNIST.key,
        "reached": learned.reached,
        "accuracy": round(learned.accuracy, 6),
        "target": TARGET,
        "data": data.name,
        "data_sha256": data.digest,
        "trained_on": len(data.images),
        "judged_by": len(data.test_images),
        "mistakes": len(learned.mistakes),
        "loss": [round(loss, 6) for loss in learned.epochs()],
        "recipe": data.recipe.to_json(),
        "seed": seed,
        "seconds": round(learned.seconds, 3),
        "folder": str(place),
        "pictures": [str(path) for path in drawn],
    }


def _state(checkpoint: Checkpoint, note: MilestoneNote | None) -> str:
    if note is not None:
        return note.told
    if checkpoint.milestone is MNIST:
        return f"open: tito milestone run {MNIST.key}"
    return "to come"


def _plain(checkpoint: Checkpoint, note: MilestoneNote | None) -> dict[str, object]:
    assert checkpoint.milestone is not None
    return {
        "milestone": checkpoint.milestone.key,
        "name": checkpoint.milestone.name,
        "target": checkpoint.milestone.target,
        "checkpoint": checkpoint.slug,
        "reached": note is not None and note.reached,
        "accuracy": None if note is None else note.accuracy,
        "data": None if note is None else note.data,
    }
