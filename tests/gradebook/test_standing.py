"""The quick arithmetic of the matrix gives exactly what `tito.course.scoring` gives."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.gradebook.conftest import START
from tests.gradebook.samples import course
from tito.course.checkpoints import CHECKPOINTS
from tito.course.scoring import Points, checkpoint_score, course_total
from tito.gradebook.facts import Counted, Facts
from tito.gradebook.standing import _Scorer
from tito.gradebook.totals import Totals

MILLI = st.integers(0, 100_000)


@st.composite
def points(draw: st.DrawFn) -> tuple[int, int]:
    possible = draw(MILLI)
    return min(possible, draw(MILLI)), possible


@given(
    automatic=points(),
    written=points(),
    scored=st.booleans(),
    share=st.decimals(0, 1, places=3),
    charged=st.integers(0, 12),
    override=st.none() | st.decimals(0, 100, places=3),
)
def test_a_score_in_two_parts_is_the_score(
    automatic: tuple[int, int],
    written: tuple[int, int],
    scored: bool,
    share: Decimal,
    charged: int,
    override: Decimal | None,
) -> None:
    how = course(auto_share=str(share))
    facts = Facts(questions={1: (written[1], 1)}, written={7: (written[0], 1)} if scored else {})
    counted = Counted(7, 1, START, 1, *automatic)
    scorer = _Scorer(how, facts, START, never_lowers=False)
    found = scorer._score(1, counted, scorer._automatic(counted, None), charged, override)
    expected = checkpoint_score(
        Points(*(Decimal(milli).scaleb(-3) for milli in automatic)),
        Points(*(Decimal(milli).scaleb(-3) for milli in written)) if scored else None,
        auto_share=share,
        late=how.late,
        charged_days=charged,
        override=override,
    )
    assert found == expected


@given(st.lists(st.none() | st.booleans() | st.tuples(points(), st.integers(0, 4)), min_size=16, max_size=16))
def test_the_total_is_the_courses_total(made: list[bool | tuple[tuple[int, int], int] | None]) -> None:
    how = course(auto_share="1")
    facts = Facts()
    scores: dict[int, Fraction | None] = {}
    scorer = _Scorer(how, facts, START, never_lowers=False)
    cells = []
    for number, what in enumerate(made):
        cell = scorer._cell((1, number), None, None, None, 0, 0)
        scores[number] = None
        if isinstance(what, tuple):
            counted = Counted(number, 1, START, 1, *what[0])
            score = scorer._score(number, counted, scorer._automatic(counted, None), what[1], None)
            cell = cell._replace(score=score)
            scores[number] = score.final if score else None
        elif what:
            cell = cell._replace(overdue=True)
            scores[number] = Fraction(0)
        cells.append(cell)
    assert len(cells) == len(CHECKPOINTS)
    assert Totals(how).of(tuple(cells)) == course_total(scores, how.weights)
