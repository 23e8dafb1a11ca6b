"""Text that people write, as pages show it."""

from __future__ import annotations

import re

import pytest

from tito.hub.pages.render import code_lines, coded, diff_lines, markdown
from tito.hub.pages.views.submission import CodeLine, DiffLine


@pytest.mark.parametrize("mark", ["\u202e", "&#x202e;", "&#8238;", "\u2066", "\x1b", "&#x1b;", "\x07", "\ufffd"])
@pytest.mark.parametrize("around", ["{}abc", "**{}abc**", "`{}abc`", "```\n{}abc\n```", "| a |\n|---|\n| {}abc |"])
def test_markdown_turns_no_text_around(mark: str, around: str) -> None:
    shown = str(markdown(around.format(mark)))
    assert not set("\u202e\u2066\x1b\x07") & set(shown)
    assert "abc" in shown


def test_markdown_keeps_lines_and_tabs() -> None:
    assert "a\n\tb" in str(markdown("```\na\n\tb\n```"))
    assert str(markdown("one\r\n\r\ntwo")).replace("\n", "") == "<p>one</p><p>two</p>"


def test_names_in_backticks_are_code_and_nothing_is_markup() -> None:
    assert coded("`add` does <b>not</b> `sub`") == "<code>add</code> does &lt;b&gt;not&lt;/b&gt; <code>sub</code>"
    assert coded("one ` alone, `<i>` and \u202eback") == (
        "one <code> alone, </code>&lt;i&gt;<code> and \N{REPLACEMENT CHARACTER}back</code>"
    )


def test_lines_of_a_program_are_escaped_one_by_one() -> None:
    hostile = ["x = '</td><script>'", "", "\u202ey\x1b[31m", "a & b\rc"]
    seen = ["x = &#39;&lt;/td&gt;&lt;script&gt;&#39;", "", "\ufffdy\ufffd[31m", "a &amp; b\ufffdc"]
    rows = code_lines([CodeLine(number, text, ("<b>",) if number == 1 else ()) for number, text in enumerate(hostile)])
    assert re.findall(r"<td>(.*?)</td>", rows) == [
        seen[0],
        seen[1] + '<span class="mark">&lt;b&gt;</span>',
        seen[2],
        seen[3],
    ]
    changed = diff_lines([DiffLine("added", text) for text in hostile])
    assert re.findall(r"<td>\+</td><td>(.*?)</td>", changed) == seen
    assert code_lines([]) == diff_lines([]) == ""
