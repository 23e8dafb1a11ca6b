"""`tito graders`: the graders of a course in miniature are graded, each time in a process of its own.

The course brings a reference of its own, which this process has not imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import tito
from tests.grading.mini import CP01
from tito.course.config import Course

EQUIVALENT = """
[[mutation]]
where = "shout"
old = "return text.upper()"
new = "return text.lower()"
reason = "said without trying"

[[mutation]]
where = "whisper"
old = "a"
new = "b"
reason = "there is no such function"
"""


def graders(course: Course, *arguments: str) -> tuple[int, Any]:
    """Run `tito graders ... --json`."""
    command = [sys.executable, "-m", "tito", "graders", *arguments, "--json"]
    ours = Path(tito.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(course.root), str(ours)])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=course.root, env=environment)
    return done.returncode, json.loads(done.stdout or done.stderr)


def weaken(course: Course) -> None:
    """Let no test know any more how one shouts."""
    path = course.paths.graders / CP01.slug / "test_tiny.py"
    path.write_text(
        path.read_text().replace("judge.agrees(scenarios.shout, text)", "judge.call(scenarios.shout, text)")
    )
    source = course.paths.source / CP01.slug / "01_tensor.ipynb"
    cell = r"check(shout(\"a\"), \"A\", "
    assert cell in source.read_text()
    source.write_text(source.read_text().replace(cell, r"check(len(shout(\"a\")), 1, "))


def test_named_mistakes_are_caught_and_correct_programs_are_spared(course: Course) -> None:
    code, data = graders(course, "audit", "01", "--rounds", "1")
    (report,) = data["audits"]
    assert (code, report["passed"], report["solution"], report["released"]) == (0, True, report["possible"], "0")
    assert [(mutant["name"], mutant["survived"]) for mutant in report["mutants"]] == [("float64", 0)]


def test_a_mistake_that_a_lengthy_test_alone_catches_is_caught_in_every_round(course: Course) -> None:
    folder = course.paths.graders / CP01.slug
    tests = (folder / "test_tiny.py").read_text().replace("given, points", "given, lengthy, points")
    (folder / "test_tiny.py").write_text(
        tests.replace("def test_shout_refuses", "@lengthy(deals=1)\ndef test_shout_refuses")
    )
    (folder / "mutants.py").write_text(
        "from tito.grading.authoring import Mutant\n"
        'MUTANTS = [Mutant("all", module="01", old="not isinstance(text, str)", new="False", mistake="no check")]\n'
        "CORRECT = []\n"
    )
    _, data = graders(course, "audit", "01", "--rounds", "2")
    (mutant,) = data["audits"][0]["mutants"]
    assert (mutant["killed_by"], mutant["survived"]) == (["test_tiny::test_shout_refuses"], 0)


def test_automatic_mistakes_are_caught(course: Course) -> None:
    code, data = graders(course, "mutate", "01", "--rounds", "2")
    (report,) = data["mutations"]
    assert (code, report["survivors"], report["share"], report["passed"]) == (0, [], 1.0, True)
    assert report["made"] == report["tried"] == report["killed"] > 8
    assert sum(numbers["killed"] for numbers in report["operators"].values()) == report["killed"]


def test_a_weak_grader_lets_a_mistake_through_and_the_command_says_which(course: Course) -> None:
    weaken(course)
    code, data = graders(course, "mutate", "01", "--rounds", "1")
    (report,) = data["mutations"]
    assert (code, report["passed"]) == (1, False)
    assert report["survivors"] == ["shout: return text.upper() -> return text.lower()"]
    assert report["killed"] == report["tried"] - 1


def test_what_is_known_to_be_equivalent_counts_neither_way(course: Course) -> None:
    weaken(course)
    entry = EQUIVALENT.split("\n\n")[0]
    (course.paths.graders / CP01.slug / "equivalent.toml").write_text(entry)
    code, data = graders(course, "mutate", "01", "--rounds", "1")
    (report,) = data["mutations"]
    assert (code, report["survivors"], report["equivalent"], report["share"]) == (0, [], 1, 1.0)


def test_a_list_of_equivalent_mistakes_that_is_not_true_is_refused(course: Course) -> None:
    (course.paths.graders / CP01.slug / "equivalent.toml").write_text(EQUIVALENT)
    code, data = graders(course, "mutate", "01", "--rounds", "1")
    (report,) = data["mutations"]
    assert (code, report["equivalent"], report["share"]) == (1, 0, 1.0)
    assert report["stale"] == ["whisper: a -> b"]
    assert report["refuted"] == ["shout: return text.upper() -> return text.lower()"]


def test_a_list_without_a_reason_is_refused(course: Course) -> None:
    path = course.paths.graders / CP01.slug / "equivalent.toml"
    path.write_text(EQUIVALENT.replace('reason = "said without trying"\n', ""))
    code, data = graders(course, "mutate", "01")
    assert code == 1
    assert "equivalent.toml" in json.dumps(data)


def test_a_solution_that_fails_is_no_ground_for_an_audit(course: Course) -> None:
    source = course.paths.source / CP01.slug / "01_tensor.ipynb"
    source.write_text(source.read_text().replace("return text.upper()", "return text.lower()"))
    code, data = graders(course, "mutate", "01", "--rounds", "1")
    assert code == 1
    assert "the solution itself does not pass" in json.dumps(data)


def test_a_sample_is_tried_alone(course: Course) -> None:
    code, data = graders(course, "mutate", "01", "--rounds", "1", "--sample", "3", "--seed", "1")
    (report,) = data["mutations"]
    assert (code, report["tried"], report["killed"]) == (0, 3, 3)
    assert report["made"] > 8


def test_correct_programs_pass_under_many_input_sets(course: Course) -> None:
    code, data = graders(course, "repeat", "01", "--seeds", "6")
    (report,) = data["repeated"]
    assert (code, report["programs"], report["runs"], report["alarms"]) == (0, 2, 12, [])


def test_a_test_that_fails_by_chance_is_found(course: Course) -> None:
    """It refuses one input in some, in a program that is right but not in the reference's way."""
    path = course.paths.graders / CP01.slug / "correct" / "loop.py"
    path.write_text(path.read_text().replace("return out\n", "return out + np.float32(out.size == 4)\n"))
    code, data = graders(course, "repeat", "01", "--seeds", "6")
    (report,) = data["repeated"]
    assert (code, report["passed"]) == (1, False)
    assert {(alarm["program"], alarm["test"]) for alarm in report["alarms"]} == {("a loop", "test_tiny::test_double")}
