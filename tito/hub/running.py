"""Servers as child processes on loopback: JupyterHub to try out, and what tests and benchmarks talk to.

with jupyterhub(config, log) as hub:
    hub.until(lambda: serves(port), "the service")
"""

from __future__ import annotations

import http.client
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from tito.errors import TitoError
from tito.hub.names import PREFIX

T = TypeVar("T")
LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 120.0
"""Seconds after which what must come is taken to be broken."""
STOPS_WITHIN: Final = 60.0
"""Seconds in which a server has to end when it is asked to: a hub ends everything that it started first."""
_TOLD: Final = 20
"""Lines at the end of its log that tell why a server failed."""
_PORTS: Final = range(12_000, 30_000)
"""Below those that Linux gives to any connection, above those that browsers refuse to open."""


@dataclass(frozen=True, slots=True)
class Child:
    """A server that this process started, and the file of what it says."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, look: Callable[[], T | None], what: str, *, within: float = PATIENCE, every: float = 0.05) -> T:
        """Look every so many seconds until there is something, and return it.

        Raises TitoError when it does not come in time, or the server ends before.
        """
        ends = time.monotonic() + within
        while not (found := look()):
            if self.process.poll() is not None:
                raise self._problem(f"{self.name} ended before {what} came")
            if time.monotonic() > ends:
                raise self._problem(f"{what} did not come within {within:.0f} seconds")
            time.sleep(every)
        return found

    def stop(self) -> None:
        """Have it end, and wait until it has. Raises TitoError when it had to be killed."""
        self.process.terminate()
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise self._problem(f"{self.name} did not end within {STOPS_WITHIN:.0f} seconds and was killed") from None

    def _problem(self, what: str) -> TitoError:
        last = "".join(f"\n    {line}" for line in self.said().splitlines()[-_TOLD:])
        return TitoError(
            f"{what}{last and ':'}{last}", where=str(self.log), next_step="read there what is wrong, then try again"
        )


@contextmanager
def started(
    name: str, command: Sequence[str], log: Path, *, cwd: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Start a server, and stop it at the end; it ends with this process, or with the thread that started it, too.

    Ctrl-C does not reach it: it is stopped by us alone.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tito.hub.parent", *command],
            cwd=cwd,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        child.stop()


def jupyterhub(config: Path, log: Path, environment: Mapping[str, str] | None = None) -> AbstractContextManager[Child]:
    """Start the hub of a configuration, and stop it at the end with everything that it started."""
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    return started("the hub", command, log, cwd=config.parent, environment=environment)


def serves(port: int) -> bool:
    """Whether the course's service answers there, itself or through the hub's proxy."""
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=5)) as connection:
        try:
            connection.request("GET", f"{PREFIX}health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def require_free(ports: range) -> None:
    """See that nobody listens on any of these ports. Raises TitoError."""
    for port in ports:
        try:
            socket.create_server((LOOPBACK, port)).close()
        except OSError as error:
            raise TitoError(
                f"port {port} cannot be used: {error.strerror}",
                expected=f"free ports from {ports[0]} to {ports[-1]}",
                next_step="stop what uses it, or name another one with --port",
            ) from error


def free_ports(count: int) -> range:
    """Ports in a row that nobody listens on. Raises TitoError when there are hardly any."""
    for first in random.SystemRandom().sample(_PORTS, 100):  # tests that run beside each other are seeded alike
        ports = range(first, first + count)
        with suppress(TitoError):
            require_free(ports)
            return ports
    raise TitoError(f"{count} ports in a row cannot be found", expected=f"free ones in {_PORTS}")
