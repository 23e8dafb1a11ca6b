from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.cli.screen import PLAIN_WIDTH, Screen, clean, words
from tito.errors import TitoError

HOSTILE = st.text(
    st.characters()
    | st.sampled_from("\x1b\x07\x08\x9b\r\u202e\u2066\u200f\x00[]/")
    | st.characters(categories=["Cc", "Cf"])
)


def acts(text: str) -> list[str]:
    """The characters that a terminal obeys instead of showing."""
    marks = {0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF}
    return [
        char
        for char in text
        if (ord(char) < 32 and char != "\n")
        or 0x7F <= ord(char) < 0xA0
        or ord(char) in marks
        or 0xD800 <= ord(char) < 0xE000
    ]


class Output:
    """Streams as a terminal or a file gives them, in some encoding."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, encoding: str = "utf-8", terminal: bool = False) -> None:
        self.bytes = io.BytesIO()
        stream = io.TextIOWrapper(self.bytes, encoding=encoding, write_through=True)
        if terminal:
            monkeypatch.setattr(stream, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        self.encoding = encoding

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


@given(HOSTILE)
def test_nothing_foreign_acts(text: str) -> None:
    assert not acts(clean(text))
    assert not acts(words(text, (text, "bold")).plain)


@given(HOSTILE)
def test_no_way_to_print_lets_a_control_character_through(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        output = Output(patch)
        screen = Screen()
        screen.say(text)
        screen.say((text, "bold"), text)
        table = screen.table("name")
        table.add_row(text)
        screen.say(table)
        screen.warn(text)
        screen.error(TitoError(text, where=text, expected=text, next_step=text))
        assert not acts(output.text)


def test_markup_links_and_emoji_codes_are_printed_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(monkeypatch)
    screen = Screen()
    text = "[bold red]free points[/] [link=http://example.org]x[/link] :smile: [/nothing]"
    screen.say(text)
    table = screen.table("name")
    table.add_row(text)
    screen.say(table)
    assert output.text.count(text) == 2


def test_long_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clean("x" * 50, 10) == "xxxxxxx..."
    assert clean("é" * 10, 10) == "é" * 10


def test_a_line_for_a_file_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(monkeypatch)
    Screen().say("word " * 100)
    assert output.text.count("\n") == 1


@pytest.mark.parametrize(
    ("columns", "width"), [("80", 80), ("120", 120), ("", PLAIN_WIDTH), ("0", PLAIN_WIDTH), ("x", PLAIN_WIDTH)]
)
def test_the_width_of_a_file_is_what_columns_says(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    Output(monkeypatch)
    assert Screen().width == width


def test_a_terminal_gets_colour_and_no_color_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Output(monkeypatch, terminal=True)
    Screen().say(("text", "red"))
    assert "\x1b[31m" in coloured.text
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Output(monkeypatch, terminal=True)
    Screen().say(("text", "red"))
    assert "\x1b[31m" not in plain.text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_old_terminal_gets_other_symbols_and_escaped_names(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    output = Output(monkeypatch, encoding=encoding)
    screen = Screen()
    assert screen.symbol("passed") == "+"
    screen.say("Нгуен 王")
    assert "\\u041d" in output.text


def test_json_is_the_only_thing_on_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(monkeypatch)
    screen = Screen(json_wanted=True)
    screen.say("for people")
    screen.heading("for people")
    screen.say(screen.table("for people"))
    screen.data({"name": "Zoë \x1b \u202e"})
    assert json.loads(output.text) == {"name": "Zoë \x1b \u202e"}
    assert not acts(output.text)


def test_no_json_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(monkeypatch)
    Screen().data({"a": 1})
    assert output.text == ""


def test_progress_is_silent_where_it_cannot_move(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(monkeypatch)
    with Screen().progress() as bar:
        task = bar.add_task("[red]x", total=3)
        bar.advance(task)
    assert output.text == ""


@pytest.mark.parametrize(("share", "text"), [(0, "░░░░"), (0.5, "██░░"), (1, "████"), (7, "████"), (-1, "░░░░")])
def test_a_bar_stays_in_its_place(monkeypatch: pytest.MonkeyPatch, share: float, text: str) -> None:
    Output(monkeypatch)
    assert Screen().bar(share, 4) == text


def test_a_long_line_hangs_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    output = Output(monkeypatch, terminal=True)
    Screen().say("label     ", "word " * 12, indent=2, hang=10)
    lines = [line.rstrip() for line in output.text.splitlines()]
    assert len(lines) > 1
    assert lines[0].startswith("  label     word")
    assert all(line.startswith(" " * 12 + "word") for line in lines[1:])
    assert max(map(len, lines)) <= 40
