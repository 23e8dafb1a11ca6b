"""Keep `reference_impl/NN_name.py` (text, which people review) and `source/*/NN_name.ipynb` (nbgrader's) the same.

Which side was changed is told by a digest of the cells that the last sync wrote into the notebook's metadata: it is
committed with the notebook, so a fresh clone knows it too, and clocks play no part. When both sides were changed
since, that is a conflict: both are named and nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import jupytext

from tito.notebooks.document import NotebookError, clean_text, read_notebook
from tito.notebooks.files import dump_notebook, write_atomically

if TYPE_CHECKING:
    from tito.course.checkpoints import Checkpoint, Module
    from tito.course.config import Course

Json = dict[str, Any]
Action = Literal["unchanged", "text to notebook", "notebook to text"]

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What JupyterLab or nbgrader put there by themselves; it is no edit.
_NOISE = {"trusted", "scrolled", "collapsed", "autoscroll", "ExecuteTime", "execution", "editable", "deletable"}
_GENERATED = {"checksum", "cell_type"}
_SAFE_ID = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class PairedCell:
    """One cell as both sides know it; `metadata` is canonical JSON."""

    kind: str
    source: str
    metadata: str

    @property
    def grade_id(self) -> str | None:
        """The nbgrader id, if the cell has one."""
        claim = json.loads(self.metadata).get("nbgrader")
        grade_id = claim.get("grade_id") if isinstance(claim, dict) else None
        return grade_id if isinstance(grade_id, str) else None


Cells = tuple[PairedCell, ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did, or would do, for one module."""

    module: str
    action: Action
    text: Path
    notebook: Path
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    synced: Synced
    writes: tuple[tuple[Path, bytes], ...]


def sync(course: Course, checkpoints: Iterable[Checkpoint], *, check_only: bool = False) -> tuple[Synced, ...]:
    """Bring text and notebooks of the checkpoints together; modules that have neither are passed over.

    With `check_only` nothing is written and `written` tells what would be.
    Raises NotebookError, before anything is written, when both sides of a module were changed or one cannot be read.
    """
    plans: list[_Plan] = []
    problems: list[NotebookError] = []
    for checkpoint in checkpoints:
        for module in checkpoint.modules:
            try:
                plan = _plan(course, checkpoint, module)
            except NotebookError as problem:
                problems.append(problem)
                continue
            if plan is not None:
                plans.append(plan)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        raise NotebookError(first.what + more, where=first.where, expected=first.expected, next_step=first.next_step)
    if not check_only:
        for plan in plans:
            for path, data in plan.writes:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, data)
    return tuple(plan.synced for plan in plans)


def cells_of_text(text: str) -> Cells:
    """Read the cells of a py:percent file. Raises ValueError where jupytext does."""
    return tuple(_cell(cell) for cell in jupytext.reads(clean_text(text), fmt="py:percent").cells)


def text_of_cells(cells: Cells, header: str = HEADER) -> str:
    """Write cells as a py:percent file below a header."""
    content = jupytext.reads(notebook_of_cells(cells).decode(), fmt="ipynb")
    content.metadata["jupytext"] = {"cell_metadata_filter": "all", "notebook_metadata_filter": "-all"}
    written: str = jupytext.writes(content, fmt="py:percent")
    return header + _split_header(written)[1]


