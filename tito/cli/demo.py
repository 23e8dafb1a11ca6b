"""`tito demo`: the whole course once, from the instructor's notebooks to a gradebook, with a simulated class."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import click

from tito.cli import matrix
from tito.cli.classroom import SIZE, Pupil, go_on, make_class, roster_csv
from tito.cli.collect import take_in_all
from tito.cli.demo_course import demo_checkpoints, fresh_course, write_hand_ins
from tito.cli.feedback import published_feedback
from tito.cli.grade import shown_progress
from tito.cli.outcomes import show_result
from tito.cli.screen import Screen, words
from tito.cli.state import State, instructor, pass_state
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.course import Course
from tito.course.points import show
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook, queries
from tito.gradebook.rosterfile import read_roster
from tito.gradebook.services.roster import import_roster
from tito.grading.engine import Summary, grade_pending
from tito.notebooks import pairing
from tito.notebooks.collect import collect
from tito.notebooks.release import release

WHOLE_CLASS = 2
"""The first checkpoints are handed in by the whole class; the others by those who are ahead, so that it stays short."""


@click.command()
@click.option("--students", type=click.IntRange(2, 1000), default=SIZE, show_default=True, help="Size of the class.")
@click.option("--lanes", type=click.IntRange(1, 256), help="Grading processes (default: one for each core).")
@pass_state
def demo(state: State, students: int, lanes: int | None) -> None:
    """Run the whole course once with a simulated class, in .tito/demo/ of this clone.

    Makes the student release, hands in the work of a class (finished, half finished, wrong, hostile), grades it in the
    sandbox, and shows the gradebook and one student's feedback. Your own gradebook is not touched,
    wherever the config or the environment say that it is.
    """
    screen = state.screen
    screen.say(("Tito: the whole course once", "bold"), (f"  tito demo, {state.root / '.tito' / 'demo'}", "dim"))
    screen.say()
    course = fresh_course(state.root)
    checkpoints = _release(screen, course)
    first, later = checkpoints[:WHOLE_CLASS], checkpoints[WHOLE_CLASS:]
    pupils = make_class(course, first, students)
    ahead = go_on(course, pupils, later)
    folder = write_hand_ins(course.root, pupils, roster_csv(pupils))
    with Gradebook.open(course.database_url, create=True) as book:
        _take_in(screen, course, book, pupils, folder)
        if later:
            _done(screen, f"{len(ahead)} of them are ahead: all of {first[0].short} to {later[-1].short}")
        with shown_progress(screen) as progress:
            summary = grade_pending(course, book, actor=instructor(), lanes=lanes, progress=progress)
        _show_speed(screen, summary)
        _show_matrix(screen, course, book)
        _show_milestones(screen, course, book, ahead)
        _show_hostile(screen, pupils, summary, first[-1])
        _show_feedback(screen, course, book, first[-1], summary)
    _show_next(screen, state.root, course, pupils, first[-1])


def _release(screen: Screen, course: Course) -> list[Checkpoint]:
    pairing.sync(course, CHECKPOINTS)
    checkpoints = demo_checkpoints(course.root)
    with screen.progress() as bar:
        task = bar.add_task("making the student release", total=len(checkpoints))
        for checkpoint in checkpoints:
            release(course, checkpoint)
            bar.advance(task)
    names = ", ".join(checkpoint.short for checkpoint in checkpoints)
    _done(screen, f"student release of {names}: no solution in it")
    return checkpoints


def _take_in(screen: Screen, course: Course, book: Gradebook, pupils: Sequence[Pupil], folder: Path) -> None:
    entries = read_roster(course.root / "roster.csv").clean()
    with book.begin(instructor()) as work:
        import_roster(work, entries)
    kinds = Counter(pupil.story.partition(":")[0] for pupil in pupils)
    told = ", ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in kinds.items())
    _done(screen, f"a class of {len(pupils)}: {told}")
    recorded = list(take_in_all(course, book, collect(folder), source="tito demo"))
    refused = [one for one in recorded if not one.accepted]
    _done(screen, f"{len(recorded) - len(refused)} hand-ins collected, {len(refused)} refused")


_KINDS = {"mistake": "with a mistake", "syntax error": "with a syntax error"}


def _show_speed(screen: Screen, summary: Summary) -> None:
    each = [graded.result.seconds * 1000 for graded in summary.graded if graded.result is not None]
    lanes = f"{summary.lanes} lane{'s' if summary.lanes > 1 else ''}"
    _done(screen, f"{len(each)} of {summary.total} graded in {summary.seconds:.1f} s on {lanes}")
    for name, text in (
        ("isolation", f"tier {summary.tier}"),
        ("time", f"{median(each):.0f} ms per submission (median), {max(each):.0f} ms the longest" if each else "none"),
    ):
        screen.say((f"{name:<11}", "dim"), text, indent=2)


def _show_matrix(screen: Screen, course: Course, book: Gradebook) -> None:
    with book.read() as session:
        rows = queries.matrix(session, course, book.clock())
    screen.heading("The gradebook")
    for line in (*matrix.matrix(screen, rows), words(), matrix.legend(screen)):
        screen.say(line)


def _show_milestones(screen: Screen, course: Course, book: Gradebook, pupils: Sequence[Pupil]) -> None:
    """The milestones that those who are ahead have earned."""
    with book.read() as session:
        records = [queries.student_record(session, course, book.clock(), pupil.student_id) for pupil in pupils]
    for record in records:
        for one in record.milestones:
            star = f"{screen.symbol('milestone')} {one.milestone}"
            screen.say((star, "magenta"), f"  earned by {record.row.name}")


def _show_hostile(screen: Screen, pupils: Sequence[Pupil], summary: Summary, checkpoint: Checkpoint) -> None:
    """What became of those who tried something: the verdict of the first test that ended badly, and the notes."""
    stories = {p.student_id: p.story.partition(": ")[2] for p in pupils if p.story.startswith("hostile")}
    screen.heading("What the hostile ones got")
    table = screen.table("tried", "ended as", ("points", "right"), ("note", "fold"))
    for graded in sorted(summary.graded, key=lambda one: one.task.student_id):
        if (
            graded.task.student_id not in stories
            or graded.task.checkpoint != checkpoint.number
            or graded.result is None
        ):
            continue
        bad = next((outcome for outcome in graded.result.counted() if _ended_badly(outcome)), None)
        points = f"{show(graded.result.earned)} of {show(graded.result.possible)}"
        note = graded.result.notes[0] if graded.result.notes else bad.detail if bad is not None else ""
        verdict = "graded as usual" if bad is None else bad.verdict.title
        table.add_row(stories[graded.task.student_id], verdict, points, words((note[:160], "dim")))
    screen.say(table)


def _ended_badly(outcome: Outcome) -> bool:
    return outcome.verdict not in (Verdict.PASSED, Verdict.FAILED, Verdict.MISSING, Verdict.RAISED)


def _show_feedback(screen: Screen, course: Course, book: Gradebook, checkpoint: Checkpoint, summary: Summary) -> None:
    """One student's feedback: of the one whose smallest counterexample is the shortest to read."""
    wrong = [
        (_hard_to_read(outcome), graded.task.student_id, outcome)
        for graded in summary.graded
        if graded.result is not None and graded.task.checkpoint == checkpoint.number
        for outcome in graded.result.counted()
        if outcome.verdict is Verdict.FAILED
    ]
    if not wrong:
        return
    hard, student_id, hidden = min(wrong, key=lambda one: one[:2])
    _, result, shown = published_feedback(course, book, checkpoint, student_id)
    screen.heading(f"What {student_id} sees: `tito feedback {checkpoint.number:02}`")
    show_result(screen, result, shown, passed="none")
    if hard < _WITHOUT_EXAMPLE:
        screen.heading("What staff see of the first hidden test: its smallest counterexample")
        show_result(screen, result, [hidden], total=False)


