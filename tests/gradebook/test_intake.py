"""Hand-ins become numbered attempts, once each; refusals and strays are on record too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.gradebook.conftest import START, Clock
from tests.gradebook.samples import FOUNDATION, digest, graders, hand_in
from tito.gradebook import Gradebook, GradebookError
from tito.gradebook.models import AuditEvent, Intake, StrayIntake, Submission
from tito.gradebook.services.adjustments import extend
from tito.gradebook.services.grading import to_grade
from tito.gradebook.services.intake import Recorded, record_stray, record_submission
from tito.gradebook.services.roster import deactivate


def submit(gradebook: Gradebook, content: str = "one", **options: object) -> Recorded:
    with gradebook.begin("student:ana") as work:
        return record_submission(
            work,
            student_id="ana",
            checkpoint=FOUNDATION,
            digest=digest(content),
            **options,  # type: ignore[arg-type]
        )


def test_attempts_are_numbered_per_student_and_checkpoint(gradebook: Gradebook) -> None:
    assert [hand_in(gradebook, "ana", text).attempt for text in ("one", "two", "three")] == [1, 2, 3]
    assert hand_in(gradebook, "ben", "one").attempt == 1
    assert hand_in(gradebook, "ana", "one", number=0).attempt == 1


def test_a_receipt_has_the_servers_time_and_the_digest(gradebook: Gradebook, clock: Clock) -> None:
    said = submit(gradebook, files={"01_tensor.ipynb": digest("file")}, size=123, source="collect")
    assert (said.received_at, said.digest, said.status) == (START, digest("one"), Intake.ACCEPTED)
    with gradebook.read() as session:
        row = session.scalars(select(Submission)).one()
    assert (row.received_at, row.files, row.size, row.source) == (
        START,
        {"01_tensor.ipynb": digest("file")},
        123,
        "collect",
    )


def test_a_student_cannot_say_when_the_work_arrived(gradebook: Gradebook) -> None:
    with pytest.raises(ValueError, match="only staff"):
        submit(gradebook, received_at=START - timedelta(days=3))
    with gradebook.begin("instructor:ira") as work:
        said = record_submission(
            work,
            student_id="ana",
            checkpoint=FOUNDATION,
            digest=digest("lms"),
            received_at=START - timedelta(days=3),
        )
    assert said.received_at == START - timedelta(days=3)


@pytest.mark.parametrize("key", ["", "click 1"])
def test_a_repeat_after_a_lost_answer_is_the_same_attempt(gradebook: Gradebook, clock: Clock, key: str) -> None:
    first = submit(gradebook, idempotency_key=key)
    clock.forward(hours=5)
    again = submit(gradebook, idempotency_key=key)
    assert again.repeated
    assert not first.repeated
    assert (again.id, again.attempt, again.received_at) == (first.id, first.attempt, first.received_at)


def test_handing_in_an_earlier_version_again_is_a_new_attempt(gradebook: Gradebook) -> None:
    submit(gradebook, "one")
    submit(gradebook, "two")
    back = submit(gradebook, "one")
    assert (back.attempt, back.repeated) == (3, False)
    assert submit(gradebook, "one").repeated


def test_the_newest_content_again_is_no_new_attempt_whatever_its_key(gradebook: Gradebook) -> None:
    assert submit(gradebook, idempotency_key="a").attempt == 1
    again = submit(gradebook, idempotency_key="b")
    assert (again.attempt, again.repeated) == (1, True)


def test_a_key_finds_its_attempt_when_a_newer_one_has_come(gradebook: Gradebook) -> None:
    submit(gradebook, "one", idempotency_key="a")
    submit(gradebook, "two", idempotency_key="b")
    late = submit(gradebook, "one", idempotency_key="a")
    assert (late.attempt, late.repeated) == (1, True)
    assert submit(gradebook, "one", idempotency_key="c").attempt == 3


def test_a_key_does_not_bring_an_old_refusal_back(gradebook: Gradebook) -> None:
    assert not submit(gradebook, idempotency_key="a", rejected="the server was in doubt").accepted
    assert submit(gradebook, idempotency_key="a").attempt == 1


def test_lateness_is_against_the_deadline_with_the_extension(gradebook: Gradebook, clock: Clock) -> None:
    due = START + timedelta(hours=1)
    assert submit(gradebook, "on time", due_at=due).late_seconds == 0
    clock.forward(hours=1, seconds=0.5)
    assert submit(gradebook, "late", due_at=due).late_seconds == 1
    with gradebook.begin("instructor:ira") as work:
        extend(work, student_id="ana", checkpoint=FOUNDATION, until=due + timedelta(days=2), reason="ill")
    extended = submit(gradebook, "extended", due_at=due)
    assert (extended.late_seconds, extended.due_at) == (0, due + timedelta(days=2))
    assert submit(gradebook, "never due").late_seconds == 0


def test_a_refused_hand_in_is_on_record_and_takes_no_number(gradebook: Gradebook) -> None:
    no = submit(gradebook, rejected="the notebook cannot be read")
    assert (no.accepted, no.attempt, no.message) == (False, None, "the notebook cannot be read")
    assert submit(gradebook, rejected="the notebook cannot be read").repeated
    yes = submit(gradebook)
    assert (yes.accepted, yes.attempt) == (True, 1)
    with gradebook.read() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["submission.reject", "submission.accept"]


def test_a_refused_hand_in_is_never_graded(gradebook: Gradebook) -> None:
    graders(gradebook)
    submit(gradebook, rejected="too large")
    with gradebook.read() as session:
        assert to_grade(session) == []


def test_someone_who_is_not_on_the_roster_leaves_a_stray(gradebook: Gradebook) -> None:
    said = hand_in(gradebook, "nobody")
    assert (said.accepted, said.id) == (False, None)
    assert "not on the roster" in said.message
    assert hand_in(gradebook, "nobody").repeated
    with gradebook.read() as session:
        stray = session.scalars(select(StrayIntake)).one()
    assert (stray.claimed_student, stray.claimed_checkpoint) == ("nobody", FOUNDATION.slug)


@pytest.mark.parametrize(
    "claimed", ["../../etc/passwd", "<script>", "'; DROP TABLE students; --", "x\x00y", "\ud800", "😀" * 1000, ""]
)
def test_hostile_names_are_stored_as_data(gradebook: Gradebook, claimed: str) -> None:
    with gradebook.begin("instructor:ira") as work:
        record_stray(work, student_id=claimed, checkpoint=claimed, digest=digest("x"), message="stray")
        record_stray(work, student_id=claimed, checkpoint=claimed, digest=digest("x"), message="stray")
    with gradebook.read() as session:
        stray = session.scalars(select(StrayIntake)).one()
    assert len(stray.claimed_student) <= 200
    assert "\x00" not in stray.claimed_student


def test_who_dropped_the_course_is_refused_and_told(gradebook: Gradebook) -> None:
    with gradebook.begin("instructor:ira") as work:
        deactivate(work, "ana", reason="dropped")
    said = submit(gradebook)
    assert not said.accepted
    assert "no longer on the active roster" in said.message


def test_a_clock_that_jumps_back_changes_no_order_and_is_noted(gradebook: Gradebook, clock: Clock) -> None:
    submit(gradebook, "one")
    clock.forward(hours=-3)
    second = submit(gradebook, "two")
    assert second.attempt == 2
    with gradebook.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert event.after is not None
    assert event.after["clock_went_back_seconds"] == 3 * 3600


def test_what_admits_a_hand_in_is_asked_for_a_new_one_only(gradebook: Gradebook) -> None:
    asked = []

    def admit() -> list[str]:
        asked.append("asked")
        return ["early", "odd"]

    assert submit(gradebook, note="a file was left out", admit=admit).message == "a file was left out; early; odd"
    assert submit(gradebook, admit=admit).repeated
    assert len(asked) == 1


def test_what_refuses_to_admit_leaves_nothing_behind(gradebook: Gradebook) -> None:
    def admit() -> list[str]:
        raise GradebookError("closed")

    with pytest.raises(GradebookError, match="closed"):
        submit(gradebook, admit=admit)
    with gradebook.read() as session:
        assert session.scalars(select(Submission.id)).all() == []
    assert submit(gradebook).attempt == 1
