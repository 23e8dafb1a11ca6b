"""Each layer by itself, in a process that ends: seccomp, Landlock, limits, descriptors, capabilities."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.sandbox.conftest import SMALL, GetSandbox
from tests.sandbox.processes import descendants
from tests.sandbox.programs import program, run
from tito.sandbox import seccomp, syscalls
from tito.sandbox.program import Returned
from tito.sandbox.tiers import Tier


def alone(source: str, *arguments: str, clone: Path) -> str:
    """Run source in a Python of its own; what it printed."""
    command = [sys.executable, "-c", dedent(source), *arguments]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True).stdout.strip()


def test_seccomp_holds_without_the_other_layers(clone: Path, tmp_path: Path) -> None:
    source = """
        import os, socket, sys
        from tito.sandbox import namespaces, seccomp
        namespaces.drop_privileges()
        seccomp.restrict(seccomp.program(writing=False))
        refused = []
        for name, attempt in {
            "fork": os.fork,
            "socket": socket.socket,
            "kill": lambda: os.kill(os.getpid(), 0),
            "write": lambda: open(sys.argv[1], "w"),
            "create": lambda: os.open(sys.argv[1] + "2", os.O_CREAT | os.O_RDONLY),
            "truncate": lambda: os.open(sys.argv[1], os.O_TRUNC),
            "chmod": lambda: os.chmod(sys.argv[1], 0o600),
            "mkdir": lambda: os.mkdir(sys.argv[1] + "3"),
        }.items():
            try:
                attempt()
            except PermissionError:
                refused.append(name)
        print(*refused, open(sys.argv[1]).read())
    """
    (tmp_path / "file").write_text("kept")
    assert (
        alone(source, str(tmp_path / "file"), clone=clone) == "fork socket kill write create truncate chmod mkdir kept"
    )


def test_landlock_holds_without_the_other_layers(clone: Path, tmp_path: Path) -> None:
    source = """
        import os, sys
        from tito.sandbox import landlock, namespaces
        rules = landlock.reading(landlock.abi(), [sys.argv[1] + "/open"])
        namespaces.drop_privileges()
        landlock.restrict(rules)
        seen = []
        for name in ("open/file", "shut/file"):
            for mode in ("r", "a"):
                try:
                    open(sys.argv[1] + "/" + name, mode).close()
                    seen.append(name + " " + mode)
                except PermissionError:
                    pass
        print(seen)
    """
    for name in ("open", "shut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    assert alone(source, str(tmp_path), clone=clone) == "['open/file r']"


def test_the_filter_names_calls_that_both_machines_have(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {}
    for machine in ("x86_64", "aarch64"):
        monkeypatch.setattr(syscalls.platform, "machine", lambda machine=machine: machine)
        sizes[machine] = [len(seccomp.program(writing=writing)) // 8 for writing in (False, True)]
        for name in ("clone", "kill", "socket", "ptrace", "mount", "prctl", "execve", "chmod"):
            number = syscalls.architecture()[1].get(name)
            assert number is None or number not in seccomp.reachable_numbers(writing=True)
    assert all(50 < size < 256 for pair in sizes.values() for size in pair)
    monkeypatch.setattr(syscalls.platform, "machine", lambda: "vax")
    with pytest.raises(syscalls.SetupError, match="no table for vax"):
        seccomp.program(writing=False)


def test_the_kernel_confirms_what_holds_a_worker(isolated_tier: Tier, sandbox_at: GetSandbox) -> None:
    sandbox = sandbox_at(isolated_tier)
    with sandbox.start(program("")):
        worker = descendants(sandbox.pid)[-1]
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines() if ":\t" in line
        )
        limits = Path(f"/proc/{worker}/limits").read_text()
        zygote = int(status["PPid"])
        spaces = ("mnt", "pid", "net", "ipc", "uts", "user", "cgroup")
        own = [
            space
            for space in spaces
            if namespace(worker, space) not in (namespace(zygote, space), namespace(os.getpid(), space))
        ]
    assert status["Seccomp"].strip() == "2"
    assert status["NoNewPrivs"].strip() == "1"
    assert {status[f"Cap{kind}"].strip("0") for kind in ("Inh", "Prm", "Eff", "Amb")} == {""}
    assert status["Threads"].strip() == "1"
    for line in (
        f"Max file size{SMALL.file_bytes:>21}",
        f"Max open files{SMALL.open_files:>20}",
        f"Max cpu time{SMALL.cpu_seconds:>21}",
    ):
        assert "".join(line.split()) in "".join(limits.split())
    assert own == (list(spaces) if isolated_tier is Tier.NAMESPACES else [])


def namespace(pid: int, space: str) -> int:
    return Path(f"/proc/{pid}/ns/{space}").stat().st_ino


def test_a_worker_is_alone_in_its_namespaces(sandbox_at: GetSandbox) -> None:
    source = "import os\ndef main():\n    return [os.getpid(), os.getppid(), os.getuid(), len(os.listdir('/tmp'))]"
    assert run(sandbox_at(Tier.NAMESPACES), source) == Returned([1, 0, 1000, 0])
