"""`tito hub init`: a configuration that the hub takes as it is, and that is never overwritten."""

from __future__ import annotations

import ast
import json
import stat
from pathlib import Path

import pytest

from tests.grading import mini
from tests.hub.place import Hub
from tito.errors import TitoError
from tito.hub.configure import write_config
from tito.hub.names import Names


@pytest.mark.slow
def test_the_hub_knows_every_option(hub: Hub) -> None:
    assert "not recognized" not in hub.log()


@pytest.mark.slow
def test_a_student_has_the_rights_of_the_configuration_and_no_more(hub: Hub) -> None:
    names = hub.names
    groups = {
        name: hub.hub_api("GET", f"groups/{name}").json["roles"]
        for name in (names.students, names.staff, names.graders("A"))
    }
    assert groups == {
        names.students: ["tito-student"],
        names.staff: ["tito-staff"],
        names.graders("A"): ["tito-section-grader"],
    }


def test_what_is_there_is_the_operators(tmp_path: Path) -> None:
    course = mini.build(tmp_path / "course")
    path = write_config(tmp_path / "hub", course, staff=["Ira"])
    before = path.read_bytes()
    with pytest.raises(TitoError, match="nothing was changed"):
        write_config(tmp_path / "hub", course, staff=[])
    assert path.read_bytes() == before


def test_the_file_is_python_and_for_its_owner_alone(tmp_path: Path) -> None:
    course = mini.build(tmp_path / "a 'course' \"of\" ünïcode")
    path = write_config(tmp_path / "hub", course, staff=["Ira", 'o"brien\\'], demo_password='it\'s "secret"\n')
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {str(course.root), "ira", 'o"brien\\', 'it\'s "secret"\n'} <= constants


def test_a_course_without_the_demo_has_no_shared_password(tmp_path: Path) -> None:
    path = write_config(tmp_path / "hub", mini.build(tmp_path / "course"), staff=[])
    text = path.read_text(encoding="utf-8")
    assert "password" not in text
    assert "--allow-root" not in text


def test_students_servers_have_neither_formgrader_nor_course_list(tmp_path: Path) -> None:
    write_config(tmp_path / "hub", mini.build(tmp_path / "course"), staff=[])
    settings = json.loads((tmp_path / "hub" / "student" / "jupyter_server_config.json").read_text(encoding="utf-8"))
    assert settings["ServerApp"]["jpserver_extensions"] == {
        "nbgrader.server_extensions.formgrader": False,
        "nbgrader.server_extensions.course_list": False,
    }


@pytest.mark.parametrize("course_id", ["tinytorch", "CS 101", "a-b", "x!"])
def test_scopes_have_the_form_that_jupyterhub_takes(course_id: str) -> None:
    from jupyterhub.scopes import _custom_scope_pattern

    names = Names(course_id)
    assert _custom_scope_pattern.match(names.submit)
    assert _custom_scope_pattern.match(names.grade)
    assert _custom_scope_pattern.match(names.grade_sections)
