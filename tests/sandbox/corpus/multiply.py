"""Makes processes and threads, by every way there is."""

# row: 14
# must: nothing gained
import ctypes
import multiprocessing
import os
import subprocess
import threading

libc = ctypes.CDLL(None, use_errno=True)


def main(target):
    gained = []
    attempts = {
        "fork": os.fork,
        "forkpty": os.forkpty,
        "vfork": libc.vfork,
        "posix_spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "subprocess": lambda: subprocess.Popen(["/bin/true"]),
        "shell": lambda: subprocess.Popen("true", shell=True),
        "thread": threading.Thread(target=print).start,
        "process": multiprocessing.get_context("fork").Process(target=print).start,
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "exec python": lambda: os.execv(target["python"], ["python", "-c", "1"]),
    }
    for name, attempt in attempts.items():
        try:
            if attempt() == -1:
                continue
            gained.append(name)
        except (OSError, RuntimeError):
            pass
    if os.system("true") == 0:
        gained.append("system")
    return gained
