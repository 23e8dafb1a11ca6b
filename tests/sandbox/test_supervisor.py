"""The supervisor: every way a worker ends, our own failures, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sandbox.conftest import SMALL, GetSandbox
from tests.sandbox.processes import descendants, is_running, open_files, own_bytes
from tests.sandbox.programs import program, run
from tests.waiting import until
from tito.course.verdicts import Verdict
from tito.sandbox import channel, launch, mounts
from tito.sandbox.program import Call, Died, LoadReport, Program, Returned
from tito.sandbox.supervisor import Sandbox, SandboxFault, encode_calls
from tito.sandbox.tiers import Tier
from tito.sandbox.wire import UnsendableValue

NOT_RUN = Died(Verdict.CRASHED, "not run", ran=False)


@pytest.fixture
def sandbox(tier: Tier, sandbox_at: GetSandbox) -> Sandbox:
    return sandbox_at(tier)


def test_answers_before_a_death_are_kept_and_the_rest_is_not_run(sandbox: Sandbox) -> None:
    source = """
        import os
        def main(n):
            print(n, flush=True)
            if n == 2:
                os._exit(3)
            return n
    """
    with sandbox.start(program(source)) as worker:
        replies = worker.run([Call("run", (n,)) for n in range(5)], wall_seconds=20)
        assert not worker.alive
        assert worker.run([Call("run", (0,))], wall_seconds=20) == [NOT_RUN]
    died = Died(Verdict.CRASHED, "the process ended by itself with status 3", "2\n")
    assert replies == [Returned(0, "0\n"), Returned(1, "1\n"), died, NOT_RUN, NOT_RUN]


def test_a_batch_is_encoded_once_for_many_workers(sandbox: Sandbox) -> None:
    calls = encode_calls([Call("give", (np.arange(3), n)) for n in range(3)])
    assert calls.count == 3
    for _ in range(2):
        with sandbox.start(program("")) as worker:
            for _ in range(2):
                replies = worker.run(calls, wall_seconds=20)
                assert [reply.value[1] for reply in replies] == [0, 1, 2]
    with sandbox.start(program("")) as worker:
        assert worker.run([], wall_seconds=20) == []


def test_what_cannot_be_sent_is_the_graders_mistake_and_harms_no_worker(sandbox: Sandbox) -> None:
    with sandbox.start(program("")) as worker:
        with pytest.raises(UnsendableValue, match="object"):
            worker.run([Call("give", (object(),))], wall_seconds=20)
        assert worker.run([Call("give", (1,))], wall_seconds=20) == [Returned([1])]


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        ("import os; os._exit(0)", Verdict.CRASHED),
        ("while True: pass", Verdict.TIMED_OUT),
        ("print('x' * 100_000)", Verdict.OUTPUT_LIMIT),
        (
            "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass",
            Verdict.PROTOCOL_VIOLATION,
        ),
    ],
)
def test_a_program_may_die_while_it_is_loaded(cell: str, verdict: Verdict, tier: Tier) -> None:
    with (
        Sandbox(tier, replace(SMALL, wall_seconds=1.0)) as sandbox,
        sandbox.start(program("print('hello')", cell)) as worker,
    ):
        assert isinstance(worker.load, LoadReport)
        assert worker.load.died is not None
        assert worker.load.died.verdict is verdict
        assert worker.load.died.output.startswith("hello" if verdict is not Verdict.PROTOCOL_VIOLATION else "")
        assert not worker.alive
        assert worker.run([Call("run")], wall_seconds=20) == [NOT_RUN]


def test_the_cell_that_does_not_come_to_its_end_is_named(tier: Tier) -> None:
    with (
        Sandbox(tier, replace(SMALL, wall_seconds=0.5)) as sandbox,
        sandbox.start(program("x = 1", "while x: pass", "y = 1")) as worker,
    ):
        assert worker.load.died is not None
        assert worker.load.died.detail == "while nb, cell 2 was run: no answer within 0.5 seconds"


def test_a_worker_that_speaks_unasked_between_batches_is_ended(sandbox: Sandbox) -> None:
    source = """
        import os, signal, stat
        def speak(*_):
            for fd in range(3, 64):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, b"unasked")
                        os.write(1, b"spoke")
                except OSError:
                    pass
        def main():
            signal.signal(signal.SIGALRM, speak)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
    """
    with sandbox.start(program(source)) as worker:
        assert isinstance(worker.run([Call("run")], wall_seconds=20)[0], Returned)
        own = worker._channel
        assert own is not None
        until(own.unasked, "the worker speaks")
        (reply,) = worker.run([Call("run")], wall_seconds=20)
    assert isinstance(reply, Died)
    assert reply.verdict is Verdict.PROTOCOL_VIOLATION


def test_a_worker_that_does_not_read_is_timed_out(sandbox: Sandbox) -> None:
    big = Call("run", (bytes(1 << 20),))
    with sandbox.start(program("import time\ndef main(x):\n    time.sleep(1000)")) as worker:
        first, second = worker.run([big, big], wall_seconds=0.5)
    assert isinstance(first, Died)
    assert first.verdict is Verdict.TIMED_OUT
    assert second == NOT_RUN


def test_the_deadline_is_that_of_the_whole_batch(sandbox: Sandbox) -> None:
    with sandbox.start(program("import time\ndef main():\n    time.sleep(0.2)")) as worker:
        replies = worker.run([Call("run")] * 20, wall_seconds=1.0)
    verdicts = [reply.verdict if isinstance(reply, Died) and reply.ran else None for reply in replies]
    assert Verdict.TIMED_OUT in verdicts
    assert isinstance(replies[0], Returned)


def test_output_counts_for_a_whole_batch(sandbox: Sandbox) -> None:
    with sandbox.start(program("def main():\n    print('x' * 20_000)")) as worker:
        replies = worker.run([Call("run")] * 10, wall_seconds=20)
        assert [type(reply) for reply in replies[:3]] == [Returned] * 3
    assert isinstance(replies[3], Died)  # the call that passed the limit, however fast either side was
    assert replies[3].verdict is Verdict.OUTPUT_LIMIT
    with sandbox.start(program("def main():\n    print('x' * 20_000)")) as worker:
        for _ in range(10):  # each batch anew
            assert isinstance(worker.run([Call("run")], wall_seconds=20)[0], Returned)


def test_answers_have_a_limit_for_a_whole_batch(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MAX_ANSWERS", 1 << 20)
    source = "import numpy as np\ndef main():\n    return np.zeros(40_000)"
    with sandbox.start(program(source)) as worker:
        replies = worker.run([Call("run")] * 5, wall_seconds=20)
    assert isinstance(replies[0], Returned)
    (died,) = (reply for reply in replies if isinstance(reply, Died) and reply.ran)
    assert died.verdict is Verdict.OUTPUT_LIMIT


def test_a_signal_of_the_machines_memory_limit_is_out_of_memory(tier: Tier) -> None:
    """A memory cgroup kills by SIGKILL, which nobody else sends."""
    with (
        Sandbox(tier, SMALL) as sandbox,
        sandbox.start(program("import time\ndef main():\n    time.sleep(1000)")) as worker,
    ):
        (pid,) = [pid for pid in descendants(sandbox.pid) if not descendants(pid)]
        killer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(0.3); os.kill({pid}, 9)"])
        (reply,) = worker.run([Call("run")], wall_seconds=20)
        killer.wait()
    assert isinstance(reply, Died)
    assert reply.verdict is Verdict.OUT_OF_MEMORY


def test_a_zygote_that_dies_is_our_fault_and_the_next_start_makes_a_new_one(tier: Tier) -> None:
    with Sandbox(tier, SMALL) as sandbox:
        worker = sandbox.start(program("import time\ndef main():\n    time.sleep(1000)"))
        os.kill(sandbox.pid, signal.SIGKILL)
        with pytest.raises(SandboxFault, match="gone"):
            worker.run([Call("run")], wall_seconds=20)
        assert not worker.alive
        worker.close()
        assert run(sandbox, "def main():\n    return 1") == Returned(1)


def test_a_zygote_that_stops_is_our_fault(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.sandbox.supervisor._PATIENCE", 0.2)
    with Sandbox(tier, SMALL) as sandbox:
        for pid in [sandbox.pid, *descendants(sandbox.pid)]:
            os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SandboxFault, match="does not answer"):
            sandbox.start(program(""))
        monkeypatch.setattr("tito.sandbox.supervisor._PATIENCE", 30.0)
        assert run(sandbox, "def main():\n    return 1") == Returned(1)


def test_isolating_that_fails_is_our_fault_and_names_the_step(
    monkeypatch: pytest.MonkeyPatch, sandbox_at: GetSandbox
) -> None:
    sandbox_at(Tier.NAMESPACES)
    told = launch._told

    def with_bad_step(tier: Tier, *others: object) -> bytes:
        return told(tier, *others).replace(b"size={file_bytes}", b"size=nonsense")

    monkeypatch.setattr(launch, "_told", with_bad_step)
    with (
        Sandbox(Tier.NAMESPACES, SMALL) as sandbox,
        pytest.raises(SandboxFault, match="mounting /tmp: Invalid argument"),
    ):
        sandbox.start(program(""))


def test_scenarios_that_do_not_compile_are_the_graders_mistake(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxFault, match="does not compile"):
        sandbox.start(Program((), "def ("))
    assert run(sandbox, "def main():\n    return 1") == Returned(1)


def test_a_tier_out_of_reach_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "SEARCH_PATH", "/nonexistent")
    with pytest.raises(SandboxFault, match="bubblewrap is not installed") as caught:
        Sandbox(Tier.NAMESPACES, SMALL).__enter__()
    assert "apt-get install bubblewrap" in str(caught.value)


def test_what_bubblewrap_complains_of_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(mounts, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(SandboxFault, match="setting up uid map: Permission denied"):
        Sandbox(Tier.NAMESPACES, SMALL).__enter__()


def test_workers_leave_nothing_behind(tier: Tier) -> None:
    source = "import numpy as np\nheld = np.ones(100_000)\ndef main():\n    return held"
    with Sandbox(tier, SMALL) as sandbox:
        zygote = ([sandbox.pid, *descendants(sandbox.pid)])[-1]

        def serve(count: int) -> None:
            for _ in range(count):
                assert isinstance(run(sandbox, source), Returned)
            until(lambda: not descendants(zygote), "the zygote collected its workers")

        serve(20)
        files, zygote_files, memory = open_files(os.getpid()), open_files(zygote), own_bytes(zygote)
        tracemalloc.start()
        serve(20)
        before = tracemalloc.get_traced_memory()[0]
        serve(200)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert open_files(os.getpid()) == files
        assert open_files(zygote) == zygote_files
        assert grown < 100_000
        assert own_bytes(zygote) - memory < 2 << 20
    until(lambda: not is_running(zygote), "the zygote ended")


def test_a_judge_that_is_killed_takes_its_workers_with_it(tier: Tier, clone: Path) -> None:
    script = f"""
import sys
from tests.sandbox.programs import program
from tests.sandbox.conftest import SMALL
from tito.sandbox.supervisor import Call, Sandbox
from tito.sandbox.tiers import Tier
with Sandbox(Tier({int(tier)}), SMALL) as sandbox:
    worker = sandbox.start(program("def main():\\n    while True: pass"))
    print(sandbox.pid, flush=True)
    worker.run([Call("run")], wall_seconds=1000)
"""
    judge = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=clone)
    assert judge.stdout is not None
    zygote = int(judge.stdout.readline())
    family = [zygote, *descendants(zygote)]
    assert len(family) >= 2
    judge.kill()
    judge.wait()
    judge.stdout.close()
    until(lambda: not any(map(is_running, family)), "zygote and worker ended with the judge")


def test_an_interrupt_goes_to_the_judge_alone(tier: Tier) -> None:
    with Sandbox(tier, SMALL) as sandbox:
        assert os.getsid(sandbox.pid) != os.getsid(0)
        assert run(sandbox, "def main():\n    return 1") == Returned(1)
