"""Runs jobs on several lanes at once and yields their answers as they come."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import tito
from tito.course.course import Course
from tito.data import VARIABLE
from tito.errors import TitoError
from tito.grading.jobs import Answer, Job
from tito.grading.trial import GraderError

PATIENCE = 3600.0
"""Seconds that a lane may take for a job. What a program can do is bounded far below; this is for our own mistakes."""
TICK = 0.25
"""Seconds between two looks of the parent at what has nothing to do with an answer."""
_START = """
import sys
home, root = sys.argv[1:3]
sys.path.insert(0, home)
import tito
sys.path[0] = root
sys.path.append(home)
from tito.grading.lane import main
sys.exit(main(sys.argv[2:]))
"""
"""A lane is the Tito that runs here, of which results say that it graded: a course's folder that is a clone (in
containers it is) has another one. Graders and reference are the course's, as `version.reference_digest` has it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What lanes read when they start, and hold from then on. `slugs` names the checkpoints to grade.

    `versions` are the grader versions by slug, of these checkpoints at least; `secret` is a digest of the course's own.
    """

    course: Course
    tier: str
    slugs: frozenset[str]
    versions: Mapping[str, str]
    secret: str = ""


Answers = Generator[Answer, None, None]
"""Answers as they come. Whoever does not read them to the end closes them."""
Tick = Callable[[], None]
Run = Callable[[Setup, Iterable[Job | None], int, float, Tick], Answers]
"""A way to get jobs done, on so many lanes at most and with so many seconds of patience: `run_lanes`, or a `WarmLanes`.

Jobs are asked for when a lane is free; None says that there is none at the moment. The tick is called a few times a
second until all is done.
"""


class LaneError(TitoError):
    """A lane that could not start or ended by itself: the platform's fault."""


