"""Uses descriptors and environment variables that were left open or set."""

# row: 4
# must: nothing gained
import ctypes
import os
import stat

EXPECTED = {"PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "LC_CTYPE", "PWD"}


def main(target):
    gained = [f"environment {name}" for name in os.environ if name not in EXPECTED]
    raw, place = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ"), 0
    while raw and raw[place]:  # what C sees, which os.environ need not show
        name = raw[place].partition(b"=")[0].decode()
        gained += [] if name in EXPECTED else [f"environment {name}"]
        place += 1
    sockets = 0
    for fd in range(3, 4096):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        sockets += 1
        if not stat.S_ISSOCK(mode) or sockets > 1:
            gained.append(f"descriptor {fd}: {oct(mode)}")
    for fd in (1, 2):
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            gained.append(f"descriptor {fd} is no pipe")
    return gained
