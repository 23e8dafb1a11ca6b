"""A student's own server on a real hub: nbgrader's Assignment List over Tito's exchange, from list to feedback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.grading import mini
from tests.hub.place import CP01, Hub, Person

pytestmark = pytest.mark.slow


class Server:
    """A student's JupyterLab, spoken to as its Assignment List does."""

    def __init__(self, hub: Hub, student: Person) -> None:
        self.hub, self.student = hub, student
        self.home = hub.folder / "hub" / "homes" / student.name

    def list(self) -> dict[str, dict[str, Any]]:
        """What the Assignment List shows, by status."""
        answer = self.hub.ask("GET", f"/user/{self.student.name}/assignments?course_id=mini", self.hub.tester)
        return self._by_status(answer.json)

    def do(self, action: str) -> dict[str, dict[str, Any]]:
        """Press a button."""
        body = urlencode({"course_id": "mini", "assignment_id": CP01}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/user/{self.student.name}/assignments/{action}"
        return self._by_status(self.hub.ask("POST", path, self.hub.tester, body, kind).json)

    def _by_status(self, document: dict[str, Any]) -> dict[str, dict[str, Any]]:
        assert document["success"], document["value"]
        return {one["status"]: one for one in document["value"] if one["assignment_id"] == CP01}


@pytest.fixture
def server(hub: Hub) -> Iterator[Server]:
    student = hub.student()
    answer = hub.hub_api("POST", f"users/{student.name}/server")
    assert answer.status in (201, 202), answer
    hub.until(lambda: hub.hub_api("GET", f"users/{student.name}").json["servers"].get("", {}).get("ready"), "it")
    yield Server(hub, student)
    hub.hub_api("DELETE", f"users/{student.name}/server")


def test_the_way_of_an_assignment_in_the_assignment_list(server: Server) -> None:
    listed = server.list()
    assert listed.keys() == {"released"}
    assert [book["notebook_id"] for book in listed["released"]["notebooks"]] == ["01_tensor"]
    server.do("fetch")
    folder = server.home / CP01
    assert (folder / "01_tensor.ipynb").read_bytes() == mini.untouched(mini.CP01)["01_tensor.ipynb"]
    (folder / "01_tensor.ipynb").write_bytes(mini.handin(mini.CP01)["01_tensor.ipynb"])
    listed = server.do("submit")
    assert listed.keys() == {"fetched", "submitted"}
    (attempt,) = listed["submitted"]["submissions"]
    assert (attempt["attempt"], attempt["has_local_feedback"]) == (1, False)
    receipt = json.loads((folder / "receipts" / "attempt-001.json").read_text(encoding="utf-8"))
    assert receipt["sha256"] == attempt["sha256"]
    server.hub.published(server.student)
    (attempt,) = server.list()["submitted"]["submissions"]
    assert (attempt["has_exchange_feedback"], attempt["counts"]) == (True, True)
    (attempt,) = server.do("fetch_feedback")["submitted"]["submissions"]
    assert (attempt["has_local_feedback"], attempt["feedback_updated"]) == (True, False)
    page = server.home / attempt["notebooks"][0]["local_feedback_path"]
    assert "Doubling any array" in page.read_text(encoding="utf-8")


def test_a_students_server_holds_a_token_that_can_submit_and_nothing_else(server: Server) -> None:
    tokens = server.hub.hub_api("GET", f"users/{server.student.name}/tokens").json["api_tokens"]
    (own,) = [token for token in tokens if "Server at" in (token["note"] or "")]
    mine = f"={server.student.name}"
    assert server.hub.names.submit in own["scopes"]
    assert server.hub.names.grade not in own["scopes"]
    assert not [scope for scope in own["scopes"] if "admin" in scope]
    assert all(mine in scope for scope in own["scopes"] if scope.startswith(("users:", "access:servers")))
