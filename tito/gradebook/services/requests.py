"""Regrade requests: asked by a student, discussed, decided by staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import CHECKPOINTS
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import (
    GraderTest,
    OutcomeRow,
    Published,
    PublishedGrade,
    RegradeMessage,
    RegradeRequest,
    RequestStatus,
    Student,
    Submission,
    WrittenQuestion,
)
from tito.gradebook.queries import newest_attempt
from tito.gradebook.services.adjustments import override
from tito.gradebook.services.written import score_answer
from tito.gradebook.work import Work

MESSAGE_CAP = 4000
"""Characters of one message."""


def open_request(work: Work, *, submission_id: int, about: str, reason: str) -> int:
    """Ask for a test (by name) or a question (`module/grade_id`) to be looked at again; return the request's number.

    Raises GradebookError when the submission is not the asking student's, when the published grade does not come from
    it, when it has no such test or question, and when this is being asked already. None of it names a hidden test.
    """
    text = _checked(reason)
    submission = work.session.get(Submission, submission_id, with_for_update=True)
    owner = None if submission is None else work.session.get(Student, submission.student_id)
    role, _, name = work.actor.partition(":")
    if submission is None or owner is None or (role == "student" and owner.student_id != name):
        # The same words for "not yours" and "not there": numbers of others' submissions are nobody's business.
        raise GradebookError(f"you have no submission number {submission_id}")
    grade = published_grade(work.session, submission)
    if grade is None:
        raise GradebookError(
            "this attempt is not the one that your published grade comes from",
            expected="the attempt that counts, once its grade is published",
        )
    if find_question(work.session, submission, about) is None and not _has_test(work.session, grade, about):
        raise GradebookError("this attempt has no such test or question", expected="one of those that its page names")
    pending = work.session.scalar(
        select(RegradeRequest.id).where(
            RegradeRequest.submission_id == submission_id,
            RegradeRequest.about == about,
            RegradeRequest.status == RequestStatus.OPEN,
        )
    )
    if pending is not None:
        raise GradebookError(
            f"request number {pending} already asks about this",
            next_step=f"Add a message to request number {pending}.",
        )
    request = RegradeRequest(
        submission_id=submission_id,
        about=about,
        status=RequestStatus.OPEN,
        opened_at=work.now,
        opened_by=work.actor,
    )
    work.session.add(request)
    work.session.flush()
    _say(work, request.id, text)
    _audit(work, "request.open", submission, request, text)
    return request.id


def add_message(work: Work, request_id: int, text: str) -> None:
    """Add a message to an open request's thread. Raises GradebookError."""
    request, submission = _open(work, request_id)
    checked = _checked(text)
    _say(work, request.id, checked)
    _audit(work, "request.message", submission, request, checked)


def change(
    work: Work, request_id: int, *, answer: str, score: Decimal | None = None, points: Decimal | None = None
) -> None:
    """Close a request as changed, and make the change: a `score` of 100 by hand, or `points` for the written answer.

    With neither, the change was made elsewhere (by mended graders, or where answers are graded). The answer is its
    reason. Points for an attempt that a newer one replaced, or for a question that is asked no longer, would change
    nothing that counts, and are refused. Raises GradebookError; then neither the grade nor the request has changed.
    """
    if score is not None and points is not None:
        raise GradebookError("one change at a time", expected="a score of 100, or points for the answer")
    request, submission = _open(work, request_id)
    checked = _checked(answer)
    if points is not None:
        question = find_question(work.session, submission, request.about)
        if question is None:
            raise GradebookError("this request is about a test, not about a written answer", expected="a score of 100")
        _require_counted(work.session, submission, question)
        score_answer(work, submission_id=submission.id, question_id=question.id, earned=points, comment=checked)
    if score is not None:
        student = work.session.get_one(Student, submission.student_id)
        checkpoint = CHECKPOINTS[submission.checkpoint]
        override(work, student_id=student.student_id, checkpoint=checkpoint, score=score, reason=checked)
    decide(work, request_id, status=RequestStatus.CHANGED, answer=checked)


def decide(work: Work, request_id: int, *, status: RequestStatus, answer: str) -> None:
    """Close a request as changed, declined or withdrawn, with words for the student.

    A change of the grade is made with it by `change`. Raises GradebookError when the request
    is decided already, and when a student decides anything but their own withdrawal.
    """
    request, submission = _open(work, request_id)
    if status is RequestStatus.OPEN:
        raise ValueError("a decision closes the request")
    if work.actor.startswith("student:") and status is not RequestStatus.WITHDRAWN:
        raise GradebookError("only staff decide a regrade request", next_step="you can withdraw it")
    checked = _checked(answer)
    _say(work, request.id, checked)
    request.status = status
    request.decided_at = work.now
    request.decided_by = work.actor
    _audit(work, f"request.{status.value}", submission, request, checked)


