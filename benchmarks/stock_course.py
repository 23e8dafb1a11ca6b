"""A course that knows nothing of ours: nbgrader as it comes, its default preprocessors, a kernel for each notebook."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import processes
from benchmarks.classes import BENCH, CLONE, CP00, CP01, Submission
from tito.course.config import Course
from tito.notebooks.assemble import solution_modules

FOLDER = BENCH / "stock"


class StockCourse:
    """The folder, with checkpoint 01 generated and the hand-ins in `submitted/`."""

    def __init__(self, course: Course, submissions: Sequence[Submission], folder: Path = FOLDER) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(course.paths.source / CP01.slug, folder / "source" / CP01.slug)
        self._write_package(course)
        self._env = self._environment()
        self._nbgrader("generate_assignment", CP01.slug, "--create")
        shutil.copy2(folder / "gradebook.db", folder / "gradebook.generated")
        for one in submissions:
            place = folder / "submitted" / one.student / CP01.slug
            place.mkdir(parents=True)
            for name, content in one.files.items():
                (place / name).write_bytes(content)

    def autograde(self, students: str) -> processes.Ran:
        """Grade the hand-ins of the students that a glob names, as if for the first time, in one process."""
        shutil.rmtree(self.folder / "autograded", ignore_errors=True)
        shutil.copy2(self.folder / "gradebook.generated", self.folder / "gradebook.db")
        ran = self._nbgrader("autograde", CP01.slug, f"--CourseDirectory.student_id={students}")
        self._check(students)
        return ran

    def _nbgrader(self, *arguments: str) -> processes.Ran:
        command = [sys.executable, "-m", "nbgrader", *arguments, "--log-level=WARN"]
        return processes.run(command, cwd=self.folder, env=self._env)

    def _check(self, students: str) -> None:
        """Every hand-in was executed; a comparison with a notebook that stopped at its first import would be a lie."""
        handed_in = {path.parent.name for path in self.folder.glob(f"submitted/{students}/{CP01.slug}")}
        graded = {path.parent.parent.name for path in self.folder.glob(f"autograded/{students}/{CP01.slug}/*.ipynb")}
        if handed_in != graded:
            raise processes.ProcessFailed(f"nbgrader graded {sorted(graded)} of {sorted(handed_in)}")
        for student in graded:
            (path,) = self.folder.glob(f"autograded/{student}/{CP01.slug}/*.ipynb")
            cells = [cell for cell in json.loads(path.read_bytes())["cells"] if cell["cell_type"] == "code"]
            if any(cell["source"] and cell["execution_count"] is None for cell in cells):
                raise processes.ProcessFailed(f"nbgrader left cells of {student} out")

    def errors(self, student: str) -> list[str]:
        """The names of the errors in a graded notebook."""
        (path,) = self.folder.glob(f"autograded/{student}/{CP01.slug}/*.ipynb")
        outputs = [out for cell in json.loads(path.read_bytes())["cells"] for out in cell.get("outputs", ())]
        return [out["ename"] for out in outputs if out["output_type"] == "error"]

    def _write_package(self, course: Course) -> None:
        """What the notebook imports: module 00, finished, as `tinytorch.core.setup`."""
        package = self.folder / "package" / "tinytorch" / "core"
        package.mkdir(parents=True)
        (package.parent / "__init__.py").touch()
        (package / "__init__.py").touch()
        for module in solution_modules(course, CP00):
            text = "\n\n".join(cell.source for cell in module.cells)
            (package / f"{module.name.rpartition('.')[2]}.py").write_text(text, encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        """The kernel finds the checks that the test cells import, and nobody writes outside the folder."""
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ
        }
        home = self.folder / "home"
        own = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
        return kept | {name: str(home / name.lower()) for name in own} | {
            # It starts `alembic`, which may be installed in this environment only.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath))),
            "PYTHONPATH": os.pathsep.join((str(self.folder / "package"), str(CLONE))),
            "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
