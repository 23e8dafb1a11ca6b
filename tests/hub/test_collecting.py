"""Staff collect many hand-ins in one answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gradebook.conftest import Clock, fill
from tests.gradebook.samples import FOUNDATION, digest
from tests.grading import mini
from tests.hub.place import CP00, CP01, Hub
from tito.gradebook import Gradebook
from tito.gradebook.services.intake import record_submission
from tito.hub import views
from tito.notebooks.bundle import members, pack


@pytest.fixture
def gradebook(tmp_path: Path) -> Iterator[Gradebook]:
    """With the student ana."""
    with fill(tmp_path / "gradebook.db", Clock()) as book:
        yield book


@pytest.fixture
def numbers(gradebook: Gradebook) -> list[int]:
    """Three attempts of ten bytes each, and a refused one."""
    found = []
    for place, content in enumerate(("one", "two", "three", "four")):
        with gradebook.begin("student:ana") as work:
            recorded = record_submission(
                work,
                student_id="ana",
                checkpoint=FOUNDATION,
                digest=digest(content),
                size=10,
                rejected="no notebook" if place == 3 else None,
            )
        assert recorded.id is not None
        found.append(recorded.id)
    return found


@pytest.mark.parametrize(("most", "count"), [(1, 1), (10, 1), (29, 2), (30, 3), (1000, 3)])
def test_as_many_as_go_into_an_answer_and_one_at_least(
    gradebook: Gradebook, numbers: list[int], most: int, count: int
) -> None:
    asked = [numbers[2], numbers[0], numbers[1]]
    with gradebook.read() as session:
        found = views.digests(session, FOUNDATION, asked, most)
    assert list(found) == asked[:count]
    assert found[numbers[2]] == digest("three")


def test_a_refused_one_and_a_strange_one_are_not_there(gradebook: Gradebook, numbers: list[int]) -> None:
    for wrong in (numbers[3], 99):
        with gradebook.read() as session, pytest.raises(views.NotFound, match=f"number {wrong} of cp01"):
            views.digests(session, FOUNDATION, [numbers[0], wrong], 1000)


@pytest.mark.slow
def test_files_of_several_students_in_one_answer(hub: Hub) -> None:
    files = mini.handin(mini.CP01)
    students, staff = [hub.student(), hub.student()], hub.person("ira")
    made = [hub.submit(student, files).json["submission"] for student in students]
    path = f"assignments/{CP01}/collect/files?" + "&".join(f"submission={number}" for number in made)
    answer = hub.api("GET", path, staff.token)
    assert answer.status == 200
    assert members(answer.body) == {f"{number}.zip": pack(files, small=False) for number in made}
    assert hub.api("GET", path, students[0].token).status == 403
    for wrong, status in (
        (f"assignments/{CP00}/collect/files?submission={made[0]}", 404),
        (f"assignments/{CP01}/collect/files", 400),
        (f"assignments/{CP01}/collect/files?submission=-1", 400),
        (f"assignments/{CP01}/collect/files?submission=%D9%A3", 400),
        (f"assignments/{CP01}/collect/files?" + "submission=1&" * 201, 400),
    ):
        assert hub.api("GET", wrong, staff.token).status == status, wrong
