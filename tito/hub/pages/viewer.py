"""Who looks: a role, and what of the course it may see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tito.errors import TitoError


class Role(str, Enum):
    """What a person is in this course."""

    STUDENT = "student"
    GRADER = "grader"
    INSTRUCTOR = "instructor"


class Forbidden(TitoError):
    """The page exists, and is not for this person."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person with a role. `sections` are a grader's; None means every section.

    For a student, `name` is their id in the roster: they see their own work and nobody else's.
    """

    role: Role
    name: str
    sections: frozenset[str] | None = None
    looks_only: bool = False
    """Whether this is somebody who sees what another one sees, and must not act in that name."""

    @property
    def actor(self) -> str:
        """The name under which the audit log keeps what this person does."""
        return f"{self.role.value}:{self.name}"

    @property
    def staff(self) -> bool:
        """Whether this person grades."""
        return self.role is not Role.STUDENT

    def sees_section(self, section: str | None) -> bool:
        """Whether students of this section (None: of no section) are this person's to look at."""
        return self.staff and (self.sections is None or section in self.sections)

    def require_student(self, student_id: str, section: str | None) -> None:
        """Raise Forbidden unless this student's work may be seen. It tells nothing of whether the student exists."""
        own = self.role is Role.STUDENT and self.name == student_id
        if not own and not self.sees_section(section):
            raise Forbidden(
                "this student's work is not yours to see",
                expected="your own work" if self.role is Role.STUDENT else "a student of one of your sections",
                next_step="Go back to the first page; an instructor can change who sees what.",
            )
