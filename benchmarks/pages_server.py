"""The pages of a gradebook for a benchmark: it is always the same moment, and who asks is who they say they are.

    python -m benchmarks.pages_server FOLDER URL

FOLDER is the course's. Listens on loopback, prints the port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler

from benchmarks.gradebook_class import NOW, course
from tito.gradebook import Gradebook
from tito.hub.pages.handlers import Site
from tito.hub.pages.local import LOOPBACK, application
from tito.hub.pages.viewer import Role, Viewer

WHO: Final = "X-Who"
"""The header that names a student; without it an instructor asks."""


class Anybody:
    """A doorman that believes what it is told."""

    async def viewer(self, handler: RequestHandler) -> Viewer:
        """Return the student that was named, or an instructor."""
        student = handler.request.headers.get(WHO)
        return Viewer(Role.INSTRUCTOR, "benchmark") if student is None else Viewer(Role.STUDENT, student)

    def turn_away(self, handler: RequestHandler) -> None:
        """Never called."""
        raise AssertionError(handler)


async def serve(folder: Path, url: str) -> None:
    """Serve until the standard input ends."""
    with Gradebook.open(url) as book:
        sockets = bind_sockets(0, address=LOOPBACK)
        server = HTTPServer(application(Site(course(folder), book, Anybody(), clock=lambda: NOW)))
        server.add_sockets(sockets)
        print(sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
