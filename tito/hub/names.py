"""The names that the hub's configuration, the service and the students' servers must agree on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tito.exchange.client import COURSE_HEADER, DIGEST_HEADER, KEY_HEADER, URL_VARIABLE

__all__ = [
    "COURSE_HEADER",
    "DIGEST_HEADER",
    "GRADER",
    "KEY_HEADER",
    "KEY_RULE",
    "PREFIX",
    "SERVICE",
    "URL_VARIABLE",
    "Names",
]

SERVICE: Final = "tito"
GRADER: Final = "tito-grader"
PREFIX: Final = f"/services/{SERVICE}/"
KEY_RULE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Names:
    """Scopes and groups of one course.

    JupyterHub takes lower-case letters, digits and `-_:*` in a scope, and no hyphen or colon last. The groups carry the
    names that nbgrader's own JupyterHub plugin looks for.
    """

    course_id: str

    @property
    def _safe(self) -> str:
        return re.sub(r"[^a-z0-9_]", "_", self.course_id.lower())

    @property
    def submit(self) -> str:
        """The right to fetch, submit and read one's own work."""
        return f"custom:{SERVICE}:{self._safe}:submit"

    @property
    def grade(self) -> str:
        """The right to give out assignments and to see everybody's work."""
        return f"custom:{SERVICE}:{self._safe}:grade"

    @property
    def grade_sections(self) -> str:
        """The right to see and grade in the pages the sections whose groups one is in; nothing of the API."""
        return f"custom:{SERVICE}:{self._safe}:grade_sections"

    @property
    def students(self) -> str:
        """The group of the active roster."""
        return f"nbgrader-{self.course_id}"

    @property
    def staff(self) -> str:
        """The group of instructors, who see and do everything."""
        return f"formgrade-{self.course_id}"

    def graders(self, section: str) -> str:
        """The group of those who grade one section."""
        return f"{self.staff}-{section}"
