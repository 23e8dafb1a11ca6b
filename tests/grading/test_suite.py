import os
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest

from tests.grading import mini
from tests.grading.mini import CP01
from tito.course.config import Course
from tito.grading.grader import test_cells
from tito.grading.reference import ReferencePackage
from tito.grading.suite import Suite, with_suite
from tito.grading.trial import GraderError
from tito.notebooks.structure import AssignmentStructure


@pytest.fixture
def course(tmp_path) -> Course:
    return mini.build(tmp_path / "course")


class Listing:
    def __init__(self) -> None:
        self.seen: list[tuple[str, dict]] = []

    def grade(self, test_id, test, fixed) -> None:
        self.seen.append((test_id, dict(fixed)))


def collected(course: Course, *only: str) -> list[tuple[str, dict]]:
    listing = Listing()

    def work(suite: Suite) -> None:
        suite.run(CP01.slug, listing, frozenset(only) if only else None)
        suite.run(CP01.slug, listing, frozenset())  # nothing

    with_mini_suite(course, work)
    return listing.seen


def with_mini_suite(course: Course, work: Callable[[Suite], None]) -> None:
    """In this process, where `tinytorch_ref` is the real one: so the course's own reference is read from its file."""
    place = ModuleType("core.tensor")
    exec((course.root / "tinytorch_ref" / "core" / "tensor.py").read_text(), place.__dict__)
    package = ModuleType("reference")
    package.core = SimpleNamespace(tensor=place)  # type: ignore[attr-defined]
    cells = {CP01.slug: test_cells(AssignmentStructure.read(course, CP01))}
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "graders"}
    for name in modules:
        del sys.modules[name]
    try:
        with_suite(course.root, cells, ReferencePackage(package), work)
    finally:
        sys.path.remove(str(course.root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "graders"]:
            del sys.modules[name]
        sys.modules.update(modules)


def add_test(course: Course, text: str) -> None:
    path = course.paths.graders / CP01.slug / "test_more.py"
    head = "import pytest\nfrom tito.grading.authoring import points\n"
    path.write_text(head + text)


def test_public_cells_come_first_and_each_test_once(course: Course) -> None:
    names = [test_id for test_id, _ in collected(course)]
    assert names[:2] == ["cell::test-double", "cell::test-shout"]
    assert sorted(names[2:]) == ["test_tiny::test_double", "test_tiny::test_shout", "test_tiny::test_shout_refuses"]
    assert collected(course, "cell::test-shout") == [("cell::test-shout", {})]


def test_options_for_pytest_in_the_environment_have_no_say(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = collected(course)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    assert collected(course) == expected
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option -k nothing"
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ


def test_parametrised_tests_get_their_arguments(course: Course) -> None:
    add_test(
        course,
        "@pytest.mark.parametrize('n', [1, 2])\n@points(1, 'n', cell='test-double')\ndef test_n(judge, n): pass\n",
    )
    seen = dict(collected(course))
    assert seen["test_more::test_n[1]"] == {"n": 1}
    assert seen["test_more::test_n[2]"] == {"n": 2}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@points(1, 't', cell='test-double')\ndef test_t(judge, tmp_path): pass\n", "the fixture tmp_path"),
        (
            "@pytest.fixture(autouse=True)\ndef own(): 0\n@points(1, '', cell='test-double')\ndef test_t(judge): pass",
            "the fixture own",
        ),
        (
            "@pytest.mark.skip\n@points(1, 't', cell='test-double')\ndef test_t(judge): pass\n",
            "@pytest.mark.skip",
        ),
        ("def test_t(judge): pass\n", "without @points"),
    ],
)
def test_what_only_pytest_itself_would_heed_is_refused(course: Course, text: str, named: str) -> None:
    add_test(course, text)
    with pytest.raises(GraderError, match="cannot be collected") as raised:
        collected(course)
    assert named in str(raised.value)
    assert "test_more.py::test_t" in str(raised.value)


def test_what_a_judge_raises_comes_through(course: Course) -> None:
    class Angry(Listing):
        def grade(self, test_id, test, fixed) -> None:
            raise GraderError("no")

    def work(suite: Suite) -> None:
        suite.run(CP01.slug, Angry())

    with pytest.raises(GraderError, match="no"):
        with_mini_suite(course, work)
