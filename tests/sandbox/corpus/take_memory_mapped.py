"""Maps memory in every way that is not a Python object, and keeps what it gets."""

# row: 15
# must: nothing gained
# landlock: nothing gained
import mmap
import os

MOST = 400 << 20


def main(target):
    held, total = [], 0
    while total < MOST:
        try:
            held.append(mmap.mmap(-1, 16 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
        except OSError:
            break
        total += 16 << 20
    gained = [] if total < MOST else [f"{total} bytes mapped"]
    for make in (lambda: os.memfd_create("x"), lambda: open("/dev/shm/tito-attack", "w")):
        try:
            make()
            gained.append("memory outside the limit")
        except OSError:
            pass
    return gained
