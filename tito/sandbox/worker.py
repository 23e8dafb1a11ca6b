"""Runs one student's program: loads its cells, then answers calls of scenarios until the channel closes.

Runs inside the sandbox: standard library and NumPy only. Nothing here knows an expected value.
"""

from __future__ import annotations

import io
import os
import random
import sys
import types
from typing import Any

import numpy as np

from tito.sandbox import cells, codec, messages
from tito.sandbox.package import MemoryImporter, MissingName, Package, bases, describe, load_modules, run_source, walk
from tito.sandbox.tray import Tray

SCENARIOS = "scenarios"


class CountingPipe(io.RawIOBase):
    """Writes to a descriptor and counts the bytes, so that output can be told apart by call."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.printed = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self.fd

    def write(self, data: Any) -> int:
        """Write some of the bytes and count them."""
        done = os.write(self.fd, data)
        self.printed += done
        return done


class Worker:
    """One program, one channel, one pipe for what is printed."""

    def __init__(self, tray: Tray, output: int) -> None:
        self.tray = tray
        self.requests = io.BufferedReader(io.FileIO(tray.channel, closefd=False), 1 << 16)
        self.pipe = CountingPipe(output)
        self.text = self._stream()
        self.package = Package()
        self.importer = MemoryImporter()
        self.labels: set[str] = set()
        self.scenarios: dict[str, Any] = {}

    def serve(self) -> None:
        """Answer requests until the supervisor closes the channel."""
        while True:
            try:
                message = codec.receive(self.requests)
            except EOFError:
                return
            if message[0] == messages.LOAD:
                self._load(*message[1:])
            elif message[0] == messages.LEARN:
                source, code = message[1]
                run_source(source, code, SCENARIOS, self.scenarios)
            else:
                self._run(*message[1:])

    def _load(self, request: int, modules: list[Any], scenarios: tuple[str, bytes | None]) -> None:
        self._own_streams()
        sys.meta_path.insert(0, self.importer)
        cells.install(self.importer)
        errors = load_modules(modules, self.package, self.importer, self.labels, self.tray.at)
        place = types.ModuleType(SCENARIOS)
        place.__dict__["run_cell"] = cells.run_cell
        self.scenarios = place.__dict__
        source, code = scenarios
        run_source(source, code, SCENARIOS, place.__dict__)
        names = [name for name, _ in modules]
        self._answer((messages.LOADED, request, self._flush()), [errors[: messages.MAX_ERRORS], names])
        self.tray.send()

    def _run(self, request: int, count: int) -> None:
        for index in range(count):
            _, name, seed, arguments = codec.receive(self.requests)
            self._own_streams()
            random.seed(seed)
            np.random.seed(seed % (1 << 32))
            try:
                value = self.scenarios[name](self.package, *arguments)
                kind, content = messages.RETURNED, [value]
            except BaseException as error:  # noqa: BLE001 - whatever it raises is the answer
                kind, content = self._failure(error)
                del error
            self._answer((kind, request, index, self._flush()), content)
            content.clear()
            value = arguments = None  # large arrays do not outlive their call
        self.tray.send()

    def _failure(self, error: BaseException) -> tuple[int, list[Any]]:
        if type(error) is MissingName:
            return messages.MISSING, [str(error.wanted)[: messages.MAX_LINE]]
        frames = list(walk(error, self.labels))
        if isinstance(error, NotImplementedError) and not error.args:
            name = frames[-1][2].replace("<locals>.", "") if frames else "This"
            return messages.MISSING, [f"{name} is not written yet"]
        kept = [list(frame) for frame in frames[-messages.MAX_FRAMES :]]
        return messages.RAISED, [*describe(error), kept, bases(error)]

    def _answer(self, numbers: tuple[int, ...], content: list[Any]) -> None:
        encoder = codec.Encoder()
        try:
            encoder.put_message(numbers, content)
        except codec.Unsendable:
            encoder = codec.Encoder()
            encoder.put_message(numbers, [*content[:-1], _TooLarge()])
        except MemoryError as error:
            encoder = codec.Encoder()
            encoder.put_message((messages.RAISED, *numbers[1:4]), [*describe(error), [], bases(error)])
        encoder.send(self.tray)

    def _stream(self) -> io.TextIOWrapper:
        buffer = io.BufferedWriter(self.pipe, 1 << 13)
        # By line: what was printed before a crash or a hang is what helps most.
        return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def _own_streams(self) -> None:
        sys.stdout = sys.stderr = self.text

    def _flush(self) -> int:
        """Bring out what was printed; returns how many bytes that makes so far."""
        try:
            self.text.flush()
        except (OSError, ValueError):  # the student's code closed the stream or its descriptor: then there is no text
            self.text = self._stream()
        return self.pipe.printed


class _TooLarge:
    """Its name arrives in place of a value that is too large for the wire."""


_TooLarge.__name__ = "value too large to return"
