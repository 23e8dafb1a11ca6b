from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import check_config, find_course_root, load_course
from tito.course.limits import Limits
from tito.course.policies import AttemptPolicy, LatePolicy
from tito.errors import TitoError

Configured = Callable[..., Path]


def only(root: Path) -> tuple[str, str, str]:
    """Return where, what and the rest of the one problem that the config has."""
    problems = check_config(root)
    assert len(problems) == 1, problems
    problem = problems[0]
    return problem.where, problem.what, f"{problem.expected} / {problem.next_step}"


def test_the_courses_own_config_is_whole(clone: Path):
    assert check_config(clone) == []
    course = load_course(clone)
    assert sum(course.weights.values()) == 100
    assert [assessment.opens_at is not None for assessment in course.assessments] == [True] * 16
    dues = [assessment.due_at for assessment in course.assessments]
    assert dues == sorted(due for due in dues if due is not None)
    assert course.minimum_tier == "landlock"
    assert course.paths.source == clone / "source"
    assert course.database_url == f"sqlite:///{clone}/.tito/gradebook.db"


def test_an_empty_config_is_a_course_with_defaults(configured: Configured):
    root = configured()
    assert check_config(root) == []
    course = load_course(root)
    assert (course.title, course.course_id, course.zone.key) == ("TinyTorch", "tinytorch", "Europe/London")
    assert sum(course.weights.values()) == 100
    assert course.late == LatePolicy()
    for checkpoint in CHECKPOINTS:
        assessment = course.assessment(checkpoint)
        assert (assessment.opens_at, assessment.due_at, assessment.reveal.later_at) == (None, None, None)
        assert (assessment.auto_share, assessment.counts) == (Decimal("0.7"), "isolated")
        assert assessment.limits == Limits()
        assert assessment.attempts == AttemptPolicy()
    assert course.paths.state == root / ".tito"
    assert {course.paths.store.parent, course.paths.secret.parent, course.paths.locks.parent} == {root / ".tito"}


