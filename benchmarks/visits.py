"""Every page of the gradebook in its uses, and what is asked for on a class of `gradebook_class`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from benchmarks.gradebook_class import Extent, never, submission_id
from benchmarks.gradebook_work import OWN
from benchmarks.pages_server import WHO
from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook import Gradebook
from tito.gradebook.answers import in_sample
from tito.gradebook.models import Reading, RegradeRequest, Submission, WrittenScore


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in one of its uses. `path` is filled in anew for each request; `student`: it is the student who asks."""

    name: str
    page: str
    path: str
    student: bool = False


VISITS: Final = (
    Visit("matrix", "matrix", "/?page={leaf}"),
    Visit("matrix by total", "matrix", "/?sort=total&order=down&page={leaf}"),
    Visit("matrix of a section", "matrix", "/?section=Section+{section}"),
    Visit("my checkpoints", "my", "/my", student=True),
    Visit("student", "student", "/students/s{student:05}"),
    Visit("student, as they see it", "student", "/students/s{student:05}", student=True),
    Visit("submission", "submission", "/submissions/{submission}"),
    Visit("submission, as its student sees it", "submission", "/submissions/{submission}", student=True),
    Visit("submission against the attempt before", "submission", "/submissions/{submission}?against=previous"),
    Visit("submission against the solution", "submission", "/submissions/{submission}?against=solution"),
    Visit("checkpoints", "checkpoints", "/checkpoints"),
    Visit("checkpoint", "analysis", "/checkpoints/{slug}"),
    Visit("who did not pass a test", "failures", "/checkpoints/{slug}/tests/test_1"),
    Visit("written answers", "written", "/written"),
    Visit("written question", "written_question", "/written/{question}?page={leaf}"),
    Visit("written answer", "written_answer", "/written/{question}/{answer}"),
    Visit("second reading", "written_second", "/written/{question}/{answer}/second"),
    Visit("submissions alike", "similarity", "/similarity/{slug}"),
    Visit("two submissions side by side", "pair", "/similarity/{slug}/{one}/{other}"),
    Visit("at risk", "at_risk", "/at-risk"),
    Visit("regrading", "regrading", "/regrading"),
    Visit("regrading a checkpoint", "regrade", "/regrading/{slug}"),
    Visit("requests", "requests", "/requests"),
    Visit("requests, as a student sees them", "requests", "/requests", student=True),
    Visit("request", "request", "/requests/{request}"),
    Visit("changes", "audit", "/audit?before={event}"),
    Visit("leaderboard", "leaderboard", "/leaderboard", student=True),
    Visit("receipt", "receipt", "/receipts/{submission}"),
)


_STEP: Final = 37
"""From one request's student to the next one's: a prime, so that all come before any comes again."""


class Places:
    """Addresses of a class: what the n-th request asks for."""

    def __init__(self, book: Gradebook, extent: Extent) -> None:
        self._extent = extent
        self._there = [one for one in range(1, 1 + extent.students) if not never(one, OWN.number)]
        """The students who handed in what is asked for here."""
        self.pairs = [(self._newest(self._there[0]), self._newest(self._there[1]))]
        with book.read() as session:
            self._requests = session.scalars(select(RegradeRequest.id)).all()
            scored = select(WrittenScore.question_id, WrittenScore.submission_id)
            answers = session.execute(scored.where(WrittenScore.reading == Reading.COUNTED)).all()
            read = set(session.execute(scored.where(WrittenScore.reading == Reading.SECOND)).all())
            students = dict(session.execute(select(Submission.id, Submission.student_id)).all())
            self._answers = [
                (question, submission)
                for question, submission in answers
                if (question, submission) not in read and in_sample(question, students[submission], Decimal(10))
            ]

    def of(self, visit: Visit, number: int) -> tuple[str, dict[str, str]]:
        """Return path and headers of a request."""
        students, attempts = self._extent.students, self._extent.attempts
        student = self._there[_STEP * number % len(self._there)]
        question, answer = self._answers[997 * number % len(self._answers)]
        one, other = self.pairs[number % len(self.pairs)]
        path = visit.path.format(
            leaf=1 + number % max(1, students // 100),
            section=1 + number % 8,
            student=student,
            submission=self._newest(student),
            one=one,
            other=other,
            slug=OWN.slug,
            question=question,
            answer=answer,
            request=self._requests[number % len(self._requests)],
            event=max(1, attempts * students * len(CHECKPOINTS) - 100 * number),
        )
        return path, {WHO: f"s{student:05}"} if visit.student else {}

    def _newest(self, student: int) -> int:
        return submission_id(self._extent, student, OWN.number, self._extent.attempts)
