"""`tito` itself: the commands by name, and what becomes of each kind of error."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from tito import __version__
from tito.cli.screen import Screen, clean, words
from tito.cli.state import State
from tito.course.config import find_course_root
from tito.errors import TitoError

FAILED, USAGE, CRASHED, INTERRUPTED, PIPE_CLOSED = 1, 2, 3, 130, 141
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
"""What a disk or its owner refuses: no fault of ours, and something that a person can put right."""

SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "For everybody": {
        "info": ("tito.cli.info:info", "The course, its checkpoints and modules, and where you stand."),
        "doctor": ("tito.cli.doctor:doctor", "What this machine offers, and how to get what is missing."),
        "demo": ("tito.cli.demo:demo", "Run the whole course once with a simulated class."),
    },
    "For students": {
        "module": ("tito.cli.module:module", "Start a module, see how far it is, finish it."),
        "sync": ("tito.cli.sync:sync", "Export your notebooks' cells to the tinytorch package."),
        "test": ("tito.cli.test:test", "Run the test cells of your notebooks on this machine."),
        "checkpoint": ("tito.cli.checkpoint:checkpoint", "See the 16 checkpoints, and test one."),
        "milestone": ("tito.cli.milestone:milestone", "Let your own library do something real."),
        "submit": ("tito.cli.submit:submit", "Hand in a checkpoint and get a receipt."),
        "feedback": ("tito.cli.feedback:feedback", "See what grading said about a checkpoint."),
    },
    "For instructors": {
        "course": ("tito.cli.course:course", "Check the course, and see how far it is."),
        "assignment": ("tito.cli.assignment:assignment", "Pair notebooks with their text; make the student version."),
        "roster": ("tito.cli.roster:roster", "Import the students of the course."),
        "collect": ("tito.cli.collect:collect", "Take in submissions from a folder or an LMS zip."),
        "grade": ("tito.cli.grade:grade", "Grade what is new, in the sandbox."),
        "gradebook": ("tito.cli.gradebook:gradebook", "See, publish, correct and export grades."),
        "serve": ("tito.cli.serve:serve", "Show the gradebook in the browser, on this machine."),
        "hub": ("tito.cli.hub:hub", "Set up and run the course on JupyterHub."),
        "graders": ("tito.cli.graders:graders", "Hold the hidden graders against known mistakes."),
    },
}


class Tito(click.Group):
    """The main group. A command's module is imported when the command is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all names in the order of the help."""
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        for section in SECTIONS.values():
            if name in section:
                module, _, attribute = section[name][0].partition(":")
                command: click.Command = getattr(importlib.import_module(module), attribute)
                return command
        return None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by whom they are for, without importing any."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in section.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and leave with its exit code; never with a traceback."""
        arguments = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(arguments, "tito", complete_var, standalone_mode=False, **extra)
        sys.exit(_run(lambda: super(Tito, self).main(arguments, "tito", complete_var, False, **extra), arguments))


@click.group(
    cls=Tito,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="tito %(version)s")
@click.option(
    "--course",
    "-C",
    "start",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The course's folder (default: this one, or the nearest above with a course_config.py).",
)
@click.option("--debug", is_flag=True, help="Show the traceback when something unexpected happens.")
@click.pass_context
def cli(context: click.Context, start: Path | None, debug: bool) -> None:
    """Tito runs the TinyTorch course: notebooks out, sandboxed grades in.

    `tito demo` shows all of it in a minute; `tito COMMAND --help` tells about one command.
    """
    context.obj = State(start, debug=debug, screen=Screen())
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> NoReturn:
    """Run `tito` with the process's own arguments."""
    cli.main()
    raise AssertionError("cli.main leaves by itself")


def _run(invoke: Any, arguments: Sequence[str]) -> int:
    """Call `invoke` and return the exit code; what it raises is shown as its kind deserves."""
    screen = Screen(json_wanted="--json" in arguments)
    debug = "--debug" in arguments
    try:
        code = invoke()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except TitoError as error:
        if debug:
            traceback.print_exc()
        screen.error(error)
        return FAILED
    except click.ClickException as error:
        _show_usage(screen, error)
        return error.exit_code
    except (KeyboardInterrupt, EOFError, click.Abort) as stop:
        line = str(stop)
        screen.err.print(f"\n{line}" if line and screen.err.is_terminal else line)  # below the terminal's own ^C
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough. What is still buffered must not fail again while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        if debug or error.errno not in _OF_THE_MACHINE:
            return _unexpected(screen, error, arguments, debug=debug)
        from tito.notebooks.files import cannot_use

        screen.error(cannot_use(Path(error.filename or "."), error))
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a line and a log instead of a traceback
        return _unexpected(screen, error, arguments, debug=debug)


def _unexpected(screen: Screen, error: Exception, arguments: Sequence[str], *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    else:
        screen.error(_crash(error, arguments))
    return CRASHED


def _show_usage(screen: Screen, error: click.ClickException) -> None:
    if screen.json:
        document = {"what": error.format_message(), "where": None, "expected": None, "next_step": "tito --help"}
        sys.stderr.write(json.dumps({"error": document}) + "\n")
    else:
        if isinstance(error, click.UsageError) and error.ctx is not None:
            screen.err.print(words((error.ctx.get_usage(), "dim")), soft_wrap=True)
        screen.err.print(words(("error: ", "bold red"), (error.format_message(), "red")), soft_wrap=True)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            screen.err.print(words(("  next:     ", "dim"), f"{error.ctx.command_path} --help"), soft_wrap=True)


def _crash(error: Exception, arguments: Sequence[str]) -> TitoError:
    """Write the traceback to a log in the course's state folder; say where it is."""
    what = f"tito met something it did not expect: {type(error).__name__}: {clean(str(error), 200)}"
    try:
        start = next(_values(arguments, "--course", "-C"), None)
        folder = find_course_root(Path(start) if start else None) / ".tito"
        folder.mkdir(exist_ok=True)
        log = folder / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
        log.touch(mode=0o600)
        lines = (f"tito {__version__}, Python {sys.version}", f"arguments: {list(arguments)!r}")
        log.write_text("\n".join((*lines, "", traceback.format_exc())), encoding="utf-8", errors="backslashreplace")
    except (TitoError, OSError):
        return TitoError(what, next_step="run the same command with `tito --debug ...`, which shows the traceback")
    return TitoError(
        what,
        where=f"the traceback is in {log}",
        next_step="nothing that was finished is lost; please report it with that file",
    )


def _values(arguments: Sequence[str], *names: str) -> Iterator[str]:
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in names and equals:
            yield value
        elif argument in names and place + 1 < len(arguments):
            yield arguments[place + 1]
