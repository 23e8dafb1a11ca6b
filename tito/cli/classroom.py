"""A simulated class for the demo: who they are, and the notebooks that each would hand in.

Every notebook begins as the released one, as a student's does. Finished work has the instructor's solution in it,
wrong work a named mistake of the graders' catalogue, hostile work a program that tries something. The same seed gives
the same class, byte for byte.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tito.course.checkpoints import Checkpoint
from tito.course.course import Course
from tito.grading.audit import load_catalogue
from tito.grading.authoring import Mutant
from tito.notebooks.cells import is_exported

SEED: Final = 2027
SIZE: Final = 24
AHEAD: Final = 2
"""How many of a class are ahead of the others, and hand in every checkpoint there is."""
_NAMES: Final = (
    "Amara Okafor|Ayşe Yılmaz|Zoë Müller-Lüdenscheidt|Nguyễn Thị Minh Khai|José María Peña y Lillo|"  # noqa: RUF001
    "Søren Ångström|Łukasz Wójcik|Siobhán O'Rourke|Chukwuemeka Adeyemi|Priya Ramanathan|Wang Xiaoming (王小明)|"
    "Tanaka Haruka (田中はるか)|Kim Min-jun (김민준)|Fatima az-Zahra Benali|Дмитрий Соколов|"
    "Ελένη Παπαδοπούλου|محمد الأحمد|נועה לוי|Māia Te Rangi|Jean-François Lefèvre|"
    'Guðrún Sigurðardóttir|X|Robert\'); DROP TABLE students;--|=HYPERLINK("http://example.org")'
).split("|")
_ANSWERS: Final = (
    "Indexing gives a view, so both arrays share one block of memory; a copy has its own.",
    "Float32 keeps about seven digits, so adding 1.0 to 2**24 changes nothing.",
    "One door means that module 05 can record every operation in a single place.",
)

Notebook = dict[str, Any]
Change = Callable[[Notebook, "Book", random.Random], None]


@dataclass(frozen=True, slots=True)
class Book:
    """One notebook of the course: the released bytes, and the solution of each cell by grade_id."""

    file: str
    released: bytes
    solutions: dict[str, str]
    exported: tuple[str, ...]
    """The steps that belong to the package; the others are for the student's own use."""
    mutants: tuple[Mutant, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What kind of student this is; `change` works on the notebook of checkpoint 01, the others are finished."""

    name: str
    change: Change
    first: bool = True
    """Whether checkpoint 00 was handed in, too."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """One simulated student. `work` is file name -> content for each checkpoint that is handed in."""

    student_id: str
    name: str
    email: str
    section: str
    story: str
    work: dict[str, dict[str, bytes]] = field(repr=False)


def make_class(course: Course, checkpoints: Sequence[Checkpoint], size: int = SIZE, seed: int = SEED) -> list[Pupil]:
    """Return the class. The release must have been made. A small class has some of each kind."""
    chance = random.Random(seed)  # noqa: S311 - a simulation that must repeat itself
    books = {checkpoint: _books(course, checkpoint) for checkpoint in checkpoints}
    return [_pupil(number, story, books, chance) for number, story in enumerate(_stories(size, books, checkpoints[-1]))]


def go_on(course: Course, pupils: Sequence[Pupil], checkpoints: Sequence[Checkpoint], seed: int = SEED) -> list[Pupil]:
    """Let the first AHEAD finished students hand in further checkpoints, too; return those students."""
    chance = random.Random(seed)  # noqa: S311 - a simulation that must repeat itself
    ahead = [pupil for pupil in pupils if pupil.story == "finished"][:AHEAD]
    for checkpoint in checkpoints:
        for book in _books(course, checkpoint):
            for pupil in ahead:
                notebook = json.loads(book.released)
                finished(notebook, book, chance)
                content = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
                pupil.work.setdefault(checkpoint.slug, {})[book.file] = content
    return ahead


def roster_csv(pupils: Sequence[Pupil]) -> str:
    """Return the class as a roster file."""
    rows = [("student_id", "name", "email", "section")]
    rows += [(pupil.student_id, pupil.name, pupil.email, pupil.section) for pupil in pupils]
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def _books(course: Course, checkpoint: Checkpoint) -> list[Book]:
    mutants, _ = load_catalogue(course, checkpoint)
    books = []
    for module in checkpoint.modules:
        released = (course.paths.release / checkpoint.slug / f"{module.slug}.ipynb").read_bytes()
        source = json.loads((course.paths.source / checkpoint.slug / f"{module.slug}.ipynb").read_bytes())
        solutions = {grade_id: _unmarked(_text(cell)) for grade_id, cell in _cells(source) if _is_step(cell)}
        exported = tuple(grade_id for grade_id, text in solutions.items() if is_exported(text))
        fitting = [m for m in mutants if m.module == f"{module.number:02}" and _home(m, solutions) in exported]
        books.append(Book(f"{module.slug}.ipynb", released, solutions, exported, tuple(fitting)))
    return books


def _pupil(number: int, story: Story, books: dict[Checkpoint, list[Book]], chance: random.Random) -> Pupil:
    student_id = f"s{2027000 + number * 37 + chance.randrange(37)}"
    work: dict[str, dict[str, bytes]] = {}
    last = list(books)[-1]
    for checkpoint, parts in books.items():
        if checkpoint is not last and not story.first:
            continue
        work[checkpoint.slug] = {}
        for book in parts:
            notebook = json.loads(book.released)
            (story.change if checkpoint is last else finished)(notebook, book, chance)
            work[checkpoint.slug][book.file] = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
    name = _NAMES[number % len(_NAMES)]
    section = "AB"[number % 2]
    return Pupil(student_id, name, f"{student_id}@example.edu", section, story.name, work)


# --- what students do to a notebook ---------------------------------------------------------------------------------


def finished(notebook: Notebook, book: Book, chance: random.Random) -> None:
    """Write every step, and answers."""
    _solve(notebook, book, len(book.solutions))
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") and meta.get("solution"):
            cell["source"] = chance.choice(_ANSWERS)


def untouched(_notebook: Notebook, _book: Book, _chance: random.Random) -> None:
    """Hand in what was given out."""


def half(share: float) -> Change:
    """Write the first part of the steps."""

    def change(notebook: Notebook, book: Book, _chance: random.Random) -> None:
        _solve(notebook, book, min(round(share * len(book.solutions)), len(book.solutions) - 1))

    return change


def mistaken(mutant: Mutant) -> Change:
    """Finish with one named mistake."""

    def change(notebook: Notebook, book: Book, chance: random.Random) -> None:
        finished(notebook, book, chance)
        home = _home(mutant, book.solutions)
        for grade_id, cell in _cells(notebook):
            if grade_id == home:
                cell["source"] = _text(cell).replace(mutant.old, mutant.new)

    return change


def inserted(code: str, *, at: int = -1) -> Change:
    """Finish, with a piece of code at the end of one step's cell."""

    def change(notebook: Notebook, book: Book, chance: random.Random) -> None:
        finished(notebook, book, chance)
        wanted = book.exported[min(at, len(book.exported) - 1)]
        for grade_id, cell in _cells(notebook):
            if grade_id == wanted:
                cell["source"] = f"{_text(cell)}\n\n{code}"

    return change


def greedy(notebook: Notebook, book: Book, _chance: random.Random) -> None:
    """Half the work, and metadata that claim a thousand points for each test cell."""
    _solve(notebook, book, len(book.solutions) // 2)
    for _, cell in _cells(notebook):
        if cell["metadata"]["nbgrader"].get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000


def enormous(notebook: Notebook, book: Book, chance: random.Random) -> None:
    """Finish, and leave 10 MB of output in the notebook."""
    finished(notebook, book, chance)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["spam and eggs " * 70 + "\n"] * 10_500}]


