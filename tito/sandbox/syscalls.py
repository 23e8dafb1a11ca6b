"""System calls that Python has no name for: their numbers on this machine, and one way to make them.

Runs inside the sandbox: standard library only. The aarch64 numbers come from the kernel's generic table and have not
been run on such a machine.
"""

from __future__ import annotations

import ctypes
import os
import platform

_X86_64: dict[str, int] = {
    "read": 0,
    "write": 1,
    "open": 2,
    "close": 3,
    "stat": 4,
    "fstat": 5,
    "lstat": 6,
    "poll": 7,
    "lseek": 8,
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "ioctl": 16,
    "pread64": 17,
    "pwrite64": 18,
    "readv": 19,
    "writev": 20,
    "access": 21,
    "pipe": 22,
    "select": 23,
    "sched_yield": 24,
    "mremap": 25,
    "msync": 26,
    "mincore": 27,
    "madvise": 28,
    "dup": 32,
    "dup2": 33,
    "pause": 34,
    "nanosleep": 35,
    "getitimer": 36,
    "alarm": 37,
    "setitimer": 38,
    "getpid": 39,
    "clone": 56,
    "exit": 60,
    "kill": 62,
    "uname": 63,
    "fcntl": 72,
    "fsync": 74,
    "fdatasync": 75,
    "truncate": 76,
    "ftruncate": 77,
    "getcwd": 79,
    "chdir": 80,
    "rename": 82,
    "mkdir": 83,
    "rmdir": 84,
    "unlink": 87,
    "readlink": 89,
    "umask": 95,
    "gettimeofday": 96,
    "getrlimit": 97,
    "getrusage": 98,
    "sysinfo": 99,
    "times": 100,
    "getuid": 102,
    "getgid": 104,
    "geteuid": 107,
    "getegid": 108,
    "getppid": 110,
    "getpgrp": 111,
    "getgroups": 115,
    "getpgid": 121,
    "getsid": 124,
    "capget": 125,
    "capset": 126,
    "rt_sigpending": 127,
    "sigaltstack": 131,
    "statfs": 137,
    "fstatfs": 138,
    "getpriority": 140,
    "prctl": 157,
    "mount": 165,
    "umount2": 166,
    "gettid": 186,
    "tkill": 200,
    "time": 201,
    "futex": 202,
    "sched_getaffinity": 204,
    "getdents64": 217,
    "set_tid_address": 218,
    "restart_syscall": 219,
    "fadvise64": 221,
    "clock_gettime": 228,
    "clock_getres": 229,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "tgkill": 234,
    "openat": 257,
    "mkdirat": 258,
    "newfstatat": 262,
    "unlinkat": 263,
    "renameat": 264,
    "readlinkat": 267,
    "faccessat": 269,
    "pselect6": 270,
    "ppoll": 271,
    "unshare": 272,
    "set_robust_list": 273,
    "dup3": 292,
    "pipe2": 293,
    "prlimit64": 302,
    "setns": 308,
    "getcpu": 309,
    "renameat2": 316,
    "seccomp": 317,
    "getrandom": 318,
    "statx": 332,
    "rseq": 334,
    "pidfd_open": 434,
    "clone3": 435,
    "faccessat2": 439,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}
_AARCH64: dict[str, int] = {
    "getcwd": 17,
    "dup": 23,
    "dup3": 24,
    "fcntl": 25,
    "ioctl": 29,
    "mkdirat": 34,
    "unlinkat": 35,
    "renameat": 38,
    "umount2": 39,
    "mount": 40,
    "statfs": 43,
    "fstatfs": 44,
    "truncate": 45,
    "ftruncate": 46,
    "faccessat": 48,
    "chdir": 49,
    "openat": 56,
    "close": 57,
    "pipe2": 59,
    "getdents64": 61,
    "lseek": 62,
    "read": 63,
    "write": 64,
    "readv": 65,
    "writev": 66,
    "pread64": 67,
    "pwrite64": 68,
    "pselect6": 72,
    "ppoll": 73,
    "readlinkat": 78,
    "newfstatat": 79,
    "fstat": 80,
    "fsync": 82,
    "fdatasync": 83,
    "capget": 90,
    "capset": 91,
    "exit": 93,
    "exit_group": 94,
    "set_tid_address": 96,
    "unshare": 97,
    "futex": 98,
    "set_robust_list": 99,
    "nanosleep": 101,
    "getitimer": 102,
    "setitimer": 103,
    "clock_gettime": 113,
    "clock_getres": 114,
    "clock_nanosleep": 115,
    "sched_getaffinity": 123,
    "sched_yield": 124,
    "restart_syscall": 128,
    "kill": 129,
    "tkill": 130,
    "tgkill": 131,
    "sigaltstack": 132,
    "rt_sigaction": 134,
    "rt_sigprocmask": 135,
    "rt_sigpending": 136,
    "rt_sigreturn": 139,
    "getpriority": 141,
    "times": 153,
    "getpgid": 155,
    "getsid": 156,
    "getgroups": 158,
    "uname": 160,
    "getrlimit": 163,
    "getrusage": 165,
    "umask": 166,
    "prctl": 167,
    "getcpu": 168,
    "gettimeofday": 169,
    "getpid": 172,
    "getppid": 173,
    "getuid": 174,
    "geteuid": 175,
    "getgid": 176,
    "getegid": 177,
    "gettid": 178,
    "sysinfo": 179,
    "brk": 214,
    "munmap": 215,
    "mremap": 216,
    "clone": 220,
    "mmap": 222,
    "fadvise64": 223,
    "mprotect": 226,
    "msync": 227,
    "mincore": 232,
    "madvise": 233,
    "prlimit64": 261,
    "setns": 268,
    "renameat2": 276,
    "seccomp": 277,
    "getrandom": 278,
    "statx": 291,
    "rseq": 293,
    "pidfd_open": 434,
    "clone3": 435,
    "faccessat2": 439,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}

_TABLES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (0xC000003E, _X86_64),
    "aarch64": (0xC00000B7, _AARCH64),
}

_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL keeps the interpreter lock: a clone must not lose it


class SetupError(Exception):
    """A step of building the sandbox failed; this is the platform's failure, never the student's."""

    def __init__(self, step: str, error: int | str) -> None:
        reason = error if isinstance(error, str) else os.strerror(error)
        super().__init__(f"{step}: {reason}")
        self.step = step


def architecture() -> tuple[int, dict[str, int]]:
    """Return the audit number of this machine's architecture and its table. Raises SetupError for one not known."""
    machine = platform.machine()
    if machine not in _TABLES:
        raise SetupError("system call table", f"no table for {machine}; there are {', '.join(_TABLES)}")
    return _TABLES[machine]


def attempt(name: str, *args: int | ctypes.c_char_p | ctypes.c_void_p | None) -> int:
    """Make the call `name` and return its result, or minus the error number."""
    number = architecture()[1][name]
    words = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    ctypes.set_errno(0)
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    return result if result != -1 else -ctypes.get_errno()


def call(step: str, name: str, *args: int | ctypes.c_char_p | ctypes.c_void_p | None) -> int:
    """Make the call `name`; a failure is a SetupError that names `step`."""
    result = attempt(name, *args)
    if result < 0:
        raise SetupError(step, -result)
    return result


def before_fork() -> None:
    """Tell the interpreter that a raw clone comes."""
    _libc.PyOS_BeforeFork()


def after_fork(*, child: bool) -> None:
    """Tell the interpreter which side of a raw clone this is."""
    if child:
        _libc.PyOS_AfterFork_Child()
    else:
        _libc.PyOS_AfterFork_Parent()
