"""From a worker's decoded frame to a reply: closed forms, every field of the one type it may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tito.course.results import Frame
from tito.sandbox import messages
from tito.sandbox.program import CellError, Missing, Raised, Returned
from tito.sandbox.wire import WireError


class Answer(NamedTuple):
    """A reply to call `index`; `printed` is what the worker says it has written. `memory`: it ran out of memory."""

    reply: Returned | Raised | Missing
    printed: int
    memory: bool = False


_ANSWERS = (messages.RETURNED, messages.RAISED, messages.MISSING)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The worker's report on loading its program."""

    errors: tuple[CellError, ...]
    modules: tuple[str, ...]
    printed: int


def isolated(message: list[Any]) -> str | None:
    """Read the first frame: None when the worker is isolated, else the step that failed. Raises WireError."""
    kind = message[0] if message and type(message[0]) is int else None
    if kind == messages.READY and len(message) == 1:
        return None
    if kind == messages.FAULT and len(message) == 2:
        return _text(message[1])
    raise WireError("the worker did not begin as it should")


def loaded(message: list[Any], request: int) -> Loaded:
    """Read the answer to a program. Raises WireError."""
    _expect(message, (messages.LOADED,), request, None, (5,))
    errors = tuple(_cell_error(entry) for entry in _list(message[3])[: messages.MAX_ERRORS])
    return Loaded(errors, tuple(_text(name) for name in _list(message[4])), _count(message[2]))


def answer(message: list[Any], request: int, index: int) -> Answer:
    """Read the answer to call `index`. Raises WireError for another call's, an unknown kind or a malformed field."""
    _expect(message, _ANSWERS, request, index, (5, 8))
    kind, printed = message[0], _count(message[3])
    if kind == messages.RETURNED and len(message) == 5:
        return Answer(Returned(message[4]), printed)
    if kind == messages.MISSING and len(message) == 5:
        return Answer(Missing(_text(message[4])), printed)
    if kind == messages.RAISED and len(message) == 8:
        frames = tuple(_frame(entry) for entry in _list(message[6])[: messages.MAX_FRAMES])
        types = tuple(_text(name) for name in _list(message[7])[: messages.MAX_BASES])
        raised = Raised(_text(message[4]), _text(message[5]), frames, types=types)
        return Answer(raised, printed, memory="MemoryError" in types)
    raise WireError("the answer has the wrong parts")


def _expect(
    message: list[Any], kinds: tuple[int, ...], request: int, index: int | None, lengths: tuple[int, ...]
) -> None:
    if len(message) not in lengths or type(message[0]) is not int or message[0] not in kinds:
        raise WireError("an answer of a kind that was not asked for")
    if type(message[1]) is not int or message[1] != request:
        raise WireError("an answer to another question")
    if index is not None and (type(message[2]) is not int or message[2] != index):
        raise WireError("an answer to another question")


def _list(value: object) -> list[Any]:
    if type(value) is not list:
        raise WireError("a list is missing")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise WireError("a text is missing")
    return value[: messages.MAX_TEXT]


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise WireError("a count is missing")
    return value


def _frame(value: object) -> Frame:
    parts = _list(value)
    if len(parts) != 4:
        raise WireError("a traceback line has the wrong parts")
    return Frame(_text(parts[0])[: messages.MAX_LINE], _count(parts[1]), _text(parts[2]), _text(parts[3]))


def _cell_error(value: object) -> CellError:
    parts = _list(value)
    if len(parts) != 5:
        raise WireError("a cell's error has the wrong parts")
    module, label, kind = (_text(part)[: messages.MAX_LINE] for part in parts[:3])
    message = _text(parts[3])[: messages.MAX_CELL_TEXT]
    return CellError(module, label, kind, message, None if parts[4] is None else _count(parts[4]))
