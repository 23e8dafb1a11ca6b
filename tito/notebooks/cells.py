"""What the text of a cell says: `#|` directives, lines for IPython, the stub that stands for a solution."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tito.notebooks.document import NotebookError

CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"

MODULE_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){0,3}\Z")
_DIRECTIVE = re.compile(r"\s*#\s*\|\s*([A-Za-z_]+)[ \t]*(.*)")
_IPYTHON = re.compile(r"^[ \t]*[%!?]|\?[ \t]*$", re.MULTILINE)
# Cell magics whose body is Python all the same; the body of any other (%%bash, %%html ...) is not.
_PYTHON_CELL_MAGICS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "py"})


def directives(source: str) -> dict[str, str]:
    """Return the `#| name value` lines at the top of a cell; they end at the first line of code."""
    found: dict[str, str] = {}
    for line in source.split("\n"):
        stripped = line.strip()
        match = _DIRECTIVE.match(line)
        if match:
            found.setdefault(match.group(1), match.group(2).strip())
        elif stripped and not stripped.startswith(("#", "%%")):
            break
    return found


def is_exported(source: str) -> bool:
    """Whether the cell says that it belongs to the package."""
    return not {"export", "exports", "exporti"}.isdisjoint(directives(source))


def default_module(source: str) -> str | None:
    """Return the module that a `#| default_exp` line names, or None when there is no proper one."""
    name = directives(source).get("default_exp")
    return name if name is not None and MODULE_NAME.match(name) else None


@dataclass(frozen=True, slots=True)
class Stripped:
    """A cell's Python without the lines for IPython (line numbers stay), and the numbers of those lines."""

    source: str
    lines: tuple[int, ...]


def without_ipython(source: str) -> Stripped:
    """Replace `%magic`, `!shell` and `name?` lines by `pass`, only where a statement can begin.

    A `%` that continues an expression, or stands in a string, is Python and stays. The text is never compiled
    here: it is a student's, and this runs on the trusted side.
    """
    # Three looks for a character before the search, which tries every place: most cells have none of them.
    if not any(mark in source for mark in "%!?") or not _IPYTHON.search(source):
        return Stripped(source, ())
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = re.match(r"%%\s*(\w+)", lines[first].strip())
    if magic and magic.group(1) not in _PYTHON_CELL_MAGICS:
        blank = ["pass" if number == first else "" for number in range(len(lines))]
        return Stripped("\n".join(blank), tuple(range(first + 1, len(lines) + 1)))
    dropped: list[int] = []
    state = _Scan()
    for number, line in enumerate(lines):
        text = line.strip()
        if state.between_statements and (text.startswith(("%", "!", "?")) or _is_help(text)):
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
            dropped.append(number + 1)
        else:
            state.feed(line)
    return Stripped("\n".join(lines), tuple(dropped))


def _is_help(text: str) -> bool:
    return re.fullmatch(r"[\w.]+\?{1,2}", text) is not None


class _Scan:
    """Follows strings, brackets and continued lines, just enough to know where a statement can begin."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote: str | None = None
        self.continued = False

    @property
    def between_statements(self) -> bool:
        return self.depth == 0 and self.quote is None and not self.continued

    def feed(self, line: str) -> None:
        place, self.continued = 0, False
        while place < len(line):
            char = line[place]
            if char == "\\":
                self.continued = place == len(line) - 1 and self.quote in (None, "'", '"')
                place += 2
            elif self.quote is not None:
                closes = line.startswith(self.quote, place)
                place += len(self.quote) if closes else 1
                if closes:
                    self.quote = None
            elif char == "#":
                break
            elif char in "'\"":
                self.quote = char * 3 if line.startswith(char * 3, place) else char
                place += len(self.quote)
            else:
                if char in "([{":
                    self.depth += 1
                elif char in ")]}":
                    self.depth = max(0, self.depth - 1)
                place += 1
        if self.quote is not None and len(self.quote) == 1 and not self.continued:
            self.quote = None  # an unclosed '...' ends with its line; Python reports it


def released_source(source: str, *, code: bool, solution: bool, where: str) -> str:
    """Return what a student receives of an instructor's cell, as nbgrader's ClearSolutions makes it.

    Hidden tests and marking schemes are taken out as ClearHiddenTests and ClearMarkScheme do.
    Raises NotebookError for a region that is nested, not closed, or in a cell that is not a solution cell.
    """
    stub = (CODE_STUB if code else TEXT_STUB).split("\n")
    cleared, found = _replace_region(source, "SOLUTION", stub, where)
    if found and not solution:
        raise NotebookError(
            "a solution region stands in a cell that is not a solution cell",
            where=where,
            expected='"solution": true in the cell\'s nbgrader metadata',
            next_step="mark the cell as a solution in reference_impl, then run `tito assignment sync`",
        )
    if solution and not found:
        return "\n".join(stub)
    for region in ("HIDDEN TESTS", "MARK SCHEME"):
        cleared, _ = _replace_region(cleared, region, [], where)
    return cleared


def _replace_region(source: str, region: str, stub: list[str], where: str) -> tuple[str, bool]:
    begin, end = f"BEGIN {region}", f"END {region}"
    kept: list[str] = []
    inside = found = False
    for line in source.split("\n"):
        if begin in line:
            if inside:
                raise NotebookError(f"a second `{begin}` inside a region", where=where, next_step=f"add `### {end}`")
            inside = found = True
            indent = line[: len(line) - len(line.lstrip())]
            kept.extend(indent + text for text in stub)
        elif end in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise NotebookError(f"`{begin}` is not closed", where=where, next_step=f"add `### {end}` in this cell")
    return "\n".join(kept), found


def same_text(one: str, other: str) -> bool:
    """Whether two cells say the same, whatever blanks stand at line ends and around them."""
    if one == other:
        return True
    lines, others = one.strip().split("\n"), other.strip().split("\n")
    # Not built and then compared: where they differ, they mostly do so early.
    return len(lines) == len(others) and all(map(_alike, lines, others))


def _alike(line: str, other: str) -> bool:
    return line == other or line.rstrip() == other.rstrip()
