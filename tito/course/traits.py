"""Kinds of option values for `course_config.py`. Each says in words what it takes, for help and errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from traitlets import TraitError, TraitType

from tito.course.checkpoints import MODULES, Module, find_module
from tito.errors import TitoError


class UnfitError(ValueError):
    """A value that an option does not take. `nearest` is what may have been meant."""

    def __init__(self, nearest: str | None = None) -> None:
        super().__init__(nearest or "")
        self.nearest = nearest


class Option(TraitType[Any, Any]):
    """The base of our options: `parse` returns the value as the platform uses it, or raises UnfitError."""

    expects = "a value"

    def __init__(self, default: Any, about: str, *, allow_none: bool = False) -> None:
        super().__init__(default, allow_none=allow_none, help=about)
        self.tag(config=True)

    def parse(self, value: Any) -> Any:
        """Turn a value from the file into the platform's own; raises UnfitError."""
        raise NotImplementedError

    def validate(self, obj: Any, value: Any) -> Any:
        """What traitlets calls on every assignment."""
        if value is None and self.allow_none:
            return None
        try:
            return self.parse(value)
        except UnfitError as error:
            raise TraitError(f"{self.name}: got {brief(value)}, takes {self.takes}") from error

    @property
    def takes(self) -> str:
        """What the option takes, None included."""
        return f"{self.expects}, or None" if self.allow_none else self.expects


class Text(Option):
    """One line of text that is not empty."""

    expects = "a line of text"

    def parse(self, value: Any) -> str:
        """Return the text without outer blanks."""
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise UnfitError
        return value.strip()


class Flag(Option):
    """True or False. A string such as "False" is refused: it would count as true."""

    expects = "True or False"

    def parse(self, value: Any) -> bool:
        """Return the bool itself."""
        if not isinstance(value, bool):
            raise UnfitError
        return value


class Whole(Option):
    """A whole number between two bounds."""

    def __init__(
        self, default: Any, about: str, *, least: int, most: int | None = None, allow_none: bool = False
    ) -> None:
        super().__init__(default, about, allow_none=allow_none)
        self.least, self.most = least, most
        self.expects = f"a whole number {_range(least, most)}"

    def parse(self, value: Any) -> int:
        """Return the int itself."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnfitError
        if value < self.least or (self.most is not None and value > self.most):
            raise UnfitError
        return value


class Exact(Option):
    """A decimal number between two bounds, kept exactly as it is written: 0.7 means seven tenths."""

    def __init__(
        self,
        default: Any,
        about: str,
        *,
        least: int | str,
        most: int | str | None = None,
        above: bool = False,
        allow_none: bool = False,
    ) -> None:
        super().__init__(default, about, allow_none=allow_none)
        self.least = Decimal(least)
        self.most = None if most is None else Decimal(most)
        self.above = above
        self.expects = f"a number {_range(least, most, above=above)}, with at most six decimals"

    def parse(self, value: Any) -> Decimal:
        """Return the number as the file shows it: a float by its shortest form, not its binary value."""
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise UnfitError
        try:
            number = Decimal(repr(value) if isinstance(value, float) else value)
        except InvalidOperation as error:
            raise UnfitError from error
        if not number.is_finite() or number < self.least or (self.above and number == self.least):
            raise UnfitError
        if self.most is not None and number > self.most:
            raise UnfitError
        if number.adjusted() > 12 or int(number.as_tuple().exponent) < -6:
            raise UnfitError
        return number


class Seconds(Option):
    """A positive time in seconds."""

    expects = "a number of seconds above 0 and at most 86400"

    def parse(self, value: Any) -> float:
        """Return seconds as a float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnfitError
        if not math.isfinite(value) or not 0 < value <= 86400:
            raise UnfitError
        return float(value)


