"""What a worker can see of this machine, and what it cannot."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sandbox.conftest import GetSandbox
from tests.sandbox.programs import run
from tito.sandbox import layout, mounts
from tito.sandbox.faults import SandboxFault
from tito.sandbox.layout import Layout
from tito.sandbox.program import Returned
from tito.sandbox.tiers import Tier

LOOK = """
    import os
    def main(depth):
        found, left = [], [("/", 0)]
        while left:
            folder, level = left.pop()
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                found.append(path)
                if level < depth and os.path.isdir(path) and not os.path.islink(path):
                    left.append((path, level + 1))
        return sorted(found)
"""


def test_a_worker_sees_python_numpy_and_nothing_else(sandbox_at: GetSandbox) -> None:
    reply = run(sandbox_at(Tier.NAMESPACES), LOOK, 6)
    assert isinstance(reply, Returned)
    assert isinstance(reply.value, list)
    seen = layout.discover()
    shown = [*seen.stdlib, seen.executable, *seen.libraries, mounts.PACKAGES, *(link for link, _ in seen.aliases)]
    shown += ["/etc/ld.so.cache", "/tmp", "/proc", "/bin", "/lib", "/lib32", "/lib64"]
    strangers = [
        path
        for path in reply.value
        if not any(path == way or path.startswith(f"{way}/") or way.startswith(f"{path}/") for way in shown)
    ]
    assert strangers == []
    assert [path for path in reply.value if path.startswith(("/tmp/", "/proc/"))] == []
    assert len(reply.value) > 100


def test_packages_beside_numpy_are_not_there(sandbox_at: GetSandbox) -> None:
    home = Path(layout.discover().numpy_home)
    assert (home / "msgpack").is_dir()  # there is something to hide
    source = (
        "import os\ndef main(inside, outside):\n    return [os.listdir(inside), os.path.exists(outside + '/msgpack')]"
    )
    reply = run(sandbox_at(Tier.NAMESPACES), source, mounts.PACKAGES, str(home))
    assert isinstance(reply, Returned)
    assert isinstance(reply.value, list)
    inside, outside = reply.value
    assert set(inside) <= {"numpy", "numpy.libs"}
    assert not outside


def test_the_landlock_tier_opens_the_same_files_only(sandbox_at: GetSandbox) -> None:
    source = """
        def main(paths):
            opened = []
            for path in paths:
                try:
                    open(path, "rb").close()
                    opened.append(path)
                except OSError:
                    pass
            return opened
    """
    seen = layout.discover()
    allowed = [np.__file__, str(Path(seen.stdlib[0]) / "os.py"), seen.libraries[0]]
    refused = [__file__, "/etc/passwd", "/proc/self/status", "/proc/version", "/dev/null", sys.executable]
    refused += [str(Path(seen.numpy_home) / "msgpack" / "__init__.py"), str(Path.home() / ".profile")]
    reply = run(sandbox_at(Tier.LANDLOCK), source, allowed + refused)
    assert reply == Returned(allowed)


def test_packages_inside_the_standard_library_are_covered(tmp_path: Path) -> None:
    """As where NumPy is installed beside everything else in the interpreter's own site-packages."""
    stdlib = tmp_path / "lib"
    packages = stdlib / "site-packages"
    (packages / "numpy").mkdir(parents=True)
    (stdlib / "os.py").touch()
    known = Layout("/usr/bin/python3", (str(stdlib),), str(packages), (str(packages / "numpy"),), (), ())
    assert known.hidden() == (str(packages),)
    assert str(stdlib / "os.py") in known.readable()
    assert str(packages) not in known.readable()
    assert str(packages / "numpy") in known.readable()
    command = mounts.bubblewrap(known, ["true"])
    order = [command.index(str(part)) for part in (stdlib, packages, packages / "numpy")]
    assert order == sorted(order)
    assert command[command.index(str(packages)) - 1] == "--tmpfs"
    last = len(command) - command[::-1].index(str(packages)) - 1
    assert command[last - 1] == "--remount-ro"
    assert last > order[2]


def test_an_interpreter_that_cannot_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_base_executable", "/bin/false", raising=False)
    layout.discover.cache_clear()
    try:
        with pytest.raises(layout.SandboxFault, match="cannot be run for the sandbox"):
            layout.discover()
    finally:
        layout.discover.cache_clear()


def test_an_interpreter_that_workers_would_cover_is_refused() -> None:
    seen = layout.discover()
    mounts.refuse_what_workers_cover(seen)
    with pytest.raises(SandboxFault, match="the interpreter lies in /tmp"):
        mounts.refuse_what_workers_cover(replace(seen, stdlib=("/tmp/python/lib/python3.11",)))
