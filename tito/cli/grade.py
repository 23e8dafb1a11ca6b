"""`tito grade`: what was handed in and has no result yet, graded in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from tito.cli.gradebook_changes import plain_preview, show_preview
from tito.cli.screen import Screen, clean
from tito.cli.state import State, checkpoints_argument, instructor, json_option, pass_state
from tito.cli.stopping import resumable
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.points import show
from tito.gradebook.services.publication import Preview, preview_publication
from tito.grading.engine import Graded, Progress, Summary, gradable, grade_pending


@click.command()
@checkpoints_argument
@click.option("--student", "students", metavar="ID", multiple=True, help="Only this student (may be repeated).")
@click.option("--all", "again", is_flag=True, help="Those too that have a result already.")
@click.option("--preview", is_flag=True, help="Publish nothing, and show whose grade would change.")
@click.option("--lanes", type=click.IntRange(1, 256), help="Grading processes (default: one for each core).")
@json_option
@pass_state
def grade(
    state: State,
    checkpoints: tuple[Checkpoint, ...],
    students: tuple[str, ...],
    again: bool,
    preview: bool,
    lanes: int | None,
) -> int:
    """Grade every submission that has no result under the current graders.

    A student's first result is published at once; after a regrade, `tito gradebook publish` shows what would change
    first. Stop it whenever you like: what was graded stays, and the next run goes on. Ends with 1 when the platform
    failed at a submission, which stays to be graded.
    """
    course = state.course
    with state.gradebook(create=True) as book:
        with shown_progress(state.screen) as progress:
            summary = grade_pending(
                course,
                book,
                actor=instructor(),
                checkpoints=checkpoints or None,
                students=students or None,
                again=again,
                show=not preview,
                lanes=lanes,
                progress=progress,
                keep=False,
            )
        with book.read() as session:
            now = book.clock()
            waiting = [
                preview_publication(session, course, checkpoint, now, students=students or None)
                for checkpoint in gradable(course, checkpoints or None)
            ]
    state.screen.data(_plain(summary) | {"would_change": [plain_preview(one) for one in waiting if one.changes]})
    show_summary(state.screen, summary)
    _show_waiting(state.screen, waiting, in_full=preview)
    return 1 if summary.faults else 0


@contextmanager
def shown_progress(screen: Screen) -> Iterator[Progress]:
    """Give a progress function that moves a bar. When the run is cut short, say what is graded already."""
    done = [0, 0]

    def so_far() -> str:
        kept = f"{done[0]} of {done[1]} submissions are graded and recorded"
        return f"{kept}; `tito grade` goes on with the others" if done[0] else ""

    with resumable(screen, so_far), screen.progress() as bar:
        task = bar.add_task("starting the graders", total=None)

        def progress(summary: Summary, graded: Graded | None) -> None:
            done[:] = len(summary.graded) - len(summary.faults), summary.total
            name = (
                ""
                if graded is None
                else clean(f"{graded.task.student_id} {CHECKPOINTS[graded.task.checkpoint].short}", 40)
            )
            if summary.prepared < summary.preparations and not summary.graded:
                drawn = f"drawing inputs, once for these graders ({summary.prepared} of {summary.preparations})"
                bar.update(task, description=drawn, total=None)
                return
            bar.update(task, description=name or "grading", total=summary.total, completed=len(summary.graded))

        yield progress


def show_summary(screen: Screen, summary: Summary) -> None:
    """Print what a run did."""
    if not summary.total:
        screen.say((screen.symbol("passed"), "green"), " nothing to grade: every submission has a result")
        return
    good = summary.total - len(summary.faults)
    mark = ("warning", "bold yellow") if summary.faults else ("passed", "bold green")
    each = 1000 * (summary.seconds - summary.preparing_seconds) * summary.lanes / max(1, len(summary.graded))
    screen.say(
        (screen.symbol(mark[0]), mark[1]),
        f" {good} of {summary.total} submissions graded in {summary.seconds:.1f} s ",
        (f"({each:.0f} ms each on {summary.lanes} lane{'s' if summary.lanes > 1 else ''}, tier {summary.tier})", "dim"),
    )
    for fault, places in _by_fault(summary).items():
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        screen.warn(f"{', '.join(places[:3])}{more} could not be graded, by a fault of ours: {clean(fault, 600)}")
    if summary.faults:
        screen.warn("no one loses points by that: run `tito grade` again, and `tito doctor` if it stays")


def _by_fault(summary: Summary) -> dict[str, list[str]]:
    """The submissions that met each fault: a full disk is told once and not a thousand times."""
    places: dict[str, list[str]] = {}
    for graded in summary.faults:
        place = f"{graded.task.student_id} {CHECKPOINTS[graded.task.checkpoint].slug}"
        places.setdefault(graded.fault, []).append(place)
    return places


def _show_waiting(screen: Screen, waiting: list[Preview], *, in_full: bool) -> None:
    for preview in waiting:
        if preview.changes and in_full:
            show_preview(screen, preview)
        elif preview.changes:
            screen.say(
                (screen.symbol("warning"), "yellow"),
                f" {preview.checkpoint.slug}: not published yet: {len(preview.changes)}; ",
                (f"tito gradebook publish {preview.checkpoint.short}", "bold"),
                " shows them first",
            )


def _plain(summary: Summary) -> dict[str, object]:
    return {
        "tier": summary.tier,
        "lanes": summary.lanes,
        "total": summary.total,
        "seconds": round(summary.seconds, 3),
        "graded": [
            {
                "student_id": graded.task.student_id,
                "checkpoint": CHECKPOINTS[graded.task.checkpoint].slug,
                "attempt": graded.task.attempt,
                "earned": None if graded.points is None else show(graded.points[0], 3),
                "possible": None if graded.points is None else show(graded.points[1], 3),
                "fault": graded.fault or None,
            }
            for graded in summary.graded
        ],
    }
