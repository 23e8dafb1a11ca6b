"""The course in its term: one file for Tito and nbgrader.

This is a Jupyter config file. `c.Section.option = value` sets an option; a section that is not named here
keeps its defaults. `tito course check` prints every problem of this file with its line. Dates are local times
of the course's zone. nbgrader reads this file too, through `nbgrader_config.py`.
"""

from pathlib import Path

c = get_config()
root = Path(__file__).resolve().parent

# --- the course ---

c.CourseDirectory.course_id = "tinytorch"
c.TitoCourse.title = "TinyTorch"
c.TitoCourse.term = "Spring 2027"
c.TitoCourse.zone = "Europe/London"
c.TitoCourse.term_starts = "2027-01-11 00:00"
c.TitoCourse.term_ends = "2027-06-11 23:59"

# The weakest isolation in which student code may be graded: "namespaces" is stronger, and `tito doctor` shows
# whether this machine has it.
c.TitoCourse.minimum_tier = "landlock"

# --- the sixteen checkpoints: weight in percent, opening, due date ---

c.Checkpoint00.update(weight=2, opens="2027-01-11 09:00", due="2027-01-15 23:59")
c.Checkpoint01.update(weight=8, opens="2027-01-11 09:00", due="2027-01-24 23:59")
c.Checkpoint02.update(weight=5, opens="2027-01-18 09:00", due="2027-01-31 23:59")
c.Checkpoint03.update(weight=6, opens="2027-01-25 09:00", due="2027-02-07 23:59")
c.Checkpoint04.update(weight=5, opens="2027-02-01 09:00", due="2027-02-14 23:59")
c.Checkpoint05.update(weight=9, opens="2027-02-08 09:00", due="2027-02-28 23:59")
c.Checkpoint06.update(weight=7, opens="2027-02-22 09:00", due="2027-03-07 23:59")
c.Checkpoint07.update(weight=8, opens="2027-03-01 09:00", due="2027-03-19 23:59")
c.Checkpoint08.update(weight=7, opens="2027-03-15 09:00", due="2027-04-04 23:59")
c.Checkpoint09.update(weight=5, opens="2027-03-29 09:00", due="2027-04-11 23:59")
c.Checkpoint10.update(weight=6, opens="2027-04-05 09:00", due="2027-04-18 23:59")
c.Checkpoint11.update(weight=6, opens="2027-04-12 09:00", due="2027-04-25 23:59")
c.Checkpoint12.update(weight=8, opens="2027-04-19 09:00", due="2027-05-09 23:59")
c.Checkpoint13.update(weight=7, opens="2027-05-03 09:00", due="2027-05-23 23:59")
c.Checkpoint14.update(weight=6, opens="2027-05-17 09:00", due="2027-05-30 23:59")
c.Checkpoint15.update(weight=5, opens="2027-05-24 09:00", due="2027-06-10 23:59")

# --- how points are given ---

c.EveryCheckpoint.auto_share = 0.7  # tests; the remaining 0.3 is for written answers
c.EveryCheckpoint.counts = "isolated"  # on correct earlier modules: a mistake costs points once
c.TitoCourse.regrade_never_lowers = True

c.LatePolicy.free_days = 5  # in the whole term
c.LatePolicy.percent_per_day = 10
c.LatePolicy.floor_percent = 50
c.LatePolicy.grace_minutes = 10
c.LatePolicy.closes_after_days = 14

c.AttemptPolicy.capacity = 10
c.AttemptPolicy.refill_hours = 2

# When the hub grades by itself: "submit", as work comes, or "due", when it is due for its student. `tito grade` grades
# at any time.
c.GradingPolicy.when = "submit"

c.TitoCourse.notebook_bytes = 20_000_000  # the largest notebook that is taken in, outputs included

# --- what hidden tests show, at once and after the later date (days after the due date) ---

c.RevealPolicy.hidden = ["title", "verdict", "hint", "operation"]
c.RevealPolicy.later = ["detail", "counterexample", "traceback", "output"]
c.RevealPolicy.later_after_days = 21

# --- what a submission may use while it is graded; a checkpoint that trains gets more time ---

c.SandboxLimits.wall_seconds = 10
c.SandboxLimits.memory_bytes = "1 GiB"
c.Checkpoint07.SandboxLimits.update(wall_seconds=60, cpu_seconds=300)
c.Checkpoint09.SandboxLimits.update(wall_seconds=60, cpu_seconds=300)

# --- nbgrader ---

c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.db_url = f"sqlite:///{root / '.tito' / 'nbgrader.db'}"

# `nbgrader autograde` grades in Tito's sandbox, never in a kernel beside the gradebook. It leaves alone what has been
# autograded before (by `tito grade` too): use `nbgrader autograde --force`.
c.Autograde.sanitize_preprocessors = ["tito.grading.nbgrader.CourseStructure"]
c.Autograde.autograde_preprocessors = [
    "tito.grading.nbgrader.SandboxedGrading",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
