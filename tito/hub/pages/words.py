"""Words for what the gradebook and the forms keep under short names: kinds of changes, people, fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DEEDS: Final[Mapping[str, str]] = {
    "answer.score": "written answer scored",
    "answers.record": "written answers read",
    "comment.retire": "saved comment withdrawn",
    "comment.save": "comment saved",
    "deadline.extend": "deadline moved",
    "grade.override": "score set by hand",
    "grade.publish": "grade published",
    "grade.roll_back": "publication taken back for one student",
    "graders.register": "graders changed",
    "grades.publish": "publication",
    "grades.roll_back": "publication taken back",
    "latedays.change": "late days changed",
    "questions.register": "written questions changed",
    "release.give_out": "given out",
    "release.take_back": "no longer given out",
    "request.changed": "request closed: grade changed",
    "request.declined": "request declined",
    "request.message": "message in a request",
    "request.open": "regrade requested",
    "request.withdrawn": "request withdrawn",
    "result.fault": "fault of ours while grading",
    "result.record": "graded",
    "roster.add": "added to the roster",
    "roster.deactivate": "taken off the roster",
    "roster.update": "roster entry changed",
    "student.pseudonym": "pseudonym chosen",
    "submission.accept": "handed in",
    "submission.reject": "hand-in refused",
    "submission.stray": "hand-in of nobody known",
}
"""What happened, by the audit's name for it. The filter of changes and the JSON keep the audit's names."""

FIELDS: Final[Mapping[str, str]] = {
    "about": "What should be looked at",
    "answer": "Answer to the student",
    "band": "Rubric band",
    "comment": "Comment",
    "days": "Late days more",
    "keep": "Keep the comment",
    "note": "Note",
    "points": "Points",
    "reason": "Reason",
    "score": "Score of 100",
    "text": "Message",
    "until": "New deadline",
}
"""The fields of forms, as their labels call them; others are shown by their own name."""

UNSEEN: Final = frozenset({"go", "reading", "seen"})
"""Fields that nobody typed: a page that shows what was typed leaves them out."""


def deed(action: str) -> str:
    """What the audit calls `action`, in words; one that has none stays as it is."""
    return DEEDS.get(action, action)


def person(actor: str) -> str:
    """Who did it as people read it: `grader:gus` is gus (grader)."""
    role, mark, name = actor.partition(":")
    return f"{name} ({role})" if mark else actor


def field(name: str) -> str:
    """A form's field as its label calls it."""
    if name.startswith("saved-"):
        return "Saved comment"
    return FIELDS.get(name, name.replace("_", " ").capitalize())
