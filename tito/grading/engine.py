"""Grades what the gradebook says is still to grade: lanes do the work, this process alone writes the gradebook.

A result is recorded in one transaction as soon as it is there. Whatever ends this process, what was recorded stays and
the rest is still to grade: the next run goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import chain, product
from pathlib import Path
from typing import TextIO

from tito.course.checkpoints import CHECKPOINTS, Checkpoint, find_checkpoint
from tito.course.config import Course
from tito.course.results import Result
from tito.errors import TitoError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.services.grading import (
    Recording,
    Task,
    record_fault,
    record_result,
    register_graders,
)
from tito.grading.deal import DEALS
from tito.grading.deck import deck_folder, is_complete, mark_complete
from tito.grading.grader import course_secret
from tito.grading.jobs import Answer, Job
from tito.grading.judge import PATIENCE
from tito.grading.lanes import Run, Setup, run_lanes
from tito.grading.pending import Pending
from tito.grading.publishing import Lots, publish_new
from tito.grading.version import grader_version, has_graders
from tito.notebooks.files import cannot_write
from tito.sandbox.channel import MOST_LONGER
from tito.sandbox.tiers import Tier, TierReport, reachable


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission that is done: its points (earned, possible), or `fault` where the platform failed.

    `result` is the whole result; None after a fault, and where the summary was not asked to keep it.
    """

    task: Task
    result: Result | None
    fault: str = ""
    points: tuple[Decimal, Decimal] | None = None


@dataclass
class Summary:
    """What a run of grading did. `seconds` is its whole wall time, lanes' start included.

    Before the first large run under new graders, inputs are drawn once: `prepared` of `preparations` parts are done,
    and `preparing_seconds` is the wall time until the last one was. `next_at` is when grading goes on with what the
    course's policy makes wait for its due date.
    """

    tier: str
    lanes: int
    total: int = 0
    preparations: int = 0
    prepared: int = 0
    graded: list[Graded] = field(default_factory=list)
    seconds: float = 0.0
    preparing_seconds: float = 0.0
    next_at: datetime | None = None

    @property
    def faults(self) -> list[Graded]:
        """Submissions that are still to grade because the platform failed."""
        return [one for one in self.graded if one.points is None]


Progress = Callable[[Summary, Graded | None], None]
More = Callable[[datetime | None, Mapping[str, str]], bool]
"""Whether to look for more to grade: asked a few times a second when there is nothing to give to a lane.

Told when the next submission is due, and the versions of the graders that this run grades with.
"""


def grade_pending(
    course: Course,
    gradebook: Gradebook,
    *,
    actor: str,
    checkpoints: Collection[Checkpoint] | None = None,
    students: Collection[str] | None = None,
    again: bool = False,
    by_policy: bool = False,
    show: bool = True,
    soon: bool = False,
    more: More | None = None,
    lanes: int | None = None,
    tier: Tier | None = None,
    progress: Progress = lambda _summary, _graded: None,
    keep: bool = True,
    run: Run = run_lanes,
) -> Summary:
    """Grade every accepted submission that has no result under the current graders.

    `again` grades those with one too; `by_policy` leaves alone what the course grades when it is due, and is not due
    yet for its student. With `show`, the first result of a submission is published at once; what changed graders would
    change waits for `tito gradebook publish`. That is done at the end, together with what earlier runs left; or with
    `soon` while the run goes on, and only for what it grades itself. Where `more` says so, what has come meanwhile is
    graded by the same run, on the lanes that are free: so a submission that never ends holds up its own lane alone.
    `progress` is called once at the start and after each submission; without `keep`, it alone sees whole results: a
    hundred thousand bytes each, which a run over a large class must not pile up. `run` gets the work done: on fresh
    lanes, or on kept ones (`WarmLanes`).
    Raises TitoError when another grading run is going on, the machine does not reach the course's minimum isolation, or
    the graders are wrong; submissions never raise.
    """
    started = time.monotonic()
    chosen = gradable(course, checkpoints)
    level = choose_tier(course, tier)
    with only_one(course.paths.state / "locks" / "grade.lock"):
        versions = {checkpoint.slug: grader_version(course, checkpoint) for checkpoint in chosen}
        _register(gradebook, versions, actor)
        pending = Pending(
            course,
            gradebook,
            chosen,
            students=students,
            again=again,
            by_policy=by_policy,
            show=show,
            follows=more is not None,
        )
        pending.look()
        tasks, most = pending.tasks, lanes or os.cpu_count() or 1
        summary = Summary(level.label, min(most, max(1, len(tasks))), total=len(tasks), next_at=pending.next_at)
        progress(summary, None)
        if tasks:
            slugs = frozenset(CHECKPOINTS[task.checkpoint].slug for task in tasks)
            secret = hashlib.sha256(course_secret(course.paths.secret)).hexdigest()
            setup = Setup(course, level.label, slugs, versions, secret)
            fresh = _unprepared(course, tasks, versions)
            preparations = _preparations(fresh)
            summary.preparations = len(preparations)
            lots = Lots(course, gradebook, actor)

            def tick() -> None:
                lots.publish_due()
                if more is not None and pending.exhausted and more(pending.next_at, versions):
                    pending.look()
                    summary.total, summary.next_at = len(tasks), pending.next_at

            jobs = chain(preparations, pending.jobs())
            with lots, closing(run(setup, jobs, most, _patience(course, chosen), tick)) as answers:
                for answer in answers:
                    if answer.number < 0:
                        _note_prepared(summary, answer, fresh, started)
                        progress(summary, None)
                        continue
                    graded = _record(gradebook, actor, pending.answered(answer.number), answer)
                    summary.graded.append(graded if keep else replace(graded, result=None))
                    if soon and show:
                        lots.add(graded.task)
                    progress(summary, graded)
        if show and not soon:
            publish_new(course, gradebook, chosen, actor)
    summary.seconds = time.monotonic() - started
    return summary


