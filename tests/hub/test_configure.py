"""`tito hub init`: a configuration that the hub takes as it is, and that is never overwritten."""

from __future__ import annotations

import ast
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from traitlets.config.loader import PyFileConfigLoader

from tests.grading import mini
from tests.hub.place import ROOT, Hub
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


def server_options(folder: Path) -> Any:
    """What Jupyter makes of a folder of configuration."""
    loader = PyFileConfigLoader("jupyter_server_config.py", path=str(folder))
    return loader.load_config()


def test_students_servers_have_neither_formgrader_nor_course_list(tmp_path: Path) -> None:
    write_config(tmp_path / "hub", mini.build(tmp_path / "course"), staff=[])
    options = server_options(tmp_path / "hub" / "student")
    assert options.ServerApp.jpserver_extensions == {
        "nbgrader.server_extensions.formgrader": False,
        "nbgrader.server_extensions.course_list": False,
        "tito.exchange.assignment_list": True,
    }
    assert "root_dir" not in options.ServerApp
    page = json.loads((tmp_path / "hub" / "student" / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    assert page["disabledExtensions"]["@jupyter/nbgrader:formgrader"] is True


def test_instructors_servers_have_formgrader_where_the_course_is(tmp_path: Path) -> None:
    course = mini.build(tmp_path / "course")
    write_config(tmp_path / "hub", course, staff=[])
    options = server_options(tmp_path / "hub" / "staff")
    assert options.ServerApp.root_dir == str(course.root)
    assert options.ServerApp.jpserver_extensions["nbgrader.server_extensions.formgrader"] is True
    page = json.loads((tmp_path / "hub" / "staff" / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    assert "@jupyter/nbgrader:formgrader" not in page["disabledExtensions"]
    course.root.rename(tmp_path / "elsewhere")  # a container without the course: a server like any other
    options = server_options(tmp_path / "hub" / "staff")
    assert options.ServerApp.jpserver_extensions["nbgrader.server_extensions.formgrader"] is False
    assert "root_dir" not in options.ServerApp


def test_a_container_is_configured_as_any_other_students_server(tmp_path: Path) -> None:
    write_config(tmp_path / "hub", mini.build(tmp_path / "course"), staff=[])
    here, there = tmp_path / "hub" / "student", ROOT / "deploy" / "student"
    assert server_options(there) == server_options(here)
    page = "labconfig/page_config.json"
    assert json.loads((there / page).read_bytes()) == json.loads((here / page).read_bytes())


@pytest.mark.parametrize("course_id", ["tinytorch", "CS 101", "a-b", "x!"])
def test_scopes_have_the_form_that_jupyterhub_takes(course_id: str) -> None:
    from jupyterhub.scopes import _custom_scope_pattern

    names = Names(course_id)
    assert _custom_scope_pattern.match(names.submit)
    assert _custom_scope_pattern.match(names.grade)
    assert _custom_scope_pattern.match(names.grade_sections)
