"""What Prometheus is told, by its figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.grading import mini
from tests.hub.alone import Alone, alone
from tests.hub.place import CP01

pytestmark = pytest.mark.slow


def figures(service: Alone) -> dict[tuple[str, ...], float]:
    """Each counter by its name and the values of its labels."""
    answer = service.ask("GET", "metrics", "ira")
    assert answer.status == 200
    families = text_string_to_metric_families(answer.body.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_figures_are_of_what_they_say(tmp_path: Path) -> None:
    with alone(tmp_path) as service:  # without a grader: nobody was ever at work here
        for status in (201, 200):
            assert service.submit("ana", mini.handin(mini.CP01)).status == status
        assert service.ask("POST", f"api/assignments/{CP01}/submissions", "ana", b"no zip").status == 400
        for _ in range(3):
            assert service.ask("GET", "no/such/page", "").status == 404
        found = figures(service)
    assert (found["tito_ungraded",], found["tito_not_due",]) == (1, 0)
    for outcome in ("accepted", "repeated", "no zip"):
        assert found["tito_submissions_total", outcome] == 1
    assert (found["tito_requests_total", "Submit", "201"], found["tito_requests_total", "Submit", "200"]) == (1, 1)
    assert found["tito_requests_total", "page nowhere", "404"] == 3
    assert found["tito_request_seconds_count", "page nowhere"] == 3
    assert not [name for name in found if "page matrix" in name]
