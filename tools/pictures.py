"""Make the pictures of the docs: from the demo's class, and for docs/hub.md from what the browser tests keep.

    make demo && .venv/bin/python tools/pictures.py           all of them, into docs/pictures/
    .venv/bin/python tools/pictures.py matrix written         some
    make pytest ARGS="tests/browser -k lab" && .venv/bin/python tools/pictures.py lab formgrader

The demo is copied, and staff and students do some of a day's work in the copy, some weeks later. Needs Chromium on the
machine.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import load_course
from tito.course.course import Course
from tito.gradebook import Gradebook
from tito.gradebook.gradebook import server_clock
from tito.gradebook.models import GraderTest, OutcomeRow, ResultRow, RubricItem, Student, Submission
from tito.gradebook.services.adjustments import extend, override
from tito.gradebook.services.intake import record_submission
from tito.gradebook.services.pseudonyms import choose_pseudonym
from tito.gradebook.services.publication import publish
from tito.gradebook.services.requests import add_message, open_request
from tito.gradebook.services.written import claim_answer, save_comment, score_answer
from tito.hub.pages import local
from tito.hub.pages.viewer import Role, Viewer
from tito.notebooks.store import Store

ROOT = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "docs" / "pictures"
LARGEST: Final = 150_000
FOUNDATION: Final = CHECKPOINTS[1]
ALIKE_AT: Final = CHECKPOINTS[2]
ASKS, FALLS_SHORT, AHEAD = "Łukasz Wójcik", "Ελένη Παπαδοπούλου", "Amara Okafor"
QUESTION: Final = 4
"""The first written question of the foundation checkpoint: the first checkpoint asks three."""
COMMENTS: Final = (
    "Right. *When* does it matter to the one who gave you the array?",
    "Right, and `2**24` is a good example.",
    "Say also what the door is good for before module 05.",
)
GRADER: Final = Viewer(Role.GRADER, "gus")
INSTRUCTOR: Final = Viewer(Role.INSTRUCTOR, "ira")
FOR_INSTRUCTORS: Final = frozenset({"audit", "similarity", "pair"})
FOR_STUDENTS: Final = frozenset({"my", "feedback", "answers", "ask", "leaderboard"})
COPIED: Final = ("course_config.py", "source", "release", "reference_impl", "graders", ".tito")
FROM_TESTS: Final = {"lab": ("student-4-receipt", 440), "formgrader": ("instructor-1-formgrader", 860)}
"""What tests/browser/test_lab*.py left in build/screenshots, and how much of it from the top, in pixels."""
LATER: Final = timedelta(days=17)
"""How long after the hand-ins the pictures are taken: the first three checkpoints are due by then."""
ALIKE: Final = """
def {stable}(values):
    {smallest}, {largest} = values.min(), values.max()
    {shift} = ({smallest} + {largest}) / 2
    {steps} = [({one} - {shift}) for {one} in values.ravel()]
    {table} = dict()
    for {place}, {one} in enumerate({steps}):
        {table}[{place}] = np.exp({one}) if {one} < 0 else 1 / np.exp(-{one})
    {total} = sum({table}[{place}] for {place} in sorted({table}))
    return np.array([{table}[{place}] / {total} for {place} in sorted({table})]).reshape(values.shape)
