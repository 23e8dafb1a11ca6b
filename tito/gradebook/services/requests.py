"""Regrade requests: asked by a student, discussed, decided by staff."""

from __future__ import annotations

from sqlalchemy import select

from tito.gradebook.errors import GradebookError
from tito.gradebook.models import RegradeMessage, RegradeRequest, RequestStatus, Student, Submission
from tito.gradebook.work import Work

MESSAGE_CAP = 4000
"""Characters of one message."""


def open_request(work: Work, *, submission_id: int, about: str, reason: str) -> int:
    """Ask for a test (by name) or a question (by grade_id) to be looked at again; return the request's number.

    Raises GradebookError when the submission is not the asking student's, and when this is being asked already.
    """
    text = _checked(reason)
    submission = work.session.get(Submission, submission_id, with_for_update=True)
    owner = None if submission is None else work.session.get(Student, submission.student_id)
    role, _, name = work.actor.partition(":")
    if submission is None or owner is None or (role == "student" and owner.student_id != name):
        # The same words for "not yours" and "not there": numbers of others' submissions are nobody's business.
        raise GradebookError(f"you have no submission number {submission_id}")
    pending = work.session.scalar(
        select(RegradeRequest.id).where(
            RegradeRequest.submission_id == submission_id,
            RegradeRequest.about == about,
            RegradeRequest.status == RequestStatus.OPEN,
        )
    )
    if pending is not None:
        raise GradebookError(
            f"request number {pending} already asks about {about[:80]!r}",
            next_step="add a message to it",
        )
    request = RegradeRequest(
        submission_id=submission_id,
        about=about[:200],
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


def decide(work: Work, request_id: int, *, status: RequestStatus, answer: str) -> None:
    """Close a request as changed, declined or withdrawn, with words for the student.

    The change itself is an override or a score, made in the same unit of work. Raises GradebookError when the request
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
