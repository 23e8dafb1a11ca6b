"""The pages of a gradebook for a benchmark: it is always the same moment, and who asks is who they say they are.

    python -m benchmarks.pages_server FOLDER URL PORT

FOLDER is the course's. Listens on loopback until SIGTERM comes.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.web import RequestHandler

from benchmarks.gradebook_class import NOW, course
from tito.gradebook import Gradebook
from tito.gradebook.collection import keep_away
from tito.hub.pages.handlers import Site
from tito.hub.pages.local import application
from tito.hub.pages.viewer import Role, Viewer
from tito.hub.running import LOOPBACK

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


async def serve(folder: Path, url: str, port: int) -> None:
    """Serve until SIGTERM comes."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with Gradebook.open(url) as book:
        server = HTTPServer(application(Site(course(folder), book, Anybody(), clock=lambda: NOW)))
        server.listen(port, LOOPBACK)
        keep_away(tidy=True)  # as `tito.hub.app.serve` and `tito.hub.pages.local.serve` do
        await stop.wait()
        server.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
