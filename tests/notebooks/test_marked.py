from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, determine_grade

from tito.course.results import Counterexample, Frame, Outcome
from tito.course.verdicts import Verdict
from tito.notebooks.assemble import assemble
from tito.notebooks.marked import marked_notebooks
from tito.notebooks.structure import AssignmentStructure

from .builder import FILE, code, dump, released_notebook, student_notebook, text


def outcome(earned: str, possible: str, verdict: Verdict = Verdict.FAILED, **fields: Any) -> Outcome:
    base: dict[str, Any] = {"test": "t", "title": "Doubles", "mode": "isolated", "public": True, "cell": "test-double"}
    return Outcome(**{**base, **fields}, verdict=verdict, possible=Decimal(possible), earned=Decimal(earned))


FULL = {"test-triple": [outcome("2.5", "2.5", Verdict.PASSED)]}


def mark(structure: AssignmentStructure, content: Any, outcomes: dict[str, Sequence[Outcome]] | None = None) -> Any:
    handin = assemble(structure, {FILE: dump(content)})
    (data,) = marked_notebooks(structure, handin, outcomes or {}).values()
    marked = nbformat.reads(data, as_version=4)
    nbformat.validate(marked)
    MetadataValidator().validate_nb(marked)
    return marked


def cell_of(marked: Any, grade_id: str) -> Any:
    (cell,) = [cell for cell in marked.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return cell


@pytest.mark.parametrize(
    ("outcomes", "grade"),
    [
        ([outcome("4", "4", Verdict.PASSED)], 4),
        ([outcome("1", "1", Verdict.PASSED), outcome("3", "3", Verdict.PASSED)], 4),
        ([outcome("1.5", "1.5", Verdict.PASSED), outcome("0", "2.5")], 1.5),
        ([outcome("0.001", "4")], 0.001),
        ([outcome("0", "4")], 0),
        ([outcome("0", "4", Verdict.TIMED_OUT)], 0),
        ([], 0),
        ([outcome("0", "4", Verdict.PLATFORM_FAULT)], 0),
        ([outcome("9", "9", Verdict.PASSED)], 4),
    ],
)
def test_nbgrader_reads_the_points_of_a_test_cell(
    structure: AssignmentStructure, outcomes: list[Outcome], grade: float
) -> None:
    marked = mark(structure, student_notebook(), {**FULL, "test-double": outcomes})
    assert determine_grade(cell_of(marked, "test-double")) == (grade, 4)
    assert determine_grade(cell_of(marked, "test-triple")) == (2.5, 2.5)
    kinds = [output.output_type for output in cell_of(marked, "test-double").outputs]
    assert ("error" in kinds) == (grade == 0)  # a reader sees red where nothing was earned


def test_a_platform_fault_says_so_and_shows_no_points(structure: AssignmentStructure) -> None:
    marked = mark(structure, student_notebook(), {"test-double": [outcome("0", "4", Verdict.PLATFORM_FAULT)]})
    shown = cell_of(marked, "test-double").outputs[0].data["text/plain"]
    assert "Not graded" in shown.split("\n")[0]


def test_answers_are_left_to_the_ta_unless_untouched(structure: AssignmentStructure) -> None:
    answered = cell_of(mark(structure, student_notebook()), "reflect-1")
    assert determine_grade(answered) == (None, 10)
    assert answered.source == "It adds."
    assert determine_grade(cell_of(mark(structure, released_notebook()), "reflect-1")) == (0, 10)


def test_checksums_are_nbgraders(structure: AssignmentStructure) -> None:
    marked = mark(structure, released_notebook())
    graded = [cell for cell in marked.cells if "nbgrader" in cell.metadata]
    assert len(graded) == 6
    for cell in graded:
        assert cell.metadata.nbgrader.checksum == compute_checksum(cell), cell.metadata.nbgrader.grade_id


def test_locked_cells_and_metadata_are_the_courses(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][4]["source"] = "print('all passed')"
    content["cells"][4]["metadata"] = {"nbgrader": {**content["cells"][4]["metadata"]["nbgrader"], "points": 1000}}
    content["cells"][3]["metadata"]["<script>"] = "x"
    content["metadata"] = {"kernelspec": {"name": "evil", "display_name": "x"}, "widgets": {"a": "<script>"}}
    marked = mark(structure, content)
    test = cell_of(marked, "test-double")
    assert test.source == "check(double(2), 4, 'double')"
    assert test.metadata.nbgrader.points == 4
    assert cell_of(marked, "double").source.endswith("return x + x\n")
    assert marked.metadata.kernelspec.name == "python3"
    assert "script" not in json.dumps(marked)


def test_missing_graded_cells_are_put_back_in_the_courses_order(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"] = [content["cells"][index] for index in (0, 3, 5, 8)]
    marked = mark(structure, content, FULL)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in marked.cells]
    assert ids == ["imports", None, "double", "test-double", "triple", "test-triple", "reflect-1", None]


def test_duplicates_lose_their_metadata(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"].insert(3, released_notebook()["cells"][3])
    marked = mark(structure, content)
    assert cell_of(marked, "double").source.endswith("return x + x\n")
    assert sum("double" in cell.source for cell in marked.cells) == 4


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()


def hostile_outputs() -> list[Any]:
    active = {
        "text/html": "<script>alert(1)</script>",
        "image/svg+xml": "<svg onload='alert(1)'/>",
        "application/javascript": "alert(1)",
        "text/markdown": "[x](javascript:alert(1))",
        "text/latex": "$\\href{javascript:alert(1)}{x}$",
        "application/vnd.jupyter.widget-view+json": {"model_id": "alert(1)"},
    }
    return [
        {"output_type": "display_data", "data": {**active, "text/plain": "plain"}, "metadata": {"a": "alert(1)"}},
        {"output_type": "execute_result", "data": active, "metadata": {}, "execution_count": 1},
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": "<svg alert(1)>", "image/jpeg": PNG}},
        {"output_type": "stream", "name": "<alert(1)>", "text": ["\x1b[31mred\x1b[0m\x07\x00", "\n"]},
        {"output_type": "error", "ename": 3, "evalue": None, "traceback": "alert(1)"},
        {"output_type": "alert(1)"},
        {"output_type": "display_data", "data": 3},
        "alert(1)",
    ]


def test_outputs_of_students_cannot_act(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][3]["outputs"] = hostile_outputs()
    content["cells"].append(code("1"))
    content["cells"][-1]["outputs"] = hostile_outputs()
    marked = mark(structure, content)
    for cell in (cell_of(marked, "double"), marked.cells[-1]):
        assert "alert" not in json.dumps(cell.outputs)
        assert cell.outputs[0].data == {"text/plain": "plain"}
        assert "not shown" in cell.outputs[1].data["text/plain"]
        assert cell.outputs[2].data == {"image/png": PNG}
        assert "text/plain" in cell.outputs[3].data
        assert (cell.outputs[4].name, cell.outputs[4].text) == ("stdout", "red\ufffd\ufffd\n")


def test_a_students_own_result_at_a_test_cell_is_gone(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][4]["outputs"] = [
        {"output_type": "execute_result", "data": {"text/plain": "4"}, "metadata": {}, "execution_count": 1}
    ]
    marked = mark(structure, content, {"test-double": [outcome("0", "4")]})
    assert determine_grade(cell_of(marked, "test-double")) == (0, 4)


def test_outputs_are_capped(structure: AssignmentStructure) -> None:
    content = student_notebook()
    flood = {"output_type": "stream", "name": "stdout", "text": "x" * 100_000}
    content["cells"][3]["outputs"] = [flood] * 100
    handin = assemble(structure, {FILE: dump(content)})
    (data,) = marked_notebooks(structure, handin, {}).values()
    assert len(data) < 60_000


ATTACK = "<img src=x onerror=alert(1)> </script><!-- <?php a < b and 1<2 <b>bold</b>"


def test_tags_in_students_text_do_not_begin(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][7]["source"] = ATTACK
    content["cells"].append(text(ATTACK))
    content["cells"].append({"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": ATTACK})
    marked = mark(structure, content)
    for cell in (cell_of(marked, "reflect-1"), *marked.cells[-2:]):
        assert not any(start in cell.source for start in ("<i", "</", "<!", "<?", "<b"))
        assert "a < b and 1<2" in cell.source
        assert cell.source.replace("\u2060", "") == ATTACK
    assert marked.cells[-1].metadata.raw_mimetype == "text/plain"


def test_only_bitmaps_are_attached(structure: AssignmentStructure) -> None:
    content = student_notebook()
    content["cells"][7]["attachments"] = {
        "plot.png": {"image/png": PNG, "text/html": "<script>"},
        "a.svg": {"image/svg+xml": "<svg/>"},
        "'><script>.png": {"image/png": PNG},
    }
    assert cell_of(mark(structure, content), "reflect-1").attachments == {"plot.png": {"image/png": PNG}}


def test_what_an_outcome_tells_is_escaped_text(structure: AssignmentStructure) -> None:
    told = outcome(
        "0",
        "4",
        title="A <b>title</b>",
        detail="<script>alert(1)</script>\x1b[31m",
        hint="look here",
        output="\u202eprinted",
        frames=(Frame("01_tensor.ipynb, cell 4", 3, "double", "return x"),),
        counterexample=Counterexample((("x", "[1]"),), "[2]", "[1]", "values differ"),
    )
    shown = cell_of(mark(structure, student_notebook(), {"test-double": [told]}), "test-double").outputs[0].data
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;" in shown["text/html"]
    for part in ("look here", "x = [1]", "expected: [2]", "got:      [1]", "cell 4, line 3", "failed: A <b>title"):
        assert part in shown["text/plain"]
    assert not {"\x1b", "\u202e"} & set(json.dumps(shown, ensure_ascii=False))


def test_the_same_gives_the_same_bytes(structure: AssignmentStructure) -> None:
    handin = assemble(structure, {FILE: dump(student_notebook())})
    assert marked_notebooks(structure, handin, FULL) == marked_notebooks(structure, handin, FULL)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["output_type", "data", "text", "name", "text/plain", "image/png"]), inner)
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(outputs=junk, attachments=junk)
def test_any_outputs_give_a_valid_copy(structure: AssignmentStructure, outputs: Any, attachments: Any) -> None:
    content = student_notebook()
    content["cells"][3]["outputs"] = outputs
    content["cells"][7]["attachments"] = attachments
    kinds = ["stream", "error", "display_data", "execute_result"]
    content["cells"][8]["outputs"] = [{"output_type": kind, "data": outputs, "text": outputs} for kind in kinds]
    mark(structure, content)


