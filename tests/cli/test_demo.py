from __future__ import annotations

import ast
import csv
import io
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cli.conftest import Run
from tests.grading.mini import CP00, CP01
from tito.cli.classroom import AHEAD, SIZE, Pupil, go_on, make_class, roster_csv
from tito.cli.demo_course import fresh_course
from tito.cli.hub_demo import prepare
from tito.cli.screen import Screen
from tito.cli.state import State
from tito.course.config import CONFIG_FILE, Course, load_course
from tito.course.reading import DATABASE_VARIABLE, FOLDERS
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.models import Student
from tito.gradebook.rosterfile import parse_roster
from tito.hub.running import free_ports
from tito.notebooks.assemble import assemble
from tito.notebooks.structure import AssignmentStructure


@pytest.fixture
def pupils(course: Course) -> list[Pupil]:
    return make_class(course, [CP00, CP01])


def kind(pupil: Pupil) -> str:
    return pupil.story.partition(":")[0]


def test_the_class_is_the_same_each_time(course: Course, pupils: list[Pupil]) -> None:
    again = make_class(course, [CP00, CP01])
    assert [(pupil, pupil.work) for pupil in again] == [(pupil, pupil.work) for pupil in pupils]
    assert make_class(course, [CP00, CP01], seed=1)[0].student_id != pupils[0].student_id


def test_the_class_has_every_kind_and_real_ids(pupils: list[Pupil]) -> None:
    assert len(pupils) == SIZE
    assert {kind(pupil) for pupil in pupils} == {
        "finished",
        "mistake",
        "hostile",
        "half finished",
        "untouched",
        "syntax error",
    }
    assert len({pupil.student_id for pupil in pupils}) == SIZE
    assert len({pupil.name for pupil in pupils}) == SIZE
    assert sum(not pupil.name.isascii() for pupil in pupils) >= 10


@pytest.mark.parametrize("size", [2, 5, 24, 60])
def test_a_class_of_any_size(course: Course, size: int) -> None:
    made = make_class(course, [CP00, CP01], size)
    assert len({pupil.student_id for pupil in made}) == size
    if size >= 5:
        assert {"finished", "mistake", "hostile"} <= {kind(pupil) for pupil in made}


def test_the_roster_is_one_that_import_takes(pupils: list[Pupil]) -> None:
    text = roster_csv(pupils)
    assert len(parse_roster(text.encode("utf-8-sig"), "roster.csv").clean()) == SIZE
    assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == [pupil.name for pupil in pupils]


def test_each_kind_of_work_is_what_it_says(course: Course, pupils: list[Pupil]) -> None:
    structure = AssignmentStructure.read(course, CP01)
    for pupil in pupils:
        files = pupil.work[CP01.slug]
        handin = assemble(structure, files)
        cells = {cell.label: cell.source for module in handin.modules for cell in module.cells}
        if kind(pupil) == "untouched":
            assert set(handin.untouched) == {"double", "shout"}
        elif kind(pupil) == "half finished":
            assert handin.untouched
        elif kind(pupil) == "syntax error":
            with pytest.raises(SyntaxError):
                [ast.parse(source) for source in cells.values()]
        elif kind(pupil) in ("finished", "mistake"):
            assert not handin.untouched
            assert ".astype(np.float32)" in " ".join(cells.values()) or kind(pupil) == "mistake"
        if pupil.story == "hostile: claims 1000 points":
            assert any("points were changed" in note for note in handin.notes)
        if pupil.story == "hostile: 10 MB notebook":
            assert sum(map(len, files.values())) > 10_000_000
        for attack in ("os.fork", "os._exit", "/etc/passwd"):
            if attack in json.dumps([content.decode() for content in files.values()]):
                assert any(attack in source for source in cells.values()), pupil.story


def test_some_are_ahead_of_the_class(course: Course) -> None:
    pupils = make_class(course, [CP00], 12)
    assert not any(CP01.slug in pupil.work for pupil in pupils)
    ahead = go_on(course, pupils, [CP01])
    assert [pupil.story for pupil in ahead] == ["finished"] * AHEAD
    assert [pupil for pupil in pupils if CP01.slug in pupil.work] == ahead
    for pupil in ahead:
        assert not assemble(AssignmentStructure.read(course, CP01), pupil.work[CP01.slug]).untouched
    assert go_on(course, pupils, []) == ahead


