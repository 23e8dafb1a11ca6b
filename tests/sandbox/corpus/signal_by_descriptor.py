"""Has the kernel send signals in its place: owner of a descriptor, timers that outlive the call."""

# row: 5
# must: nothing gained
import fcntl
import os


def main(target):
    read, _ = os.pipe()
    gained = []
    for pid in (1, os.getppid(), *target["pids"]):
        for command in (fcntl.F_SETOWN, 15, 10):  # F_SETOWN_EX, F_SETSIG
            try:
                fcntl.fcntl(read, command, pid)
                gained.append(f"fcntl({command}, {pid})")
            except OSError:
                pass
    return gained
