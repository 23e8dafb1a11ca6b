"""Faults of the machine in the words of whoever asked: they can do nothing about it but wait, and their work is safe.

What an operator has to know of it (paths, the database's address, what to do) goes to the log.
"""

from __future__ import annotations

from http import HTTPStatus

from tito.errors import DiskFull, TitoError
from tito.gradebook.errors import AwayError, BusyError, OutOfOrderError

_LATER = "try again in a minute: your work stays where it is, and nothing is recorded twice"
_TELL = "keep your work, tell the course's staff, and try again later"
_FAULTS: tuple[tuple[type[TitoError], HTTPStatus, str, str], ...] = (
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE, "the course's gradebook is busy", _LATER),
    (AwayError, HTTPStatus.SERVICE_UNAVAILABLE, "the course's gradebook cannot be reached", _LATER),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE, "the course's disk is full, so nothing can be recorded now", _TELL),
    (
        OutOfOrderError,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the course's gradebook is out of order, so nothing can be recorded now",
        _TELL,
    ),
)


def machines_fault(error: BaseException | None) -> tuple[HTTPStatus, TitoError] | None:
    """Return status and words for a fault of the machine; None for everything else."""
    for kind, status, what, next_step in _FAULTS:
        if isinstance(error, kind):
            return status, TitoError(what, next_step=next_step)
    return None
