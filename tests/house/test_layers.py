"""Imports point one way, and what runs beside student code stands on the standard library and NumPy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.repository import ROOT, tracked_files

STANDARD = frozenset(sys.stdlib_module_names) | {"__future__"}
BESIDE_STUDENT_CODE = ("tito.sandbox.worker", "tito.sandbox.zygote")
"""The roots of what the sandbox loads; what they import is followed."""


def _imports(path: Path) -> Iterator[str]:
    """The full names of all that a file imports, at the top or inside a function; TYPE_CHECKING blocks too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or node.module is None or node.level == 1, f"{path}: relative import of a parent"
            base = node.module or ""
            if node.level:
                package = ".".join(path.relative_to(ROOT).parent.parts)
                base = f"{package}.{base}".rstrip(".")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _file_of(module: str) -> Path | None:
    """The file of a module of ours, None for one that is not ours."""
    path = ROOT / module.replace(".", "/")
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


def _reached(name: str) -> Iterator[Path]:
    """The files that importing `name` loads: its packages, and itself (or the module that holds it)."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        found = _file_of(".".join(parts[:length]))
        if found is not None:
            yield found


def _closure(modules: tuple[str, ...]) -> dict[Path, set[str]]:
    """Each file of ours that the modules load, with what it imports from elsewhere."""
    waiting = [file for module in modules for file in _reached(module)]
    seen: dict[Path, set[str]] = {}
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen[file] = set()
        for name in _imports(file):
            ours = list(_reached(name))
            waiting += ours
            if not ours:
                seen[file].add(name.partition(".")[0])
    return seen


def _foreign(files: dict[Path, set[str]], allowed: frozenset[str]) -> dict[str, set[str]]:
    odd = {path.relative_to(ROOT).as_posix(): names - STANDARD - allowed for path, names in files.items()}
    return {path: names for path, names in odd.items() if names}


def test_the_contracts_of_import_linter_hold() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


@pytest.mark.parametrize("module", BESIDE_STUDENT_CODE)
def test_what_runs_in_the_sandbox_needs_the_standard_library_and_numpy(module: str) -> None:
    files = _closure((module,))
    assert _foreign(files, frozenset({"numpy"})) == {}
    trusted = [path for path in files if path.is_relative_to(ROOT / "tito")]
    packages = {path.relative_to(ROOT / "tito").parts[0] for path in trusted}
    assert packages <= {"__init__.py", "sandbox"}, "the trusted side must not be loaded beside student code"


def test_checks_need_the_standard_library_and_numpy() -> None:
    files = _closure(("tito.checks",))
    assert _foreign(files, frozenset({"numpy"})) == {}
    assert {path.relative_to(ROOT).parts[1] for path in files} <= {"__init__.py", "checks"}


def test_the_reference_needs_the_standard_library_and_numpy() -> None:
    modules = tuple(
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path in tracked_files()
        if path.parts[0] == "tinytorch_ref" and path.suffix == ".py"
    )
    assert modules
    files = _closure(modules)
    assert _foreign(files, frozenset({"numpy"})) == {}
    assert {path.relative_to(ROOT).parts[0] for path in files} == {"tinytorch_ref"}


def _grader_files() -> list[Path]:
    return [path for path in tracked_files() if path.parts[0] == "graders" and path.suffix == ".py"]


def test_graders_know_the_authoring_module_alone() -> None:
    files = [path for path in _grader_files() if "correct" not in path.parts]
    assert files
    allowed = STANDARD | {"numpy", "hypothesis"}
    for path in files:
        for name in _imports(ROOT / path):
            ours = name.startswith(("tito.grading.authoring", "graders."))
            beside = (ROOT / path).with_name(name.partition(".")[0] + ".py").is_file()
            assert ours or beside or name.partition(".")[0] in allowed, f"{path} imports {name}"


def test_scenarios_import_little_but_numpy() -> None:
    files = [path for path in _grader_files() if path.name == "scenarios.py"]
    assert files
    for path in files:
        names = {name.partition(".")[0] for name in _imports(ROOT / path)}
        # The last three: a program of module 07 writes files, and a scenario gives it a place.
        allowed = {"numpy", "__future__", "typing", "collections", "io", "pathlib", "tempfile"}
        assert names <= allowed, f"{path} is sent to the sandbox"
