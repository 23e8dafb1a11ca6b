"""A class at the deadline: 500 students submit 100 kB each within a minute through the hub's proxy, grading goes on.

Half of the class comes evenly over the 60 s. The other half comes in the last 15 s, in a rush that grows evenly to the
end: 4 a second at first, 36 in the last one. Each student asks for the list of assignments and sends the zip of a
notebook of checkpoint 01 (a mixed class; an output with a picture fills the zip to 100 kB), with a token that the
service has not seen before. One in ten hangs up as soon as all is sent and sends it again, another one in ten gets the
answer and sends it again, both under the same Idempotency-Key. The students are a process of their own on the same
machine. The hub's grader grades what comes; it has graded some submissions before, so the deals are drawn.

What was answered is compared with the gradebook and the store: each receipt is there once, with its SHA-256.
"""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, sqrt
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks import processes
from benchmarks.classes import CLONE, CP01, Submission, mixed
from benchmarks.deadline_client import Mishap, Student, Told
from benchmarks.figures import Figure, most, spread
from benchmarks.hub import Hub, running
from benchmarks.registry import Size, say
from tito.course.config import Course
from tito.gradebook import Gradebook, models
from tito.notebooks.bundle import pack
from tito.notebooks.store import Store, files_digest

BOUND: Final = 1.5
ZIP_BYTES: Final = 100_000
RUSH: Final = 0.25
"""The last part of the time, in which half of the class comes."""
PARTS: Final = {"service": "hub\0service", "proxy": "configurable-http-proxy", "hub": "jupyterhub\0"}
"""What the command line of each part has in it."""
PATIENCE: Final = 600.0
"""Seconds in which the submissions before the start must be graded."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many come in how many seconds, and how many are graded before they do."""

    students: int
    seconds: float
    before: int

    @classmethod
    def of(cls, size: Size) -> Crowd:
        """500 in a minute; few of them to see that it works, with nothing graded before."""
        return cls(10, 2.0, 0) if size.small else cls(500, 60.0, 60)

    @property
    def names(self) -> list[str]:
        """The roster: those who submit before the start, and the class."""
        return [f"before{number:04}" for number in range(self.before)] + [
            f"late{number:04}" for number in range(self.students)
        ]


def run(size: Size) -> list[Figure]:
    """Start a hub, and have the class submit to it."""
    crowd = Crowd.of(size)
    with running(crowd.names) as hub:
        return measure(hub, crowd)


def measure(hub: Hub, crowd: Crowd) -> list[Figure]:
    """Have the class submit to a running hub whose roster has these students."""
    _grade_before(hub, crowd)
    students = late_students(hub.course, crowd)
    folder = hub.folder / "deadline"
    folder.mkdir(exist_ok=True)
    plan = plan_of(hub, crowd, students, folder)
    say(f"{len(plan)} students, zips of {spread([Path(one.zip).stat().st_size for one in plan])} bytes")
    used, graded = cpu_seconds(), _graded(hub.course)
    told = have_them_come(hub, plan, folder)
    used = {part: seconds - used[part] for part, seconds in cpu_seconds().items()}
    graded = _graded(hub.course) - graded
    wrong = differences(hub.course, {one.student: one.files for one in students}, told)
    for line in wrong[:20]:
        say(line)
    return _figures(told, wrong, graded, used)


def late_students(course: Course, crowd: Crowd) -> list[Submission]:
    """The class, each with what they hand in."""
    return [with_picture(one) for one in mixed(course, crowd.students, name="late")]


def with_picture(submission: Submission, zip_bytes: int = ZIP_BYTES) -> Submission:
    """The same work with a picture among its outputs, so that its zip has about so many bytes."""
    ((name, content),) = submission.files.items()
    left = zip_bytes - len(pack(submission.files))
    noise = random.Random(submission.student).randbytes(max(0, left))  # the same picture each time; it cannot be packed
    notebook = json.loads(content)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    picture = {"image/png": base64.b64encode(noise).decode(), "text/plain": "<Figure size 640x480 with 1 Axes>"}
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": picture}]
    return replace(submission, files={name: json.dumps(notebook, ensure_ascii=False, indent=1).encode()})


def moments(count: int, seconds: float) -> list[float]:
    """When each of the class presses the button: half evenly, half in the rush, in the order of time."""
    rushing = count // 2
    even = count - rushing
    start = seconds * (1 - RUSH)
    found = [seconds * (number + 0.5) / even for number in range(even)]
    found += [start + (seconds - start) * sqrt((number + 0.5) / rushing) for number in range(rushing)]
    return sorted(found)


