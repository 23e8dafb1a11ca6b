"""Fetch: an assignment, and the feedback on what was handed in. A folder appears whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeFetchAssignment as FetchAssignment
from nbgrader.exchange.abc import ExchangeFetchFeedback as FetchFeedback

from tito.errors import TitoError
from tito.exchange.base import FETCH_BYTES, TitoExchange, appearing, stamp, unzipped
from tito.exchange.client import BRIEF
from tito.notebooks.files import write_atomically

FEEDBACK_VERSION = ".version"
"""Beside the pages: which version of the feedback was fetched."""


class ExchangeFetchAssignment(TitoExchange, FetchAssignment):  # type: ignore[misc]  # nbgrader ships no types
    """A student's copy of an assignment. What the student wrote is never overwritten."""

    patience = BRIEF

    def copy_files(self) -> None:
        """Fetch it. With `replace_missing_files`, only notebooks that are not there any more."""
        name = self.assignment
        target = self.folder(name)
        if target.exists() and not self.replace_missing_files:
            self.fail(f"You already have a copy of the assignment in this directory: {target}")
        files = unzipped(self.client().get_bytes(f"assignments/{name}/files", FETCH_BYTES), name)
        if target.exists():
            for file, content in files.items():
                if not (target / file).exists():
                    self.log.warning("replacing missing file %s", target / file)
                    write_atomically(target / file, content)
            return
        with appearing(target) as draft:
            for file, content in files.items():
                write_atomically(draft / file, content)
        self.log.info("fetched %s into %s", name, target)


class ExchangeFetchFeedback(TitoExchange, FetchFeedback):  # type: ignore[misc]  # nbgrader ships no types
    """The pages of all attempts at an assignment that are published: `<assignment>/feedback/<time>/<notebook>.html`."""

    patience = BRIEF

    def copy_files(self) -> None:
        """Fetch what is new; what was fetched before stays."""
        name, client = self.assignment, self.client()
        mine = [one for one in client.get("submissions")["submissions"] if one["assignment_id"] == name]
        ready = [one for one in mine if one["feedback"] is not None]
        if not ready:
            self.log.warning("there is no feedback on %s yet", name)
        for one in ready:
            self._fetch(client.get(f"submissions/{int(one['id'])}/feedback"), one)

    def _fetch(self, feedback: dict[str, Any], attempt: dict[str, Any]) -> None:
        target = self.folder(self.assignment) / "feedback" / stamp(attempt["received_at"])
        version = target / FEEDBACK_VERSION
        if version.is_file() and version.read_text(encoding="utf-8") == feedback["version"]:
            return
        page = str(feedback["html"]).encode()
        with appearing(target) as draft:
            for file in attempt["files"]:
                if Path(file).name != file:
                    raise TitoError(f"{file[:80]!r} is not a plain file name")
                write_atomically(draft / f"{Path(file).stem}.html", page)
            write_atomically(draft / FEEDBACK_VERSION, str(feedback["version"]).encode())
        self.log.info("fetched feedback: %s", target)
