"""Submitting, and what became of it: the student's own submissions, receipts and feedback; everybody's for staff."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError
from tito.gradebook.models import Submission
from tito.gradebook.services.intake import Recorded, waits_until
from tito.gradebook.services.releases import given_out
from tito.grading.intake import HandIn, KeptOut, take_in
from tito.hub import views
from tito.hub.assignments import named
from tito.hub.base import Handler, Told
from tito.hub.names import DIGEST_HEADER, KEY_HEADER, KEY_RULE
from tito.hub.receipts import receipt_of
from tito.hub.service import Service
from tito.notebooks.bundle import pack, unpack
from tito.notebooks.files import cannot_write
from tito.notebooks.store import Store


@stream_request_body
class Submit(Handler):
    """`POST api/assignments/<cp>/submissions`: a zip of notebooks in, a signed receipt out.

    The body goes to the disk as it comes, counted and hashed; it is opened only when all of it is there. The answer is
    sent after the commit. The same content with the same Idempotency-Key is the same attempt, however often it comes.
    """

    _path: Path | None = None
    _file: IO[bytes] | None = None
    _size = 0
    _failed: OSError | None = None
    _student = ""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say that the connection ends: tornado closes it where the body was not read, and a proxy that did not know
        would send somebody's next request into it.
        """
        self.set_header("Connection", "close")
        super().write_error(status_code, **kwargs)

    async def prepare(self) -> None:
        """Refuse what needs no body to be refused: a stranger, a wrong key, too much."""
        await super().prepare()
        service, user = self.service, self.user_name
        self._checkpoint: Checkpoint = named(self.path_args[0])
        self._key = self.request.headers.get(KEY_HEADER, "")
        if self._key and not KEY_RULE.fullmatch(self._key):
            raise Told(400, TitoError(f"the {KEY_HEADER} is of a wrong form", expected=KEY_RULE.pattern))
        self._cap = service.caps.upload_bytes
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self._cap:
            raise _too_big(self._cap)
        connection = self.request.connection
        assert isinstance(connection, HTTP1Connection)  # what HTTPServer gives
        # Above our own cap, so that too much is told in words where the length was not announced.
        connection.set_max_body_size(self._cap + (1 << 20))

        def admit() -> str:
            with service.gradebook.read() as session:
                student = views.enrolled(session, user)
                out = given_out(session)
            if self._checkpoint.number not in out or not service.course.asks(self._checkpoint):
                raise views.NotFound(f"{self._checkpoint.slug} is not given out", next_step="the list shows what is")
            return student.student_id

        self._student = await service.read(admit)
        self._path = service.uploads / f"{secrets.token_hex(16)}.part"
        try:
            self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._sha256 = hashlib.sha256()

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body. What is wrong is told when all has come: here tornado would only hang up."""
        self._size += len(chunk)
        if self._size > self._cap or self._failed is not None:
            return
        assert self._file is not None  # prepare() opened it
        self._sha256.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            self._failed = error

    async def post(self, _name: str) -> None:
        """Record what has come and answer its receipt: 201 for a new attempt, 200 for one that was known."""
        service = self.service
        self._close()
        if self._size > self._cap:
            raise _too_big(self._cap)
        if self._failed is not None:
            raise cannot_write(service.uploads, self._failed) from self._failed
        announced = self.request.headers.get(DIGEST_HEADER)
        if announced is not None and announced != self._sha256.hexdigest():
            raise Told(
                400,
                TitoError("the upload was damaged on its way", next_step="submit again; nothing was recorded"),
            )
        try:
            recorded = await service.write(lambda: self._take_in(service))
        except KeptOut:
            service.metrics.submissions.labels("kept out").inc()
            raise
        if not recorded.accepted:
            service.metrics.submissions.labels("refused").inc()
            raise Told(422, TitoError.from_text(recorded.message))
        service.metrics.submissions.labels("repeated" if recorded.repeated else "accepted").inc()
        self.answer(receipt_document(service, recorded), 200 if recorded.repeated else 201)

    def _take_in(self, service: Service) -> Recorded:
        """Open the upload as hostile data and record it; runs in a thread."""
        assert self._path is not None  # prepare() made it
        try:
            found = unpack(self._path, self._student, self._checkpoint.slug, service.caps.submission)
        except TitoError as error:
            service.metrics.submissions.labels("no zip").inc()
            raise Told(
                400,
                TitoError(
                    "the upload is no zip file of notebooks",
                    expected="a zip of the assignment's notebooks",
                    next_step="submit again; nothing was recorded",
                ),
            ) from error
        handin = HandIn(self._student, self._checkpoint.slug, found.files, found.problems, self._key)
        return take_in(
            service.course,
            service.gradebook,
            handin,
            actor=f"student:{self._student}",
            source="hub",
            enforce=True,
        )

    def on_connection_close(self) -> None:
        """Whoever sent it is gone: a body that did not come to its end is thrown away."""
        super().on_connection_close()
        self._throw_away()

    def on_finish(self) -> None:
        """Throw the upload away: what was accepted is in the store."""
        super().on_finish()
        self._throw_away()

    def _throw_away(self) -> None:
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None and not self._file.closed:
            try:
                self._file.close()
            except OSError as error:  # a full disk is noticed here at the latest
                self._failed = error


class Submissions(Handler):
    """`GET api/submissions`: all that the student ever handed in, with how far grading is."""

    async def get(self) -> None:
        """Answer the list; staff, who are on no roster, have handed in nothing."""
        service, user, staff = self.service, self.user_name, self.is_staff

        def read() -> list[dict[str, Any]]:
            with service.gradebook.read() as session:
                student = views.whose(session, user, staff=staff)
                now = service.gradebook.clock()
                return [] if student is None else views.submissions(session, service.course, student, now)

        self.answer({"submissions": await service.read(read), "zone": service.course.zone.key})


class OneReceipt(Handler):
    """`GET api/submissions/<id>/receipt`: the receipt once more."""

    async def get(self, number: str) -> None:
        """Answer the receipt of one's own accepted submission."""
        service, user = self.service, self.user_name

        def read() -> Recorded:
            with service.gradebook.read() as session:
                student = views.enrolled(session, user)
                row = views.own_submission(session, student, int(number))
                return views.recorded(row, student.student_id)

        recorded = await service.read(read)
        if not recorded.accepted:
            raise Told(404, TitoError.from_text(recorded.message))
        self.answer(receipt_document(service, recorded))


