"""What all classes of the exchange share."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.exchange.abc import Exchange
from traitlets import Bool

from tito.errors import TitoError
from tito.exchange.client import Client, Patience
from tito.notebooks.bundle import unpack
from tito.notebooks.collect import CAPS, CollectCaps
from tito.notebooks.files import cannot_use, sync_folder

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
FETCH_BYTES = 200_000_000
STAMP = "%Y-%m-%d %H:%M:%S.%f UTC"
"""How nbgrader writes the time of a submission, and names the folder of its feedback."""


class TitoExchange(Exchange):  # type: ignore[misc]  # nbgrader ships no types
    """An exchange with the hub's service. What it cannot do, it says through nbgrader's own ExchangeError."""

    path_includes_course = Bool(False, help="Whether assignments lie in a folder of the course's name.").tag(
        config=True
    )

    patience = Patience()
    """With the service, unless a request has its own."""

    def start(self) -> Any:
        """Do it; what goes wrong is told in words."""
        try:
            return super().start()
        except TitoError as error:
            self.fail(str(error))
        except OSError as error:  # of this machine: the client has words for the network's
            self.fail(str(cannot_use(Path(error.filename or "."), error)))

    def fail(self, msg: str) -> NoReturn:
        """Log what went wrong and raise ExchangeError."""
        super().fail(msg)
        raise AssertionError("nbgrader raised")

    def init_src(self) -> None:
        """Nothing to look for: the service knows."""

    def init_dest(self) -> None:
        """Nothing to prepare."""

    def copy_files(self) -> None:
        """Nothing to copy."""

    def client(self, patience: Patience | None = None) -> Client:
        """Return the service's client. Raises TitoError when this is no server of the hub's."""
        course: str = self.coursedir.course_id
        return Client.of_environment("" if course == "*" else course, patience or self.patience)

    @property
    def assignment(self) -> str:
        """The assignment's name, fit for a path and a URL."""
        name: str = self.coursedir.assignment_id
        if not _NAME.fullmatch(name):
            self.fail(f"{name[:80]!r} is no name of an assignment")
        return name

    def folder(self, assignment: str) -> Path:
        """Where an assignment lies on the student's side."""
        base = Path(self.assignment_dir)
        if self.path_includes_course:
            base /= self.coursedir.course_id
        return Path(os.path.abspath(base / assignment))  # noqa: PTH100  (a link in the home folder stays as it is)


def receipt_of(attempt: int) -> str:
    """Return where the receipt of an attempt is kept, in the assignment's folder."""
    return f"receipts/attempt-{attempt:03}.json"


def stamp(received_at: str) -> str:
    """Return the server's time as nbgrader writes it."""
    return datetime.fromisoformat(received_at).strftime(STAMP)


def unzipped(data: bytes, assignment: str, caps: CollectCaps = CAPS) -> dict[str, bytes]:
    """Return the notebooks of an archive from the service; nothing in it is trusted. Raises TitoError."""
    with tempfile.TemporaryDirectory(prefix="tito-") as scratch:
        path = Path(scratch) / "files.zip"
        path.write_bytes(data)
        found = unpack(path, "", assignment, caps)
    if found.problems or not found.files:
        raise TitoError("what the service sent is damaged: " + "; ".join(found.problems or ("nothing in it",)))
    return found.files


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a folder beside `target` to fill, which takes its name when the block ends well: whole or not at all.

    An older folder of that name is replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        draft.chmod(0o755)
        yield draft
        old = None
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
            target.rename(old / target.name)
        draft.rename(target)
        sync_folder(target.parent)
        if old is not None:
            shutil.rmtree(old)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
