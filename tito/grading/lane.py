"""One lane: a process that collects the graders once and grades the jobs it reads from its standard input.

Run by `tito.grading.lanes`; ends when its input ends, so that it cannot outlive the process that started it.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tito.course.checkpoints import find_checkpoint
from tito.course.config import Course, load_course
from tito.errors import TitoError
from tito.grading.artifacts import write_artifacts
from tito.grading.grader import Grader, Modules, reference, test_cells
from tito.grading.jobs import Answer, Job
from tito.grading.suite import Suite, with_suite
from tito.grading.trial import GraderError
from tito.notebooks.assemble import Handin, assemble
from tito.notebooks.document import NotebookError
from tito.notebooks.files import cannot_use
from tito.notebooks.store import Store
from tito.notebooks.structure import AssignmentStructure
from tito.sandbox.supervisor import SandboxFault
from tito.sandbox.tiers import Tier

READY = Answer(number=-1)


def main(arguments: list[str]) -> int:
    """Serve jobs: `lane ROOT TIER CHECKPOINT...`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our input
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints must not write between the answers
    root, tier, slugs = Path(arguments[0]), Tier.parse(arguments[1]), arguments[2:]
    try:
        course = load_course(root)
        structures = [AssignmentStructure.read(course, find_checkpoint(slug)) for slug in slugs]
        cells = {structure.checkpoint: test_cells(structure) for structure in structures}

        def work(suite: Suite) -> None:
            with Grader(course, suite, tier) as grader:
                answers.write(READY.encode())
                serve(course, grader, sys.stdin.buffer, answers)

        with_suite(root, cells, reference().package, work)
    except TitoError as error:
        answers.write(Answer(-1, fault=str(error), fatal=True).encode())
        return 1
    except OSError as error:  # a disk that is full, a folder that may not be written: a person can act on it
        answers.write(Answer(-1, fault=str(_of_the_machine(error)), fatal=True).encode())
        return 1
    return 0


def serve(course: Course, grader: Grader, jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer each job, in order, until the input ends."""
    store = Store(course.paths.store)
    for line in iter(jobs.readline, b""):
        job = Job.decode(line)
        answers.write(_answer(course, grader, store, job).encode())


def _answer(course: Course, grader: Grader, store: Store, job: Job) -> Answer:
    try:
        return _graded(course, grader, store, job)
    except SandboxFault as fault:
        grader.restart()
        try:  # one more try with a fresh sandbox: a fault of ours must not wait for a person if it need not
            return _graded(course, grader, store, job)
        except SandboxFault:
            return Answer(job.number, fault=str(fault))
    except GraderError as error:
        return Answer(job.number, fault=str(error), fatal=True)
    except TitoError as error:
        return Answer(job.number, fault=str(error))
    except OSError as error:
        return Answer(job.number, fault=str(_of_the_machine(error)))


def _of_the_machine(error: OSError) -> TitoError:
    return cannot_use(Path(error.filename or "."), error)


def _graded(course: Course, grader: Grader, store: Store, job: Job) -> Answer:
    checkpoint = find_checkpoint(job.checkpoint)
    if job.deal is not None:
        grader.prepare(checkpoint, job.deal)
        return Answer(job.number)
    handin = assemble(grader.plan(checkpoint).structure, store.get(job.digest))
    earlier: dict[int, Modules] = {}
    for number, digest in job.earlier.items():
        modules = _earlier_modules(grader, store, number, digest)
        if modules is not None:
            earlier[number] = modules
    result = grader.grade(checkpoint, job.digest, handin.modules, earlier, handin.notes, public_only=job.public_only)
    if job.folder is not None:
        structure = grader.plan(checkpoint).structure
        due_at = None if job.due_at is None else datetime.fromisoformat(job.due_at)
        write_artifacts(
            course, checkpoint, structure, handin, result, folder=job.folder, student=job.student, due_at=due_at
        )
    return Answer(job.number, result)


def _earlier_modules(grader: Grader, store: Store, number: int, digest: str) -> Modules | None:
    """A student's earlier checkpoint; None where its notebook cannot be used, which its own grade already says."""
    try:
        handin: Handin = assemble(grader.plan(find_checkpoint(number)).structure, store.get(digest))
    except NotebookError:
        return None
    return handin.modules


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
