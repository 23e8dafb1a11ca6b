"""The course as the platform uses it: what `load_course` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from tito.course.calendar import show_time
from tito.course.checkpoints import CHECKPOINTS, Checkpoint, find_checkpoint
from tito.course.learningpaths import COMPLETE
from tito.course.policies import Assessment, LatePolicy, RiskPolicy, WrittenPolicy
from tito.errors import TitoError


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
    checkpoints: tuple[Checkpoint, ...] = CHECKPOINTS
    """What the course asks for, in order: the checkpoints of its learning path."""
    path_name: str = COMPLETE
    data_folder: str | None = None
    """Where MNIST is, as the config has it; None where it says nothing."""
    notebook_bytes: int = 20_000_000
    """The largest notebook file that is taken in."""
    risk: RiskPolicy = field(default_factory=RiskPolicy)
    written: WrittenPolicy = field(default_factory=WrittenPolicy)

    def assessment(self, checkpoint: Checkpoint | int | str) -> Assessment:
        """Return how a checkpoint is assessed; raises TitoError when it names none."""
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = find_checkpoint(checkpoint)
        return self.assessments[checkpoint.number]

    @property
    def weights(self) -> dict[int, Decimal]:
        """The weight of each checkpoint as it is configured; 0 for one that is not asked for."""
        return {
            checkpoint.number: self.assessments[checkpoint.number].weight if self.asks(checkpoint) else Decimal(0)
            for checkpoint in CHECKPOINTS
        }

    def asks(self, checkpoint: Checkpoint | int) -> bool:
        """Whether the course's learning path has a checkpoint."""
        number = checkpoint if isinstance(checkpoint, int) else checkpoint.number
        return any(asked.number == number for asked in self.checkpoints)

    def require(self, checkpoint: Checkpoint) -> None:
        """Raise TitoError unless the course asks for a checkpoint."""
        if not self.asks(checkpoint):
            raise TitoError(
                f"{checkpoint.slug} is not on this course's learning path ({self.path_name})",
                where="c.LearningPath in course_config.py",
                expected=f"one of {', '.join(asked.short for asked in self.checkpoints)}",
                next_step="nothing has to be handed in for it; `tito checkpoint timeline` shows the path",
            )

    def share(self, checkpoint: Checkpoint) -> Fraction:
        """Return a checkpoint's share of the course in percent: those that are asked for have 100 together."""
        weights = self.weights
        whole = sum(weights.values())
        return 100 * Fraction(weights[checkpoint.number]) / Fraction(whole) if whole else Fraction(0)

    def show_time(self, instant: datetime) -> str:
        """Return an instant in the course's zone: `Fri 2027-01-15 23:59 GMT`."""
        return show_time(instant, self.zone)
