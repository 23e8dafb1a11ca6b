"""The pages of a gradebook for a benchmark: everybody is let in as an instructor, and it is always the same moment.

    python -m benchmarks.pages_server DATABASE

Listens on loopback, prints the port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler

from benchmarks.gradebook_matrix import NOW, course
from tito.gradebook import Gradebook
from tito.hub.pages.handlers import Site
from tito.hub.pages.local import LOOPBACK, application
from tito.hub.pages.viewer import Role, Viewer


class Everybody:
    """A doorman that lets everybody in."""

    async def viewer(self, handler: RequestHandler) -> Viewer:
        """Return an instructor."""
        return Viewer(Role.INSTRUCTOR, "benchmark")

    def turn_away(self, handler: RequestHandler) -> None:
        """Never called."""
        raise AssertionError(handler)


async def serve(database: str) -> None:
    """Serve until the standard input ends."""
    with Gradebook.open(f"sqlite:///{database}") as book:
        sockets = bind_sockets(0, address=LOOPBACK)
        server = HTTPServer(application(Site(course(), book, Everybody(), clock=lambda: NOW)))
        server.add_sockets(sockets)
        print(sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
