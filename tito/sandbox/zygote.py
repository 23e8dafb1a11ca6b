"""The warm process that forks workers. It answers the supervisor's requests and never runs a student's code.

Runs inside the sandbox: standard library and NumPy only. Started by `launch.py`, which hands it the sources
of these modules; its only channel is a socket.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any

import numpy as np

from tito.sandbox import codec, landlock, messages, namespaces, seccomp, syscalls, worker
from tito.sandbox.tray import Tray

NONE, LANDLOCK, NAMESPACES = 0, 1, 2

# What students' modules import; loaded once here instead of in each worker.
_WARM = """
abc array base64 bisect builtins collections.abc contextlib copy csv dataclasses datetime decimal enum
fractions functools gzip hashlib heapq inspect io itertools json keyword linecache logging math numbers
operator os pathlib pickle platform pprint random re shutil statistics string struct tempfile textwrap
threading time timeit tokenize traceback types typing unittest.mock urllib.parse uuid warnings weakref
zipfile zlib numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.polynomial numpy.random numpy.testing
""".split()


class Zygote:
    """One control socket, one tier, and the workers that are alive."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self.control = control
        self.tier = int(settings["tier"])
        self.settings = settings
        self.limits = settings["limits"]
        self.workers: dict[int, tuple[int, int]] = {}  # pidfd -> (pid, serial)
        self.filter = b""
        self.abi = 0
        self.rules = -1
        self.identity = (os.getuid(), os.getgid())
        self.address_space = 0

    def prepare(self) -> dict[str, Any]:
        """Import and warm up everything that a worker needs; returns what the supervisor wants to know."""
        for name in _WARM:
            importlib.import_module(name)
        for dtype in (np.float32, np.float64):
            square = np.ones((64, 64), dtype)
            np.linalg.inv(square + np.eye(64, dtype=dtype))
            _ = square @ square  # OpenBLAS takes its buffers now; under a tight limit later it would exit
        np.random.default_rng(0).normal()
        # NumPy's own path finds its parts from now on; nothing else that may be installed beside it is importable.
        sys.path.remove(self.settings["numpy"])
        sys.path_importer_cache.pop(self.settings["numpy"], None)
        sys.argv = ["worker"]
        if self.tier >= LANDLOCK:
            self.filter = seccomp.program(writing=self.tier == NAMESPACES)
            self.abi = landlock.abi()
            if self.tier == LANDLOCK:
                self.rules = landlock.reading(self.abi, self.settings["readable"])
        gc.collect()
        gc.freeze()
        with open("/proc/self/statm", encoding="ascii") as statm:
            self.address_space = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        return {"ready": True, "landlock": self.abi, "numpy": np.__version__, "python": sys.version.split()[0]}

    def serve(self) -> None:
        """Fork on request and tell of each worker's end, until the supervisor closes the socket."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self.control.fileno():
                    if not self._request(poll):
                        self._end()
                        return
                else:
                    poll.unregister(fd)
                    self._reap(fd)

    def _request(self, poll: select.poll) -> bool:
        """Read one request with its three descriptors and fork; False when there will be no more."""
        data, fds, _, _ = socket.recv_fds(self.control, 64, 3)
        if not data:
            return False
        serial = int(data)
        channel, output, memory = fds
        try:
            pid, pidfd = namespaces.clone(namespaces=self.tier == NAMESPACES)
        except syscalls.SetupError as error:
            self._tell({"serial": serial, "fault": str(error)})
        else:
            if pid == 0:
                self._become_worker(channel, output, memory)
            self.workers[pidfd] = (pid, serial)
            self._tell({"serial": serial, "forked": True}, [pidfd])
            poll.register(pidfd, select.POLLIN)
        for fd in fds:
            os.close(fd)
        return True

    def _become_worker(self, channel: int, output: int, memory: int) -> None:
        """In the child: isolate, say so, serve, and end without going back."""
        status = 70
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            tray = Tray(channel, memory)
            try:
                self._isolate(channel)
            except (syscalls.SetupError, OSError, ValueError) as error:
                _send(tray, [messages.FAULT, str(error)[: messages.MAX_TEXT]])
                return
            _send(tray, [messages.READY])
            worker.Worker(tray, 1).serve()
            status = 0
        except BaseException:  # noqa: BLE001 - it leaves by os._exit, which would not show it
            traceback.print_exc()
        finally:
            os._exit(status)

    def _isolate(self, channel: int) -> None:
        """The order matters: each step takes away what an earlier one needs."""
        if self.tier == NAMESPACES:
            namespaces.map_identity(*self.identity)
            namespaces.mount_private(self.limits["file_bytes"])
            os.chdir("/tmp")  # noqa: S108 - the worker's own
        namespaces.die_with_parent()
        rules = self.rules
        if self.tier == NAMESPACES:
            rules = landlock.reading(self.abi, ["/"])
            landlock.allow(rules, "/tmp", landlock.all_rights(self.abi) & ~landlock.EXECUTE)  # noqa: S108
        os.dup2(os.pipe()[0], 0)  # an empty input of its own: flags set on a shared one would reach the next worker
        keep = {0, 1, 2, channel}
        namespaces.close_others(keep | ({rules} if rules >= 0 else set()))
        namespaces.set_limits(
            cpu_seconds=self.limits["cpu_seconds"],
            address_space=self.limits["memory_bytes"] + self.address_space,
            file_bytes=self.limits["file_bytes"],
            open_files=self.limits["open_files"],
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if self.tier == NONE:
            return
        namespaces.drop_privileges()
        landlock.restrict(rules)
        os.close(rules)
        seccomp.restrict(self.filter)

    def _reap(self, pidfd: int) -> None:
        pid, serial = self.workers.pop(pidfd)
        _, status, usage = os.wait4(pid, 0)
        os.close(pidfd)
        cpu = usage.ru_utime + usage.ru_stime
        self._tell({"serial": serial, "status": status, "cpu": cpu, "rss": usage.ru_maxrss * 1024})

    def _tell(self, message: dict[str, Any], fds: list[int] | None = None) -> None:
        data = json.dumps(message).encode()
        try:
            if fds:
                socket.send_fds(self.control, [data], fds)
            else:
                self.control.send(data)
        except OSError:  # the supervisor is gone: so are we
            self._end()
            os._exit(0)

    def _end(self) -> None:
        for pidfd in self.workers:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _send(tray: Tray, message: list[Any]) -> None:
    encoder = codec.Encoder()
    encoder.put(message)
    encoder.send(tray)
    tray.send()


def main(control_fd: int, settings: dict[str, Any]) -> None:
    """Warm up, report, and serve. A failure of warming up is reported instead."""
    control = socket.socket(fileno=control_fd)
    zygote = Zygote(control, settings)
    try:
        report = zygote.prepare()
    except (syscalls.SetupError, ImportError, OSError, KeyError) as error:
        report = {"ready": False, "fault": f"{type(error).__name__}: {error}"}
    control.send(json.dumps(report).encode())
    if report["ready"]:
        zygote.serve()
