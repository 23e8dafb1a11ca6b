"""Nothing that was committed is lost, nothing half is left, and every failure says what to do."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from tests.gradebook.samples import digest, grade, graders, hand_in
from tito.gradebook import BusyError, Gradebook, GradebookError
from tito.gradebook.engine import make_engine
from tito.gradebook.models import AuditEvent, Section, Student, Submission
from tito.gradebook.services.grading import Recording
from tito.gradebook.services.roster import RosterEntry, import_roster

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def book(sqlite_file: Path) -> Iterator[Gradebook]:
    """A SQLite gradebook with the student ana."""
    with Gradebook.open(sqlite_file, create=True, busy_seconds=0.1) as opened:
        with opened.begin("instructor:ira") as work:
            import_roster(work, [RosterEntry("ana", "Ana Lovelace")])
        yield opened


def submissions(book: Gradebook) -> int:
    with book.read() as session:
        return len(session.scalars(select(Submission.id)).all())


def test_sqlite_is_set_up_to_keep_what_it_is_given(book: Gradebook) -> None:
    with book.read() as session:
        asked = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_unit_of_work_is_kept_whole_or_not_at_all(gradebook: Gradebook) -> None:
    def fail_half_way() -> None:
        with gradebook.begin("instructor:ira") as work:
            import_roster(work, [RosterEntry("cy", "Cy")])
            work.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with gradebook.read() as session:
        assert session.scalar(select(Student).where(Student.student_id == "cy")) is None


def test_a_change_without_an_audit_event_is_not_committed(gradebook: Gradebook) -> None:
    with pytest.raises(RuntimeError, match="without an audit event"), gradebook.begin("system:test") as work:
        work.session.add(Section(name="quiet"))
    with pytest.raises(RuntimeError, match="without an audit event"), gradebook.begin("system:test") as work:
        work.session.execute(Section.__table__.insert().values(name="quieter"))
    with gradebook.read() as session:
        assert set(session.scalars(select(Section.name))) == {"A", "B"}


def test_the_audit_event_has_the_actor_and_the_time_of_the_transaction(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        work.audit("test.event", reason="because", before={"a": None}, after={"b": [1, "x"]})
        moment = work.now
    with gradebook.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "test.event")).one()
    assert (event.actor, event.at, event.reason) == ("instructor:ira", moment, "because")
    assert (event.before, event.after) == ({"a": None}, {"b": [1, "x"]})


@pytest.mark.parametrize("actor", ["", "ana", "root:ana", "student:", "student:a\nb", "student:" + "x" * 200])
def test_an_actor_says_who_it_is(gradebook: Gradebook, actor: str) -> None:
    with pytest.raises(ValueError, match="role:name"), gradebook.begin(actor):
        raise AssertionError("never reached")


def test_reading_cannot_write(gradebook: Gradebook) -> None:
    with gradebook.read() as session:
        sections = session.scalars(select(Section.name)).all()
    with pytest.raises(RuntimeError, match=r"use Gradebook\.begin"), gradebook.read() as session:
        session.add(Section(name="by the back door"))
    with pytest.raises(GradebookError, match="read-only"), gradebook.read() as session:
        session.execute(insert(Section).values(name="past the ORM"))
    with gradebook.begin("instructor:ira") as work:  # with the same connection
        assert work.session.scalars(select(Section.name)).all() == sections
        import_roster(work, [RosterEntry("new", "New")])


@pytest.mark.parametrize("gradebook", ["postgresql"], indirect=True)
def test_statements_stay_prepared_from_one_reader_to_the_next(gradebook: Gradebook) -> None:
    for _ in range(10):  # psycopg prepares a statement when it comes for the sixth time
        with gradebook.read() as session:
            session.scalars(select(Student.id)).all()
    with gradebook.read() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert [one for one in prepared if "FROM students" in one]


def test_a_reader_sees_one_state_while_others_write(gradebook: Gradebook) -> None:
    with gradebook.read() as session:
        before = session.scalars(select(Student.id)).all()
        with gradebook.begin("instructor:ira") as work:
            import_roster(work, [RosterEntry("new", "New")])
        assert session.scalars(select(Student.id)).all() == before


def in_threads(count: int, act: Callable[[int], object]) -> list[object]:
    """Do something many times at once and return what came of it."""
    with ThreadPoolExecutor(count) as pool:
        start = threading.Barrier(count)

        def go(number: int) -> object:
            start.wait()
            return act(number)

        return list(pool.map(go, range(count)))


def test_many_read_at_once(gradebook: Gradebook) -> None:
    with ExitStack() as readers:
        sessions = [readers.enter_context(gradebook.read()) for _ in range(3)]
        for session in sessions:  # each has a connection of its own as long as it reads
            assert session.scalar(select(func.count(Student.id))) == 2


def test_hand_ins_at_once_draw_different_numbers(gradebook: Gradebook) -> None:
    said = in_threads(6, lambda number: hand_in(gradebook, content=f"{number}").attempt)
    assert sorted(said, key=str) == [1, 2, 3, 4, 5, 6]


def test_the_same_hand_in_at_once_is_one_attempt(gradebook: Gradebook) -> None:
    said = in_threads(6, lambda _number: hand_in(gradebook).repeated)
    assert sorted(said, key=str) == [False, True, True, True, True, True]


def test_the_same_result_at_once_is_recorded_once(gradebook: Gradebook) -> None:
    graders(gradebook)
    said = hand_in(gradebook)
    done = in_threads(6, lambda _number: grade(gradebook, said))
    assert done.count(Recording.RECORDED) == 1
    assert done.count(Recording.ALREADY) == 5


def test_rosters_strays_and_graders_at_once_do_not_collide(gradebook: Gradebook) -> None:
    def act(number: int) -> object:
        with gradebook.begin("instructor:ira") as work:
            import_roster(work, [RosterEntry("new", "New", None, "N")])
        hand_in(gradebook, "stranger")
        return graders(gradebook, f"g{number % 2}")

    versions = in_threads(6, act)
    assert len(set(versions)) == 2
    with gradebook.read() as session:
        assert session.scalars(select(Student.student_id).where(Student.student_id == "new")).all() == ["new"]


def test_a_broken_rule_of_the_schema_is_a_bug_and_not_explained_away(gradebook: Gradebook) -> None:
    with pytest.raises(IntegrityError), gradebook.begin("system:test") as work:
        work.audit("test.event", student=999_999)


def test_a_locked_database_says_so_and_nothing_is_lost(book: Gradebook, sqlite_file: Path) -> None:
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError) as caught:
        hand_in(book)
    assert "locked by another program; nothing was changed" in caught.value.what
    assert caught.value.next_step
    assert "repeat the command" in caught.value.next_step
    assert str(sqlite_file) in (caught.value.where or "")
    other.execute("ROLLBACK")
    other.close()
    assert hand_in(book).attempt == 1


def test_a_backup_of_a_locked_gradebook_ends(book: Gradebook, sqlite_file: Path, tmp_path: Path) -> None:
    book.close()
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BusyError, match="locked by another program; nothing was changed"):
        book.backup(tmp_path / "copy.db")
    other.close()
    book.backup(tmp_path / "copy.db")


def test_a_writer_that_cannot_have_the_lock_does_nothing_at_all(book: Gradebook, sqlite_file: Path) -> None:
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = []

    def write() -> None:
        with book.begin("instructor:ira"):
            begun.append(True)

    with pytest.raises(BusyError):
        write()
    other.close()
    assert begun == []


def test_a_writer_waits_for_another_one(book: Gradebook, sqlite_file: Path) -> None:
    patient = Gradebook.open(sqlite_file, busy_seconds=60)
    waiting = threading.Event()
    done: list[int | None] = []

    def write() -> None:
        waiting.set()
        done.append(hand_in(patient).attempt)

    with book.begin("instructor:ira") as work:
        thread = threading.Thread(target=write)
        thread.start()
        waiting.wait()
        import_roster(work, [RosterEntry("ben", "Ben")])
        assert done == []
    thread.join()
    patient.close()
    assert done == [1]


def test_threads_of_one_program_write_in_turns(book: Gradebook) -> None:
    """None of them finds SQLite locked by another: it would refuse at once, as nobody here waits for it."""
    together = threading.Barrier(8)
    impatient = Gradebook(make_engine(book.url, busy_seconds=0), book.url, book.clock, busy_seconds=60)

    def write(number: int) -> int | None:
        together.wait()
        return hand_in(impatient, content=f"{number}").attempt

    with ThreadPoolExecutor(8) as pool:
        assert sorted(filter(None, pool.map(write, range(8)))) == [1, 2, 3, 4, 5, 6, 7, 8]
    impatient.close()


def test_a_thread_that_waits_too_long_for_its_turn_is_told(book: Gradebook) -> None:
    def write() -> None:
        hand_in(book)

    with ThreadPoolExecutor(1) as pool, book.begin("instructor:ira") as work:
        work.unaudited()
        with pytest.raises(BusyError, match="another part of this program; nothing was changed"):
            pool.submit(write).result()
    assert submissions(book) == 0
    assert hand_in(book).attempt == 1


def test_a_read_only_database_says_so(book: Gradebook, sqlite_file: Path) -> None:
    book.close()  # so that no -wal is left to be written
    with Gradebook.open(f"sqlite:///file:{sqlite_file}?mode=ro&uri=true") as readonly:
        with readonly.read() as session:
            assert session.scalars(select(Student.student_id)).all() == ["ana"]
        with pytest.raises(GradebookError, match="read-only; nothing was changed") as caught:
            hand_in(readonly)
    assert caught.value.next_step
    assert "writable" in caught.value.next_step


def test_a_full_disk_says_so_and_leaves_nothing_half(book: Gradebook, sqlite_file: Path) -> None:
    before = submissions(book)

    def fill_the_disk() -> None:
        with book.begin("instructor:ira") as work:
            pages = work.session.execute(text("PRAGMA page_count")).scalar()
            # SQLite's own limit gives the very error of a full disk.
            work.session.execute(text(f"PRAGMA max_page_count = {pages}"))
            import_roster(work, [RosterEntry(f"s{number}", "x" * 150) for number in range(500)])

    with pytest.raises(GradebookError, match="disk of the gradebook is full; nothing was changed") as caught:
        fill_the_disk()
    assert "df -h" in (caught.value.next_step or "")
    book.close()
    with Gradebook.open(sqlite_file) as again:
        with again.read() as session:
            assert session.scalars(select(Student.student_id)).all() == ["ana"]
        assert submissions(again) == before
        assert hand_in(again).attempt == 1


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_text("student,score\n" * 100)
    with pytest.raises(GradebookError, match="not a gradebook"):
        Gradebook.open(path, create=True)
    assert path.read_text().startswith("student")


def test_a_damaged_file_says_so(book: Gradebook, sqlite_file: Path) -> None:
    book.close()
    data = bytearray(sqlite_file.read_bytes())
    data[4096 : 4096 * 8] = b"\xff" * (4096 * 7)
    sqlite_file.write_bytes(data)
    with pytest.raises(GradebookError, match="damaged") as caught, Gradebook.open(sqlite_file) as broken:
        hand_in(broken)
    assert "backup" in (caught.value.next_step or "")


def test_a_missing_gradebook_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="no gradebook yet") as caught:
        Gradebook.open(tmp_path / "state" / "gradebook.db")
    assert "tito roster import" in (caught.value.next_step or "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "mysql://x/y", "nonsense", ""]
)
def test_an_address_that_cannot_be_a_gradebook_is_refused(url: str) -> None:
    with pytest.raises(GradebookError) as caught:
        Gradebook.open(url, create=True)
    assert "sqlite:///" in (caught.value.expected or "")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(GradebookError) as caught:
        Gradebook.open("mysql://tito:hunter2@db/grades")
    assert "hunter2" not in str(caught.value)


def test_a_path_that_is_a_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="is a folder"):
        Gradebook.open(tmp_path, create=True)


WRITER = """
import sys
from pathlib import Path
from tests.gradebook.samples import digest, FOUNDATION
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission

