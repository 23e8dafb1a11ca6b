"""Regrade requests: a student asks on a test or an answer, staff decide, both see the thread."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base, LongText, ShortText, choice


class RequestStatus(str, Enum):
    """Where a request stands."""

    OPEN = "open"
    CHANGED = "changed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class RegradeRequest(Base):
    """What a student asks to be looked at again. Its status changes; what was said stays (see
    `RegradeMessage`).
    """

    __tablename__ = "regrade_requests"
    __table_args__ = (
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided_if_not_open"),
        # One open request per subject: a second click does not make a second case.
        Index(
            "uq_regrade_requests_open",
            "submission_id",
            "about",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_regrade_requests_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    # The test's name, or the question's module and grade_id with a slash between (a checkpoint may ask two reflect-1).
    about: Mapped[ShortText]
    status: Mapped[RequestStatus] = mapped_column(choice(RequestStatus, "status"))
    opened_at: Mapped[datetime]
    opened_by: Mapped[Actor]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[Actor | None]


class RegradeMessage(Base):
    """One message of a request's thread: the student's reason, questions, the decision."""

    __tablename__ = "regrade_messages"
    __table_args__ = (
        CheckConstraint("text <> ''", name="has_text"),
        Index("ix_regrade_messages_request_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("regrade_requests.id"))
    by: Mapped[Actor]
    at: Mapped[datetime]
    text: Mapped[LongText]
