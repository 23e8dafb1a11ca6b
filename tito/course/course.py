"""The course as the platform uses it: what `load_course` returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tito.course.calendar import show_time
from tito.course.checkpoints import CHECKPOINTS, Checkpoint, find_checkpoint
from tito.course.policies import Assessment, LatePolicy


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie in a course. The first five are nbgrader's and follow its own options."""

    root: Path
    source: Path
    release: Path
    submitted: Path
    autograded: Path
    feedback: Path

    @property
    def graders(self) -> Path:
        """Hidden graders, a folder per checkpoint."""
        return self.root / "graders"

    @property
    def reference_impl(self) -> Path:
        """The instructor's solved modules as text."""
        return self.root / "reference_impl"

    @property
    def state(self) -> Path:
        """Everything that a run leaves behind, apart from what nbgrader's layout shows."""
        return self.root / ".tito"

    @property
    def store(self) -> Path:
        """Submitted notebooks by their content's digest."""
        return self.state / "store"

    @property
    def secret(self) -> Path:
        """The course's secret, from which inputs of hidden tests are drawn."""
        return self.state / "secret"

    @property
    def locks(self) -> Path:
        """Lock files of running commands."""
        return self.state / "locks"

    @property
    def gradebook(self) -> Path:
        """The default gradebook: an SQLite file."""
        return self.state / "gradebook.db"

    @property
    def nbgrader_database(self) -> Path:
        """Nbgrader's own database, which receives the active scores."""
        return self.state / "nbgrader.db"


@dataclass(frozen=True, slots=True)
class Course:
    """A course in a term, as `course_config.py` sets it. Times are aware and in UTC."""

    root: Path
    course_id: str
    title: str
    term: str
    zone: ZoneInfo
    term_starts_at: datetime | None
    term_ends_at: datetime | None
    assessments: tuple[Assessment, ...]
    late: LatePolicy
    regrade_never_lowers: bool
    minimum_tier: str
    database_url: str
    paths: Paths
    data_folder: str | None = None
    """Where MNIST is, as the config has it; None where it says nothing."""
    notebook_bytes: int = 20_000_000
    """The largest notebook file that is taken in."""

    def assessment(self, checkpoint: Checkpoint | int | str) -> Assessment:
        """Return how a checkpoint is assessed; raises TitoError when it names none."""
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = find_checkpoint(checkpoint)
        return self.assessments[checkpoint.number]

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The checkpoints that this course asks for, in order."""
        return CHECKPOINTS

    @property
    def weights(self) -> dict[int, Decimal]:
        """The weight of each checkpoint in percent."""
        return {checkpoint.number: self.assessments[checkpoint.number].weight for checkpoint in CHECKPOINTS}

    def show_time(self, instant: datetime) -> str:
        """Return an instant in the course's zone: `Fri 2027-01-15 23:59 GMT`."""
        return show_time(instant, self.zone)
