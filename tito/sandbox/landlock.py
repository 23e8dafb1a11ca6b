"""Landlock: which paths a process may open, for good, without any privilege.

Runs inside the sandbox: standard library only.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from tito.sandbox import syscalls

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = READ_FILE | READ_DIR
# 4-12: remove and make entries; from ABI 2 refer (13), from 3 truncate (14), from 5 ioctl on devices (15).
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_BOTH = 3  # bind and connect TCP, from ABI 4
_SCOPE_BOTH = 3  # abstract Unix sockets and signals to processes outside, from ABI 6
_PATH_BENEATH = 1
_VERSION_FLAG = 1
# Rights that the kernel takes only in a rule for a directory.
_DIRECTORY_ONLY = READ_DIR | (((1 << 14) - 1) & ~((1 << 4) - 1))


def abi() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    return max(0, syscalls.attempt("landlock_create_ruleset", None, 0, _VERSION_FLAG))


def all_rights(version: int) -> int:
    """Return every file system right that this version of Landlock knows."""
    return (1 << _RIGHTS_BY_ABI[min(version, 5)]) - 1


def ruleset(version: int) -> int:
    """Make a ruleset that forbids everything Landlock governs; returns its descriptor. Raises SetupError."""
    if version < 1:
        raise syscalls.SetupError("landlock", "the kernel has it not, or it is switched off at boot (lsm=)")
    fields = [all_rights(version)]
    if version >= 4:
        fields.append(_NET_BOTH)
    if version >= 6:
        fields.append(_SCOPE_BOTH)
    attributes = struct.pack(f"<{len(fields)}Q", *fields)
    return syscalls.call("landlock ruleset", "landlock_create_ruleset", ctypes.c_char_p(attributes), len(attributes), 0)


def allow(ruleset_fd: int, path: str, rights: int) -> None:
    """Allow `rights` at and beneath `path`. Raises SetupError."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise syscalls.SetupError(f"landlock rule for {path}", error.errno or 0) from error
    try:
        if not os.path.isdir(path):
            rights &= ~_DIRECTORY_ONLY
        rule = struct.pack("<Qi", rights, place)
        syscalls.call(
            f"landlock rule for {path}",
            "landlock_add_rule",
            ruleset_fd,
            _PATH_BENEATH,
            ctypes.c_char_p(rule),
            0,
        )
    finally:
        os.close(place)


def reading(version: int, paths: Iterable[str]) -> int:
    """Make a ruleset under which `paths` can be read and nothing can be written or executed."""
    made = ruleset(version)
    for path in paths:
        allow(made, path, READ)
    return made


def restrict(ruleset_fd: int) -> None:
    """Put the calling thread under the ruleset for good. Needs no_new_privs. Raises SetupError."""
    syscalls.call("landlock", "landlock_restrict_self", ruleset_fd, 0)