class Lane:
    """One grading process, spoken to over pipes."""

    def __init__(self, root: Path, tier: str, slugs: Sequence[str], nice: int = 0) -> None:
        home = Path(tito.__file__).resolve().parents[1]
        # -P: nor is anything imported from the current folder before that.
        command = [sys.executable, "-P", "-c", _START, str(home), str(root), tier, *slugs]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(root), cwd=root
        )
        if nice:  # before it starts its sandbox, which inherits it
            os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + nice)
        assert self._process.stdin is not None  # both pipes were asked for
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self.slugs = frozenset(slugs)
        self.job: Job | None = None  # one at a time: whatever waited behind it would wait as long as it takes
        self.since = time.monotonic()  # when it began with it
        self._sent = self._answered = 0
        self._rest = b""

    @property
    def pid(self) -> int:
        """The lane's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def fileno(self) -> int:
        """The descriptor on which answers arrive, for a selector."""
        return self._output.fileno()

    def wait_ready(self) -> None:
        """Block until the graders are collected. Raises GraderError or LaneError."""
        line = self._output.readline()
        if not line:
            raise self._ended()
        answer = Answer.decode(line)
        if answer.fault:
            raise GraderError(answer.fault)

    def send(self, job: Job) -> None:
        """Hand over a job. A lane that is gone is noticed when its answers end."""
        self.since = time.monotonic()
        self.job = job
        self._write(job)

    def _write(self, job: Job) -> None:
        """Write the job under the lane's own count: no two jobs of a lane's life have one number."""
        numbered = replace(job, number=self._sent)
        self._sent += 1
        with suppress(BrokenPipeError):
            self._input.write(numbered.encode())
            self._input.flush()

    def receive(self) -> list[Answer] | None:
        """Return the answers that have arrived; None when the lane is gone. Call when the selector says so.

        Raises LaneError for an answer to anything but the job that it holds.
        """
        data = os.read(self.fileno(), 1 << 16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [self._matched(Answer.decode(line)) for line in lines]

    def _matched(self, answer: Answer) -> Answer:
        """Give an answer the number that its job came with."""
        if answer.fatal:  # it concerns them all
            return answer
        if self.job is None or answer.number != self._answered:
            raise LaneError(
                f"a grading lane answered job {answer.number}, which it was not asked",
                where="tito.grading.lane",
                expected="no answer at all" if self.job is None else f"job {self._answered}",
                next_step="Nothing of it was recorded. Run `tito grade`, and tell Tito's authors.",
            )
        self._answered += 1
        job, self.job = self.job, None
        return replace(answer, number=job.number)

    def close(self) -> None:
        """End the lane: its input ends, and if it does not follow within ten seconds it is killed."""
        self._end_input()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def kill(self) -> None:
        """End the lane at once; what it was grading stays ungraded."""
        self._process.kill()
        self._process.wait()
        self._end_input()
        self._output.close()

    def _end_input(self) -> None:
        with suppress(BrokenPipeError):  # the lane is gone already
            self._input.close()

    def _ended(self) -> LaneError:
        return LaneError(
            f"a grading lane ended by itself (exit status {self._process.wait()})",
            where="tito.grading.lane",
            next_step="Read the lines above; nothing is lost, and `tito grade` goes on where it stopped.",
        )


class LanePool:
    """Some lanes at work on a stream of jobs, or on several one after the other.

    A context manager that leaves no process behind. `slugs` are the checkpoints that lanes are started for, to which
    those of jobs are added; `nice` is how far lanes give way to other processes (nice(2)).
    """

    def __init__(self, root: Path, tier: str, slugs: Sequence[str], *, nice: int = 0) -> None:
        self._slugs = set(slugs)
        self._start: Callable[[], Lane] = lambda: Lane(root, tier, sorted(self._slugs), nice)
        self._selector = selectors.DefaultSelector()
        self._running: list[Lane] = []
        self._again: deque[Job] = deque()
        self._failed: set[int] = set()
        self._replaced = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(at_once=kind is not None)

    def end(self, *, at_once: bool = False) -> None:
        """End every lane: when it is done with what it holds, or at once."""
        for lane in self._running:
            lane.kill() if at_once else lane.close()
        self._running.clear()
        self._selector.close()

    @property
    def processes(self) -> list[int]:
        """The process ids of the lanes."""
        return [lane.pid for lane in self._running]

    @property
    def whole(self) -> bool:
        """Whether every lane is there, and none was started in place of another one."""
        return not self._replaced and all(lane.alive for lane in self._running)

    def answers(
        self, jobs: Iterable[Job | None], most: int, patience: float = PATIENCE, tick: Tick = lambda: None
    ) -> Iterator[Answer]:
        """Yield an answer for every job, in the order in which they end. Lanes are started as they are needed.

        There are at most `most` of them, or as many as there were. It ends when no job is under way and none is there.
        To be read to its end: a pool with answers outstanding takes no other jobs.
        """
        assert not self._again
        assert all(lane.job is None for lane in self._running)
        self._failed.clear()  # their numbers were those of other jobs
        left = iter(jobs)
        ticked = time.monotonic()
        while self._feed(left, most):
            for key, _ in self._selector.select(TICK):
                lane: Lane = key.fileobj  # type: ignore[assignment]  # only lanes are registered
                if lane not in self._running:
                    continue
                answers = lane.receive()
                ended = self._replace(lane) if answers is None else _checked(answers)
                self._feed(left, most)  # no lane waits until an answer is written down
                yield from ended
            late = time.monotonic() - patience
            for lane in [lane for lane in self._running if lane.job is not None and lane.since < late]:
                yield from self._replace(lane, hangs=True)
            if time.monotonic() - ticked >= TICK:
                tick()
                ticked = time.monotonic()

    def _feed(self, left: Iterator[Job | None], most: int) -> bool:
        """Give a job to each lane that is free, and to others that are started for it; whether any is under way."""
        free = sum(lane.job is None for lane in self._running)
        room = max(free, free + most - len(self._running))
        jobs = list(islice(self._coming(left), room))
        self._slugs.update(job.checkpoint for job in jobs)
        self._add(len(jobs) - free)
        for job in jobs:
            self._free_lane(job.checkpoint).send(job)
        return any(lane.job is not None for lane in self._running)

    def _coming(self, left: Iterator[Job | None]) -> Iterator[Job]:
        """The jobs that are there now; first those on which a lane died."""
        while (job := self._again.popleft() if self._again else next(left, None)) is not None:
            yield job

    def _free_lane(self, slug: str) -> Lane:
        """A lane that is free and has this checkpoint's graders: where none has, one that takes a free one's place."""
        free = [lane for lane in self._running if lane.job is None]
        for lane in free:
            if slug in lane.slugs:
                return lane
        self._replaced = True  # it reads what is there now, which may be newer than what the others have read
        self._drop(free[0])
        free[0].close()
        self._add(1)
        return self._running[-1]

    def _add(self, count: int) -> None:
        """Start `count` lanes side by side and wait until each has collected the graders."""
        started = [self._start() for _ in range(count)]
        self._running += started
        for lane in started:
            lane.wait_ready()
            self._selector.register(lane, selectors.EVENT_READ)

    def _drop(self, lane: Lane) -> None:
        self._selector.unregister(lane)
        self._running.remove(lane)

    def _replace(self, lane: Lane, *, hangs: bool = False) -> Sequence[Answer]:
        """Let go of a lane that died or hangs: another one is started when it is needed.

        The job it died on is tried once more, then answered as a fault.
        """
        self._replaced = True
        self._drop(lane)
        if hangs:
            lane.kill()
        else:
            lane.close()
        lost = lane.job
        if lost is None:
            return []
        if lost.number in self._failed:
            end = "did not come to an end" if hangs else "ended"
            return [Answer(lost.number, fault=f"the grading process {end} twice on this submission")]
        self._failed.add(lost.number)
        self._again.append(lost)
        return []


def run_lanes(
    setup: Setup, jobs: Iterable[Job | None], lanes: int, patience: float = PATIENCE, tick: Tick = lambda: None
) -> Answers:
    """Grade `jobs` on at most `lanes` fresh processes and yield an answer for each, in the order in which they end.

    A lane that dies, or takes longer than `patience` seconds for one job, is replaced and its job tried once more; a
    job that ends two lanes is answered as a fault.
    Raises GraderError when the graders themselves are wrong, LaneError when no lane can start.
    """
    with LanePool(setup.course.root, setup.tier, sorted(setup.slugs)) as pool:
        yield from pool.answers(jobs, lanes, patience, tick)


def _checked(answers: Sequence[Answer]) -> Sequence[Answer]:
    """The answers, where none concerns all of them. Raises GraderError for one that does."""
    for answer in answers:
        if answer.fatal:
            raise GraderError(answer.fault)
    return answers


def _environment(root: Path) -> dict[str, str]:
    """What a lane inherits: enough to find its interpreter, and one thread per lane."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", VARIABLE)  # the last: on which data it grades
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(root / ".tito" / "hypothesis"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
