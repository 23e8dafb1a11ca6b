"""The gradebook of a class that does not exist: hand-ins, results, written answers, grades, requests and history.

Students differ in how soon their programs pass a test; from one attempt to the next they lose none. The newest attempts
were read by graders, most of the grades are published, and one checkpoint was graded anew by other graders since.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks.bulk import Rows
from benchmarks.classes import CLONE
from benchmarks.gradebook_work import OWN, Programs, answer, told
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course, Paths
from tito.course.policies import Assessment, LatePolicy
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook
from tito.gradebook import models as m
from tito.gradebook.queries import matrix
from tito.gradebook.services.written import Band, Question
from tito.grading.questions import questions
from tito.notebooks.structure import AssignmentStructure

START: Final = datetime(2026, 9, 1, tzinfo=UTC)
DUE: Final = [START + timedelta(weeks=number + 1) for number in range(len(CHECKPOINTS))]
NOW: Final = START + timedelta(weeks=20)
ACTOR: Final = "system:benchmark"
GRADERS: Final = tuple(f"grader:t{number}" for number in range(1, 9))
SECTIONS: Final = 8
POINTS: Final = Decimal("3.5")
AGAIN: Final = OWN
"""The checkpoint that was graded anew after its grades were published."""
_SEED: Final = 20261120
_FAILED: Final = (Verdict.FAILED, Verdict.FAILED, Verdict.FAILED, Verdict.RAISED, Verdict.MISSING, Verdict.TIMED_OUT)
_BANDS: Final = tuple(Band(f"{low}-{low + 2}", "says so much", Decimal(low), Decimal(low + 2)) for low in (0, 4, 8))


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a class is. `tests` are those of a checkpoint; each is run in both modes."""

    students: int = 1000
    attempts: int = 5
    tests: int = 20


