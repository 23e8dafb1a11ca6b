"""Reading and comparing versions."""

from __future__ import annotations

from graders.cp00_environment import scenarios
from tito.grading.authoring import example, given, integers, points, sampled_from, st

VERSION = "test-version"
MEETS = "test-meets"

_PARTS = st.lists(integers(0, 120), min_size=1, max_size=4)
_TAILS = sampled_from(["", "rc1", "+local.2", "a3", ".dev0", "-beta", ".post1+g12ab", "."])
_NO_VERSION = sampled_from(["v{}", "release-{}", ".{}", "-{}", "x", "latest", "rc{}"])


def _text(parts: list[int]) -> str:
    return ".".join(map(str, parts))


@points(
    "7",
    "The leading numbers of a version, whatever follows them",
    hint="Where do the numbers of '2.0.0rc1' end? What are their types?",
    cell=VERSION,
)
@given(parts=_PARTS, tail=_TAILS, _count=10)
@example(parts=[2, 0, 0], tail="rc1")
@example(parts=[1, 26, 4], tail="+local")
@example(parts=[3], tail="")
@example(parts=[10, 20], tail=".dev0")
def test_numbers(judge, parts, tail):
    judge.agrees(scenarios.parse_version, _text(parts) + tail)


@points(
    "4",
    "Text that does not start with a number is refused and named",
    hint="What would you want to read when a version in a long list is wrong?",
    cell=VERSION,
)
@given(form=_NO_VERSION, number=integers(100, 999), _count=6)
@example(form="v{}", number=211)
@example(form="latest", number=211)
@example(form=".{}", number=345)
def test_refused(judge, form, number):
    text = form.format(number)
    judge.raises(scenarios.parse_version, text, mentions=[text])


@points(
    "5",
    "Versions compare number by number",
    hint="Which is later, 3.9 or 3.11? Does the answer change when you compare texts?",
    cell=MEETS,
)
@given(left=_PARTS, right=_PARTS, tail=_TAILS, _count=10)
@example(left=[3, 11], right=[3, 9], tail="")
@example(left=[3, 9], right=[3, 11], tail="")
@example(left=[2, 0], right=[1, 9, 9], tail="rc1")
@example(left=[1, 9], right=[2, 0], tail="")
@example(left=[1, 2, 3], right=[1, 2, 3], tail="")
def test_order(judge, left, right, tail):
    judge.agrees(scenarios.meets, _text(left) + tail, _text(right))


@points(
    "3",
    "Missing numbers count as 0",
    hint="Does 3.11 meet 3.11.0? And does it meet 3.11.1?",
    cell=MEETS,
)
@given(parts=_PARTS, zeros=integers(1, 3), last=integers(0, 2), _count=6)
@example(parts=[3, 11], zeros=1, last=0)
@example(parts=[3, 11], zeros=1, last=1)
def test_missing(judge, parts, zeros, last):
    longer = [*parts, *[0] * zeros, last]
    judge.agrees(scenarios.meets, _text(parts), _text(longer))
    judge.agrees(scenarios.meets, _text(longer), _text(parts))
