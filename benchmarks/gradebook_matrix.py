"""How long the matrix of a large class takes, and how many queries it sends.

    python -m benchmarks.gradebook_matrix [--students 1000] [--attempts 1] [--tests 20] [--url URL]

Builds a class of students x 16 checkpoints with results, outcomes in both modes, written scores, overrides, extensions
and published grades, then reads the whole matrix several times. The rows go in by bulk inserts: the services are
measured elsewhere.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, event, insert, text

from benchmarks.figures import Figure, middle, most, spread
from benchmarks.registry import Size
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, Paths
from tito.course.policies import Assessment, LatePolicy
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook, Work
from tito.gradebook import models as m
from tito.gradebook.queries import matrix

START = datetime(2026, 9, 1, tzinfo=UTC)
DUE = [START + timedelta(weeks=number + 1) for number in range(len(CHECKPOINTS))]
NOW = START + timedelta(weeks=20)
ACTOR = "system:benchmark"


def course() -> Course:
    """A course with deadlines, so that lateness has to be worked out."""
    root = Path()
    return Course(
        root=root,
        course_id="benchmark",
        title="Benchmark",
        term="",
        zone=ZoneInfo("Europe/London"),
        term_starts_at=None,
        term_ends_at=None,
        assessments=tuple(Assessment(weight=Decimal("6.25"), due_at=due) for due in DUE),
        late=LatePolicy(),
        regrade_never_lowers=True,
        minimum_tier="landlock",
        database_url="",
        paths=Paths(root, root, root, root, root, root),
    )


class Builder:
    """Collects rows by table and writes them in bulk, in the order of first use."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.rows: dict[type[m.Base], list[dict[str, Any]]] = {}

    def add(self, model: type[m.Base], **values: object) -> None:
        """Keep a row for later."""
        self.rows.setdefault(model, []).append(values)

    def write(self) -> None:
        """Write what was kept."""
        for model, rows in self.rows.items():
            table = model.__table__
            assert isinstance(table, Table)
            self.work.session.connection().execute(insert(table), rows)
        self.rows.clear()


def build(book: Gradebook, students: int, attempts: int, tests: int) -> None:
    """Fill a new gradebook."""
    chance = random.Random(20261120)
    with book.begin(ACTOR) as work:
        work.audit("benchmark.build")
        rows = Builder(work)
        for number in range(1, 9):
            rows.add(m.Section, id=number, name=f"Section {number}")
        for checkpoint in CHECKPOINTS:
            version = checkpoint.number + 1
            rows.add(
                m.GraderVersion,
                id=version,
                checkpoint=checkpoint.number,
                digest=f"{version:064x}",
                note="",
                registered_at=START,
                registered_by=ACTOR,
            )
            rows.add(m.CurrentGrader, checkpoint=checkpoint.number, grader_version_id=version)
            for test in range(tests):
                rows.add(
                    m.GraderTest,
                    id=1 + checkpoint.number * tests + test,
                    grader_version_id=version,
                    test=f"test_{test}",
                    title=f"Test {test}",
                    public=test % 3 == 0,
                    cell="",
                )
            for question in range(3):
                rows.add(
                    m.WrittenQuestion,
                    id=1 + checkpoint.number * 3 + question,
                    checkpoint=checkpoint.number,
                    module="m",
                    grade_id=f"reflect-{question + 1}",
                    prompt="",
                    possible=Decimal(10),
                    retired=False,
                )
            rows.add(
                m.Publication,
                id=version,
                checkpoint=checkpoint.number,
                kind=m.PublicationKind.PUBLISH,
                never_lowers=True,
                note="",
                at=NOW,
                by=ACTOR,
            )
        for student in range(1, students + 1):
            rows.add(
                m.Student,
                id=student,
                student_id=f"s{student:05}",
                folded_id=f"s{student:05}",
                name=f"Student {student}",
                email=None,
                section_id=1 + student % 8,
                active=True,
                created_at=START,
                updated_at=START,
            )
        rows.write()
        for student in range(1, students + 1):
            for checkpoint in CHECKPOINTS:
                _hand_ins(rows, chance, student, checkpoint.number, attempts, tests)
            if student % 50 == 0:
                rows.write()
        rows.write()