"""
"""What two students hand in alike, each with names of their own."""
NAMES: Final = ("stable", "smallest", "largest", "shift", "steps", "one", "table", "place", "total")


def main(wanted: list[str]) -> int:
    """Take the pictures; return 1 when one is too large for the repository."""
    TARGET.mkdir(parents=True, exist_ok=True)
    large = [path.name for path in kept_by_tests(wanted) if path.stat().st_size > LARGEST]
    if not wanted or not set(wanted) <= FROM_TESTS.keys():
        large += of_the_demo(wanted)
    if large:
        print(f"larger than {LARGEST} bytes: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


def kept_by_tests(wanted: list[str]) -> Iterator[Path]:
    """Make pictures of those that the browser tests keep. Ends the program when there is none."""
    for name, (kept, height) in FROM_TESTS.items():
        if not wanted or name in wanted:
            source = ROOT / "build" / "screenshots" / f"{kept}.png"
            if not source.is_file():
                sys.exit(f"there is no {source}: run `make pytest ARGS='tests/browser -k lab'` first")
            shown = Image.open(source)
            yield save(shown.crop((0, 0, shown.width, height)), name)


def save(shown: Image.Image, name: str) -> Path:
    """Write a picture into docs/. Sixty-four colours are enough for a page, and a third of the bytes."""
    path = TARGET / f"{name}.png"
    shown.convert("RGB").quantize(64).save(path, optimize=True)
    return path


def of_the_demo(wanted: list[str]) -> list[str]:
    """Take the pictures of the demo's class; return the names of those that are too large."""
    demo = ROOT / ".tito" / "demo"
    if not (demo / "made-by-tito-demo").is_file():
        sys.exit("there is no demo to take pictures of: run `make demo` first")
    large = []
    with tempfile.TemporaryDirectory() as folder:
        course = copy_of(demo, Path(folder))
        clock = lambda: server_clock() + LATER  # noqa: E731 (a definition would need a name and a docstring)
        with Gradebook.open(course.database_url, clock=clock) as book, sync_playwright() as playwright:
            places = work_a_day(book, course)
            student = Viewer(Role.STUDENT, id_of(book, ASKS))
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
            )
            for viewer in (GRADER, INSTRUCTOR, student):
                with serving(course, book, viewer) as entrance:
                    page = browser.new_context(viewport={"width": 1120, "height": 720}).new_page()
                    page.goto(entrance)
                    origin = "/".join(page.url.split("/")[:3])
                    for name, path in places.items():
                        if viewer_of(name, student) is viewer and (not wanted or name in wanted):
                            picture = take(page, origin + path, name)
                            large += [picture.name] if picture.stat().st_size > LARGEST else []
            browser.close()
    return large


def copy_of(demo: Path, folder: Path) -> Course:
    """The demo's course in another folder, without what pages do not need."""
    for name in COPIED:
        place = demo / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("deals", "hypothesis", "locks"))
        else:
            shutil.copy(place, folder / name)
    config = folder / "course_config.py"  # it says where the demo lies, so that nothing is written elsewhere
    config.write_text(config.read_text(encoding="utf-8").replace(str(demo), str(folder)), encoding="utf-8")
    return load_course(folder)


def viewer_of(name: str, student: Viewer) -> Viewer:
    """Who sees what a picture shows."""
    return student if name in FOR_STUDENTS else INSTRUCTOR if name in FOR_INSTRUCTORS else GRADER


def id_of(book: Gradebook, name: str) -> str:
    """The id of a student of the demo's class."""
    with book.read() as session:
        return session.scalars(select(Student.student_id).where(Student.name == name)).one()


def take(page: Page, address: str, name: str) -> Path:
    """One picture of what the window shows; `#...` in the address scrolls there."""
    page.goto("about:blank")  # or an address that differs by `#...` alone is not opened anew
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, f"{address}: {answer.status}"
    while page.get_by_role("link", name="Look again").count():
        page.reload()
    if name in ("submission", "feedback"):
        failed = page.locator("details.test[open]").first
        failed.scroll_into_view_if_needed()
        failed.evaluate("one => window.scrollBy(0, one.getBoundingClientRect().top - 60)")
    return save(Image.open(BytesIO(page.screenshot())), name)