def test_a_fresh_course_is_made_again_and_the_clone_only_read(course: Course) -> None:
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    for _ in range(2):
        made = fresh_course(course.root)
        target = made.root
        assert target == course.root / ".tito" / "demo"
        assert not (target / "rubbish").exists()
        (target / "rubbish").touch()
    assert {path: path.read_bytes() for path in before} == before
    assert made.database_url.endswith(str(target / ".tito" / "gradebook.db"))
    assert made.assessment(0).due_at is not None
    assert made.paths.secret.stat().st_mode & 0o077 == 0
    assert fresh_course(target).root == target


@pytest.fixture
def real(course: Course, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything is that a course in use names for its records: in its config, and in the environment."""
    folder = course.root.parent / "real"
    lines = [
        f'c.TitoCourse.database_url = "sqlite:///{folder}/configured.db"',
        f'c.CourseDirectory.db_url = "sqlite:///{folder}/nbgrader.db"',
        f'c.CourseDirectory.root = "{course.root}"',
        *(f'c.CourseDirectory.{step}_directory = "{folder}/{step}"' for step in FOLDERS[1:]),
    ]
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as config:
        config.write("\n".join(["", *lines, ""]))
    monkeypatch.setenv(DATABASE_VARIABLE, f"sqlite:///{folder}/environment.db")
    return folder


@pytest.mark.parametrize("silent", [False, True], ids=["config", "environment"])
def test_a_simulated_class_never_comes_into_a_gradebook_in_use(
    run: Run, course: Course, real: Path, silent: bool
) -> None:
    if silent:  # then the environment names the gradebook
        config = course.root / CONFIG_FILE
        lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
        config.write_text("".join(line for line in lines if "database_url" not in line), encoding="utf-8")
    assert load_course(course.root).database_url.startswith(f"sqlite:///{real}/")
    ran = run("demo", "--students", "2", "--lanes", "1")
    assert ran.code == 0, ran.err
    assert not real.exists()
    assert (course.root / ".tito" / "demo" / ".tito" / "gradebook.db").is_file()


def test_neither_does_the_class_of_the_hubs_demo(
    course: Course, real: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = tmp_path / "bin" / "configurable-http-proxy"
    proxy.parent.mkdir()
    proxy.touch(mode=0o755)  # what is prepared names it; nobody starts it here
    monkeypatch.setenv("PATH", str(proxy.parent), prepend=":")
    config = prepare(State(course.root, debug=False, screen=Screen()), free_ports(4)[0], "password")
    assert not real.exists()
    demo = course.root / ".tito" / "demo"
    assert config.is_relative_to(demo)
    with Gradebook.open(f"sqlite:///{demo}/.tito/gradebook.db") as book, book.read() as session:
        assert list(session.scalars(select(Student.student_id))) == ["ana"]
    # The hub's service and its grader read the course by themselves, with the hub's environment.
    assert load_course(demo).database_url == f"sqlite:///{demo}/.tito/gradebook.db"


def test_a_folder_that_is_not_the_demos_is_left_alone(course: Course) -> None:
    target = course.root / ".tito" / "demo"
    target.mkdir(parents=True)
    (target / "thesis.txt").write_text("years of work")
    with pytest.raises(TitoError, match="not the demo's"):
        fresh_course(course.root)
    assert (target / "thesis.txt").read_text() == "years of work"
    (target / "thesis.txt").unlink()
    target.rmdir()
    elsewhere = course.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").touch()
    target.symlink_to(elsewhere)
    with pytest.raises(TitoError, match="not the demo's"):
        fresh_course(course.root)
    assert (elsewhere / "thesis.txt").exists()


def test_a_folder_that_is_no_clone_says_what_is_missing(course: Course, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "course_config.py").write_text("c = get_config()\n")
    with pytest.raises(TitoError, match="there are no graders here"):
        fresh_course(tmp_path / "bare")
    assert not (tmp_path / "bare" / ".tito").exists()


def test_the_demo_shows_the_whole_course_twice(run: Run, course: Course) -> None:
    for _ in range(2):
        ran = run("demo", "--students", "4", "--lanes", "1")
        assert ran.code == 0, ran.err
        assert "\x1b" not in ran.out
        assert "a class of 4: 1 finished, 1 with a mistake, 1 hostile, 1 half finished" in ran.out
        for part in (
            "The gradebook",
            "isolation  tier ",
            "ms per submission",
            "sees: `tito feedback 01`",
            "Go on with",
        ):
            assert part in ran.out, part
        matrix = ran.out.partition("The gradebook\n")[2].partition("\n\n")[0].splitlines()
        assert len(matrix) == 5
        assert all(len(line) <= 80 for line in matrix)
    assert not course.paths.gradebook.exists()