def notebook_of_cells(cells: Cells) -> bytes:
    """Write cells as a notebook without outputs, with stable ids and the digest of this state."""
    ids = _ids(cells)
    written = []
    for cell, name in zip(cells, ids, strict=True):
        plain: Json = {"cell_type": cell.kind, "id": name, "metadata": json.loads(cell.metadata), "source": cell.source}
        if cell.kind == "code":
            plain.update(execution_count=None, outputs=[])
        written.append(plain)
    metadata = {**KERNEL, "tito": {"synced": cells_digest(cells)}}
    return dump_notebook({"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def cells_digest(cells: Cells) -> str:
    """The digest of what both sides say."""
    plain = [[cell.kind, cell.source, cell.metadata] for cell in cells]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _plan(course: Course, checkpoint: Checkpoint, module: Module) -> _Plan | None:
    text_path = Path(course.paths.reference_impl) / f"{module.slug}.py"
    notebook_path = Path(course.paths.source) / checkpoint.slug / f"{module.slug}.ipynb"
    text = _read(text_path)
    notebook = _read(notebook_path)
    if text is None and notebook is None:
        return None
    text_cells = None if text is None else _text_cells(text, text_path)
    header = HEADER if text is None else _split_header(clean_text(text.decode("utf-8-sig")))[0] or HEADER
    notebook_cells, recorded = (None, None) if notebook is None else _notebook_cells(notebook, notebook_path)
    action, cells = _decide(text_cells, notebook_cells, recorded, text_path, notebook_path)
    writes: list[tuple[Path, bytes]] = []
    if action == "notebook to text":
        written = text_of_cells(cells, header)
        if cells_of_text(written) != cells:
            raise NotebookError(
                "the notebook says something that the text format cannot hold",
                where=f"{notebook_path}, {_first_difference(cells_of_text(written), cells)}",
                next_step="simplify that cell (a `# %%` line inside a cell is the usual cause)",
            )
        if written.encode() != text:
            writes.append((text_path, written.encode()))
    rendered = notebook_of_cells(cells)
    if rendered != notebook:
        writes.append((notebook_path, rendered))
    return _Plan(
        Synced(module.slug, action, text_path, notebook_path, tuple(path for path, _ in writes)), tuple(writes)
    )


def _decide(
    text: Cells | None, notebook: Cells | None, recorded: str | None, text_path: Path, notebook_path: Path
) -> tuple[Action, Cells]:
    if notebook is None:
        assert text is not None
        return "text to notebook", text
    if text is None:
        return "notebook to text", notebook
    if text == notebook:
        return "unchanged", text
    if cells_digest(notebook) == recorded:
        return "text to notebook", text
    if cells_digest(text) == recorded:
        return "notebook to text", notebook
    known = "since the last sync" if recorded else "and no sync is recorded"
    raise NotebookError(
        f"both {text_path.name} and {notebook_path.name} were changed {known}",
        where=f"{text_path} and {notebook_path}, first at {_first_difference(text, notebook)}",
        expected="changes on one side",
        next_step="carry the changes of one file over into the other and delete the first; then sync again",
    )


def _first_difference(one: Cells, other: Cells) -> str:
    for number, (left, right) in enumerate(zip(one, other, strict=False), 1):
        if left != right:
            return f"cell {number}" + (f" ({left.grade_id})" if left.grade_id else "")
    return f"cell {min(len(one), len(other)) + 1}"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotebookError(
            f"the file cannot be read: {error.strerror}", where=str(path), next_step="check its permissions"
        ) from error


def _text_cells(data: bytes, path: Path) -> Cells:
    try:
        return cells_of_text(data.decode("utf-8-sig"))
    except (ValueError, SyntaxError) as error:  # UnicodeDecodeError and a header that is not YAML are ValueErrors
        raise NotebookError(
            f"the text cannot be read as a notebook: {error}",
            where=str(path),
            expected="UTF-8 text with `# %%` cells (jupytext's py:percent)",
            next_step="correct the file",
        ) from error


def _notebook_cells(data: bytes, path: Path) -> tuple[Cells, str | None]:
    notebook = read_notebook(data, str(path))
    metadata = notebook.raw.get("metadata")
    ours = metadata.get("tito") if isinstance(metadata, dict) else None
    recorded = ours.get("synced") if isinstance(ours, dict) else None
    cells = tuple(
        _paired(cell.kind, cell.source, notebook.raw["cells"][cell.index].get("metadata") or {})
        for cell in notebook.cells
    )
    return cells, recorded if isinstance(recorded, str) else None


def _cell(node: Any) -> PairedCell:
    return _paired(node["cell_type"], node["source"], node.get("metadata", {}))


def _paired(kind: str, source: str, metadata: Json) -> PairedCell:
    kept = {key: value for key, value in metadata.items() if key not in _NOISE}
    if isinstance(kept.get("nbgrader"), dict):
        kept["nbgrader"] = {key: value for key, value in kept["nbgrader"].items() if key not in _GENERATED}
    # The text format ends a cell at its last line that says something.
    return PairedCell(kind, source.strip("\n"), json.dumps(kept, sort_keys=True))


def _ids(cells: Cells) -> list[str]:
    """Ids that stay when other cells change: the grade_id, or the one before it with a count."""
    ids: list[str] = []
    anchor, count = "start", 0
    for cell in cells:
        if cell.grade_id:
            anchor, count = _SAFE_ID.sub("-", cell.grade_id)[:50], 0
            name = anchor
        else:
            count += 1
            name = f"{anchor}--{count}"
        while name in ids:
            name += "-"
        ids.append(name)
    return ids


def _split_header(text: str) -> tuple[str, str]:
    """Part a text into its `# ---` header with the blank lines after it, and the cells."""
    match = re.match(r"# ---\n(?:#.*\n)*?# ---\n\n*", text)
    return (match.group(), text[match.end() :]) if match else ("", text)