_WITHOUT_EXAMPLE = 1_000_000


def _hard_to_read(outcome: Outcome) -> int:
    """Characters of a hidden test's counterexample; one without an array tells less, and none at all comes last."""
    example = outcome.counterexample
    if outcome.public or example is None or not example.inputs:
        return _WITHOUT_EXAMPLE
    length = sum(len(text) for _, text in example.inputs) + len(example.got + example.expected)
    return length if "array(" in example.inputs[0][1] else length + _WITHOUT_EXAMPLE // 2


def _show_next(screen: Screen, root: Path, course: Course, pupils: Sequence[Pupil], checkpoint: Checkpoint) -> None:
    where = course.root.relative_to(root) if course.root.is_relative_to(root) else course.root
    student = pupils[min(1, len(pupils) - 1)].student_id
    first = [] if shutil.which("tito") else [(f". {Path(sys.prefix) / 'bin' / 'activate'}", "so that `tito` is found")]
    steps = (
        *first,
        (f"cd {where}", "the demo's own course"),
        ("tito gradebook show", "the matrix; --json for scripts"),
        (f"tito gradebook student {student}", "one student's record"),
        (f"tito feedback {checkpoint.short} --student {student}", "what that student sees"),
        ("ls autograded/*/*/feedback.html", "the pages to send to students"),
        ("tito gradebook export --format canvas", "for the LMS"),
        ("tito checkpoint status", "the student's view of it all"),
        (f"tito module start {checkpoint.modules[0].number:02}", "be a student, then `tito test`"),
    )
    screen.heading("Go on with")
    for command, what in steps:
        screen.say((f"{command:<37}", "bold"), (f"  {what}", "dim"), indent=2)


def _done(screen: Screen, text: str) -> None:
    screen.say((screen.symbol("passed"), "bold green"), f" {text}")
