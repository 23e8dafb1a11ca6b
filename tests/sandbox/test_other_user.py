"""Root's test run also tries the sandbox as an ordinary user, who is who should grade."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from tests.needs import missing, needs
from tito.sandbox.tiers import Tier, reachable
from tools import seccomp

NAMESPACES = "what bubblewrap and the sandbox make namespaces with"
ORDINARY = 1000
needs_libseccomp = needs("libseccomp: apt-get install libseccomp2", there=find_library("seccomp") is not None)
SCRIPT = """
import json, os
from tito.course.limits import Limits
from tito.sandbox.program import *
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier, reachable
source = '''
import os
import numpy as np
def main(path):
    gained = []
    for attempt in (lambda: open(path), lambda: os.kill(os.getppid(), 9), os.fork, lambda: open("/proc/self/status")):
        try:
            gained.append(repr(attempt()))
        except OSError:
            pass
    return [gained, (np.eye(2) @ np.ones(2)).tolist()]
'''
module = ModuleSource("core.tensor", (CellSource("nb, cell 1", source),))
program = Program((module,), "def run(tt, path):\\n    return tt.main(path)")
found = {}
for tier in (Tier.LANDLOCK, Tier.NAMESPACES):
    if reachable().reaches(tier):
        with Sandbox(tier, Limits()) as sandbox, sandbox.start(program) as worker:
            (reply,) = worker.run([Call("run", (__file__,))], wall_seconds=20)
        found[tier.label] = reply.value if isinstance(reply, Returned) else repr(reply)
print(json.dumps({"uid": os.getuid(), "found": found, "report": repr(reachable())}))
"""


def interpreter() -> str | None:
    """An interpreter of this version that an ordinary user can run."""
    version = f"python3.{sys.version_info.minor}"
    for path in (os.path.realpath(sys.executable), f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run([path, "-c", "0"], user=ORDINARY, group=ORDINARY, extra_groups=[], check=True, cwd="/")
        except (OSError, subprocess.SubprocessError):
            continue
        return path
    return None


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, clone: Path) -> Iterator[Path]:
    """A folder with the sandbox and what it needs, which every user may read."""
    made = tmp_path_factory.mktemp("ordinary")
    try:
        for folder in [made, *made.parents]:
            if folder.stat().st_mode & 0o005 != 0o005:
                folder.chmod(0o755)
        for package in ("course", "sandbox"):
            shutil.copytree(clone / "tito" / package, made / "tito" / package)
        for name in ("__init__.py", "errors.py"):
            shutil.copy(clone / "tito" / name, made / "tito" / name)
        for origin in (Path(np.__file__).parent, Path(msgpack.__file__).parent):
            shutil.copytree(origin, made / origin.name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        libraries = Path(np.__file__).parents[1] / "numpy.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, made / "numpy.libs")
        (made / "script.py").write_text(SCRIPT)
        shutil.copy(clone / "tests" / "sandbox" / "under_profile.py", made)
        yield made
    finally:
        shutil.rmtree(made)


def as_ordinary_user(place: Path, *profile: Path) -> dict[str, Any]:
    """What the script tells, run by an ordinary user; under a profile if one is given."""
    root = os.getuid() == 0
    python = interpreter() if root else sys.executable
    if python is None:
        missing("an interpreter of this version that another user may run")
    account: dict[str, Any] = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []} if root else {}
    under = [python, "-B", str(place / "under_profile.py"), str(profile[0])] if profile else []
    done = subprocess.run(
        [*under, python, "-B", str(place / "script.py")],
        env={"PYTHONPATH": str(place)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["uid"] == (ORDINARY if root else os.getuid())
    return told


def reached() -> dict[str, Any]:
    """What the script finds at every tier that this machine reaches; with none there would be nothing to compare."""
    found = {tier.label: [[], [1.0, 1.0]] for tier in (Tier.LANDLOCK, Tier.NAMESPACES) if reachable().reaches(tier)}
    assert found, "this machine reaches no tier"
    return found


@pytest.mark.skipif(os.getuid() != 0, reason="the whole run is an ordinary user's")
def test_an_ordinary_user_reaches_the_same_tiers(place: Path) -> None:
    told = as_ordinary_user(place)
    assert told["found"] == reached(), told["report"]


@needs_libseccomp
def test_the_profile_of_the_containers_lets_the_sandbox_reach_the_same_tiers(place: Path) -> None:
    shutil.copy(seccomp.FILE, place / "profile.json")
    told = as_ordinary_user(place, place / "profile.json")
    assert told["found"] == reached(), told["report"]


@needs_libseccomp
@pytest.mark.namespaces
def test_without_what_it_adds_the_full_tier_is_out_of_reach(place: Path) -> None:
    profile = seccomp.profile()
    added = sorted(seccomp.ALLOWED[NAMESPACES].split())
    (rule,) = [rule for rule in profile["syscalls"] if rule["names"] == added]
    rule["names"] = ["clone"]  # processes and threads are made with it too
    (place / "profile.json").write_text(json.dumps(profile))
    assert as_ordinary_user(place, place / "profile.json")["found"].keys() == {"landlock"}
