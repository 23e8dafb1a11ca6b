"""Automatic mistakes: the sample, and the list of those that nobody can notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tito.grading.automatic import equivalent, sampled
from tito.grading.mutation import Mutation, Place
from tito.grading.trial import GraderError

MADE = [Mutation(Place("f", str(number), ""), "number", "core.tensor", "a cell", "") for number in range(40)]
ENTRY = """
[[mutation]]
where = "f"
old = "a >= 0"
new = "a > 0"
reason = "Both formulas agree at 0."
"""


def test_a_seed_chooses_the_sample_and_the_order_stays() -> None:
    chosen = sampled(MADE, 10, 1)
    assert len(set(chosen)) == 10
    assert chosen == sampled(MADE, 10, 1)
    assert chosen != sampled(MADE, 10, 2)
    assert sorted(chosen, key=MADE.index) == chosen


def test_no_file_is_an_empty_list(tmp_path: Path) -> None:
    assert equivalent(tmp_path) == {}


def test_an_entry_names_a_place_and_a_reason(tmp_path: Path) -> None:
    (tmp_path / "equivalent.toml").write_text(ENTRY + ENTRY + "nth = 2\n")
    assert equivalent(tmp_path) == {
        Place("f", "a >= 0", "a > 0"): "Both formulas agree at 0.",
        Place("f", "a >= 0", "a > 0", nth=2): "Both formulas agree at 0.",
    }


@pytest.mark.parametrize(
    "text",
    [
        ENTRY + ENTRY,
        ENTRY.replace("Both formulas agree at 0.", " "),
        ENTRY.replace("reason", "because"),
        ENTRY.replace("[[mutation]]", "[mutation]"),
        "[[mutation",
        "",
    ],
    ids=["twice", "an empty reason", "no reason", "a table", "no TOML", "nothing"],
)
def test_a_list_in_disorder_is_refused_and_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "equivalent.toml").write_text(text)
    with pytest.raises(GraderError) as refused:
        equivalent(tmp_path)
    assert "equivalent.toml" in str(refused.value)
