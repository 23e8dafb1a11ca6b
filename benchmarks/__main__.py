"""Runs benchmarks and prints their figures.

python -m benchmarks [NAME ...] [--list] [--small] [--json FILE]
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.classes import BENCH
from benchmarks.registry import NAMES, Size, benchmark


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock: two at once would take each other's course away, and measure each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"other benchmarks are running in this clone ({path} is locked); wait for them") from None
        yield


def main(arguments: list[str] | None = None) -> int:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the figures that the docs name.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--small", action="store_true", help="a few submissions only: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.list:
        for name in NAMES:
            print(f"{name:<10} {benchmark(name)[1]}")
        return 0
    with only_one(BENCH / "lock"):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    told = {}
    for name in options.names or NAMES:
        run, title = benchmark(name)
        print(f"\n{name}: {title}", flush=True)
        figures = run(Size(small=options.small))
        told[name] = [figure.to_json() for figure in figures]
        for figure in figures:
            print(f"- {figure}", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
