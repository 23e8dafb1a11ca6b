"""What the commands share: the course they work on, the gradebook, and the options that several of them take."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from tito.cli.screen import Screen
from tito.course.calendar import LocalTimeError, to_utc
from tito.course.checkpoints import CHECKPOINTS, Checkpoint, find_checkpoint
from tito.course.config import Course, find_course_root, load_course
from tito.errors import TitoError

if TYPE_CHECKING:
    from tito.gradebook import Gradebook

Command = TypeVar("Command", bound=Callable[..., object])


class State:
    """One run of `tito`: where the course is, and where output goes."""

    def __init__(self, start: Path | None, *, debug: bool, screen: Screen) -> None:
        self.start = start
        self.debug = debug
        self.screen = screen
        self._course: Course | None = None

    @property
    def root(self) -> Path:
        """The course's folder. Raises TitoError when we are in none."""
        return find_course_root(self.start)

    @property
    def course(self) -> Course:
        """The course. Raises TitoError when we are in none, or its config is wrong."""
        if self._course is None:
            self._course = load_course(self.root)
        return self._course

    def gradebook(self, *, create: bool = False) -> Gradebook:
        """Open the course's gradebook; with `create`, make or upgrade it. Raises GradebookError."""
        from tito.gradebook import Gradebook

        return Gradebook.open(self.course.database_url, create=create)

    @property
    def has_gradebook(self) -> bool:
        """Whether this course folder keeps a gradebook: an instructor's does, a student's own does not."""
        return not self.course.database_url.startswith("sqlite") or self.course.paths.gradebook.is_file()


pass_state = click.make_pass_decorator(State)


def user_name() -> str:
    """Return the login name of whoever runs the command, fit for an actor's name and a file's."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no entry in the password file, no variable: a bare container
        name = f"uid-{os.getuid()}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:60] or "unknown"


def instructor() -> str:
    """The actor of a command that staff run."""
    return f"instructor:{user_name()}"


def json_option(command: Command) -> Command:
    """Add `--json`: one JSON document on stdout, errors as JSON on stderr."""

    def wanted(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(State).screen.json = True

    option = click.option(
        "--json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=wanted,
        help="Print one JSON document for scripts.",
    )
    return option(command)


class CheckpointType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """A checkpoint by number, short name, slug or name."""

    name = "checkpoint"

    def convert(self, value: object, _parameter: click.Parameter | None, _context: click.Context | None) -> Checkpoint:
        """Return the checkpoint. Raises TitoError with the nearest name."""
        return value if isinstance(value, Checkpoint) else find_checkpoint(str(value))


CHECKPOINT = CheckpointType()


def checkpoints_argument(command: Command) -> Command:
    """Add `[CP]...`: any number of checkpoints."""
    return click.argument("checkpoints", metavar="[CP]...", nargs=-1, type=CHECKPOINT)(command)


def chosen(checkpoints: Sequence[Checkpoint], among: Sequence[Checkpoint] = CHECKPOINTS) -> list[Checkpoint]:
    """Return the named checkpoints in the course's order, each once; all of `among` when none is named."""
    return [
        checkpoint
        for checkpoint in (among if not checkpoints else CHECKPOINTS)
        if not checkpoints or checkpoint in checkpoints
    ]


def local_time(text: str, course: Course) -> datetime:
    """Read a local time of the course's zone, as people write it. Raises TitoError."""
    try:
        return to_utc(datetime.fromisoformat(text), course.zone)
    except LocalTimeError as error:
        raise TitoError(str(error), expected=error.expected) from error
    except ValueError as error:
        raise TitoError(f"{text[:40]!r} is no time", expected="a local time such as '2027-02-01 23:59'") from error