_LOOP: Final = """@extend(Tensor)
class Tensor:
    def memory_footprint(self):
        while True:
            pass
"""
_HOSTILE: Final = (
    ("never returns", inserted(_LOOP)),
    ("fork bomb", inserted("import os\nwhile True:\n    os.fork()\n")),
    (
        "reads secrets",
        inserted(
            "import os\n"
            "for path in ('/etc/passwd', '.tito/secret', '../../.tito/gradebook.db', '/proc/1/environ'):\n"
            "    print(open(path).read())\n"
        ),
    ),
    ("floods the output", inserted("while True:\n    print('PASSED ' * 1000)\n")),
    ("ends the process", inserted("import os\nos._exit(0)\n")),
    ("claims 1000 points", greedy),
    ("10 MB notebook", enormous),
)


def _stories(size: int, books: dict[Checkpoint, list[Book]], last: Checkpoint) -> Iterator[Story]:
    """Deal the kinds in turn, so that a small class has some of each; with 24 all are there."""
    catalogue = [mutant for book in books[last] for mutant in book.mutants]
    count = min(6, len(catalogue))
    picked = [catalogue[place * len(catalogue) // count] for place in range(count)]
    kinds: list[list[Story]] = [
        [Story("finished", finished) for _ in range(6)],
        [Story(f"mistake: {mutant.name}", mistaken(mutant)) for mutant in picked],
        [Story(f"hostile: {name}", change) for name, change in _HOSTILE],
        [Story("half finished", half(share), first) for share, first in ((0.5, True), (0.25, False), (0.8, True))],
        [Story("untouched", untouched, first=False), Story("syntax error", inserted("def broken(:\n    pass\n", at=6))],
    ]
    order = [story for turn in range(max(map(len, kinds))) for kind in kinds for story in kind[turn : turn + 1]]
    for number in range(size):
        yield order[number] if number < len(order) else kinds[0][0]


# --- notebooks as JSON ----------------------------------------------------------------------------------------------


def _cells(notebook: Notebook) -> Iterator[tuple[str, dict[str, Any]]]:
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader")
        if meta:
            yield meta["grade_id"], cell


def _is_step(cell: dict[str, Any]) -> bool:
    meta = cell["metadata"]["nbgrader"]
    return bool(meta.get("solution")) and not meta.get("grade")


def _solve(notebook: Notebook, book: Book, count: int) -> None:
    wanted = list(book.solutions)[:count]
    for grade_id, cell in _cells(notebook):
        if grade_id in wanted:
            cell["source"] = book.solutions[grade_id]


def _home(mutant: Mutant, solutions: dict[str, str]) -> str | None:
    """The step in which a mistake can be made: the one that has its text, once."""
    homes = [grade_id for grade_id, source in solutions.items() if mutant.old in source]
    return homes[0] if len(homes) == 1 and solutions[homes[0]].count(mutant.old) == 1 else None


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _unmarked(source: str) -> str:
    return "\n".join(
        line for line in source.split("\n") if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line
    )
