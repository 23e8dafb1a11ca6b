"""Every kind of bad hand-in goes through the command line once: collected, graded, looked at.

What must hold: a clear message with what to do, a record of it, every other hand-in graded, nothing lost.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.place import FILE, GOOD, Place, build, changed, students_of
from tests.grading import mini
from tests.grading.mini import CP00, CP01
from tito.notebooks.store import files_digest

Files = dict[str, bytes]


def solved(**cells: str) -> Files:
    return mini.handin(CP01, **cells)


def without(*grade_ids: str) -> Files:
    def change(content: dict[str, Any]) -> None:
        content["cells"] = [c for c in content["cells"] if c["metadata"]["nbgrader"]["grade_id"] not in grade_ids]

    return changed(change)


def thousand_points(content: dict[str, Any]) -> None:
    for cell in content["cells"]:
        cell["metadata"]["nbgrader"] |= {"points": 1000, "locked": False}


def test_cell_rewritten(content: dict[str, Any]) -> None:
    next(c for c in content["cells"] if c["metadata"]["nbgrader"]["grade_id"] == "test-double")["source"] = "pass"


test_cell_rewritten.__test__ = False  # type: ignore[attr-defined]  # it changes a notebook's test cell


def no_metadata(content: dict[str, Any]) -> None:
    for cell in content["cells"]:
        cell["metadata"] = {}


def each_twice(content: dict[str, Any]) -> None:
    content["cells"] += json.loads(json.dumps(content["cells"]))


def own_loop(content: dict[str, Any]) -> None:
    """A cell of the student's own that is not exported: it is never run."""
    cell = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None}
    content["cells"].insert(0, {**cell, "source": "while True:\n    pass"})


