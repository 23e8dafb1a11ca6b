"""Who may log in: the roster as it is now, so that students join and leave while the hub runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.web import HTTPError

from tests.grading import mini
from tests.hub.pages.conftest import Answer
from tests.hub.place import Hub
from tests.hub.test_browser import HOME, log_in
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, deactivate, import_roster
from tito.hub.entrance import AsksTheRoster, Entrance, on_the_roster

GROUP = "nbgrader-mini"


class Authenticator:
    """As far as the entrance knows one."""

    async def refresh_user(self, _user: object, _handler: object = None) -> str:
        return "as it was"


class Group:
    def __init__(self, name: str) -> None:
        self.name = name


class Somebody:
    """A user of the hub's."""

    def __init__(self, name: str, *groups: str) -> None:
        self.name = name
        self.groups = [Group(one) for one in groups]

    def sync_groups(self, names: set[str]) -> None:
        self.groups = [Group(one) for one in sorted(names)]


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    course = mini.build(tmp_path)
    with mini.enrol(course, "Ana", "ben") as book, book.begin("instructor:test") as work:
        deactivate(work, "ben", reason="dropped")
    made = Entrance(course.root, GROUP, ["Ira"])
    yield made
    made._gradebook.close()


@pytest.fixture
def authenticator(entrance: Entrance) -> AsksTheRoster:
    made = on_the_roster(Authenticator, entrance)()
    assert isinstance(made, AsksTheRoster)
    return made


@pytest.mark.parametrize(
    ("name", "allowed"), [("ana", True), ("ben", False), ("zoe", False), ("ira", True), ("", False)]
)
def test_the_roster_and_the_staff_are_allowed(authenticator: AsksTheRoster, name: str, allowed: bool) -> None:
    assert asyncio.run(authenticator.check_allowed(name, {})) is allowed


def test_who_left_has_to_log_in_again_and_who_joined_gets_the_group(authenticator: AsksTheRoster) -> None:
    ana, ira = Somebody("ana", "chess"), Somebody("ira")
    assert asyncio.run(authenticator.refresh_user(ana)) == "as it was"
    assert [group.name for group in ana.groups] == ["chess", GROUP]
    assert asyncio.run(authenticator.refresh_user(Somebody("ben", GROUP))) is False
    assert asyncio.run(authenticator.refresh_user(ira)) == "as it was"
    assert ira.groups == []


def test_while_the_roster_cannot_be_read_nobody_new_gets_in_and_nobody_is_sent_away(
    authenticator: AsksTheRoster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise TitoError("the gradebook is locked", where="/srv/secret")

    monkeypatch.setattr(Entrance, "_is_student", broken)
    with pytest.raises(HTTPError, match="try again in a minute") as caught:
        asyncio.run(authenticator.check_allowed("ana", {}))
    assert (caught.value.status_code, "secret" in str(caught.value)) == (503, False)
    assert asyncio.run(authenticator.check_allowed("ira", {})) is True
    assert asyncio.run(authenticator.refresh_user(Somebody("ben"))) == "as it was"


# --- on a real hub --------------------------------------------------------------------------------------------------


def change_roster(hub: Hub, *entries: RosterEntry, dropped: str = "") -> None:
    with Gradebook.open(hub.course.database_url) as book, book.begin("instructor:test") as work:
        import_roster(work, list(entries))
        if dropped:
            deactivate(work, dropped, reason="dropped")


def enter(hub: Hub, name: str, to: str = f"{HOME}/") -> Answer:
    return log_in(hub, name, to)[1]


@pytest.mark.slow
def test_a_newcomer_logs_in_and_starts_a_server_that_may_submit_without_a_restart(hub: Hub) -> None:
    assert enter(hub, "late.comer").status == 403
    change_roster(hub, RosterEntry("Late.Comer", "Late Comer"))
    browser, first = log_in(hub, "late.comer")
    assert (first.status, urlsplit(first.url).path) == (200, f"{HOME}/my"), first.text[:500]
    browser.get("/hub/spawn")
    try:
        hub.until(lambda: _server(hub, "late.comer").get("ready"), "the server")
        tokens = hub.hub_api("GET", "users/late.comer/tokens").json["api_tokens"]
        (own,) = [token for token in tokens if "Server at" in (token["note"] or "")]
        assert hub.names.submit in own["scopes"]
    finally:
        hub.hub_api("DELETE", "users/late.comer/server")


@pytest.mark.slow
def test_who_dropped_the_course_starts_no_server_and_does_not_log_in_again(hub: Hub) -> None:
    change_roster(hub, RosterEntry("drop.out", "Drop Out"))
    browser, first = log_in(hub, "drop.out")
    assert first.status == 200
    change_roster(hub, dropped="drop.out")
    refused = browser.get("/hub/spawn")
    assert (refused.status, "login again" in refused.text) == (403, True)
    assert _server(hub, "drop.out") == {}
    hub.until(lambda: urlsplit(browser.get("/hub/home").url).path == "/hub/login", "the end of the log-in")
    assert browser.get(f"{HOME}/my").status == 403
    assert enter(hub, "drop.out").status == 403


@pytest.mark.slow
def test_who_comes_back_goes_on_with_the_server_that_still_runs(hub: Hub) -> None:
    change_roster(hub, RosterEntry("come.back", "Come Back"))
    enter(hub, "come.back")
    person = hub.person("come.back")
    assert hub.api("GET", "assignments", person.token).status == 200
    change_roster(hub, dropped="come.back")
    assert hub.api("GET", "assignments", person.token).status == 403
    hub.until(lambda: "come.back" not in _members(hub), "the end of the membership")
    change_roster(hub, RosterEntry("come.back", "Come Back"))
    hub.until(lambda: "come.back" in _members(hub), "the membership")
    assert hub.api("GET", "assignments", person.token).status == 200


def _server(hub: Hub, name: str) -> dict[str, Any]:
    found: dict[str, Any] = hub.hub_api("GET", f"users/{name}").json["servers"].get("", {})
    return found


def _members(hub: Hub) -> set[str]:
    return set(hub.hub_api("GET", f"groups/{hub.names.students}").json["users"])