def _hand_ins(rows: Builder, chance: random.Random, student: int, number: int, attempts: int, tests: int) -> None:
    place = (student - 1) * len(CHECKPOINTS) + number
    for attempt in range(1, attempts + 1):
        submission = place * attempts + attempt
        late = chance.random() < 0.1
        received = DUE[number] + timedelta(hours=chance.randint(1, 80) if late else -chance.randint(1, 80))
        rows.add(
            m.Submission,
            id=submission,
            student_id=student,
            checkpoint=number,
            attempt=attempt,
            received_at=received,
            digest=f"{submission:064x}",
            idempotency_key=f"{attempt}",
            status=m.Intake.ACCEPTED,
            message="",
            due_at=DUE[number],
            late_seconds=0,
            size=100_000,
            files={"m.ipynb": f"{submission:064x}"},
            source="hub",
        )
        earned = [Decimal(chance.choice((0, 1000, 2500, 3500))).scaleb(-3) for _ in range(tests)]
        rows.add(
            m.ResultRow,
            id=submission,
            submission_id=submission,
            grader_version_id=number + 1,
            earned=sum(earned, Decimal(0)),
            possible=Decimal("3.5") * tests,
            counts=m.GradedAs.ISOLATED,
            receipt=dict.fromkeys(("submission", "graders", "reference", "environment", "seed", "tier"), "benchmark"),
            tier="namespaces",
            seconds=1.0,
            notes=[],
            extra={},
            graded_at=NOW,
            graded_by=ACTOR,
        )
        for position in range(2 * tests):
            test, mode = position % tests, m.GradedAs.ISOLATED if position < tests else m.GradedAs.CUMULATIVE
            rows.add(
                m.OutcomeRow,
                result_id=submission,
                position=position,
                grader_test_id=1 + number * tests + test,
                mode=mode,
                verdict=Verdict.PASSED if earned[test] == Decimal("3.5") else Verdict.FAILED,
                possible=Decimal("3.5"),
                earned=earned[test],
                inherited_from=None,
                seconds=0.01,
            )
        for question in range(3):
            if chance.random() < 0.9:
                rows.add(
                    m.WrittenScore,
                    submission_id=submission,
                    question_id=1 + number * 3 + question,
                    reading=m.Reading.COUNTED,
                    revision=1,
                    earned=Decimal(chance.randint(0, 20)) / 2,
                    comment="",
                    carried_from=None,
                    graded_by=ACTOR,
                    graded_at=NOW,
                )
    if chance.random() < 0.02:
        rows.add(m.Override, student_id=student, checkpoint=number, score=Decimal(80), reason="x", by=ACTOR, at=NOW)
    if chance.random() < 0.03:
        until = DUE[number] + timedelta(days=3)
        rows.add(m.Extension, student_id=student, checkpoint=number, until=until, reason="x", by=ACTOR, at=NOW)


def publish_most(book: Gradebook) -> None:
    """Publish four of five grades as they stand."""
    chance = random.Random(1)
    with book.begin(ACTOR) as work:
        work.audit("benchmark.publish")
        rows = Builder(work)
        grade = 0
        for row in matrix(work.session, course(), NOW):
            for cell in row.cells:
                if cell.score is None or cell.automatic is None or chance.random() < 0.2:
                    continue
                grade += 1
                rows.add(
                    m.PublishedGrade,
                    id=grade,
                    publication_id=cell.checkpoint + 1,
                    student_id=row.id,
                    checkpoint=cell.checkpoint,
                    submission_id=cell.submission_id,
                    result_id=cell.result_id,
                    earned=cell.automatic.earned,
                    possible=cell.automatic.possible,
                    score=cell.score.final,
                    pending=cell.score.pending,
                    replaces=None,
                )
                rows.add(m.Published, student_id=row.id, checkpoint=cell.checkpoint, grade_id=grade)
        rows.write()


def measure(book: Gradebook, repeats: int) -> tuple[list[float], list[float], int, int]:
    """Return seconds by the clock and of processor per reading of the whole matrix, queries per reading, and rows."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(book.engine, "before_cursor_execute", note)
    how, seconds, work, count = course(), [], [], 0
    for _ in range(repeats):
        sent.clear()
        begun, busy = time.perf_counter(), time.process_time()
        with book.read() as session:
            count = len(matrix(session, how, NOW))
        seconds.append(time.perf_counter() - begun)
        work.append(time.process_time() - busy)
    return seconds, work, len(sent), count


def run(size: Size) -> list[Figure]:
    """The figure that the project promises, on SQLite."""
    students = 20 if size.small else 1000
    with tempfile.TemporaryDirectory() as folder, Gradebook.open(f"sqlite:///{folder}/g.db", create=True) as book:
        build(book, students, attempts=1, tests=20)
        seconds, _, queries, rows = measure(book, repeats=size.repeats + 4)
    milliseconds = [1000 * value for value in seconds]
    name = f"the matrix of {rows} students x {len(CHECKPOINTS)}, {queries} queries ({spread(milliseconds)})"
    return [most(name, middle(milliseconds), "ms", bound=200)]


def main() -> int:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--attempts", type=int, default=1)
    parser.add_argument("--tests", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--url", help="an empty database (default: SQLite in a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{folder}/gradebook.db"
        with Gradebook.open(url, create=True) as book:
            begun = time.perf_counter()
            build(book, options.students, options.attempts, options.tests)
            publish_most(book)
            built = time.perf_counter() - begun
            with book.read() as session:
                outcomes = session.execute(text("SELECT count(*) FROM outcomes")).scalar()
            seconds, busy, queries, rows = measure(book, options.repeats)
    print(f"{rows} students x {len(CHECKPOINTS)} checkpoints, {options.attempts} attempts, {outcomes} outcomes")
    print(f"built in {built:.1f} s")
    print(
        f"matrix: median {statistics.median(seconds) * 1000:.0f} ms, first {seconds[0] * 1000:.0f} ms, "
        f"worst {max(seconds) * 1000:.0f} ms; processor {statistics.median(busy) * 1000:.0f} ms; {queries} queries"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
