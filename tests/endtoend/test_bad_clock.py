"""A clock that jumps, and hand-ins that come too early, too late or too often: through `submit` and `collect`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.endtoend.place import FILE, GOOD, Place, build
from tests.grading import mini
from tests.grading.mini import CP01
from tito.gradebook import Gradebook

NOW = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
CONFIG = """
c.TitoCourse.term_ends = "2027-06-11 23:59"
c.Checkpoint01.update(opens="2027-01-11 09:00", due="2027-02-02 12:00")
c.LatePolicy.closes_after_days = 7
c.AttemptPolicy.update(capacity=2, refill_hours=24)
"""
WRONG = "#| export\ndef double(x):\n    return x\n"


class Clock:
    """The server's clock, for the test to set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def jump(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Every gradebook that a command opens goes by this clock."""
    clock = Clock()
    monkeypatch.setitem(Gradebook.open.__func__.__kwdefaults__, "clock", clock)  # type: ignore[attr-defined]
    return clock


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Place:
    """A checkpoint that is open until a week after 2 February, two attempts and one more each day."""
    place = build(tmp_path / "course", config=CONFIG)
    place.enrol(["ana", "bob", "cy"])
    return place


def submit(place: Place, student: str, content: bytes = GOOD) -> str:
    """Hand in as a student; return what is printed."""
    place.work({FILE: content})
    return place.tito("submit", "1", "--student", student).well().out


def refused(place: Place, student: str, *messages: str, content: bytes = GOOD) -> None:
    """Hand in as a student, in vain: nothing of it is recorded or kept."""
    before = (place.count("submissions"), place.count("audit_events"), stored(place))
    place.work({FILE: content})
    place.tito("submit", "1", "--student", student).refused(*messages, "nothing was recorded")
    assert before == (place.count("submissions"), place.count("audit_events"), stored(place))


def stored(place: Place) -> set[Path]:
    return {path for path in place.course.paths.store.rglob("*") if path.is_file()}


def attempts(place: Place, student: str) -> list[tuple[int | None, str]]:
    """Number and note of each of a student's hand-ins."""
    record = place.tito("gradebook", "student", student, "--json").well().data
    return [(one["attempt"], one["message"]) for one in record["attempts"]]


def test_a_clock_that_goes_back_between_two_hand_ins_refuses_nobody_and_is_noted(place: Place, clock: Clock) -> None:
    submit(place, "ana", mini.handin(CP01, double=WRONG)[FILE])
    clock.jump(hours=-5)
    odd = "the clock reads Mon 2027-02-01 07:00 GMT, but Mon 2027-02-01 12:00 GMT is already recorded"
    assert odd in submit(place, "ana")
    assert "note" not in submit(place, "bob"), "one event with the right time is enough"
    assert attempts(place, "ana") == [(1, ""), (2, odd)]
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70", "cy": None}, "the attempt's number counts, not its time"


def test_a_clock_that_ran_ahead_is_forgiven_once_it_is_right(place: Place, clock: Clock) -> None:
    """It runs ahead past the deadline: the receipt says late, and staff have the means to put that right."""
    clock.jump(days=3)
    assert "late by" in submit(place, "ana")
    clock.jump(days=-3)
    assert "is already recorded" in submit(place, "bob")
    assert "in time" in submit(place, "cy")
    place.tito("gradebook", "extend", "ana", "1", "2027-02-05 12:00", "--reason", "the clock ran ahead").well()
    place.tito("grade").well()
    assert set(place.points().values()) == {"70"}
    shown = place.tito("gradebook", "show", "--json").well().data["students"]
    found = {one["student_id"]: one["checkpoints"][1] for one in shown}
    told = {name: (cell["score"], cell["days_late"]) for name, cell in found.items()}
    assert told == dict.fromkeys(("ana", "bob", "cy"), ("70", 0))


