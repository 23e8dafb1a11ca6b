"""The graders against programs whose worth is known: the solution, the release, named mistakes, correct others."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.graders.workbench import ROOT, Bench
from tito.course.verdicts import Verdict

GRADERS = ROOT / "graders"
CHECKPOINTS = (
    "cp00_environment",
    "cp01_foundation",
    "cp02_intelligence",
    "cp03_components",
    "cp04_networks",
    "cp05_differentiation",
    "cp06_optimization",
    "cp07_training",
)

bench = cache(Bench)


def catalogue(slug: str) -> Any:
    return importlib.import_module(f"graders.{slug}.mutants")


def _named(kind: str) -> list[Any]:
    pairs = [(slug, entry) for slug in CHECKPOINTS for entry in getattr(catalogue(slug), kind)]
    return [pytest.param(slug, entry, id=f"{slug[:4]} {entry.name}") for slug, entry in pairs]


@pytest.mark.parametrize("slug", CHECKPOINTS)
def test_the_solution_gets_full_marks(slug: str) -> None:
    assert bench(slug).failures(bench(slug).program()) == {}


@pytest.mark.parametrize("slug", CHECKPOINTS)
def test_an_untouched_release_passes_no_test(slug: str) -> None:
    released = {f"m{number:02}": bench(slug).notebooks[number].released for number in bench(slug).own}
    failures = bench(slug).failures(bench(slug).program(**released))
    assert set(failures) == set(bench(slug).tests)
    assert {failure.verdict for failure in failures.values()} == {Verdict.MISSING}


@pytest.mark.parametrize(("slug", "mutant"), _named("MUTANTS"))
def test_a_mistake_is_caught_by_a_hidden_test_in_every_deal(slug: str, mutant: Any) -> None:
    program = bench(slug).mutated(mutant)
    for deal in range(bench(slug).count):
        caught = bench(slug).failures(program, deal, until_caught=True)
        assert caught, f"{mutant.mistake}: survived deal {deal}"


@pytest.mark.parametrize(("slug", "variant"), _named("CORRECT"))
def test_a_correct_program_is_left_alone(slug: str, variant: Any) -> None:
    source = (GRADERS / slug / "correct" / variant.path).read_text(encoding="utf-8")
    failures = bench(slug).failures(bench(slug).program(**{f"m{variant.module}": (source,)}))
    assert {name: refuted.detail for name, refuted in failures.items()} == {}


@pytest.mark.parametrize(
    ("slug", "mistakes", "variants"),
    [
        ("cp00_environment", 6, 2),
        ("cp01_foundation", 24, 4),
        ("cp02_intelligence", 40, 4),
        ("cp03_components", 40, 4),
        ("cp04_networks", 40, 4),
        ("cp05_differentiation", 80, 4),
        ("cp06_optimization", 90, 5),
        ("cp07_training", 120, 4),
    ],
)
def test_the_catalogue_is_large_and_its_names_are_its_own(slug: str, mistakes: int, variants: int) -> None:
    names = [mutant.name for mutant in catalogue(slug).MUTANTS]
    assert len(set(names)) == len(names) >= mistakes
    assert len({variant.path for variant in catalogue(slug).CORRECT}) >= variants
    files = {path.name for path in (GRADERS / slug / "correct").glob("*.py")}
    assert files == {variant.path for variant in catalogue(slug).CORRECT}


@pytest.mark.parametrize("slug", CHECKPOINTS)
def test_hidden_tests_hold_about_seven_tenths_of_each_cell(slug: str) -> None:
    hidden: dict[str | None, Decimal] = {}
    for test in bench(slug).hidden.values():
        hidden[test.info.cell] = hidden.get(test.info.cell, Decimal(0)) + test.info.points
    cells = {cell.grade_id: cell.points for number in bench(slug).own for cell in bench(slug).notebooks[number].tests}
    assert set(hidden) == set(cells)
    assert sum(cells.values()) == 70
    assert [name for name, points in cells.items() if not points / 2 <= hidden[name] <= points * Decimal("0.8")] == []
    assert abs(sum(hidden.values()) / 70 - Decimal("0.7")) < Decimal("0.03")


@pytest.mark.parametrize("slug", CHECKPOINTS)
def test_every_hidden_test_has_a_title_of_its_own_and_a_hint(slug: str) -> None:
    infos = [test.info for test in bench(slug).hidden.values()]
    assert len({info.title for info in infos}) == len(infos)
    assert [info.title for info in infos if not info.hint.strip() or info.public] == []


@pytest.mark.parametrize("path", sorted(GRADERS.rglob("*.py")), ids=lambda path: str(path.relative_to(GRADERS)))
def test_graders_import_only_what_they_may(path: Path) -> None:
    if path.parent.name == "correct":
        return
    allowed = {"math", "numpy", "typing", "__future__"}
    if path.name == "scenarios.py":
        allowed |= {"io", "pathlib", "tempfile"}  # a place for the files that a program writes
    else:
        allowed |= {"sys", "tito.grading.authoring", f"graders.{path.parent.name}"}
    assert [name for name in _imports(path) if not _within(name, allowed)] == []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def _within(name: str, allowed: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in allowed)


_WRAPPED = "tensor.data = np.asarray(array, dtype=np.float32)"


@pytest.mark.parametrize(
    "answer",
    [
        "np.full(np.shape(array), np.nan, dtype=np.float32)",
        "np.zeros(np.shape(array), dtype=np.float32)",
        "np.float32([])",
        "np.float32(1)",
        "np.asarray(array, dtype=np.float64)",
        "np.asarray(array, dtype=object)",
        "np.asarray(array, dtype=np.float32)[None]",
        "type('Liar', (np.ndarray,), {'__eq__': lambda *_: True})(np.shape(array), np.float32)",
        "type('Liar', (), {'__eq__': lambda *_: True, '__getattr__': lambda s, n: s})()",
    ],
)
def test_a_made_up_answer_earns_no_operation(answer: str) -> None:
    """ATTACKS.md, rows 6, 7 and 18: whatever the operations answer, only their true values count."""
    cells = bench("cp01_foundation").notebooks[1].solution
    assert sum(cell.count(_WRAPPED) for cell in cells) == 1
    cells = tuple(cell.replace(_WRAPPED, f"tensor.data = {answer}") for cell in cells)
    failures = bench("cp01_foundation").failures(bench("cp01_foundation").program(m01=cells))
    passed = {name for name in bench("cp01_foundation").hidden if name not in failures}
    operations = {
        name
        for name in passed
        if name.split("::")[0] not in ("test_creation", "test_random", "test_inspection") and "refused" not in name
    }
    assert operations == set()
