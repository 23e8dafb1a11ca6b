"""Makes every system call that is not on the list, with empty arguments; each must be refused."""

# row: 5
# must: nothing gained
import ctypes
import errno

# uretprobe and uprobe, which newer kernels let past every filter: they end a caller that is no probe by SIGILL.
PROBES = (335, 336)
libc = ctypes.CDLL(None, use_errno=True)


def main(target):
    gained = []
    for number in [*range(600), *range(0x40000000, 0x40000000 + 600)]:
        if number in target["allowed_calls"] or number in PROBES:
            continue
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0)
        refused = result == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
        if not refused:
            gained.append(f"system call {number}: {result}, {ctypes.get_errno()}")
    return gained
