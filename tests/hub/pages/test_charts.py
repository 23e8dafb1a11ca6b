"""Charts: a picture and the same numbers as a table, all text escaped, no style that the policy forbids."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from tito.hub.pages.charts import BarChart, Series, bar_chart
from tito.hub.pages.plain import plain


def chart(*series: Series, title: str = "Scores") -> BarChart:
    return BarChart(title, "score", "students", ("0-50", "50-100"), series)


def heights(text: str) -> list[float]:
    figure = ElementTree.fromstring(text)
    return [float(bar.get("height", "")) for bar in figure.iter("rect")]


def test_bars_are_as_tall_as_their_values_and_the_table_has_the_numbers() -> None:
    text = bar_chart(chart(Series("before", (2, 0)), Series("after", (1, Fraction(1, 2)))))
    tallest = max(heights(text))
    assert heights(text) == pytest.approx([tallest, tallest / 2, tallest / 4], abs=0.1)
    cells = [cell.text for cell in ElementTree.fromstring(text).iter("td")]
    assert cells == ["2", "1", "0", "0.5"]


def test_text_is_escaped_and_nothing_is_inline() -> None:
    text = bar_chart(chart(Series("<script>alert(1)</script>", (1, 1)), Series("b", (0, 0)), title="<b>"))
    assert "<script" not in text
    assert "<b>" not in text
    assert not re.search(r"\bstyle=|\bon\w+=", text)


def test_a_chart_of_nothing_is_drawn_without_bars() -> None:
    assert heights(bar_chart(chart(Series("before", (0, 0))))) == []


@pytest.mark.parametrize("values", [(1,), (1, 2, 3), (1, -1)])
def test_series_that_do_not_fit_are_our_mistake(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="each category"):
        chart(Series("before", values))
    with pytest.raises(ValueError, match="1 to 3 series"):
        chart()


def test_json_shows_it_too() -> None:
    assert plain(chart(Series("before", (1, 2)))) == {
        "title": "Scores",
        "across": "score",
        "counted": "students",
        "categories": ["0-50", "50-100"],
        "series": [{"name": "before", "values": [1, 2]}],
    }