LINKS = """

[x](javascript:alert(1)) ![y](x onerror=alert(1)) [e](java&#115;cript&colon;alert(1)) [s]( javascript:alert(1))

<svg onload=alert(1)> <javascript:alert(1)> ![t](https://example.invalid/track.png) [r] [r][r]

[r]: javascript:alert(1)

$\\href{javascript:alert(1)}{x}$ \\\\(\\href{javascript:alert(1)}{x}\\\\) &#36;\\hr&#101;f{javascript:alert(1)}{x}&#36;
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # nbconvert's own
def test_the_page_that_nbconvert_makes_of_a_hostile_notebook_is_harmless(structure: AssignmentStructure) -> None:
    from nbconvert.exporters import HTMLExporter

    content = student_notebook()
    attack = ATTACK + LINKS
    for kind in ("raw", "markdown"):
        content["cells"].append({"cell_type": kind, "metadata": {"raw_mimetype": "text/html"}, "source": attack})
    content["cells"][7]["source"] = attack
    content["cells"].append(code("x = '<script>alert(1)</script>'"))
    content["cells"][3]["outputs"] = hostile_outputs()
    content["metadata"]["title"] = attack
    told = outcome("0", "4", detail=attack, output=attack)
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(
        mark(structure, content, {"test-double": [told]}), {"metadata": {"name": "x"}}
    )
    assert "alert(1)" in page  # as text
    tags = re.findall(r"<[a-zA-Z][^>]*>", page)
    assert tags
    assert not [tag for tag in tags if "alert" in tag or tag.startswith(("<svg", "<img src=x"))], tags
    assert not [tag for tag in tags if tag.startswith("<img") and "example.invalid" in tag]
    text_for_mathjax = html.unescape(re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL))  # it passes over <pre>
    assert "href{" in text_for_mathjax
    assert r"\href" not in text_for_mathjax
    assert "alert" not in "".join(re.findall(r"<script.*?</script>", page, re.DOTALL))
