"""Answers on their way out of a worker: they lie in memory that outlives it, and leave together.

Each answer by itself would cost a system call, a wake-up of the supervisor and a switch of processes: more than the
student's code that it answers for. So the answers to a batch are written to the channel when the batch is done, or the
room is full. A worker that dies in between has not lost them: the memory is the supervisor's too, which reads it then.

The memory begins with two counters of bytes, from the worker's start: those before `sent` were written to the channel,
those from `sent` to `end` lie behind the counters, in order. A third number says which cell is being loaded, so that a
student can be told which one never came to its end. Runs inside the sandbox: standard library only.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct

COUNTERS = struct.Struct("=QQQ")
SIZE = 1 << 16
ROOM = SIZE - COUNTERS.size


class Tray:
    """The worker's side of it. `memory` is a file of SIZE bytes that is shared with the supervisor."""

    def __init__(self, channel: int, memory: int) -> None:
        self.channel = channel
        self.memory = mmap.mmap(memory, SIZE)
        self.view = memoryview(self.memory)
        self.counters = self.view[: COUNTERS.size].cast("Q")
        self.room = self.view[COUNTERS.size :]
        self.used = 0

    def at(self, cell: int) -> None:
        """Note that the cell of this number (from 1 on) is about to run, or with 0 that none is."""
        self.counters[2] = cell

    def put(self, data: bytes | memoryview) -> None:
        """Add bytes to what will be sent."""
        size = len(data)
        if size > ROOM - self.used:
            self.send()
        if size > ROOM:
            write_all(self.channel, data)
            self.counters[1] += size
            self.counters[0] = self.counters[1]
            return
        self.room[self.used : self.used + size] = data
        self.used += size
        self.counters[1] += size  # last: what is counted is there, wherever the process is stopped

    def send(self) -> None:
        """Write to the channel what is there."""
        write_all(self.channel, self.room[: self.used])
        self.used = 0
        self.counters[0] = self.counters[1]


def write_all(fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write everything, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


# --- the supervisor's side -------------------------------------------------------------------------------------------


def new_memory() -> int:
    """Return the descriptor of memory for one worker; its size can be changed by nobody."""
    memory = os.memfd_create("answers", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, SIZE)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return memory


def left_behind(memory: bytes, arrived: int) -> bytes:
    """Return what a worker that is gone had not sent yet, from byte `arrived` of its answers on.

    `memory` is what it left. It may hold anything, and is read like all that comes from a worker: as bytes of answers.
    """
    sent, end, _ = COUNTERS.unpack_from(memory)
    if not sent <= arrived <= end <= sent + ROOM:
        return b""
    return memory[COUNTERS.size + arrived - sent : COUNTERS.size + end - sent]


def cell_of(memory: bytes) -> int:
    """Return the number that the worker noted last; it may be any."""
    cell: int = COUNTERS.unpack_from(memory)[2]
    return cell
