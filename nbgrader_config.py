"""What nbgrader reads in the folder where it is started. All options are in `course_config.py`."""

from pathlib import Path

# nbgrader does not make the folder of its database
(Path(__file__).resolve().parent / ".tito").mkdir(exist_ok=True)
load_subconfig(str(Path(__file__).resolve().with_name("course_config.py")))  # noqa: F821  (given by Jupyter)
