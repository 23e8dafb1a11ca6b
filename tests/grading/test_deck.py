from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tito.grading.deck import Deck, Trials, dump, load
from tito.grading.reference import ReferenceRaised
from tito.sandbox.program import Call, Opaque

GAPS = np.repeat(np.arange(6.0, dtype=np.float32).reshape(2, 3), 2, axis=-1)[..., ::2]
VALUES: list[Any] = [
    None, True, -(2**62), 1.5, float("nan"), "text", b"\x00", (1, (2, [3])), {"a": (1,)}, slice(None, 3, -1), ...,
    np.float32(2), np.zeros((0, 2), np.float32), np.arange(4, dtype=np.int64), Opaque("Foreign"),
]  # fmt: skip


def deal(value: Any) -> Trials:
    return [({"x": value}, [(Call("double", (value,), 7), value), (Call("fail"), ReferenceRaised("ValueError", "no"))])]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_every_kept_value_comes_back_as_it_was(value: Any) -> None:
    ((values, ((call, answer), (_, raised))),) = load(dump(deal(value)))
    assert type(values["x"]) is type(value)
    assert repr(values["x"]) == repr(value) == repr(answer) == repr(call.args[0])
    assert (call.scenario, call.seed) == ("double", 7)
    assert (raised.type, raised.message) == ("ValueError", "no")


@pytest.mark.parametrize("array", [np.asfortranarray(GAPS), GAPS], ids=["columns first", "gaps"])
def test_the_layout_in_memory_survives(array: np.ndarray[Any, Any]) -> None:
    back = load(dump(deal(array)))[0][0]["x"]
    assert back.strides == array.strides
    assert np.array_equal(back, array)


@pytest.mark.parametrize("value", [object(), 1j, {1, 2}, np.array([None])])
def test_other_types_are_not_kept(value: Any) -> None:
    with pytest.raises(TypeError):
        dump(deal(value))


def test_a_second_process_finds_the_deal_and_a_damaged_file_is_drawn_anew(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Trials:
        made.append(1)
        return deal(3)

    folder = tmp_path / "cp01-abc"
    for _ in range(2):
        assert Deck(folder).get("test", 0, make)[0][0] == {"x": 3}
    assert len(made) == 1
    next(folder.iterdir()).write_bytes(b"\xc1 damaged")
    assert Deck(folder).get("test", 0, make)[0][0] == {"x": 3}
    assert len(made) == 2


def test_deals_of_other_graders_of_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    for name in ("cp01_foundation-old", "cp00_environment-old"):
        Deck(tmp_path / name).get("test", 0, lambda: deal(1))
    Deck(tmp_path / "cp01_foundation-new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cp00_environment-old", "cp01_foundation-new"]
