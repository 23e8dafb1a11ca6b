"""Waiting for what another process brings about."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any


def until(
    condition: Callable[[], object], what: str, *, within: float = 20.0, process: subprocess.Popen[Any] | None = None
) -> None:
    """Look again until it is so; fail when it has not come about after `within` seconds, or the process ended."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"did not come about: {what}"
        assert process is None or process.poll() is None, (what, process and process.communicate())
        time.sleep(0.005)
