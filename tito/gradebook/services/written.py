"""Written answers: what was asked and answered, and what people gave for it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import Checkpoint
from tito.gradebook.errors import GradebookError
from tito.gradebook.models import (
    Reading,
    RubricItem,
    SavedComment,
    Submission,
    WrittenAnswer,
    WrittenClaim,
    WrittenQuestion,
    WrittenScore,
    WrittenScoreComment,
    WrittenScoreItem,
)
from tito.gradebook.work import Work

ANSWER_CAP = 20_000
"""Characters of an answer that are kept for pages; the notebook in the store has all."""


HOLD = timedelta(minutes=15)
"""How long an answer that somebody opened to grade is kept from others."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band of a rubric: `9-10`, what earns it, and its range of points."""

    label: str
    description: str
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class Question:
    """A written question as a notebook asks it. `module` is the notebook's slug, `grade_id` its cell's."""

    module: str
    grade_id: str
    prompt: str
    possible: Decimal
    rubric: tuple[Band, ...] = ()


def register_questions(work: Work, checkpoint: Checkpoint, questions: Sequence[Question]) -> None:
    """Make these the questions of a checkpoint.

    A question that is no longer asked is retired and keeps its scores; bands that are gone are retired likewise.
    """
    work.alone_on(WrittenQuestion)
    known = {
        (row.module, row.grade_id): row
        for row in work.session.scalars(select(WrittenQuestion).where(WrittenQuestion.checkpoint == checkpoint.number))
    }
    rubrics: dict[int, list[RubricItem]] = {}
    for item in work.session.scalars(
        select(RubricItem).where(RubricItem.question_id.in_([row.id for row in known.values()]))
    ):
        rubrics.setdefault(item.question_id, []).append(item)
    asked = set()
    changed = []
    for question in questions:
        place = (question.module, question.grade_id)
        asked.add(place)
        row = known.get(place)
        if row is None:
            row = WrittenQuestion(
                checkpoint=checkpoint.number,
                module=question.module,
                grade_id=question.grade_id,
                prompt=question.prompt,
                possible=question.possible,
                retired=False,
            )
            work.session.add(row)
            work.session.flush()
            changed.append(question.grade_id)
        elif (row.prompt, row.possible, row.retired) != (question.prompt, question.possible, False):
            row.prompt, row.possible, row.retired = question.prompt, question.possible, False
            changed.append(question.grade_id)
        if _set_rubric(work.session, row.id, rubrics.get(row.id, ()), question.rubric):
            changed.append(f"{question.grade_id} rubric")
    for place, row in known.items():
        if place not in asked and not row.retired:
            row.retired = True
            changed.append(f"{row.grade_id} retired")
    if changed:
        work.audit("questions.register", checkpoint=checkpoint.number, after={"changed": changed})
    else:
        work.unaudited()


def record_answers(work: Work, submission_id: int, answers: Mapping[tuple[str, str], str]) -> None:
    """Keep what a student wrote, by (module, grade_id); once per submission, a repeat changes nothing.

    An answer that is the same as in the attempt before brings its score along. Answers to questions that are not
    registered are left out.
    """
    submission = work.session.get_one(Submission, submission_id, with_for_update=True)
    have = set(
        work.session.scalars(select(WrittenAnswer.question_id).where(WrittenAnswer.submission_id == submission_id))
    )
    questions = {
        (row.module, row.grade_id): row.id
        for row in work.session.scalars(
            select(WrittenQuestion).where(
                WrittenQuestion.checkpoint == submission.checkpoint, WrittenQuestion.retired.is_(False)
            )
        )
    }
    new: dict[int, tuple[str, str]] = {}
    for place, text in answers.items():
        question = questions.get(place)
        if question is None or question in have:
            continue
        # Lone surrogates come out of broken notebooks and go into no database.
        clean = text.replace("\x00", "").encode("utf-8", "backslashreplace").decode()
        digest = hashlib.sha256(clean.encode()).hexdigest()
        work.session.add(
            WrittenAnswer(submission_id=submission_id, question_id=question, digest=digest, text=clean[:ANSWER_CAP])
        )
        new[question] = place[1], digest
    if not new:
        work.unaudited()
        return
    work.session.flush()
    # A first attempt has nothing to bring along; every other transaction waits until this one has ended.
    first = submission.attempt is None or submission.attempt == 1
    carried = []
    for question, (name, digest) in new.items():
        if not first and _carry_over(work, submission, question, digest):
            carried.append(name)
    work.audit(
        "answers.record",
        student=submission.student_id,
        checkpoint=submission.checkpoint,
        submission=submission_id,
        after={"carried_over": carried},
    )


