"""The command line of bubblewrap: the few files that a zygote sees, read-only, at the paths they have outside."""

from __future__ import annotations

import os
import shutil

from tito.sandbox.faults import SandboxFault
from tito.sandbox.layout import ENVIRONMENT, Layout

_ISOLATION = ("--unshare-all", "--unshare-user", "--die-with-parent", "--clearenv", "--cap-drop", "ALL")
# Not 0: since Linux 5.12 it takes CAP_SETFCAP to map the parent namespace's root, and workers map whom they run as.
_IDENTITY = ("--uid", "1000", "--gid", "1000")
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"  # not PATH, in which a judge's user may have other things
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
        arguments += ["--ro-bind", path, path]
    for path in hidden:
        arguments += ["--remount-ro", path]
    for link, target in layout.aliases:
        if not link.startswith(tuple(f"{folder}/" for folder in (*layout.stdlib, *layout.numpy))):
            arguments += ["--symlink", target, link]
    if os.path.exists("/etc/ld.so.cache"):
        arguments += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    arguments += ["--proc", "/proc", "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/"]  # noqa: S108
    return [*arguments, "--", *command]
