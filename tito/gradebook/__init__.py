"""The gradebook: the system of record for students, submissions, results and grades."""

from tito.gradebook.errors import BusyError, GradebookError
from tito.gradebook.gradebook import Gradebook
from tito.gradebook.work import Work

__all__ = ["BusyError", "Gradebook", "GradebookError", "Work"]
