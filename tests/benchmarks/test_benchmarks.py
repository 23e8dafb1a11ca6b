"""Each benchmark runs, on a few submissions; what it measures there means nothing and is not looked at."""

import json
from pathlib import Path

import pytest

from benchmarks import (
    __main__,
    classes,
    floor,
    foundation,
    gradebook_matrix,
    grading_run,
    pages,
    sandbox_start,
    thousand,
    visits,
)
from benchmarks.grading import Gradebooks
from benchmarks.processes import ProcessFailed
from benchmarks.registry import NAMES, Size, benchmark
from benchmarks.stock_course import StockCourse
from tests.sandbox.conftest import require
from tito.course.checkpoints import CHECKPOINTS
from tito.hub.pages import site
from tito.sandbox.tiers import Tier
from tools import postgres


@pytest.fixture
def namespaces() -> None:
    """The figures are those of this tier."""
    require(Tier.NAMESPACES)


needs_namespaces = pytest.mark.usefixtures("namespaces")


def test_every_benchmark_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    for name in NAMES:
        assert callable(benchmark(name)[0])


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["banana"])
    assert "stock" in capsys.readouterr().err


def test_one_at_a_time(tmp_path: Path) -> None:
    with (
        __main__.only_one(tmp_path / "bench" / "lock"),
        pytest.raises(SystemExit, match="other benchmarks are running"),
        __main__.only_one(tmp_path / "bench" / "lock"),
    ):
        pass
    with __main__.only_one(tmp_path / "bench" / "lock"):
        pass


def test_the_figures_go_to_a_file_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(__main__, "BENCH", tmp_path)
    file = tmp_path / "figures.json"
    assert __main__.main(["matrix", "--small", "--json", str(file)]) == 0
    (figure,) = json.loads(file.read_text())["matrix"]
    assert figure["name"] in capsys.readouterr().out
    assert figure["sides"]["ours"] > 0


def test_the_matrix_is_counted() -> None:
    (figure,) = gradebook_matrix.run(Size(small=True))
    assert "20 rows" in figure.name or "20 students" in figure.name


def test_every_page_is_read() -> None:
    figures = pages.run(Size(small=True))
    read = len(visits.VISITS)
    if postgres.programs() is not None:
        read += sum(visit.page not in ("similarity", "pair") for visit in visits.VISITS)
    assert len(figures) == 2 * read
    assert all(value > 0 for figure in figures for _, value in figure.sides)


def test_no_page_is_left_out() -> None:
    assert {visit.page for visit in visits.VISITS} == {page.name for page in site.PAGES}


@needs_namespaces
def test_a_start_is_compared_with_a_fresh_interpreter() -> None:
    compared, _ = sandbox_start.run(Size(small=True))
    assert [whose for whose, _ in compared.sides] == ["ours", "bubblewrap, Python and NumPy each time"]


@pytest.fixture
def course_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "course"
    course = classes.bench_course(folder)
    for module in (floor, foundation, thousand):
        monkeypatch.setattr(module, "bench_course", lambda: course)
    return folder


@needs_namespaces
@pytest.mark.slow
def test_a_run_grades_what_was_handed_in_and_counts_everybodys_time(course_folder: Path) -> None:
    course = classes.bench_course(course_folder)
    books = Gradebooks(course)
    books.add("class", classes.mixed(course, 3))
    for option, outcomes in (("--public", 16), ("--memory-at", None)):
        ran = books.grade("class", option, *(["3"] if outcomes is None else []))
        assert ran.told["count"] == 3
        assert ran.cpu > ran.told["unwaited_cpu"] > 0
        assert (set(ran.told["memory"]) == {"3"}) is (outcomes is None)
    full, mistaken, half = (float(points) for points in ran.told["earned"])
    assert full == 70 > mistaken > half > 0


def test_the_driver_takes_its_arguments(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["grading_run", "--help"])
    with pytest.raises(SystemExit):
        grading_run.main()
    assert "DATABASE" in capsys.readouterr().out.upper()


@pytest.mark.slow
def test_the_other_side_is_executed_in_a_kernel(course_folder: Path, tmp_path: Path) -> None:
    course = classes.bench_course(course_folder)
    stock = StockCourse(course, classes.mixed(course, 2, name="a"), tmp_path / "stock")
    assert stock.autograde("a*").cpu > 0
    assert stock.errors("a0000") == []
    assert "CheckFailed" in stock.errors("a0001")
    with pytest.raises(ProcessFailed):
        stock.autograde("nobody")


@needs_namespaces
@pytest.mark.slow
@pytest.mark.usefixtures("course_folder")
def test_the_floor_and_the_sandbox_give_the_solution_full_marks() -> None:
    compared, _ = floor.run(Size(small=True))
    assert [whose for whose, _ in compared.sides] == ["ours", "the bare floor"]


@needs_namespaces
@pytest.mark.slow
@pytest.mark.usefixtures("course_folder")
def test_memory_is_read_at_every_mark() -> None:
    peak, flat, _ = thousand.run(Size(small=True))
    assert peak.unit == flat.unit == "MB"
    assert 20 < dict(peak.sides)["ours"] < 4000


@needs_namespaces
@pytest.mark.slow
@pytest.mark.usefixtures("course_folder")
def test_checkpoints_are_graded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foundation, "LAST", CHECKPOINTS[1])
    cpu, wall = foundation.run(Size(small=True))
    assert cpu.name.startswith("processor time of 2 checkpoints")
    assert cpu.unit == wall.unit == "s"
    assert dict(cpu.sides)["ours"] > 0
