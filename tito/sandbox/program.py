"""What is sent to a worker and what comes back, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tito.course.results import Frame
from tito.course.verdicts import Verdict

Value = object
"""None, bool, int, float, str, bytes, list, dict with string keys, `numpy.ndarray` of a closed dtype, or `Opaque`."""


@dataclass(frozen=True, slots=True)
class CellSource:
    """One notebook cell as Python source; `label` stands in tracebacks, e.g. `01_tensor.ipynb, cell 7`."""

    label: str
    source: str


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """One module of the student package, e.g. `core.tensor`, as the cells that make it up, in order."""

    name: str
    cells: tuple[CellSource, ...]
    origin: Literal["student", "reference"] = "student"


@dataclass(frozen=True, slots=True)
class Program:
    """Everything a worker needs: the modules in import order, and the source of the scenario functions."""

    modules: tuple[ModuleSource, ...]
    scenarios: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a scenario; `seed` seeds the worker's global generators before it."""

    scenario: str
    args: tuple[Value, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Opaque:
    """Stands for a value that may not cross: only the name of its type is known, and that is the student's claim."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The scenario returned a value; `output` is what was printed meanwhile, capped."""

    value: Value
    output: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """The scenario raised; all texts are the student's claims, capped. `frames` are innermost last.

    `types` names the exception's type and its bases, since a test asks for a ValueError and accepts every kind of it.
    """

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    output: str = ""
    types: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """The scenario asked for a name that the package does not define, or whose code is not written yet."""

    name: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class Died:
    """The worker is gone; `verdict` says how. `ran` is False for calls after the one that killed it."""

    verdict: Verdict
    detail: str
    output: str = ""
    ran: bool = True


Reply = Returned | Raised | Missing | Died


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that raised while its module was loaded."""

    module: str
    label: str
    type: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How loading went. `died` is set when the worker did not survive loading."""

    errors: tuple[CellError, ...] = ()
    output: str = ""
    died: Died | None = None
    modules: tuple[str, ...] = field(default=())
