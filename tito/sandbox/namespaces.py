"""What a fresh worker does to itself before it sees a student's code: namespaces, identity, mounts, limits.

Runs inside the sandbox: standard library only.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from tito.sandbox import syscalls

_NEW_EVERYTHING = (
    0x00020000  # mount
    | 0x02000000  # cgroup
    | 0x04000000  # uts
    | 0x08000000  # ipc
    | 0x10000000  # user
    | 0x20000000  # pid
    | 0x40000000  # net
)
_PIDFD = 0x1000
_NOSUID, _NODEV, _NOEXEC, _RDONLY = 2, 4, 8, 1
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x20080522


def clone(*, namespaces: bool) -> tuple[int, int]:
    """Fork, into namespaces of its own if asked; returns (0, -1) in the child and (pid, pidfd) in the parent.

    One raw clone instead of fork, unshare and a second fork: the pid namespace holds for the child itself, and the
    process is copied once. Raises SetupError.
    """
    flags = _PIDFD | signal.SIGCHLD | (_NEW_EVERYTHING if namespaces else 0)
    pidfd = ctypes.c_int(-1)
    place = ctypes.cast(ctypes.pointer(pidfd), ctypes.c_void_p)
    syscalls.before_fork()
    pid = syscalls.attempt("clone", flags, None, place, None, None)
    syscalls.after_fork(child=pid == 0)
    if pid < 0:
        raise syscalls.SetupError("clone into new namespaces" if namespaces else "fork", -pid)
    return pid, pidfd.value


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    syscalls.call("parent death signal", "prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def map_identity(uid: int, gid: int) -> None:
    """In a new user namespace, be the same user as outside. `uid` and `gid` are those from before the clone."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            raise syscalls.SetupError(f"writing {name}", error.errno or 0) from error


def mount_private(file_bytes: int) -> None:
    """Cover /tmp by an empty small file system of its own and /proc by one that holds nothing."""
    tidy = _NOSUID | _NODEV | _NOEXEC
    _mount_tmpfs("/tmp", tidy, f"size={file_bytes},nr_inodes=256,mode=0700")  # noqa: S108 - the worker's own
    _mount_tmpfs("/proc", tidy | _RDONLY, "size=4096,nr_inodes=2,mode=0555")


def _mount_tmpfs(path: str, flags: int, options: str) -> None:
    syscalls.call(
        f"mounting {path}",
        "mount",
        ctypes.c_char_p(b"tmpfs"),
        ctypes.c_char_p(path.encode()),
        ctypes.c_char_p(b"tmpfs"),
        flags,
        ctypes.c_char_p(options.encode()),
    )


def set_limits(*, cpu_seconds: int, address_space: int, file_bytes: int, open_files: int) -> None:
    """Set the limits of the calling process, soft and hard. Sizes are bytes. Raises SetupError."""
    wanted = {
        resource.RLIMIT_AS: (address_space, address_space),
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),  # SIGXCPU first; the first process of a pid
        # namespace does not feel it, and is killed a second later
        resource.RLIMIT_FSIZE: (file_bytes, file_bytes),
        resource.RLIMIT_NOFILE: (open_files, open_files),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_STACK: (8 << 20, 8 << 20),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_SIGPENDING: (64, 64),
        resource.RLIMIT_NPROC: (0, 0),  # without effect for root; fork is also denied by seccomp
    }
    for name, (soft, hard) in wanted.items():
        most = resource.getrlimit(name)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        try:
            resource.setrlimit(name, (soft, hard))
        except (OSError, ValueError) as error:
            raise syscalls.SetupError(f"limit {name}", str(error)) from error


def drop_privileges() -> None:
    """Give up every capability, the means to gain any, and being read by others of the same user. Raises SetupError."""
    for capability in range(_LAST_CAPABILITY + 1):
        if syscalls.attempt("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # past the last one the kernel knows, or none held: then the sets below are all there is
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    nothing = ctypes.create_string_buffer(24)
    syscalls.call(
        "dropping capabilities",
        "capset",
        ctypes.cast(header, ctypes.c_void_p),
        ctypes.cast(nothing, ctypes.c_void_p),
    )
    syscalls.call("no new privileges", "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    syscalls.call("not dumpable", "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def close_others(keep: set[int]) -> None:
    """Close every descriptor but `keep`."""
    low = 0
    for fd in sorted(keep):
        if low < fd:  # an empty range would close everything: it ends at minus one, which is read as the largest
            os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, 1 << 16)
