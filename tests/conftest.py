"""What every test gets: a quiet environment, Hypothesis profiles, and a course of its own to change."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase, InMemoryExampleDatabase

from tests.needs import missing
from tools.postgres import Server, programs, running

if TYPE_CHECKING:
    from tests.hub.place import Hub

ROOT = Path(__file__).resolve().parents[1]
"""The clone."""

COURSE_PARTS = ("course_config.py", "nbgrader_config.py", "reference_impl", "source", "release", "graders")
"""What makes a folder a course root; everything else there is the platform or left by a run."""

COSTLY = ("hub", "lab_hub", "classroom_at", "chromium")
"""Fixtures of a whole session that take longest to make: whoever asks for one is in the process that has it."""

# A shell that starts something in the background makes it deaf to Ctrl-C, and so everything that this starts: the tests
# of Ctrl-C, and JupyterHub, which stops a server by it first.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Libraries read these when they are imported, so they are set here and not in a fixture.
os.environ["MPLBACKEND"] = "Agg"  # a plot in a test must not look for a screen
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # two cores are shared by many processes
_HOMES = Path(tempfile.mkdtemp(prefix="tito-tests-"))
for _name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
    os.environ[_name] = str(_HOMES / _name.lower())
for _name in [name for name in os.environ if name.startswith("TITO_")]:
    del os.environ[_name]  # a developer's own course must not leak into a test

set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
# Examples are random in CI too: a fixed seed would test the same hundred inputs for ever; the blob replays a
# failure. No deadline: the machine is shared, and no test asserts a time.
settings.register_profile(
    "ci",
    deadline=None,
    print_blob=True,
    database=InMemoryExampleDatabase(),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "dev",
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(ROOT / ".cache" / "hypothesis" / "examples"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, metavar="DIR", help="keep a picture of each page that browser tests open")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the throw-away home folders away again."""
    shutil.rmtree(_HOMES, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together when a whole run is dealt out to several processes (`--dist loadgroup`)."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        together = next((name for name in COSTLY if name in fixtures), item.nodeid.partition("::")[0])
        item.add_marker(pytest.mark.xdist_group(together))


@pytest.fixture(scope="session")
def clone() -> Path:
    """The folder of this clone. Read it, never write into it."""
    return ROOT


@pytest.fixture
def course_root(tmp_path: Path) -> Path:
    """A copy of this clone's course (config, notebooks, graders), without any state, to change at will."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real JupyterHub with the service and the grader, started for the first test that asks and shared by all."""
    from tests.hub.place import running

    with running(tmp_path_factory.mktemp("hub")) as started:
        yield started


@pytest.fixture
def in_folder(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Give a function that changes the working folder until the test ends."""
    return monkeypatch.chdir


def copy_course(to: Path) -> Path:
    """Copy the parts of the clone that make a course root; return `to`."""
    to.mkdir(parents=True)
    for part in COURSE_PARTS:
        origin = ROOT / part
        if origin.is_dir():
            shutil.copytree(origin, to / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        elif origin.exists():
            shutil.copy2(origin, to / part)
    return to


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of the tests' own. A machine without one skips what needs it; CI installs it."""
    if programs() is None:
        missing("PostgreSQL: apt-get install postgresql")
    with running() as server:
        yield server