with Gradebook.open(Path(sys.argv[1])) as book:
    for number in range(1_000_000):
        with book.begin("student:ana") as work:
            said = record_submission(work, student_id="ana", checkpoint=FOUNDATION, digest=digest(str(number)))
            # Written, not committed: a kill here must leave no trace of this attempt.
            print("writing", said.attempt, flush=True)
        print("done", said.attempt, flush=True)
"""


@pytest.mark.parametrize("stop_after", ["writing 3", "done 5"])
def test_kill_9_loses_nothing_that_was_answered_and_leaves_nothing_half(
    book: Gradebook, sqlite_file: Path, stop_after: str
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(sqlite_file)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert writer.stdout is not None
    answered = 0
    for line in writer.stdout:
        word, number = line.split()
        answered = int(number) if word == "done" else answered
        if line.strip() == stop_after:
            writer.send_signal(signal.SIGKILL)
            break
    # What it could still say before the signal reached it was said after a commit.
    for line in writer.stdout:
        word, number = line.split()
        answered = int(number) if word == "done" else answered
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()
    with book.read() as session:
        attempts = session.scalars(select(Submission.attempt).order_by(Submission.attempt)).all()
        events = session.scalars(select(AuditEvent.submission_id).where(AuditEvent.action == "submission.accept")).all()
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    # The one that was being committed when the signal came may be there; none that was answered is missing.
    assert attempts in (list(range(1, answered + 1)), list(range(1, answered + 2)))
    assert len(events) == len(attempts)
    assert hand_in(book, content="after").attempt == len(attempts) + 1


RACER = """
import sys
from pathlib import Path
from tests.gradebook.samples import digest, FOUNDATION
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission

