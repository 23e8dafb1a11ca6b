"""The two codecs agree with each other, and the trusted one takes nothing from a hostile worker."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.values import arrays, is_closed, plain, same, values
from tito.sandbox import codec, wire
from tito.sandbox.program import Opaque


def from_worker(value: object) -> bytes:
    """The frame that a worker makes of a value."""
    encoder = codec.Encoder()
    encoder.put([value])
    body = b"".join(array.tobytes() for array in encoder.arrays)
    return codec.PREFIX.pack(len(encoder.header), len(body)) + bytes(encoder.header) + body


def frame(header: bytes, body: bytes = b"") -> bytes:
    return wire.PREFIX.pack(len(header), len(body)) + header + body


def at_worker(data: bytes) -> object:
    """What a worker makes of a frame of ours."""
    header, _ = codec.PREFIX.unpack_from(data)
    split = codec.PREFIX.size + header
    return codec.Decoder(data[codec.PREFIX.size : split], bytearray(data[split:])).take()


@given(values)
def test_what_a_worker_sends_arrives(value: object) -> None:
    (got,) = wire.decode(from_worker(value))
    assert same(got, value)
    assert is_closed(got)


@given(values)
def test_what_we_send_arrives(value: object) -> None:
    assert same(at_worker(wire.encode(value)), value)


@given(values)
def test_both_sides_write_the_same_language(value: object) -> None:
    """Each side reads its own frames too, so that neither leans on a quirk of the other."""
    (got,) = wire.decode(wire.encode([value]))
    assert same(got, value)
    assert same(at_worker(from_worker(value)), [value])


@given(arrays, st.randoms(use_true_random=False), st.booleans())
def test_the_layout_of_an_argument_arrives(array: np.ndarray, random, gapped: bool) -> None:
    axes = list(range(array.ndim))
    random.shuffle(axes)
    view = array.transpose(axes)
    if gapped and view.ndim:
        view = np.repeat(view, 2, axis=-1)[..., ::2]
    got = at_worker(wire.encode(view))
    assert isinstance(got, np.ndarray)
    assert same(np.ascontiguousarray(got), np.ascontiguousarray(view))
    assert got.flags.writeable
    if view.size > 1:
        assert got.flags.c_contiguous == view.flags.c_contiguous
        assert got.flags.f_contiguous == view.flags.f_contiguous


def test_a_transposed_argument_keeps_its_strides() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
    got = at_worker(wire.encode(array))
    assert isinstance(got, np.ndarray)
    assert got.strides == array.strides
    assert np.array_equal(got, array)


@pytest.mark.parametrize(
    "scalar", [np.float32(1.5), np.bool_(True), np.int8(-3), np.uint64(2**64 - 1), np.float16("nan")]
)
def test_numpy_scalars_arrive_as_arrays_without_dimensions(scalar: np.generic) -> None:
    (got,) = wire.decode(from_worker(scalar))
    assert same(got, np.asarray(scalar))
    assert same(at_worker(wire.encode(scalar)), np.asarray(scalar))


def test_other_byte_orders_arrive_as_ours() -> None:
    (got,) = wire.decode(from_worker(np.array([1, 2], ">i4")))
    assert same(got, np.array([1, 2], "<i4"))
    assert same(at_worker(wire.encode(np.array([1, 2], ">f8"))), np.array([1, 2], "<f8"))


class Foreign:
    """A class of the student's."""


class Named(type):
    __name__ = property(lambda cls: "another name")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Foreign(), "Foreign"),
        (1 << 63, "int"),
        (-(1 << 63) - 1, "int"),
        (1j, "complex"),
        ({1: 2}, "dict"),
        ({"a", "b"}, "set"),
        (type("Sub", (list,), {})(), "Sub"),
        (type("Sub", (np.ndarray,), {})(3), "Sub"),
        (np.array([None]), "ndarray"),
        (np.zeros(2, "c16"), "ndarray"),
        (np.zeros(2, "M8[s]"), "ndarray"),
        (np.zeros((1,) * 21), "ndarray"),
        (np.complex64(1), "complex64"),
        (type("N" * 500, (), {})(), "N" * 100),
        (type("ü" * 99, (), {})(), "ü" * 50),
        (Named("Sly", (), {})(), "Sly"),
    ],
)
def test_a_foreign_value_arrives_as_the_name_of_its_type(value: object, name: str) -> None:
    assert wire.decode(from_worker([value, 1])) == [[Opaque(name), 1]]


def test_a_list_that_holds_itself_ends_as_opaque() -> None:
    endless: list[object] = []
    endless.append(endless)
    (got,) = wire.decode(from_worker(endless))
    for _ in range(codec.MAX_DEPTH - 1):
        (got,) = got
    assert got == Opaque("list")


def test_tuples_arrive_as_lists_and_strings_without_half_characters() -> None:
    assert wire.decode(from_worker((1, ("a",), "\ud800"))) == [[1, ["a"], "?"]]


@pytest.mark.parametrize("value", [[0] * 200_000, b"x" * (3 << 20), ["x" * 100_000] * 30])
def test_what_is_too_large_is_not_sent(value: object) -> None:
    with pytest.raises(codec.Unsendable):
        from_worker(value)


@pytest.mark.parametrize("value", [object(), 1 << 70, {1: 2}, np.array([None]), 1j])
def test_a_grader_is_told_what_cannot_be_sent(value: object) -> None:
    with pytest.raises(wire.UnsendableValue, match="cannot be sent"):
        wire.encode([value])


def array_frame(
    number: int, shape: tuple[int, ...], flags: int = 0, body: bytes = b"", claimed: int | None = None
) -> bytes:
    head = struct.pack(f"<BBB{len(shape)}Q", number, len(shape) if claimed is None else claimed, flags, *shape)
    return frame(b"\x91" + msgpack.packb(msgpack.ExtType(1, head)), body)


