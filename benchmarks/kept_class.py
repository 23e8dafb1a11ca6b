"""A class's gradebook to read from: made by `gradebook_class`, and kept below `.tito/bench` until its makers change."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.bulk import copy_to_postgres
from benchmarks.classes import BENCH, CLONE
from benchmarks.gradebook_class import Extent, course, fill
from benchmarks.registry import Size, say
from tito.course.config import Course
from tito.gradebook import Gradebook
from tools import postgres

SMALL: Final = 20
_MAKERS: Final = (
    "benchmarks/bulk.py",
    "benchmarks/gradebook_class.py",
    "benchmarks/gradebook_work.py",
    "tito/cli/classroom.py",
    "tito/gradebook/models/*.py",
    "tito/gradebook/migrations/versions/*.py",
    "source/*/*.ipynb",
    "release/*/*.ipynb",
)


@dataclass(frozen=True, slots=True)
class KeptClass:
    """A class on SQLite. Who reads it must not write: others read the same file later."""

    extent: Extent
    course: Course
    file: Path

    @property
    def url(self) -> str:
        """The gradebook's address."""
        return f"sqlite:///{self.file}"


@contextmanager
def a_class(size: Size, extent: Extent) -> Iterator[KeptClass]:
    """Give a class of this extent, or a small one that is gone afterwards."""
    if size.small:
        with tempfile.TemporaryDirectory() as folder:
            yield _made(Path(folder), Extent(SMALL, extent.attempts, extent.tests))
        return
    folder = BENCH / f"class-{extent.students}-{extent.attempts}-{extent.tests}"
    mark, key = folder / "made-by", _key()
    if not mark.is_file() or mark.read_text(encoding="utf-8") != key:
        shutil.rmtree(folder, ignore_errors=True)
        _made(folder, extent)
        mark.write_text(key, encoding="utf-8")
    found = _there(folder, extent)
    say(f"{extent.students} students, {found.file.stat().st_size / 1e6:.0f} MB")
    yield found


@contextmanager
def on_postgres(kept: KeptClass) -> Iterator[str | None]:
    """Give the address of the same class on a PostgreSQL server of its own; None where it is not installed."""
    if postgres.programs() is None:
        yield None
        return
    with postgres.running() as server:
        url = server.url(server.database())
        copy_to_postgres(kept.file, url)
        yield url


def _made(folder: Path, extent: Extent) -> KeptClass:
    kept = _there(folder, extent)
    with Gradebook.open(kept.url, create=True) as book:
        fill(book, kept.course, extent)
    return kept


def _there(folder: Path, extent: Extent) -> KeptClass:
    return KeptClass(extent, course(folder), folder / "gradebook.db")


def _key() -> str:
    files = sorted(path for pattern in _MAKERS for path in CLONE.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