_UNITS: Final = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class Size(Option):
    """A number of bytes, or a text such as "512 MiB"."""

    def __init__(self, default: int, about: str, *, least: int, most: int = 1 << 44) -> None:
        super().__init__(default, about)
        self.least, self.most = least, most
        bounds = f"at least {least}" if most == 1 << 44 else f"from {least} to {most}"
        self.expects = f'a number of bytes, or a text such as "64 KiB", "512 MiB", "1 GiB"; {bounds} bytes'

    def parse(self, value: Any) -> int:
        """Return bytes."""
        if isinstance(value, str):
            found = re.fullmatch(r"([0-9]{1,9})\s*([A-Za-z]{0,3})", value.strip(), re.ASCII)
            if found is None or found[2].upper() not in _UNITS:
                raise UnfitError
            value = int(found[1]) * _UNITS[found[2].upper()]
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise UnfitError
        return value


class Choice(Option):
    """One of a few words."""

    def __init__(self, default: str, about: str, *, words: Iterable[str]) -> None:
        super().__init__(default, about)
        self.words = tuple(words)
        self.expects = f"one of {listed(self.words)}"

    def parse(self, value: Any) -> str:
        """Return the word."""
        if not isinstance(value, str) or value not in self.words:
            raise UnfitError(nearest(value, self.words))
        return value


class Choices(Option):
    """Any number of a few words."""

    def __init__(self, default: Iterable[str], about: str, *, words: Iterable[str]) -> None:
        super().__init__(frozenset(default), about)
        self.words = tuple(words)
        self.expects = f"a list of any of {listed(self.words)}"

    def parse(self, value: Any) -> frozenset[str]:
        """Return the words as a set."""
        if not isinstance(value, list | tuple | set | frozenset):
            raise UnfitError
        for word in value:
            if not isinstance(word, str) or word not in self.words:
                raise UnfitError(nearest(word, self.words))
        return frozenset(value)


class Modules(Option):
    """Modules of the course by number or name, each once, in the course's order."""

    expects = 'a list of modules by number or name, such as [0, 1, "02", "tensor"]'

    def __init__(self, about: str) -> None:
        super().__init__(None, about, allow_none=True)

    def parse(self, value: Any) -> tuple[Module, ...]:
        """Return the modules."""
        if not isinstance(value, list | tuple | range):
            raise UnfitError
        found = set()
        for name in value:
            try:
                found.add(name if isinstance(name, Module) else find_module(name))
            except (TitoError, TypeError) as error:
                raise UnfitError(nearest(name, [module.name for module in MODULES])) from error
        return tuple(sorted(found, key=lambda module: module.number))


class Zone(Option):
    """A time zone of the IANA database."""

    expects = 'a time zone by its IANA name, such as "Europe/London"'

    def parse(self, value: Any) -> ZoneInfo:
        """Return the zone."""
        if isinstance(value, ZoneInfo):
            return value
        if not isinstance(value, str):
            raise UnfitError
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            names = {name.lower(): name for name in available_timezones()}
            near = nearest(value.lower(), names)
            raise UnfitError(names[near] if near else None) from error


class Moment(Option):
    """A date and time of the course's zone. It stays local until the zone is known (see `calendar`)."""

    expects = 'a local date and time such as "2027-01-15 23:59"'
    _FORM: Final = re.compile(
        r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?\s?(Z|[+-]\d{2}:\d{2})?", re.ASCII | re.IGNORECASE
    )

    def parse(self, value: Any) -> datetime:
        """Return a datetime, naive unless the text has an offset."""
        if isinstance(value, str):
            text = value.strip()
            if not self._FORM.fullmatch(text):
                raise UnfitError
            try:
                value = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
            except ValueError as error:
                raise UnfitError from error
        if not isinstance(value, datetime) or not 2000 <= value.year <= 2200:
            raise UnfitError
        return value


def nearest(value: object, words: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the word most like `value`, if one is at least so much like it (1 is the same)."""
    near = get_close_matches(str(value)[:80], list(words), n=1, cutoff=likeness)
    return near[0] if near else None


def listed(words: Iterable[str]) -> str:
    """Return words in quotes, with commas."""
    return ", ".join(f'"{word}"' for word in words)


def brief(value: object, most: int = 60) -> str:
    """Return a value as Python writes it, cut to one short line."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  an object of the file's own may raise anything here
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _range(least: int | str, most: int | str | None, *, above: bool = False) -> str:
    if most is not None:
        return f"{'above' if above else 'from'} {least} {'and at most' if above else 'to'} {most}"
    return f"above {least}" if above else f"of at least {least}"
