from __future__ import annotations

from pathlib import Path

import pytest

from tito.course.checkpoints import CHECKPOINTS, MODULES
from tito.course.config import Course, check_config, load_course
from tito.course.learningpaths import PATHS, asked_for, find_path
from tito.errors import TitoError


def configured(root: Path, *lines: str) -> Path:
    (root / "course_config.py").write_text("\n".join(("c = get_config()", *lines, "")))
    return root


def course(root: Path, *lines: str) -> Course:
    return load_course(configured(root, *lines))


def numbers(found: Course) -> list[int]:
    return [checkpoint.number for checkpoint in found.checkpoints]


def test_each_path_is_sound_and_asks_for_whole_checkpoints() -> None:
    for path in PATHS:
        checkpoints, unfit = asked_for(path.modules)
        assert unfit == []
        assert [module for checkpoint in checkpoints for module in checkpoint.modules] == list(path.modules)
        assert find_path(path.name) is path


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ((), range(16)),
        (('c.LearningPath.name = "complete builder"',), range(16)),
        (('c.LearningPath.name = "focused explorer"',), range(10)),
        (('c.LearningPath.name = "guided learner"',), range(8)),
        (("c.LearningPath.modules = [2, 0, 1, '01']",), range(3)),
        (("c.LearningPath.modules = list(range(8)) + ['tokenization', 11, 'core.attention']",), [*range(8), 10, 11]),
    ],
)
def test_a_path_selects_checkpoints(tmp_path: Path, lines: tuple[str, ...], asked: range | list[int]) -> None:
    found = course(tmp_path, *lines)
    assert numbers(found) == list(asked)
    assert [found.asks(checkpoint) for checkpoint in CHECKPOINTS] == [n in asked for n in range(16)]
    assert sum(found.share(checkpoint) for checkpoint in CHECKPOINTS) == 100
    assert all((found.share(checkpoint) > 0) == found.asks(checkpoint) for checkpoint in CHECKPOINTS)


def test_shares_keep_the_proportion_of_the_weights(tmp_path: Path) -> None:
    found = course(tmp_path, 'c.LearningPath.name = "guided learner"')
    assert found.share(CHECKPOINTS[1]) == 4 * found.share(CHECKPOINTS[0])
    assert found.weights[8] == 0


@pytest.mark.parametrize(
    ("line", "what", "help_"),
    [
        ('c.LearningPath.name = "guided lerner"', "name is 'guided lerner'", 'did you mean "guided learner"?'),
        ("c.LearningPath.name = 3", "name is 3", "complete builder"),
        ("c.LearningPath.modules = 7", "modules is 7", "a list of modules by number or name"),
        ("c.LearningPath.modules = ['tensr']", "modules is ['tensr']", 'did you mean "tensor"?'),
        ("c.LearningPath.modules = [21]", "modules is [21]", "a list of modules"),
        ("c.LearningPath.modules = [True]", "modules is [True]", "a list of modules"),
        ("c.LearningPath.modules = [[1]]", "modules is [[1]]", "a list of modules"),
        ("c.LearningPath.modules = []", "selects no module", "one module at least"),
        ("c.LearningPath.modules = [0, 1, 3]", "leaves out 02_activations", "all modules of the foundation"),
        ("c.LearningPath.modules = [*range(7), 8]", "leaves out 07_training", "all modules of the foundation"),
        ("c.LearningPath.modules = [*range(8), 10]", "10_tokenization of cp10 and not the rest", "11_embeddings"),
        ("c.LearningPath.module = [0]", "has no option module", "did you mean c.LearningPath.modules?"),
        ("c.LearningPaths.name = 'x'", "no section c.LearningPaths", "did you mean c.LearningPath?"),
    ],
)
def test_a_wrong_path_is_told_with_its_line(tmp_path: Path, line: str, what: str, help_: str) -> None:
    (problem,) = check_config(configured(tmp_path, "", line))
    assert (problem.line, problem.severity) == (3, "error")
    assert what in problem.what
    assert help_ in f"{problem.expected} {problem.next_step}"
    with pytest.raises(TitoError):
        load_course(tmp_path)


def test_a_path_must_have_some_weight(tmp_path: Path) -> None:
    lines = ("c.Checkpoint00.weight = 0", "c.Checkpoint01.weight = 10", "c.LearningPath.modules = [0]")
    (problem,) = check_config(configured(tmp_path, *lines))
    assert "have no weight" in problem.what


def test_what_a_course_does_not_ask_for_is_an_error_that_says_so(tmp_path: Path) -> None:
    found = course(tmp_path, "c.LearningPath.modules = [0, 1]")
    found.require(CHECKPOINTS[1])
    with pytest.raises(TitoError, match="cp02_intelligence is not on this course's learning path") as error:
        found.require(CHECKPOINTS[2])
    assert error.value.expected == "one of cp00, cp01"
    assert MODULES[2] not in [module for checkpoint in found.checkpoints for module in checkpoint.modules]
