"""Runs a command, and at once again when a signal ended it: `python -m tito.hub.again COMMAND...`.

JupyterHub starts a service that ended again too, but looks only every 30 seconds, and has no option for it. A command
that ends by itself, for instance because it cannot work here, is left ended: its exit status is ours. We end with the
hub, and the command with us: one that outlived a hub that was killed would keep its port from the next hub's.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from tito.hub.parent import end_with_parent

SHORT = 1.0
"""A run shorter than this many seconds is followed by a pause as long, so that what always dies does not spin."""


class Again:
    """A command that is kept running until somebody stops us."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = 0

    def run(self) -> int:
        """Run the command until it ends by itself or SIGTERM or SIGINT stops us; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while True:
            began = time.monotonic()
            self._running = subprocess.Popen(self._command)
            if self._stopped:  # before there was anybody to pass it on to
                self._running.send_signal(self._stopped)
            status = self._running.wait()
            if self._stopped or status >= 0:
                return max(status, 0)
            sys.stderr.write(f"{self._command[-1]}: ended by {signal.Signals(-status).name}, started again\n")
            if time.monotonic() - began < SHORT:
                time.sleep(SHORT)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopped = number
        if self._running is not None:
            self._running.send_signal(number)


if __name__ == "__main__":
    end_with_parent()
    sys.exit(Again(sys.argv[1:]).run())
