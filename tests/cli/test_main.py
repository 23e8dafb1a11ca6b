from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Run
from tito import __version__
from tito.cli import info
from tito.cli.main import cli
from tito.course.config import Course
from tito.errors import TitoError


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, (*path, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(cli))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_every_option_has_help(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.help
    assert command.help.split("\n")[0].endswith((".", ":"))
    for parameter in command.params:
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_is_documented(path: tuple[str, ...], clone: Path) -> None:
    assert f"`tito {' '.join(path)}" in (clone / "docs" / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_command_is_40_lines_at_most(path: tuple[str, ...]) -> None:
    callback = ALL[path].callback
    assert callback is not None
    lines, _ = inspect.getsourcelines(inspect.unwrap(callback))
    start = next(place for place, line in enumerate(lines) if line.startswith("def "))
    assert len(lines) - start <= 40


def test_the_list_of_commands_is_the_generated_one(clone: Path) -> None:
    tool = [sys.executable, str(clone / "tools" / "commands.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_main_help_fits_80_columns(run: Run) -> None:
    assert max(map(len, run("--help").out.splitlines())) <= 80


def test_help_is_printed_without_a_command_and_outside_of_a_course(run: Run, in_folder: object, tmp_path: Path) -> None:
    os.chdir(tmp_path)  # `run` puts the old folder back
    for arguments in ((), ("--help",), ("-h",)):
        ran = run(*arguments)
        assert (ran.code, ran.err) == (0, "")
        assert "For students:" in ran.out
    assert run("--version").out == f"tito {__version__}\n"


def test_main_help_imports_no_command(clone: Path) -> None:
    program = (
        "import sys\nfrom tito.cli.main import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'nbformat', 'numpy', 'tito.cli.grade'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=clone)
    assert done.returncode == 0, done.stderr


def test_a_problem_is_told_in_four_parts_with_exit_code_1(run: Run) -> None:
    ran = run("module", "status", "foo")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err == (
        "error: there is no module 'foo'\n"
        "  expected: 00 to 20, 01_tensor, tensor or core.tensor\n"
        "  next:     `tito info` lists the modules\n"
    )


def test_a_problem_is_json_where_json_was_asked_for(run: Run) -> None:
    ran = run("module", "status", "foo", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(ran.err)["error"]["what"] == "there is no module 'foo'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense",), "No such command 'nonsense'"),
        (("grade", "--lanes", "0"), "'--lanes'"),
        (("gradebook", "override", "ana"), "Missing argument"),
        (("gradebook", "override", "ana", "1", "90"), "Missing option '--reason'"),
        (("test", "--wrong"), "No such option"),
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(run: Run, arguments: tuple[str, ...], message: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert message in ran.err
    assert "next:" in ran.err
    assert ran.out == ""


def test_wrong_usage_is_json_too(run: Run) -> None:
    ran = run("grade", "--lanes", "0", "--json")
    assert ran.code == 2
    assert "--lanes" in json.loads(ran.err)["error"]["what"]


def test_outside_of_a_course_every_command_says_so(run: Run, tmp_path: Path) -> None:
    os.chdir(tmp_path)  # `run` puts the old folder back
    for arguments in (["info"], ["grade"], ["submit", "1"], ["checkpoint", "status"], ["course", "check"], ["demo"]):
        ran = run(*arguments)
        assert ran.code == 1, arguments
        assert "no course_config.py here" in ran.err, arguments


def test_the_course_can_be_named(run: Run, course: Course, tmp_path: Path) -> None:
    os.chdir(tmp_path)  # `run` puts the old folder back
    assert run("-C", course.root, "info", "--json").data["root"] == str(course.root)


def broken(*_: object) -> None:
    raise ZeroDivisionError("of ours \x1b[31m")


def test_the_unexpected_is_one_line_and_a_log(run: Run, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "current", broken)
    ran = run("info")
    assert ran.code == 3
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
    (log,) = course.paths.state.glob("crash-*.log")
    assert str(log) in ran.err
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback_and_writes_no_log(run: Run, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "current", broken)
    ran = run("--debug", "info")
    assert ran.code == 3
    assert "Traceback" in ran.err
    assert not list(course.paths.state.glob("crash-*.log"))


def test_the_unexpected_where_no_log_can_be_written_says_how_to_see_it(
    run: Run, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(info, "current", broken)
    course.paths.state.write_text("a file where the folder would be")
    ran = run("info")
    assert ran.code == 3
    assert "--debug" in ran.err


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError, click.Abort])
def test_an_interruption_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]) -> None:
    def stop(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(info, "current", stop)
    ran = run("info")
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "")


def test_ctrl_c_ends_the_process_without_a_word(course: Course) -> None:
    program = (
        "import os, signal\nfrom tito.cli import info\nfrom tito.cli.main import main\n"
        "info.current = lambda standings: os.kill(os.getpid(), signal.SIGINT)\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "info"], capture_output=True, text=True, check=False, cwd=course.root
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_a_reader_who_goes_away_is_no_error(course: Course) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tito", "checkpoint", "timeline"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=course.root,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # before it wrote a byte
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_sigterm_is_not_swallowed(course: Course) -> None:
    program = (
        "import os, signal\nfrom tito.cli import info\nfrom tito.cli.main import main\n"
        "info.current = lambda standings: os.kill(os.getpid(), signal.SIGTERM)\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program, "info"], capture_output=True, check=False, cwd=course.root)
    assert done.returncode == -signal.SIGTERM


def test_plain_output_has_no_colour_and_no_bars(run: Run) -> None:
    for arguments in (["info"], ["checkpoint", "status"], ["checkpoint", "timeline"], ["doctor"], ["course", "status"]):
        ran = run(*arguments)
        assert "\x1b" not in ran.out + ran.err, arguments
        assert ran.err == "", arguments


def test_only_titoerrors_end_with_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TitoError("a thing", where="there", expected="another", next_step="look")

    monkeypatch.setattr(info, "current", fail)
    ran = run("info")
    assert ran.code == 1
    assert [line.split()[0] for line in ran.err.splitlines()] == ["error:", "where:", "expected:", "next:"]
