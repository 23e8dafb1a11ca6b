"""The hub's grader for a benchmark: submissions with an even number are graded on fresh lanes, as if none were kept.

    python -m benchmarks.feedback_grader COURSE

The hub starts it in place of `tito hub grader`.
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.models import Submission
from tito.grading.engine import Summary, grade_pending
from tito.grading.lanes import Run, run_lanes
from tito.hub.grader import run_grader
from tito.hub.parent import end_with_parent


def grade(course: Course, gradebook: Gradebook, *, run: Run, **options: Any) -> Summary:
    """Grade as the hub's grader does, but for the lanes."""
    with gradebook.read() as session:
        newest = session.scalar(select(func.max(Submission.id))) or 0
    return grade_pending(course, gradebook, run=run if newest % 2 else run_lanes, **options)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    end_with_parent()
    run_grader(Path(sys.argv[1]), threading.Event(), grade=grade)
