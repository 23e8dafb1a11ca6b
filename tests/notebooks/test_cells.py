from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from tito.notebooks.cells import (
    default_module,
    directives,
    is_exported,
    released_source,
    same_text,
    without_ipython,
)
from tito.notebooks.document import NotebookError


@pytest.mark.parametrize(
    ("source", "exported"),
    [
        ("#| export\nx = 1", True),
        ("#|export\nx = 1", True),
        ("\n  # | exporti \nx = 1", True),
        ("# a comment first\n#| export\nx = 1", True),
        ("%%time\n#| export\nx = 1", True),
        ("x = 1\n#| export", False),
        ("# export\nx = 1", False),
        ("#| exported\nx = 1", False),
        ("text = '#| export'", False),
        ("", False),
    ],
)
def test_export_is_said_at_the_top(source: str, exported: bool) -> None:
    assert is_exported(source) is exported


def test_directives_carry_values_and_the_module_must_be_a_name() -> None:
    assert directives("#| default_exp core.tensor\n#| hide")["default_exp"] == "core.tensor"
    assert default_module("#| default_exp core.tensor") == "core.tensor"
    assert default_module("#| default_exp ../../etc/passwd") is None
    assert default_module("#| default_exp core..x") is None
    assert default_module("x = 1") is None


@pytest.mark.parametrize(
    ("source", "python", "lines"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1", (1,)),
        ("if a:\n    !pip install it's\nx = 1", "if a:\n    pass\nx = 1", (2,)),
        ("Tensor?\nx = 1", "pass\nx = 1", (1,)),
        ("?Tensor\nx = 1", "pass\nx = 1", (1,)),
        ("%%time\nx = 1", "pass\nx = 1", (1,)),
        ("\n%%bash\nls", "\npass\n", (2, 3)),
        ("x = (a\n  % b)", "x = (a\n  % b)", ()),
        ("x = a \\\n  % b", "x = a \\\n  % b", ()),
        ('x = """\n%magic\n!ls\n"""\n%magic', 'x = """\n%magic\n!ls\n"""\npass', (5,)),
        ("x = '''a\\'''\n!b\n'''\n!ls", "x = '''a\\'''\n!b\n'''\npass", (4,)),
        ("# don't\n%magic", "# don't\npass", (2,)),
        ("x = 'it\\'s [('\n%magic", "x = 'it\\'s [('\npass", (2,)),
        ("x = 'open [\n%magic", "x = 'open [\npass", (2,)),
        ("x = 'a\\\n%b'\n%magic", "x = 'a\\\n%b'\npass", (3,)),
        ("x = 5 % 3\ny = a != b  # really?", "x = 5 % 3\ny = a != b  # really?", ()),
        ("#| export\nx = 1", "#| export\nx = 1", ()),
    ],
)
def test_only_ipython_lines_are_dropped(source: str, python: str, lines: tuple[int, ...]) -> None:
    stripped = without_ipython(source)
    assert stripped.source == python
    assert stripped.lines == lines


@given(st.text(alphabet="ab%!?'\"\\\n#([{}]) =", max_size=60))
def test_stripping_keeps_line_numbers_and_python_stays_as_it_is(source: str) -> None:
    stripped = without_ipython(source)
    assert stripped.source.count("\n") == source.count("\n")
    try:
        compile(source, "cell", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return
    assert stripped.source == source


SOURCES = [
    ("code", True, "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"),
    (
        "code",
        True,
        "a = 1\n### BEGIN SOLUTION\nb\n### END SOLUTION\nc = 2\n\t### BEGIN SOLUTION\nd\n### END SOLUTION",
    ),
    ("code", True, "no region at all"),
    ("code", False, "given = 1"),
    ("markdown", True, "an answer"),
    ("markdown", True, "Q?\n### BEGIN SOLUTION\nA.\n### END SOLUTION"),
    ("code", False, "assert f()\n### BEGIN HIDDEN TESTS\nassert hidden\n### END HIDDEN TESTS\nlast"),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # nbgrader's traits are declared in an old way
@pytest.mark.parametrize(("kind", "solution", "source"), SOURCES)
def test_what_students_get_is_what_nbgrader_makes(kind: str, solution: bool, source: str) -> None:
    make = new_code_cell if kind == "code" else new_markdown_cell
    meta = {
        "grade_id": "x",
        "grade": kind == "markdown" or not solution,
        "solution": solution,
        "locked": False,
    }
    cell = make(source, metadata={"nbgrader": meta})
    content, resources = ClearSolutions().preprocess(new_notebook(cells=[cell]), {})
    content, _ = ClearHiddenTests().preprocess(content, resources)
    assert released_source(source, code=kind == "code", solution=solution, where="here") == content.cells[0].source


@pytest.mark.parametrize(
    ("source", "solution"),
    [
        ("### BEGIN SOLUTION\nx", True),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", True),
        ("### BEGIN SOLUTION\nx\n### END SOLUTION", False),
        ("### BEGIN HIDDEN TESTS\nx", False),
    ],
)
def test_a_region_that_is_wrong_is_refused(source: str, solution: bool) -> None:
    with pytest.raises(NotebookError) as caught:
        released_source(source, code=True, solution=solution, where="01_tensor.ipynb, cell 3")
    assert caught.value.where == "01_tensor.ipynb, cell 3"


def test_blanks_at_line_ends_make_no_difference() -> None:
    assert same_text("a  \nb\n\n", "\na\nb")
    assert not same_text("a\n  b", "a\nb")
    assert not same_text("a\nb", "a\nb\nc")
