"""Values that are kept: worked out once for each state of the gradebook, and the large ones where nobody looks."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.gradebook import samples
from tests.gradebook.conftest import Clock
from tito.gradebook import Gradebook
from tito.gradebook.errors import GradebookError
from tito.gradebook.standing import State, standing
from tito.hub.pages.kept import Kept, Standings


@pytest.fixture
def counted() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(("values", "size", "away"), [(1, 10, False), (1, 100_000, True), (50, 2_000, True)])
def test_what_is_large_is_kept_away_from_the_collector(
    gradebook: Gradebook, values: int, size: int, away: bool
) -> None:
    kept = Kept()
    with gradebook.read() as session:
        for one in range(values):
            rows = kept.get(session, f"rows {one}", lambda: [[number] for number in range(size)])
    assert len(rows) == size
    assert (gc.get_freeze_count() > size) is away


def test_a_value_is_worked_out_once_until_the_gradebook_changes(gradebook: Gradebook) -> None:
    kept, made = Kept(), []

    def work_out() -> int:
        made.append("again")
        return len(made)

    def read() -> int:
        with gradebook.read() as session:
            return kept.get(session, "number", work_out)

    assert (read(), read()) == (1, 1)
    samples.hand_in(gradebook)
    assert read() == 2


def test_a_value_in_the_making_keeps_nobody_from_another_one(gradebook: Gradebook) -> None:
    kept, begun, enough = Kept(), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert enough.wait(30)
        return "at last"

    def read(name: str) -> str:
        with gradebook.read() as session:
            return kept.get(session, name, slow if name == "slow" else lambda: name)

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(read, "slow")
        assert begun.wait(30)
        assert read("quick") == "quick"
        with gradebook.read() as session:
            assert kept.at_hand(session, "slow") is None
        enough.set()
        assert waiting.result(30) == "at last"
    with gradebook.read() as session:
        assert kept.at_hand(session, "slow") == "at last"


def test_one_value_may_be_made_of_others(gradebook: Gradebook) -> None:
    kept = Kept()
    with gradebook.read() as session:
        assert kept.get(session, "sum", lambda: 1 + kept.get(session, "part", lambda: 2)) == 3


def test_a_request_sees_one_minute(gradebook: Gradebook, clock: Clock) -> None:
    """What is drawn beside the lines is of the lines that the same request saw, whatever the clock says meanwhile."""
    kept, course = Kept(), samples.course(due=clock() + timedelta(seconds=90))
    for seconds in (0, 60, 31):
        clock.forward(seconds=seconds)
        with gradebook.read() as session:
            lines = Standings(session, course, clock(), kept)
            overdue = [row.cells[1].overdue for row in lines.rows]
            clock.forward(seconds=60)  # while the page is made
            assert lines.beside("overdue", lambda found=overdue: found) == overdue
            assert [row.cells[1].overdue for row in lines.rows] == overdue
    assert overdue == [True] * len(overdue)


def test_ones_own_line_does_not_wait_for_the_class(gradebook: Gradebook, clock: Clock) -> None:
    kept, course = Kept(), samples.course()
    samples.hand_in(gradebook)
    with gradebook.read() as session:
        lines = Standings(session, course, clock(), kept)
        alone = lines.of("ana")
        assert kept.at_hand(session, "standings", at=clock().replace(second=0, microsecond=0)) is None
        assert alone.cells[1].state is State.SUBMITTED
        assert lines.rows == standing(session, course, clock())
        sent: list[str] = []
        event.listen(gradebook.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
        assert lines.of("ana") == alone
        assert sent == []  # from the lines of all, which are there now
        with pytest.raises(GradebookError, match="not on the roster"):
            lines.of("nobody")
