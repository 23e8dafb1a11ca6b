"""What a training run has to remember, as one `.npz` file that can be read without pickle.

Pickle runs code that the file names, so a checkpoint from a stranger could do anything. Here arrays are entries of
the file, and everything around them is text: JSON, in which an array stands as the name of its entry.
"""

from __future__ import annotations

import json
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
File = str | Path | IO[bytes]
"""A path, or an open binary file."""

_TEXT = "text"


def write_checkpoint(path: File, content: Any) -> None:
    """Write `content` to `path`, which gets the ending `.npz` if it has none, or into an open file.

    `content` is made of dicts (with str or int keys), lists, tuples, arrays, numbers, strings and None, and comes back
    as it was. Raises TypeError for anything else, before a file is touched, and OSError.
    """
    arrays: Arrays = {}
    text = json.dumps(_plain(content, arrays))
    with _opened(path, "wb") as file:
        np.savez(file, allow_pickle=False, **{_TEXT: np.array(text)}, **arrays)


def read_checkpoint(path: File) -> Any:
    """Return what `write_checkpoint` wrote. Raises OSError, and ValueError for a file that it did not write."""
    try:
        with _opened(path, "rb") as file, np.load(file, allow_pickle=False) as entries:
            arrays = {name: entries[name] for name in entries.files}
        return _restored(json.loads(str(arrays.pop(_TEXT))), arrays)
    except (ValueError, KeyError, AttributeError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no checkpoint of a Trainer: {error}") from None


def _opened(path: File, mode: str) -> AbstractContextManager[IO[bytes]]:
    """Open a path; a file that is open already stays so in the end, too."""
    if not isinstance(path, str | Path):
        return nullcontext(path)
    path = Path(path)
    return (path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")).open(mode)


def _plain(value: Any, arrays: Arrays) -> Any:
    """Return `value` as JSON takes it, and put its arrays into `arrays`. JSON has neither tuples nor keys but text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.hasobject:
            raise TypeError("a checkpoint takes arrays of numbers, got one of objects")
        name = f"array_{len(arrays)}"
        arrays[name] = np.asarray(value)
        return {"array": name}
    if isinstance(value, dict):
        if unfit := [key for key in value if type(key) not in (str, int)]:
            raise TypeError(f"a checkpoint takes dicts with str or int keys, got {unfit[0]!r}")
        return {"dict": [[key, _plain(each, arrays)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        items = [_plain(each, arrays) for each in value]
        return items if isinstance(value, list) else {"tuple": items}
    raise TypeError(f"a checkpoint takes numbers, text, arrays, lists and dicts of them, got {type(value).__name__}")


def _restored(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, list):
        return [_restored(each, arrays) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "array":
        return arrays[inner]
    if kind == "tuple":
        return tuple(_restored(each, arrays) for each in inner)
    return {key: _restored(each, arrays) for key, each in inner}
