"""Mutated frames, in great number: the decoder and what stands behind it know clean errors only."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable

import numpy as np

from tests.sandbox.test_wire import from_worker
from tests.sandbox.values import is_closed
from tito.sandbox import messages, replies, wire

FRAMES = 120_000
REQUEST = 7

_SEEDS = [
    [messages.READY],
    [messages.FAULT, "mounting /tmp: no"],
    [messages.LOADED, REQUEST, 10, [["core.tensor", "nb, cell 1", "ValueError", "no", 3]], ["core.tensor"]],
    [messages.RETURNED, REQUEST, 0, 5, [1, -1, 2.5, None, True, "text", b"bytes", {"a": [1], "b": {}}]],
    [messages.RETURNED, REQUEST, 0, 0, np.arange(6, dtype=np.float32).reshape(2, 3)],
    [messages.RETURNED, REQUEST, 0, 0, [np.zeros((0, 3)), np.array(True), np.arange(3, dtype=np.uint8)]],
    [messages.RETURNED, REQUEST, 0, 0, [1 << 70, object(), [[[[[[]]]]]]]],
    [messages.RAISED, REQUEST, 0, 0, "ValueError", "no", [["nb, cell 1", 3, "f", "x = 1"]], ["ValueError"]],
    [messages.MISSING, REQUEST, 0, 0, "Tensor"],
]
_INTERESTING = bytes(
    [
        0,
        1,
        0x7F,
        0x80,
        0x8F,
        0x90,
        0x9F,
        0xC0,
        0xC1,
        0xC4,
        0xC6,
        0xC7,
        0xC9,
        0xCB,
        0xCF,
        0xD3,
        0xD8,
        0xDB,
        0xDD,
        0xDF,
        0xFF,
    ]
)


def seed_frames() -> list[tuple[bytes, bytes]]:
    """Good frames as (header, body)."""
    split = []
    for seed in _SEEDS:
        data = from_worker(seed)[12 + 1 :]  # without the list of one that `from_worker` puts around
        header, _ = wire.PREFIX.unpack_from(from_worker(seed))
        split.append((data[: header - 1], data[header - 1 :]))
    return split


def flip(dice: random.Random, data: bytearray) -> None:
    if data:
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def put(dice: random.Random, data: bytearray) -> None:
    if data:
        data[dice.randrange(len(data))] = dice.choice(_INTERESTING)


def insert(dice: random.Random, data: bytearray) -> None:
    place = dice.randint(0, len(data))
    data[place:place] = bytes(dice.choices(_INTERESTING, k=dice.randint(1, 6)))


def cut(dice: random.Random, data: bytearray) -> None:
    place = dice.randint(0, len(data))
    del data[place : place + dice.randint(1, 8)]


def repeat(dice: random.Random, data: bytearray) -> None:
    start = dice.randint(0, len(data))
    piece = data[start : start + dice.randint(1, 12)]
    data[start:start] = piece * dice.randint(1, 40)


def claim(dice: random.Random, data: bytearray) -> None:
    place = dice.randint(0, len(data))
    code = dice.choice((0xC6, 0xC9, 0xDB, 0xDD, 0xDF))
    data[place : place + 5] = struct.pack(">BI", code, dice.choice((0, 1, 1000, 119_999, 2**20, 2**31, 2**32 - 1)))


_MUTATIONS: list[Callable[[random.Random, bytearray], None]] = [flip, put, insert, cut, repeat, claim]


def mutated(dice: random.Random, seeds: list[tuple[bytes, bytes]]) -> bytes:
    """A frame that is a little wrong; mostly with a prefix that fits, so that the inner checks are reached."""
    header, body = (bytearray(part) for part in dice.choice(seeds))
    if dice.random() < 0.1:
        header = bytearray(dice.randbytes(dice.randrange(60)))
    for _ in range(dice.randint(1, 4)):
        dice.choice(_MUTATIONS)(dice, header)
    if dice.random() < 0.2:
        dice.choice(_MUTATIONS)(dice, body)
    data = bytearray(wire.PREFIX.pack(len(header), len(body)) + header + body)
    if dice.random() < 0.1:
        dice.choice(_MUTATIONS)(dice, data)
    return bytes(data)


def read(data: bytes) -> bool:
    """Decode and interpret as the supervisor would; whether anything was accepted. Only WireError is caught."""
    try:
        message = wire.decode(data)
    except wire.WireError:
        return False
    assert is_closed(message)
    accepted = False
    for interpret in (
        lambda: replies.isolated(message),
        lambda: replies.loaded(message, REQUEST),
        lambda: replies.answer(message, REQUEST, 0),
    ):
        try:
            interpret()
            accepted = True
        except wire.WireError:
            continue
    return accepted


def test_the_seeds_are_good_frames() -> None:
    for header, body in seed_frames():
        assert read(wire.PREFIX.pack(len(header), len(body)) + header + body)


def test_mutated_frames_give_clean_errors() -> None:
    start = int.from_bytes(os.urandom(4), "big")
    dice, seeds = random.Random(start), seed_frames()
    accepted = tried = 0
    for _ in range(FRAMES):
        data = mutated(dice, seeds)
        tried += 1
        try:
            accepted += read(data)
        except BaseException as error:
            error.add_note(f"frame {data!r}, seed {start}")
            raise
    assert tried >= 100_000
    # Both ways were exercised: most mutations are refused, and some are still frames.
    assert FRAMES // 100 < accepted < FRAMES // 2
