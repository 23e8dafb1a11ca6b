"""Notebooks as attacks, from the hand-in to the marked copy: what they claim counts nothing and touches nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import nbformat
import pytest

from tests.attacks.attackers import FULL, build
from tests.grading import mini
from tests.grading.mini import CP01
from tito.grading.engine import grade_pending
from tito.grading.intake import HandIn, take_in
from tito.notebooks.outputs import tame_markdown
from tito.sandbox.tier import Tier

Notebook = dict[str, Any]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
WRONG = "#| export\ndef double(x):\n    return x\n"


def cell(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    return next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def meta(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    found: dict[str, Any] = cell(notebook, grade_id)["metadata"]["nbgrader"]
    return found


def points_forged(notebook: Notebook) -> None:
    for number, one in enumerate(notebook["cells"]):
        one["metadata"].get("nbgrader", {})["points"] = [1000, -5, 1e999, "70", 10**400, True][number % 6]
    cell(notebook, "double")["source"] = WRONG


def every_cell_graded(notebook: Notebook) -> None:
    for one in notebook["cells"]:
        one["metadata"].setdefault("nbgrader", {"grade_id": "mine"}).update(grade=True, solution=True, locked=False)


def emptied_tests(notebook: Notebook) -> None:
    for grade_id in ("test-double", "test-shout"):
        cell(notebook, grade_id)["source"] = "pass"
    cell(notebook, "double")["source"] = WRONG


def renamed_tests(notebook: Notebook) -> None:
    meta(notebook, "test-double")["grade_id"] = "test-shout"
    cell(notebook, "double")["source"] = WRONG


def deleted_tests_and_reversed_order(notebook: Notebook) -> None:
    notebook["cells"] = [
        one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade") is not True
    ]
    notebook["cells"].reverse()


def solutions_doubled(notebook: Notebook) -> None:
    notebook["cells"] += [json.loads(json.dumps(cell(notebook, "double"))) for _ in range(500)]
    notebook["cells"][-1]["source"] = WRONG


def solution_as_markdown(notebook: Notebook) -> None:
    cell(notebook, "shout")["cell_type"] = "markdown"
    cell(notebook, "reflect-1")["cell_type"] = "code"
    cell(notebook, "reflect-1")["source"] = "#| export\nraise SystemExit\n"


def another_module(notebook: Notebook) -> None:
    notebook["cells"].insert(
        0, {**cell(notebook, "given"), "metadata": {}, "source": "#| default_exp core.setup\n#| export\n"}
    )
    notebook["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "\x1b[2J"}, "x": [[[1e400]]]}


def surrogates_everywhere(notebook: Notebook) -> None:
    notebook["metadata"] = {"kernelspec": {"name": "\ud800", "language": "\udfff\x00"}, "\ud800": "\ud800"}
    for one in notebook["cells"]:
        one["id"] = "\ud800" * 200
        one["metadata"]["tags"] = ["\ud800", {"\udc00": 10**4000}]
        one["source"] = one["source"] + "\n# \ud800\x00\u202e"


def outputs_that_act(notebook: Notebook) -> None:
    data = {"text/html": "<script>alert(1)</script>", "image/svg+xml": SVG, "application/javascript": "alert(1)"}
    outputs = [
        {"output_type": "display_data", "data": data, "metadata": {"isolated": True}},
        {"output_type": "display_data", "data": {"text/plain": "\x1b]8;;http://evil\x07"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[2J\u202e"] * 1000},
        {"output_type": "error", "ename": SVG, "evalue": 7, "traceback": [SVG, None, 3]},
        {"output_type": "execute_result", "data": {"text/plain": "70"}, "execution_count": 1, "metadata": {}},
        {"output_type": [], "data": 3}, 7, None, "x", {"output_type": "display_data", "data": {"image/png": "é" * 99}},
    ]  # fmt: skip
    for one in notebook["cells"]:
        one["outputs"] = outputs
        one["attachments"] = {"a.svg": {"image/svg+xml": SVG}, "../../x.png": {"image/png": "AAAA"}, "b": 3}
    written = cell(notebook, "reflect-1")
    written["source"] = f"{SVG}<script>alert(1)</script>[x](javascript:alert(1)) ![](http://evil/x.png) \x1b[2J"
    cell(notebook, "shout")["source"] += "# changed"


def magics_and_shell(notebook: Notebook) -> None:
    cell(notebook, "double")["source"] = "#| export\n!touch /tmp/owned\n%run /etc/passwd\nget_ipython().system('id')\n"
    cell(notebook, "shout")["source"] = "%%bash\n#| export\ntouch /tmp/owned\n"


def compiler_broken(notebook: Notebook) -> None:
    cell(notebook, "double")["source"] = "#| export\nx = " + "-" * 300_000 + "1\n"
    cell(notebook, "shout")["source"] = "#| export\nx = " + "(" * 300_000 + "\n"


def two_thousand_cells(notebook: Notebook) -> None:
    extra = {"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "execution_count": None}
    room = 2_000 - len(notebook["cells"])
    notebook["cells"] += [{**extra, "source": f"#| export\nname_{number} = {number}"} for number in range(room)]


# What each hostile notebook earns of 70. Solved cells count, whatever stands around them.
EARNS: list[tuple[Callable[[Notebook], None], int]] = [
    (points_forged, 30),
    (every_cell_graded, 70),
    (emptied_tests, 30),
    (renamed_tests, 30),
    (deleted_tests_and_reversed_order, 70),
    (solutions_doubled, 70),
    (solution_as_markdown, 70),
    (another_module, 70),
    (surrogates_everywhere, 70),
    (outputs_that_act, 70),
    (magics_and_shell, 0),
    (compiler_broken, 0),
    (two_thousand_cells, 70),
]

# What is refused at once, with words for its author that are in the reason.
REFUSED: dict[str, tuple[bytes, str]] = {
    "many-cells": (b'{"nbformat":4,"cells":[' + b'{"cell_type":"raw","source":""},' * 100_000 + b"{}]}", "cells"),
    "deep": (b'{"nbformat":4,"cells":' + b"[" * 100_000, "nested"),
    "deep-closed": (b'{"nbformat":4,"cells":' + b"[" * 900 + b"]" * 900 + b"}", "nested"),
    "many-values": (b"[" + b"0," * 1_500_000 + b"0]", "JSON values"),
    "long-number": (b'{"nbformat":4,"cells":[],"x":' + b"9" * 1_000_000 + b"}", "not valid JSON"),
    "unclosed-text": (b'{"nbformat":4,"cells":["' + b"\\\\" * 1_000_000, "not valid JSON"),
    "no-text": (b"\xff\xfe\x00\x00", "not UTF-8"),
    "another-version": (b'{"nbformat":1e1,"cells":[]}', "format version"),
    "nothing-of-ours": (b'{"nbformat":4,"cells":[]}', "none of this checkpoint's cells"),
    "long-source": (
        b'{"nbformat":4,"cells":[{"cell_type":"code","metadata":{},"source":"' + b"x" * 500_000 + b'"}]}',
        "too long",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    course = build(tmp_path_factory.mktemp("notebooks") / "course")
    names = [change.__name__.replace("_", "-") for change, _ in EARNS]
    gradebook = mini.enrol(course, "aaron", *names, *REFUSED, "zoe")
    files = {name: mini.notebook(CP01) for name in ("aaron", *names, "zoe")}
    for (change, _), name in zip(EARNS, names, strict=True):
        change(files[name])
    contents = {name: json.dumps(notebook).encode() for name, notebook in files.items()}
    contents |= {name: content for name, (content, _) in REFUSED.items()}
    taken = {
        name: take_in(
            course,
            gradebook,
            HandIn(name, CP01.slug, {"01_tensor.ipynb": content}),
            actor="instructor:test",
            source="test",
        )
        for name, content in contents.items()
    }
    summary = grade_pending(course, gradebook, actor="instructor:test", lanes=1, tier=Tier.LANDLOCK)
    return course, taken, {one.task.student_id: one for one in summary.graded}


@pytest.mark.parametrize(("change", "earned"), EARNS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_hostile_notebook_earns_what_its_solutions_do(
    graded: Any, change: Callable[[Notebook], None], earned: int
) -> None:
    name = change.__name__.replace("_", "-")
    _, taken, results = graded
    assert taken[name].accepted, taken[name].message
    result = results[name].result
    assert result is not None, results[name].fault
    assert result.earned == Decimal(earned)
    assert result.possible == FULL


@pytest.mark.parametrize("change", [change for change, _ in EARNS], ids=lambda change: change.__name__)
def test_its_marked_copy_is_valid_and_says_the_servers_points(graded: Any, change: Callable[[Notebook], None]) -> None:
    course, _, _ = graded
    path = course.paths.autograded / change.__name__.replace("_", "-") / CP01.slug / "01_tensor.ipynb"
    text = path.read_text(encoding="utf-8")
    marked = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(marked)
    claims = {
        one.metadata.nbgrader.grade_id: one.metadata.nbgrader for one in marked.cells if "nbgrader" in one.metadata
    }
    points = {grade_id: claim.points for grade_id, claim in claims.items() if claim.grade}
    assert points == {"test-double": 40, "test-shout": 30, "reflect-1": 30}
    kinds = {kind for one in marked.cells for output in one.get("outputs", []) for kind in output.get("data", {})}
    assert kinds <= {"text/plain", "text/html", "image/png", "image/jpeg"}
    for one in marked.cells:
        html = [output.data["text/html"] for output in one.get("outputs", []) if "text/html" in output.get("data", {})]
        assert not html or one.metadata.nbgrader.grade_id.startswith("test-")
        assert not any("<script" in page or "<svg" in page for page in html)
        assert not one.get("attachments")
    answer = next(one for one in marked.cells if one.metadata.get("nbgrader", {}).get("grade_id") == "reflect-1")
    assert "<script" not in answer.source
    assert "](javascript" not in answer.source


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_graded_is_refused_with_the_reason(graded: Any, name: str) -> None:
    _, taken, results = graded
    assert not taken[name].accepted
    assert REFUSED[name][1] in taken[name].message
    assert len(taken[name].message) < 2_000
    assert name not in results


def test_the_honest_ones_were_graded(graded: Any) -> None:
    _, _, results = graded
    assert {results[name].result.earned for name in ("aaron", "zoe")} == {FULL}


@pytest.mark.parametrize(
    "text",
    [
        r"$\mmlToken{mi}[href='javascript:alert(1)']{x}$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{position:fixed}{x}$",
        r"$\data{onclick=alert(1)}{x}$",
        "[x](javascript:alert(1))",
        "[x]: javascript:alert(1)",
        "![x](http://evil/?)",
        "<img src=x onerror=alert(1)>",
        "&lt;script&gt;",
        "<!-- --><a href=javascript:alert(1)>",
    ],
)
def test_nothing_active_begins_in_a_written_answer(text: str) -> None:
    tamed = tame_markdown(f"Before {text} after")
    for start in ("<i", "<a", "<!", "&l", "](java", "](http", "]:", r"\href", r"\style", r"\data", r"\mmlToken"):
        assert start not in tamed
    assert tamed.replace("\u2060", "") == f"Before {text} after"  # and it still reads the same
