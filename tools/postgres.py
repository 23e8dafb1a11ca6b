"""A PostgreSQL server of its own for tests and benchmarks: made in a folder, without a port, gone at the end.

Debian's packages are enough (`apt-get install postgresql-15` or newer); no cluster of the system's is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, text

USER = "tito"
PATIENCE = 60.0
"""Seconds after which a server that must come is taken to be broken."""
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",  # a machine that crashes takes the run along
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def programs() -> Path | None:
    """The folder of the newest PostgreSQL of this machine; None when there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    on_path = shutil.which("postgres")
    if not found and on_path is not None:
        found = [Path(on_path).resolve().parent]
    return max(
        found, key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdecimal()], default=None
    )


@dataclass
class Server:
    """A running server. Each database is asked for, and goes with the server."""

    folder: Path
    programs: Path
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The address of a database, as course_config.py would name it."""
        url = URL.create("postgresql+psycopg", USER, database=database, query={"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    def database(self) -> str:
        """Make an empty database and return its name."""
        name = f"t{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def drop(self, name: str) -> None:
        """Take a database away, whoever is connected."""
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server before its time; who is connected is sent away."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    def _run(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@contextmanager
def running() -> Iterator[Server]:
    """Start a server and stop it at the end. Only where `programs()` finds them."""
    found = programs()
    assert found is not None, "PostgreSQL is not installed"
    # PostgreSQL does not run as root, and its user may not enter a folder of root's; a socket's path is short.
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="tito-pg-", dir="/tmp" if root else None))
    account: dict[str, Any] = {}
    if root:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    try:
        subprocess.run(
            [
                found / "initdb",
                "-D",
                data,
                "-U",
                USER,
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                "--no-instructions",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            env=environment,
            **account,
        )
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [found / "postgres", "-D", data, "-k", folder, *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                **account,
            )
        server = Server(folder, found, process)
        try:
            _wait(found, folder, process, log)
            yield server
        finally:
            server.stop()  # "fast": whoever is still connected is sent away
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(found: Path, folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while subprocess.run([found / "pg_isready", "-q", "-h", folder], check=False).returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        assert process.poll() is None, f"PostgreSQL ended:\n{said}"
        assert time.monotonic() < ends, f"PostgreSQL does not answer:\n{said}"
        time.sleep(0.05)
