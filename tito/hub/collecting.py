"""Everybody's work, for staff who collect it: the list of the newest attempts, and their files many at a time."""

from __future__ import annotations

from typing import Any, Final

from tito.errors import TitoError
from tito.hub import views
from tito.hub.assignments import named
from tito.hub.base import Handler, Told
from tito.notebooks.bundle import pack
from tito.notebooks.store import Store

PARCEL_BYTES: Final = 32 << 20
"""Files of one answer, which is in memory as a whole: what is beyond is left out, to be asked for again."""
PARCEL_COUNT: Final = 200


class Everybodys(Handler):
    """`GET api/assignments/<cp>/collect`: each student's newest attempt, for staff."""

    right = "grade"

    async def get(self, name: str) -> None:
        """Answer the list."""
        service, checkpoint = self.service, named(name)

        def read() -> list[dict[str, Any]]:
            with service.gradebook.read() as session:
                return views.everybodys(session, service.course, checkpoint)

        self.answer({"submissions": await service.read(read)})


class EverybodysFiles(Handler):
    """`GET api/assignments/<cp>/collect/files?submission=<id>&submission=<id>`: what was handed in, for staff.

    A zip that holds a zip of each, `<id>.zip`, of the first of those that were asked for: one at least, and as many as
    go into an answer.
    """

    right = "grade"

    async def get(self, name: str) -> None:
        """Answer the zip."""
        service, checkpoint, numbers = self.service, named(name), self._numbers()

        def read() -> bytes:
            with service.gradebook.read() as session:
                digests = views.digests(session, checkpoint, numbers, PARCEL_BYTES)
            store = Store(service.course.paths.store)
            # Not packed small: that takes longer than to send it, and the others of the class wait meanwhile.
            parts = {f"{number}.zip": pack(store.get(digest), small=False) for number, digest in digests.items()}
            return pack(parts, small=False)

        data = await service.read(read)
        self.set_header("Content-Type", "application/zip")
        self.finish(data)

    def _numbers(self) -> list[int]:
        given = self.get_query_arguments("submission")
        if not 1 <= len(given) <= PARCEL_COUNT or not all(
            text.isascii() and text.isdecimal() and len(text) < 19 for text in given
        ):
            raise Told(
                400,
                TitoError("these are no numbers of submissions", expected=f"1 to {PARCEL_COUNT} times `submission`"),
            )
        return [int(text) for text in given]
