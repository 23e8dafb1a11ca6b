"""The list of system calls that a worker may make; everything else fails with EPERM.

Runs inside the sandbox: standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass

from tito.sandbox import syscalls

_READING = """
read pread64 readv lseek close fstat stat lstat newfstatat statx statfs fstatfs access faccessat faccessat2
readlink readlinkat getcwd chdir getdents64 write writev pwrite64 dup dup2 dup3 pipe pipe2 select pselect6 poll ppoll
umask fadvise64
mmap mprotect munmap mremap madvise brk msync mincore
rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigpending restart_syscall setitimer getitimer alarm pause
futex sched_yield sched_getaffinity getcpu nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time
times getpid gettid getppid getuid geteuid getgid getegid getgroups getpgrp getpgid getsid getrusage getrlimit
sysinfo uname getrandom getpriority set_robust_list rseq set_tid_address exit exit_group
""".split()
# What changes a file system. Only where the worker has a private /tmp and sees nothing else that it could write.
# chmod, chown, utimes and the xattr family are on neither list: Landlock does not govern them.
_WRITING = """
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 truncate ftruncate fsync fdatasync
""".split()

_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX
_FCNTLS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC; not F_SETOWN
_WRITE_FLAGS = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC: equal on both architectures
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_DENY = 0x00050000 | errno.EPERM
_ABSENT = 0x00050000 | errno.ENOSYS

_SET_MODE_FILTER = 1


@dataclass(slots=True)
class _Step:
    """One instruction; `then` and `other` are labels, or None for the next instruction."""

    code: int
    value: int
    then: str | None = None
    other: str | None = None
    label: str | None = None


def _argument(index: int, *, high: bool = False) -> int:
    """Offset of a half of system call argument `index` in `struct seccomp_data` (little endian)."""
    return 16 + 8 * index + (4 if high else 0)


def reachable_numbers(*, writing: bool) -> list[int]:
    """Return the numbers of all calls that are allowed, with any arguments or with some."""
    table = syscalls.architecture()[1]
    names = {*_READING, *(_WRITING if writing else ()), "open", "openat", "ioctl", "fcntl", "prlimit64"}
    return sorted(table[name] for name in names if name in table)


def program(*, writing: bool) -> bytes:
    """Return the filter as an array of `struct sock_filter`; `writing` adds the calls that change a file system."""
    audit, table = syscalls.architecture()
    allowed = [name for name in _READING + (_WRITING if writing else []) if name in table]
    steps = [
        _Step(_LOAD, 4),
        _Step(_JUMP_EQ, audit, None, "kill"),
        _Step(_LOAD, 0),
        _Step(_JUMP_GE, _X32_BIT, "deny"),
        _Step(_JUMP_EQ, table["clone3"], "absent"),
    ]
    if writing:
        allowed += [name for name in ("open", "openat") if name in table]
    else:
        if "open" in table:
            steps.append(_Step(_JUMP_EQ, table["open"], "open"))
        steps.append(_Step(_JUMP_EQ, table["openat"], "openat"))
    steps += [_Step(_JUMP_EQ, table[name], name) for name in ("ioctl", "fcntl", "prlimit64")]
    steps += [_Step(_JUMP_EQ, table[name], "allow") for name in allowed]
    steps += [
        _Step(_RETURN, _DENY, label="deny"),
        _Step(_RETURN, _ALLOW, label="allow"),
        _Step(_RETURN, _KILL, label="kill"),
        _Step(_RETURN, _ABSENT, label="absent"),
    ]
    steps += _one_of("ioctl", 1, _IOCTLS) + _one_of("fcntl", 1, _FCNTLS)
    # prlimit64 may only read the caller's own limits: pid 0, and no new limit in either half of the pointer.
    steps.append(_Step(_LOAD, _argument(0), label="prlimit64"))
    steps.append(_Step(_JUMP_EQ, 0, None, "deny2"))
    for high in (False, True):
        steps += [_Step(_LOAD, _argument(2, high=high)), _Step(_JUMP_EQ, 0, None, "deny2")]
    steps.append(_Step(_RETURN, _ALLOW))
    if not writing:
        for name, index in (("open", 1), ("openat", 2)):
            steps.append(_Step(_LOAD, _argument(index), label=name))
            steps.append(_Step(_JUMP_SET, _WRITE_FLAGS, "deny2"))
            steps.append(_Step(_RETURN, _ALLOW))
    steps.append(_Step(_RETURN, _DENY, label="deny2"))
    return _assemble(steps)


def _one_of(name: str, argument: int, values: tuple[int, ...]) -> list[_Step]:
    """Allow the call when the low word of an argument, which is all the kernel reads, is one of `values`."""
    steps = [_Step(_LOAD, _argument(argument), label=name)]
    steps += [_Step(_JUMP_EQ, value, f"{name} allowed") for value in values]
    steps += [_Step(_RETURN, _DENY), _Step(_RETURN, _ALLOW, label=f"{name} allowed")]
    return steps


def _assemble(steps: list[_Step]) -> bytes:
    places = {step.label: place for place, step in enumerate(steps) if step.label is not None}
    code = bytearray()
    for place, step in enumerate(steps):
        jumps = [0 if label is None else places[label] - place - 1 for label in (step.then, step.other)]
        if not all(0 <= jump < 256 for jump in jumps):
            raise ValueError(f"jump out of reach at instruction {place}")
        code += struct.pack("<HBBI", step.code, jumps[0], jumps[1], step.value)
    return bytes(code)


def restrict(filter_code: bytes) -> None:
    """Put the calling thread under the filter for good. Needs no_new_privs. Raises SetupError."""
    buffer = ctypes.create_string_buffer(filter_code, len(filter_code))
    header = struct.pack("@HP", len(filter_code) // 8, ctypes.addressof(buffer))
    syscalls.call("seccomp filter", "seccomp", _SET_MODE_FILTER, 0, ctypes.c_char_p(header))
