"""What counts as alike: renamed copies, and neither what was given out nor what many write."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from tests.conftest import ROOT
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import load_course
from tito.notebooks.alike import (
    COMMON,
    FEWEST,
    LEAST,
    MOST_TOKENS,
    RUN,
    WINDOW,
    Given,
    compare,
    fingerprints,
    given,
    side_by_side,
)
from tito.notebooks.assemble import released_modules, solution_modules
from tito.notebooks.tokens import MOST_CHARACTERS, tokens
from tito.sandbox.program import CellSource, ModuleSource

NOTHING = Given(frozenset(), frozenset())


def code(*cells: str) -> tuple[ModuleSource, ...]:
    sources = tuple(CellSource(f"01_tensor.ipynb, cell {number}", text) for number, text in enumerate(cells, 1))
    return (ModuleSource("core.tensor", sources, "student"),)


def program(name: str, lines: int = 40) -> str:
    """A program whose runs occur in no other one of another name."""
    return "\n".join(f"total = np.{name}_{number}(total, axis={number})" for number in range(lines))


def texts(source: str) -> list[str]:
    return [token.text for token in tokens(source)]


def test_names_comments_and_layout_do_not_count() -> None:
    one = 'def add(a, b):\n    """Add."""\n    result = a.data + b.data  # plus\n    return Tensor(result, "x")\n'
    other = "def plus(left,right):\n\n  out=left.data+right.data\n  return Tensor(out,'other text')"
    assert texts(one) == texts(other)
    assert texts("a.data") != texts("a.grad")
    assert texts("a + 1") != texts("a + 2") != texts("a - 2")


def test_lines_are_counted_from_one_in_each_cell() -> None:
    assert [(token.text, token.line) for token in tokens('"""a\nb"""\nx = """c\nd""" + 1\n\nreturn')] == [
        *(("v", 3), ("=", 3), ("s", 3), ("+", 4), ("1", 4), ("return", 6)),
    ]


@for_all(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert all(token.text for token in tokens(text))


@pytest.mark.parametrize("text", ["(", "'''", "f'{", "\\", "1_", "@", "from ", "\x00", "\ud800", "{" * 10])
def test_a_hostile_cell_is_read_up_to_a_limit(text: str) -> None:
    assert len(texts(text * 100_000)) <= MOST_CHARACTERS
    assert len(fingerprints(code(*[text * 30_000] * 4), NOTHING)) <= MOST_TOKENS


@pytest.mark.parametrize("after", ["", program("after")])
def test_a_shared_stretch_is_always_found(after: str) -> None:
    """The guarantee of winnowing: RUN + WINDOW - 1 tokens in common are a fingerprint in common, wherever they are."""
    for before in range(3 * WINDOW):
        shared = " ".join(f"+ {number}" for number in range(before, before + (RUN + WINDOW) // 2))
        assert len(texts(shared)) <= RUN + WINDOW - 1
        one, other = "x " + "- 99 " * before + shared + after, "y " + "* 77 " * 5 + shared
        assert set(fingerprints(code(one), NOTHING)) & set(fingerprints(code(other), NOTHING))


def test_less_than_a_run_is_nothing() -> None:
    short = " + ".join(["1"] * ((RUN - 1) // 2))
    assert not fingerprints(code(short), NOTHING)
    assert len(fingerprints(code("+ 1" * RUN), NOTHING)) == 1


def test_what_the_course_gave_out_is_taken_off() -> None:
    released, own = program("released"), program("own")
    course = given(code(released))
    assert not fingerprints(code(released), course)
    assert not fingerprints(code(released.replace("total", "renamed")), course)
    assert set(fingerprints(code(released, own), course)) == set(fingerprints(code(own), NOTHING))


def test_pairs_and_how_much_they_share() -> None:
    copied, rest = program("copied"), program("rest")
    prints = [fingerprints(code(*cells), NOTHING) for cells in ([copied], [program("apart")], [copied, rest])]
    (pair,) = compare(prints).pairs
    assert (pair.one, pair.other, pair.part) == (0, 2, 1)
    assert pair.shared == pair.own == len(prints[0])


def test_a_few_lines_in_common_are_no_pair() -> None:
    shared = program("shared", 2)
    prints = [fingerprints(code(shared, program(name, 20)), NOTHING) for name in ("one", "other")]
    assert 0 < len(set(prints[0]) & set(prints[1])) < FEWEST
    assert compare(prints).pairs == ()


def test_what_many_share_is_how_one_writes_it() -> None:
    idiom = program("idiom")
    prints = [fingerprints(code(idiom, program(f"own{number}")), NOTHING) for number in range(COMMON + 1)]
    found = compare(prints)
    assert found.pairs == ()
    assert found.common == set(fingerprints(code(idiom), NOTHING))
    assert len(compare(prints[:-1]).pairs) == COMMON * (COMMON - 1) // 2


@pytest.mark.parametrize(("submissions", "sharing", "pairs"), [(300, 15, True), (300, 16, False), (900, 21, False)])
def test_in_a_large_class_more_may_share_something(submissions: int, sharing: int, pairs: bool) -> None:
    idiom = fingerprints(code(program("idiom")), NOTHING)
    nothing = fingerprints((), NOTHING)
    assert bool(compare([idiom] * sharing + [nothing] * (submissions - sharing)).pairs) is pairs


def test_both_sides_are_marked_from_the_first_line_to_the_last() -> None:
    first, second, apart = program("first", 5), program("second", 4), program("apart", 6)
    left, right, parts = side_by_side(
        code(f"x = 1\n{first}\ny = 2", apart, second),
        code(second.replace("total", "t"), f"{first}"),
        NOTHING,
        frozenset(),
    )
    assert parts == 2
    assert [cell.label for cell in left] == ["01_tensor.ipynb, cell 1", "01_tensor.ipynb, cell 3"]
    assert [line.parts for line in left[0].lines] == [(), *[(1,)] * 5, ()]
    assert [[line.parts for line in cell.lines] for cell in right] == [[(2,)] * 4, [(1,)] * 5]
    assert right[0].lines[0].text.startswith("t = np.second_0")


def test_nothing_is_marked_that_many_share() -> None:
    one = program("one")
    runs = given(code(one)).runs
    assert side_by_side(code(one), code(one), NOTHING, runs) == ((), (), 0)
    assert side_by_side(code(one), code(one), Given(runs, frozenset()), frozenset()) == ((), (), 0)


@pytest.mark.parametrize("number", range(1, 8))
def test_programs_that_were_written_apart_are_no_pairs_and_a_renamed_copy_is(number: int) -> None:
    """The correct programs that the graders are held against solve the same task; nobody copied them."""
    checkpoint, course = CHECKPOINTS[number], load_course(ROOT)
    base = given([*released_modules(course, checkpoint), *solution_modules(course, checkpoint)])
    files = sorted(Path(ROOT, "graders", checkpoint.slug, "correct").glob("*.py"))
    sources = [file.read_text(encoding="utf-8") for file in files]
    prints = [fingerprints(code(source), base) for source in sources]
    shares = [
        len(set(one) & set(other)) / min(len(one), len(other))
        for one, other in combinations(prints, 2)
        if one and other
    ]
    assert len(shares) >= 3
    assert max(shares) < LEAST / 2
    assert compare(prints).pairs == ()
    copy = re.sub(r"(?<![.\w\"'])(result|out|value|grad|data|total)\b", r"\1_too", re.sub(r"#[^\n]*", "", sources[0]))
    assert copy != sources[0]
    (pair,) = compare([*prints, fingerprints(code(copy), base)]).pairs
    assert (pair.one, pair.other) == (0, len(prints))
    assert pair.part > 0.9
