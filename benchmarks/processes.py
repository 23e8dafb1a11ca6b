"""What processes cost: wall time, and the CPU time and memory of a whole tree of them.

`os.wait4` gives the CPU time of a process and of all descendants that were waited for on the way. That is the whole
tree, but for one case: processes inside a sandbox's pid namespace end with it and nobody waits for them. Their time is
read from /proc while they live (`unwaited_cpu`) and added. /proc counts in hundredths of a second.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process: seconds of wall time, seconds of CPU time of its tree, and what it printed."""

    wall: float
    cpu: float
    output: str


class ProcessFailed(Exception):
    """A process of a benchmark ended with an error; the message holds what it printed last."""


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Ran:
    """Run a program to its end. Raises ProcessFailed."""
    log = cwd / f".benchmark-{os.getpid()}.log"
    with log.open("w+b") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None  # it was asked for
        with process.stdout as pipe:
            output = pipe.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    log.unlink()
    if process.returncode:
        raise ProcessFailed(f"{' '.join(command)} ended with {process.returncode}:\n{said[-3000:]}\n{output[-1000:]}")
    return Ran(wall, usage.ru_utime + usage.ru_stime, output)


@dataclass(frozen=True, slots=True)
class Process:
    """A line of /proc: its parent, and the CPU seconds of itself and of the children it has waited for."""

    pid: int
    parent: int
    cpu: float


def tree(root: int) -> dict[int, Process]:
    """Return the living descendants of a process by pid."""
    everybody = {process.pid: process for process in _everybody()}
    children: dict[int, list[int]] = {}
    for process in everybody.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: dict[int, Process] = {}
    waiting = list(children.get(root, ()))
    while waiting:
        pid = waiting.pop()
        found[pid] = everybody[pid]
        waiting += children.get(pid, ())
    return found


def unwaited_cpu(root: int) -> float:
    """CPU seconds of the living descendants that nobody will wait for: everything below a process named bwrap.

    Bubblewrap itself is waited for by the lane that started it; it ends by a kill, and its children end unseen.
    """
    living = tree(root)
    boxes = {pid for pid in living if _name(pid) == "bwrap"}
    below = {pid for pid in living if any(above in boxes for above in _ancestors(pid, living))}
    return sum(living[pid].cpu for pid in below)


def memory(pid: int) -> dict[str, float]:
    """Resident memory of a process now and at its peak, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {name: int(fields[key].split()[0]) * 1024 / 1e6 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}


def _ancestors(pid: int, living: Mapping[int, Process]) -> Iterator[int]:
    while pid in living:
        pid = living[pid].parent
        yield pid


def _everybody() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        # The second field is the name in brackets, which may hold anything; the fields after it are numbers.
        fields = text.rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:15]))  # utime, stime, and those of children that were waited for
        yield Process(int(folder.name), int(fields[1]), ticks / _TICK)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
