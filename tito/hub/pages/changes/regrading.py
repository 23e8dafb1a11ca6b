"""Publishing what a preview showed, and taking a publication back. The folders of the course follow afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.models import Publication
from tito.gradebook.services import publication
from tito.hub.pages.asked import BadRequest, Submitted, whole
from tito.hub.pages.folders import Folders
from tito.hub.pages.kept import Kept
from tito.hub.pages.stale import Stale
from tito.hub.pages.views.regrading import ALLOWED, NOBODY, asked_checkpoint, seen_lines


@dataclass(frozen=True, slots=True)
class Difference:
    """What the preview said of a student when it was looked at, and what it says now; empty where it said nothing."""

    student: str
    seen: str
    now: str


class StalePreview(Stale):
    """Grades have changed since the preview that was to be published. `differences` are all there are."""

    template = "stale_preview.html.j2"

    def __init__(self, seen: str, preview: publication.Preview) -> None:
        shown = seen_lines(preview.changes)
        was, now = _lines(seen), _lines(shown)
        self.count_now = len(preview.changes)
        self.differences = [
            Difference(student, was.get(student, ""), now.get(student, ""))
            for student in sorted({*was, *now})
            if was.get(student) != now.get(student)
        ]
        self._renewed = {"token": preview.token, "was": shown}
        TitoError.__init__(self, f"{preview.checkpoint.slug} has changed since you opened the preview")

    @property
    def renewed(self) -> Mapping[str, object]:
        """What the form has to carry to publish what there is now."""
        return self._renewed


def publish(sent: Submitted) -> str:
    """Publish just what the preview showed. Raises StalePreview when that is no longer what there is."""
    checkpoint = asked_checkpoint(sent)
    drops = sent.text("drops")
    if drops not in (NOBODY, ALLOWED):
        raise BadRequest(f"drops={drops[:40]!r} is not known here", expected=f"{NOBODY} or {ALLOWED}")
    student = sent.text("student")
    try:
        number, preview = publication.publish(
            sent.work,
            sent.course,
            checkpoint,
            students=[student] if student else None,
            never_lowers=drops == NOBODY,
            note=sent.text("note")[:500],
            token=sent.text("token"),
        )
    except publication.PreviewChanged as error:
        raise StalePreview(sent.form.get("was", ""), error.preview) from error
    if number is None:
        return "There was nothing to publish: students see all of it already."
    sent.afterwards.append(_follow(sent.course, checkpoint))
    count = len(preview.changes)
    return f"Published as number {number}: {count} {'grade' if count == 1 else 'grades'} of {checkpoint.slug}."


def roll_back(sent: Submitted) -> str:
    """Let students see again what they saw before a publication. Raises TitoError."""
    checkpoint = asked_checkpoint(sent)
    number = whole(sent.text("publication"), "publication", least=1)
    known = sent.work.session.get(Publication, number)
    if known is None or known.checkpoint != checkpoint.number:
        raise BadRequest(f"{checkpoint.slug} has no publication number {number}")
    undone = publication.roll_back(sent.work, number, reason=sent.text("reason")[:500])
    sent.afterwards.append(_follow(sent.course, checkpoint))
    return f"Publication {number} of {checkpoint.slug} was taken back (number {undone})."


def _follow(course: Course, checkpoint: Checkpoint) -> Callable[[Gradebook, Kept], object]:
    """Write `autograded/` anew after the commit: it is no part of the transaction, and takes a while."""
    return lambda gradebook, kept: kept.shared("folders", Folders).follow(course, gradebook, checkpoint)


def _lines(text: str) -> dict[str, str]:
    """Read what `seen_lines` wrote: by student, both scores."""
    found = {}
    for line in text.splitlines():
        student, _, scores = line.strip().rpartition(" ")
        student, _, before = student.rpartition(" ")
        if student:
            found[student] = f"{before} \N{RIGHTWARDS ARROW} {scores}"
    return found
