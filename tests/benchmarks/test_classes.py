import json
from pathlib import Path

import pytest

from benchmarks import classes
from benchmarks.bare import BareSandbox
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.grading import register_graders, to_grade
from tito.grading.cells import PRELUDE
from tito.notebooks.assemble import assemble, solution_modules
from tito.notebooks.store import files_digest
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.program import Call, Program, Raised, Returned


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return classes.bench_course(tmp_path_factory.mktemp("bench") / "course")


def test_the_course_is_a_copy_with_a_platform_of_its_own(course: Course) -> None:
    assert (course.root / "tito" / "__init__.py").is_file()
    assert (course.paths.graders / classes.CP01.slug).is_dir()


def test_solutions_are_finished_and_no_two_alike(course: Course) -> None:
    made = classes.solutions(course, 3)
    assert len({files_digest(one.files) for one in made}) == 3
    handin = assemble(AssignmentStructure.read(course, classes.CP01), made[2].files)
    assert not handin.untouched
    assert not handin.deleted


def test_a_mixed_class_has_all_kinds_but_those_that_would_hang_a_kernel(course: Course) -> None:
    made = classes.mixed(course, 17)
    kinds = {one.story.partition(":")[0] for one in made}
    assert kinds == {"finished", "mistake", "half finished", "untouched", "syntax error"}
    for one in made:
        assert all(json.loads(content)["cells"] for content in one.files.values())


def test_handed_in_and_nothing_graded(course: Course, tmp_path: Path) -> None:
    made = classes.mixed(course, 4)
    database = tmp_path / "g.db"
    classes.hand_in(course, made, earlier=True, database=database)
    with Gradebook.open(f"sqlite:///{database}") as book:
        for checkpoint in (classes.CP00, classes.CP01):
            with book.begin(classes.ACTOR) as work:
                register_graders(work, checkpoint, "0" * 64)
        with book.read() as session:
            tasks = to_grade(session)
    assert sorted((task.student_id, task.checkpoint) for task in tasks) == [
        (one.student, number) for one in made for number in (0, 1)
    ]


def test_the_bare_floor_answers_as_a_worker_does(course: Course) -> None:
    modules = (*solution_modules(course, classes.CP00), *solution_modules(course, classes.CP01))
    worker = BareSandbox([]).start(Program(modules, PRELUDE))
    worker.learn("def shape(tt, *sides):\n    print('quiet')\n    return tt.zeros(*sides).shape\n")
    good, bad = worker.run([Call("shape", (2, 3)), Call("shape", ("x",))], wall_seconds=1)
    worker.close()
    assert good == Returned([2, 3])
    assert isinstance(bad, Raised)
    assert bad.type in bad.types
