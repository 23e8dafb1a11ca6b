"""Raises its own limits, and reads or sets those of others."""

# row: 15
# must: nothing gained
import resource


def main(target):
    gained = []
    for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "STACK", "CORE"):
        kind = getattr(resource, f"RLIMIT_{name}")
        for limits in ((resource.RLIM_INFINITY,) * 2, (1, 1)):
            try:
                resource.setrlimit(kind, limits)
                gained.append(name)
            except (OSError, ValueError):
                pass
    for pid in (1, *target["pids"]):
        try:
            resource.prlimit(pid, resource.RLIMIT_AS)
            gained.append(f"limits of {pid}")
        except OSError:
            pass
    return gained
