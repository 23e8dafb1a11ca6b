"""The trusted side of the wire: encodes what goes to a worker, and takes apart what comes back, suspiciously.

A worker is hostile: every length, depth, count, type and size that a frame claims is checked against a cap and against
the bytes that are there before anything is allocated for it. The format is described in `codec.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import msgpack
import numpy as np

from tito.errors import TitoError
from tito.sandbox.program import Call, Opaque

PREFIX = struct.Struct("<IQ")
MAX_HEADER = 2 << 20
MAX_BODY = 128 << 20
MAX_DEPTH = 32
MAX_ITEMS = 120_000
ARRAY_ITEMS = 4  # an array takes as much memory here as some plain values
MAX_NDIM = 20
MAX_NAME = 100
SMALL_HEADER = 1 << 10
"""Bytes of a header that is unpacked before it is looked through: nested lists that lie take 4 MB at most."""

_ARRAY, _OPAQUE = 1, 2
_GAPPED, _LAID_OUT = 1, 2
_DTYPES = tuple(
    np.dtype(name) for name in ("?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
)
_SHAPES = tuple(struct.Struct(f"<{ndim}Q") for ndim in range(MAX_NDIM + 1))
_AS_BOOLS = bytes([0] + [1] * 255)
_LEAVES = {type(None), bool, float, str, bytes}
_NUMBERS = {dtype: number for number, dtype in enumerate(_DTYPES)}


class WireError(ValueError):
    """The bytes are not a frame that an honest worker sends."""


class UnsendableValue(TitoError):
    """A grader's argument is of a type that does not cross the wire."""


def encode(message: object) -> bytes:
    """Return a whole frame. Raises UnsendableValue for a value outside the closed set of types."""
    arrays: list[bytes] = []
    header = cast(bytes, msgpack.packb(_plain(message, arrays), use_bin_type=True))
    body = b"".join(arrays)
    return PREFIX.pack(len(header), len(body)) + header + body


def _plain(value: object, arrays: list[bytes]) -> object:
    if value is None or type(value) in (bool, float, str, bytes):
        return value
    if type(value) is int and -(1 << 63) <= value < 1 << 63:
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value), arrays)
    if isinstance(value, (list, tuple)):
        return [_plain(item, arrays) for item in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(item, arrays) for key, item in value.items()}
    raise UnsendableValue(
        f"a value of type {type(value).__name__} cannot be sent to a worker",
        expected="None, bool, 64-bit int, float, str, bytes, list, dict with string keys, or a plain NumPy array",
    )


def _array(array: np.ndarray[Any, Any], arrays: list[bytes]) -> msgpack.ExtType:
    """Encode an array and the order of its axes in memory, so that it arrives as strided as it is here."""
    number = _NUMBERS.get(array.dtype.newbyteorder("<"))
    if number is None or array.ndim > MAX_NDIM:
        raise UnsendableValue(
            f"an array of {array.dtype} with {array.ndim} dimensions cannot be sent to a worker",
            expected=f"one of {', '.join(d.name for d in _DTYPES)}, at most {MAX_NDIM} dimensions",
        )
    arrays.append(array.astype(_DTYPES[number], copy=False).tobytes())
    flags, order = 0, tuple(range(array.ndim))
    if array.size > 1 and not array.flags.c_contiguous:
        order = tuple(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))
        flags = _LAID_OUT if array.transpose(order).flags.c_contiguous else _GAPPED
    layout = bytes(order) if flags else b""
    head = struct.pack(f"<BBB{array.ndim}Q", number, array.ndim, flags, *array.shape)
    return msgpack.ExtType(_ARRAY, head + layout)


@dataclass(frozen=True, slots=True)
class EncodedCalls:
    """The bytes of a batch of calls, to be sent to any number of workers."""

    count: int
    data: bytes


def encode_calls(calls: Sequence[Call], kind: int) -> EncodedCalls:
    """Encode a batch once. Raises UnsendableValue."""
    frames = [encode([kind, call.scenario, call.seed, list(call.args)]) for call in calls]
    return EncodedCalls(len(frames), b"".join(frames))


def join_calls(batches: Sequence[EncodedCalls]) -> EncodedCalls:
    """Make one batch of several."""
    return EncodedCalls(sum(batch.count for batch in batches), b"".join(batch.data for batch in batches))


def frame_size(buffer: bytes | bytearray) -> int | None:
    """Return the whole size of the frame that begins in `buffer`, None while that is not known. Raises WireError."""
    if len(buffer) < PREFIX.size:
        return None
    header, body = PREFIX.unpack_from(buffer)
    if header > MAX_HEADER or body > MAX_BODY:
        raise WireError(f"a frame claims {header} + {body} bytes")
    return int(PREFIX.size + header + body)


def decode(frame: bytes | bytearray) -> list[Any]:
    """Return the list that a complete frame holds; arrays are fresh and read-only.

    Raises WireError, and nothing else, for anything odd.
    """
    return decode_counted(frame)[0]


def decode_counted(frame: bytes | bytearray) -> tuple[list[Any], int]:
    """Return what `decode` does, and of how many items it consists: the measure of the memory that it takes."""
    if frame_size(frame) != len(frame):
        raise WireError("the frame's sizes are not its own")
    header_size, _ = PREFIX.unpack_from(frame)
    split = PREFIX.size + header_size
    reader = _Reader(bytes(frame[PREFIX.size : split]), memoryview(frame)[split:])
    try:
        value = reader.small() if header_size <= SMALL_HEADER else reader.whole()
    except WireError:
        raise
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise WireError(f"malformed: {type(error).__name__}") from None
    if type(value) is not list:
        raise WireError("the frame holds no list")
    return value, reader.items


