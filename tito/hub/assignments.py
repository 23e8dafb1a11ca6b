"""The assignments that are given out: list, fetch, and for staff give out and take back."""

from __future__ import annotations

import json
from typing import Any

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.course import Course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.releases import give_out, take_back
from tito.grading.publishing import publish_new
from tito.hub import views
from tito.hub.base import Handler, Told
from tito.hub.service import Service
from tito.notebooks.bundle import pack
from tito.notebooks.collect import read_submission
from tito.notebooks.store import Store, files_digest


class Assignments(Handler):
    """`GET api/assignments`: what is given out, with dates, the attempts that are left, and how big uploads may be."""

    async def get(self) -> None:
        """Answer the list; to staff, who are on no roster, without attempts of their own."""
        service, user, staff = self.service, self.user_name, self.is_staff

        def read() -> list[dict[str, Any]]:
            with service.gradebook.read() as session:
                student = views.whose(session, user, staff=staff)
                now = service.gradebook.clock()
                return views.assignments(session, service.course, student, now)

        found = await service.read(read)
        limits = {"upload_bytes": service.caps.upload_bytes, "notebook_bytes": service.course.notebook_bytes}
        self.answer({"assignments": found, **limits, "zone": service.course.zone.key})


class AssignmentFiles(Handler):
    """`GET api/assignments/<cp>/files`: the student version as a zip."""

    async def get(self, name: str) -> None:
        """Answer the zip; its digest stands in the list."""
        service, user, staff = self.service, self.user_name, self.is_staff
        checkpoint = named(name)

        def read() -> bytes:
            with service.gradebook.read() as session:
                if not staff:
                    views.enrolled(session, user)
                now = service.gradebook.clock()
                out = views.released_files(session, service.course, checkpoint, now, staff=staff)
            return pack(Store(service.course.paths.store).get(out.digest))

        data = await service.read(read)
        self.set_header("Content-Type", "application/zip")
        self.finish(data)


class Release(Handler):
    """`PUT` and `DELETE api/assignments/<cp>/release`: give out what lies in `release/`, or take it back."""

    right = "grade"

    async def put(self, name: str) -> None:
        """Give it out. A `digest` in the body must be that of the files that lie there."""
        service, user = self.service, self.user_name
        checkpoint, wanted = named(name), self._digest()
        self.answer(await service.write(lambda: _give_out(service, checkpoint, wanted, f"instructor:{user}")))

    async def delete(self, name: str) -> None:
        """Take it back; what students fetched they keep."""
        service, user = self.service, self.user_name
        checkpoint = named(name)

        def write() -> bool:
            with service.gradebook.begin(f"instructor:{user}") as work:
                return take_back(work, checkpoint)

        self.answer({"assignment_id": checkpoint.slug, "changed": await service.write(write)})

    def _digest(self) -> str | None:
        if not self.request.body:
            return None
        try:
            document = json.loads(self.request.body)
        except ValueError as error:
            raise Told(400, TitoError("the body is no JSON")) from error
        found = document.get("digest") if isinstance(document, dict) else None
        return found if isinstance(found, str) else None


class Publish(Handler):
    """`POST api/assignments/<cp>/publish`: publish first results that wait, as grading does by itself."""

    right = "grade"

    async def post(self, name: str) -> None:
        """Publish; regrades wait for `tito gradebook publish`, which shows them first."""
        service, user = self.service, self.user_name
        checkpoint = named(name)
        await service.write(lambda: publish_new(service.course, service.gradebook, [checkpoint], f"instructor:{user}"))
        self.answer({"assignment_id": checkpoint.slug})


def named(name: str) -> Checkpoint:
    """Return the checkpoint of a path. Raises NotFound; other spellings than the slug are not taken."""
    try:
        checkpoint = find_checkpoint(name)
    except TitoError as error:
        raise views.NotFound(error.what, expected=error.expected) from error
    if checkpoint.slug != name:
        raise views.NotFound(f"there is no assignment {name[:80]!r}", expected=checkpoint.slug)
    return checkpoint


def release_files(course: Course, checkpoint: Checkpoint) -> dict[str, bytes]:
    """Return the notebooks in `release/`. Raises TitoError when there is none."""
    folder = course.paths.release / checkpoint.slug
    found = read_submission(folder, "release", checkpoint.slug)
    if not found.files or found.problems:
        raise TitoError(
            f"{checkpoint.slug} cannot be given out: {'; '.join(found.problems)}",
            where=str(folder),
            next_step=f"make the student version: `tito assignment release {checkpoint.number:02}`",
        )
    return found.files


def _give_out(service: Service, checkpoint: Checkpoint, wanted: str | None, actor: str) -> dict[str, Any]:
    course = service.course
    files = release_files(course, checkpoint)
    if wanted is not None and files_digest(files) != wanted:
        raise Told(
            409,
            TitoError(
                f"your release of {checkpoint.slug} is not the one in the hub's course folder",
                expected=f"files with digest {files_digest(files)}",
                next_step="bring the hub's course folder up to date, and release again",
            ),
        )
    digest, changed = hand_over(course, service.gradebook, checkpoint, files, actor)
    return {"assignment_id": checkpoint.slug, "release": digest, "files": sorted(files), "changed": changed}


def hand_over(
    course: Course, gradebook: Gradebook, checkpoint: Checkpoint, files: dict[str, bytes], actor: str
) -> tuple[str, bool]:
    """Keep the student version in the store and give it out; return its digest, and whether that is new."""
    store = Store(course.paths.store)
    digest = store.put(files)
    single = {name: files_digest({name: content}) for name, content in files.items()}
    with gradebook.begin(actor) as work:
        return digest, give_out(work, checkpoint, digest, single)
