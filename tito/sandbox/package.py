"""The student's package inside a worker: its modules, imported from memory, and the `tt` that scenarios see.

Runs inside the sandbox: standard library and NumPy only.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import linecache
import marshal
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tito.sandbox.codec import type_name
from tito.sandbox.messages import MAX_BASES, MAX_CELL_TEXT, MAX_LINE, MAX_TEXT

ROOT = "tinytorch"


class MissingName(AttributeError):
    """A scenario asked the package for a name that no module defines."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"the package has no {wanted!r}")
        self.wanted = wanted


class Package:
    """What a scenario gets as `tt`: public names of the loaded modules, the later ones first."""

    def __init__(self) -> None:
        self._modules: dict[str, types.ModuleType] = {}

    def add(self, name: str, module: types.ModuleType) -> None:
        """Make a module's names visible, in front of those of the modules before it."""
        self._modules[name] = module

    def module(self, name: str) -> types.ModuleType:
        """Return one module, e.g. `core.tensor`. Raises MissingName."""
        if name not in self._modules:
            raise MissingName(name)
        return self._modules[name]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            for module in reversed(self._modules.values()):
                if name in module.__dict__:
                    return module.__dict__[name]
        raise MissingName(name)

    def public_names(self, before: str | None = None) -> dict[str, Any]:
        """Return the public names of the modules up to, and without, the module `before`."""
        names: dict[str, Any] = {}
        for key, module in self._modules.items():
            if key == before:
                break
            names.update((name, value) for name, value in module.__dict__.items() if not name.startswith("_"))
        return names


class MemoryImporter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `tinytorch` and its modules among those that were loaded; everything else is left to Python."""

    def __init__(self) -> None:
        self.found: dict[str, types.ModuleType] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the modules held here only."""
        if fullname not in self.found:
            return None
        module = self.found[fullname]
        return importlib.machinery.ModuleSpec(fullname, self, is_package=hasattr(module, "__path__"))

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Give the module itself, already filled."""
        return self.found[spec.name]

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing: the cells were executed when the module was loaded."""

    def new(self, fullname: str, *, package: bool = False) -> types.ModuleType:
        """Make an empty module and its parent packages, importable at once."""
        parent, _, last = fullname.rpartition(".")
        if parent and parent not in self.found:
            self.new(parent, package=True)
        module = types.ModuleType(fullname)
        module.__package__ = fullname if package else parent
        if package:
            module.__path__ = []
        self.found[fullname] = module
        sys.modules[fullname] = module
        if parent:
            setattr(self.found[parent], last, module)
        return module


def run_source(source: str, code: bytes | None, label: str, names: dict[str, Any]) -> None:
    """Execute a cell in `names`. `code` is the marshalled form where the trusted side compiled it already."""
    linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
    compiled = compile(source, label, "exec", dont_inherit=True) if code is None else marshal.loads(code)  # noqa: S302
    exec(compiled, names)  # noqa: S102 - the student's code is what a worker is for


def load_modules(
    modules: list[Any],
    package: Package,
    importer: MemoryImporter,
    labels: set[str],
    at: Callable[[int], None] = lambda _: None,
) -> list[list[str | int | None]]:
    """Execute all cells, one after the other, whatever becomes of each; returns what raised.

    `at` is told the number of each cell, counted through all modules from 1 on, before it runs, and 0 in the end.
    """
    number = 0
    errors: list[list[str | int | None]] = []
    importer.new(ROOT, package=True)
    importer.new(f"{ROOT}.core", package=True)
    for name, cells in modules:
        module = importer.new(f"{ROOT}.{name}")
        package.add(name, module)
        for label, source, code in cells:
            labels.add(label)
            number += 1
            at(number)
            try:
                run_source(source, code, label, module.__dict__)
            except BaseException as error:  # noqa: BLE001 - a cell may raise anything, and the next cells still run
                kind, text = describe(error)
                errors.append([name, label, kind, text[:MAX_CELL_TEXT], error_line(error, label)])
        # `from tinytorch import Tensor` works as well as the full name does
        root = importer.found[ROOT]
        for key, value in list(module.__dict__.items()):
            if not key.startswith("_") and key != "core":
                setattr(root, key, value)
    at(0)
    return errors


def describe(error: BaseException) -> list[str]:
    """Return the error's type and message, capped; a `__str__` that fails costs the message alone."""
    name = type_name(type(error))
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 - the student's own __str__
        text = f"(its __str__ raised {type_name(type(second))})"
    return [name[:MAX_LINE], _clean(text)]


def bases(error: BaseException) -> list[str]:
    """Return the names of the error's type and of those it is derived from, nearest first."""
    kinds: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(error))  # its metaclass may be the student's
    return [type_name(kind)[:MAX_LINE] for kind in kinds[:MAX_BASES]]


def _clean(text: str) -> str:
    return str(text)[:MAX_TEXT] if type(text) is str else "(no text)"


def error_line(error: BaseException, label: str) -> int | None:
    """Return the innermost line of the cell `label` that the error passed, or where its syntax is wrong."""
    if isinstance(error, SyntaxError) and error.filename == label:
        return error.lineno if type(error.lineno) is int else None
    lines = [line for where, line, *_ in walk(error, {label})]
    return lines[-1] if lines else None


def walk(error: BaseException, labels: set[str]) -> Iterator[tuple[str, int, str, str]]:
    """Yield (cell, line, function, text) for each frame of the traceback that lies in one of the cells."""
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        if code.co_filename in labels:
            text = linecache.getline(code.co_filename, place.tb_lineno).strip()
            yield code.co_filename, place.tb_lineno, code.co_qualname[:MAX_LINE], text[:MAX_LINE]
        place = place.tb_next
