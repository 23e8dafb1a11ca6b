"""A tiny course for tests: one checkpoint with one notebook, and notebooks that students might hand in."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "01_tensor.ipynb"

Json = dict[str, Any]


@dataclass(frozen=True)
class Paths:
    root: Path

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def reference_impl(self) -> Path:
        return self.root / "reference_impl"

    @property
    def state(self) -> Path:
        return self.root / ".tito"


@dataclass(frozen=True)
class FakeCourse:
    """As much of a Course as this package reads."""

    root: Path
    course_id: str = "tinytorch"

    @property
    def paths(self) -> Paths:
        return Paths(self.root)


def nbgrader(grade_id: str, **claims: Any) -> Json:
    meta = {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {"nbgrader": {**meta, **claims}}


def code(source: str, metadata: Json | None = None) -> Json:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "",
        "metadata": metadata or {},
        "outputs": [],
        "source": source,
    }


def text(source: str, metadata: Json | None = None) -> Json:
    return {"cell_type": "markdown", "id": "", "metadata": metadata or {}, "source": source}


def notebook(*cells: Json) -> Json:
    numbered = [{**copy.deepcopy(cell), "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def dump(content: Any) -> bytes:
    return json.dumps(content, indent=1).encode()


SOLUTION = (
    "#| export\ndef double(x):\n    ### BEGIN SOLUTION\n    secret_factor = 2\n"
    "    return x * secret_factor\n    ### END SOLUTION\n"
)
STUB = "#| export\ndef double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"


def source_notebook() -> Json:
    """The instructor's notebook: cells 1-9."""
    return notebook(
        text("# Tensors\n\nA story."),
        code("#| default_exp core.tensor"),
        code("#| export\nimport numpy as np\n", nbgrader("imports", locked=True)),
        code(SOLUTION, nbgrader("double", solution=True)),
        code("check(double(2), 4, 'double')", nbgrader("test-double", grade=True, locked=True, points=4)),
        code(
            "#| export\ndef triple(x):\n    ### BEGIN SOLUTION\n    return x + x + x\n    ### END SOLUTION",
            nbgrader("triple", solution=True),
        ),
        code("check(triple(2), 6, 'triple')", nbgrader("test-triple", grade=True, locked=True, points=2.5)),
        text(
            "Why does it work?\n\nBecause addition repeats itself.",
            nbgrader("reflect-1", grade=True, solution=True, points=10),
        ),
        code("print(double(21))"),
    )


def released_notebook() -> Json:
    """What a student gets."""
    content = source_notebook()
    content["cells"][3]["source"] = STUB
    content["cells"][5]["source"] = "#| export\ndef triple(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    content["cells"][7]["source"] = "YOUR ANSWER HERE"
    return content


def student_notebook(double: str = "    return x + x\n", triple: str = "    return 3 * x") -> Json:
    """A finished notebook."""
    content = released_notebook()
    content["cells"][3]["source"] = "#| export\ndef double(x):\n" + double
    content["cells"][5]["source"] = "#| export\ndef triple(x):\n" + triple
    content["cells"][7]["source"] = "It adds."
    return content


def make_course(root: Path) -> FakeCourse:
    folder = root / "source" / "cp01_foundation"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(dump(source_notebook()))
    return FakeCourse(root)
