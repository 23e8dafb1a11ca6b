from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.notebooks.assemble import Handin, assemble, released_modules, solution_modules
from tito.notebooks.document import NotebookError
from tito.notebooks.structure import AssignmentStructure

from .builder import FILE, FakeCourse, code, dump, nbgrader, notebook, released_notebook, student_notebook, text


def hand_in(structure: AssignmentStructure, content: Any, name: str = FILE) -> Handin:
    return assemble(structure, {name: dump(content)})


def test_a_finished_notebook_gives_its_cells_in_order(structure: AssignmentStructure) -> None:
    handin = hand_in(structure, student_notebook())
    (module,) = handin.modules
    assert (module.name, module.origin) == ("core.tensor", "student")
    assert [cell.label for cell in module.cells] == [f"{FILE}, cell 3", f"{FILE}, cell 4", f"{FILE}, cell 6"]
    assert module.cells[1].source == "#| export\ndef double(x):\n    return x + x\n"
    (answer,) = handin.written
    assert (answer.grade_id, answer.points, answer.text) == ("reflect-1", Decimal(10), "It adds.")
    assert not answer.untouched
    assert (handin.notes, handin.untouched, handin.deleted, handin.absent) == ((), (), (), ())


def test_an_untouched_notebook_is_known(structure: AssignmentStructure) -> None:
    handin = hand_in(structure, released_notebook())
    assert handin.untouched == ("double", "triple")
    assert handin.written[0].untouched
    assert handin.notes == ()


def test_locked_cells_and_points_come_from_the_server(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][2]["source"] = "#| export\nimport os as np"
    content["cells"][4]["source"] = "pass"
    content["cells"][4]["metadata"]["nbgrader"]["points"] = 1000
    content["cells"][7]["metadata"]["nbgrader"]["points"] = 1000
    content["cells"][3]["metadata"]["nbgrader"]["solution"] = False
    handin = hand_in(structure, content)
    assert handin.modules[0].cells[0].source == "#| export\nimport numpy as np\n"
    assert handin.modules[0].cells[1].source.endswith("return x + x\n")
    assert handin.written[0].points == 10
    for cell, about in ((3, "locked"), (5, "locked"), (5, "points"), (8, "points"), (4, "metadata")):
        assert any(f"cell {cell}:" in note and about in note for note in handin.notes), (cell, about)


def test_deleted_cells_are_put_back_or_noted(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"] = [content["cells"][index] for index in (0, 5, 8)]
    handin = hand_in(structure, content)
    assert [cell.label for cell in handin.modules[0].cells] == [
        f"{FILE}, given cell 'imports'",
        f"{FILE}, cell 2",
    ]
    assert handin.deleted == ("double",)
    assert any("'double' is missing" in note for note in handin.notes)
    assert handin.written[0].untouched


def test_own_exported_cells_stay_at_their_place_and_others_never_come(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"].insert(4, code("#| export\ndef mine(): ..."))
    content["cells"].insert(4, code("print('scratch')"))
    content["cells"].insert(0, code("#| export\nFIRST = 1"))
    content["cells"].append(code("#| export\nLAST = 1", nbgrader("unknown", solution=True)))
    content["cells"].append(text("#| export"))
    cells = hand_in(structure, content).modules[0].cells
    assert [cell.source.split("\n")[1] for cell in cells] == [
        "FIRST = 1", "import numpy as np", "def double(x):", "def mine(): ...", "def triple(x):", "LAST = 1",
    ]  # fmt: skip
    assert cells[3].label == f"{FILE}, cell 7"


def test_of_duplicates_the_first_that_was_worked_on_counts(structure: AssignmentStructure) -> None:
    content = student_notebook()
    stub = released_notebook()["cells"][3]
    other = {**content["cells"][3], "source": "#| export\ndef double(x): return 0"}
    content["cells"][3:4] = [stub, content["cells"][3], other]
    handin = hand_in(structure, content)
    doubles = [cell for cell in handin.modules[0].cells if "double" in cell.source]
    assert [cell.label for cell in doubles] == [f"{FILE}, cell 5"]
    assert any("cells 4, 5, 6" in note and "cell 5 was graded" in note for note in handin.notes)


def test_order_and_export_directives_are_the_courses(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][3]["source"] = "def double(x):\n    return 2 * x"
    content["cells"].reverse()
    names = [cell.source for cell in hand_in(structure, content).modules[0].cells]
    assert ["numpy" in names[0], "double" in names[1], "triple" in names[2]] == [True] * 3


def test_a_cell_of_another_kind_is_read_as_the_courses(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][3] = text(content["cells"][3]["source"], content["cells"][3]["metadata"])
    handin = hand_in(structure, content)
    assert "double" in handin.modules[0].cells[1].source
    assert any("turned into a markdown cell" in note for note in handin.notes)


def test_ipython_lines_are_left_out_with_a_note_and_broken_code_stays(structure: AssignmentStructure) -> None:
    handin = hand_in(structure, student_notebook("    return (x\n", "    !ls\n    return 3 * x"))
    assert handin.modules[0].cells[1].source.endswith("return (x\n")
    assert "!ls" not in handin.modules[0].cells[2].source
    assert any("cell 6" in note and "IPython" in note for note in handin.notes)


def test_another_kernel_is_noted(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    assert any("kernel is 'r'" in note for note in hand_in(structure, content).notes)
    content["metadata"]["kernelspec"] = {"name": "conda-env-tt-py", "language": "python", "display_name": "x"}
    assert hand_in(structure, content).notes == ()


def test_a_renamed_notebook_is_accepted_with_a_note(structure: AssignmentStructure) -> None:
    handin = hand_in(structure, student_notebook(), "01_tensor (1).ipynb")
    assert handin.modules[0].cells[0].label == f"{FILE}, cell 3"
    assert any("01_tensor (1).ipynb was graded as" in note for note in handin.notes)


def test_the_right_name_goes_before_a_copy(structure: AssignmentStructure) -> None:
    handin = assemble(
        structure,
        {FILE: dump(student_notebook()), "copy.ipynb": dump(released_notebook()), "notes.txt": b"x"},
    )
    assert handin.untouched == ()
    assert any("copy.ipynb was ignored" in note for note in handin.notes)


FOREIGN = notebook(code("x = 1"), text("", nbgrader("reflect-1", grade=True, solution=True, points=10)))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "there is no 01_tensor.ipynb"),
        ({"notes.txt": b"x"}, "there is no 01_tensor.ipynb"),
        ({FILE: b""}, "empty"),
        ({FILE: b"[" * 1000}, "nested"),
        ({FILE: dump(FOREIGN)}, "none of this checkpoint's cells"),
        ({"other.ipynb": dump(FOREIGN)}, "there is no 01_tensor.ipynb"),
        (
            {"a.ipynb": dump(student_notebook()), "b\x1b.ipynb": dump(student_notebook())},
            r"several notebooks could be 01_tensor.ipynb: a.ipynb, b\?.ipynb",
        ),
    ],
)
def test_what_cannot_be_graded_says_what_to_do(
    structure: AssignmentStructure, files: dict[str, bytes], says: str
) -> None:
    with pytest.raises(NotebookError, match=says) as caught:
        assemble(structure, files)
    assert caught.value.next_step


