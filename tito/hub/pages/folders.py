"""The folders of `autograded/` after a publication: written beside the requests, and told on the pages of regrading."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tito.course.checkpoints import Checkpoint
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.grading.published import refresh_folders
from tito.hub.pages.background import Background, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState(Progress):
    """How far a checkpoint's folders are."""

    written: int | None = None
    """How many the last time wrote that ended well; None before the first."""


class Folders(Background[FolderState]):
    """Writes the folders of one checkpoint after the other."""

    def __init__(self) -> None:
        super().__init__("folders", FolderState())

    def follow(self, course: Course, gradebook: Gradebook, checkpoint: Checkpoint) -> threading.Thread | None:
        """Write what students see now. While that goes on already, it is done once more afterwards.

        A folder that was left half done is written anew by the next publication or `tito grade`.
        """

        def write() -> FolderState:
            return FolderState(written=refresh_folders(course, gradebook, checkpoint))

        return self._begin(checkpoint, write, again=True)
