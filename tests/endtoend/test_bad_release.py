"""A release that nbgrader's database does not let through: what to do is said, and doing it works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.endtoend.place import FILE, ROOT, Place
from tests.grading.mini import CP01

SUBMITTED = """
import sys, warnings
warnings.simplefilter("ignore")
from nbgrader.api import Gradebook
with Gradebook(sys.argv[1]) as database:
    database.add_student("ana")
    database.add_submission(sys.argv[2], "ana")
"""


def test_cells_added_after_nbgrader_has_submissions(place: Place) -> None:
    config = place.root / "course_config.py"
    database = f"sqlite:///{place.course.paths.nbgrader_database}"
    config.write_text(f"{config.read_text()}c.CourseDirectory.db_url = {database!r}\n")
    (place.root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    place.tito("assignment", "release", "1").well()
    subprocess.run([sys.executable, "-c", SUBMITTED, database, CP01.slug], check=True, env=place.environment)
    released = place.course.paths.release / CP01.slug / FILE
    before = released.read_bytes()
    source = place.course.paths.source / CP01.slug / FILE
    content = json.loads(source.read_text())
    cell = json.loads(json.dumps(content["cells"][1]))
    cell["metadata"]["nbgrader"]["grade_id"] = "one-more"
    content["cells"].append({**cell, "id": "one-more"})
    source.write_text(json.dumps(content))
    remove = f"nbgrader db assignment remove {CP01.slug} --force"
    place.tito("assignment", "release", "1").refused(
        f"nbgrader's database holds submissions of {CP01.slug}", "nothing was released", "put the cells back", remove
    )
    assert released.read_bytes() == before
    command = [str(Path(sys.executable).parent / "nbgrader"), *remove.split()[1:]]
    subprocess.run(command, check=True, cwd=place.root, env=place.environment, capture_output=True)
    place.tito("assignment", "release", "1").well()
    assert b"one-more" in released.read_bytes()
