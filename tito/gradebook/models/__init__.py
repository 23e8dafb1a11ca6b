"""The gradebook's tables, a file per subject."""

from tito.gradebook.models.audit import AuditEvent
from tito.gradebook.models.base import Base
from tito.gradebook.models.people import CheckpointRow, Section, Student
from tito.gradebook.models.policy import Extension, LateDays, Override
from tito.gradebook.models.publication import Publication, PublicationKind, Published, PublishedGrade
from tito.gradebook.models.releases import Release
from tito.gradebook.models.requests import RegradeMessage, RegradeRequest, RequestStatus
from tito.gradebook.models.results import (
    CurrentGrader,
    GradedAs,
    GraderTest,
    GraderVersion,
    GradingClaim,
    GradingFault,
    OutcomeRow,
    OutcomeText,
    ResultRow,
)
from tito.gradebook.models.submissions import Intake, StrayIntake, Submission
from tito.gradebook.models.written import (
    Reading,
    RubricItem,
    SavedComment,
    WrittenAnswer,
    WrittenClaim,
    WrittenQuestion,
    WrittenScore,
    WrittenScoreComment,
    WrittenScoreItem,
)

__all__ = [
    "AuditEvent",
    "Base",
    "CheckpointRow",
    "CurrentGrader",
    "Extension",
    "GradedAs",
    "GraderTest",
    "GraderVersion",
    "GradingClaim",
    "GradingFault",
    "Intake",
    "LateDays",
    "OutcomeRow",
    "OutcomeText",
    "Override",
    "Publication",
    "PublicationKind",
    "Published",
    "PublishedGrade",
    "Reading",
    "RegradeMessage",
    "RegradeRequest",
    "Release",
    "RequestStatus",
    "ResultRow",
    "RubricItem",
    "SavedComment",
    "Section",
    "StrayIntake",
    "Student",
    "Submission",
    "WrittenAnswer",
    "WrittenClaim",
    "WrittenQuestion",
    "WrittenScore",
    "WrittenScoreComment",
    "WrittenScoreItem",
]
