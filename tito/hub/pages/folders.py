"""The folders of `autograded/` after a publication: written beside the requests, and told on the pages of regrading."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import Final

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.grading.published import refresh_folders

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FolderState:
    """How far a checkpoint's folders are since this service was started.

    `written` counts those of the last time that ended well, None before the first; `problem` says why the last failed.
    """

    running: bool = False
    written: int | None = None
    problem: str = ""


class Folders:
    """Writes the folders of one checkpoint after the other. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._states: dict[int, FolderState] = {}
        self._again: set[int] = set()

    def state(self, checkpoint: Checkpoint) -> FolderState:
        """Return how far a checkpoint's folders are."""
        with self._lock:
            return self._states.get(checkpoint.number, FolderState())

    def follow(self, course: Course, gradebook: Gradebook, checkpoint: Checkpoint) -> threading.Thread | None:
        """Write what students see now. While that goes on already, it is done once more afterwards."""
        with self._lock:
            before = self._states.get(checkpoint.number, FolderState())
            if before.running:
                self._again.add(checkpoint.number)
                return None
            self._states[checkpoint.number] = FolderState(running=True, written=before.written)
        # A daemon: a folder that is half done is written anew by the next publication or `tito grade`.
        name = f"folders-{checkpoint.short}"
        thread = threading.Thread(target=self._run, args=(course, gradebook, checkpoint), name=name, daemon=True)
        thread.start()
        return thread

    def _run(self, course: Course, gradebook: Gradebook, checkpoint: Checkpoint) -> None:
        while True:
            with self._turn:  # two at once would only slow each other, and the pages, down
                with self._lock:
                    self._again.discard(checkpoint.number)  # what came while this waited for its turn, it writes now
                    before = self._states[checkpoint.number]
                state = _write(course, gradebook, checkpoint, before)
            with self._lock:
                if checkpoint.number not in self._again:
                    self._states[checkpoint.number] = state
                    return


def _write(course: Course, gradebook: Gradebook, checkpoint: Checkpoint, before: FolderState) -> FolderState:
    try:
        return FolderState(written=refresh_folders(course, gradebook, checkpoint))
    except (TitoError, OSError) as error:
        return replace(before, running=False, problem=str(error)[:1000])
    except Exception:  # noqa: BLE001 (nobody waits for this thread: whoever looks at the page has to be told)
        _LOG.exception("the folders of %s could not be written", checkpoint.slug)
        return replace(
            before, running=False, problem="writing them failed on our side; the log of the service says more"
        )
