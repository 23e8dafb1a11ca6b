"""A counterexample as a program that a person can paste: the scenario, and the call that went wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tito.grading.show import show
from tito.sandbox.program import Call

_LONGEST = 400
Sources = Mapping[str, str]
"""Each name that a scenarios file defines at its top level, with the statement that defines it, in the file's order."""


@lru_cache(maxsize=32)  # it takes as long as grading a whole submission, and a course has few of these files
def scenario_sources(text: str) -> Sources:
    """Return the statements of a scenarios file by the names they define."""
    return {name: ast.get_source_segment(text, node) or "" for node in ast.parse(text).body for name in _defined(node)}


def snippet(call: Call, sources: Sources) -> str:
    """Return a program that repeats a call on the installed `tinytorch`; empty where arguments are too long to paste.

    What the scenario uses of its file comes along.
    """
    if call.scenario not in sources:
        return ""
    arguments = [show(argument) for argument in call.args]
    if any(len(text) > _LONGEST for text in arguments):
        return ""
    needed = _needed(call.scenario, sources)
    statements = dict.fromkeys(source for name, source in sources.items() if name in needed)
    lines = ["import tinytorch as tt", "import numpy as np", "from numpy import inf, nan", *statements]
    return "\n".join([*lines, "", f"{call.scenario}({', '.join(['tt', *arguments])})"])


def _needed(name: str, sources: Sources) -> set[str]:
    """The names of the file that `name` stands on, itself included."""
    found: set[str] = set()
    left = [name]
    while left:
        current = left.pop()
        found.add(current)
        used = {node.id for node in ast.walk(ast.parse(sources[current])) if isinstance(node, ast.Name)}
        left += [other for other in used if other in sources and other not in found]
    return found - {"np"}


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import() | ast.ImportFrom() if getattr(node, "module", "") != "__future__":
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
