"""`tito feedback` on a server of the hub: what the service publishes of one's own work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tito.cli.feedback import feedback_from_service
from tito.course.checkpoints import CHECKPOINTS
from tito.course.results import Outcome
from tito.course.verdicts import Verdict
from tito.errors import TitoError
from tito.exchange.client import Client

FIRST = CHECKPOINTS[0]
PASSED = Outcome("t", "The factor", "cumulative", True, None, Verdict.PASSED, Decimal(30), Decimal("29.5"))


class Told(Client):
    """A service that has these answers."""

    def __init__(self, *attempts: dict[str, Any], feedback: dict[str, Any] | None = None) -> None:
        super().__init__("http://127.0.0.1/", "token")
        self.answers = {
            "submissions": {"submissions": list(attempts), "zone": "UTC"},
            "submissions/7/feedback": feedback,
        }

    def get(self, path: str) -> Any:
        return self.answers[path]


def attempt(number: int | None, **more: Any) -> dict[str, Any]:
    line = {"id": 7, "assignment_id": FIRST.slug, "attempt": number, "sha256": "0" * 64, "message": ""}
    return line | {"feedback": None, "score": None, "counts": True, "state": "waiting", "graded_from": None} | more


def test_the_newest_published_attempt_is_shown() -> None:
    document = {"attempt": 1, "score": "29.5", "pending": "0", "outcomes": [PASSED.to_json()], "notes": ["odd"]}
    found = feedback_from_service(Told(attempt(1, feedback="3"), attempt(2, id=8), feedback=document), FIRST)
    assert (found.attempt, found.score, found.shown) == (1, "29.5", (PASSED,))
    assert (found.result.earned, found.result.counts, found.result.notes) == (Decimal("29.5"), "cumulative", ("odd",))


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ([], "submit it in the Assignment List"),
        ([attempt(1)], "your attempt waits to be graded"),
        ([attempt(None, message="it is no notebook\n  next:     save it again")], "refused: it is no notebook"),
        ([attempt(1, assignment_id=CHECKPOINTS[1].slug, feedback="3")], "submit it in the Assignment List"),
    ],
)
def test_what_is_missing_is_said(attempts: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(TitoError) as caught:
        feedback_from_service(Told(*attempts), FIRST)
    assert said in str(caught.value)
