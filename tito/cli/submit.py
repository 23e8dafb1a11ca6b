"""`tito submit`: hand in a checkpoint, to the gradebook of this folder or as a zip for the LMS."""

from __future__ import annotations

import hashlib
import io
import zipfile

import click

from tito.cli.receipt import plain_receipt, show_receipt
from tito.cli.state import CHECKPOINT, State, json_option, pass_state, user_name
from tito.cli.workspace import Workspace
from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError
from tito.gradebook.services.roster import check_id
from tito.grading.intake import HandIn, take_in
from tito.notebooks.files import write_atomically


@click.command()
@click.argument("checkpoint", metavar="CP", type=CHECKPOINT)
@click.option("--student", metavar="ID", help="Your id on the roster (default: your login name).")
@json_option
@pass_state
def submit(state: State, checkpoint: Checkpoint, student: str | None) -> None:
    """Hand in the notebooks of a checkpoint and get a receipt: attempt, server time, SHA-256, late or not.

    In a folder without a gradebook (your own machine) it writes submitted/<cp>.zip for you to upload to the LMS.
    """
    state.course.require(checkpoint)
    workspace = Workspace(state.course)
    student_id = check_id(student or user_name())
    files = _files(workspace, checkpoint)
    if not state.has_gradebook:
        _pack(state, workspace, checkpoint, student_id, files)
        return
    with state.gradebook() as book:
        handin = HandIn(student_id, checkpoint.slug, files)
        recorded = take_in(
            state.course, book, handin, actor=f"student:{student_id}", source="tito submit", enforce=True
        )
        now = book.clock()
    if not recorded.accepted:
        raise TitoError.from_text(recorded.message)
    workspace.note_submitted(checkpoint, recorded.digest)
    state.screen.data(plain_receipt(state.course, recorded, now))
    show_receipt(state.screen, state.course, recorded, now)


def _files(workspace: Workspace, checkpoint: Checkpoint) -> dict[str, bytes]:
    """The started notebooks of the checkpoint; each is read once, so that bad ones are told before anything is sent."""
    started = [module for module in checkpoint.modules if workspace.notebook(module).is_file()]
    if not started:
        first = checkpoint.modules[0]
        raise TitoError(
            f"there is nothing to submit for {checkpoint.slug}",
            where=workspace.show(workspace.notebook(first)),
            next_step=f"run `tito module start {first.number:02}`",
        )
    for module in started:
        workspace.read(module)
    return {workspace.notebook(module).name: workspace.notebook(module).read_bytes() for module in started}


def _pack(state: State, workspace: Workspace, checkpoint: Checkpoint, student_id: str, files: dict[str, bytes]) -> None:
    data = pack(student_id, checkpoint, files)
    digest = hashlib.sha256(data).hexdigest()
    target = state.course.paths.submitted / f"{checkpoint.slug}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, data)
    workspace.note_submitted(checkpoint, digest)
    screen, where = state.screen, workspace.show(target)
    screen.data({"zip": str(target), "sha256": digest, "files": sorted(files), "student_id": student_id})
    screen.say((screen.symbol("passed"), "bold green"), f" packed {', '.join(sorted(files))}")
    for name, text in (("file", where), ("student", student_id), ("SHA-256", digest)):
        screen.say((f"{name:<12}", "dim"), text, indent=2)
    screen.say(
        ("It is not handed in yet: ", "bold yellow"),
        "upload that file to the LMS, whose receipt counts.",
    )


def pack(student_id: str, checkpoint: Checkpoint, files: dict[str, bytes]) -> bytes:
    """Return a zip that `tito collect` takes: the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(f"{student_id}/{checkpoint.slug}/{name}", (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
