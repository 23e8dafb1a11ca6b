"""`tito course`: the course's files, checked all at once, and how far the course is."""

from __future__ import annotations

from contextlib import nullcontext

import click
from rich.text import Text

from tito.cli.course_check import course_problems
from tito.cli.screen import Screen, words
from tito.cli.state import State, json_option, pass_state
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course
from tito.course.points import show
from tito.course.problems import Problem
from tito.gradebook.queries import counts
from tito.grading.check import check_graders


@click.group()
def course() -> None:
    """Check the course, and see how far it is."""


@course.command()
@json_option
@pass_state
def check(state: State) -> int:
    """Check config, notebooks and graders: every problem at once, each with file and line.

    Ends with 1 when there is an error; warnings alone are no error.
    """
    with state.screen.err.status("looking at the course") if state.screen.err.is_terminal else nullcontext():
        problems = course_problems(state.root)
    if not any(problem.severity == "error" for problem in problems):
        problems += check_graders(state.course)  # reads the notebooks too, and needs a course that loads
    errors = sum(problem.severity == "error" for problem in problems)
    state.screen.data({"problems": [problem.to_json() for problem in problems], "errors": errors})
    _show_problems(state.screen, problems, str(state.root))
    return 1 if errors else 0


def _show_problems(screen: Screen, problems: list[Problem], root: str) -> None:
    for problem in problems:
        style = "bold red" if problem.severity == "error" else "bold yellow"
        screen.say(
            (problem.where.removeprefix(f"{root}/"), "bold"), ": ", (problem.severity, style), f": {problem.what}"
        )
        for name, text in (("expected", problem.expected), ("next", problem.next_step)):
            if text:
                screen.say((f"{name + ':':<10}", "dim"), text, indent=2)
    errors = sum(problem.severity == "error" for problem in problems)
    if not problems:
        screen.say((screen.symbol("passed"), "green"), " config, notebooks and graders are in order")
    else:
        screen.say(f"{errors} error(s), {len(problems) - errors} warning(s)")


@course.command()
@json_option
@pass_state
def status(state: State) -> None:
    """Show for each checkpoint its dates, weight, and which of its parts are there."""
    course, screen = state.course, state.screen
    rows = [_status(course, checkpoint) for checkpoint in course.checkpoints]
    left_out = [checkpoint.slug for checkpoint in CHECKPOINTS if not course.asks(checkpoint)]
    path = {"path": course.path_name, "not_asked": left_out}
    screen.data({"course": course.course_id, "term": course.term, **path, "checkpoints": rows})
    screen.say(
        (course.title, "bold"),
        f" {screen.symbol('dot')} {course.term} {screen.symbol('dot')} ",
        (str(course.root), "dim"),
    )
    screen.say()
    table = screen.table("", "checkpoint", ("weight", "right"), "due", "source", "release", "graders")
    for row in rows:
        due = course.assessment(int(str(row["number"]))).due_at
        table.add_row(
            f"{row['number']:02}",
            str(row["name"]),
            f"{row['weight']} %",
            course.show_time(due) if due else words(("no date", "dim")),
            *(_mark(screen, row[part]) for part in ("source", "release", "graders")),
        )
    screen.say(table)
    if left_out:
        screen.say()
        screen.say((f"not asked on the path of the {course.path_name}: ", "dim"), ", ".join(left_out))
    if state.has_gradebook:
        with state.gradebook() as book, book.read() as session:
            students, submissions, results = counts(session)
        screen.say()
        screen.say(f"{students} students, {submissions} submissions, {results} results")


def _status(course: Course, checkpoint: Checkpoint) -> dict[str, object]:
    assessment = course.assessment(checkpoint)
    there = {
        folder.name: sum((folder / checkpoint.slug / f"{module.slug}.ipynb").is_file() for module in checkpoint.modules)
        for folder in (course.paths.source, course.paths.release)
    }
    return {
        "number": checkpoint.number,
        "name": checkpoint.name,
        "weight": show(course.share(checkpoint)),
        "opens_at": assessment.opens_at.isoformat() if assessment.opens_at else None,
        "due_at": assessment.due_at.isoformat() if assessment.due_at else None,
        "source": there[course.paths.source.name] == len(checkpoint.modules),
        "release": there[course.paths.release.name] == len(checkpoint.modules),
        "graders": any((course.paths.graders / checkpoint.slug).glob("test_*.py")),
    }


def _mark(screen: Screen, there: object) -> Text:
    return words((screen.symbol("passed"), "green")) if there else words((screen.symbol("todo"), "dim"))
