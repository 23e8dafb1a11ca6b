"""Root's test run also tries the sandbox as an ordinary user, who is who should grade."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgpack
import numpy as np
import pytest

from tito.sandbox.tiers import Tier, reachable

ORDINARY = 1000
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


@pytest.mark.skipif(os.getuid() != 0, reason="the whole run is an ordinary user's")
def test_an_ordinary_user_reaches_the_same_tiers(tmp_path_factory: pytest.TempPathFactory, clone: Path) -> None:
    python = interpreter()
    if python is None:
        pytest.skip("no interpreter of this version that another user may run")
    place = tmp_path_factory.mktemp("ordinary")
    try:
        for folder in [place, *place.parents]:
            if folder.stat().st_mode & 0o005 != 0o005:
                folder.chmod(0o755)
        for package in ("course", "sandbox"):
            shutil.copytree(clone / "tito" / package, place / "tito" / package)
        for name in ("__init__.py", "errors.py"):
            shutil.copy(clone / "tito" / name, place / "tito" / name)
        for origin in (Path(np.__file__).parent, Path(msgpack.__file__).parent):
            shutil.copytree(origin, place / origin.name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        libraries = Path(np.__file__).parents[1] / "numpy.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, place / "numpy.libs")
        (place / "script.py").write_text(SCRIPT)
        done = subprocess.run(
            [python, "-B", str(place / "script.py")],
            user=ORDINARY,
            group=ORDINARY,
            extra_groups=[],
            env={"PYTHONPATH": str(place)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
    finally:
        shutil.rmtree(place)
    assert told["uid"] == ORDINARY
    tiers = [tier.label for tier in (Tier.LANDLOCK, Tier.NAMESPACES) if reachable().reaches(tier)]
    assert told["found"] == {tier: [[], [1.0, 1.0]] for tier in tiers}, told["report"]
