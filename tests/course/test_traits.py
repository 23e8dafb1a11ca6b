from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets import TraitError

from tito.course import options
from tito.course.options import SECTIONS, describe_options, options_of
from tito.course.traits import Exact, Moment, Size, UnfitError, Zone, brief

EVERY_OPTION = [(section, name) for section, kind in SECTIONS.items() for name in options_of(kind)]


@given(st.decimals(0, 100, places=6))
def test_a_number_means_what_is_written_whether_as_text_or_as_a_number(number: Decimal):
    kind = Exact(Decimal(0), "", least=0, most=100)
    assert kind.parse(str(number)) == number
    assert kind.parse(float(number)) == number


@pytest.mark.parametrize("value", [0.1 + 0.2, "1e-7", "1e400", "Infinity", "sNaN", [], None, True, "1,5"])
def test_numbers_that_cannot_be_meant_are_refused(value: object):
    with pytest.raises(UnfitError):
        Exact(Decimal(0), "", least=0, most=100).parse(value)


@pytest.mark.parametrize(("text", "size"), [("2 GiB", 2 << 30), ("512MiB", 512 << 20), ("64 kib", 64 << 10), (9, 9)])
def test_sizes_have_binary_units(text: str | int, size: int):
    assert Size(0, "", least=0).parse(text) == size


@pytest.mark.parametrize("text", ["1 GB", "-1", "1.5 GiB", "", "9999 GiB GiB", -1, 1.0, True, 1 << 60])
def test_other_sizes_are_refused(text: object):
    with pytest.raises(UnfitError):
        Size(0, "", least=0).parse(text)


@pytest.mark.parametrize("text", ["Europe/Londn", "../../etc/passwd", "", "/etc/localtime", 1, None, "Europe"])
def test_what_is_no_zone_is_refused(text: object):
    with pytest.raises(UnfitError):
        Zone(ZoneInfo("UTC"), "").parse(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2027-01-15 23:59", "2027-01-15 23:59:00"),
        ("2027-01-15T23:59", "2027-01-15 23:59:00"),
        (" 2027-01-15 23:59:30 ", "2027-01-15 23:59:30"),
        ("2027-01-15 23:59 +01:00", "2027-01-15 23:59:00+01:00"),
        ("2027-01-15 23:59Z", "2027-01-15 23:59:00+00:00"),
    ],
)
def test_dates_are_read_in_these_forms(text: str, same: str):
    assert str(Moment(None, "").parse(text)) == same


@pytest.mark.parametrize("text", ["2027-01-15", "23:59", "2027-1-5 9:00", "1027-01-15 23:59", "2027-01-15 24:61", 0])
def test_and_in_no_others(text: object):
    with pytest.raises(UnfitError):
        Moment(None, "").parse(text)


@pytest.mark.parametrize(("section", "name"), EVERY_OPTION)
def test_every_option_has_help_and_takes_its_own_default(section: str, name: str):
    option = options_of(SECTIONS[section])[name]
    assert str(option.help).endswith(".")
    assert option.takes
    default = option.default()
    assert (default is None and option.allow_none) or option.parse(default) == default


def test_every_option_is_described_once_and_sections_say_what_they_are():
    described = [option.path for option in describe_options()]
    assert len(set(described)) == len(described)
    assert "c.LatePolicy.free_days" in described
    assert {option.section for option in describe_options()} == {name for name in SECTIONS if not name[-2:].isdigit()}
    assert all(kind.__doc__ for kind in SECTIONS.values())
    by_path = {option.path: option.default for option in describe_options()}
    assert by_path["c.TitoCourse.zone"] == "'Europe/London'"
    assert by_path["c.EveryCheckpoint.auto_share"] == "0.7"
    assert by_path["c.RevealPolicy.hidden"] == "['title', 'verdict', 'hint', 'operation']"


def test_traitlets_own_assignment_is_checked_too():
    with pytest.raises(TraitError, match=r"free_days: got -1, takes a whole number from 0 to 366"):
        options.LatePolicy(free_days=-1)


class Ill:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize("value", ["x" * 999, "\x1b[31m\n", Ill(), [Ill()], {"a": "b\nc"}])
def test_any_value_is_told_in_one_short_printable_line(value: object):
    assert len(brief(value)) <= 60
    assert brief(value).isprintable()
