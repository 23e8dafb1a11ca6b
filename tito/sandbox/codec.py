"""The worker's side of the wire: values to bytes and back, with the standard library and NumPy only.

A frame is 12 bytes (header length u32, body length u64, little endian), a msgpack header, and a body: the raw bytes of
the header's arrays, one after the other in the order in which the header names them. An array in the header is
extension 1 (type number, dimensions, layout), a value that may not cross is extension 2 (the name of its type).
`wire.py` is the other side, written apart from this one; the tests hold the two together.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from tito.sandbox.tray import Tray

PREFIX = struct.Struct("<IQ")
ARRAY, OPAQUE = 1, 2
GAPPED, LAID_OUT = 1, 2
MAX_DEPTH = 24
MAX_ITEMS = 100_000
ARRAY_ITEMS = 4  # as many as the other side counts
MAX_HEADER = 2 << 20
MAX_BODY = 128 << 20
MAX_NAME = 100
MAX_NDIM = 20

DTYPES: tuple[np.dtype[Any], ...] = tuple(
    np.dtype(name) for name in ("?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
)
_NUMBERS = {dtype: number for number, dtype in enumerate(DTYPES)}
_SHAPES = tuple(struct.Struct(f"<{ndim}Q") for ndim in range(MAX_NDIM + 1))
_INTEGER, _FLOAT = struct.Struct(">Bq"), struct.Struct(">Bd")
_PLAIN = {bool, int, float, str, bytes}
_SCALARS = {dtype.type for dtype in DTYPES}


class Unsendable(Exception):
    """The value as a whole is over what a frame may hold."""


class Encoder:
    """Puts one header together. Subclasses of the plain types are foreign: only exact types cross."""

    def __init__(self) -> None:
        self.header = bytearray()
        self.arrays: list[np.ndarray[Any, Any]] = []
        self.body_bytes = 0
        self.items = 0

    def put_message(self, numbers: tuple[int, ...], values: list[Any]) -> None:
        """Begin with a list of these, of which the numbers are our own. Raises Unsendable."""
        self.items += 1 + len(numbers)
        self.header.append(0x90 | len(numbers) + len(values))
        for number in numbers:
            self._integer(number)
        for value in values:
            self.put(value, 1)

    def put(self, value: Any, depth: int = 0) -> None:
        """Append one value. Raises Unsendable past the caps on items and on the header's size."""
        self.items += 1
        kind = type(value)
        if value is None:
            self.header.append(0xC0)
        elif kind in _PLAIN:
            self._plain(value, kind)
        elif kind is np.ndarray:
            self._array(value)
        elif kind in _SCALARS:
            self._array(np.asarray(value))
        elif depth >= MAX_DEPTH:
            self._opaque(kind)
        elif kind is list or kind is tuple:
            self._sized(len(value), 0x90, 16, (None, 0xDC, 0xDD))
            for item in list(value):
                self.put(item, depth + 1)
        elif kind is dict and all(type(key) is str for key in value):
            entries = list(value.items())
            self._sized(len(entries), 0x80, 16, (None, 0xDE, 0xDF))
            for key, item in entries:
                self.put(key, depth + 1)
                self.put(item, depth + 1)
        else:
            self._opaque(kind)
        if self.items > MAX_ITEMS or len(self.header) > MAX_HEADER:
            raise Unsendable

    def _plain(self, value: Any, kind: type) -> None:
        if kind is bool:
            self.header.append(0xC3 if value else 0xC2)
        elif kind is int:
            self._integer(value)
        elif kind is float:
            self.header += _FLOAT.pack(0xCB, value)
        elif kind is str:
            data = value.encode("utf-8", "replace")
            self._sized(len(data), 0xA0, 32, (0xD9, 0xDA, 0xDB))
            self.header += data
        else:
            self._sized(len(value), 0, 0, (0xC4, 0xC5, 0xC6))
            self.header += value

    def _integer(self, value: int) -> None:
        if 0 <= value < 128:
            self.header.append(value)
        elif -(1 << 63) <= value < 1 << 63:
            self.header += _INTEGER.pack(0xD3, value)
        else:
            self._opaque(int)

    def _sized(self, size: int, fixed: int, below: int, codes: tuple[int | None, int, int]) -> None:
        """A length in the shortest form that has one: in the code itself, or in 1, 2 or 4 bytes after it."""
        if size < below:
            self.header.append(fixed | size)
        elif size < 1 << 8 and codes[0] is not None:
            self.header += struct.pack(">BB", codes[0], size)
        elif size < 1 << 16:
            self.header += struct.pack(">BH", codes[1], size)
        elif size <= MAX_HEADER:
            self.header += struct.pack(">BI", codes[2], size)
        else:
            raise Unsendable

    def _extension(self, code: int, data: bytes) -> None:
        self.header += bytes((0xC7, len(data), code)) + data

    def _opaque(self, kind: type) -> None:
        data = type_name(kind).encode("utf-8", "replace")[:MAX_NAME]
        self._extension(OPAQUE, data.decode("utf-8", "ignore").encode())

    def _array(self, array: np.ndarray[Any, Any]) -> None:
        dtype = array.dtype
        number = _NUMBERS.get(dtype)
        if number is None:  # another byte order, or a type that does not cross
            dtype = dtype.newbyteorder("<")
            number = _NUMBERS.get(dtype)
        if number is None or array.ndim > MAX_NDIM or self.body_bytes + array.nbytes > MAX_BODY:
            self._opaque(np.ndarray)
            return
        self.items += ARRAY_ITEMS - 1
        self._extension(ARRAY, bytes((number, array.ndim, 0)) + _SHAPES[array.ndim].pack(*array.shape))
        self.arrays.append(np.ascontiguousarray(array, dtype))
        self.body_bytes += array.nbytes

    def send(self, tray: Tray) -> None:
        """Put the frame on the tray."""
        head = PREFIX.pack(len(self.header), self.body_bytes) + self.header
        if self.body_bytes < 1 << 15:
            tray.put(head + b"".join(array.tobytes() for array in self.arrays))
            return
        tray.put(head)
        for array in self.arrays:
            if array.nbytes:
                tray.put(array.data.cast("B"))