with Gradebook.open(Path(sys.argv[1])) as book:
    sys.stdin.readline()
    for number in range(15):
        with book.begin("student:ana") as work:
            record_submission(
                work, student_id="ana", checkpoint=FOUNDATION, digest=digest(f"{sys.argv[2]} {number}")
            )
"""


def test_two_processes_that_write_at_once_draw_different_attempt_numbers(book: Gradebook, sqlite_file: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(sqlite_file), name], stdin=subprocess.PIPE, text=True, cwd=ROOT
        )
        for name in ("a", "b")
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.close()
    assert [racer.wait() for racer in racers] == [0, 0]
    with book.read() as session:
        attempts = session.scalars(select(Submission.attempt).order_by(Submission.attempt)).all()
    assert attempts == list(range(1, 31))


CREATOR = """
import sys
from pathlib import Path
from tito.gradebook import Gradebook
sys.stdin.readline()
Gradebook.open(Path(sys.argv[1]), create=True).close()
"""


def test_two_processes_that_create_the_gradebook_at_once_both_succeed(sqlite_file: Path) -> None:
    creators = [
        subprocess.Popen([sys.executable, "-c", CREATOR, str(sqlite_file)], stdin=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    for creator in creators:
        assert creator.stdin is not None
        creator.stdin.write("go\n")
        creator.stdin.close()
    assert [creator.wait() for creator in creators] == [0, 0, 0]
    Gradebook.open(sqlite_file).close()


def test_a_backup_is_a_whole_gradebook_while_the_original_goes_on(book: Gradebook, tmp_path: Path) -> None:
    first = hand_in(book)
    copy = book.backup(tmp_path / "copy.db")
    second = hand_in(book, content="two")
    with Gradebook.open(copy) as restored:
        with restored.read() as session:
            assert session.scalars(select(Submission.digest)).all() == [first.digest]
            assert session.scalars(select(AuditEvent.action)).all() == ["roster.add", "submission.accept"]
        assert hand_in(restored, content="other").attempt == 2
    assert second.attempt == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "sqlite"]


def test_a_backup_replaces_no_file(book: Gradebook, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(GradebookError, match="file of that name already"):
        book.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"
    with pytest.raises(GradebookError):
        book.backup(tmp_path / "no such folder" / "copy.db")


def test_a_backup_replaces_no_file_that_appears_meanwhile(
    book: Gradebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _file: (tmp_path / "copy.db").write_text("precious"))
    with pytest.raises(GradebookError, match="file of that name already"):
        book.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "sqlite"]


def test_a_backup_can_be_put_back_in_place(book: Gradebook, sqlite_file: Path, tmp_path: Path) -> None:
    hand_in(book)
    copy = book.backup(tmp_path / "copy.db")
    book.close()
    for path in sqlite_file.parent.iterdir():
        path.unlink()
    copy.rename(sqlite_file)
    with Gradebook.open(sqlite_file) as restored:
        assert hand_in(restored).repeated
        with restored.read() as session:
            # The engine's settings come back with the first writer.
            assert session.scalars(select(Submission.digest)).all() == [digest("one")]