def test_a_clock_far_in_the_future_is_believed_by_nobody(place: Place, clock: Clock) -> None:
    clock.jump(days=366 * 50)
    refused(place, "ana", "the clock reads", "2077", "the server's clock must be set right first")
    folder = place.put("bob", {FILE: GOOD})
    before = place.count("audit_events")
    place.tito("collect", folder).refused("the clock reads", "2077", "must be set right first")
    assert (place.count("submissions"), place.count("audit_events")) == (0, before)
    clock.now = NOW
    assert "attempt     1" in submit(place, "ana")
    assert "1 new attempts" in place.tito("collect", folder).well().out
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70", "cy": None}


def test_work_that_comes_too_early(place: Place, clock: Clock) -> None:
    clock.jump(days=-30)
    place.enrol(["ana", "bob", "cy", "dee"])  # after which the clock is trusted again
    refused(place, "ana", "it opens Mon 2027-01-11 09:00 GMT", "hand it in once it is open")
    ran = place.tito("collect", place.put("bob", {FILE: GOOD})).well()
    assert "1 new attempts" in ran.out
    assert "bob cp01: it opens Mon 2027-01-11 09:00 GMT, and it is" in ran.out


def test_work_that_comes_too_late(place: Place, clock: Clock) -> None:
    clock.jump(days=9)
    refused(place, "ana", "it closed Tue 2027-02-09 12:00 GMT", "ask the course's staff for an extension")
    ran = place.tito("collect", place.put("bob", {FILE: GOOD})).well()
    assert "bob cp01: late by 8.0 days; it closed Tue 2027-02-09 12:00 GMT" in ran.out
    place.tito("gradebook", "extend", "ana", "1", "2027-02-12 12:00", "--reason", "ill").well()
    assert "in time" in submit(place, "ana")
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": "70", "cy": None}


def test_work_that_comes_too_often(place: Place, clock: Clock) -> None:
    submit(place, "ana", GOOD)
    submit(place, "ana", GOOD + b" ")
    refused(
        place, "ana", "used up your attempts", "the limit is 2 at first, then one every 24 hours", "the next one is"
    )
    assert "nothing new was recorded" in submit(place, "ana", GOOD + b" "), "a repeat is no attempt"
    refused(place, "ana", "used up your attempts", content=GOOD + b"  ")
    ran = place.tito("collect", place.put("ana", {FILE: GOOD + b"  "})).well()
    assert "ana cp01: it is more than the limit of attempts allows (2 at first, then one every 24 hours)" in ran.out
    assert [number for number, _ in attempts(place, "ana")] == [1, 2, 3]
    clock.jump(hours=24)
    assert "attempt     4" in submit(place, "ana", GOOD + b"   ")


def test_a_hand_in_that_cannot_be_graded_costs_no_attempt(place: Place) -> None:
    for content in (b"", b"{", b"[]"):
        folder = place.put("ana", {FILE: content})
        assert "1 refused" in place.tito("collect", folder).well().out
    submit(place, "ana", GOOD)
    submit(place, "ana", GOOD + b" ")
    assert [number for number, _ in attempts(place, "ana")] == [None, None, None, 1, 2]


def test_staff_say_when_it_came_in_and_not_when_it_will(place: Place) -> None:
    folder = place.put("ana", {FILE: GOOD})
    place.tito("collect", folder, "--received-at", "2027-02-03 12:00").refused("which is yet to come", "correct it")
    assert place.count("submissions") == 0
    (one,) = place.tito("collect", folder, "--received-at", "2027-01-20 12:00", "--json").well().data["submissions"]
    assert (one["received_at"], one["late_seconds"], one["message"]) == ("2027-01-20T12:00:00+00:00", 0, "")


def test_a_student_who_is_not_on_the_roster(place: Place) -> None:
    refused(place, "stranger", "'stranger' is not on the roster", "--student", "ask the course's staff")
    (place.root / "short.csv").write_text("student_id,name\nana,Ana\n")
    place.tito("roster", "import", place.root / "short.csv", "--deactivate-missing").well()
    place.work({FILE: GOOD})
    place.tito("submit", "1", "--student", "bob").refused("no longer on the active roster")
    place.enrol(["bob"])
    assert "attempt     1" in submit(place, "bob")
