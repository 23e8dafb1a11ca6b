"""The course as the containers of docker-compose.yml see it, mounted here: they may write what they need."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from tests.endtoend.disk import UNSHARE, can_mount
from tests.grading import mini
from tests.needs import needs
from tito.gradebook import Gradebook
from tito.gradebook.models import PublishedGrade
from tito.gradebook.services.roster import RosterEntry, import_roster

ROOT = Path(__file__).resolve().parents[2]
COURSE = "/course"
TAKES_IN = """
import sys
from pathlib import Path
from tests.grading import mini
from tito.course.config import load_course
from tito.grading.intake import HandIn, take_in
from tito.hub.assignments import hand_over
from tito.hub.service import Service
service = Service.open(load_course(Path(sys.argv[1])))
hand_over(service.course, service.gradebook, mini.CP01, mini.untouched(mini.CP01), "instructor:test")
handin = HandIn("ana", mini.CP01.slug, mini.handin(mini.CP01))
recorded = take_in(service.course, service.gradebook, handin, actor="student:ana", source="hub", enforce=True)
service.close()
sys.exit(not recorded.accepted)
"""
PROBES = """
test ! -s "$1/.env"
test -z "$(ls -A "$1/hub")"
echo changed > "$1/.env" || true
for file in course_config.py graders/new source/new hub/new; do
    if (echo changed > "$1/$file") 2>/dev/null; then exit 1; fi
done
"""


@pytest.fixture
def course(tmp_path: Path) -> mini.Course:
    """A course with what an installation has beside it."""
    course = mini.build(tmp_path / "clone")
    for folder in (".tito", "autograded", "hub"):
        (course.root / folder).mkdir(exist_ok=True)
    (course.root / ".env").write_text("TITO_OIDC_CLIENT_SECRET=a secret\n", encoding="utf-8")
    (course.root / "hub" / "jupyterhub_config.py").write_text("c = get_config()\n", encoding="utf-8")
    with Gradebook.open(course.database_url, create=True) as book, book.begin("instructor:test") as work:
        import_roster(work, [RosterEntry("ana", "Ana")])
    return course


def inside(name: str, clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where the clone is mounted as a service of docker-compose.yml has it; $1 is the course there."""
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"][name]
    place = clone.parent / f"course of {name}"
    place.mkdir()
    steps = ["set -e"]
    for bind in [one for one in service["volumes"] if isinstance(one, dict)]:
        source, target = clone / bind["source"], f"{place}{bind['target'].removeprefix(COURSE)}"
        steps.append(shlex.join(["mount", "--bind", str(source), target]))
        if bind.get("read_only") and source.is_dir():
            steps.append(shlex.join(["mount", "-o", "remount,bind,ro", target]))
    for where, _, options in (one.partition(":") for one in service["tmpfs"] if one.startswith(COURSE)):
        target = f"{place}{where.removeprefix(COURSE)}"
        steps.append(shlex.join(["mount", "-t", "tmpfs", "-o", options, "tmpfs", target]))
    steps.append('cd "$1" && shift && exec "$@"')
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    words = [word.replace("{course}", str(place)) for word in command]
    return subprocess.run(
        [*UNSHARE, "sh", "-c", "\n".join(steps), "sh", str(place), *words],
        env=environment | {"HOME": str(clone.parent), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@needs("a machine that lets its users mount a disk", there=can_mount())
def test_service_and_grader_do_their_work_and_cannot_change_what_the_hub_runs(course: mini.Course) -> None:
    took = inside("service", course.root, sys.executable, "-c", TAKES_IN, "{course}")
    assert took.returncode == 0, took.stderr
    graded = inside("grader", course.root, "tito", "-C", "{course}", "grade")
    assert graded.returncode == 0, graded.stderr
    with Gradebook.open(course.database_url) as book, book.read() as session:
        assert session.scalar(select(func.count(PublishedGrade.id))) == 1
    assert list((course.root / "autograded").glob("ana/*/result.json"))


@pytest.mark.slow
@needs("a machine that lets its users mount a disk", there=can_mount())
@pytest.mark.parametrize("name", ["service", "grader"])
def test_what_is_the_hubs_cannot_be_read_or_changed(course: mini.Course, name: str) -> None:
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    tried = inside(name, course.root, "sh", "-e", "-c", PROBES, "sh", "{course}")
    assert tried.returncode == 0, tried.stderr
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before