def course(folder: Path) -> Course:
    """This clone's notebooks with deadlines that are over; what the platform keeps goes into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for checkpoint in CHECKPOINTS:  # their names are all that pages look for: whether there are graders
        (folder / "graders" / checkpoint.slug).mkdir(parents=True, exist_ok=True)
    return Course(
        root=folder,
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
        paths=Paths(folder, CLONE / "source", CLONE / "release", folder, folder, folder),
    )


def fill(book: Gradebook, of: Course, extent: Extent) -> None:
    """Fill a new gradebook, and the course's store with the programs."""
    with book.begin(ACTOR) as work:
        rows = Rows(work)
        _Class(rows, of, extent).write()
    with book.begin(ACTOR) as work:
        rows = Rows(work)
        _publish_most(rows, matrix(work.session, of, NOW))
        _grade_again(rows, extent)
        rows.write()
        pointer = work.session.get_one(m.CurrentGrader, AGAIN.number)
        pointer.grader_version_id = len(CHECKPOINTS) + 1
        _event(rows, "graders.register", checkpoint=AGAIN.number, after={"grader_version": len(CHECKPOINTS) + 1})
        rows.write()
        work.audit("benchmark.fill")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A written question by its row id."""

    id: int
    checkpoint: int
    question: Question


class _Class:
    def __init__(self, rows: Rows, of: Course, extent: Extent) -> None:
        self._rows, self._course, self._extent = rows, of, extent
        self._chance = random.Random(_SEED)
        self._programs = Programs(of, _SEED)
        self._asked: dict[int, list[_Asked]] = {}
        self._scores = 0

    def write(self) -> None:
        """Write everything, people first."""
        for checkpoint in CHECKPOINTS:
            self._graders(checkpoint, checkpoint.number + 1, digest=f"{checkpoint.number + 1:064x}")
            current = checkpoint.number + 1
            self._rows.add(m.CurrentGrader, checkpoint=checkpoint.number, grader_version_id=current)
            self._questions(checkpoint)
        self._graders(AGAIN, len(CHECKPOINTS) + 1, digest="f" * 64)
        for number in range(1, SECTIONS + 1):
            self._rows.add(m.Section, id=number, name=f"Section {number}")
        for student in range(1, self._extent.students + 1):
            self._student(student)
        self._rows.write()
        for student in range(1, self._extent.students + 1):
            skill = self._chance.betavariate(3, 1.5)
            for checkpoint in CHECKPOINTS:
                self._work(student, skill, checkpoint)
            self._requests(student)
            self._rows.write_if_many()
        self._rows.write()

    def _graders(self, checkpoint: Checkpoint, version: int, *, digest: str) -> None:
        number, tests = checkpoint.number, self._extent.tests
        self._rows.add(
            m.GraderVersion,
            id=version,
            checkpoint=number,
            digest=digest,
            registered_at=START,
            registered_by=ACTOR,
        )
        for test in range(tests):
            name = f"test_{test}"
            if checkpoint.milestone is not None and test == tests - 1:
                name = checkpoint.milestone.test
            self._rows.add(
                m.GraderTest,
                id=1 + (version - 1) * tests + test,
                grader_version_id=version,
                test=name,
                title=f"What number {test} of {checkpoint.title.lower()} has to do",
                public=test % 3 == 0,
                cell=f"part-{test // 4}",
            )

    def _questions(self, checkpoint: Checkpoint) -> None:
        asked = [Question("m", f"reflect-{number}", "Why is that so?", Decimal(10), _BANDS) for number in (1, 2, 3)]
        if (self._course.paths.release / checkpoint.slug).is_dir():
            asked = list(questions(AssignmentStructure.read(self._course, checkpoint)))
        mine = self._asked[checkpoint.number] = []
        for number, question in enumerate(asked):
            row = 1 + checkpoint.number * 10 + number
            mine.append(_Asked(row, checkpoint.number, question))
            self._rows.add(
                m.WrittenQuestion,
                id=row,
                checkpoint=checkpoint.number,
                module=question.module,
                grade_id=question.grade_id,
                prompt=question.prompt,
                possible=question.possible,
            )
            for position, band in enumerate(question.rubric):
                self._rows.add(
                    m.RubricItem,
                    question_id=row,
                    position=position,
                    label=band.label,
                    description=band.description,
                    lowest=band.lowest,
                    highest=band.highest,
                )
            for comment in range(6):
                self._rows.add(
                    m.SavedComment,
                    question_id=row,
                    text=f"Say what would happen otherwise ({comment}).",
                    created_by=GRADERS[comment],
                    created_at=NOW,
                )

    def _student(self, student: int) -> None:
        name = f"s{student:05}"
        self._rows.add(
            m.Student,
            id=student,
            student_id=name,
            folded_id=name,
            name=f"Student {student}",
            email=f"{name}@example.edu",
            section_id=1 + student % SECTIONS,
            active=True,
            pseudonym=f"Swift Otter {student}" if self._chance.random() < 0.6 else None,
            created_at=START,
            updated_at=START,
        )
        _event(self._rows, "roster.add", student=student, at=START, after={"name": f"Student {student}"})

    def _work(self, student: int, skill: float, checkpoint: Checkpoint) -> None:
        """All attempts of a student at a checkpoint."""
        number, chance = checkpoint.number, self._chance
        if never(student, number):
            return
        passes = [self._passes_from(skill, test) for test in range(self._extent.tests)]
        texts = [answer(chance) for _ in self._asked[number]]
        for attempt in range(1, self._extent.attempts + 1):
            newest = attempt == self._extent.attempts
            self._hand_in(student, checkpoint, attempt, newest=newest)
            submission = submission_id(self._extent, student, number, attempt)
            _result(self._rows, chance, submission, submission, number, number + 1, passes, attempt, newest=newest)
            _event(
                self._rows,
                "result.record",
                student=student,
                checkpoint=number,
                submission=submission,
                after={"result": submission, "graders": f"{number + 1:064x}", "earned": "52.5", "possible": "70"},
            )
            if chance.random() < 0.3:
                texts = [answer(chance) for _ in texts]
            self._answers(student, submission, number, texts, newest=newest)
        self._exceptions(student, number)

    def _passes_from(self, skill: float, test: int) -> int:
        """The first attempt that passes a test: later tests are harder, and some students never get there."""
        share = max(0.05, skill - 0.4 * test / self._extent.tests)
        attempt = 1
        while attempt <= 9 and self._chance.random() > share:
            attempt += 1
        return attempt

    def _hand_in(self, student: int, checkpoint: Checkpoint, attempt: int, *, newest: bool) -> None:
        number, chance = checkpoint.number, self._chance
        submission = submission_id(self._extent, student, number, attempt)
        late = newest and chance.random() < 0.1
        received = DUE[number] + timedelta(hours=chance.randint(1, 80) if late else attempt - chance.randint(6, 80))
        digest, files = self._programs.of(checkpoint, student, newest=newest)
        self._rows.add(
            m.Submission,
            id=submission,
            student_id=student,
            checkpoint=number,
            attempt=attempt,
            received_at=received,
            digest=digest,
            idempotency_key=f"{attempt}",
            status=m.Intake.ACCEPTED,
            due_at=DUE[number],
            late_seconds=0,
            size=100_000,
            files=files,
            source="hub",
        )
        _event(
            self._rows,
            "submission.accept",
            actor=f"student:s{student:05}",
            student=student,
            checkpoint=number,
            submission=submission,
            at=received,
            after={"attempt": attempt, "digest": digest, "source": "hub"},
        )

    def _answers(self, student: int, submission: int, number: int, texts: list[str], *, newest: bool) -> None:
        for asked, text in zip(self._asked[number], texts, strict=True):
            blank = self._chance.random() < 0.05
            self._rows.add(
                m.WrittenAnswer,
                submission_id=submission,
                question_id=asked.id,
                digest=hashlib.sha256(text.encode()).hexdigest(),
                text="" if blank else text,
            )
            if newest and self._chance.random() < 0.9:
                self._score(student, submission, asked, m.Reading.COUNTED)
                if self._chance.random() < 0.1:
                    self._score(student, submission, asked, m.Reading.SECOND)

    def _score(self, student: int, submission: int, asked: _Asked, reading: m.Reading) -> None:
        self._scores += 1
        earned = asked.question.possible * self._chance.randint(4, 20) / 20
        by = GRADERS[(student + (reading is m.Reading.SECOND)) % len(GRADERS)]
        comment = self._chance.choice(("", "Say what would happen otherwise.", "Well seen."))
        self._rows.add(
            m.WrittenScore,
            id=self._scores,
            submission_id=submission,
            question_id=asked.id,
            reading=reading,
            revision=1,
            earned=earned,
            comment=comment,
            graded_by=by,
            graded_at=NOW,
        )
        _event(
            self._rows,
            "answer.score",
            actor=by,
            student=student,
            checkpoint=asked.checkpoint,
            submission=submission,
            reason=comment,
            after={"question": asked.question.grade_id, "earned": str(earned), "reading": reading.value},
        )

    def _exceptions(self, student: int, number: int) -> None:
        here: dict[str, Any] = {"student_id": student, "checkpoint": number, "by": ACTOR, "at": NOW, "reason": "ill"}
        if self._chance.random() < 0.02:
            self._rows.add(m.Override, score=Decimal(80), **here)
            _event(self._rows, "grade.override", student=student, checkpoint=number, after={"score": "80"})
        if self._chance.random() < 0.03:
            self._rows.add(m.Extension, until=DUE[number] + timedelta(days=3), **here)
            _event(self._rows, "deadline.extend", student=student, checkpoint=number, after={"until": "later"})

    def _requests(self, student: int) -> None:
        """Every third student asked something; a fifth of that is open."""
        if student % 3:
            return
        number = self._chance.randrange(len(CHECKPOINTS))
        if never(student, number):
            return
        submission = submission_id(self._extent, student, number, self._extent.attempts)
        is_open = self._chance.random() < 0.2
        self._rows.add(
            m.RegradeRequest,
            id=student // 3,
            submission_id=submission,
            about=f"test_{self._chance.randrange(self._extent.tests - 1)}",
            status=m.RequestStatus.OPEN if is_open else m.RequestStatus.DECLINED,
            opened_at=NOW,
            opened_by=f"student:s{student:05}",
            decided_at=None if is_open else NOW,
            decided_by=None if is_open else GRADERS[0],
        )
        for turn in range(self._chance.randint(1, 4)):
            by = GRADERS[0] if turn % 2 else f"student:s{student:05}"
            self._rows.add(m.RegradeMessage, request_id=student // 3, by=by, at=NOW, text=answer(self._chance))


def never(student: int, number: int) -> bool:
    """Whether a student has handed in nothing at a checkpoint: one in fifty."""
    return (7 * student + 13 * number) % 50 == 0


def submission_id(extent: Extent, student: int, number: int, attempt: int) -> int:
    """The row id of an attempt."""
    return ((student - 1) * len(CHECKPOINTS) + number) * extent.attempts + attempt


def _result(
    rows: Rows,
    chance: random.Random,
    result: int,
    submission: int,
    number: int,
    version: int,
    passes: list[int],
    attempt: int,
    *,
    newest: bool,
) -> None:
    """A result with its outcomes; only the newest attempts' have texts, a tenth of all there would be."""
    tests = len(passes)
    passed = [attempt >= one for one in passes]
    rows.add(
        m.ResultRow,
        id=result,
        submission_id=submission,
        grader_version_id=version,
        earned=POINTS * sum(passed),
        possible=POINTS * tests,
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
        test, isolated = position % tests, position < tests
        inherited = not isolated and passed[test] and chance.random() < 0.03
        good = passed[test] and not inherited
        rows.add(
            m.OutcomeRow,
            result_id=result,
            position=position,
            grader_test_id=1 + (version - 1) * tests + test,
            mode=m.GradedAs.ISOLATED if isolated else m.GradedAs.CUMULATIVE,
            verdict=Verdict.PASSED if good else chance.choice(_FAILED),
            possible=POINTS,
            earned=POINTS if good else Decimal(0),
            inherited_from=max(0, number - 1) if inherited else None,
            seconds=0.01,
        )
        if newest and not good:
            rows.add(m.OutcomeText, result_id=result, position=position, texts=told(chance, number))


def _publish_most(rows: Rows, lines: Any) -> None:
    """Publish four of five grades as they stand."""
    chance = random.Random(_SEED)
    for checkpoint in CHECKPOINTS:
        rows.add(
            m.Publication,
            id=checkpoint.number + 1,
            checkpoint=checkpoint.number,
            kind=m.PublicationKind.PUBLISH,
            never_lowers=True,
            at=NOW,
            by=ACTOR,
        )
    grade = 0
    for row in lines:
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
            score = {"score": str(cell.score.final), "result": cell.result_id}
            _event(rows, "grade.publish", student=row.id, checkpoint=cell.checkpoint, after=score)


def _grade_again(rows: Rows, extent: Extent) -> None:
    """Results of the newest attempts at one checkpoint under new graders: some tests are kinder, some less."""
    chance = random.Random(_SEED)
    last = extent.students * len(CHECKPOINTS) * extent.attempts
    for student in range(1, extent.students + 1):
        if never(student, AGAIN.number):
            continue
        submission = submission_id(extent, student, AGAIN.number, extent.attempts)
        passes = [1 if chance.random() < 0.7 else extent.attempts + 1 for _ in range(extent.tests)]
        version = len(CHECKPOINTS) + 1
        _result(rows, chance, last + student, submission, AGAIN.number, version, passes, extent.attempts, newest=True)


def _event(
    rows: Rows,
    action: str,
    *,
    actor: str = ACTOR,
    student: int | None = None,
    checkpoint: int | None = None,
    submission: int | None = None,
    at: datetime = NOW,
    reason: str = "",
    after: dict[str, Any] | None = None,
) -> None:
    rows.add(
        m.AuditEvent,
        at=at,
        actor=actor,
        action=action,
        student_id=student,
        checkpoint=checkpoint,
        submission_id=submission,
        reason=reason,
        before=None,
        after=after,
    )