def work_a_day(book: Gradebook, course: Course) -> dict[str, str]:
    """Let staff and a student do what the pictures show; return each picture's address."""
    with book.read() as session:
        found = session.execute(
            select(Student.name, Student.student_id, Submission.id, Submission.student_id)
            .join(Submission, Submission.student_id == Student.id)
            .where(Submission.checkpoint == FOUNDATION.number)
        ).all()
        ids = {name: student for name, student, _, _ in found}
        handed_in = {name: number for name, _, number, _ in found}
        test = session.scalars(
            select(GraderTest.test)
            .join(OutcomeRow, OutcomeRow.grader_test_id == GraderTest.id)
            .join(ResultRow, ResultRow.id == OutcomeRow.result_id)
            .where(ResultRow.submission_id == handed_in[ASKS], OutcomeRow.earned < OutcomeRow.possible)
        ).first()
        bands = session.scalars(select(RubricItem.id).where(RubricItem.question_id == QUESTION)).all()
    assert test is not None
    alike = [
        hand_in_alike(book, course, ids[name], number)
        for number, name in enumerate(("Priya Ramanathan", "Siobhán O'Rourke"))
    ]
    with book.begin(GRADER.actor) as work:
        save_comment(work, question_id=QUESTION, text="Right, and say also which of the two costs memory.")
    for name in (AHEAD, "Māia Te Rangi", "Wang Xiaoming (王小明)"):
        with book.begin(GRADER.actor) as work:
            score_answer(
                work, submission_id=handed_in[name], question_id=QUESTION, earned=Decimal(8), rubric_items=bands[:1]
            )
    for question, comment in enumerate(COMMENTS, QUESTION):
        with book.begin(GRADER.actor) as work:
            score_answer(work, submission_id=handed_in[ASKS], question_id=question, earned=Decimal(9), comment=comment)
    for checkpoint in CHECKPOINTS[:2]:
        with book.begin(INSTRUCTOR.actor) as work:
            publish(work, course, checkpoint, note="first results")
    with book.begin(GRADER.actor) as work:
        now = work.now
        override(work, student_id=ids[ASKS], checkpoint=FOUNDATION, score=Decimal("72.5"), reason="explained it orally")
        extend(
            work, student_id=ids[ASKS], checkpoint=CHECKPOINTS[2], until=now + timedelta(days=90), reason="ill, seen"
        )
        claim_answer(work, submission_id=handed_in[FALLS_SHORT], question_id=QUESTION)
    with book.begin(f"student:{ids[ASKS]}") as work:
        asked = open_request(
            work,
            submission_id=handed_in[ASKS],
            about=test,
            reason="It passes when *I* run it. What is marked here?",
        )
    with book.begin(GRADER.actor) as work:
        add_message(work, asked, "Your page shows the smallest example for which it differs: run that first.")
    with book.begin(f"student:{ids[ASKS]}") as work:
        choose_pseudonym(work, student_id=ids[ASKS], pseudonym="Quiet Gradient")
    return {
        "matrix": "/",
        "student": f"/students/{ids[ASKS]}",
        "exceptions": f"/students/{ids[ASKS]}#exceptions",
        "submission": f"/submissions/{handed_in[FALLS_SHORT]}",
        "code": f"/submissions/{handed_in[FALLS_SHORT]}?against=release#code",
        "written": f"/written/{QUESTION}",
        "answer": f"/written/{QUESTION}/{handed_in[FALLS_SHORT]}",
        "analysis": f"/checkpoints/{FOUNDATION.slug}",
        "regrade": f"/regrading/{FOUNDATION.slug}",
        "request": f"/requests/{asked}",
        "at_risk": "/at-risk",
        "audit": "/audit",
        "similarity": f"/similarity/{ALIKE_AT.slug}",
        "pair": f"/similarity/{ALIKE_AT.slug}/{alike[0]}/{alike[1]}",
        "my": "/my",
        "feedback": f"/submissions/{handed_in[ASKS]}",
        "answers": f"/submissions/{handed_in[ASKS]}#answers",
        "ask": f"/requests/{asked}",
        "leaderboard": "/leaderboard",
    }


def hand_in_alike(book: Gradebook, course: Course, student: str, number: int) -> int:
    """One of two hand-ins that share what neither the release nor the solution has; return the submission."""
    name = f"{ALIKE_AT.modules[0].slug}.ipynb"
    notebook = json.loads((course.paths.release / ALIKE_AT.slug / name).read_text(encoding="utf-8"))
    own = ALIKE.format(**{word: f"{word}{'_' * number}{number or ''}" for word in NAMES})
    cell = next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == "softmax")
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    mark, rest = source.split("\n", 1)
    cell["source"] = f"{mark}{own}\n\n{rest}"
    digest = Store(course.paths.store).put({name: json.dumps(notebook).encode()})
    with book.begin(f"student:{student}") as work:
        handed = record_submission(work, student_id=student, checkpoint=ALIKE_AT, digest=digest)
    assert handed.id is not None
    return handed.id


@contextmanager
def serving(course: Course, book: Gradebook, viewer: Viewer) -> Iterator[str]:
    """The pages in a thread, for one person; yields the address to enter by."""
    addresses: list[str] = []
    told = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    def announce(address: str) -> None:
        addresses.append(address)
        told.set()

    work = local.serve(course, book, viewer, port=0, announce=announce, until=ended)
    thread = threading.Thread(target=loop.run_until_complete, args=(work,))
    thread.start()
    told.wait(30)
    try:
        yield addresses[-1]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        loop.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
