"""Starts workers in a sandbox and runs calls in them: the trusted side's one way to run a student's code."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from tito.course.limits import Limits
from tito.course.verdicts import Verdict
from tito.sandbox import launch, messages, replies, tray, wire
from tito.sandbox.channel import Channel, WorkerEnded
from tito.sandbox.compiled import load_parts, scenario_parts
from tito.sandbox.faults import SandboxFault
from tito.sandbox.program import Call, Died, LoadReport, Program, Reply
from tito.sandbox.tier import Tier
from tito.sandbox.wire import EncodedCalls

__all__ = ["EncodedCalls", "Sandbox", "SandboxFault", "Worker", "encode_calls"]

_PATIENCE = 30.0  # seconds for what our own processes do
_NOTICEABLE = 0.1  # seconds; who was quicker was not kept waiting


def encode_calls(calls: Sequence[Call]) -> EncodedCalls:
    """Return the bytes of a batch, to be run in any number of workers. Raises `wire.UnsendableValue`."""
    return wire.encode_calls(calls, messages.CALL)


class Sandbox:
    """One zygote at one tier. A context manager; for one thread, which must live as long as the sandbox does."""

    def __init__(self, tier: Tier, limits: Limits) -> None:
        self.tier = tier
        self.limits = limits
        self._zygote: launch.Zygote | None = None
        self._living: set[int] = set()  # workers whose end somebody may ask for
        self._ends: dict[int, dict[str, Any]] = {}
        self._serial = 0
        self.kept_waiting = 0.0
        """Seconds, in all, for which workers could have run and the machine had no core for them."""

    def __enter__(self) -> Sandbox:
        """Start the zygote, so that a machine that cannot reach the tier says so at once. Raises SandboxFault."""
        self._ensure_zygote()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the zygote and every worker."""
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the running zygote, or of the bubblewrap around it. Raises SandboxFault."""
        return self._ensure_zygote().process.pid

    def close(self) -> None:
        """End the zygote and every worker; a later `start` begins anew."""
        if self._zygote is not None:
            self._zygote.stop()
            self._zygote = None
        self._living.clear()
        self._ends.clear()

    def start(self, program: Program) -> Worker:
        """Fork a worker and load `program` in it; what its cells raise is in `worker.load`. Raises SandboxFault."""
        told = load_parts(program)
        zygote = self._ensure_zygote()
        self._serial += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        output, theirs_output = os.pipe()
        memory = tray.new_memory()
        try:
            socket.send_fds(zygote.control, [b"%d" % self._serial], [theirs.fileno(), theirs_output, memory])
            pidfd = self._forked(self._serial)
        except (OSError, SandboxFault) as error:
            ours.close()
            os.close(output)
            os.close(memory)
            if isinstance(error, SandboxFault):
                raise
            raise self._lost(str(error)) from error
        finally:
            theirs.close()
            os.close(theirs_output)
        self._living.add(self._serial)
        channel = Channel(ours, output, pidfd, memory, self.limits.output_bytes)
        return Worker(self, self._serial, channel, told)

    def _ensure_zygote(self) -> launch.Zygote:
        if self._zygote is not None and self._zygote.process.poll() is not None:
            self.close()
        if self._zygote is None:
            self._zygote = launch.start(self.tier, self.limits)
        return self._zygote

    def _lost(self, why: str) -> SandboxFault:
        self.close()
        return SandboxFault(f"the sandbox's own process is gone: {why}", next_step="the next start makes a new one")

    def _forked(self, serial: int) -> int:
        """Wait until the zygote has forked worker `serial`; returns its pidfd."""
        while True:
            message, fds = self._hear()
            if message.get("serial") != serial:
                self._note_end(message)
            elif "fault" in message:
                raise SandboxFault(f"no worker could be started: {message['fault']}")
            else:
                return fds[0]

    def _hear(self) -> tuple[dict[str, Any], list[int]]:
        """Read one message of the zygote's. Raises SandboxFault when there is none in time, or no zygote."""
        assert self._zygote is not None
        control = self._zygote.control
        if not select.select([control], [], [], _PATIENCE)[0]:
            raise self._lost("it does not answer")
        data, fds, _, _ = socket.recv_fds(control, 1 << 12, 1)
        if not data:
            raise self._lost("it closed its channel")
        message: dict[str, Any] = json.loads(data)
        return message, fds

    def _note_end(self, message: dict[str, Any]) -> None:
        if message["serial"] in self._living:
            self._ends[message["serial"]] = message

    def end_of(self, serial: int) -> dict[str, Any]:
        """Return how worker `serial` ended: wait status, CPU seconds, peak memory. Raises SandboxFault."""
        while serial not in self._ends:
            if serial not in self._living:
                raise SandboxFault("the sandbox was closed while a worker ran in it")
            self._note_end(self._hear()[0])
        return self._ends[serial]

    def forget(self, serial: int) -> None:
        """Drop what was heard of a worker that nobody asks about any more."""
        self._living.discard(serial)
        self._ends.pop(serial, None)