class SubmissionFiles(Handler):
    """`GET api/submissions/<id>/files`: what was handed in, byte for byte; staff may have anybody's."""

    async def get(self, number: str) -> None:
        """Answer the zip."""
        service, user, staff = self.service, self.user_name, self.is_staff

        def read() -> bytes:
            with service.gradebook.read() as session:
                row = session.get(Submission, int(number)) if staff else None
                if not staff:
                    row = views.own_submission(session, views.enrolled(session, user), int(number))
                if row is None:
                    raise views.NotFound(f"there is no submission number {number}")
                digest = row.digest
            return pack(Store(service.course.paths.store).get(digest))

        data = await service.read(read)
        self.set_header("Content-Type", "application/zip")
        self.finish(data)


class Feedback(Handler):
    """`GET api/submissions/<id>/feedback`: the published result, with the page of it under `html`."""

    async def get(self, number: str) -> None:
        """Answer it as far as the student may see it now."""
        service, user = self.service, self.user_name

        def read() -> dict[str, Any]:
            with service.gradebook.read() as session:
                student = views.enrolled(session, user)
                now = service.gradebook.clock()
                return views.feedback(session, service.course, student, int(number), now)

        self.answer(await service.read(read))


class VerifyReceipt(Handler):
    """`POST api/receipts/verify`: whether a receipt that somebody shows is one of ours, for staff."""

    right = "grade"

    async def post(self) -> None:
        """Answer whether it is true."""
        try:
            document = json.loads(self.request.body)
        except ValueError as error:
            raise Told(400, TitoError("the body is no JSON", expected="a receipt")) from error
        self.answer({"true": isinstance(document, dict) and self.service.signer.is_true(document)})


def receipt_document(service: Service, recorded: Recorded) -> dict[str, Any]:
    """Return the signed receipt, with what is said beside it and not signed."""
    receipt = service.signer.signed(receipt_of(service.course.course_id, recorded))
    waits = waits_until(service.course, recorded, service.gradebook.clock())
    return receipt | {
        "repeated": recorded.repeated,
        "late": recorded.late_seconds > 0,
        "note": recorded.message,
        "graded_from": None if waits is None else waits.isoformat(),
    }


def _too_big(cap: int) -> Told:
    return Told(
        413,
        TitoError(
            f"the upload is bigger than {cap:,} bytes",
            next_step="clear the notebooks' outputs and submit again; nothing was recorded",
        ),
    )
