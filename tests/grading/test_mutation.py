"""Automatic mistakes: what is mutated, what is left alone, and what each is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grading import mini
from tito.grading.mutation import Place, mutate, mutations
from tito.notebooks.assemble import solution_modules


def places(source: str) -> list[str]:
    return [str(place) for place, _, _ in mutate(source)]


def test_operators_numbers_names_and_arguments_change_one_at_a_time() -> None:
    found = list(mutate("def f(a):\n    return g(a + 1, True)\n"))
    texts = {text.splitlines()[1].strip() for _, _, text in found}
    assert {
        "return g(a - 1, True)",
        "return g(a + 2, True)",
        "return g(a + 1, False)",
        "return g(None, True)",
        "return g(True)",
    } <= texts
    assert {operator for _, operator, _ in found} == {"swap op", "number", "name", "arg removal"}
    for place, _, text in found:
        assert place == Place("f", "return g(a + 1, True)", text.splitlines()[1].strip())


def test_what_is_decorated_is_mutated_and_the_decorator_is_not() -> None:
    source = '@register("add", 1)\nclass Some:\n    @register("add", 1)\n    def f(a):\n        return a - 1\n'
    assert places(source) == [
        "Some.f: return a - 1 -> return a + 1",
        "Some.f: return a - 1 -> return a - 2",
    ]


def test_annotations_docstrings_and_words_of_errors_are_left_alone() -> None:
    source = 'def f(a: "x" = b) -> "y":\n    """Some words."""\n    raise ValueError("some words")\n'
    assert places(source) == ['f: raise ValueError("some words") -> raise ValueError(None)']


def test_numbers_in_an_error_are_not() -> None:
    assert 'f: raise ValueError(f"{a - 1}") -> raise ValueError(f"{a + 1}")' in places(
        'def f(a):\n    raise ValueError(f"{a - 1}")\n'
    )


def test_a_text_that_does_not_compile_is_no_mistake_and_none_comes_twice() -> None:
    texts = [text for _, _, text in mutate("for i in a:\n    break\n")]  # `return` outside of a function
    assert texts == []
    texts = [text for _, _, text in mutate("x = f(None, 1)\n")]
    assert len(set(texts)) == len(texts)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> mini.Course:
    return mini.build(tmp_path_factory.mktemp("mutation"))


def test_only_solution_cells_of_the_checkpoint_are_mutated(course: mini.Course) -> None:
    found = mutations(course, mini.CP01)
    assert {mutation.place.where for mutation in found} == {"double", "shout"}
    assert {mutation.module for mutation in found} == {"core.tensor"}


def test_each_program_differs_from_the_solution_in_one_cell(course: mini.Course) -> None:
    solution = solution_modules(course, mini.CP01)
    for mutation in mutations(course, mini.CP01):
        program = mutation.applied(solution)
        changed = [
            (old, new)
            for was, now in zip(solution, program, strict=True)
            for old, new in zip(was.cells, now.cells, strict=True)
            if old != new
        ]
        assert [(new.label, new.source) for _, new in changed] == [(mutation.label, mutation.source)]


def test_mistakes_that_look_the_same_are_numbered(tmp_path: Path) -> None:
    course = mini.build(tmp_path)
    path = course.paths.source / mini.CP01.slug / "01_tensor.ipynb"
    text = path.read_text()
    assert "return text.upper()" in text
    path.write_text(
        text.replace("return text.upper()", r"if text:\n        return text.upper()\n    return text.upper()")
    )
    found = [mutation.place for mutation in mutations(course, mini.CP01)]
    assert len(set(found)) == len(found)
    assert [(place.old, place.nth) for place in found if "lower" in place.new] == [
        ("return text.upper()", 1),
        ("return text.upper()", 2),
    ]