def score_answer(
    work: Work,
    *,
    submission_id: int,
    question_id: int,
    earned: Decimal,
    comment: str = "",
    rubric_items: Collection[int] = (),
    saved_comments: Collection[int] = (),
    reading: Reading = Reading.COUNTED,
    expected_revision: int | None = None,
) -> int:
    """Give an answer its points; return the revision. Earlier scores stay as history.

    `expected_revision` is the revision that the grader looked at (0: none): raises GradebookError when someone else
    scored it meanwhile or has it open, and for points out of range or rubric items of another question.
    """
    submission = work.session.get(Submission, submission_id, with_for_update=True)
    question = work.session.get(WrittenQuestion, question_id)
    if submission is None or question is None or question.checkpoint != submission.checkpoint:
        raise GradebookError(f"submission number {submission_id} has no question number {question_id}")
    if not (earned.is_finite() and 0 <= earned <= question.possible and round(earned, 3) == earned):
        raise GradebookError(
            f"{earned} points cannot be given for {question.grade_id}",
            expected=f"points from 0 to {question.possible:f} with at most three decimals",
        )
    before = newest_score(work.session, submission_id, question_id, reading)
    revision = before.revision if before else 0
    if expected_revision is not None and expected_revision != revision and before is not None:
        raise GradebookError(
            f"{before.graded_by} scored this answer meanwhile: {before.earned:f} points; nothing was changed",
            next_step="look at the other score, then decide",
        )
    _check_items(work.session, question_id, rubric_items, saved_comments)
    claim = work.session.get(WrittenClaim, (submission_id, question_id))
    if claim is not None and claim.holder != work.actor and claim.expires_at > work.now:
        raise GradebookError(
            f"{claim.holder} is grading this answer",
            next_step="Go on with another one; what they leave open is free again after a while.",
        )
    score = WrittenScore(
        submission_id=submission_id,
        question_id=question_id,
        reading=reading,
        revision=revision + 1,
        earned=earned,
        comment=comment,
        graded_by=work.actor,
        graded_at=work.now,
    )
    work.session.add(score)
    work.session.flush()
    work.session.add_all(
        [
            *(WrittenScoreItem(score_id=score.id, rubric_item_id=item) for item in rubric_items),
            *(WrittenScoreComment(score_id=score.id, saved_comment_id=item) for item in saved_comments),
        ]
    )
    if claim is not None and claim.holder == work.actor:
        work.session.delete(claim)
    work.audit(
        "answer.score",
        student=submission.student_id,
        checkpoint=submission.checkpoint,
        submission=submission_id,
        reason=comment,
        before={"earned": before.earned if before else None},
        after={"question": question.grade_id, "earned": earned, "reading": reading},
    )
    return revision + 1


def claim_answer(work: Work, *, submission_id: int, question_id: int, lasts: timedelta = HOLD) -> bool:
    """Reserve an answer for this grader until `lasts` has passed; False when another one has it."""
    work.unaudited()
    work.session.get_one(Submission, submission_id, with_for_update=True)
    claim = work.session.get(WrittenClaim, (submission_id, question_id))
    if claim is not None and claim.holder != work.actor and claim.expires_at > work.now:
        return False
    if claim is None:
        claim = WrittenClaim(submission_id=submission_id, question_id=question_id)
        work.session.add(claim)
    claim.holder, claim.expires_at = work.actor, work.now + lasts
    return True


def claim_next(
    work: Work,
    *,
    question_id: int,
    candidates: Iterable[int],
    lasts: timedelta = HOLD,
    reading: Reading = Reading.COUNTED,
) -> int | None:
    """Reserve the first of these submissions whose answer has no score yet and is in nobody else's hands; return it."""
    work.unaudited()
    for submission_id in candidates:
        free = claim_answer(work, submission_id=submission_id, question_id=question_id, lasts=lasts)
        # Asked after the claim has locked the submission: a score that came meanwhile is seen.
        if free and newest_score(work.session, submission_id, question_id, reading) is None:
            return submission_id
        if free:
            release_answer(work, submission_id=submission_id, question_id=question_id)
    return None


