from __future__ import annotations

import pytest

from tito.course.checkpoints import (
    CHECKPOINTS,
    MODULES,
    TIERS,
    Checkpoint,
    Module,
    checkpoint_of,
    find_checkpoint,
    find_milestone,
    find_module,
    modules_before,
)
from tito.errors import TitoError


def test_sixteen_checkpoints_assess_each_of_the_modules_once_and_in_order():
    assert [checkpoint.number for checkpoint in CHECKPOINTS] == list(range(16))
    assert [module.number for module in MODULES] == list(range(21))
    assert [module for checkpoint in CHECKPOINTS for module in checkpoint.modules] == list(MODULES)


def test_tiers_are_the_designs():
    tiers = {tier: [module.number for module in MODULES if module.tier == tier] for tier in TIERS}
    assert tiers == {
        "setup": [0],
        "foundation": list(range(1, 8)),
        "architecture": list(range(8, 14)),
        "optimization": list(range(14, 21)),
    }
    for checkpoint in CHECKPOINTS:
        assert {module.tier for module in checkpoint.modules} == {checkpoint.tier}


def test_names_that_files_and_students_depend_on():
    assert [checkpoint.slug for checkpoint in CHECKPOINTS[:3]] == [
        "cp00_environment",
        "cp01_foundation",
        "cp02_intelligence",
    ]
    exports = {module.slug: module.export for module in MODULES}
    assert exports["00_setup"] == "core.setup"
    assert exports["01_tensor"] == "core.tensor"
    assert exports["13_transformers"] == "core.transformers"
    assert exports["15_quantization"] == "perf.quantization"
    assert exports["20_capstone"] == "olympics"
    assert MODULES[1].import_name == "tinytorch.core.tensor"
    assert [c.number for c in CHECKPOINTS if c.milestone] == [7, 9, 12, 13, 14, 15]
    assert str(CHECKPOINTS[7].milestone) == "MNIST: at least 95 % accuracy"


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.slug)
def test_a_checkpoint_is_found_by_all_of_its_names(checkpoint: Checkpoint):
    number = checkpoint.number
    for name in (
        number,
        str(number),
        f"{number:02}",
        f"cp{number:02}",
        f"cp{number}",
        f"CP{number:02}",
        f"checkpoint {number}",
        checkpoint.slug,
        checkpoint.name,
        f" {checkpoint.name.upper()} ",
    ):
        assert find_checkpoint(name) is checkpoint


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.slug)
def test_a_module_is_found_by_all_of_its_names(module: Module):
    for name in (module.number, f"{module.number:02}", module.slug, module.name, module.export, module.import_name):
        assert find_module(name) is module
    assert module in checkpoint_of(module).modules


@pytest.mark.parametrize("text", [16, -1, "16", "-1", "", "cp", "1.0", "\u0661", "cp01x", True, "1" * 400])
def test_what_is_no_checkpoint_is_an_error_that_says_so(text: str | int):
    with pytest.raises(TitoError) as error:
        find_checkpoint(text)
    assert "no checkpoint" in error.value.what
    assert error.value.next_step
    assert len(error.value.what) < 120


def test_a_typo_gets_the_nearest_name():
    with pytest.raises(TitoError, match="did you mean foundation"):
        find_checkpoint("fundation")
    with pytest.raises(TitoError, match="did you mean tensor"):
        find_module("tensro")
    with pytest.raises(TitoError, match="no module '21'"):
        find_module(21)


def test_a_checkpoint_builds_on_all_earlier_modules():
    assert modules_before(CHECKPOINTS[0]) == ()
    assert [module.number for module in modules_before(CHECKPOINTS[11])] == list(range(12))


def test_a_milestone_is_found_by_its_key():
    assert find_milestone(" MNIST ") is CHECKPOINTS[7]
    keys = [checkpoint.milestone.key for checkpoint in CHECKPOINTS if checkpoint.milestone]
    assert [find_milestone(key).milestone.key for key in keys] == keys
    assert len({checkpoint.milestone.test for checkpoint in CHECKPOINTS if checkpoint.milestone}) == len(keys)
    with pytest.raises(TitoError, match="there is no milestone 'mnst'") as error:
        find_milestone("mnst")
    assert error.value.next_step == "did you mean mnist?"
