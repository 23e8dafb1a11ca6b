"""Receipts: what the server recorded of a submission, signed so that a copy can be proved true later.

The signature is an HMAC-SHA256 (RFC 2104) with a key that is drawn from the course's secret, over the fields as JSON
with sorted keys. Whoever has the secret can check it; nobody else can make one.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.services.intake import Recorded

_PURPOSE: Final = b"tito receipt, version 1"
SIGNED: Final = (
    "course",
    "student",
    "checkpoint",
    "submission",
    "attempt",
    "received_at",
    "due_at",
    "late_seconds",
    "sha256",
)
"""The fields that a signature covers."""


def receipt_of(course_id: str, recorded: Recorded) -> dict[str, Any]:
    """Return the facts of an accepted submission as JSON types: all that is signed."""
    return {
        "course": course_id,
        "student": recorded.student_id,
        "checkpoint": CHECKPOINTS[recorded.checkpoint].slug,
        "submission": recorded.id,
        "attempt": recorded.attempt,
        "received_at": recorded.received_at.isoformat(),
        "due_at": None if recorded.due_at is None else recorded.due_at.isoformat(),
        "late_seconds": recorded.late_seconds,
        "sha256": recorded.digest,
    }


class Signer:
    """Signs receipts, and says whether one is ours."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, _PURPOSE, "sha256")

    def signed(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """Return the receipt with its signature in hex."""
        return {**receipt, "signature": self._signature(receipt)}

    def is_true(self, receipt: Mapping[str, Any]) -> bool:
        """Whether every signed field is as it was when we signed it."""
        given = receipt.get("signature")
        if not isinstance(given, str) or not given.isascii() or any(name not in receipt for name in SIGNED):
            return False
        return hmac.compare_digest(given, self._signature(receipt))

    def _signature(self, receipt: Mapping[str, Any]) -> str:
        fields = {name: receipt[name] for name in SIGNED}
        return hmac.digest(self._key, json.dumps(fields, sort_keys=True).encode(), "sha256").hex()
