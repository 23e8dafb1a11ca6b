"""Signatures of receipts: every field counts, and strange documents are simply not ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tito.gradebook.models import Intake
from tito.gradebook.services.intake import Recorded
from tito.hub.receipts import SIGNED, Signer, receipt_of

SIGNER = Signer(b"a" * 32)
RECORDED = Recorded(
    7, "ana", 1, 2, datetime(2027, 1, 20, 12, 0, tzinfo=UTC), "0" * 64, Intake.ACCEPTED, "", None, 0
)  # fmt: skip


def receipt() -> dict[str, Any]:
    return SIGNER.signed(receipt_of("mini", RECORDED))


def test_a_receipt_is_true_with_whatever_stands_beside_it() -> None:
    assert SIGNER.is_true(receipt())
    assert SIGNER.is_true({**receipt(), "repeated": True})


@pytest.mark.parametrize("field", SIGNED)
def test_a_change_of_any_field_is_seen(field: str) -> None:
    assert not SIGNER.is_true({**receipt(), field: "something else"})
    assert not SIGNER.is_true({name: value for name, value in receipt().items() if name != field})


def test_another_courses_secret_signs_otherwise() -> None:
    assert not Signer(b"b" * 32).is_true(receipt())


@pytest.mark.parametrize("signature", [None, 7, "", "é" * 64, "0" * 64])
def test_a_strange_signature_is_not_ours(signature: object) -> None:
    assert not SIGNER.is_true({**receipt(), "signature": signature})