def differences(course: Course, sent: Mapping[str, Mapping[str, bytes]], told: Iterable[Told]) -> list[str]:
    """What is lost, twice, or other than it was sent; nothing when all is well.

    Each student's last word must be a receipt; all receipts of a student name the one submission; the gradebook has no
    other of theirs, and the store has the files under the digest.
    """
    heard = {one.name: one for one in told}
    store, found = Store(course.paths.store), []
    with Gradebook.open(course.database_url) as book, book.read() as session:
        rows = session.execute(
            select(models.Student.student_id, models.Submission)
            .join(models.Submission, models.Submission.student_id == models.Student.id)
            .where(models.Submission.checkpoint == CP01.number)
        ).all()
    kept: dict[str, list[models.Submission]] = {}
    for name, row in rows:
        kept.setdefault(name, []).append(row)
    for name, files in sent.items():
        one, own, digest = heard.get(name), kept.get(name, []), files_digest(files)
        if one is None or one.problem or not one.receipts:
            found.append(f"{name} has no receipt: {one.problem if one else 'never came'}")
        elif any((receipt["submission"], receipt["sha256"]) != (own[0].id, digest) for receipt in one.receipts if own):
            found.append(f"{name} has receipts of something else: {one.receipts}")
        if [(row.attempt, row.digest) for row in own] != [(1, digest)]:
            found.append(
                f"the gradebook has of {name}: {[(row.attempt, row.digest) for row in own]}, sent was {digest}"
            )
        elif store.get(digest) != files:  # raises when it is not there
            found.append(f"the store has something else of {name}")
    return found


def cpu_seconds() -> dict[str, float]:
    """Processor time so far of the parts of a running hub that this process started, and of the whole machine."""
    found = dict.fromkeys((*PARTS, "machine"), 0.0)
    for pid, process in processes.tree(os.getpid()).items():
        command = _command(pid)
        for part, word in PARTS.items():
            if word in command:
                found[part] += process.cpu
    # Its first line sums up all cores in hundredths of a second: user, nice, system, idle, iowait, irq and so on.
    ticks = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    found["machine"] = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _grade_before(hub: Hub, crowd: Crowd) -> None:
    """Hand in some work and wait until it is graded, so that the deals are drawn, as they are in any real course."""
    early = mixed(hub.course, crowd.before, name="before")
    for one in early:
        reply = hub.submit(hub.student(one.student), one.files)
        assert reply.status == 201, reply
    hub.child.until(lambda: _graded(hub.course) >= len(early), "their results", within=PATIENCE, every=0.5)


def _graded(course: Course) -> int:
    with Gradebook.open(course.database_url) as book, book.read() as session:
        return session.scalar(select(func.count(models.ResultRow.id))) or 0


def plan_of(hub: Hub, crowd: Crowd, students: Sequence[Submission], folder: Path) -> list[Student]:
    """Who comes when. Mishaps are spread over all of the time."""
    mishaps = [Mishap.CUT, Mishap.LOST, *[Mishap.NONE] * 8]
    plan = []
    for number, (one, at) in enumerate(zip(students, moments(len(students), crowd.seconds), strict=True)):
        path = folder / f"{one.student}.zip"
        path.write_bytes(pack(one.files))
        token = hub.student(one.student).token
        plan.append(Student(one.student, token, str(path), f"key-of-{one.student}", at, mishaps[number % len(mishaps)]))
    return plan


def have_them_come(hub: Hub, plan: Sequence[Student], folder: Path) -> list[Told]:
    """Be the students, in another process, until each has an answer."""
    orders, answers = folder / "plan.json", folder / "answers.json"
    orders.write_text(json.dumps([asdict(one) for one in plan]), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.deadline_client", hub.service_url, str(orders), str(answers)]
    subprocess.run(command, cwd=CLONE, check=True)
    return [Told(**one) for one in json.loads(answers.read_text(encoding="utf-8"))]


def _figures(told: Sequence[Told], wrong: Sequence[str], graded: int, used: Mapping[str, float]) -> list[Figure]:
    waited = sorted(one.waited for one in told)
    answered = sorted(seconds for one in told for seconds in one.answered)
    took = max(one.began + one.waited for one in told) - min(one.began for one in told)
    late = max(one.late for one in told)
    busiest = max(Counter(int(one.began + one.waited) for one in told).values())
    name = f"19 of 20 within {_share(waited, 0.95):.3f} s, half within {_share(waited, 0.5):.3f} s ({spread(waited)})"
    say(f"the students' own process was at most {late * 1000:.0f} ms behind its plan")
    say(f"processor time in {took:.0f} s: " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in used.items()))
    return [
        most(f"99 of 100 have their receipt, list included; {name}", _share(waited, 0.99), "s", bound=BOUND),
        most("99 of 100 answers to a zip", _share(answered, 0.99), "s", bound=BOUND),
        Figure(
            f"lost, twice, or other than sent, of {len(told)} students and {len(answered)} receipts",
            (("ours", float(len(wrong))),),
            "submissions",
            "",
            "none",
            not wrong,
        ),
        Figure(f"receipts in the busiest second; {len(told) / took:.1f} a second in all", (("ours", busiest),), "", ""),
        Figure("graded meanwhile", (("ours", graded),), "submissions", ""),
        Figure(
            "processor time of the service for each student", (("ours", used["service"] / len(told) * 1000),), "ms", ""
        ),
    ]


def _share(ordered: Sequence[float], part: float) -> float:
    """The least value that this part of all do not exceed (nearest rank)."""
    return ordered[max(0, ceil(part * len(ordered)) - 1)]
