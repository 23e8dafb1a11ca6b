"""The hub's group of students follows the roster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.place import STUDENTS, Hub
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, deactivate, import_roster
from tito.hub.groups import Groups, keep_in_step


class Group(Groups):
    """A hub's group, and how often the hub was asked."""

    def __init__(self, known: set[str], members: set[str]) -> None:
        self.known, self.inside = known, members
        self.looks = 0
        self.added: list[str] = []

    async def members(self) -> set[str]:
        self.looks += 1
        return set(self.inside)

    async def add(self, name: str) -> bool:
        self.added.append(name)
        if name in self.known:
            self.inside.add(name)
        return name in self.known

    async def remove(self, name: str) -> None:
        self.inside.remove(name)


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    opened = Gradebook.open(tmp_path / "gradebook.db", create=True)
    with opened.begin("instructor:test") as work:
        import_roster(work, [RosterEntry("ana", "Ana"), RosterEntry("new", "New")])
    return opened


def follow(book: Gradebook, group: Group, until: Callable[[], bool], again: float = 1000.0) -> None:
    """Keep the group in step until something has come about."""

    async def run() -> None:
        task = asyncio.create_task(keep_in_step(book, group, every=0.001, again=again))
        async with asyncio.timeout(60):
            while not until():
                await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(run())


def test_the_hub_is_asked_when_the_roster_changes_and_not_each_time(book: Gradebook) -> None:
    group = Group({"ana"}, {"stranger"})
    rounds: list[int] = []

    def ana_has_left() -> bool:
        rounds.append(group.looks)
        if len(rounds) == 50:
            assert (group.inside, group.looks, group.added) == ({"ana"}, 1, ["ana", "new"])
            with book.begin("instructor:test") as work:
                deactivate(work, "ana", reason="left")
        return len(rounds) > 50 and group.inside == set()

    follow(book, group, ana_has_left)
    assert group.looks == 2


def test_who_changes_the_group_by_hand_is_noticed_and_a_login_is_no_such_change(book: Gradebook) -> None:
    group = Group({"ana"}, set())
    follow(book, group, lambda: group.looks > 0, again=0.0)

    def put_right() -> bool:
        if group.looks < 5:
            group.inside |= {"stranger", "new"}  # new has logged in, and the hub has put them there
        return group.inside == {"ana", "new"}

    follow(book, group, put_right, again=0.0)
    assert group.added.count("new") <= 2  # once for each time that it began to follow


@pytest.mark.slow
def test_the_group_follows_the_roster_and_staff_are_not_in_it(hub: Hub) -> None:
    assert _members(hub) >= set(STUDENTS[:2])
    assert "ira" not in _members(hub)
    assert hub.hub_api("POST", "users/newcomer").status == 201
    _import(hub, RosterEntry("Newcomer", "New Comer"))
    hub.until(lambda: "newcomer" in _members(hub), "the newcomer in the group")
    token = hub.hub_api("POST", "users/newcomer/tokens", {"scopes": [hub.names.submit, "access:services!service=tito"]})
    assert hub.api("GET", "assignments", token.json["token"]).status == 200


@pytest.mark.slow
def test_who_is_put_into_the_group_by_hand_and_is_on_no_roster_leaves_it_with_the_next_change(hub: Hub) -> None:
    assert hub.hub_api("POST", "users/stranger").status == 201
    assert hub.hub_api("POST", f"groups/{hub.names.students}/users", {"users": ["stranger"]}).status == 200
    _import(hub, RosterEntry("after-the-stranger", "After The Stranger"))
    hub.until(lambda: "stranger" not in _members(hub), "the end of the stranger")


@pytest.mark.slow
def test_somebody_on_the_roster_whom_the_hub_does_not_know_holds_nobody_up(hub: Hub) -> None:
    _import(hub, RosterEntry("aaa-never-seen", "Never Seen"))
    assert hub.hub_api("POST", "users/zoe").status == 201
    _import(hub, RosterEntry("zoe", "Zoe"))
    hub.until(lambda: "zoe" in _members(hub), "zoe in the group")
    assert "aaa-never-seen" not in _members(hub)


def _import(hub: Hub, *entries: RosterEntry) -> None:
    with Gradebook.open(hub.course.database_url) as book, book.begin("instructor:test") as work:
        import_roster(work, list(entries))


def _members(hub: Hub) -> set[str]:
    return set(hub.hub_api("GET", f"groups/{hub.names.students}").json["users"])