def _patience(course: Course, checkpoints: Collection[Checkpoint]) -> float:
    """Seconds after which a lane is taken to hang: twice what the slowest program can take, and room for ourselves."""
    slowest = max(course.assessment(checkpoint).limits.wall_seconds for checkpoint in checkpoints)
    return 8 * PATIENCE * slowest * (1 + MOST_LONGER) + 600


def gradable(course: Course, checkpoints: Collection[Checkpoint] | None) -> list[Checkpoint]:
    """The checkpoints that can be graded; of those asked for, every one must be. Raises TitoError."""
    if checkpoints is None:
        return [checkpoint for checkpoint in course.checkpoints if has_graders(course, checkpoint)]
    for checkpoint in checkpoints:
        course.require(checkpoint)
        if not has_graders(course, checkpoint):
            raise TitoError(
                f"{checkpoint.slug} cannot be graded",
                where=str(course.paths.graders / checkpoint.slug),
                expected="hidden graders there, and the checkpoint's notebooks in source/",
                next_step="See docs/graders.md, or grade other checkpoints.",
            )
    return sorted(checkpoints, key=lambda checkpoint: checkpoint.number)


def choose_tier(course: Course, wanted: Tier | None = None) -> Tier:
    """The strongest isolation this machine reaches, or `wanted`. Raises TitoError below the course's minimum."""
    report: TierReport = reachable()
    tier = report.best if wanted is None else wanted
    minimum = Tier.parse(course.minimum_tier)
    if tier < minimum or not report.reaches(tier):
        raise TitoError(
            f"the isolation tier would be {tier.label}, and this machine reaches {report.best.label}",
            where=f"course_config.py asks for at least {minimum.label}",
            expected="a machine that reaches it: students' code is never run with less",
            next_step="Run `tito doctor`: it says what is missing and how to get it.",
        )
    return tier


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends. Raises TitoError when another process holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise cannot_write(path, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            raise TitoError(
                f"another `tito grade` is running (process {holder})",
                where=str(path),
                expected="one grading run at a time in a course",
                next_step="Nothing was changed. Wait for it to end; what it does not finish can be graded afterwards.",
            ) from error
        _sign(file, path)
        yield


def _sign(file: TextIO, path: Path) -> None:
    """Write our process id into the lock, for those who find it held."""
    try:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
    except OSError as error:
        with suppress(OSError):
            file.close()  # tries once more to write
        raise cannot_write(path, error) from error


def _register(gradebook: Gradebook, versions: Mapping[str, str], actor: str) -> None:
    for slug, version in versions.items():
        with gradebook.begin(actor) as work:
            register_graders(work, find_checkpoint(slug), version)


def _unprepared(course: Course, tasks: Collection[Task], versions: Mapping[str, str]) -> dict[str, Path]:
    """The checkpoints with enough to grade that all their deals will be met, and where the missing deals will lie."""
    folders: dict[str, Path] = {}
    for number, count in Counter(task.checkpoint for task in tasks).items():
        checkpoint = CHECKPOINTS[number]
        folder = deck_folder(course, checkpoint, versions[checkpoint.slug])
        if count * 2 >= DEALS and not is_complete(folder):
            folders[checkpoint.slug] = folder
    return folders


def _preparations(fresh: Collection[str]) -> list[Job]:
    """A job for each deal of these checkpoints; their numbers are below those of the submissions."""
    deals = enumerate(product(sorted(fresh), range(DEALS)), 1)
    return [Job(-number, slug, digest="", deal=deal) for number, (slug, deal) in deals]


def _note_prepared(summary: Summary, answer: Answer, fresh: dict[str, Path], started: float) -> None:
    """Count a preparation. One that failed is no harm: what is missing is drawn when it is needed."""
    summary.prepared += 1
    if answer.fault:
        fresh.clear()
    if summary.prepared == summary.preparations:
        summary.preparing_seconds = time.monotonic() - started
        for folder in fresh.values():
            mark_complete(folder)


def _record(gradebook: Gradebook, actor: str, task: Task, answer: Answer) -> Graded:
    """Write one answer down, in one transaction."""
    with gradebook.begin(actor) as work:
        if answer.result is None:
            record_fault(work, task.submission_id, task.grader_version_id, answer.fault)
            return Graded(task, None, answer.fault)
        if record_result(work, task.submission_id, answer.result) is Recording.FAULT:
            return Graded(task, None, "a test could not be run")
    return Graded(task, answer.result, points=(answer.result.earned, answer.result.possible))