class _Reader:
    """Reads a header. A small one is unpacked at once and looked through then: it can claim little.

    A larger one is walked value by value, so that depth and counts are known before a container is made. Both take the
    same frames.
    """

    def __init__(self, header: bytes, body: memoryview) -> None:
        self.header = header
        self.body = body
        self.used = 0
        self.items = 0

    def small(self) -> object:
        """Return the value of a header of at most SMALL_HEADER bytes."""
        value = self._checked(msgpack.unpackb(self.header, object_pairs_hook=_entries, timestamp=0), 0)
        if self.used != len(self.body):
            raise WireError("bytes are left over")
        return value

    def _checked(self, value: Any, depth: int) -> Any:
        """Look through a value and put arrays in place of what names them."""
        self.items += 1
        if depth > MAX_DEPTH:
            raise WireError("too deep")
        kind = type(value)
        if kind in _LEAVES:
            return value
        if kind is list:
            return [self._checked(item, depth + 1) for item in value]
        if kind is int and value < 1 << 63:
            return value
        if kind is dict:
            self.items += len(value)  # the keys, which are strings
            return {key: self._checked(item, depth + 1) for key, item in value.items()}
        if kind is msgpack.ExtType:
            return self._extension(value.code, value.data)
        raise WireError("a value of an unknown type")

    def whole(self) -> object:
        """Return the value of any header; nothing may be left over, in the header or in the body."""
        self.unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=True,
            timestamp=0,
            max_buffer_size=MAX_HEADER,
            max_str_len=len(self.header),
            max_bin_len=len(self.header),
            max_ext_len=4 + 9 * MAX_NDIM + MAX_NAME,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
        )
        self.unpacker.feed(self.header)
        value = self._value(0)
        if self.unpacker.tell() != len(self.header) or self.used != len(self.body):
            raise WireError("bytes are left over")
        return value

    def _value(self, depth: int) -> object:
        self.items += 1
        place = self.unpacker.tell()
        if place >= len(self.header):
            raise WireError("the header ends early")
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise WireError("too many values, or too deep")
        code = self.header[place]
        if 0x90 <= code < 0xA0 or code in (0xDC, 0xDD):
            size = self._fits(self.unpacker.read_array_header)
            return [self._value(depth + 1) for _ in range(size)]
        if 0x80 <= code < 0x90 or code in (0xDE, 0xDF):
            return self._dict(self._fits(self.unpacker.read_map_header), depth)
        value: Any = self.unpacker.unpack()
        if type(value) is msgpack.ExtType:
            # Not by a hook of the unpacker's: that would tie a knot that keeps the body until the next collection.
            return self._extension(value.code, value.data)
        if type(value) is int and value >= 1 << 63:
            raise WireError("an integer of more than 64 bit")
        if value is not None and type(value) not in (bool, int, float, str, bytes):
            raise WireError("a value of an unknown type")
        plain: object = value
        return plain

    def _fits(self, read: Callable[[], int]) -> int:
        """Read a container's count; each entry takes a byte at least, which must be there."""
        size = read()
        if size > len(self.header) - self.unpacker.tell() or size > MAX_ITEMS - self.items:
            raise WireError("a container claims more than there is")
        return size

    def _dict(self, size: int, depth: int) -> dict[str, object]:
        entries: dict[str, object] = {}
        for _ in range(size):
            key = self._value(depth + 1)
            if type(key) is not str or key in entries:
                raise WireError("a key is no string, or comes twice")
            entries[key] = self._value(depth + 1)
        return entries

    def _extension(self, code: int, data: bytes) -> object:
        if code == _OPAQUE and len(data) <= MAX_NAME:
            return Opaque(data.decode("utf-8"))
        if code == _ARRAY:
            return self._array(data)
        raise WireError("an unknown extension")

    def _array(self, data: bytes) -> np.ndarray[Any, Any]:
        self.items += ARRAY_ITEMS - 1
        if len(data) < 3:
            raise WireError("an array without a type")
        number, ndim, flags = data[:3]
        if number >= len(_DTYPES) or ndim > MAX_NDIM or flags or len(data) != 3 + 8 * ndim:
            raise WireError("an array of an unknown type or layout")
        shape = _SHAPES[ndim].unpack_from(data, 3)
        count = prod(shape)
        dtype = _DTYPES[number]
        size = count * dtype.itemsize
        if size > len(self.body) - self.used or max(shape, default=0) > MAX_BODY:
            raise WireError("an array claims more than there is")
        raw = bytes(self.body[self.used : self.used + size])  # an array on bytes of its own is read-only
        self.used += size
        if number == 0:  # a bool is one byte, and only 0 and 1 are bools that behave
            raw = raw.translate(_AS_BOOLS)
        return np.ndarray(shape, dtype, raw)


def _entries(pairs: list[tuple[object, object]]) -> dict[object, object]:
    entries = dict(pairs)
    if len(entries) != len(pairs) or any(type(key) is not str for key in entries):
        raise WireError("a key is no string, or comes twice")
    return entries
