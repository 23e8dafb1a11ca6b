"""Turns a page's data into HTML. Everything is escaped; what people write as Markdown goes through `markdown`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.points import show
from tito.hub.pages.charts import bar_chart
from tito.hub.pages.site import PAGES, address
from tito.hub.pages.views.submission import CodeLine, DiffLine
from tito.hub.pages.words import UNSEEN, deed, field, person

_TAGS: Final = {
    *("p", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""A time as the audit keeps it."""
_SIGNS: Final = {"added": "+", "removed": "-", "gap": "…", "same": ""}


@cache
def templates() -> Environment:
    """The environment of all pages: autoescaping, and an undefined name is an error."""
    environment = Environment(
        loader=PackageLoader("tito.hub.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": show, "when": when, "day": day, "markdown": markdown, "checkpoint": _checkpoint}
    environment.filters |= {"change": change, "coded": coded, "code_lines": code_lines, "diff_lines": diff_lines}
    environment.filters |= {"deed": deed, "field": field, "person": person}
    environment.globals |= {"url": _url, "PAGES": PAGES, "bar_chart": bar_chart, "drawn": drawn, "UNSEEN": UNSEEN}
    return environment


def printable(value: object) -> object:
    """Take control characters and marks of reading direction out of whatever text a template shows.

    Grading does it for what programs print; names, reasons and answers come from elsewhere, and no page should have to
    remember which is which. Text that is HTML already was made by a filter here, from such text.
    """
    if type(value) is not str or value.isprintable():  # Python's own notion is wider, and quicker to ask
        return value
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def coded(text: str) -> Markup:
    """A sentence of ours with names of the program in backticks. Not a macro: a page has a hundred of them."""
    parts = str(_text(text)).split("`")
    parts[1::2] = [f"<code>{name}</code>" for name in parts[1::2]]
    return Markup("".join(parts))  # noqa: S704 (the text was escaped, which leaves backticks as they are)


def code_lines(lines: Sequence[CodeLine]) -> Markup:
    """The rows of a student's code. Not in a template: programs are the longest part of a page, by far."""
    rows = []
    for line, text in zip(lines, _texts([line.text for line in lines]), strict=True):
        marks = "".join(f'<span class="mark">{_text(mark)}</span>' for mark in line.marks)
        marked = ' class="marked"' if marks else ""
        rows.append(f'<tr{marked}><th scope="row">{line.number}</th><td>{text}{marks}</td></tr>\n')
    return Markup("".join(rows))  # noqa: S704 (each text was escaped)


def diff_lines(lines: Sequence[DiffLine]) -> Markup:
    """The rows of a comparison."""
    texts = _texts([line.text for line in lines])
    rows = (
        f'<tr class="{line.kind}"><td>{_SIGNS[line.kind]}</td><td>{text}</td></tr>\n'
        for line, text in zip(lines, texts, strict=True)
    )
    return Markup("".join(rows))  # noqa: S704 (each text was escaped)


def _text(text: object) -> Markup:
    return escape(printable(text))


def _texts(lines: Iterable[str]) -> list[str]:
    """The lines of a program, escaped: in one call for all, as that costs as much as one for each."""
    return str(escape("".join(f"{printable(line)}\n" for line in lines))).split("\n")[:-1]


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a page as HTML. Needs `site` (see `handlers`) among the values."""
    return templates().get_template(template).render(values)


_DRAWN: WeakKeyDictionary[object, Markup] = WeakKeyDictionary()


def drawn(of: object, draw: Callable[[Any], Markup]) -> Markup:
    """HTML of something that is kept between requests, drawn once: it may depend on nothing else."""
    known = _DRAWN.get(of)
    if known is None:
        known = _DRAWN[of] = draw(of)
    return known


@pass_context
def when(context: Context, moment: datetime | None) -> Markup:
    """A time of the server in the course's zone, with its offset, readable for machines too."""
    if moment is None:
        return Markup("<span class='soft'>no date</span>")
    local = moment.astimezone(context["site"].zone)
    exact = local.isoformat(timespec="seconds")
    offset = exact[len("2027-02-01T23:59:00") :]
    # Digits and names of days: nothing to escape, and a page has a hundred of them.
    return Markup(f'<time datetime="{exact}">{local:%a %d %b %Y %H:%M} UTC{offset}</time>')  # noqa: S704


@pass_context
def change(context: Context, values: Mapping[str, object] | None) -> Markup:
    """What the audit says of before or after, by name. Not in a template: a page has two hundred of them."""
    if not values:
        return Markup('<span class="soft">nothing</span>')
    pairs = (
        f'<span class="pair">{_text(name.replace("_", " "))} {_text(told(context, value))}</span>'
        for name, value in values.items()
    )
    return Markup(", ".join(pairs))  # noqa: S704 (each text was escaped)


def told(context: Context, value: object) -> object:
    """A value of the audit as people read it: a moment in the course's zone, of a digest the beginning."""
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"{value[:12]}\N{HORIZONTAL ELLIPSIS}"  # the page's JSON has all of it
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return when(context, datetime.fromisoformat(value))
        except ValueError:  # it only looks like one: 2027-02-31T...
            return value
    return value


@pass_context
def day(context: Context, moment: datetime | None) -> str:
    """The day alone, for narrow columns."""
    return "" if moment is None else f"{moment.astimezone(context['site'].zone):%d %b}"


@cache
def _parser() -> MarkdownIt:
    """Making one takes longer than reading most texts with it; what it reads it keeps apart for each text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=512)  # questions and model answers are the same for everybody
def markdown(text: str) -> Markup:
    """What a person wrote as Markdown, without raw HTML, links, pictures or headings that outrank the page's own."""
    clean = nh3.clean(_parser().render(text), tags=_TAGS, attributes={})
    # Last: Markdown reads `&#x202e;` as the mark itself.
    return Markup(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", clean))  # noqa: S704 (nh3 has cleaned it)


def _checkpoint(number: int) -> Checkpoint:
    return CHECKPOINTS[number]


@pass_context
def _url(context: Context, name: str, query: Mapping[str, object] | None = None, /, **parts: object) -> str:
    return address(context["site"].base, name, parts, query or {})
