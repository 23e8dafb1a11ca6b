"""Python text as tokens that stay the same when names, comments and layout change. Text only: nothing is compiled.

The lexer is Pygments': it reads any text, whole or broken, by regular expressions without a way to run away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pygments.lexers import PythonLexer
from pygments.token import Comment, Literal, Name, Text

MOST_CHARACTERS: Final = 40_000
"""Characters of one cell that are read: nobody writes a longer one by hand."""
_LEFT_OUT: Final = (Comment, Text, Literal.String.Doc)
_KEPT_NAMES: Final = (Name.Builtin, Name.Decorator, Name.Namespace, Name.Exception)


class Token(NamedTuple):
    """A token with the line it begins in, counted from 1 in its cell."""

    text: str
    line: int


def tokens(source: str) -> Iterator[Token]:
    """Read a cell. Names of variables and functions become one token, strings another; names after a dot stay.

    What is called by attribute is the course's and NumPy's vocabulary, and tells one way of solving it from another;
    what a student names is renamed in a minute.
    """
    line, after_dot, in_string = 1, False, False
    for _, kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(source[:MOST_CHARACTERS]):
        place, line = line, line + text.count("\n")
        if any(kind in one for one in _LEFT_OUT) or not text.strip():
            continue
        string = kind in Literal.String and kind not in Literal.String.Interpol
        if string:
            if not in_string:
                yield Token("s", place)
        elif kind in Name and not after_dot and not any(kind in one for one in _KEPT_NAMES):
            yield Token("v", place)
        else:
            yield Token(text, place)
        in_string = string
        after_dot = text == "."
