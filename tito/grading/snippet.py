"""A counterexample as a program that a person can paste: the scenario, and the call that went wrong."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from textwrap import dedent

from tito.grading.show import show
from tito.sandbox.program import Call

_LONGEST = 400


@lru_cache(maxsize=32)  # a parse takes longer than grading a submission, and a course has few of these files
def scenario_sources(text: str) -> Mapping[str, str]:
    """Return the source of each function of a scenarios file, by name."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: dedent(ast.get_source_segment(text, node) or "") for node in functions}


def snippet(call: Call, sources: Mapping[str, str]) -> str:
    """Return a program that repeats a call on the installed `tinytorch`; empty where arguments are too long to paste.

    The scenario may use others of its file: those that it names come along.
    """
    if call.scenario not in sources:
        return ""
    arguments = [show(argument) for argument in call.args]
    if any(len(text) > _LONGEST for text in arguments):
        return ""
    needed = _with_helpers(call.scenario, sources)
    lines = ["import numpy as np", "import tinytorch as tt", "from numpy import inf, nan", ""]
    lines += [f"{sources[name]}\n" for name in needed]
    return "\n".join([*lines, f"{call.scenario}({', '.join(['tt', *arguments])})"])


def _with_helpers(name: str, sources: Mapping[str, str]) -> list[str]:
    """The function and those that it calls, helpers first."""
    order: list[str] = []

    def visit(current: str) -> None:
        used = {node.id for node in ast.walk(ast.parse(sources[current])) if isinstance(node, ast.Name)}
        for other in sources:
            if other in used and other != current and other not in order:
                visit(other)
        order.append(current)

    visit(name)
    return order
