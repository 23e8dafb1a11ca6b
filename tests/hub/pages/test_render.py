"""Text that people write, as pages show it."""

from __future__ import annotations

import pytest

from tito.hub.pages.render import markdown


@pytest.mark.parametrize("mark", ["\u202e", "&#x202e;", "&#8238;", "\u2066", "\x1b", "&#x1b;", "\x07", "\ufffd"])
@pytest.mark.parametrize("around", ["{}abc", "**{}abc**", "`{}abc`", "```\n{}abc\n```", "| a |\n|---|\n| {}abc |"])
def test_markdown_turns_no_text_around(mark: str, around: str) -> None:
    shown = str(markdown(around.format(mark)))
    assert not set("\u202e\u2066\x1b\x07") & set(shown)
    assert "abc" in shown


def test_markdown_keeps_lines_and_tabs() -> None:
    assert "a\n\tb" in str(markdown("```\na\n\tb\n```"))
    assert str(markdown("one\r\n\r\ntwo")).replace("\n", "") == "<p>one</p><p>two</p>"
