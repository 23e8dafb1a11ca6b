"""The set-up module step by step: no regular expression, no library where a loop will do."""

import platform
import sys

import numpy

_state = {"generator": numpy.random.default_rng()}


def parse_version(text):
    numbers, digits = [], ""
    for character in text:
        if character in "0123456789":
            digits += character
        elif character == "." and digits:
            numbers.append(int(digits))
            digits = ""
        else:
            break
    if digits:
        numbers.append(int(digits))
    if not numbers:
        raise ValueError("not a version: " + text)
    return tuple(numbers)


def meets(version, minimum):
    have = list(parse_version(version))
    need = list(parse_version(minimum))
    while len(have) < len(need):
        have.append(0)
    while len(need) < len(have):
        need.append(0)
    for mine, theirs in zip(have, need, strict=True):
        if mine > theirs:
            return True
        if mine < theirs:
            return False
    return True


def array_bytes(shape, dtype="float32"):
    total = numpy.dtype(dtype).itemsize
    for side in shape:
        if side < 0:
            raise ValueError(f"no array has the shape {tuple(shape)}")
        total = total * int(side)
    return total


def manual_seed(seed):
    _state["generator"] = numpy.random.default_rng(seed)


def generator():
    return _state["generator"]


def environment():
    major, minor, micro = sys.version_info[:3]
    return {
        "platform": platform.platform(terse=True),
        "numpy": str(numpy.__version__),
        "python": f"{major}.{minor}.{micro}",
    }
