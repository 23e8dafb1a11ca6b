"""Automatic mistakes: mutmut's operators, applied to what a student writes in the reference solution.

mutmut brings the operators; the walk is ours, because its own passes over decorated functions (every operation of
modules 01 and 05 is one) and writes its mutants to disk. Of the notebooks only solution cells are mutated: locked cells
are the server's own copy in every submission.
"""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.grading.grader import Modules
from tito.notebooks.assemble import solution_modules
from tito.notebooks.structure import AssignmentStructure

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class Place:
    """Names a mutation for people and for `equivalent.toml`: where it is, and the lines before and after.

    `nth` tells apart mutations of one function that look the same.
    """

    where: str
    old: str
    new: str
    nth: int = 1

    def __str__(self) -> str:
        again = f" (number {self.nth})" if self.nth > 1 else ""
        return f"{self.where}{again}: {' / '.join(self.old.split(chr(10)))} -> {' / '.join(self.new.split(chr(10)))}"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One automatic mistake: the cell `label` of `module` gets the text `source`."""

    place: Place
    operator: str
    module: str
    label: str
    source: str

    def applied(self, modules: Modules) -> Modules:
        """Return the solution with this mistake in it."""
        return tuple(
            replace(
                module,
                cells=tuple(
                    replace(cell, source=self.source) if cell.label == self.label else cell for cell in module.cells
                ),
            )
            if module.name == self.module
            else module
            for module in modules
        )


def mutations(course: Course, checkpoint: Checkpoint) -> list[Mutation]:
    """Return every automatic mutation of a checkpoint's solution cells, in the order of the text.

    Raises TitoError where mutmut is not installed.
    """
    structure = AssignmentStructure.read(course, checkpoint)
    texts = {module.name: module.cells for module in solution_modules(course, checkpoint)}
    found: list[Mutation] = []
    for book in structure.notebooks:
        exported = [cell for cell in book.cells if cell.exported]
        for cell, text in zip(exported, texts[book.module], strict=True):
            if cell.role == "solution":
                found += [
                    Mutation(place, operator, book.module, text.label, source)
                    for place, operator, source in mutate(text.source)
                ]
    return _numbered(found)


def mutate(source: str) -> Iterator[tuple[Place, str, str]]:
    """Yield each mutation of a text as its place, its operator's name and the whole text with it.

    Left out are texts that mean what the original means or what an earlier mutation means, or do not compile.
    Raises TitoError where mutmut is not installed.
    """
    seen = {ast.dump(ast.parse(source))}
    for where, operator, text in _rewritten(source):
        try:
            meaning = ast.dump(ast.parse(text))
            compile(text, "mutation", "exec")
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            old, new = _changed_lines(source, text)
            yield Place(where, old, new), operator, text


def _rewritten(source: str) -> Iterator[tuple[str, str, str]]:
    """Apply each operator to each node. Yields where, the operator's name and the text."""
    try:
        import libcst as cst
        from mutmut.mutation.mutators import mutation_operators
    except ImportError as error:
        raise TitoError(
            "automatic mutations need the library mutmut, which is not installed",
            where=str(error),
            next_step="Run `make setup-dev`: it is one of the packages for development.",
        ) from error
    module = cst.parse_module(source)

    def walk(node: cst.CSTNode, names: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            names = (*names, node.name.value)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for other in operator(node):
                    changed = module.deep_replace(node, other)
                    assert isinstance(changed, cst.Module)
                    yield ".".join(names) or "the cell", _kind(operator), changed.code
        for child in node.children:
            if not _is_left_alone(node, child):
                yield from walk(child, names)

    return walk(module, ())


def _kind(operator: Callable[..., object]) -> str:
    return operator.__name__.removeprefix("operator_").replace("_", " ")


def _is_left_alone(parent: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether nothing is mutated below a node.

    Annotations do nothing at run time. A decorator chooses the class or the name that a function is registered under,
    and is given to students. The words of an error message are free: graders ask for the numbers in it.
    """
    import libcst as cst

    if isinstance(parent, cst.Call) and isinstance(node, cst.Arg) and _is_error(parent):
        return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    return isinstance(node, cst.Annotation | cst.Decorator)


def _is_error(call: Any) -> bool:
    name = getattr(call.func, "value", "")
    return isinstance(name, str) and name.endswith("Error")


def _changed_lines(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, without their indentation."""
    old, new = [], []
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if line.startswith("- "):
            old.append(line[2:].strip())
        elif line.startswith("+ "):
            new.append(line[2:].strip())
    return "\n".join(old), "\n".join(new)


def _numbered(found: Iterable[Mutation]) -> list[Mutation]:
    count: Counter[Place] = Counter()
    numbered: list[Mutation] = []
    for mutation in found:
        count[mutation.place] += 1
        numbered.append(replace(mutation, place=replace(mutation.place, nth=count[mutation.place])))
    return numbered