class Worker:
    """One process that runs one program. After `Died` it is gone, and the caller starts a fresh one."""

    def __init__(self, sandbox: Sandbox, serial: int, channel: Channel, told: list[Any]) -> None:
        self._sandbox, self._serial = sandbox, serial
        self._channel: Channel | None = channel
        self._printed = 0  # bytes, as the worker counts them
        try:
            self._begin(channel)
            self.load = self._load(channel, told)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether calls can be run."""
        return self._channel is not None

    def close(self) -> None:
        """Kill the process and let go of it. Closing twice is fine."""
        if self._channel is not None:
            self._channel.kill()
            self._channel.close()
            self._channel = None
            self._sandbox.forget(self._serial)

    def __enter__(self) -> Worker:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _begin(self, channel: Channel) -> None:
        """Wait for the word that the worker is isolated. No student's code has run: any failure is ours."""
        try:
            fault = replies.isolated(channel.receive(time.monotonic() + _PATIENCE))
        except (WorkerEnded, wire.WireError) as error:
            fault = f"{error} {channel.take_output()[-500:]}".strip()
        if fault is not None:
            raise SandboxFault(f"a worker could not be isolated: {fault}", next_step="run `tito doctor`")

    def _load(self, channel: Channel, parts: list[Any]) -> LoadReport:
        request = secrets.randbits(62)
        channel.send(wire.encode([messages.LOAD, request, *parts]))
        started = time.monotonic()
        try:
            deadline = started + self._sandbox.limits.wall_seconds
            told = replies.loaded(channel.receive(deadline), request)
            if channel.ended is not None:
                raise channel.ended
            if told.printed > self._sandbox.limits.output_bytes:
                raise _printed_too_much(self._sandbox.limits.output_bytes)
        except (WorkerEnded, wire.WireError) as error:
            number = channel.cell()
            died = self._died(error, self._sandbox.limits.wall_seconds)
            return LoadReport(died=replace(died, detail=f"{_while(parts, number)}{died.detail}"))
        finally:
            self._note_waiting(channel, started)
        self._printed = told.printed
        return LoadReport(told.errors, channel.take_output(told.printed), None, told.modules)

    def learn(self, scenarios: str) -> None:
        """Give the worker more scenarios; what it has run so far cannot know of them.

        A worker that does not survive it is found dead by the next call. Raises SandboxFault for scenarios that do not
        compile.
        """
        if self._channel is not None:
            self._channel.send(wire.encode([messages.LEARN, scenario_parts(scenarios)]))

    def run(self, calls: Sequence[Call] | EncodedCalls, *, wall_seconds: float) -> list[Reply]:
        """Run a batch before one absolute deadline, `wall_seconds` from now; one reply per call, in order.

        On a busy machine it is later by the seconds for which the program had no core, `MOST_LONGER` times its own at
        most.

        When the worker dies at a call, that call's reply is `Died` and the later ones are `Died` with `ran` False.
        Raises SandboxFault for our own failures, `wire.UnsendableValue` for arguments that do not cross.
        """
        batch = calls if isinstance(calls, EncodedCalls) else encode_calls(calls)
        answers: list[Reply] = []
        channel = self._channel
        if channel is None:
            return [_NOT_RUN] * batch.count
        request = secrets.randbits(62)
        channel.begin()
        started = time.monotonic()
        deadline = started + wall_seconds
        limit = self._sandbox.limits.output_bytes
        most_printed = self._printed + limit
        try:
            if channel.unasked():
                raise WorkerEnded(Verdict.PROTOCOL_VIOLATION, "it spoke without being asked")
            channel.send(wire.encode([messages.RUN, request, batch.count]) + batch.data)
            for index in range(batch.count):
                reply, printed, memory = replies.answer(channel.receive(deadline), request, index)
                if memory:
                    raise WorkerEnded(Verdict.OUT_OF_MEMORY, "memory ran out (MemoryError)")
                if printed > most_printed:
                    raise _printed_too_much(limit)
                if printed != self._printed:
                    self._printed = printed
                    output = channel.take_output(printed)
                    answers.append(replace(reply, output=output) if output else reply)
                else:
                    answers.append(reply)
        except (WorkerEnded, wire.WireError) as error:
            answers.append(self._died(error, wall_seconds))
        self._note_waiting(channel, started)
        if channel.ended is not None:  # all was answered, and then it ended
            self.close()
        return answers + [_NOT_RUN] * (batch.count - len(answers))

    def _note_waiting(self, channel: Channel, started: float) -> None:
        if time.monotonic() - started > _NOTICEABLE:
            self._sandbox.kept_waiting += channel.kept_waiting()

    def _died(self, error: WorkerEnded | wire.WireError, seconds: float) -> Died:
        """Close the worker and say how it ended; `seconds` is how long it had."""
        channel = self._channel
        assert channel is not None
        verdict, detail = (
            (error.verdict, error.detail)
            if isinstance(error, WorkerEnded)
            else (Verdict.PROTOCOL_VIOLATION, str(error))
        )
        if verdict is Verdict.TIMED_OUT:
            detail = f"no answer within {seconds:g} seconds"
        output = channel.take_output()
        try:
            if verdict is None:
                verdict, detail = self._judge_end()
        finally:
            self.close()
        return Died(verdict, detail, output)

    def _judge_end(self) -> tuple[Verdict, str]:
        end = self._sandbox.end_of(self._serial)
        status = int(end["status"])
        if not os.WIFSIGNALED(status):
            return Verdict.CRASHED, f"the process ended by itself with status {os.waitstatus_to_exitcode(status)}"
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU or (number == signal.SIGKILL and end["cpu"] >= self._sandbox.limits.cpu_seconds):
            return Verdict.TIMED_OUT, f"more than {self._sandbox.limits.cpu_seconds} seconds of processor time"
        if number == signal.SIGKILL:
            return Verdict.OUT_OF_MEMORY, "the machine's memory limit ended the process"
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"  # some have no name
        return Verdict.CRASHED, f"the process was ended by {name}"


def _while(parts: list[Any], number: int) -> str:
    """Name the cell at which loading stopped, as the worker counted them: which is a hint, and proves nothing."""
    labels = [str(cell[0]) for _, cells in parts[0] for cell in cells]
    return f"while {labels[number - 1]} was run: " if 0 < number <= len(labels) else ""


def _printed_too_much(limit: int) -> WorkerEnded:
    return WorkerEnded(Verdict.OUTPUT_LIMIT, f"more than {limit} bytes were printed")


_NOT_RUN = Died(Verdict.CRASHED, "not run", ran=False)