def hold(work: Work, request_id: int) -> None:
    """Let nobody else decide or answer a request, nor score or grade its submission, until this transaction ends.

    For who locks its student next: all others take these two first, and so nobody waits for each other.
    """
    request = work.session.scalar(select(RegradeRequest).where(RegradeRequest.id == request_id).with_for_update())
    if request is not None:
        work.session.get(Submission, request.submission_id, with_for_update=True)


def published_grade(session: Session, submission: Submission) -> PublishedGrade | None:
    """Return the published grade that holds now, if it comes from this submission. One query."""
    place = {"student": submission.student_id, "checkpoint": submission.checkpoint, "submission": submission.id}
    return session.scalar(_PUBLISHED, place)


_PUBLISHED: Final = (
    select(PublishedGrade)
    .join(Published, Published.grade_id == PublishedGrade.id)
    .where(
        Published.student_id == bindparam("student"),
        Published.checkpoint == bindparam("checkpoint"),
        PublishedGrade.submission_id == bindparam("submission"),
    )
)


def find_question(session: Session, submission: Submission, about: str) -> WrittenQuestion | None:
    """Return the written question that a request is about; None when it is about a test. At most one query."""
    module, slash, grade_id = about.partition("/")
    if not slash:
        return None
    return session.scalar(
        select(WrittenQuestion).where(
            WrittenQuestion.checkpoint == submission.checkpoint,
            WrittenQuestion.module == module,
            WrittenQuestion.grade_id == grade_id,
        )
    )


def _require_counted(session: Session, submission: Submission, question: WrittenQuestion) -> None:
    """Raise GradebookError when points for this answer would change no grade."""
    newest = newest_attempt(session, submission.student_id, submission.checkpoint)
    if newest != submission.attempt:
        raise GradebookError(
            f"attempt {submission.attempt} was replaced: its points count for nothing, those of attempt {newest} do",
            expected="a score of 100 by hand",
            next_step=f"Or give the points at attempt {newest}, and close the request without a number.",
        )
    if question.retired:
        raise GradebookError(
            "this question is asked no longer: its points count for nothing", expected="a score of 100"
        )


def _has_test(session: Session, grade: PublishedGrade, about: str) -> bool:
    found = (
        select(OutcomeRow.position)
        .join(GraderTest, GraderTest.id == OutcomeRow.grader_test_id)
        .where(OutcomeRow.result_id == grade.result_id, GraderTest.test == about)
    )
    return session.scalar(found.limit(1)) is not None


def _open(work: Work, request_id: int) -> tuple[RegradeRequest, Submission]:
    request = work.session.scalar(select(RegradeRequest).where(RegradeRequest.id == request_id).with_for_update())
    submission = None if request is None else work.session.get(Submission, request.submission_id)
    if request is None or submission is None or not _may_see(work, submission):
        raise GradebookError(f"there is no request number {request_id}")
    if request.status is not RequestStatus.OPEN:
        raise GradebookError(
            f"request number {request_id} was {request.status.value} by {request.decided_by} meanwhile",
            next_step="open a new request if there is more to say",
        )
    return request, submission


def _may_see(work: Work, submission: Submission) -> bool:
    role, _, name = work.actor.partition(":")
    if role != "student":
        return True
    return work.session.get_one(Student, submission.student_id).student_id == name


def _checked(text: str) -> str:
    clean = text.replace("\x00", "").encode("utf-8", "backslashreplace").decode().strip()
    if not clean:
        raise GradebookError("say in words what should be looked at", expected="a text")
    if len(clean) > MESSAGE_CAP:
        raise GradebookError(f"a message of {len(clean)} characters is too long", expected=f"at most {MESSAGE_CAP}")
    return clean


def _say(work: Work, request_id: int, text: str) -> None:
    work.session.add(RegradeMessage(request_id=request_id, by=work.actor, at=work.now, text=text))


def _audit(work: Work, action: str, submission: Submission, request: RegradeRequest, text: str) -> None:
    work.audit(
        action,
        student=submission.student_id,
        checkpoint=submission.checkpoint,
        submission=submission.id,
        reason=text[:500],
        after={"request": request.id, "about": request.about},
    )
