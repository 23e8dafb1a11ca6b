"""What a call must raise, and what the error's message must tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

ErrorTypes = type[Exception] | tuple[type[Exception], ...]


def missing_mentions(message: str, mentions: Iterable[object]) -> tuple[str, ...]:
    """Return which of `mentions` the message lacks; case and blanks do not count: (2,3) mentions (2, 3)."""
    squeezed = _squeeze(message)
    return tuple(str(mention) for mention in mentions if _squeeze(str(mention)) not in squeezed)


def raising_problem(errors: ErrorTypes, function: Callable[[], object], mentions: Iterable[object]) -> str | None:
    """Call `function` and return what is wrong with what it raised, or None when it raised as it should.

    A NotImplementedError is code that is not written yet; it never counts as the error asked for.
    """
    wanted = " or ".join(kind.__name__ for kind in (errors if isinstance(errors, tuple) else (errors,)))
    if wanted == "Exception":
        wanted = "an error"
    try:
        function()
    except NotImplementedError:
        return "this code is not written yet"
    except Exception as error:  # noqa: BLE001 - wrong errors are reported with their text
        name, message = type(error).__name__, _message(error)
        if not isinstance(error, errors):
            return f"raised {name} ({message}), expected {wanted}"
        lacking = missing_mentions(message, mentions)
        if lacking:
            return f"the message {message!r} should mention {' and '.join(lacking)}"
        return None
    return f"nothing was raised, expected {wanted}"


def _message(error: Exception) -> str:
    try:
        return str(error)[:2000]
    except Exception:  # noqa: BLE001 - an error class of the student's own may fail to print itself
        return "no message"


def _squeeze(text: str) -> str:
    return "".join(text.split()).lower()
