"""Test cells as scenarios: their checks are recorded, not judged."""

from __future__ import annotations

from textwrap import dedent

import numpy as np
import pytest

from tests.sandbox.conftest import GetSandbox
from tests.sandbox.programs import program
from tests.sandbox.values import same
from tito.sandbox.program import Call, CellSource, Missing, ModuleSource, Program, Raised, Reply, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

SCENARIOS = "def cell(tt, module, source):\n    return run_cell(tt, module, source)\n"
STUDENT = """
def double(x):
    return x * 2
def refuse(x):
    raise ValueError(f"no {x}")
def leave():
    raise SystemExit
_private = 5
"""


@pytest.fixture
def sandbox(tier: Tier, sandbox_at: GetSandbox) -> Sandbox:
    return sandbox_at(tier)


def record(sandbox: Sandbox, *cells: str) -> list[Reply]:
    setup = ModuleSource("core.setup", (CellSource("00, cell 1", "base = 10\ndouble = None\n_secret = 1"),))
    tensor = ModuleSource("core.tensor", (CellSource("01, cell 1", STUDENT),))
    later = ModuleSource("core.later", (CellSource("02, cell 1", "after = 1"),))
    with sandbox.start(Program((setup, tensor, later), SCENARIOS)) as worker:
        assert not worker.load.errors
        return worker.run([Call("cell", ("core.tensor", dedent(cell))) for cell in cells], wall_seconds=20)


def test_checks_are_recorded_in_order_whatever_is_expected(sandbox: Sandbox) -> None:
    (reply,) = record(
        sandbox,
        """
        x = np.ones(2, np.float32)
        check(double(x), x, "twice", rtol=1e-3)
        check(double(base), 99, "a name of an earlier module")
        check_raises(ValueError, lambda: refuse(3), "refuses", mentions=("no",))
        check_raises((ValueError, TypeError), lambda: double(3), what="does not refuse")
        check([_private, "after" in globals(), "_secret" in globals()], [], "whose names there are")
        """,
    )
    assert isinstance(reply, Returned)
    assert same(
        reply.value,
        [
            ["twice", np.full(2, 2, np.float32)],
            ["a name of an earlier module", 20],
            ["refuses", "raised ValueError: no 3"],
            ["does not refuse", "nothing was raised"],
            ["whose names there are", [5, False, False]],
        ],
    )


def test_a_cell_may_import_its_checks(sandbox: Sandbox) -> None:
    (reply,) = record(
        sandbox,
        """
        import tito.checks
        from tito.checks import CheckFailed, check as compare, check_raises
        compare(1, 2, "imported")
        tito.checks.check(3, 4, "by its full name")
        """,
    )
    assert reply == Returned([["imported", 1], ["by its full name", 3]])


def test_a_record_is_of_the_moment(sandbox: Sandbox) -> None:
    (reply,) = record(
        sandbox, "x = np.zeros(2)\nheld = [x]\ncheck(x, 0, 'a')\ncheck(held, 0, 'b')\nx += 1\nheld.append(2)"
    )
    assert isinstance(reply, Returned)
    assert same(reply.value, [["a", np.zeros(2)], ["b", [np.zeros(2)]]])


def test_cells_do_not_see_each_others_names(sandbox: Sandbox) -> None:
    first, second = record(sandbox, "left = 1\ncheck(left, 1, 'first')", "check('left' in globals(), False, 'second')")
    assert first == Returned([["first", 1]])
    assert second == Returned([["second", False]])


def test_what_a_cell_raises_is_its_answer(sandbox: Sandbox) -> None:
    raised, left, absent, unwritten = record(
        sandbox,
        "check(1, 1, 'before')\nrefuse(4)",
        "check_raises(ValueError, leave, 'only exceptions count')",
        "undefined_name",
        "raise NotImplementedError()",
    )
    assert isinstance(raised, Raised)
    assert raised.message == "no 4"
    assert [frame.where for frame in raised.frames] == ["01, cell 1"]
    assert isinstance(left, Raised)
    assert left.type == "SystemExit"
    assert isinstance(absent, Raised)
    assert absent.type == "NameError"
    assert isinstance(unwritten, Missing)


def test_a_module_that_is_not_there_is_missing(sandbox: Sandbox) -> None:
    with sandbox.start(program("", scenarios=SCENARIOS)) as worker:
        assert worker.run([Call("cell", ("core.losses", ""))], wall_seconds=20) == [Missing("core.losses")]
