"""Bar charts as SVG, made on the server, each with its table beside it, which has all that the picture says.

No inline style (the policy of the pages forbids it): colours come from the style sheet, by class. Series differ by
outline and filling too, and every bar has its number, so that nobody has to tell colours apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from markupsafe import Markup

from tito.course.points import show

Value = int | Decimal | Fraction
WIDTH: Final = 640
HEIGHT: Final = 240
_TOP: Final = 22
_BOTTOM: Final = 44
_SIDE: Final = 6
MOST_SERIES: Final = 3


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars: a value of at least 0 for each category."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart of plain values, so that a page can hold it and JSON shows it. `across` names what the categories are,
    `counted` what is counted.

    Raises ValueError for series that do not fit the categories: our own mistake, and better seen than drawn.
    """

    title: str
    across: str
    counted: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= MOST_SERIES:
            raise ValueError(f"a chart has 1 to {MOST_SERIES} series, not {len(self.series)}")
        for one in self.series:
            if len(one.values) != len(self.categories) or any(value < 0 for value in one.values):
                raise ValueError(f"series {one.name!r} needs a value of at least 0 for each category")


def bar_chart(chart: BarChart) -> Markup:
    """Return the chart as a figure: picture, legend and table. All text in it is escaped."""
    legend = Markup("").join(
        Markup('<li><span class="swatch bar-{}"></span>{}</li>').format(number, one.name)
        for number, one in enumerate(chart.series)
    )
    return Markup(
        '<figure class="chart"><figcaption>{}</figcaption><div class="drawn">{}'
        '<ul class="legend">{}</ul></div>{}</figure>'
    ).format(chart.title, _picture(chart), legend, _table(chart))


def _picture(chart: BarChart) -> Markup:
    marks = Markup("").join(_bars(chart))
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}. The table has the numbers.">'
        '{}<line class="base" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="name" x="{}" y="{}" text-anchor="middle">{}</text></svg>'
    ).format(
        *(WIDTH, HEIGHT, chart.title, marks, _SIDE, WIDTH - _SIDE, HEIGHT - _BOTTOM, HEIGHT - _BOTTOM),
        *(WIDTH // 2, HEIGHT - 6, chart.across),
    )


def _bars(chart: BarChart) -> Iterator[Markup]:
    """The bars with their numbers, and the categories below them. A bar of 0 is not drawn."""
    most = max((value for one in chart.series for value in one.values), default=0)
    step = (WIDTH - 2 * _SIDE) / max(1, len(chart.categories))
    wide = step * 0.8 / len(chart.series)
    for place, category in enumerate(chart.categories):
        left = _SIDE + place * step
        for number, one in enumerate(chart.series):
            value = one.values[place]
            tall = float(Fraction(value) / Fraction(most)) * (HEIGHT - _TOP - _BOTTOM) if most else 0.0
            x, y = left + step * 0.1 + number * wide, HEIGHT - _BOTTOM - tall
            if tall:
                yield Markup(
                    '<rect class="bar-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                    '<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>'
                ).format(number, x, y, wide, tall, x + wide / 2, y - 4, _said(value))
        yield Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            left + step / 2, HEIGHT - _BOTTOM + 16, category
        )


def _table(chart: BarChart) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one.name) for one in chart.series)
    lines = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            category, Markup("").join(Markup("<td>{}</td>").format(_said(one.values[place])) for one in chart.series)
        )
        for place, category in enumerate(chart.categories)
    )
    return Markup(
        '<div class="wide" tabindex="0" role="region" aria-label="{}: the numbers"><table><thead><tr>'
        '<th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table><p class="soft">Counted: {}.</p></div>'
    ).format(chart.title, chart.across, head, lines, chart.counted)


def _said(value: Value) -> str:
    return str(value) if isinstance(value, int) else show(value)
