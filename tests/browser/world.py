"""A small course in which every text that people can write is an attack, and an address for each page to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.browser.attacks import EVERYTHING, FACES, PAYLOADS
from tests.conftest import ROOT
from tests.gradebook import samples
from tests.gradebook.conftest import START, Clock
from tito.course.checkpoints import CHECKPOINTS, Checkpoint
from tito.course.config import Course, Paths
from tito.course.results import Counterexample, Frame, Mode, Outcome
from tito.gradebook import Gradebook
from tito.gradebook.models import RubricItem
from tito.gradebook.services.adjustments import change_late_days, extend, override
from tito.gradebook.services.grading import record_result
from tito.gradebook.services.intake import record_stray, record_submission
from tito.gradebook.services.pseudonyms import choose_pseudonym
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import add_message, open_request
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.gradebook.services.written import (
    Band,
    Question,
    record_answers,
    register_questions,
    save_comment,
    score_answer,
)
from tito.hub.pages.site import PAGES, Page, address
from tito.hub.pages.viewer import Role, Viewer
from tito.notebooks.store import Store

SECTION: Final = f"A {PAYLOADS[0]}"
VIEWERS: Final = {
    Role.INSTRUCTOR: Viewer(Role.INSTRUCTOR, f"ira {PAYLOADS[2]}"),
    Role.GRADER: Viewer(Role.GRADER, "gus", frozenset({SECTION})),
    Role.STUDENT: Viewer(Role.STUDENT, "ana"),
}
PARTS: Final[Mapping[str, str]] = {
    "student": "ana",
    "submission": "2",
    "checkpoint": CHECKPOINTS[0].slug,
    "test": "test_sum",
    "question": "1",
    "request": "1",
    "one": "2",
    "other": "4",
}
"""An example of each part that an address can have. A part that is missing here makes `examples` fail."""

WITHOUT_TEXT: Final = frozenset({"regrading", "leaderboard"})
"""Pages whose own part shows the course's words, numbers and pseudonyms (of letters and digits) alone. The course's
title above it is an attack here, as on every page."""

ALIKE: Final = "\n".join(
    f"step_{number} = [len(str({number})) + {number} * {number + 1}, {number}]" for number in range(40)
)
"""What two students wrote alike."""

QUERIES: Final[Mapping[str, tuple[Mapping[str, str], ...]]] = {
    "matrix": ({"sort": "total", "order": "down"}, {"search": f"{PAYLOADS[1]} nobody"}),
    "submission": ({"against": "previous"}, {"against": "release"}),
    "audit": ({"actor": PAYLOADS[3]},),
}
"""What else of a page is worth a look, by its name."""


@dataclass(frozen=True)
class Example:
    """A page in a role, and its address."""

    role: Role
    page: str
    path: str
    plain: bool
    """Whether it is the page as it opens, without a query."""

    def __str__(self) -> str:
        return f"{self.role.value}:{self.path[:40]}"


def examples() -> Iterator[Example]:
    """Every page of the site in every role that may see it. Raises LookupError for a page that nothing is known of."""
    for page in PAGES:
        path = _path(page)
        for role in Role:
            if role not in page.roles:
                continue
            yield Example(role, page.name, path, True)
            for query in QUERIES.get(page.name, ()):
                yield Example(role, page.name, f"{path}?{urlencode(query)}", False)


def _path(page: Page) -> str:
    try:
        return address("", page.name, PARTS, {})
    except KeyError as missing:
        raise LookupError(
            f"the page {page.name!r} ({page.path}) has the part {missing}: say in PARTS of {Path(__file__).name} "
            "what stands there in a page worth looking at, and put it into the gradebook that `fill` makes"
        ) from missing


def course(root: Path) -> Course:
    """A course half an hour off the others' clocks, with deadlines around `START`."""
    paths = Paths(root, ROOT / "source", ROOT / "release", root, root, root)
    made = samples.course(due=START + timedelta(days=2), free_days=2)
    (paths.graders / CHECKPOINTS[15].slug).mkdir(parents=True, exist_ok=True)  # stands for the capstone's graders
    return replace(made, paths=paths, zone=ZoneInfo("Asia/Kolkata"), title=f"TinyTorch {PAYLOADS[2]}")


def fill(root: Path, course: Course) -> Gradebook:
    """Make the gradebook: Ana with everything that can happen to a student, Ben of whom little is known."""
    clock = Clock()
    book = Gradebook.open(root / "gradebook.db", create=True, clock=clock)
    with book.begin(f"instructor:ira {PAYLOADS[3]}") as work:
        import_roster(
            work,
            [
                RosterEntry("ana", f"Ana {EVERYTHING}", "ana@example.edu", SECTION),
                RosterEntry("ben", f"Ben {PAYLOADS[0]} {FACES}", None, SECTION),
                RosterEntry("a" * 64, "A" * 200, None, f"B{PAYLOADS[1]}"),
            ],
        )
    for number in (0, 1):
        samples.graders(book, number=number)
    _ask(book)
    for attempt in range(2):
        clock.forward(hours=1)
        _hand_in(book, course, CHECKPOINTS[0], f"return {attempt}  # {EVERYTHING}\n{ALIKE}")
    clock.forward(days=3)
    _hand_in(book, course, CHECKPOINTS[1], f"raise ValueError({EVERYTHING!r})")
    _hand_in(book, course, CHECKPOINTS[0], f"return 1  # {EVERYTHING}\n{ALIKE}", "ben")
    _decide(book, course)
    _compete(book, course)
    return book


