"""For staff: give an assignment out, collect what came in, publish results."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from nbgrader.exchange.abc import ExchangeCollect as Collect
from nbgrader.exchange.abc import ExchangeReleaseAssignment as ReleaseAssignment
from nbgrader.exchange.abc import ExchangeReleaseFeedback as ReleaseFeedback

from tito.errors import TitoError
from tito.exchange.base import TitoExchange, appearing, stamp, unzipped
from tito.notebooks.bundle import members
from tito.notebooks.collect import CAPS, read_submission
from tito.notebooks.files import write_atomically
from tito.notebooks.store import files_digest

_AT_ONCE: Final = 100
"""Submissions that are asked for in one request; the service may send fewer."""
COLLECT_BYTES: Final = 500_000_000
"""Of one answer: four notebooks of the 100 MB that a course may allow at most, and some room."""
_THREADS: Final = 8
"""Each waits for the disk most of the time: one folder after the other takes several times as long."""
_STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class ExchangeReleaseAssignment(TitoExchange, ReleaseAssignment):  # type: ignore[misc]  # nbgrader ships no types
    """Give out what lies in the release folder. The service compares it with its own course folder."""

    def copy_files(self) -> None:
        """Give it out. Another version than the hub's own is refused."""
        name = self.assignment
        folder = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", name))
        found = read_submission(folder, "release", name)
        if not found.files:
            self.fail(f"there is no student version in {folder}: run `nbgrader generate_assignment` first")
        body = json.dumps({"digest": files_digest(found.files)}).encode()
        answer = self.client().send("PUT", f"assignments/{name}/release", body)
        self.log.info("%s is given out%s", name, "" if answer["changed"] else " already, as it is")


class ExchangeCollect(TitoExchange, Collect):  # type: ignore[misc]  # nbgrader ships no types
    """Bring each student's newest attempt into `submitted/`, with the service's time."""

    def copy_files(self) -> None:
        """Collect it. A folder that is there is replaced with `update` only, and only by a newer attempt."""
        name, client = self.assignment, self.client()
        left = [one for one in client.get(f"assignments/{name}/collect")["submissions"] if self._is_wanted(one, name)]
        wanted, missed = len(left), list[str]()
        while left:
            query = urlencode([("submission", int(one["id"])) for one in left[:_AT_ONCE]])
            sent = members(client.get_bytes(f"assignments/{name}/collect/files?{query}", COLLECT_BYTES))
            taken = [one for one in left if f"{one['id']}.zip" in sent]
            if not taken:
                raise TitoError("the service sent nothing of what it was asked for", where=name)
            with ThreadPoolExecutor(_THREADS) as pool:
                kept = pool.map(self._keep, taken, [sent[f"{one['id']}.zip"] for one in taken], repeat(name))
                missed += [str(one["student_id"]) for one, well in zip(taken, kept, strict=True) if not well]
            left = [one for one in left if f"{one['id']}.zip" not in sent]
        if missed:
            self.fail(f"{len(missed)} of {wanted} could not be collected: {', '.join(missed)}; the log says why")

    def _is_wanted(self, one: dict[str, Any], name: str) -> bool:
        student = str(one["student_id"])
        if not _STUDENT.fullmatch(student) or ".." in student:
            raise TitoError(f"{student[:80]!r} is no student id")
        if self.coursedir.student_id not in ("*", "", student):
            return False
        target = self._target(one, name)
        if target.exists() and (not self.update or _collected(target) == stamp(one["received_at"])):
            self.log.info("%s %s is collected already", student, name)
            return False
        return True

    def _keep(self, one: dict[str, Any], data: bytes, name: str) -> bool:
        """Keep one student's work; False when it cannot be kept, which must stop nobody else's."""
        try:
            # Sent as it is, and taken in by the course's limits, which may have been others: it is as big as it is.
            files = unzipped(data, name, replace(CAPS, file_bytes=len(data), submission_bytes=len(data)))
            with appearing(self._target(one, name)) as draft:
                for file, content in files.items():
                    write_atomically(draft / file, content)
                write_atomically(draft / "timestamp.txt", stamp(one["received_at"]).encode())
        except (TitoError, OSError) as error:
            self.log.error("%s %s cannot be collected: %s", one["student_id"], name, ascii(str(error))[:500])
            return False
        self.log.info("collected %s %s, attempt %s", one["student_id"], name, one["attempt"])
        return True

    def _target(self, one: dict[str, Any], name: str) -> Path:
        return Path(self.coursedir.format_path(self.coursedir.submitted_directory, str(one["student_id"]), name))


class ExchangeReleaseFeedback(TitoExchange, ReleaseFeedback):  # type: ignore[misc]  # nbgrader ships no types
    """Publish first results that wait. Feedback then lies ready for each student; no file is copied."""

    def copy_files(self) -> None:
        """Publish them."""
        self.client().send("POST", f"assignments/{self.assignment}/publish")
        self.log.info("results of %s are published", self.assignment)


def _collected(folder: Path) -> str | None:
    stamped = folder / "timestamp.txt"
    return stamped.read_text(encoding="utf-8").strip() if stamped.is_file() else None
