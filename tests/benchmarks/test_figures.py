import json

import pytest

from benchmarks import figures
from benchmarks.figures import Figure


@pytest.mark.parametrize(
    ("figure", "met", "found"),
    [
        (figures.share("x", 10, 300, "ms", against="other", most=30), True, "1/30.0"),
        (figures.share("x", 10.1, 300, "ms", against="other", most=30), False, "1/29.7"),
        (figures.share("x", 10, 300, "ms", against="other"), None, "1/30.0"),
        (figures.more("x", 60, 35, "ms", against="floor", most=25), True, "+25.0 ms"),
        (figures.more("x", 60.1, 35, "ms", against="floor", most=25), False, "+25.1 ms"),
        (figures.times("x", 17, 10, "ms", labels=("1", "2"), least=1.7), True, "1.70 times"),
        (figures.times("x", 16.9, 10, "ms", labels=("1", "2"), least=1.7), False, "1.69 times"),
        (figures.most("x", 399.9, "MB", bound=400), True, "399.9 MB"),
        (figures.most("x", 400, "MB", bound=400), False, "400 MB"),
    ],
)
def test_a_figure_says_what_was_found_and_whether_that_is_enough(figure: Figure, met: bool | None, found: str) -> None:
    assert figure.met is met
    assert figure.found == found
    assert ("NOT MET" in str(figure)) == (met is False)
    for whose, value in figure.sides:
        assert f"{whose} {value:.4g}" in str(figure)
    assert json.loads(json.dumps(figure.to_json()))["met"] is met


def test_one_disturbed_repetition_does_not_move_the_middle() -> None:
    assert figures.middle([5, 1000, 4]) == 5
    assert figures.spread([5, 1000, 4]) == "4 to 1000"
