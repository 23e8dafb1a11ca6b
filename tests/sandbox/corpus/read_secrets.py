"""Opens what grading must not show: hidden tests, the gradebook, other submissions, system files."""

# row: 1
# must: nothing gained
import os

import numpy


def main(target):
    gained = []
    for path in (
        target["secret"],
        target["checkout"] + "/pyproject.toml",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
    ):
        try:
            with open(path, "rb") as file:
                gained.append(f"{path}: {file.read(20)!r}")
        except OSError:
            pass
    for folder in (target["folder"], target["checkout"], "/home", "/root", "/etc", "/var", "/sys", "/dev", "/run"):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        gained += [f"{folder}/{name}" for name in names if not path_to_python(f"{folder}/{name}")]
    return gained


def path_to_python(path):
    """Folders on the way to the interpreter and to NumPy, and the loader's cache, are there by design."""
    ways = (os.__file__ + "/", numpy.__file__ + "/")
    return any(way.startswith(path + "/") for way in ways) or path == "/etc/ld.so.cache"
