"""What a worker has answered reaches the supervisor, wherever the worker is stopped."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.conftest import GetSandbox
from tests.sandbox.programs import program
from tito.course.verdicts import Verdict
from tito.sandbox import tray
from tito.sandbox.program import Call, Died, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier
from tito.sandbox.tray import COUNTERS, ROOM, SIZE, Tray, left_behind


class Pair:
    """A tray with both its ends."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.memory = tray.new_memory()
        self.tray = Tray(self.theirs.fileno(), self.memory)
        self.arrived = b""

    def pull(self) -> bytes:
        try:
            while data := self.ours.recv(1 << 16):
                self.arrived += data
        except BlockingIOError:
            pass
        return self.arrived

    def left(self) -> bytes:
        return left_behind(os.pread(self.memory, SIZE, 0), len(self.pull()))

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()
        os.close(self.memory)


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.close()


sizes = st.integers(0, 100) | st.integers(ROOM - 100, ROOM + 100)


@given(st.lists(sizes | st.none(), max_size=8))
def test_what_arrived_and_what_was_left_is_all_there_was(steps: list[int | None]) -> None:
    pair = Pair()
    try:
        told = b""
        for number, size in enumerate(steps):
            if size is None:
                pair.tray.send()
                assert pair.pull() == told
            else:
                data = bytes([number % 256]) * size
                pair.tray.put(data)
                told += data
            pair.pull()
            assert pair.arrived + pair.left() == told
    finally:
        pair.close()


def test_nothing_is_sent_before_there_is_a_reason(pair: Pair) -> None:
    pair.tray.put(b"an answer")
    assert pair.pull() == b""
    assert pair.left() == b"an answer"
    pair.tray.send()
    assert pair.pull() == b"an answer"
    assert pair.left() == b""


def test_a_worker_that_was_stopped_while_it_sent_is_understood(pair: Pair) -> None:
    """The bytes are out, or a part of them, and the counters do not say so yet."""
    pair.tray.put(b"0123456789")
    before = os.pread(pair.memory, SIZE, 0)
    for arrived in range(11):
        assert left_behind(before, arrived) == b"0123456789"[arrived:]


@given(st.integers(0, 1 << 64 - 1), st.integers(0, 1 << 64 - 1), st.integers(0, 1 << 30))
def test_counters_that_lie_give_no_more_than_there_is(sent: int, end: int, arrived: int) -> None:
    memory = COUNTERS.pack(sent, end, 0) + b"x" * ROOM
    assert len(left_behind(memory, arrived)) <= ROOM


def test_the_memory_cannot_be_made_smaller_under_the_supervisor(pair: Pair) -> None:
    for size in (0, SIZE * 2):
        with pytest.raises(PermissionError):
            os.ftruncate(pair.memory, size)


@pytest.fixture
def sandbox(tier: Tier, sandbox_at: GetSandbox) -> Sandbox:
    return sandbox_at(tier)


@pytest.mark.parametrize("size", [10, 9_000, 40_000])
def test_each_answer_before_a_death_is_kept_however_large(sandbox: Sandbox, size: int) -> None:
    source = """
        import ctypes
        import numpy as np
        def main(n, size):
            if n == 7:
                ctypes.string_at(0)
            return np.full(size, n, np.uint16)
    """
    with sandbox.start(program(source)) as worker:
        replies = worker.run([Call("run", (n, size)) for n in range(9)], wall_seconds=20)
    for n, reply in enumerate(replies[:7]):
        assert isinstance(reply, Returned)
        assert np.array_equal(reply.value, np.full(size, n))  # type: ignore[arg-type]
    died = replies[7]
    assert isinstance(died, Died)
    assert (died.verdict, died.ran) == (Verdict.CRASHED, True)
    assert replies[8] == Died(Verdict.CRASHED, "not run", ran=False)


def test_a_worker_that_ends_before_it_sends_has_answered_and_is_not_used_again(sandbox: Sandbox) -> None:
    source = """
        import os, stat
        def main(n):
            for fd in range(3, 64) if n else ():
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.close(fd)
                except OSError:
                    pass
            return n
    """
    with sandbox.start(program(source)) as worker:
        assert worker.run([Call("run", (n,)) for n in range(2)], wall_seconds=20) == [Returned(0), Returned(1)]
        assert not worker.alive
        assert worker.run([Call("run", (0,))], wall_seconds=20) == [Died(Verdict.CRASHED, "not run", ran=False)]
