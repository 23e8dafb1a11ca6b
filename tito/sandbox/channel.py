"""Talks with one worker: both ways at once, against an absolute deadline, with its output drained and capped."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from tito.course.verdicts import Verdict
from tito.sandbox import tray, wire

_CHUNK = 1 << 18
_WORTH_WAITING = 0.01
_KILLED_SECONDS = 2.0  # in which a process that was killed is gone
MOST_LONGER = 3.0
"""For how many times its own seconds a batch may take longer because the machine was busy with something else."""
MAX_ANSWERS = 256 << 20
"""Bytes that the answers to one batch may have together."""
MAX_ITEMS = 1_000_000
"""Values that they may have together: an empty dict is one byte on the wire and sixty-four here."""


class WorkerEnded(Exception):
    """No further answer comes. `verdict` is None when the worker ended by itself: its status tells."""

    def __init__(self, verdict: Verdict | None, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.detail = detail


class Channel:
    """The supervisor's ends of a worker: socket, output pipe, pidfd and tray. Owns and closes all four.

    `ended` says why no answer comes after those that are already there; None while the worker may answer.
    """

    def __init__(self, sock: socket.socket, output: int, pidfd: int, memory: int, output_bytes: int) -> None:
        sock.setblocking(False)
        os.set_blocking(output, False)
        self._sock, self._output, self._pidfd, self._memory = sock, output, pidfd, memory
        self._most_output = output_bytes
        self.ended: WorkerEnded | None = None
        self._incoming = bytearray()
        self._arrived = 0  # bytes of answers that the socket has brought
        self._outgoing: deque[memoryview] = deque()
        self._printed = bytearray()
        self._discarded = 0  # bytes of output before `_printed`
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._poll.register(output, select.POLLIN)
        self._poll.register(pidfd, select.POLLIN)
        self._output_open = True
        self._flooded = False
        self._received = self._total_output = 0  # bytes since `begin`
        self._items = 0  # values in the answers since then
        self._began = time.monotonic()
        self._account = _account(pidfd)
        self._kept_waiting = self._kept_waiting_before = 0.0  # seconds, as they were last read and at `begin`

    def begin(self) -> None:
        """Count output, answers and time from zero: the limits hold for one batch."""
        self._received = self._total_output = self._items = 0
        self._began = time.monotonic()
        self._kept_waiting_before += self.kept_waiting()
        # What a worker printed and did not count is asked for by nobody; kept for ever, it would fill the memory.
        surplus = max(0, len(self._printed) - self._most_output)
        del self._printed[:surplus]
        self._discarded += surplus

    def send(self, data: bytes) -> None:
        """Queue bytes; they leave while answers are awaited."""
        self._outgoing.append(memoryview(data))

    def cell(self) -> int:
        """Return the number of the cell that the worker said it was loading; it may be any."""
        return tray.cell_of(os.pread(self._memory, tray.SIZE, 0))

    def unasked(self) -> bool:
        """Whether the worker has said something that no question was asked for."""
        return bool(self._incoming) or bool(select.select([self._sock], [], [], 0)[0])

    def kept_waiting(self) -> float:
        """Return for how many seconds since `begin` the worker could have run, and the machine had no core for it.

        The kernel counts it; a program that sleeps or waits for somebody is not counted. Where it cannot be read, 0.
        """
        with suppress(OSError, ValueError, IndexError):  # it is gone, or nobody counts: what was read last stands
            self._kept_waiting = int(Path(self._account).read_text().split()[1]) / 1e9
        return self._kept_waiting - self._kept_waiting_before

    def receive(self, deadline: float) -> list[Any]:
        """Return the next frame, decoded.

        `deadline` is in `time.monotonic` seconds, and later by as much as the worker was kept waiting for a core: a
        verdict must not depend on who else uses the machine. Raises WorkerEnded: timed out, too much output, a
        malformed frame, or the worker's own end. What it had answered before its end is returned first.
        """
        late, until = False, deadline
        while True:
            try:
                frame = self._complete_frame()
                if frame is not None:
                    answer, items = wire.decode_counted(frame)
                    self._items += items
                    if self._items > MAX_ITEMS:
                        raise WorkerEnded(Verdict.OUTPUT_LIMIT, f"more than {MAX_ITEMS} values were returned")
                    return answer
            except wire.WireError as error:
                raise WorkerEnded(Verdict.PROTOCOL_VIOLATION, str(error)) from None
            if self.ended is not None:
                raise self.ended
            if late:
                self._finish(WorkerEnded(Verdict.TIMED_OUT, "no answer before the deadline"))
            elif time.monotonic() < until:
                self._wait(until)
            elif (longer := self._extended(deadline)) > until + _WORTH_WAITING:
                until = longer
            else:
                late = True
                self._pull()  # an answer that was there in time counts, even if it is we who are slow

    def _extended(self, deadline: float) -> float:
        return deadline + min(self.kept_waiting(), MOST_LONGER * (deadline - self._began))

    def _complete_frame(self) -> bytearray | None:
        size = wire.frame_size(self._incoming)
        if size is None or len(self._incoming) < size:
            return None
        if len(self._incoming) == size:  # a large answer is handed on without a copy
            frame, self._incoming = self._incoming, bytearray()
        else:
            frame = self._incoming[:size]
            del self._incoming[:size]
        return frame

    def _wait(self, deadline: float) -> None:
        """Let time pass until something happens, and deal with it."""
        left = max(0.0, deadline - time.monotonic())
        self._poll.modify(self._sock, select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        happened = dict(self._poll.poll(left * 1000 + 1))
        if self._output in happened:
            self._drain_output()
        events = happened.get(self._sock.fileno(), 0)
        if events & select.POLLOUT:
            self._push()
        if (events & ~select.POLLOUT and not self._pull()) or (self._pidfd in happened and not events & select.POLLIN):
            self._end(deadline)

    def _push(self) -> None:
        try:
            while self._outgoing:
                view = self._outgoing[0]
                sent = self._sock.send(view)
                if sent == len(view):
                    self._outgoing.popleft()
                else:
                    self._outgoing[0] = view[sent:]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing.clear()  # it hung up; reading tells the rest

    def _pull(self) -> bool:
        """Read what is there; False at the end of the stream."""
        try:
            data = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._incoming += data
        self._arrived += len(data)
        self._received += len(data)
        if self._received > MAX_ANSWERS:
            raise WorkerEnded(Verdict.OUTPUT_LIMIT, f"more than {MAX_ANSWERS} bytes were returned")
        return bool(data)

    def _end(self, deadline: float) -> None:
        """The stream is over or the process gone. A worker that hangs up and lives on is killed for it."""
        if not self._gone(max(0.0, min(deadline - time.monotonic(), 2.0))):
            self._finish(WorkerEnded(Verdict.PROTOCOL_VIOLATION, "it closed its channel and went on"))
            return
        self._drain_output()
        if self._flooded:
            self._finish(WorkerEnded(Verdict.OUTPUT_LIMIT, f"more than {self._most_output} bytes were printed"))
        else:
            self._finish(WorkerEnded(None, "the process ended"))

    def _gone(self, seconds: float) -> bool:
        watch = select.poll()
        watch.register(self._pidfd, select.POLLIN)
        return bool(watch.poll(seconds * 1000))

    def _finish(self, ended: WorkerEnded) -> None:
        """Kill the worker, and take over the answers that it had not sent yet; after them, `ended` is raised."""
        self.ended = ended
        self.kill()
        if self._gone(_KILLED_SECONDS):
            before = -1
            while self._arrived > before:
                before = self._arrived
                self._pull()
            self._incoming += tray.left_behind(os.pread(self._memory, tray.SIZE, 0), self._arrived)

    def _drain_output(self) -> None:
        while self._output_open:
            try:
                data = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._stop_reading_output()
                return
            self._printed += data
            self._total_output += len(data)
            if self._total_output > self._most_output:
                # Answers that are on their way still come: the call that printed too much is the one that has none.
                self._flooded = True
                self.kill()
                self._stop_reading_output()
                del self._printed[self._most_output :]

    def _stop_reading_output(self) -> None:
        self._poll.unregister(self._output)
        self._output_open = False

    def take_output(self, until: int | None = None) -> str:
        """Return what was printed and not taken yet, up to byte `until` of the worker's own count."""
        if until is None or until > self._discarded + len(self._printed):
            self._drain_output()
        size = len(self._printed) if until is None else min(max(until - self._discarded, 0), len(self._printed))
        text = self._printed[:size].decode("utf-8", "replace")
        del self._printed[:size]
        self._discarded += size
        return text

    def kill(self) -> None:
        """Kill the worker, whatever it is doing."""
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """Close the four descriptors."""
        self._sock.close()
        os.close(self._memory)
        os.close(self._output)
        os.close(self._pidfd)


def _account(pidfd: int) -> str:
    """Return the file in which the kernel counts a process's time: running, kept waiting for a core, times run."""
    try:
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
    except OSError:
        lines = []
    pid = next((line.split()[1] for line in lines if line.startswith("Pid:")), "0")
    return f"/proc/{pid}/schedstat"
