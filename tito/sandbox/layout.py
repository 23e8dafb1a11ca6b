"""What of this machine a worker needs to see: the interpreter, its library, NumPy, and the libraries these load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from tito.sandbox.faults import SandboxFault

# The base interpreter, without site, user site, the current folder or bytecode files.
PYTHON_OPTIONS = ("-s", "-S", "-P", "-B", "-X", "utf8")
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # sets and dicts of strings iterate alike in each run, so that a grade can be replayed
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")

# Runs in a child: load all that may be loaded, then tell which files are mapped.
_PROBE = """
import importlib, json, os, sys, sysconfig
sys.path.append(sys.argv[1])
import numpy, numpy.linalg, numpy.fft, numpy.random
paths = sysconfig.get_paths()
dynamic = [p for p in sys.path if p.endswith("lib-dynload") and os.path.isdir(p)]
skip = ("_tkinter", "_curses", "readline", "_test", "xx", "_ctypes_test", "_gdbm", "_dbm")
for folder in dynamic:
    for name in sorted(os.listdir(folder)):
        module = name.partition(".")[0]
        if name.endswith(".so") and not module.startswith(skip):
            try:
                importlib.import_module(module)
            except ImportError:
                pass
files = {line.split(None, 5)[5].rstrip() for line in open("/proc/self/maps") if line.count("/")}
print(json.dumps({
    "stdlib": sorted({os.path.realpath(p) for p in (paths["stdlib"], paths["platstdlib"], *dynamic)}),
    "mapped": sorted(f for f in files if f.startswith("/") and os.path.isfile(f)),
}))
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths by their role. `numpy_home` is the folder that NumPy is imported from; of it only `numpy` is shown."""

    executable: str
    stdlib: tuple[str, ...]
    numpy_home: str
    numpy: tuple[str, ...]
    libraries: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]

    def hidden(self) -> tuple[str, ...]:
        """Folders of other packages inside the standard library's folder."""
        return tuple(
            path
            for folder in self.stdlib
            for name in _PACKAGE_FOLDERS
            if os.path.isdir(path := os.path.join(folder, name))
        )

    def readable(self) -> tuple[str, ...]:
        """Every path that a worker may open, without the packages beside NumPy."""
        paths: list[str] = [*self.numpy, *self.libraries, "/etc/ld.so.cache"]
        hidden = set(self.hidden())
        for folder in self.stdlib:
            paths += (entry.path for entry in os.scandir(folder) if entry.path not in hidden)
        return tuple(sorted(path for path in paths if os.path.exists(path)))


@cache
def discover() -> Layout:
    """Find the layout of the interpreter that runs this; about a quarter of a second, once. Raises SandboxFault."""
    import numpy

    executable = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    package = os.path.dirname(os.path.realpath(numpy.__file__))
    home = os.path.dirname(package)
    command = [executable, *PYTHON_OPTIONS, "-c", _PROBE, home]
    try:
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60, cwd="/")
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise SandboxFault(
            f"the interpreter cannot be run for the sandbox: {said.strip()[-500:]}",
            where=executable,
            expected="the base interpreter, which imports this NumPy without site packages",
            next_step="make the virtual environment anew with an interpreter that this user may read",
        ) from error
    seen = json.loads(done.stdout)
    stdlib = _outermost(seen["stdlib"])
    numpy_parts = tuple(path for path in (package, os.path.join(home, "numpy.libs")) if os.path.isdir(path))
    covered = (*stdlib, *numpy_parts)
    libraries = tuple(
        path
        for path in seen["mapped"]
        if path != executable and not path.startswith(tuple(f"{p}/" for p in covered)) and ".so" in path
    )
    return Layout(executable, stdlib, home, numpy_parts, libraries, _aliases(libraries))


def _outermost(folders: list[str]) -> tuple[str, ...]:
    """Leave out what lies inside another of the folders."""
    return tuple(f for f in folders if not any(f != other and f.startswith(f"{other}/") for other in folders))


def _aliases(libraries: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (link, file) for the names under which the loader asks for the libraries, e.g. `libz.so.1`."""
    wanted = set(libraries)
    folders = {os.path.dirname(path) for path in libraries}
    folders |= {os.path.realpath(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64") if os.path.isdir(path)}
    found = []
    for folder in sorted(folders):
        links = [entry.path for entry in os.scandir(folder) if entry.is_symlink() and ".so" in entry.name]
        found += [(link, target) for link in links if (target := os.path.realpath(link)) in wanted]
    return tuple(sorted(found))
