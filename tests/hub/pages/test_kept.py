"""Values that are kept: worked out once for each state of the gradebook, and the large ones where nobody looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.gradebook import samples
from tito.gradebook import Gradebook
from tito.hub.pages.kept import Kept


@pytest.fixture
def counted() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(("size", "away"), [(10, False), (100_000, True)])
def test_a_large_value_is_kept_away_from_the_collector(gradebook: Gradebook, size: int, away: bool) -> None:
    with gradebook.read() as session:
        kept = Kept().get(session, "rows", lambda: [[number] for number in range(size)])
    assert len(kept) == size
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
