"""A frame around good news: on a terminal a panel, elsewhere the same lines without it."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.panel import Panel
from rich.text import Text

from tito.cli.screen import Screen, words

Line = str | tuple[str, str] | Text


def celebrate(screen: Screen, title: str, lines: Sequence[Line], *, symbol: str = "done") -> None:
    """Show a title and some lines, framed where a person looks at a terminal."""
    said = [line if isinstance(line, Text) else words(line) for line in lines]
    if not screen.out.is_terminal:
        screen.say((f"{screen.symbol(symbol)} {title}", "bold green"))
        for line in said:
            screen.say(line, indent=2 if line else 0)
        return
    body = Text("\n").join(said)
    frame = box.ROUNDED if "utf" in screen.out.encoding.lower() else box.ASCII
    heading = words((f" {screen.symbol(symbol)} {title} ", "bold green"))
    screen.say(
        Panel(body, title=heading, title_align="left", border_style="green", box=frame, padding=(1, 2), expand=False)
    )