def test_the_environment_names_the_database_where_the_config_is_silent(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TITO_DATABASE_URL", "postgresql://environment")
    assert load_course(configured()).database_url == "postgresql://environment"
    spoken = configured('c.TitoCourse.database_url = "postgresql://config"')
    assert load_course(spoken).database_url == "postgresql://config"


def test_every_option_arrives(configured: Configured):
    course = load_course(
        configured(
            'c.CourseDirectory.course_id = "dl-27"',
            'c.CourseDirectory.source_directory = "masters"',
            'c.TitoCourse.update(title="T", term="Spring", zone="America/New_York", minimum_tier="namespaces")',
            'c.TitoCourse.term_ends = "2027-06-11 23:59"',
            'c.TitoCourse.database_url = "postgresql://grades"',
            "c.TitoCourse.regrade_never_lowers = False",
            'c.TitoCourse.notebook_bytes = "5 MiB"',
            "c.LatePolicy.update(free_days=3, percent_per_day=12.5, floor_percent=40, grace_minutes=0)",
            "c.LatePolicy.closes_after_days = 7",
            'c.Checkpoint01.update(weight=8, opens="2027-01-11 09:00", due="2027-01-15 23:59", auto_share=0.6)',
            'c.EveryCheckpoint.counts = "cumulative"',
            "c.AttemptPolicy.refill_hours = 0.5",
            "c.Checkpoint02.AttemptPolicy.capacity = None",
            'c.RevealPolicy.update(hidden=["title"], later=("hint",), later_after_days=8)',
            'c.Checkpoint01.GradingPolicy.when = "due"',
        )
    )
    first = course.assessment("cp01")
    assert (course.course_id, course.title, course.minimum_tier) == ("dl-27", "T", "namespaces")
    assert course.paths.source == course.root / "masters"
    assert course.database_url == "postgresql://grades"
    assert course.regrade_never_lowers is False
    assert course.notebook_bytes == 5 << 20
    assert course.term_ends_at == datetime(2027, 6, 12, 3, 59, tzinfo=UTC)
    assert course.late == LatePolicy(3, Decimal("12.5"), Decimal(40), timedelta(0), 7)
    assert (first.weight, first.auto_share, first.counts) == (Decimal(8), Decimal("0.6"), "cumulative")
    assert first.due_at == datetime(2027, 1, 16, 4, 59, tzinfo=UTC)
    assert first.attempts == AttemptPolicy(10, timedelta(minutes=30))
    assert course.assessment(2).attempts == AttemptPolicy(None, timedelta(minutes=30))
    assert (first.reveal.hidden, first.reveal.later) == ({"title"}, {"hint"})
    assert first.reveal.later_at == first.due_at + timedelta(days=8)
    assert [course.assessment(number).grading.when for number in (0, 1, 2)] == ["submit", "due", "submit"]
    assert course.show_time(first.due_at) == "Fri 2027-01-15 23:59 EST"


def test_what_is_set_for_one_checkpoint_stays_there(configured: Configured):
    course = load_course(
        configured(
            "c.SandboxLimits.open_files = 100",
            "c.EveryCheckpoint.SandboxLimits.wall_seconds = 20",
            'c.Checkpoint07.SandboxLimits.update(wall_seconds=60, memory_bytes="2 GiB")',
        )
    )
    assert course.assessment(7).limits == Limits(wall_seconds=60.0, memory_bytes=2 << 30, open_files=100)
    for checkpoint in CHECKPOINTS:
        if checkpoint.number != 7:
            assert course.assessment(checkpoint).limits == Limits(wall_seconds=20.0, open_files=100)


def test_a_list_can_be_added_to(configured: Configured):
    course = load_course(configured('c.RevealPolicy.hidden.append("detail")'))
    assert course.assessment(0).reveal.hidden == {"title", "verdict", "hint", "operation", "detail"}


@pytest.mark.parametrize(
    ("line", "what", "more"),
    [
        ('c.TitoCourse.zone = "Europe/Lodnon"', "TitoCourse.zone is 'Europe/Lodnon'", '"Europe/London"?'),
        (
            'c.TitoCourse.minimum_tier = "landlok"',
            "minimum_tier is 'landlok'",
            '"namespaces" / did you mean "landlock"',
        ),
        ("c.LatePolicy.free_dayz = 3", "LatePolicy has no option free_dayz", "did you mean c.LatePolicy.free_days?"),
        ("c.TitoCourse.capacity = 3", "TitoCourse has no option capacity", "another section: c.AttemptPolicy.capacity"),
        ("c.LatePolcy.free_days = 3", "there is no section c.LatePolcy", "did you mean c.LatePolicy?"),
        ('c.titocourse.title = "x"', "there is no section c.titocourse", "did you mean c.TitoCourse?"),
        ("c.Checkpoint16.weight = 1", "there is no section c.Checkpoint16", "did you mean c.Checkpoint15?"),
        ("c.Checkpoint01.LatePolicy.free_days = 1", "no section LatePolicy", "the whole course: c.LatePolicy"),
        ("c.Checkpoint01.SandboxLimits.wall = 1", "has no option wall", "wall_seconds"),
        ("c.LatePolicy.free_days = 2.5", "free_days is 2.5", "a whole number from 0 to 366"),
        ("c.LatePolicy.free_days = True", "free_days is True", "a whole number"),
        ("c.LatePolicy.percent_per_day = 'ten'", "percent_per_day is 'ten'", "a number from 0 to 100"),
        ("c.LatePolicy.percent_per_day = float('nan')", "percent_per_day is nan", "a number from 0 to 100"),
        ("c.EveryCheckpoint.auto_share = 70", "auto_share is 70", "a number from 0 to 1"),
        ("c.TitoCourse.regrade_never_lowers = 'False'", "is 'False'", "True or False"),
        ("c.TitoCourse.title = '\\x1b[31m'", "TitoCourse.title is '\\x1b[31m'", "a line of text"),
        ("c.Checkpoint03.due = '15.01.2027'", "due is '15.01.2027'", '"2027-01-15 23:59"'),
        ("c.Checkpoint03.due = '2027-02-30 10:00'", "due is '2027-02-30 10:00'", "local date and time"),
        ("c.Checkpoint03.due = '2027-03-28 01:30'", "does not exist in Europe/London", '"2027-03-28 02:30"'),
        ("c.Checkpoint03.due = '2027-10-31 01:30'", "happens twice", '"2027-10-31 01:30+00:00"'),
        ("c.TitoCourse.term_starts = '2027-03-28 01:30'", "does not exist", "a time that exists"),
        ("c.SandboxLimits.memory_bytes = '1 GB'", "memory_bytes is '1 GB'", '"1 GiB"'),
        ("c.TitoCourse.notebook_bytes = '1 GiB'", "notebook_bytes is '1 GiB'", "from 100000 to 100000000 bytes"),
        ("c.RevealPolicy.hidden = 'title'", "hidden is 'title'", "a list of any of"),
        ("c.RevealPolicy.hidden = ['titel']", "hidden is ['titel']", 'did you mean "title"?'),
        ("c.GradingPolicy.when = 'dew'", "when is 'dew'", 'did you mean "due"?'),
        ("c.Checkpoint03.weight = 7", "add up to 101", "100 / they are 00: 2, 01: 8"),
        ("c.CourseDirectory.course_id = 'a b'", "course_id is 'a b'", "letters, digits"),
        ("c.CourseDirectory.source_directory = ''", "source_directory is ''", "a folder's name"),
        ("c.CourseDirectory.source_directory = 3", "source_directory is 3", "a folder's name"),
        ("c.CourseDirectory.root = '/elsewhere'", "root is '/elsewhere'", "the folder of this file"),
        ("c.ClearSolutions.enforce_metadata = 'often'", "enforce_metadata is 'often'", "a boolean (nbgrader)"),
        ("1 / 0", "ZeroDivisionError", "a line that runs"),
        ("c.TitoCourse = 3", "this line raises ValueError", "a line that runs"),
        ("raise SystemExit", "this line raises SystemExit", "a line that runs"),
        ("load_subconfig('other.py')", "is not there", "a config file"),
        ("if", "not Python", "a Python file"),
    ],
)
def test_a_wrong_line_is_named_with_what_it_got_and_takes(configured: Configured, line: str, what: str, more: str):
    root = configured("c.TitoCourse.term = 'Spring'", line)
    where, told, rest = only(root)
    assert where == "course_config.py:3"
    assert what in told
    assert more in rest


def test_all_problems_come_at_once_and_loading_counts_them(configured: Configured):
    root = configured(
        "c.LatePolicy.free_days = -1",
        "c.Checkpoint07.update(",
        "    weight=8,",
        '    due="soon",',
        ")",
        'c.TitoCourse.zone = "Mars/Olympus"',
        'c.CourseDirectory.course_idd = "x"',
        "c.Nowhere.option = 1",
    )
    found = [(problem.line, problem.severity) for problem in check_config(root)]
    assert found == [(2, "error"), (5, "error"), (7, "error"), (8, "warning")]
    with pytest.raises(TitoError) as error:
        load_course(root)
    assert error.value.where == "course_config.py:2"
    assert "2 more problems: `tito course check` prints all" in str(error.value)


def test_lines_are_found_in_loops_and_in_files_that_the_config_loads(configured: Configured):
    root = configured(
        "for number in range(2):",
        '    c[f"Checkpoint{number:02}"].opens = "never"',
        "c.LatePolicy.update(floor_percent=60, percent_per_day=20)",
        'load_subconfig("more.py")',
        "c.LatePolicy.free_days = 4",
        more="c = get_config()\n\nc.LatePolicy.percent_per_day = -1\nc.LatePolicy.free_days = 'x'\n",
    )
    problems = check_config(root)
    assert [problem.where for problem in problems] == ["course_config.py:3", "course_config.py:3", "more.py:3"]
    assert ["Checkpoint00" in problems[0].what, "Checkpoint01" in problems[1].what] == [True, True]


def test_a_lost_weight_is_not_reported_again_as_a_wrong_sum(configured: Configured):
    other = "c.Checkpoint02.weight = 4"  # it takes the sum away from 100
    assert "no section c.Checkpoint3" in only(configured(other, "c.Checkpoint3.weight = 7"))[1]
    assert "no option wieght" in only(configured(other, "c.Checkpoint03.wieght = 7"))[1]
    assert "weight is -1" in only(configured(other, "c.Checkpoint03.weight = -1"))[1]
    assert "ZeroDivisionError" in only(configured(other, "1 / 0"))[1]


def test_one_wrong_value_for_all_checkpoints_is_one_problem(configured: Configured):
    root = configured('c.EveryCheckpoint.due = "2027-03-28 01:30"')
    assert "does not exist" in only(root)[1]


def test_dates_that_contradict_each_other_are_found(configured: Configured):
    root = configured(
        'c.TitoCourse.term_starts = "2027-01-11 00:00"',
        'c.TitoCourse.term_ends = "2027-06-11 23:59"',
        'c.Checkpoint01.update(opens="2027-02-01 09:00", due="2027-01-20 23:59")',
        'c.Checkpoint02.due = "2027-07-01 23:59"',
        'c.Checkpoint03.due = "2026-07-01 23:59"',
        'c.Checkpoint04.due = "2027-02-01 23:59"',
        'c.Checkpoint04.RevealPolicy.later_from = "2027-01-31 23:59"',
        'c.Checkpoint05.due = "2027-02-01 23:59"',
        "c.Checkpoint05.RevealPolicy.later_after_days = 3",
    )
    found = [(problem.line, problem.severity, problem.what) for problem in check_config(root)]
    assert found == [
        (4, "error", "cp01 is due before it opens"),
        (5, "warning", "cp02 is due after the term ends"),
        (6, "warning", "cp03 is due before the term starts"),
        (8, "error", "cp04 shows more of its hidden tests before it is due"),
        (10, "warning", "cp05 shows more of its hidden tests while late work is still accepted"),
    ]


def test_what_is_graded_when_it_is_due_needs_a_due_date(configured: Configured):
    dates = [f'c.Checkpoint{number:02}.due = "2027-01-15 23:59"' for number in range(16) if number not in (3, 5)]
    root = configured(*dates, 'c.GradingPolicy.when = "due"', 'c.Checkpoint05.GradingPolicy.when = "submit"')
    assert only(root) == (
        "course_config.py:16",
        "cp03: graded when it is due, without a due date",
        'a due date, or when = "submit" / None',
    )
    only_foundation = configured(*dates[:2], 'c.GradingPolicy.when = "due"', "c.LearningPath.modules = [0, 1]")
    assert check_config(only_foundation) == []


def test_a_term_that_ends_before_it_starts_is_found(configured: Configured):
    root = configured('c.TitoCourse.update(term_starts="2027-02-01 00:00", term_ends="2027-01-01 00:00")')
    assert only(root)[1] == "the term ends before it starts"


def test_warnings_stop_nothing(configured: Configured):
    root = configured('c.TitoCourse.minimum_tier = "none"', "c.CourseDirectory.course_idd = 1")
    assert [problem.severity for problem in check_config(root)] == ["warning", "warning"]
    assert load_course(root).minimum_tier == "none"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"c.x = '\xff'", b"\x00"])
