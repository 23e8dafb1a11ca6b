"""What one worker may use, and the largest notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOTEBOOK_BYTES: Final = 100_000_000
"""The largest notebook file that is ever read; a course may take in only smaller ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits of the process that runs a student's code.

    `wall_seconds` bounds one test, `cpu_seconds` the whole life of a worker; sizes are bytes.
    """

    wall_seconds: float = 10.0
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30
    output_bytes: int = 1 << 20
    file_bytes: int = 16 << 20
    open_files: int = 64
