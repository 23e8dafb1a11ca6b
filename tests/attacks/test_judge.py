"""What a program can make the judge hold, wait for or believe, one answer at a time."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sandbox.conftest import SMALL, GetSandbox
from tests.sandbox.programs import program
from tito.course.verdicts import Verdict
from tito.sandbox.program import Call, Died, Returned
from tito.sandbox.tiers import Tier


def test_output_that_is_never_asked_for_is_not_kept(isolated_tier: Tier, sandbox_at: GetSandbox) -> None:
    source = f"""
        import os
        def main():
            os.write(1, b"x" * {SMALL.output_bytes // 2})  # past the worker, which counts what is printed
    """
    with sandbox_at(isolated_tier).start(program(source)) as worker:
        for _ in range(20):
            assert worker.run([Call("run")], wall_seconds=20) == [Returned(None)]
        assert worker._channel is not None
        assert len(worker._channel._printed) <= 2 * SMALL.output_bytes


@pytest.mark.parametrize("value", ["{}", "np.float32(0)"])
def test_values_that_are_small_on_the_wire_and_large_here_are_counted(
    value: str, isolated_tier: Tier, sandbox_at: GetSandbox
) -> None:
    source = f"""
        import numpy as np
        MANY = [{value}] * 24_000
        def main():
            return MANY
    """
    with sandbox_at(isolated_tier).start(program(source)) as worker:
        replies = worker.run([Call("run")] * 60, wall_seconds=60)
    kept = [reply for reply in replies if isinstance(reply, Returned)]
    assert 5 < len(kept) < 60
    (died,) = [reply for reply in replies if isinstance(reply, Died) and reply.ran]
    assert died.verdict is Verdict.OUTPUT_LIMIT
    assert "values were returned" in died.detail


def test_an_ordinary_batch_is_far_from_the_limit(sandbox_at: GetSandbox) -> None:
    source = "import numpy as np\ndef main():\n    return [list(range(2000)), np.ones((300, 300)), {'a': [1.5] * 500}]"
    with sandbox_at(Tier.NAMESPACES).start(program(source)) as worker:
        replies = worker.run([Call("run")] * 60, wall_seconds=60)
    assert all(isinstance(reply, Returned) for reply in replies)


def test_an_end_by_a_signal_without_a_name_is_a_crash(sandbox_at: GetSandbox) -> None:
    source = "import os\ndef main():\n    os.kill(os.getpid(), 40)"
    with sandbox_at(Tier.NONE).start(program(source)) as worker:
        (reply,) = worker.run([Call("run")], wall_seconds=20)
    assert isinstance(reply, Died)
    assert reply.verdict is Verdict.CRASHED
    assert "signal 40" in reply.detail


def test_nothing_can_be_told_to_the_next_worker_by_an_open_file(isolated_tier: Tier, sandbox_at: GetSandbox) -> None:
    source = """
        import fcntl, os
        def main():
            seen = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in range(3)]
            for fd in range(3):
                fcntl.fcntl(fd, fcntl.F_SETFL, seen[fd] | os.O_NONBLOCK | os.O_APPEND)
            return [flags & (os.O_NONBLOCK | os.O_APPEND) for flags in seen]
    """
    sandbox = sandbox_at(isolated_tier)
    for _ in range(2):
        with sandbox.start(program(source)) as worker:
            assert worker.run([Call("run")], wall_seconds=20) == [Returned([0, 0, 0])]


def test_a_read_only_view_of_another_value_is_not_what_comes_back(sandbox_at: GetSandbox) -> None:
    """What a program changes after it has answered does not change the answer."""
    source = """
        import numpy as np
        ANSWER = np.zeros(3)
        def main():
            ANSWER[...] += 1
            return ANSWER
    """
    with sandbox_at(Tier.NAMESPACES).start(program(source)) as worker:
        replies = worker.run([Call("run")] * 3, wall_seconds=20)
    for number, reply in enumerate(replies, 1):
        assert isinstance(reply, Returned)
        assert np.array_equal(np.asarray(reply.value), np.full(3, float(number)))
