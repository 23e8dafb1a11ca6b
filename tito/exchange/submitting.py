"""Submit: a zip of the notebooks out, a signed receipt back, kept where the student finds it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from nbgrader.exchange.abc import ExchangeSubmit as Interface

from tito.errors import TitoError
from tito.exchange.base import TitoExchange, receipt_of
from tito.exchange.client import DIGEST_HEADER, KEY_HEADER, SILENT_SECONDS, Patience, ServiceError
from tito.exchange.lines import told
from tito.notebooks.bundle import pack
from tito.notebooks.collect import CollectCaps, caps_of, read_submission
from tito.notebooks.files import write_atomically
from tito.notebooks.store import files_digest


class ExchangeSubmit(TitoExchange, Interface):  # type: ignore[misc]  # nbgrader ships no types
    """Hand in what lies in the assignment's folder. Who, when and which attempt is the service's to say."""

    receipt: dict[str, Any] | None = None
    """The receipt of the last submit, for those who call this class from Python."""

    def copy_files(self) -> None:
        """Submit it, and keep the receipt in `receipts/` of the assignment's folder."""
        name = self.assignment
        folder = self.folder(name)
        if not folder.is_dir():
            self.fail(f"Assignment not found at: {folder}")
        # As often as what follows, for a hub that starts again; only what is sent is worth a long silence.
        listed = self.client(Patience(timeout=SILENT_SECONDS)).get("assignments")
        offered = next((one for one in listed["assignments"] if one["assignment_id"] == name), None)
        if offered is None:
            self.fail(f"{name} is not given out at the moment")
        files = self._files(folder, offered, caps_of(int(listed["notebook_bytes"])))
        self._compare(offered, files)
        data = pack(files)
        if len(data) > int(listed["upload_bytes"]):
            self.fail(f"{name} is bigger than {listed['upload_bytes']:,} bytes: clear the notebooks' outputs")
        digest = files_digest(files)
        pending = _Pending(name, digest)
        receipt = self._send(name, data, pending)
        if receipt.get("sha256") != digest:
            raise TitoError(
                "the receipt is of something else than was sent",
                expected=digest,
                next_step="submit again, and tell the course's staff",
            )
        self._keep(folder, receipt)
        pending.done()
        self.receipt = receipt
        self.log.info("%s", told(receipt))

    def _files(self, folder: Path, offered: dict[str, Any], caps: CollectCaps) -> dict[str, bytes]:
        """The notebooks. One of the assignment's that is there and cannot be taken would be missed at the grading."""
        found = read_submission(folder, "student", offered["assignment_id"], caps)
        why = "; ".join(found.problems)
        if not found.files:
            self.fail(f"there is nothing to submit in {folder}: {why}")
        if any(file not in found.files and os.path.lexists(folder / file) for file in offered["files"]):
            self.fail(f"Assignment {offered['assignment_id']} not submitted: {why}")
        for problem in found.problems:
            self.log.warning("left out: %s", problem)
        return found.files

    def _compare(self, offered: dict[str, Any], files: dict[str, bytes]) -> None:
        """Tell about missing and additional notebooks, and what is left of the attempts, before anything is sent."""
        missing = sorted(set(offered["files"]) - set(files))
        if missing and self.strict:
            self.fail(f"Assignment {offered['assignment_id']} not submitted. Missing: {', '.join(missing)}")
        for file in missing:
            self.log.warning("%s is missing", file)
        for file in sorted(set(files) - set(offered["files"])):
            self.log.warning("%s does not belong to the assignment", file)
        left = offered["attempts"]["left"]
        if left is not None:
            self.log.info("attempts left before this one: %s", left)

    def _send(self, name: str, data: bytes, pending: _Pending) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/zip",
            KEY_HEADER: pending.key,
            DIGEST_HEADER: hashlib.sha256(data).hexdigest(),
        }
        try:
            answer = self.client().send("POST", f"assignments/{name}/submissions", data, headers)
        except ServiceError as error:
            if error.status < 500:
                pending.done()  # it was refused: the next try is a new one
            raise
        if not isinstance(answer, dict):
            raise TitoError("the service's answer is no receipt", next_step="submit again: nothing is recorded twice")
        return answer

    def _keep(self, folder: Path, receipt: dict[str, Any]) -> None:
        target = folder / receipt_of(int(receipt["attempt"]))
        target.parent.mkdir(exist_ok=True)
        write_atomically(target, json.dumps(receipt, indent=2, sort_keys=True).encode() + b"\n")


class _Pending:
    """The key of a submit that has no answer yet, kept on the disk before it is sent.

    A second click, a restarted server, a program that is run again: as long as the content is the same, it is the same
    submit until an answer has come.
    """

    def __init__(self, assignment: str, digest: str) -> None:
        self._path = Path(jupyter_data_dir()) / "tito" / "pending" / f"{assignment}.json"
        self.key = self._known(digest) or secrets.token_urlsafe(24)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = json.dumps({"key": self.key, "sha256": digest}).encode()
        # After a power cut the content alone tells the service that it is the same: no waiting for the disk, which in a
        # home folder may be far away.
        write_atomically(self._path, kept, mode=0o600, lasting=False)

    def _known(self, digest: str) -> str | None:
        try:
            kept = json.loads(self._path.read_bytes())
            return str(kept["key"]) if kept["sha256"] == digest else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def done(self) -> None:
        """Forget the key: an answer has come."""
        self._path.unlink(missing_ok=True)
