"""Where commands write: text for people, one JSON document for scripts, and nothing foreign that acts.

Names, file names, tracebacks and answers are other people's text. They reach a terminal here and only here: control
characters and marks of reading direction are replaced, and no text is ever read as markup.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tito.errors import TitoError

PLAIN_WIDTH = 100
"""Columns when the output is a file or a pipe and COLUMNS does not say."""

_ACTS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SYMBOLS: Mapping[str, tuple[str, str]] = {
    "passed": ("✓", "+"),
    "failed": ("✗", "x"),
    "todo": ("○", "."),
    "part": ("◐", "~"),
    "done": ("●", "#"),
    "ready": ("◉", "o"),
    "next": ("▶", ">"),
    "warning": ("!", "!"),
    "milestone": ("★", "*"),
    "unpublished": ("◌", "?"),
    "dash": ("─", "-"),
    "line": ("│", "|"),
    "corner": ("└", "`"),
    "full": ("█", "#"),
    "empty": ("░", "."),
    "dot": ("·", "-"),
    "arrow": ("→", "->"),
}


def clean(text: str, limit: int | None = None) -> str:
    """Return foreign text as it may be printed: line ends stay, what acts on a terminal becomes U+FFFD.

    `limit` cuts it to so many characters.
    """
    plain = _ACTS.sub("\ufffd", text.expandtabs(4).replace("\r\n", "\n"))
    return plain if limit is None or len(plain) <= limit else plain[: limit - 3] + "..."


def words(*parts: str | tuple[str, str] | Text) -> Text:
    """Put together one styled text: a part is a text, or a text and its style. Every part is cleaned."""
    text = Text()
    for part in parts:
        if isinstance(part, Text):
            text.append_text(part)
        elif isinstance(part, str):
            text.append(clean(part))
        else:
            text.append(clean(part[0]), style=part[1])
    return text


class _Console(Console):
    """A console that reads no markup, and cleans each string that reaches it outside of `words`."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the string as a text, taken literally."""
        return Text(
            clean(text),
            style=options.get("style", ""),
            justify=options.get("justify"),
            overflow=options.get("overflow"),
        )

    def on_broken_pipe(self) -> None:
        """Let the main program end quietly; rich would leave with exit code 1."""
        raise BrokenPipeError


class Screen:
    """Output of one command: `say` for people, `data` for `--json`. Errors and progress go to stderr."""

    def __init__(self, *, json_wanted: bool = False) -> None:
        self.json = json_wanted
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    @property
    def width(self) -> int:
        """Columns of the output."""
        return self.out.width

    def symbol(self, name: str) -> str:
        """Return a symbol that the output's encoding has."""
        fancy, plain = _SYMBOLS[name]
        return fancy if "utf" in self.out.encoding.lower() else plain

    def say(self, *parts: RenderableType | tuple[str, str], indent: int = 0, hang: int = 2) -> None:
        """Print one line (or a table) for people; nothing when JSON was asked for.

        On a terminal a long line goes on `hang` columns further in; in a file it stays one line.
        """
        if self.json:
            return
        if all(isinstance(part, (str, tuple, Text)) for part in parts):
            line = words(*parts)  # type: ignore[arg-type]  # just looked
            wide = 10_000 if not self.out.is_terminal else max(20, self.out.width - indent - hang)
            for place, piece in enumerate(line.wrap(self.out, wide) if line.cell_len > wide else [line]):
                piece.rstrip()
                piece.pad_left(indent + (hang if place else 0))
                self.out.print(piece, soft_wrap=True)
        else:
            for part in parts:
                self.out.print(part)

    def heading(self, text: str) -> None:
        """Print a heading with an empty line above it."""
        self.say()
        self.say((text, "bold"))

    def warn(self, *parts: str | tuple[str, str] | Text) -> None:
        """Print a warning on stderr, with `--json` too: it is no part of the document."""
        self.err.print(words(("warning: ", "bold yellow"), *parts), soft_wrap=True)

    def data(self, document: object) -> None:
        """Print the JSON document when one was asked for."""
        if self.json:
            json.dump(document, sys.stdout, indent=2, ensure_ascii=True)
            sys.stdout.write("\n")

    def table(self, *columns: str | tuple[str, str], title: str | None = None) -> Table:
        """Return an empty table. A column is its heading, or that and some of `right`, `fold`, `wide`, `style:X`."""
        table = Table(
            title=None if title is None else words((title, "bold")),
            title_justify="left",
            box=None,
            header_style="dim",
            pad_edge=False,
            padding=(0, 2, 0, 0),
        )
        for column in columns:
            name, options = (column, "") if isinstance(column, str) else column
            style = next((word[6:] for word in options.split() if word.startswith("style:")), None)
            justify: Literal["left", "right"] = "right" if "right" in options.split() else "left"
            table.add_column(
                name,
                justify=justify,
                style=style,
                overflow="fold" if "fold" in options.split() else "ellipsis",
                no_wrap="fold" not in options.split(),
                ratio=1 if "wide" in options.split() else None,
            )
        return table

    def bar(self, share: float, width: int = 20) -> str:
        """Return a bar of text for a share between 0 and 1."""
        filled = min(width, max(0, round(share * width)))
        return self.symbol("full") * filled + self.symbol("empty") * (width - filled)

    def progress(self) -> Progress:
        """Return a progress display on stderr; it shows nothing where stderr is no terminal."""
        return Progress(
            SpinnerColumn() if "utf" in self.err.encoding.lower() else TextColumn(" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal or self.json,
        )

    def error(self, error: TitoError) -> None:
        """Print an error's four parts on stderr, as JSON when JSON was asked for."""
        if self.json:
            json.dump({"error": error.to_json()}, sys.stderr, ensure_ascii=True)
            sys.stderr.write("\n")
            return
        self.err.print(words(("error: ", "bold red"), (error.what, "red")), soft_wrap=True)
        for name, text in (("where", error.where), ("expected", error.expected), ("next", error.next_step)):
            if text:
                self.err.print(words((f"  {name + ':':<10}", "dim"), text), soft_wrap=True)


def _console(file: TextIO) -> Console:
    terminal = file.isatty()
    reconfigure = getattr(file, "reconfigure", None)
    if reconfigure is not None and "utf" not in (file.encoding or "").lower():
        reconfigure(errors="backslashreplace")  # a name must not end a command because the terminal is old
    columns = os.environ.get("COLUMNS", "")
    width = None if terminal else int(columns) if columns.isdigit() and int(columns) else PLAIN_WIDTH
    return _Console(
        file=file,
        width=width,
        force_terminal=terminal,
        no_color=True if os.environ.get("NO_COLOR") else None,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )


def plain_length(item: RenderableType, console: Console) -> int:
    """Return how many columns a renderable wants."""
    options = ConsoleOptions(
        size=ConsoleDimensions(1000, 25),
        legacy_windows=False,
        min_width=1,
        max_width=1000,
        is_terminal=False,
        encoding=console.encoding,
        max_height=25,
    )
    return Measurement.get(console, options, item).maximum
