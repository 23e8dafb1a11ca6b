"""Run a command under a seccomp profile, as a container's runtime does: `under_profile.py PROFILE COMMAND...`.

It asks libseccomp, which runtimes ask too, and leaves out what a profile says for other architectures or capabilities.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import sys
from ctypes import POINTER, Structure, c_char_p, c_int, c_uint, c_uint32, c_uint64, c_void_p
from pathlib import Path

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
EQUAL = 4
NO_SUCH_CALL = -1
ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}


class Comparison(Structure):
    """`struct scmp_arg_cmp` of seccomp.h."""

    _fields_ = (("argument", c_uint), ("operator", c_int), ("first", c_uint64), ("second", c_uint64))


def load(path: Path) -> None:
    """Load the profile for this process and all that come from it."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = c_void_p
    library.seccomp_init.argtypes = [c_uint32]
    library.seccomp_syscall_resolve_name.argtypes = [c_char_p]
    library.seccomp_rule_add_array.argtypes = [c_void_p, c_uint32, c_int, c_uint, POINTER(Comparison)]
    library.seccomp_load.argtypes = [c_void_p]
    profile = json.loads(path.read_text(encoding="utf-8"))
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    context = library.seccomp_init(ERRNO | errno.EPERM)
    for rule in profile["syscalls"]:
        arches = rule.get("includes", {}).get("arches", [])
        if arches and ARCHES[platform.machine()] not in arches:
            continue
        action = ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else ERRNO | rule["errnoRet"]
        arguments = [Comparison(one["index"], EQUAL, one["value"], 0) for one in rule.get("args", [])]
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number == NO_SUCH_CALL:  # younger than this libseccomp: runtimes leave it out too
                continue
            given = (Comparison * len(arguments))(*arguments)
            code = library.seccomp_rule_add_array(context, action, number, len(arguments), given)
            assert code in (0, -errno.EDOM), (name, code)  # EDOM: of another architecture
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    load(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
