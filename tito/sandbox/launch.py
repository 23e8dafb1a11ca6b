"""Starts a zygote: an interpreter with an empty environment that gets its own source through a pipe."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tito.course.limits import Limits
from tito.sandbox import layout as layouts
from tito.sandbox import mounts
from tito.sandbox.faults import SandboxFault
from tito.sandbox.tier import Tier

START_SECONDS = 60.0
# In the order in which they import each other. They travel as text, so that no path of this checkout is mounted.
_MODULES = (
    "messages",
    "syscalls",
    "seccomp",
    "landlock",
    "namespaces",
    "tray",
    "codec",
    "package",
    "cells",
    "worker",
    "zygote",
)
_BOOT = """
import json, sys, types
told = json.load(sys.stdin)
sys.path.append(told["settings"]["numpy"])
for name in ("tito", "tito.sandbox"):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = []
for name, source in told["modules"]:
    module = types.ModuleType("tito.sandbox." + name)
    sys.modules[module.__name__] = module
    setattr(package, name, module)
    exec(compile(source, "<sandbox " + name + ">", "exec"), module.__dict__)
settings, told = told["settings"], None
"""


class Zygote:
    """The process and its control socket. `report` is what it said of itself."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, report: dict[str, Any]) -> None:
        self.process = process
        self.control = control
        self.report = report

    def stop(self) -> None:
        """End the process and all its workers, and collect it."""
        self.control.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()


def start(tier: Tier, limits: Limits) -> Zygote:
    """Start a zygote at `tier` and wait until it is warm. Raises SandboxFault."""
    if not hasattr(os, "pidfd_open"):
        raise SandboxFault("this Python has no pidfd", expected="Linux 5.4 or newer, and a Python built for it")
    layout = layouts.discover()
    control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = _spawn(tier, layout, other.fileno())
    except BaseException:
        control.close()
        raise
    finally:
        other.close()
    zygote = Zygote(process, control, {})
    try:
        _feed(process, _told(tier, limits, layout))
        zygote.report = _first_report(zygote)
    except BaseException:
        zygote.stop()
        raise
    return zygote


def _spawn(tier: Tier, layout: layouts.Layout, control_fd: int) -> subprocess.Popen[bytes]:
    boot = f"{_BOOT}module.main({control_fd}, settings)\n"
    command = [layout.executable, *layouts.PYTHON_OPTIONS, "-c", boot]
    if tier is Tier.NAMESPACES:
        mounts.refuse_what_workers_cover(layout)
        command = mounts.bubblewrap(layout, command)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={} if tier is Tier.NAMESPACES else layouts.ENVIRONMENT,
            cwd="/",
            pass_fds=(control_fd,),
            start_new_session=True,  # Ctrl-C in the terminal is for the judge alone
        )
    except OSError as error:
        raise SandboxFault(f"the sandbox cannot be started: {error}", where=command[0]) from error


def _told(tier: Tier, limits: Limits, layout: layouts.Layout) -> bytes:
    folder = Path(__file__).parent
    settings = {
        "tier": int(tier),
        "limits": asdict(limits),
        "numpy": mounts.PACKAGES if tier is Tier.NAMESPACES else layout.numpy_home,
        "readable": layout.readable() if tier is Tier.LANDLOCK else [],
    }
    modules = [(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in _MODULES]
    return json.dumps({"modules": modules, "settings": settings}).encode()


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(data)
    except BrokenPipeError:
        return  # it ended at once; what it said on stderr is told when its report does not come


def _first_report(zygote: Zygote) -> dict[str, Any]:
    """Wait for the zygote's word that it is warm. Raises SandboxFault with what it, or bubblewrap, complained of."""
    poll = select.poll()
    poll.register(zygote.control, select.POLLIN)
    ready = poll.poll(START_SECONDS * 1000)
    data = zygote.control.recv(1 << 16) if ready else b""
    report: dict[str, Any] = json.loads(data) if data else {}
    if report.get("ready"):
        return report
    raise SandboxFault(
        f"the sandbox did not start: {report.get('fault') or _complaint(zygote, waited=not ready)}",
        next_step="run `tito doctor`; it tells which isolation tier this machine reaches and how to raise it",
    )


def _complaint(zygote: Zygote, *, waited: bool) -> str:
    if waited:
        return f"no answer within {START_SECONDS:.0f} seconds"
    assert zygote.process.stderr is not None
    zygote.process.kill()
    deadline = time.monotonic() + 5
    text = b""
    os.set_blocking(zygote.process.stderr.fileno(), False)
    poll = select.poll()
    poll.register(zygote.process.stderr, select.POLLIN)
    while time.monotonic() < deadline and poll.poll(1000):
        chunk = zygote.process.stderr.read(1 << 16)
        if not chunk:
            break
        text += chunk
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:500] if lines else f"it ended with status {zygote.process.wait()} and said nothing"
