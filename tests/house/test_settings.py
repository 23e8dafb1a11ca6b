"""Settings that weaken a check say why; the entry points exist; tests collect what they must and no grader."""

from __future__ import annotations

import re

import pytest

from tests.house.repository import ROOT, pyproject


def _lines_of(setting: str) -> list[str]:
    """The lines between `setting = [` and its closing bracket in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    match = re.search(rf"^{re.escape(setting)} = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert match, f"pyproject.toml has no {setting}"
    return [line for line in match[1].splitlines() if line.strip()]


@pytest.mark.parametrize(
    "setting",
    ["ignore", '"tests/**"', '"graders/**"', '"reference_impl/**"', '"tito/cli/**"'],
)
def test_each_ignored_rule_has_its_reason(setting: str) -> None:
    # A run of rules may share the reason of the first.
    lines = _lines_of(setting)
    assert "#" in lines[0]
    assert sum("#" in line for line in lines) * 2 >= len(lines)


def test_warnings_are_errors_and_each_exception_has_its_reason() -> None:
    filters = pyproject()["tool"]["pytest"]["ini_options"]["filterwarnings"]
    assert filters[0] == "error"
    reasoned = True
    for line in _lines_of("filterwarnings")[1:]:
        is_comment = line.strip().startswith("#")
        assert is_comment or reasoned or "#" in line, f"no reason beside {line.strip()}"
        reasoned = is_comment
    assert all(entry.startswith("ignore:") for entry in filters[1:])


def test_only_tests_are_collected() -> None:
    options = pyproject()["tool"]["pytest"]["ini_options"]
    assert options["testpaths"] == ["tests"]
    assert "graders" in options["norecursedirs"]


def test_the_grading_plugin_is_nobody_elses() -> None:
    assert "pytest11" not in pyproject()["project"].get("entry-points", {})


def test_order_is_random(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.hasplugin("randomly")


def test_types_are_strict() -> None:
    mypy = pyproject()["tool"]["mypy"]
    assert mypy["strict"] is True
    assert mypy["packages"] == ["tito", "tinytorch_ref"]


def test_the_console_script_points_at_a_function() -> None:
    module, function = pyproject()["project"]["scripts"]["tito"].split(":")
    source = ROOT / (module.replace(".", "/") + ".py")
    assert re.search(rf"^def {function}\(", source.read_text(encoding="utf-8"), re.MULTILINE)