def test_a_foreign_notebook_under_our_name_points_at_the_right_one(structure: AssignmentStructure) -> None:
    with pytest.raises(NotebookError) as caught:
        assemble(structure, {FILE: dump(FOREIGN), "mine.ipynb": dump(student_notebook())})
    assert "mine.ipynb" in (caught.value.next_step or "")


def test_solutions_and_releases_are_modules_too(mini: Any, foundation: Checkpoint) -> None:
    (solved,) = solution_modules(mini, foundation)
    (released,) = released_modules(mini, foundation)
    assert (solved.name, solved.origin, released.origin) == ("core.tensor", "reference", "student")
    assert "secret_factor" in solved.cells[1].source
    assert "NotImplementedError" in released.cells[1].source
    assert [cell.label for cell in solved.cells] == [cell.label for cell in released.cells]


def test_notes_are_capped(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"] += [code(f"#| export\n%magic{number}") for number in range(200)]
    assert len(hand_in(structure, content).notes) == 51


def _damage(draw: Callable[..., Any], content: Any) -> Any:
    for _ in range(draw(st.integers(1, 6))):
        cells = content["cells"]
        place = draw(st.integers(0, max(0, len(cells) - 1)))
        match draw(st.sampled_from(["drop", "copy", "move", "text", "meta", "kind"])):
            case "drop" if len(cells) > 1:
                cells.pop(place)
            case "copy":
                cells.append(cells[place])
            case "move":
                cells.insert(0, cells.pop(place))
            case "text":
                cells[place] = {**cells[place], "source": draw(st.text(max_size=30))}
            case "meta":
                junk = draw(st.dictionaries(st.sampled_from(["grade_id", "points", "grade"]), st.integers()))
                cells[place] = {**cells[place], "metadata": {"nbgrader": junk}}
            case "kind":
                kind = draw(st.sampled_from(["raw", "code", "markdown"]))
                cells[place] = {**cells[place], "cell_type": kind}
    return content


damaged = st.composite(lambda draw: _damage(draw, student_notebook()))()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=damaged)
def test_a_damaged_notebook_never_changes_the_courses_cells(structure: AssignmentStructure, content: Any) -> None:
    try:
        handin = hand_in(structure, content)
    except NotebookError:
        return
    sources = [cell.source for cell in handin.modules[0].cells]
    assert sources.count("#| export\nimport numpy as np\n") >= 1
    assert [answer.points for answer in handin.written] == [Decimal(10)]


def two_notebooks(root: Path) -> AssignmentStructure:
    course, language = FakeCourse(root), find_checkpoint("10")
    folder = course.paths.source / language.slug
    folder.mkdir(parents=True)
    for module, grade_id in zip(language.modules, ("encode", "embed"), strict=True):
        cells = [code(f"#| default_exp {module.export}"), code("#| export\nx", nbgrader(grade_id, solution=True))]
        (folder / f"{module.slug}.ipynb").write_bytes(dump(notebook(*cells)))
    return AssignmentStructure.read(course, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("second", [None, b"", dump(FOREIGN)])
def test_of_several_notebooks_one_that_cannot_be_used_stops_no_other(tmp_path: Path, second: bytes | None) -> None:
    structure = two_notebooks(tmp_path)
    files = {"10_tokenization.ipynb": dump(notebook(code("#| export\ny", nbgrader("encode", solution=True))))}
    if second is not None:
        files["11_embeddings.ipynb"] = second
    handin = assemble(structure, files)
    assert [module.name for module in handin.modules] == ["core.tokenization"]
    assert handin.absent == ("11_embeddings.ipynb",)
    assert any("11_embeddings.ipynb" in note for note in handin.notes)


def test_several_renamed_notebooks_are_told_apart_by_their_cells(tmp_path: Path) -> None:
    structure = two_notebooks(tmp_path)
    handin = assemble(
        structure,
        {
            "b.ipynb": dump(notebook(code("#| export\ny = 1", nbgrader("encode", solution=True)))),
            "a.ipynb": dump(notebook(code("#| export\nz = 1", nbgrader("embed", solution=True)))),
        },
    )
    assert [module.cells[0].source for module in handin.modules] == ["#| export\ny = 1", "#| export\nz = 1"]