WRONG = "#| export\ndef double(x):\n    return x\n"
STEP_AGAIN = "open it in JupyterLab, save it, and hand it in again"
REFUSED: dict[str, tuple[Files, str, str]] = {
    # unreadable
    "cut-off": ({FILE: GOOD[:500]}, "not valid JSON", STEP_AGAIN),
    "not-text": ({FILE: b"\xff\xd8\xff\xe0"}, "not UTF-8", STEP_AGAIN),
    "old-format": ({FILE: b'{"nbformat": 3, "worksheets": []}'}, "format version is 3", STEP_AGAIN),
    "no-notebook": ({FILE: b"[1, 2]"}, "is JSON, but not a notebook", STEP_AGAIN),
    # empty
    "empty": ({FILE: b""}, "the file is empty", STEP_AGAIN),
    "no-cells": ({FILE: b'{"nbformat": 4, "cells": []}'}, "none of this checkpoint's cells", "the right notebook"),
    "a-letter": ({"letter.txt": b"Dear Ira"}, "is not a notebook", f"hand in {FILE}"),
    # huge
    "huge": ({FILE: GOOD + b" " * 20_000_000}, "bigger than 20,000,000 bytes; clear its outputs", f"hand in {FILE}"),
    "bomb": ({FILE: b'{"nbformat": 4, "cells": [' + b"[]," * 1_000_001 + b"0]}"}, "JSON values", "clear the outputs"),
    "deep": ({FILE: b"[" * 100_000}, "nested more than 64 deep", STEP_AGAIN),
    "thousands": (changed(lambda c: c.update(cells=c["cells"] * 400)), "2400 cells", "delete the cells"),
    "long": (solved(double="x = " + "1" * 400_000), "too long", "take data out of the cell"),
    # duplicated, renamed, foreign
    "which": ({"a.ipynb": GOOD, "b.ipynb": GOOD}, f"several notebooks could be {FILE}", "rename the one to grade"),
    "other-checkpoint": ({FILE: mini.handin(CP00)["00_setup.ipynb"]}, "none of this checkpoint's cells", "right note"),
    "holiday": ({"holiday.ipynb": b'{"nbformat": 4, "cells": []}'}, f"there is no {FILE}", "found: holiday.ipynb"),
    # changed metadata
    "stripped": (changed(no_metadata), "none of this checkpoint's cells", "do not copy its cells into a new one"),
}
GRADED: dict[str, tuple[Files, str, str]] = {
    "honest": (solved(), "70", ""),
    "wrong": (solved(double=WRONG), "30", ""),
    # duplicated, renamed, foreign
    "copy-beside": ({FILE: GOOD, "01_tensor (1).ipynb": GOOD}, "70", "01_tensor (1).ipynb was ignored"),
    "junk-beside": ({FILE: GOOD, "other.ipynb": b"{"}, "70", "other.ipynb: the file is not valid JSON"),
    "cells-twice": (changed(each_twice), "70", "only cell 2 was graded"),
    "same-as-honest": (solved(), "70", ""),
    "renamed": ({"final (2).ipynb": GOOD}, "70", f"final (2).ipynb was graded as {FILE}"),
    "kernel-r": (changed(lambda c: c["metadata"].update(language_info={"name": "R"})), "70", "its kernel is 'r'"),
    # changed metadata
    "greedy": (changed(thousand_points), "70", "its points were changed; the course's 40 count"),
    "rewrote": (changed(test_cell_rewritten), "70", "a locked cell was changed; the course's copy was used"),
    # missing cells
    "lost-step": (without("double"), "30", "the cell 'double' is missing"),
    "lost-given": (without("given", "test-double", "reflect-1"), "70", "the given cell 'given' was missing"),
    # syntax errors
    "syntax": (solved(double="#| export\ndef double(x:\n    pass\n"), "30", "cell 2, line 2 did not run: SyntaxError"),
    # a cell that does not return
    "loop-in-function": (solved(shout="#| export\ndef shout(text):\n    while True: pass\n"), "40", ""),
    "loop-in-cell": (solved(shout="#| export\nwhile True: pass\n"), "0", f"while {FILE}, cell 4 was run: no answer"),
    "loop-of-ones-own": (changed(own_loop), "70", ""),
}


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class in which everything went wrong that can, and one honest student; collected and graded once."""
    place = build(tmp_path_factory.mktemp("term") / "course")
    place.enrol([*REFUSED, *GRADED])
    for student, (files, *_) in (REFUSED | GRADED).items():
        place.put(student, files)
    place.put("stranger", solved())
    place.put("honest", solved(double=WRONG), checkpoint="cp99_nonsense")
    (place.root / "in" / "nothing" / CP01.slug).mkdir(parents=True)
    place.tito("collect", place.root / "in").well()
    ran = place.tito("grade", "--json").well()
    assert {one["fault"] for one in ran.data["graded"]} == {None}
    assert students_of(ran.data["graded"]) == set(GRADED)
    return place


@pytest.mark.parametrize("student", REFUSED)
def test_what_cannot_be_graded_is_recorded_and_told_with_what_to_do(term: Place, student: str) -> None:
    _, reason, step = REFUSED[student]
    (record,) = term.tito("gradebook", "student", student, "--json").well().data["attempts"]
    assert (record["status"], record["attempt"], record["earned"]) == ("rejected", None, None)
    told = term.tito("gradebook", "student", student).well().out
    assert reason in told
    assert step in told
    term.tito("feedback", "1", "--student", student).refused("your hand-in was refused", reason, step)
    assert not (term.course.paths.autograded / student).exists()


@pytest.mark.parametrize("student", GRADED)
def test_what_is_odd_is_graded_and_noted(term: Place, student: str) -> None:
    _, earned, note = GRADED[student]
    (record,) = term.tito("gradebook", "student", student, "--json").well().data["attempts"]
    assert (record["status"], record["attempt"], record["earned"]) == ("accepted", 1, earned)
    assert note in term.tito("gradebook", "student", student).well().out
    assert note in term.tito("feedback", "1", "--student", student).well().out
    assert note in (term.course.paths.autograded / student / CP01.slug / "result.json").read_text()


def test_a_loop_is_told_to_the_student_with_the_limit_that_it_met(term: Place) -> None:
    told = term.tito("feedback", "1", "--student", "loop-in-function").well().out
    assert "timed out" in told
    assert "no answer within 2 seconds" in told


def test_refused_hand_ins_are_listed_until_something_better_comes(term: Place) -> None:
    listed = term.tito("gradebook", "refused", "--json").well().data["refused"]
    strays = {("stranger", CP01.slug), ("honest", "cp99_nonsense")}
    assert {(one["student_id"], one["checkpoint"]) for one in listed} == {(s, CP01.slug) for s in REFUSED} | strays
    assert {(one["student_id"], one["checkpoint"]) for one in listed if not one["on_roster"]} == strays
    told = term.tito("gradebook", "refused").well().out
    assert "stranger cp01_foundation: the student is not on the roster" in told
    assert "tito roster import FILE.csv" in told
    assert "there is no checkpoint 'cp99_nonsense'" in told


def test_collecting_it_all_again_adds_nothing(term: Place) -> None:
    before = (term.count("submissions"), term.count("stray_intakes"), term.count("audit_events"))
    ran = term.tito("collect", term.root / "in").well()
    known = len(REFUSED) + len(GRADED) + 2
    assert f"0 new attempts, {known} known already, 0 refused, 0 that belong to nobody" in ran.out
    assert f"{len(REFUSED) + 2} of those known already were refused: `tito gradebook refused`" in ran.out
    assert before == (term.count("submissions"), term.count("stray_intakes"), term.count("audit_events"))
    assert term.tito("grade", "--json").well().data["total"] == 0


def test_everything_that_was_handed_in_is_kept_as_it_came(term: Place) -> None:
    kept = {record["digest"] for record in term.tito("gradebook", "student", "cut-off", "--json").data["attempts"]}
    assert kept == {files_digest(REFUSED["cut-off"][0])}
    stored = [path.read_bytes() for path in (term.course.paths.store / "blobs").glob("*/*")]
    for files, *_ in [REFUSED["cut-off"], REFUSED["which"], GRADED["renamed"], GRADED["syntax"]]:
        assert set(files.values()) <= set(stored)


def test_what_was_put_right_is_taken_and_graded(place: Place) -> None:
    place.enrol(["ana", "bob"])
    place.put("ana", {FILE: b""})
    place.put("bob", solved())
    folder = place.put("cy", solved())
    assert "1 new attempts, 0 known already, 1 refused, 1 that belong" in place.tito("collect", folder).well().out
    place.put("ana", solved(double=WRONG))
    place.enrol(["ana", "bob", "cy"])
    assert "2 new attempts, 1 known already, 0 refused, 0 that belong" in place.tito("collect", folder).well().out
    assert place.tito("gradebook", "refused", "--json").well().data == {"refused": []}
    assert "no hand-in waits" in place.tito("gradebook", "refused").well().out
    place.tito("grade").well()
    assert place.points() == {"ana": "30", "bob": "70", "cy": "70"}


def test_a_file_that_may_not_be_read_stops_nobody(place: Place) -> None:
    place.enrol(["ana", "bob"])
    folder = place.put("ana", solved())
    place.put("bob", solved())
    (folder / "ana" / CP01.slug / FILE).chmod(0)
    ran = place.apart("collect", folder, rights=False).well()
    assert "1 new attempts, 0 known already, 1 refused" in ran.out
    assert f"ana cp01: {FILE}: cannot be read: Permission denied" in ran.out
    place.tito("grade").well()
    assert place.points() == {"ana": None, "bob": "70"}


def test_a_zip_with_every_trick_stops_nobody(place: Place, tmp_path: Path) -> None:
    place.enrol(["ana", "bob", "cy"])
    path = tmp_path / "lms.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"ana/{CP01.slug}/{FILE}", GOOD)
        archive.writestr(f"bob/{CP01.slug}/{FILE}", GOOD)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(f"bob/{CP01.slug}/{FILE}", solved(double=WRONG)[FILE])
        archive.writestr(f"cy/{CP01.slug}/{FILE}", b" " * 30_000_000)
        archive.writestr("../../../escape.ipynb", GOOD)
    ran = place.tito("collect", path).well()
    assert "1 new attempts, 0 known already, 2 refused" in ran.out
    assert f"bob cp01: {FILE}: stands there twice; hand in one of that name" in ran.out
    assert f"cy cp01: {FILE}: is bigger than 20,000,000 bytes" in ran.out
    assert "leads out of the archive" in ran.err
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": None, "cy": None}
    path.write_bytes(path.read_bytes()[:-60])
    place.tito("collect", path).refused("no zip file that can be read", "download it from the LMS again")


def test_two_folders_for_one_checkpoint_are_refused_and_not_guessed_at(place: Place) -> None:
    place.enrol(["ana", "bob"])
    place.put("ana", solved(), checkpoint="01")
    place.put("ana", solved(double=WRONG), checkpoint="cp01")
    folder = place.put("bob", solved(), checkpoint="Foundation")
    ran = place.tito("collect", folder).well()
    assert "1 new attempts, 0 known already, 1 refused" in ran.out
    assert "ana cp01: several folders are for it: 01, cp01" in ran.out
    assert "0 new attempts, 2 known already" in place.tito("collect", folder).well().out


def test_a_smaller_limit_holds_for_what_comes_and_not_for_what_was_taken(place: Place) -> None:
    place.enrol(["ana", "bob"])
    folder = place.put("ana", {FILE: GOOD + b" " * 200_000})
    place.tito("collect", folder).well()
    config = place.root / "course_config.py"
    config.write_text(config.read_text() + 'c.TitoCourse.notebook_bytes = "100 KiB"\n')
    place.put("bob", {FILE: GOOD + b" " * 200_000})
    assert "bob cp01: 01_tensor.ipynb: is bigger than 102,400 bytes" in place.tito("collect", folder).well().out
    place.work({FILE: GOOD + b" " * 200_000})
    place.tito("submit", "1", "--student", "bob").refused("bytes", "at most 102,400 bytes", "clear the outputs")
    place.tito("grade").well()
    assert place.points() == {"ana": "70", "bob": None}


TYPOS = (
    ("c.TitoCourse.titel = 'x'", "TitoCourse has no option titel", "did you mean c.TitoCourse.title?"),
    ("c.LatePolcy.free_days = 3", "there is no section c.LatePolcy", "did you mean c.LatePolicy?"),
    ("c.Checkpoint01.due = '2027-13-01'", "Checkpoint01.due is '2027-13-01'", '"2027-01-15 23:59"'),
)


def test_a_config_with_typos_stops_every_command_and_costs_nothing(place: Place) -> None:
    place.enrol(["ana"])
    folder = place.put("ana", solved())
    place.tito("collect", folder).well()
    config = place.root / "course_config.py"
    good = config.read_text()
    line = good.count("\n") + 1
    config.write_text(good + "\n".join(typo for typo, *_ in TYPOS) + "\n")
    checked = place.tito("course", "check")
    assert checked.code == 1
    for place_of, (_, what, more) in enumerate(TYPOS):
        assert f"course_config.py:{line + place_of}: error: {what}" in checked.out
        assert more in checked.out
    before = place.course.paths.gradebook.read_bytes()
    for arguments in (["grade"], ["collect", folder], ["gradebook", "show"], ["submit", "1"]):
        place.tito(*arguments).refused(f"course_config.py:{line}", TYPOS[0][1], "2 more problems: `tito course check`")
    assert place.course.paths.gradebook.read_bytes() == before
    config.write_text(good + TYPOS[2][0] + "\n")
    place.tito("grade").refused(f"course_config.py:{line}", "correct it; `tito course check`")
    config.write_text(good)
    place.tito("grade").well()
    assert place.points() == {"ana": "70"}


def test_a_students_own_hand_in_that_cannot_be_graded_is_refused_in_four_parts(place: Place) -> None:
    place.enrol(["ana"])
    place.work({FILE: mini.handin(CP00)["00_setup.ipynb"]})
    ran = place.tito("submit", "1", "--student", "ana")
    ran.refused("none of this checkpoint's cells", f"where:    {FILE}", "hand in the right notebook")
    assert [ran.err.count(part) for part in ("error: ", "  where: ", "  expected: ", "  next: ")] == [1, 1, 1, 1]
    (one,) = place.tito("gradebook", "refused", "--json").well().data["refused"]
    assert (one["student_id"], one["source"]) == ("ana", "tito submit")
    place.work(solved())
    assert "attempt     1" in place.tito("submit", "1", "--student", "ana").well().out
    assert place.tito("gradebook", "refused", "--json").well().data == {"refused": []}
