"""Keeps deals on disk, under `.tito/deals/<grader version>/`, so that no process draws what another has drawn.

The files are the platform's own, yet they are data and not pickles: msgpack with a closed list of Python types. A
file that cannot be read, or that was written by another version, is simply drawn anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.grading.plain import same
from tito.grading.reference import ReferenceRaised
from tito.sandbox.program import Call, Opaque

_TUPLE, _ARRAY, _SCALAR, _CALL, _RAISED, _OPAQUE, _SLICE, _ELLIPSIS = range(8)
Trials = list[tuple[dict[str, Any], list[tuple[Call, Any]]]]
"""For each trial the drawn values, and the planned calls with the reference's answers."""


_COMPLETE = "complete"


def deck_folder(course: Course, checkpoint: Checkpoint, version: str, kind: str = "deals") -> Path:
    """Where the deals of one grader version lie; another `kind` of them lies apart."""
    return course.paths.state / kind / f"{checkpoint.slug}-{version[:32]}"


def is_complete(folder: Path) -> bool:
    """Whether every deal has been drawn."""
    return (folder / _COMPLETE).exists()


def mark_complete(folder: Path) -> None:
    """Note that every deal has been drawn."""
    (folder / _COMPLETE).touch()


class Deck:
    """The deals of one grader version; `folder` None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None and not folder.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # hidden inputs; another lane may be as far
            for other in folder.parent.iterdir():  # deals of graders that are no more
                if other != folder and other.name.startswith(folder.name.partition("-")[0] + "-"):
                    shutil.rmtree(other, ignore_errors=True)

    def get(self, test_id: str, index: int, make: Callable[[], Trials]) -> Trials:
        """Return the trials of one deal, from the disk or from `make`; what was made is kept if it can be."""
        if self._folder is None:
            return make()
        path = self._folder / f"{hashlib.sha256(test_id.encode()).hexdigest()[:24]}-{index}"
        try:
            return load(path.read_bytes())
        except (FileNotFoundError, ValueError):
            trials = make()
        try:
            data = dump(trials)
        except TypeError:  # values of a type outside the list: they are drawn in every process
            return trials
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(data)
        draft.replace(path)
        return trials


def dump(trials: Trials) -> bytes:
    """Return the bytes of a deal. Raises TypeError for a value that would come back as something else."""
    data: bytes = msgpack.packb(trials, default=_pack, strict_types=True)
    if not same(_comparable(load(data)), _comparable(trials)):
        raise TypeError("a value does not survive being stored")
    return data


def load(data: bytes) -> Trials:
    """Read what `dump` wrote. Raises ValueError for anything else."""
    try:
        trials: Trials = [
            (values, [(call, answer) for call, answer in planned])
            for values, planned in msgpack.unpackb(data, ext_hook=_unpack, strict_map_key=False)
        ]
    except (msgpack.UnpackException, TypeError, KeyError, IndexError) as error:
        raise ValueError("not a deal") from error
    return trials


def _pack(value: Any) -> msgpack.ExtType:
    match value:
        case tuple():
            return _ext(_TUPLE, list(value))
        case np.ndarray() if value.dtype.kind in "biuf":
            order = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "gaps"
            return _ext(_ARRAY, [value.dtype.str, list(value.shape), order, value.tobytes()])
        case np.generic() if value.dtype.kind in "biuf":
            return _ext(_SCALAR, [value.dtype.str, value.tobytes()])
        case Call(scenario, args, seed):
            return _ext(_CALL, [scenario, list(args), seed])
        case ReferenceRaised():
            return _ext(_RAISED, [value.type, value.message])
        case Opaque(name):
            return _ext(_OPAQUE, [name])
        case slice():
            return _ext(_SLICE, [value.start, value.stop, value.step])
        case _ if value is Ellipsis:
            return _ext(_ELLIPSIS, [])
        case _:
            raise TypeError(f"{type(value).__name__} is not kept")


def _ext(code: int, parts: list[Any]) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(parts, default=_pack, strict_types=True))


def _unpack(code: int, data: bytes) -> Any:
    return _UNPACKERS[code](*msgpack.unpackb(data, ext_hook=_unpack, strict_map_key=False))


def _array(dtype: str, shape: list[int], order: str, data: bytes) -> np.ndarray[Any, Any]:
    """An array with the bits it had; one with gaps in memory gets gaps again, between its last axis's elements."""
    array = np.frombuffer(data, dtype=dtype).reshape(shape)
    if order == "gaps":
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return np.asfortranarray(array).copy("F") if order == "F" else array.copy()


_UNPACKERS: dict[int, Callable[..., Any]] = {
    _TUPLE: lambda *parts: parts,
    _ARRAY: _array,
    _SCALAR: lambda dtype, data: np.frombuffer(data, dtype=dtype)[0],
    _CALL: lambda scenario, args, seed: Call(scenario, tuple(args), seed),
    _RAISED: ReferenceRaised,
    _OPAQUE: Opaque,
    _SLICE: slice,
    _ELLIPSIS: lambda: Ellipsis,
}


def _comparable(trials: Trials) -> Any:
    """The trials with calls and exceptions as tuples, for `same`."""
    return [(values, [_parts(call, answer) for call, answer in planned]) for values, planned in trials]


def _parts(call: Call, answer: Any) -> tuple[Any, ...]:
    told = ("raised", answer.type, answer.message) if isinstance(answer, ReferenceRaised) else answer
    return (call.scenario, call.args, call.seed, told)
