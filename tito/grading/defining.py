"""Which cell of the notebook should define a name: for a student whose program lacks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tito.notebooks.structure import AssignmentStructure

Places = Mapping[str, str]
"""A name that a solution cell defines, and where: "the cell 'relu' of 02_activations.ipynb"."""

_STUB = " is not written yet"
_ABSENT = re.compile(r"(?:has no attribute|name) '(\w{1,80})'")


def places(structure: AssignmentStructure) -> Places:
    """The names that the solution cells of an assignment define, methods as `Class.method` and by themselves."""
    found: dict[str, str] = {}
    for book in structure.notebooks:
        for cell in book.cells:
            if cell.role == "solution" and cell.exported and cell.grade_id is not None:
                where = f"the cell {cell.grade_id!r} of {book.file}"
                found |= {name: where for name in _defined(cell.source) if name not in found}
    return found


def where_to_define(said: str, known: Places) -> str:
    """Return a sentence on the name that `said` names as absent; empty where no cell of the notebook defines it."""
    match = _ABSENT.search(said)
    name = match[1] if match else said.removesuffix(_STUB)
    return f"{name} is defined in {known[name]}: look whether that cell is complete and runs." if name in known else ""


@lru_cache(maxsize=256)
def _defined(source: str) -> tuple[str, ...]:
    return tuple(_names(ast.parse(source)))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef():
                yield node.name
            case ast.ClassDef():
                yield node.name
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("__"):
                        yield f"{node.name}.{inner.name}"
                        yield inner.name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
