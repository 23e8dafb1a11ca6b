"""A process of its own for a student's code on the student's own machine, and the reports that it sends.

Not a sandbox: it keeps what the code does (an endless loop, an exit, a patched library) away from `tito`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

_START = 60.0
"""Seconds that the process may take to begin: Python and NumPy on a busy machine, nothing of the student's."""
_REPORTS = 4 << 20
"""Bytes of reports that are read from one run: more is nonsense."""


@contextlib.contextmanager
def reports(
    program: str, arguments: Sequence[str], work: dict[str, Any], seconds: float
) -> Iterator[Iterator[dict[str, Any]]]:
    """Run `python -m program ARGUMENTS FD` with `work` as JSON on its stdin; give the reports that it writes to FD.

    They end with the process, with nonsense, or with one whose event is `late`, when `seconds` pass without any. The
    process and what it started are killed at the end.
    """
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", program, *arguments, str(writer)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writer,),
        start_new_session=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    os.close(writer)
    try:
        _feed(process, work)
        yield _records(reader, seconds)
    finally:
        os.close(reader)
        _kill(process)


def _feed(process: subprocess.Popen[bytes], work: dict[str, Any]) -> None:
    assert process.stdin is not None  # it was asked for
    # A process that ended already is noticed when its reports end.
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(json.dumps(work).encode())


def _records(reader: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield reports until the process closes its end or sends nonsense; `late` when `seconds` pass without one."""
    data, total = b"", 0
    deadline = time.monotonic() + _START
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while total < _REPORTS:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                yield {"event": "late"}
                return
            chunk = os.read(reader, 1 << 16)
            if not chunk:
                return
            total += len(chunk)
            *lines, data = (data + chunk).split(b"\n")
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    return
                if isinstance(record, dict):
                    deadline = time.monotonic() + seconds
                    yield record


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
