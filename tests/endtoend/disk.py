"""A small disk of the test's own: a tmpfs over a course's `.tito`, in a mount namespace that only its driver is in.

Run as a program it is the driver: it reads one JSON line for each thing to do, does it, and answers with one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.endtoend.place import Place, Ran

UNSHARE = ["unshare", "--map-root-user", "--mount"]


def can_mount() -> bool:
    """Whether this machine lets its users mount in a namespace of their own."""
    try:
        mount = ["mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
        return subprocess.run([*UNSHARE, *mount], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Disk:
    """The course as the driver sees it."""

    def __init__(self, driver: subprocess.Popen[str]) -> None:
        self._driver = driver

    def _ask(self, **what: object) -> Any:
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps(what) + "\n")
        self._driver.stdin.flush()
        return json.loads(self._driver.stdout.readline())

    def tito(self, *arguments: object) -> Ran:
        """Run a command in there."""
        return Ran(*self._ask(run=[str(argument) for argument in arguments]))

    def fill(self, leave: int = 0) -> None:
        """Leave no byte free, or so many."""
        assert self._ask(fill=leave) <= leave

    def free(self) -> None:
        """Give the space back."""
        self._ask(free=True)


@contextmanager
def small_disk(place: Place, size: str) -> Iterator[Disk]:
    """Give a disk of that size, mounted over the course's state folder."""
    state = place.course.paths.state
    state.mkdir(exist_ok=True)
    command = [*UNSHARE, sys.executable, "-m", "tests.endtoend.disk", str(place.root), size]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=place.environment
    ) as driver:
        try:
            yield Disk(driver)
        finally:
            assert driver.stdin is not None
            driver.stdin.close()
    assert driver.returncode == 0


def _fill(path: Path, leave: int) -> int:
    with path.open("wb", buffering=0) as file:
        for piece in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * piece):
                    pass
            except OSError:
                continue
        file.truncate(max(0, file.tell() - leave))
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize


def _main(root: Path, size: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", root / ".tito"], check=True)
    ballast = root / ".tito" / "ballast"
    for line in sys.stdin:
        what = json.loads(line)
        answer: object = None
        if "run" in what:
            command = [sys.executable, "-m", "tito", *what["run"]]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
            answer = [done.returncode, done.stdout, done.stderr]
        elif "fill" in what:
            answer = _fill(ballast, what["fill"])
        else:
            ballast.unlink()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
