"""`tools/setup.sh` on machines that lack something: one message, with the command that installs it, and no trace."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.repository import ROOT

TOOLS = ("sh", "dirname", "id", "cat", "cksum", "mkdir", "rm", "grep", "cp", "flock")
FILES = (
    "tools/setup.sh",
    "pyproject.toml",
    "requirements/lock.txt",
    "requirements/hub.txt",
    "requirements/dev.txt",
    "tito/__init__.py",
)


class Machine:
    """A folder of programs that is the whole PATH, and a clone of what setup reads."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.clone = folder / "clone"
        self.bin.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            if found:
                (self.bin / name).symlink_to(found)
        for name in FILES:
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.clone / name)

    def has(self, name: str, script: str = "exit 0") -> None:
        """Put a program on the PATH."""
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def has_python(self, version: str, *, venv: bool, name: str = "python3") -> None:
        """Put a Python on the PATH that answers as one of that version does, and notes what pip is told to do."""
        old = "1" if tuple(map(int, version.split(".")[:2])) < (3, 11) else "0"
        self.has(
            name,
            f"""case "$1 $2" in
            "-c "*python_version*) echo {version} ;;
            "-c "*version_info*) exit {old} ;;
            "-c "*ensurepip*) exit {0 if venv else 1} ;;
            "-c "*sys.prefix*) echo "{self.clone}/.venv" ;;
            "-c "*sys.version*) echo {version} ;;
            "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
            "-m pip")
                echo "$@" >> "{self.clone}/pip.log"
                case "$*" in *"$PIP_FAILS"*) [ -z "$PIP_FAILS" ] || exit 1 ;; esac ;;
            *) exit 1 ;;
            esac""",
        )

    @property
    def installs(self) -> list[str]:
        """What pip was told to install, one line a call, and forgotten."""
        log = self.clone / "pip.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if line.startswith("-m pip install")]

    def setup(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.clone / "tools" / "setup.sh"), *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.clone / "home"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_no_python(machine: Machine) -> None:
    machine.has("apt-get")
    run = machine.setup()
    assert run.returncode == 1
    assert "there is no Python on the PATH" in run.stderr
    assert "apt-get install python3 python3-venv" in run.stderr
    assert not (machine.clone / ".venv").exists()


def test_python_is_too_old(machine: Machine) -> None:
    machine.has("dnf")
    machine.has_python("3.9.18", venv=True)
    run = machine.setup()
    assert run.returncode == 1
    assert "too old: python3 (3.9.18)" in run.stderr
    assert "dnf install python3" in run.stderr


def test_venv_is_missing_as_on_a_bare_debian(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has_python("3.11.2", venv=False)
    run = machine.setup()
    assert run.returncode == 1
    assert "python3 is there, but without what makes virtual environments" in run.stderr
    assert "apt-get install python3-venv" in run.stderr


def test_a_shim_that_only_says_not_installed_is_passed_over(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    machine.has_python("3.12.1", venv=False, name="python3.12")
    assert "python3.12 is there" in machine.setup().stderr


def test_git_is_missing_for_the_tests(machine: Machine) -> None:
    machine.has("apk")
    machine.has_python("3.13.0", venv=True)
    run = machine.setup("--dev")
    assert run.returncode == 1
    assert "git is not on the PATH" in run.stderr
    assert "apk add git" in run.stderr


def test_an_unknown_system_is_told_the_names(machine: Machine) -> None:
    assert "this system's package manager: python3" in machine.setup().stderr


def test_the_asked_for_python_does_not_run(machine: Machine) -> None:
    machine.has_python("3.13.0", venv=True)
    run = machine.setup(PYTHON="/nowhere/python3")
    assert run.returncode == 1
    assert "PYTHON=/nowhere/python3 does not run" in run.stderr


def test_only_root_is_told_a_command_without_sudo(machine: Machine) -> None:
    machine.has("apt-get")
    prefix = "next:     apt-get" if os.geteuid() == 0 else "next:     sudo apt-get"
    assert prefix in machine.setup().stderr


@pytest.fixture
def able(machine: Machine) -> Machine:
    """A machine that lacks nothing."""
    for name in ("git", "bwrap", "apt-get"):
        machine.has(name)
    machine.has_python("3.12.1", venv=True)
    return machine


def test_installs_the_lock_with_hashes_and_then_the_project(able: Machine) -> None:
    run = able.setup()
    assert run.returncode == 0, run.stderr
    packages, project = able.installs
    for option in ("--require-hashes", "--only-binary :all:", "--no-deps", "-r requirements/lock.txt"):
        assert option in packages
    for option in ("--no-index", "--no-build-isolation", "--no-deps", "--editable ."):
        assert option in project


def test_a_second_time_does_nothing_and_says_nothing(able: Machine) -> None:
    able.setup()
    assert able.installs
    run = able.setup()
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert able.installs == []


def test_who_can_test_can_run(able: Machine) -> None:
    able.setup("--dev")
    assert "requirements/dev.txt" in able.installs[0]
    assert able.setup().stdout == ""
    assert able.installs == []


def test_who_can_run_cannot_test_yet(able: Machine) -> None:
    able.setup()
    assert able.installs
    able.setup("--dev")
    assert "requirements/dev.txt" in able.installs[0]


def test_a_new_lock_is_installed(able: Machine) -> None:
    able.setup()
    assert able.installs
    lock = able.clone / "requirements" / "lock.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")
    able.setup()
    assert able.installs


def test_goes_on_after_an_installation_that_failed(able: Machine) -> None:
    run = able.setup(PIP_FAILS="lock.txt")
    assert run.returncode == 1
    assert "pip could not install the locked packages" in run.stderr
    assert "next:" in run.stderr
    assert able.installs
    assert able.setup().returncode == 0
    assert able.installs


def test_a_clone_that_was_moved_is_set_up_anew(able: Machine) -> None:
    able.setup()
    assert able.installs
    moved = able.clone.with_name("moved")
    able.clone.rename(moved)
    able.clone = moved
    able.has_python("3.12.1", venv=True)
    assert "Making .venv" in able.setup().stdout
    assert able.installs


def test_an_environment_that_is_half_made_is_made_again(able: Machine) -> None:
    (able.clone / ".venv" / "bin").mkdir(parents=True)
    (able.clone / ".venv" / "leftover").touch()
    assert able.setup().returncode == 0
    assert not (able.clone / ".venv" / "leftover").exists()


def test_an_environment_that_is_a_link_is_left_alone(able: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (able.clone / ".venv").symlink_to(elsewhere)
    run = able.setup()
    assert run.returncode == 1
    assert ".venv is a link" in run.stderr
    assert list(elsewhere.iterdir()) == []


def test_bubblewrap_is_missing_and_it_is_no_error(able: Machine) -> None:
    (able.bin / "bwrap").unlink()
    run = able.setup()
    assert run.returncode == 0
    assert "landlock" in run.stdout
    assert "apt-get install bubblewrap" in run.stdout


def test_everything_stays_inside_the_clone(able: Machine, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(able.clone)}
    able.setup("--dev")
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(able.clone)} == before
    assert not (able.clone / "home").exists()
