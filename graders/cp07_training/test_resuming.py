"""Runs that are interrupted, and files that hold what the rest of a run needs."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from graders.cp07_training.inputs import LOOSE, cut, examples, rows, starts
from tito.grading.authoring import example, given, integers, points, sampled_from

CHECKPOINT = "test-checkpoint"

_KINDS = sampled_from(["momentum", "Adam"])


@points(
    "2.25",
    "A resumed run ends with the same bits as one that was never interrupted",
    hint="What does the next step read, apart from the parameters? Of the optimizer, of the trainer?",
    cell=CHECKPOINT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=_KINDS, before=integers(1, 2), after=integers(1, 3),
       _count=3)  # fmt: skip
def test_resumed(judge, start, data, sizes, name, before, after):
    unbroken, later, _, _ = judge.call(scenarios.resumed, *rows(start, data, sizes), name, before, after)
    judge.require(_equal(unbroken[0], later[0]), "parameters after the resumed run should be those of the unbroken one")
    judge.agrees(scenarios.resumed, *rows(start, data, sizes), name, before, after, **LOOSE)


@points(
    "1.25",
    "Loading brings back parameters and history as they were saved",
    hint="Compare the parameters before saving and after loading, bit by bit. And the losses so far?",
    cell=CHECKPOINT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=_KINDS, _count=3)
def test_loaded(judge, start, data, sizes, name):
    unbroken, later, broken, loaded = judge.call(scenarios.resumed, *rows(start, data, sizes), name, 2, 2)
    judge.require(_equal(broken[0], loaded[0]), "loaded parameters should be those that were saved")
    for kind in ("train_loss", "lr"):
        judge.require(broken[1][kind] == loaded[1][kind], "the history should come back as it was saved")
        judge.require(later[1][kind] == unbroken[1][kind], "the history should go on after loading")


@points(
    "0.5",
    "A resumed run drops the same units",
    hint="Where do the numbers come from that decide what is dropped, and what does that remember?",
    cell=CHECKPOINT,
)
@given(start=starts(), data=examples(8), sizes=cut(2, size=4), seed=integers(0, 99), _count=2)
@example(start=[np.ones((3, 4), np.float32) / 4, np.zeros(4, np.float32), np.eye(4, 3, dtype=np.float32),
                np.zeros(3, np.float32)], data=(np.float32(np.arange(24).reshape(8, 3) % 5), [0, 1, 2, 1, 1, 0, 2, 0]),
         sizes=[4, 4], seed=1)  # fmt: skip
def test_dropout(judge, start, data, sizes, seed):
    unbroken, later = judge.call(scenarios.resumed_with_dropout, *rows(start, data, sizes), seed)
    judge.require(_equal(unbroken, later), "with dropout, too, the resumed run should end like the unbroken one")


@points(
    "1.25",
    "Back in time: a file keeps what was saved, whatever happens later",
    hint="Where does the velocity go when an older one is loaded? Is what you keep a copy?",
    cell=CHECKPOINT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=_KINDS, _count=2)
def test_back_in_time(judge, start, data, sizes, name):
    first, again, second, anew = judge.call(scenarios.back_in_time, *rows(start, data, sizes), name)
    judge.require(_equal(first[0], again[0]) and _equal(second[0], anew[0]),
                  "the same epochs after going back should end in the same place")  # fmt: skip
    judge.require(len(again[1]["train_loss"]) == 3 and len(anew[1]["train_loss"]) == 5,
                  "the history goes back as well")  # fmt: skip
    judge.agrees(scenarios.back_in_time, *rows(start, data, sizes), name, **LOOSE)


@points(
    "1.25",
    "The file can be read without pickle, and is; it holds the optimizer's memory too",
    hint="Which of the things that you save become arrays of objects? How many numbers does Adam keep for a parameter?",
    cell=CHECKPOINT,
)
@given(start=starts(), data=examples(6), sizes=cut(2), name=_KINDS, _count=3)
def test_no_pickle(judge, start, data, sizes, name):
    entries = judge.call(scenarios.read_without_pickle, *rows(start, data, sizes), name)
    held = sum(entry.nbytes for entry in entries if isinstance(entry, np.ndarray))
    # Parameters, and a velocity or two moments for each of them.
    needed = sum(array.nbytes for array in start) * (3 if name == "Adam" else 2)
    judge.require(held >= needed, f"parameters and the optimizer's state take {needed} bytes, the file holds {held}")
    judge.expects(scenarios.unpickled, *rows(start, data, sizes), name, value=False)


@points(
    "1",
    "The checkpoint of another network is refused, and changes nothing",
    hint="What do you compare before the first parameter is changed? Does the error name both shapes?",
    cell=CHECKPOINT,
)
@given(start=starts(), width=integers(5, 9), _count=2)
def test_another(judge, start, width):
    judge.raises(scenarios.of_another_model, start, width, mentions=[str(width)])
    judge.agrees(scenarios.untouched_by_another, start)


def _equal(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
