import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import processes
from tests.sandbox.conftest import require
from tito.course.limits import Limits
from tito.sandbox.program import Call, CellSource, ModuleSource, Program, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

BURN = "import time\nwhile time.process_time() < 0.2: pass"


def test_the_time_of_children_that_were_waited_for_is_in(tmp_path: Path) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print('done')"
    ran = processes.run([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ))
    assert ran.output == "done\n"
    assert ran.cpu >= 0.2
    assert list(tmp_path.iterdir()) == []


def test_a_failure_shows_what_was_said(tmp_path: Path) -> None:
    with pytest.raises(processes.ProcessFailed, match="no luck"):
        processes.run([sys.executable, "-c", "raise SystemExit('no luck')"], cwd=tmp_path, env=dict(os.environ))


def test_a_tree_has_all_descendants_and_their_time() -> None:
    inner = f"{BURN}\nprint('ready', flush=True)\nimport sys\nsys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        found = processes.tree(os.getpid())
        (child,) = [one for one in found.values() if one.parent == process.pid]
        assert process.pid in found
        assert child.cpu >= 0.18  # read from /proc, in hundredths
        process.communicate()


def test_time_inside_a_sandbox_is_seen_while_it_lives() -> None:
    """Nobody waits for what runs in a pid namespace of its own, so that `os.wait4` does not know of it."""
    require(Tier.NAMESPACES)
    cell = CellSource("cell", "import time\ndef main():\n    while time.process_time() < 0.3: pass")
    program = Program((ModuleSource("core.tensor", (cell,)),), "def run(tt):\n    tt.main()")
    with Sandbox(Tier.NAMESPACES, Limits()) as sandbox, sandbox.start(program) as worker:
        before = processes.unwaited_cpu(os.getpid())
        assert worker.run([Call("run")], wall_seconds=60) == [Returned(None)]
        assert processes.unwaited_cpu(os.getpid()) - before >= 0.18


def test_the_memory_of_a_process_is_in_megabytes() -> None:
    memory = processes.memory(os.getpid())
    assert 10 < memory["now"] <= memory["peak"] < 10_000
