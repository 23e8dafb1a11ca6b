"""Who is in the hub's groups: the active roster."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from tito.course.config import load_course
from tito.gradebook import Gradebook
from tito.gradebook.models import Student


def roster(root: Path) -> list[str]:
    """Return the hub's names of the active students of a course; the hub writes names in lower case.

    Raises TitoError when the course or its gradebook cannot be read.
    """
    with Gradebook.open(load_course(root).database_url, create=True) as gradebook:
        return active_students(gradebook)


def active_students(gradebook: Gradebook) -> list[str]:
    """Return the hub's names of the active students, in order. One query."""
    with gradebook.read() as session:
        return list(
            session.scalars(select(Student.folded_id).where(Student.active.is_(True)).order_by(Student.folded_id))
        )
