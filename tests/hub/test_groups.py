"""The hub's group of students follows the roster."""

from __future__ import annotations

import pytest

from tests.hub.place import STUDENTS, Hub
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster

pytestmark = pytest.mark.slow


def test_the_group_follows_the_roster_and_staff_are_not_in_it(hub: Hub) -> None:
    assert _members(hub) >= set(STUDENTS[:2])
    assert "ira" not in _members(hub)
    assert hub.hub_api("POST", "users/newcomer").status == 201
    _import(hub, RosterEntry("Newcomer", "New Comer"))
    hub.until(lambda: "newcomer" in _members(hub) or None, "the newcomer in the group")
    token = hub.hub_api("POST", "users/newcomer/tokens", {"scopes": [hub.names.submit, "access:services!service=tito"]})
    assert hub.api("GET", "assignments", token.json["token"]).status == 200


def test_who_is_put_into_the_group_by_hand_and_is_on_no_roster_leaves_it(hub: Hub) -> None:
    assert hub.hub_api("POST", "users/stranger").status == 201
    assert hub.hub_api("POST", f"groups/{hub.names.students}/users", {"users": ["stranger"]}).status == 200
    hub.until(lambda: "stranger" not in _members(hub) or None, "the end of the stranger")


def test_somebody_on_the_roster_whom_the_hub_does_not_know_holds_nobody_up(hub: Hub) -> None:
    _import(hub, RosterEntry("aaa-never-seen", "Never Seen"))
    assert hub.hub_api("POST", "users/zoe").status == 201
    _import(hub, RosterEntry("zoe", "Zoe"))
    hub.until(lambda: "zoe" in _members(hub) or None, "zoe in the group")
    assert "aaa-never-seen" not in _members(hub)


def _import(hub: Hub, *entries: RosterEntry) -> None:
    with Gradebook.open(hub.course.database_url) as book, book.begin("instructor:test") as work:
        import_roster(work, list(entries))


def _members(hub: Hub) -> set[str]:
    return set(hub.hub_api("GET", f"groups/{hub.names.students}").json["users"])
