"""Runs jobs on several lanes at once and yields their answers as they come."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tito.errors import TitoError
from tito.grading.jobs import Answer, Job
from tito.grading.trial import GraderError

_AHEAD = 2
"""Jobs a lane holds at once: one that it grades and one that waits, so that it never idles for the parent."""


class LaneError(TitoError):
    """A lane that could not start or ended by itself: the platform's fault."""


class Lane:
    """One grading process, spoken to over pipes."""

    def __init__(self, root: Path, tier: str, slugs: Sequence[str]) -> None:
        command = [sys.executable, "-m", "tito.grading.lane", str(root), tier, *slugs]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(root), cwd=root
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # both were asked for
        self._input, self._output = self._process.stdin, self._process.stdout
        self.waiting: deque[Job] = deque()
        self._rest = b""

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
        self.waiting.append(job)
        try:
            self._input.write(job.encode())
            self._input.flush()
        except BrokenPipeError:
            return

    def receive(self) -> list[Answer] | None:
        """Return the answers that have arrived; None when the lane is gone. Call when the selector says so."""
        data = os.read(self.fileno(), 1 << 16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        answers = [Answer.decode(line) for line in lines]
        for _ in answers:
            self.waiting.popleft()  # a lane answers in order
        return answers

    def close(self) -> None:
        """End the lane: its input ends, and if it does not follow within ten seconds it is killed."""
        self._input.close() if not self._input.closed else None
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
        self._output.close()

    def _ended(self) -> LaneError:
        return LaneError(
            f"a grading lane ended by itself (exit status {self._process.wait()})",
            where="tito.grading.lane",
            next_step="Read the lines above; nothing is lost, and `tito grade` goes on where it stopped.",
        )


def run_lanes(
    root: Path, tier: str, slugs: Sequence[str], jobs: Iterable[Job], lanes: int
) -> Iterator[Answer]:
    """Grade `jobs` on `lanes` processes and yield an answer for each, in the order in which they end.

    A lane that dies is replaced and its first job tried once more; a job that kills two lanes is answered as a fault.
    Raises GraderError when the graders themselves are wrong.
    """
    left = iter(jobs)
    again: deque[Job] = deque()
    failed: set[int] = set()
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        running: list[Lane] = []
        stack.callback(lambda: [lane.kill() for lane in running])

        def start() -> None:
            running.append(Lane(root, tier, slugs))

        for _ in range(lanes):
            start()
        for lane in running:
            lane.wait_ready()
            selector.register(lane, selectors.EVENT_READ)
        while True:
            for lane in running:
                while len(lane.waiting) < _AHEAD and (job := _next(again, left)) is not None:
                    lane.send(job)
            if not any(lane.waiting for lane in running):
                break
            for key, _ in selector.select():
                lane = key.fileobj  # type: ignore[assignment]  # only lanes were registered
                answers = lane.receive()
                if answers is not None:
                    yield from _checked(answers)
                    continue
                selector.unregister(lane)
                running.remove(lane)
                lane.close()
                lost = list(lane.waiting)
                if lost and lost[0].number in failed:
                    yield Answer(lost[0].number, fault="the grading process ended twice on this submission")
                    del lost[0]
                elif lost:
                    failed.add(lost[0].number)
                again.extend(lost)
                start()
                running[-1].wait_ready()
                selector.register(running[-1], selectors.EVENT_READ)
        for lane in running:
            lane.close()
        running.clear()


@contextmanager
def single_lane(root: Path, tier: str, slugs: Sequence[str]) -> Iterator[Lane]:
    """One lane for a caller that grades now and then, such as nbgrader's autograde."""
    lane = Lane(root, tier, slugs)
    try:
        lane.wait_ready()
        yield lane
    finally:
        lane.close()


def _next(again: deque[Job], left: Iterator[Job]) -> Job | None:
    return again.popleft() if again else next(left, None)


def _checked(answers: Sequence[Answer]) -> Iterator[Answer]:
    for answer in answers:
        if answer.fatal:
            raise GraderError(answer.fault)
        yield answer


def _environment(root: Path) -> dict[str, str]:
    """What a lane inherits: enough to find its interpreter and modules, and one thread per lane."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(root),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(root / ".tito" / "hypothesis"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
