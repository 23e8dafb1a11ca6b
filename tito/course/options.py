"""The options of `course_config.py`: traitlets classes, which say for each option what it means and takes.

`config` reads the file through them and turns them into the dataclasses that the platform uses. The names of
the classes are the names of the sections: `c.LatePolicy.free_days = 5`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from traitlets.config import Configurable

from tito.course.checkpoints import CHECKPOINTS
from tito.course.learningpaths import COMPLETE, PATHS
from tito.course.limits import NOTEBOOK_BYTES, Limits
from tito.course.policies import REVEALABLE
from tito.course.traits import Choice, Choices, Exact, Flag, Modules, Moment, Option, Seconds, Size, Text, Whole, Zone

_LIMITS = Limits()


class TitoCourse(Configurable):
    """The course and its term. The course's id is nbgrader's own option, `c.CourseDirectory.course_id`."""

    title = Text("TinyTorch", "The course's name on pages and reports.")
    term = Text("Term", 'The term\'s name, such as "Spring 2027".')
    zone = Zone(
        ZoneInfo("Europe/London"),
        "The time zone of every date in this file and on every page. Times are stored in UTC.",
    )
    term_starts = Moment(None, "The first moment of the term, or None.", allow_none=True)
    term_ends = Moment(
        None,
        "The last moment of the term, or None. A clock that reads a year after it is taken to be wrong.",
        allow_none=True,
    )
    minimum_tier = Choice(
        "landlock",
        "The weakest isolation in which the platform grades. `none` protects nothing: a submission could "
        "read hidden tests and change grades.",
        words=("none", "landlock", "namespaces"),
    )
    database_url = Text(
        None,
        "The gradebook's database as an SQLAlchemy URL. None means what the environment's TITO_DATABASE_URL says, and "
        "without it SQLite in `.tito/gradebook.db`. Keep a password out of this file.",
        allow_none=True,
    )
    data_folder = Text(
        None,
        "The folder with MNIST (`mnist_10k.npz`, or its four IDX files) for the milestone of checkpoint 07, from the "
        "course's folder. None looks into `../shared/data`, and else takes the digits that come with Tito.",
        allow_none=True,
    )
    notebook_bytes = Size(
        20_000_000,
        "The largest notebook file that is taken in. What was taken in before stays, and is graded.",
        least=100_000,
        most=NOTEBOOK_BYTES,
    )
    regrade_never_lowers = Flag(
        True, "Whether a student keeps the old points of a checkpoint when a changed grader would give fewer."
    )


class LearningPath(Configurable):
    """Which modules the course asks for. Checkpoints outside of the path are not handed in, counted or shown."""

    name = Choice(
        COMPLETE,
        "The path: " + "; ".join(f"`{path.name}`, {path.about}" for path in PATHS) + ".",
        words=[path.name for path in PATHS],
    )
    modules = Modules(
        "The modules instead of the path's own; None takes those. All modules of a checkpoint or none, and of the "
        "foundation (00 to 07) all before the last one."
    )


class LatePolicy(Configurable):
    """What lateness costs."""

    free_days = Whole(5, "Late days of the term that cost nothing, over all checkpoints.", least=0, most=366)
    percent_per_day = Exact(
        Decimal(10), "Percent of the earned score that each further started day takes.", least=0, most=100
    )
    floor_percent = Exact(
        Decimal(50),
        "Percent of the earned score that lateness never takes: the least that is left.",
        least=0,
        most=100,
    )
    grace_minutes = Whole(
        10, "Minutes after the due time that still count as on time, for slow uploads.", least=0, most=1440
    )
    closes_after_days = Whole(
        14,
        "Late days after which nothing is accepted any more; None accepts until the end of the term.",
        least=0,
        most=366,
        allow_none=True,
    )


class AtRisk(Configurable):
    """When the page "At risk" lists a student. It is a place to look, and changes nothing."""

    missing = Whole(2, "Checkpoints that are due and were not handed in; None: no such rule.", least=1, allow_none=True)
    falling = Whole(
        3, "Scores in a row of which each is lower than the one before; None: no such rule.", least=2, allow_none=True
    )
    falling_points = Exact(Decimal(15), "By how much of 100 those scores fall together at least.", least=0, most=100)
    stuck = Whole(
        3,
        "Newest attempts at a checkpoint that all failed one test; None: no such rule.",
        least=2,
        allow_none=True,
    )


class WrittenAnswers(Configurable):
    """How people grade written answers in the pages."""

    anonymous = Flag(True, "Whether who grades an answer sees neither name nor id of its author.")
    second_percent = Exact(
        Decimal(10),
        "Percent of the answers that a second person reads too, to see how they agree.",
        least=0,
        most=100,
    )


class AttemptPolicy(Configurable):
    """How often a student may submit: a bucket of attempts that fills again with time.

    An attempt that fails through a fault of the platform costs nothing.
    """

    capacity = Whole(
        10,
        "Attempts that can be saved up; None does not limit attempts.",
        least=1,
        most=10_000,
        allow_none=True,
    )
    refill_hours = Exact(Decimal(2), "Hours until one attempt comes back.", least=0, most=8760, above=True)


class SandboxLimits(Configurable):
    """What one submission may use while it is graded."""

    wall_seconds = Seconds(_LIMITS.wall_seconds, "Seconds for one test by the clock on the wall.")
    cpu_seconds = Whole(_LIMITS.cpu_seconds, "Processor seconds for one worker's life.", least=1, most=86400)
    memory_bytes = Size(_LIMITS.memory_bytes, "Memory of a worker.", least=64 << 20)
    output_bytes = Size(_LIMITS.output_bytes, "What a worker may print.", least=1 << 10)
    file_bytes = Size(_LIMITS.file_bytes, "The largest file a worker may write.", least=0)
    open_files = Whole(_LIMITS.open_files, "Files that a worker may hold open.", least=16, most=65536)


class RevealPolicy(Configurable):
    """What hidden tests show. Public tests show everything at once."""

    hidden = Choices(
        ("title", "verdict", "hint", "operation"), "What a hidden test shows as soon as it is graded.", words=REVEALABLE
    )
    later = Choices(
        ("detail", "counterexample", "traceback", "output"),
        "What a hidden test shows besides, from the later date on.",
        words=REVEALABLE,
    )
    later_from = Moment(None, "The later date; None takes the due date and adds `later_after_days`.", allow_none=True)
    later_after_days = Whole(
        21,
        "Days from the due date to the later date; None never shows more. Let late work be closed by then.",
        least=0,
        most=3660,
        allow_none=True,
    )


class GradingPolicy(Configurable):
    """When the hub grades by itself. `tito grade` grades whenever it is run."""

    when = Choice(
        "submit",
        "`submit` grades each submission as it comes; `due` waits for the student's due date, extensions included.",
        words=("submit", "due"),
    )


class EveryCheckpoint(Configurable):
    """What holds for all checkpoints; `c.Checkpoint00` to `c.Checkpoint15` say what differs at one.

    The sections AttemptPolicy, SandboxLimits, RevealPolicy and GradingPolicy can be set for one checkpoint too:
    `c.Checkpoint07.SandboxLimits.wall_seconds = 60`.
    """

    weight = Exact(
        None,
        "The share of the course in percent; the sixteen add up to 100. None takes the built-in weight.",
        least=0,
        most=100,
        allow_none=True,
    )
    opens = Moment(None, "When work can be handed in first; None has no such bound.", allow_none=True)
    due = Moment(None, "When work is due; None is never late.", allow_none=True)
    auto_share = Exact(
        Decimal("0.7"),
        "The part of the checkpoint's score that tests give; the rest is for written answers.",
        least=0,
        most=1,
    )
    counts = Choice(
        "isolated",
        "Which run gives the points: `isolated` (on correct earlier modules) or `cumulative` (on the student's own).",
        words=("isolated", "cumulative"),
    )


CHECKPOINT_SECTIONS: Final[tuple[type[EveryCheckpoint], ...]] = tuple(
    type(
        f"Checkpoint{checkpoint.number:02}",
        (EveryCheckpoint,),
        {"__doc__": f"What differs at {checkpoint.title}.", "__module__": __name__},
    )
    for checkpoint in CHECKPOINTS
)

NESTED: Final[tuple[type[Configurable], ...]] = (AttemptPolicy, SandboxLimits, RevealPolicy, GradingPolicy)
_ALL: Final[tuple[type[Configurable], ...]] = (
    TitoCourse,
    LearningPath,
    LatePolicy,
    AtRisk,
    WrittenAnswers,
    *NESTED,
    EveryCheckpoint,
    *CHECKPOINT_SECTIONS,
)
SECTIONS: Final[dict[str, type[Configurable]]] = {section.__name__: section for section in _ALL}


def options_of(section: type[Configurable]) -> dict[str, Option]:
    """Return the options that a section takes, by name."""
    return {name: trait for name, trait in section.class_traits(config=True).items() if isinstance(trait, Option)}


@dataclass(frozen=True, slots=True)
class OptionHelp:
    """What there is to say about one option, for `tito course check` and the docs."""

    section: str
    name: str
    about: str
    takes: str
    default: str

    @property
    def path(self) -> str:
        """How it is written in the file: `c.LatePolicy.free_days`."""
        return f"c.{self.section}.{self.name}"


def describe_options() -> tuple[OptionHelp, ...]:
    """Return every option of ours by section. Sections of single checkpoints only repeat EveryCheckpoint."""
    shown = [section for section in _ALL if section not in CHECKPOINT_SECTIONS]
    return tuple(
        OptionHelp(section.__name__, name, str(option.help), option.takes, _written(option.default()))
        for section in shown
        for name, option in sorted(options_of(section).items())
    )


def _written(default: object) -> str:
    """Return a default as one would write it in the file."""
    if isinstance(default, frozenset):
        return repr([word for word in REVEALABLE if word in default])
    if isinstance(default, ZoneInfo):
        return repr(default.key)
    return str(default) if isinstance(default, Decimal) else repr(default)
