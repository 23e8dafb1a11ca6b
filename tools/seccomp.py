"""Write deploy/seccomp/tito.json, the system calls of the containers that grade; `--check` says whether it is current.

    python tools/seccomp.py [--check]

It is a list of our own, by what the programs in there do (syscalls(2) tells what each call is): Python with NumPy, a
PostgreSQL client, a shell, bubblewrap and the sandbox behind it. Everything else fails with EPERM, and programs of 32
bits do not run at all. The form is that in which Docker reads a profile from a file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).resolve().parents[1] / "deploy" / "seccomp" / "tito.json"
ALLOWED: Final[dict[str, str]] = {
    "files": """
        open openat openat2 creat close close_range read write readv writev pread64 pwrite64 preadv pwritev
        preadv2 pwritev2 lseek dup dup2 dup3 fcntl flock ioctl fsync fdatasync sync syncfs sync_file_range
        truncate ftruncate fallocate fadvise64 readahead sendfile copy_file_range splice tee
        """,
    "folders and what is known of files": """
        stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 getcwd chdir fchdir
        getdents getdents64 mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat
        unlink unlinkat readlink readlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
        umask utime utimes futimesat utimensat mknod mknodat getxattr lgetxattr fgetxattr listxattr
        llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
        inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
        """,
    "memory": """
        brk mmap munmap mprotect mremap madvise msync mincore mlock mlock2 mlockall munlock munlockall
        membarrier memfd_create shmget shmat shmctl shmdt semget semop semctl semtimedop
        """,
    "waiting": """
        select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
        eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime pipe pipe2 futex
        futex_waitv get_robust_list set_robust_list rseq pause nanosleep clock_nanosleep alarm getitimer
        setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_settime
        """,
    "processes": """
        fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill getpid getppid gettid
        getpgid getpgrp setpgid getsid setsid set_tid_address prctl prlimit64 getrlimit setrlimit getrusage
        getpriority setpriority ioprio_get ioprio_set sched_yield sched_getaffinity sched_setaffinity
        sched_getattr sched_setattr sched_getparam sched_setparam sched_getscheduler sched_setscheduler
        sched_get_priority_max sched_get_priority_min sched_rr_get_interval getcpu pidfd_open
        pidfd_send_signal process_mrelease rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack restart_syscall
        """,
    "users": """
        getuid geteuid getgid getegid getgroups getresuid getresgid setuid setgid setgroups setreuid
        setregid setresuid setresgid setfsuid setfsgid capget capset
        """,
    "sockets": """
        socket socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt
        setsockopt sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
        """,
    "clocks and the machine": """
        time times gettimeofday clock_gettime clock_getres sysinfo uname getrandom
        """,
    "what the sandbox takes away from itself": """
        seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
        """,
    # Docker's default lets nobody call these without a capability. The kernel still asks for the capability in the
    # namespace that a call is about, and only a user namespace of one's own gives one.
    "what bubblewrap and the sandbox make namespaces with": """
        clone unshare setns mount umount2 pivot_root sethostname
        """,
}
ENOSYS: Final = 38
PERSONALITIES: Final = (0x0, 0x20000, 0xFFFFFFFF)
"""Linux, Linux that tells its version as 2.6 (UNAME26), and the question which one it is."""


def profile() -> dict[str, Any]:
    """Return the profile as it stands in the file."""
    allowed = [
        {"names": sorted(names.split()), "action": "SCMP_ACT_ALLOW", "comment": what} for what, names in ALLOWED.items()
    ]
    personalities = [
        {
            "names": ["personality"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}],
        }
        for value in PERSONALITIES
    ]
    # A filter cannot look into clone3's arguments; told that there is none, libc calls clone.
    absent = {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS}
    only_there = {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64"]}}
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [*allowed, only_there, *personalities, absent],
    }


def main(arguments: list[str]) -> int:
    """Write the file, or check it; 1 when it is not what it should be."""
    if arguments == ["--check"]:
        current = json.loads(FILE.read_text(encoding="utf-8")) == profile()
        print("current" if current else f"{FILE.name} is not what tools/seccomp.py writes")
        return 0 if current else 1
    if arguments:
        print(__doc__)
        return 2
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(profile(), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
