"""Submissions and results to test with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course, Paths
from tito.course.policies import Assessment, LatePolicy
from tito.course.results import Counterexample, Frame, Mode, Outcome, Receipt, Result
from tito.course.verdicts import Verdict
from tito.gradebook import Gradebook
from tito.gradebook.services.grading import Recording, record_result, register_graders
from tito.gradebook.services.intake import Recorded, record_submission

FOUNDATION = CHECKPOINTS[1]


def digest(text: str) -> str:
    """A 64-character stand-in for a SHA-256, readable in a failure."""
    return text.encode().hex().ljust(64, "0")[:64]


def outcome(
    test: str = "test_sum",
    earned: str = "4",
    possible: str = "4",
    mode: Mode = "isolated",
    verdict: Verdict | None = None,
    public: bool = False,
) -> Outcome:
    right = Decimal(earned) == Decimal(possible)
    end = verdict or (Verdict.PASSED if right else Verdict.FAILED)
    return Outcome(
        test=test,
        title=f"The title of {test}",
        mode=mode,
        public=public,
        cell="test-sum" if public else None,
        verdict=end,
        possible=Decimal(possible),
        earned=Decimal(earned),
        hint="" if end is Verdict.PASSED else "look at the axis",
        detail="" if end is Verdict.PASSED else "shape (2,) where (2, 1) was expected",
        counterexample=None
        if end is not Verdict.FAILED
        else Counterexample((("x", "[[1.]]"),), "[1.]", "1.0", "a scalar", "Tensor([[1.]]).sum(0)"),
        frames=() if end is Verdict.PASSED else (Frame("01_tensor.ipynb, cell 7", 3, "sum", "return 1"),),
        output="" if end is Verdict.PASSED else "\x1b[31mred\x00",
        inherited_from=None if mode == "isolated" else 0,
        seconds=0.25,
    )


def result(
    submission: str, graders: str = "g1", outcomes: Iterable[Outcome] = (), checkpoint: str = FOUNDATION.slug
) -> Result:
    return Result(
        checkpoint=checkpoint,
        receipt=Receipt(submission, digest(graders), digest("ref"), digest("env"), "seed", "namespaces"),
        outcomes=tuple(outcomes) or (outcome(),),
        notes=("a cell was missing",),
        seconds=1.5,
        extra={"lane": 1},
    )


def hand_in(gradebook: Gradebook, student: str = "ana", content: str = "one", number: int = 1) -> Recorded:
    with gradebook.begin(f"student:{student}") as work:
        return record_submission(work, student_id=student, checkpoint=CHECKPOINTS[number], digest=digest(content))


def graders(gradebook: Gradebook, name: str = "g1", number: int = 1) -> int:
    with gradebook.begin("instructor:ira") as work:
        return register_graders(work, CHECKPOINTS[number], digest(name))


def grade(
    gradebook: Gradebook, submission: Recorded, *outcomes: Outcome, graders: str = "g1", number: int = 1
) -> Recording:
    assert submission.id is not None
    with gradebook.begin("system:grade") as work:
        said = result(submission.digest, graders, outcomes, CHECKPOINTS[number].slug)
        return record_result(work, submission.id, said)


def course(
    *, due: datetime | None = None, never_lowers: bool = False, auto_share: str = "0.7", free_days: int = 0
) -> Course:
    """A course in UTC whose checkpoints are all due at the same moment (None: never)."""
    root = Path("/nowhere")
    return Course(
        root=root,
        course_id="tinytorch",
        title="TinyTorch",
        term="Term",
        zone=ZoneInfo("UTC"),
        term_starts_at=None,
        term_ends_at=None,
        assessments=tuple(
            Assessment(weight=Decimal("6.25"), due_at=due, auto_share=Decimal(auto_share)) for _ in CHECKPOINTS
        ),
        late=LatePolicy(free_days=free_days, percent_per_day=Decimal(10), floor_percent=Decimal(50)),
        regrade_never_lowers=never_lowers,
        minimum_tier="landlock",
        database_url="",
        paths=Paths(root, root, root, root, root, root),
    )
