"""List: what is given out, and what became of what was handed in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeList as Interface

from tito.exchange.base import TitoExchange, receipt_of, stamp
from tito.exchange.client import BRIEF
from tito.exchange.fetching import FEEDBACK_VERSION
from tito.exchange.lines import standing, terms


class ExchangeList(TitoExchange, Interface):  # type: ignore[misc]  # nbgrader ships no types
    """The answer has the form that nbgrader's Assignment List shows, with the server's facts beside it.

    `shown` says them in words: on what terms an assignment is handed in, or how an attempt stands.
    """

    patience = BRIEF

    def list_files(self) -> list[dict[str, Any]]:
        """Return released assignments; with `inbound` or `cached`, the student's submissions by assignment."""
        client = self.client()
        if self.inbound or self.cached:
            answer = client.get("submissions")
            found = self._submitted(answer["submissions"], answer["zone"])
        else:
            answer = client.get("assignments")
            found = self._released(answer["assignments"], answer["zone"])
        wanted = self.coursedir.assignment_id
        return [one for one in found if not wanted or wanted == "*" or one["assignment_id"] == wanted]

    def remove_files(self) -> list[dict[str, Any]]:
        """Take an assignment back, as formgrader's "unrelease" does; what was handed in is never removed."""
        if self.inbound or self.cached:
            self.fail("submissions are not removed: what was handed in stays")
        self.client().send("DELETE", f"assignments/{self.assignment}/release")
        self.log.info("%s is taken back; who fetched it keeps it", self.assignment)
        return []

    def _released(self, assignments: Iterable[dict[str, Any]], zone: str) -> list[dict[str, Any]]:
        found = []
        for one in assignments:
            name = one["assignment_id"]
            folder = self.folder(name)
            there = folder.is_dir()
            names = sorted(path.name for path in folder.glob("*.ipynb")) if there else sorted(one["files"])
            notebooks = [{"notebook_id": Path(file).stem, "path": str(folder / file)} for file in names]
            status = "fetched" if there else "released"
            shown = terms(one, zone)
            found.append({**one, "status": status, "path": str(folder), "notebooks": notebooks, "shown": shown})
            self.log.info("%s %s: %s%s", one["course_id"], name, shown, " (already downloaded)" if there else "")
        return found

    def _submitted(self, submissions: Iterable[dict[str, Any]], zone: str) -> list[dict[str, Any]]:
        accepted = [one for one in submissions if one["attempt"] is not None]
        found = []
        for name, attempts in groupby(accepted, key=lambda one: str(one["assignment_id"])):
            lines = [self._attempt(one, zone) for one in attempts]
            heading = {key: lines[0][key] for key in ("course_id", "student_id", "assignment_id", "status")}
            found.append({**heading, "assignment_id": name, "submissions": lines})
        return found

    def _attempt(self, one: dict[str, Any], zone: str) -> dict[str, Any]:
        """One attempt with where its feedback stands: the service's version against the one fetched last."""
        when = stamp(one["received_at"])
        folder = self.folder(one["assignment_id"]) / "feedback" / when
        version = folder / FEEDBACK_VERSION
        fetched = version.read_text(encoding="utf-8") if version.is_file() else None
        local, waiting = fetched is not None, one["feedback"] is not None
        state = {
            "has_local_feedback": local,
            "has_exchange_feedback": waiting,
            "feedback_updated": local and waiting and fetched != one["feedback"],
            "local_feedback_path": str(folder) if local else None,
        }
        notebooks = []
        for file in one["files"]:
            page = folder / f"{Path(file).stem}.html"
            own = {**state, "local_feedback_path": str(page) if local else None}
            notebooks.append(
                {"notebook_id": Path(file).stem, "path": str(self.folder(one["assignment_id"]) / file), **own}
            )
        receipt = receipt_of(one["attempt"])
        there = (self.folder(one["assignment_id"]) / receipt).is_file()
        shown = standing(one, zone, receipt if there else "")
        self.log.info("%s %s: %s", one["course_id"], one["assignment_id"], shown)
        line = {**one, "status": "submitted", "timestamp": when, "path": "", "notebooks": notebooks, "shown": shown}
        return {**line, **state}