def type_name(kind: type) -> str:
    """Return a class's name without asking its metaclass, which may be the student's."""
    name: str = type.__dict__["__name__"].__get__(kind)
    return name


def receive(stream: io.BufferedIOBase) -> Any:
    """Read one frame of the trusted side's and return its value; arrays are fresh, writable and laid out as told.

    Raises EOFError when the stream ends.
    """
    header_size, body_size = PREFIX.unpack(_exactly(stream, PREFIX.size))
    return Decoder(_exactly(stream, header_size), _exactly(stream, body_size)).take()


def _exactly(stream: io.BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


class Decoder:
    """Takes a header apart. It trusts its input, which comes from the supervisor."""

    def __init__(self, header: bytes | bytearray, body: bytes | bytearray) -> None:
        self.header = bytes(header)
        self.place = 0
        self.body = body
        self.used = 0

    def take(self) -> Any:
        """Return the next value."""
        code = self.header[self.place]
        self.place += 1
        if code < 0x80:
            return code
        if code < 0x90:
            return self._map(code & 15)
        if code < 0xA0:
            return self._list(code & 15)
        if code < 0xC0:
            return self._bytes(code & 31).decode()
        if code >= 0xE0:
            return code - 256
        return self._coded(code)

    def _coded(self, code: int) -> Any:
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        if code in _NUMBER_FORMS:
            return self._unpack(_NUMBER_FORMS[code])
        if code in _SIZE_FORMS:
            form, shape = _SIZE_FORMS[code]
            size = self._unpack(form)
            if shape == "bytes":
                return self._bytes(size)
            if shape == "str":
                return self._bytes(size).decode()
            if shape == "list":
                return self._list(size)
            if shape == "map":
                return self._map(size)
            return self._extended(size)
        if code in _FIXED_EXTENSIONS:
            return self._extended(_FIXED_EXTENSIONS[code])
        raise ValueError(f"unknown code {code}")

    def _unpack(self, form: struct.Struct) -> Any:
        (value,) = form.unpack_from(self.header, self.place)
        self.place += form.size
        return value

    def _bytes(self, size: int) -> bytes:
        data = self.header[self.place : self.place + size]
        if len(data) != size:
            raise ValueError("header ends early")
        self.place += size
        return data

    def _list(self, size: int) -> list[Any]:
        return [self.take() for _ in range(size)]

    def _map(self, size: int) -> dict[Any, Any]:
        entries = {}
        for _ in range(size):
            key = self.take()
            entries[key] = self.take()
        return entries

    def _extended(self, size: int) -> Any:
        code = self.header[self.place]
        self.place += 1
        data = self._bytes(size)
        if code != ARRAY:
            raise ValueError(f"unknown extension {code}")
        number, ndim, flags = data[:3]
        shape = _SHAPES[ndim].unpack_from(data, 3)
        dtype = DTYPES[number]
        plain: np.ndarray[Any, Any] = np.ndarray(shape, dtype, self.body, self.used)
        self.used += plain.nbytes
        if not flags & (LAID_OUT | GAPPED):
            return plain.copy()
        return laid_out(plain, tuple(data[3 + 8 * ndim :]), gapped=bool(flags & GAPPED))


def laid_out(plain: np.ndarray[Any, Any], order: tuple[int, ...], *, gapped: bool) -> np.ndarray[Any, Any]:
    """Copy `plain` into memory whose axes run, slowest first, as in `order`; `gapped` leaves every second place out."""
    sides = [plain.shape[axis] for axis in order]
    if gapped and sides:
        room = np.zeros([*sides[:-1], 2 * sides[-1]], plain.dtype)[..., ::2]
    else:
        room = np.empty(sides, plain.dtype)
    view = room.transpose(np.argsort(order)) if sides else room
    view[...] = plain
    return view


_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBER_FORMS = {
    0xCA: struct.Struct(">f"),
    0xCB: struct.Struct(">d"),
    0xCC: struct.Struct(">B"),
    0xCD: struct.Struct(">H"),
    0xCE: struct.Struct(">I"),
    0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"),
    0xD1: struct.Struct(">h"),
    0xD2: struct.Struct(">i"),
    0xD3: struct.Struct(">q"),
}
_ONE, _TWO, _FOUR = struct.Struct(">B"), struct.Struct(">H"), struct.Struct(">I")
_SIZE_FORMS = {
    0xC4: (_ONE, "bytes"),
    0xC5: (_TWO, "bytes"),
    0xC6: (_FOUR, "bytes"),
    0xC7: (_ONE, "extension"),
    0xC8: (_TWO, "extension"),
    0xC9: (_FOUR, "extension"),
    0xD9: (_ONE, "str"),
    0xDA: (_TWO, "str"),
    0xDB: (_FOUR, "str"),
    0xDC: (_TWO, "list"),
    0xDD: (_FOUR, "list"),
    0xDE: (_TWO, "map"),
    0xDF: (_FOUR, "map"),
}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