MALFORMED = {
    "nothing": b"",
    "a prefix alone": wire.PREFIX.pack(5, 0),
    "an empty header": frame(b""),
    "no list": frame(b"\xc0"),
    "two values": frame(b"\x91\xc0\xc0"),
    "a body that nothing claims": frame(b"\x90", b"x"),
    "a list that ends early": frame(b"\x93\xc0"),
    "an unused code": frame(b"\x91\xc1"),
    "a string that ends early": frame(b"\x91\xd9\xff"),
    "bytes that are no UTF-8": frame(b"\x91\xa1\xff"),
    "a key that is a number": frame(b"\x91\x81\x01\xc0"),
    "a key that is bytes": frame(b"\x91\x81\xc4\x01a\xc0"),
    "a key that is a list": frame(b"\x91\x81\x90\xc0"),
    "a key twice": frame(b"\x91\x82\xa1a\xc0\xa1a\xc0"),
    "65 bits": frame(b"\x91\xcf" + b"\xff" * 8),
    "a time": frame(b"\x91" + msgpack.packb(msgpack.Timestamp(1, 1))),
    "a time of another form": frame(b"\x91\xc7\x0c\xff" + b"\xff" * 12),
    "an unknown extension": frame(b"\x91" + msgpack.packb(msgpack.ExtType(3, b"x"))),
    "a long name": frame(b"\x91" + msgpack.packb(msgpack.ExtType(2, b"x" * 101))),
    "a name that is no UTF-8": frame(b"\x91" + msgpack.packb(msgpack.ExtType(2, b"\xff"))),
    "an array without anything": frame(b"\x91" + msgpack.packb(msgpack.ExtType(1, b""))),
    "an unknown type": array_frame(12, (1,), body=b"x"),
    "a layout": array_frame(1, (1,), 2, body=b"x"),
    "fewer sides than claimed": array_frame(1, (1,), body=b"x", claimed=2),
    "more sides than claimed": array_frame(1, (1, 1), body=b"x", claimed=1),
    "too many dimensions": array_frame(1, (1,) * 21, body=b"x"),
    "more than the body": array_frame(11, (2,), body=b"x" * 15),
    "less than the body": array_frame(11, (2,), body=b"x" * 17),
    "a huge side": array_frame(1, (2**64 - 1,)),
    "sides whose product wraps to nothing": array_frame(1, (2**32, 2**32)),
    "a huge side beside an empty one": array_frame(1, (0, 2**63)),
    "too deep": frame(b"\x91" * 40 + b"\xc0"),
    "far too deep": frame(b"\x91" * 400_000 + b"\xc0"),
    "too many values": frame(b"\xdd" + struct.pack(">I", 130_000) + b"\xc0" * 130_000),
    "a list of four billion": frame(b"\xdd\xff\xff\xff\xff"),
    "a map of four billion": frame(b"\xdf\xff\xff\xff\xff"),
    "a header over the cap": wire.PREFIX.pack(wire.MAX_HEADER + 1, 0),
    "a body over the cap": wire.PREFIX.pack(1, wire.MAX_BODY + 1),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_frame_is_a_wire_error(name: str) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(MALFORMED[name])


@given(values, st.binary(max_size=40), st.integers(0, 200))
def test_a_small_header_is_read_like_any_other(value: object, noise: bytes, place: int) -> None:
    """However the bytes are bent: the same value of as many items, or no value."""
    data = from_worker(value)
    header_size, _ = wire.PREFIX.unpack_from(data)
    split = wire.PREFIX.size + header_size
    header, body = data[wire.PREFIX.size : split], data[split:]
    bent = header[:place] + noise + header[place + len(noise) :]
    for told in (header, bent):
        got = [outcome(told, body, how) for how in (wire._Reader.small, wire._Reader.whole)]
        if len(told) <= wire.SMALL_HEADER:
            assert same(*got), (got, told)


def outcome(header: bytes, body: bytes, how: Callable[[wire._Reader], object]) -> object:
    reader = wire._Reader(header, memoryview(body))
    try:
        return [how(reader), reader.items]
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException):
        return "refused"


def test_claims_are_checked_before_memory_is_taken() -> None:
    frames = [frame(b"\xdd\x00\x01\xd4\xc0" * 25), frame(b"\xdd\xff\xff\xff\xff" * 25), *MALFORMED.values()]
    nested = {b"\xdc\x03\xe0": 341, b"\xdd\x00\x00\x03\xe0": 204, b"\xde\x03\xff": 341, b"\x9f": 1024}
    frames += [frame(claim * count) for claim, count in nested.items()]
    small = [data for data in frames if len(data) < 1100]
    assert len(small) > 30
    for data in small:
        tracemalloc.start()
        try:
            with pytest.raises(wire.WireError):
                wire.decode(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 << 20, data[:50]


def test_a_bool_is_zero_or_one_whatever_its_byte() -> None:
    (got,) = wire.decode(array_frame(0, (4,), body=b"\x00\x01\x02\xff"))
    assert same(got, np.array([False, True, True, True]))
    assert got.tobytes() == b"\x00\x01\x01\x01"


def test_decoded_arrays_are_their_own() -> None:
    data = bytearray(from_worker([np.zeros(3), np.ones(3)]))
    ((first, second),) = wire.decode(data)
    data[:] = b"\xff" * len(data)
    assert same(first, np.zeros(3))
    assert same(second, np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@given(plain)
def test_a_frame_tells_its_size_from_its_first_bytes(value: object) -> None:
    data = from_worker(value)
    assert wire.frame_size(data[:11]) is None
    assert wire.frame_size(data[:12]) == len(data)
    assert wire.frame_size(data + b"more") == len(data)
