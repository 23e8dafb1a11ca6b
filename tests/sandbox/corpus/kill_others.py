"""Kills the parent, the grader, everybody; attaches to them; reads their memory."""

# row: 5
# must: nothing gained
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def main(target):
    gained = []
    for pid in (-1, 0, 1, os.getppid(), *target["pids"]):
        for number in (signal.SIGKILL, signal.SIGSTOP, 0):
            try:
                os.kill(pid, number)
                gained.append(f"kill({pid}, {number})")
            except OSError:
                pass
        try:
            os.pidfd_open(pid)
            gained.append(f"pidfd_open({pid})")
        except OSError:
            pass
        for request in (16, 0x4206):  # attach, seize
            if libc.ptrace(request, pid, None, None) == 0:
                gained.append(f"ptrace({pid})")
        local = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
        for call in (libc.process_vm_readv, libc.process_vm_writev):
            if call(pid, local, 1, local, 1, 0) >= 0:
                gained.append(f"process_vm({pid})")
    try:
        os.killpg(os.getpgrp(), signal.SIGKILL)
        gained.append("killpg")
    except OSError:
        pass
    return gained
