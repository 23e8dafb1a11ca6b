"""What `tito.course.scoring.course_total` gives, for a whole class: in whole numbers, which is ten times faster."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from tito.course.config import Course
from tito.course.scoring import CourseTotal

if TYPE_CHECKING:
    from tito.gradebook.standing import Cell


class Totals:
    """Adds weighted scores over a common denominator."""

    def __init__(self, course: Course) -> None:
        configured = course.weights
        weights = [Fraction(configured[number]) for number in range(len(course.assessments))]
        self._unit = math.lcm(*(weight.denominator for weight in weights))
        self._weights = [int(weight * self._unit) for weight in weights]

    def of(self, cells: Iterable[Cell]) -> CourseTotal:
        """Return the total over those of the cells that have a score, or are overdue and count as zero."""
        earned, common, judged = 0, 1, 0
        for cell in cells:
            weight = self._weights[cell.checkpoint]
            if cell.score is not None:
                score, lower = cell.score.final.as_integer_ratio()
                both = math.lcm(common, lower)
                earned = earned * (both // common) + weight * score * (both // lower)
                common = both
            elif not cell.overdue:
                continue
            judged += weight
        return CourseTotal(Fraction(earned, common * self._unit * 100), Fraction(judged, self._unit))

    def published(self, cells: Iterable[Cell]) -> CourseTotal:
        """Return the same of what students see. What is overdue counts as zero here too: they can see that it is."""
        earned = judged = Fraction(0)
        for cell in cells:
            if cell.published is None and not cell.overdue:
                continue
            weight = Fraction(self._weights[cell.checkpoint], self._unit)
            earned += weight * (cell.published.score if cell.published is not None else 0) / 100
            judged += weight
        return CourseTotal(earned, judged)