def _ask(book: Gradebook) -> None:
    bands = (
        Band(f"0-4 {PAYLOADS[0]}", EVERYTHING, Decimal(0), Decimal(4)),
        Band("5-10", "names the reason", Decimal(5), Decimal(10)),
    )
    for checkpoint in CHECKPOINTS[:2]:
        asked = Question(checkpoint.modules[0].slug, "reflect-1", f"Why? {EVERYTHING}", Decimal(10), bands)
        with book.begin("instructor:ira") as work:
            register_questions(work, checkpoint, [asked])


def _hand_in(book: Gradebook, course: Course, checkpoint: Checkpoint, line: str, student: str = "ana") -> None:
    """A notebook with attacks in its code, its text and its outputs; graded, with attacks in what grading found."""
    name = f"{checkpoint.modules[0].slug}.ipynb"
    notebook = json.loads((ROOT / "release" / checkpoint.slug / name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        marked = cell["metadata"].get("nbgrader", {})
        if marked.get("solution") and cell["cell_type"] == "code":
            cell["source"] = f"{_text(cell)}\n{line}"
            cell["outputs"] = [_output("text/html"), _output("image/svg+xml"), _output("application/javascript")]
        elif marked.get("solution"):
            cell["source"] = EVERYTHING
    digest = Store(course.paths.store).put({name: json.dumps(notebook).encode()})
    with book.begin(f"student:{student}") as work:
        number = record_submission(work, student_id=student, checkpoint=checkpoint, digest=digest).id
    assert number is not None
    with book.begin("system:intake") as work:
        record_answers(work, number, {(checkpoint.modules[0].slug, "reflect-1"): f"{line}\n\n# {EVERYTHING}"})
    where = f"{name}, cell 7 {PAYLOADS[2]}"
    passed = replace(samples.outcome("test_open", "3", "3", public=True), title=f"Opens {EVERYTHING}")
    found = samples.result(digest, outcomes=[*_outcomes(where), passed], checkpoint=checkpoint.slug)
    with book.begin("system:grade") as work:
        record_result(work, number, replace(found, notes=(f"A cell was missing: {EVERYTHING}",)))


def _outcomes(where: str) -> Iterator[Outcome]:
    """Failures with all the evidence there can be, in both modes."""
    evidence = Counterexample(
        ((f"x {PAYLOADS[0]}", EVERYTHING),), EVERYTHING, PAYLOADS[4], EVERYTHING, f"Tensor('{EVERYTHING}').sum(0)"
    )
    modes: tuple[Mode, Mode] = ("isolated", "cumulative")
    for test, mode in product(("test_sum", "test_add"), modes):
        yield replace(
            samples.outcome(test, "1", "4", mode),
            title=f"Sums {EVERYTHING}",
            hint=f"`{PAYLOADS[1]}` {EVERYTHING}",
            detail=EVERYTHING,
            counterexample=evidence,
            frames=(Frame(where, 3, f"sum {PAYLOADS[3]}", EVERYTHING),),
            output=f"{EVERYTHING}\n{FACES}",
        )


def _decide(book: Gradebook, course: Course) -> None:
    """What staff and the student do afterwards, each with an attack for a reason."""
    first, second = CHECKPOINTS[:2]
    with book.begin("grader:gia") as work:  # not one of those who look: each of them may give it the second reading
        save_comment(work, question_id=1, text=EVERYTHING)
        bands = work.session.scalars(select(RubricItem.id).where(RubricItem.question_id == 1)).all()
        score_answer(
            work, submission_id=2, question_id=1, earned=Decimal(4), comment=EVERYTHING, rubric_items=bands[:1]
        )
    for checkpoint in (first, second):
        with book.begin("instructor:ira") as work:
            publish(work, course, checkpoint, note=EVERYTHING)
    with book.begin("instructor:ira") as work:
        until = datetime(2026, 10, 1, 18, 29, tzinfo=UTC)
        extend(work, student_id="ana", checkpoint=second, until=until, reason=EVERYTHING)
        override(work, student_id="ana", checkpoint=second, score=Decimal("87.5"), reason=EVERYTHING)
        change_late_days(work, student_id="ana", days=1, reason=EVERYTHING)
    with book.begin("student:ana") as work:
        request = open_request(work, submission_id=2, about="test_sum", reason=EVERYTHING)
    with book.begin("grader:gus") as work:
        add_message(work, request, f"# {EVERYTHING}")
    with book.begin("system:collect") as work:
        record_stray(work, student_id=PAYLOADS[0], checkpoint=PAYLOADS[1], digest="0" * 64, message=EVERYTHING)


def _compete(book: Gradebook, course: Course) -> None:
    """Both stand on the leaderboard of the capstone."""
    capstone = CHECKPOINTS[15]
    assert capstone.milestone is not None
    samples.graders(book, number=capstone.number)
    for student, pseudonym, more in (("ana", "Quick Fox", "4"), ("ben", "Slow Snail", "3")):
        handed = samples.hand_in(book, student, number=capstone.number)
        entry = samples.outcome(capstone.milestone.test)
        samples.grade(book, handed, entry, samples.outcome("test_more", more), number=capstone.number)
        with book.begin(f"student:{student}") as work:
            choose_pseudonym(work, student_id=student, pseudonym=pseudonym)
    with book.begin("instructor:ira") as work:
        publish(work, course, capstone)


def _text(cell: Mapping[str, Any]) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _output(kind: str) -> dict[str, Any]:
    """What a cell showed when the student ran it."""
    return {"output_type": "display_data", "metadata": {}, "data": {kind: EVERYTHING, "text/plain": EVERYTHING}}
