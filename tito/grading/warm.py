"""Lanes that stay open from one run to the next, for a process that grades again and again.

Starting a lane, which collects the graders and starts a sandbox, takes longer than grading a submission.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from tito.grading.jobs import Job
from tito.grading.lanes import PATIENCE, Answers, LanePool, Setup, Tick

MOST_JOBS: Final = 2000
"""Jobs after which lanes are replaced: whatever a library may leak has an end."""
MOST_SECONDS: Final = 86_400.0
"""Seconds after which they are, or end where nobody hands in: what was graded last week is not held in memory."""


@dataclass
class _Kept:
    """Lanes, what they were started for and when, and how many jobs they have answered."""

    pool: LanePool
    setup: Setup
    since: float
    answered: int = 0

    def does(self, setup: Setup) -> bool:
        """Whether fresh lanes would be no other for this."""
        mine = self.setup
        return (
            (mine.course, mine.tier, mine.secret) == (setup.course, setup.tier, setup.secret)
            and setup.slugs <= mine.slugs
            and all(mine.versions[slug] == setup.versions[slug] for slug in setup.slugs)
        )


class WarmLanes:
    """Gets jobs done as `run_lanes` does, on lanes that it keeps; a context manager that leaves no process behind.

    Lanes are used again as long as fresh ones would be the same: the course and the graders are as they were, every
    lane lives, and every answer of the run before was asked for and read. Otherwise others are started. `nice` is how
    far they give way to other processes.
    """

    def __init__(
        self,
        *,
        nice: int = 0,
        most_jobs: int = MOST_JOBS,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nice = nice
        self._most_jobs = most_jobs
        self._most_seconds = most_seconds
        self._clock = clock
        self._kept: _Kept | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go(at_once=kind is not None)

    @property
    def processes(self) -> list[int]:
        """The process ids of the lanes that are kept."""
        return [] if self._kept is None else self._kept.pool.processes

    def __call__(
        self,
        setup: Setup,
        jobs: Iterable[Job | None],
        lanes: int,
        patience: float = PATIENCE,
        tick: Tick = lambda: None,
    ) -> Answers:
        """Grade `jobs`, starting lanes while there are fewer than `lanes`, and yield an answer for each.

        Raises as `run_lanes` does.
        """
        try:
            kept = self._fitting(setup)
            for answer in kept.pool.answers(jobs, lanes, patience, tick):
                kept.answered += 1
                yield answer
        except BaseException:
            # Also when nobody wants the other answers (GeneratorExit): they would come in the middle of the next run.
            self._let_go(at_once=True)
            raise

    def rest(self) -> None:
        """End lanes that would not be used again; to be called now and then while there is nothing to grade."""
        if self._kept is not None and self._is_spent(self._kept):
            self._let_go()

    def _fitting(self, setup: Setup) -> _Kept:
        """The lanes that are kept, if they do; else new ones, none of them started yet."""
        kept = self._kept
        if kept is not None and not self._is_spent(kept):
            if kept.does(setup):
                return kept
            # Checkpoints are handed in by turns: whoever comes with another one must not end the lanes each time.
            setup = replace(setup, slugs=setup.slugs | (kept.setup.slugs & setup.versions.keys()))
        self._let_go()
        pool = LanePool(setup.course.root, setup.tier, sorted(setup.slugs), nice=self._nice)
        self._kept = _Kept(pool, setup, self._clock())
        return self._kept

    def _is_spent(self, kept: _Kept) -> bool:
        """Whether lanes must not be used again, whatever for."""
        old = self._clock() - kept.since >= self._most_seconds
        return old or kept.answered >= self._most_jobs or not kept.pool.whole

    def _let_go(self, *, at_once: bool = False) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.pool.end(at_once=at_once)
