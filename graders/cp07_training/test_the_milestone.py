"""The milestone: the student's own library learns to read handwriting. The labels that judge it stay here."""

from __future__ import annotations

import numpy as np

from graders.cp07_training import scenarios
from tito.grading.authoring import TARGET, given, handwriting, integers, lengthy, points

TRAINED_ON, JUDGED_BY = 8000, 2000


def _dealt(seed):
    """Return the pictures as this deal shows them: the digits change names, the pictures are turned or mirrored.

    A table of digits or a trained network that somebody brings along knows neither.
    """
    data = handwriting(__file__).sample(TRAINED_ON, JUDGED_BY)
    chance = np.random.default_rng(seed)
    names, turns, mirrored = chance.permutation(10), int(chance.integers(4)), bool(chance.integers(2))

    def show(images):
        turned = np.rot90(images, turns, axes=(1, 2))
        return np.ascontiguousarray(turned[:, :, ::-1] if mirrored else turned)

    return show(data.images), names[data.labels], show(data.test_images), names[data.test_labels], data.recipe


@points(
    8,
    "Milestone: a network built and trained by your library reads at least 95 % of digits it has never seen",
    hint="Does the loss fall in each epoch? `tito milestone run mnist` shows its curve, and what is read wrongly.",
    cell="test-fit",
)
@lengthy(deals=4)
@given(seed=integers(0, 2**31 - 1), _count=1)
def test_mnist(judge, seed):
    images, labels, unseen, right, recipe = _dealt(seed)
    read = judge.call(scenarios.milestone, images, labels, unseen, recipe.to_json(), seed % 1000)
    judge.require(read.shape == right.shape, "there should be one answer for each picture")
    share = float(np.mean(read == right))
    judge.require(share >= TARGET, f"your network reads {share:.1%} of the pictures; the milestone is {TARGET:.0%}")