def test_a_file_that_is_no_text_is_one_problem(tmp_path: Path, content: bytes):
    (tmp_path / "course_config.py").write_bytes(content)
    assert only(tmp_path)[0].startswith("course_config.py")


def test_the_root_is_found_from_inside_and_only_from_inside(configured: Configured, monkeypatch: pytest.MonkeyPatch):
    root = configured()
    inside = root / "source" / "cp01_foundation"
    inside.mkdir(parents=True)
    assert find_course_root(inside) == root
    monkeypatch.chdir(inside)
    assert load_course().root == root
    with pytest.raises(TitoError, match=r"no course_config\.py here"):
        find_course_root(root.parent)
    with pytest.raises(TitoError, match=r"there is no course_config\.py in"):
        load_course(inside)


def test_an_unknown_checkpoint_is_an_error(configured: Configured):
    with pytest.raises(TitoError, match="no checkpoint"):
        load_course(configured()).assessment("cp16")


def test_stock_nbgrader_reads_the_same_file(clone: Path, tmp_path: Path):
    for name in ("course_config.py", "nbgrader_config.py"):
        (tmp_path / name).write_bytes((clone / name).read_bytes())
    program = (
        "from nbgrader.apps.nbgraderapp import NbGraderApp\n"
        "from nbgrader.coursedir import CourseDirectory\n"
        "app = NbGraderApp()\n"
        "app.load_config_file()\n"
        "chosen = CourseDirectory(parent=app)\n"
        "print(chosen.course_id, chosen.root, chosen.db_url, chosen.format_path('source', '.', 'cp01'), sep='\\n')\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    course_id, root, database, source = done.stdout.splitlines()
    assert "not recognized" not in done.stderr
    assert (course_id, root) == ("tinytorch", str(tmp_path))
    assert database == f"sqlite:///{tmp_path}/.tito/nbgrader.db"
    assert source == f"{tmp_path}/source/./cp01"
    assert (tmp_path / ".tito").is_dir()
