"""What the gradebook keeps under short names, as pages say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hub.pages.conftest import Enter
from tito.gradebook import Gradebook, services
from tito.gradebook.models import RequestStatus
from tito.hub.pages import render
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.pages.words import DEEDS, FIELDS, UNSEEN, deed, field, person

INSTRUCTOR, ANA = Viewer(Role.INSTRUCTOR, "ira"), Viewer(Role.STUDENT, "ana")
KINDS = (
    r"answers?|comment|deadline|graders?|grades?|latedays|questions|release|request|result|roster|student|submission"
)


def test_every_kind_of_change_has_words() -> None:
    (folder,) = services.__path__
    texts = [path.read_text(encoding="utf-8") for path in Path(folder).glob("*.py")]
    kinds = {kind for text in texts for kind in re.findall(rf'"((?:{KINDS})\.[a-z_]+)"', text)}
    kinds |= {f"request.{status.value}" for status in RequestStatus if status is not RequestStatus.OPEN}
    assert len(kinds) > 20
    assert kinds == set(DEEDS)


def test_every_field_of_a_form_that_people_fill_in_has_a_label() -> None:
    templates = Path(render.__file__).parent / "templates"
    texts = [path.read_text(encoding="utf-8") for path in templates.glob("*.j2")]
    typed = {name for text in texts for name in re.findall(r'<textarea name="(\w+)"', text)}
    typed |= {name for text in texts for name in re.findall(r'<input name="(\w+)"', text)}
    typed -= {"actor", "search", "since"}  # of filters, which change nothing and lose nothing
    own = {"pseudonym", "publication", "student", "checkpoint"}  # called by their own names
    assert typed - own <= FIELDS.keys()
    assert not UNSEEN & FIELDS.keys()


@pytest.mark.parametrize(
    ("actor", "said"),
    [("grader:gus", "gus (grader)"), ("student:a:b", "a:b (student)"), ("root", "root"), ("", "")],
)
def test_people_are_named_with_their_role(actor: str, said: str) -> None:
    assert person(actor) == said


def test_what_has_no_words_keeps_its_name() -> None:
    assert deed("late.change") == "late.change"
    assert [field("pseudonym"), field("saved-3"), field("new_one")] == ["Pseudonym", "Saved comment", "New one"]


def test_the_history_and_the_changes_speak_in_words(enter: Enter, gradebook: Gradebook) -> None:
    browser = enter(INSTRUCTOR)
    browser.send("/students/ana", "/students/ana/extend", checkpoint="cp02", until="2027-02-01 23:59", reason="ill")
    with gradebook.begin("system:grade") as work:
        work.audit("answers.record", student=1, after={"carried_over": [], "active": True, "of": ["a", "b"]})
    record, changes = browser.get("/students/ana").text, browser.get("/audit").text
    assert "<td>deadline moved at 02</td>" in record
    assert "ira (instructor)" in record
    for page in (record, changes):
        assert '<span class="pair">carried over none</span>' in page
        assert '<span class="pair">active yes</span>' in page
        assert '<span class="pair">of a, b</span>' in page
        assert '<span class="pair">until none</span>' in page
    assert "<td>deadline moved</td>" in changes
    assert '<option value="deadline.extend">deadline moved</option>' in changes
    assert '<a href="/audit?actor=instructor%3Aira">instructor:ira</a>' in changes
    assert "<td>deadline moved at 02</td>" in enter(ANA).get("/students/ana").text


def test_both_versions_of_an_overtaken_form_are_told_in_words(enter: Enter) -> None:
    first, second = enter(INSTRUCTOR), enter(Viewer(Role.GRADER, "gus"))
    sent = {"checkpoint": "cp02", "until": "2027-02-01 23:59", "reason": "ill"}
    old = first.get("/students/ana")
    second.send("/students/ana", "/students/ana/extend", **sent)
    stale = first.post("/students/ana/extend", {"_xsrf": old.xsrf, "seen": old.seen} | sent)
    assert stale.status == 409
    assert "<td>gus (grader)</td><td>deadline moved</td>" in stale.text
    assert "<dt>New deadline</dt><dd><pre>2027-02-01 23:59</pre></dd>" in stale.text
    assert "<dt>seen</dt>" not in stale.text.lower()
