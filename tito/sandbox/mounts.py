"""The command line of bubblewrap: the few files that a zygote sees, read-only.

They have the paths they have outside, but for NumPy: a clone with its virtual environment may lie in /tmp, which is
each worker's own.
"""

from __future__ import annotations

import os
import shutil

from tito.sandbox.faults import SandboxFault
from tito.sandbox.layout import ENVIRONMENT, Layout

_ISOLATION = ("--unshare-all", "--unshare-user", "--die-with-parent", "--clearenv", "--cap-drop", "ALL")
# Not 0: since Linux 5.12 it takes CAP_SETFCAP to map the parent namespace's root, and workers map whom they run as.
_IDENTITY = ("--uid", "1000", "--gid", "1000")
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"  # not PATH, in which a judge's user may have other things
PACKAGES = "/packages"
"""Where NumPy is, inside."""
_LINKED_FOLDERS = ("lib", "lib64", "lib32", "bin")


def find_bubblewrap() -> str:
    """Return the path of `bwrap`. Raises SandboxFault with the command that installs it."""
    path = shutil.which("bwrap", path=SEARCH_PATH)
    if path is None:
        raise SandboxFault(
            "bubblewrap is not installed",
            expected="the program bwrap in /usr/bin, /bin or /usr/local/bin",
            next_step="sudo apt-get install bubblewrap (or dnf install bubblewrap), or allow the landlock tier",
        )
    return path


def bubblewrap(layout: Layout, command: list[str]) -> list[str]:
    """Return the arguments that run `command` where nothing but `layout` exists.

    Packages beside NumPy are covered by empty file systems; there is no /dev, no home and no network, and /tmp is a
    read-only place for each worker's own.
    """
    arguments = [find_bubblewrap(), *_ISOLATION, *_IDENTITY]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    for name in _LINKED_FOLDERS:
        if os.path.islink(f"/{name}"):
            arguments += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
    for path in (*layout.stdlib, layout.executable, *layout.libraries):
        arguments += ["--ro-bind", path, path]
    hidden = layout.hidden()
    for path in hidden:
        arguments += ["--tmpfs", path]
    for path in layout.numpy:
        arguments += ["--ro-bind", path, f"{PACKAGES}/{os.path.basename(path)}"]
    for path in hidden:
        arguments += ["--remount-ro", path]
    for link, target in layout.aliases:
        if not link.startswith(tuple(f"{folder}/" for folder in (*layout.stdlib, *layout.numpy))):
            arguments += ["--symlink", target, link]
    if os.path.exists("/etc/ld.so.cache"):
        arguments += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    arguments += ["--proc", "/proc", "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/"]  # noqa: S108
    return [*arguments, "--", *command]


def refuse_what_workers_cover(layout: Layout) -> None:
    """Raise SandboxFault where a worker's own /tmp would hide the interpreter."""
    covered = [path for path in (layout.executable, *layout.stdlib, *layout.libraries) if path.startswith("/tmp/")]  # noqa: S108
    if covered:
        raise SandboxFault(
            f"the interpreter lies in /tmp: {covered[0]}",
            expected="an interpreter elsewhere, because /tmp is each worker's own (a virtual environment may be there)",
            next_step="make the virtual environment with another interpreter: make setup PYTHON=...",
        )
