"""The wheel is built offline, holds the platform and nothing of a course, and works from a folder of its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tito
from tests.house.repository import ROOT, pyproject, tracked_files

PACKAGES = {"tito", "tinytorch_ref"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tracked files: nothing that lies about in the clone gets in."""
    copy = tmp_path_factory.mktemp("clone")
    for path in tracked_files():
        if path.parts[0] in PACKAGES or len(path.parts) == 1:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes((ROOT / path).read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy))
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's packages alone."""
    target = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    return target


def _run(*command: str, cwd: Path | None = None) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_holds_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    # Templates, migrations and the like are not Python files, and are what a wheel usually forgets.
    wanted = {path.as_posix() for path in tracked_files() if path.parts[0] in PACKAGES}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_carries_version_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"tito-{tito.__version__}.dist-info"
    metadata = archive.read(f"{info}/METADATA").decode()
    assert f"Version: {tito.__version__}\n" in metadata
    assert "License-Expression: Apache-2.0\n" in metadata
    assert f"{info}/licenses/LICENSE" in archive.namelist()
    scripts = archive.read(f"{info}/entry_points.txt").decode()
    assert f"tito = {pyproject()['project']['scripts']['tito']}" in scripts
    assert "pytest11" not in scripts


def test_every_module_can_be_imported_from_it(installed: Path, tmp_path: Path) -> None:
    # An isolated interpreter in an empty folder, with the clone taken off the path.
    program = f"""
import importlib, pkgutil, sys
sys.path[:] = [{str(installed)!r}, *(entry for entry in sys.path if entry != {str(ROOT)!r})]
import tito, tinytorch_ref
names = [module.name for package in (tito, tinytorch_ref)
         for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
skipped = [name for name in names if ".migrations." in name or name.endswith("__main__")]
for name in names:
    if name not in skipped:
        importlib.import_module(name)
origins = {{module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in {PACKAGES!r}}}
assert all(origin is None or origin.startswith({str(installed)!r}) for origin in origins), origins
print(len(names) - len(skipped))
"""
    count = _run(sys.executable, "-I", "-c", program, cwd=tmp_path)
    assert int(count) > 50


def test_the_command_answers_outside_a_course(installed: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:] = [{str(installed)!r}, *(e for e in sys.path if e != {str(ROOT)!r})]; "
        "sys.argv = ['tito', '--version']; from tito.cli.main import main; sys.exit(main())"
    )
    assert tito.__version__ in _run(sys.executable, "-I", "-c", program, cwd=tmp_path)