def release_answer(work: Work, *, submission_id: int, question_id: int) -> None:
    """Let others have an answer that this grader reserved; nothing happens when it was somebody else."""
    work.unaudited()
    claim = work.session.get(WrittenClaim, (submission_id, question_id))
    if claim is not None and claim.holder == work.actor:
        work.session.delete(claim)
        work.session.flush()


def save_comment(work: Work, *, question_id: int, text: str) -> int:
    """Keep a comment to use again with this question; return its number."""
    comment = SavedComment(
        question_id=question_id, text=text, created_by=work.actor, created_at=work.now, retired=False
    )
    work.session.add(comment)
    work.session.flush()
    work.audit("comment.save", after={"comment": comment.id, "text": text})
    return comment.id


def retire_comment(work: Work, *, question_id: int, comment_id: int) -> None:
    """Offer a comment no longer; scores that used it keep their copy. Raises GradebookError for another question's."""
    comment = work.session.get(SavedComment, comment_id)
    if comment is None or comment.question_id != question_id:
        raise GradebookError(f"saved comment number {comment_id} does not belong to this question")
    comment.retired = True
    work.audit("comment.retire", after={"comment": comment.id, "text": comment.text})


def newest_score(
    session: Session, submission_id: int, question_id: int, reading: Reading = Reading.COUNTED
) -> WrittenScore | None:
    """Return the score of an answer that holds, or None."""
    return session.scalar(
        select(WrittenScore)
        .where(
            WrittenScore.submission_id == submission_id,
            WrittenScore.question_id == question_id,
            WrittenScore.reading == reading,
        )
        .order_by(WrittenScore.revision.desc())
        .limit(1)
    )


def _carry_over(work: Work, submission: Submission, question: int, digest: str) -> bool:
    """Repeat the score of the student's newest earlier attempt with the same answer, if it has one."""
    earlier = work.session.scalar(
        select(func.max(WrittenAnswer.submission_id))
        .join(Submission, Submission.id == WrittenAnswer.submission_id)
        .where(
            Submission.student_id == submission.student_id,
            Submission.attempt < submission.attempt,
            WrittenAnswer.question_id == question,
            WrittenAnswer.digest == digest,
        )
    )
    score = None if earlier is None else newest_score(work.session, earlier, question)
    if score is None:
        return False
    work.session.add(
        WrittenScore(
            submission_id=submission.id,
            question_id=question,
            reading=Reading.COUNTED,
            revision=1,
            earned=score.earned,
            comment=score.comment,
            carried_from=score.id,
            graded_by=score.graded_by,
            graded_at=score.graded_at,
        )
    )
    return True


def _set_rubric(session: Session, question: int, items: Iterable[RubricItem], bands: Sequence[Band]) -> bool:
    """Make these the bands of a question that has these items; whether anything is new."""
    known = {row.label: row for row in items}
    changed = False
    for position, band in enumerate(bands):
        row = known.pop(band.label, None)
        facts = (position, band.description, band.lowest, band.highest, False)
        if row is None:
            row = RubricItem(question_id=question, label=band.label)
            session.add(row)
        elif (row.position, row.description, row.lowest, row.highest, row.retired) == facts:
            continue
        row.position, row.description, row.lowest, row.highest, row.retired = facts
        changed = True
    for row in known.values():
        changed = changed or not row.retired
        row.retired = True
    return changed


def _check_items(
    session: Session, question: int, rubric_items: Collection[int], saved_comments: Collection[int]
) -> None:
    for column, ids, kind in (
        (RubricItem.id, rubric_items, "rubric item"),
        (SavedComment.id, saved_comments, "saved comment"),
    ):
        table = RubricItem if column is RubricItem.id else SavedComment
        found = set(session.scalars(select(column).where(column.in_(ids), table.question_id == question)))
        for missing in set(ids) - found:
            raise GradebookError(f"{kind} number {missing} does not belong to this question")
