"""Reads environment, command line, memory and descriptors of other processes."""

# row: 3
# must: nothing gained
import os


def main(target):
    gained = []
    for pid in ("self", "1", "2", str(os.getpid()), str(os.getppid()), *map(str, target["pids"])):
        for name in ("environ", "cmdline", "mem", "maps", "status", "fd", "root", "cwd", "ns", "task"):
            path = f"/proc/{pid}/{name}"
            try:
                with open(path, "rb") as file:
                    file.read(1)
                gained.append(path)
            except OSError:
                pass
            try:
                gained += [f"{path}/{entry}" for entry in os.listdir(path)]
            except OSError:
                pass
    try:
        gained += [f"/proc/{name}" for name in os.listdir("/proc")]
    except OSError:
        pass
    return gained
