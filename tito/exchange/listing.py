"""List: what is given out, and what became of what was handed in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeList as Interface

from tito.exchange.base import TitoExchange, stamp
from tito.exchange.fetching import FEEDBACK_VERSION


class ExchangeList(TitoExchange, Interface):  # type: ignore[misc]  # nbgrader ships no types
    """The answer has the form that nbgrader's Assignment List shows, with the server's facts beside it."""

    def list_files(self) -> list[dict[str, Any]]:
        """Return released assignments; with `inbound` or `cached`, the student's submissions by assignment."""
        client = self.client()
        if self.inbound or self.cached:
            found = self._submitted(client.get("submissions")["submissions"])
        else:
            found = self._released(client.get("assignments")["assignments"])
        wanted = self.coursedir.assignment_id
        return [one for one in found if not wanted or wanted == "*" or one["assignment_id"] == wanted]

    def remove_files(self) -> list[dict[str, Any]]:
        """Refuse: what was handed in is never removed, and only the service takes an assignment back."""
        self.fail("nothing is removed here: submissions stay, and `tito hub release --back` takes an assignment back")

    def _released(self, assignments: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for one in assignments:
            name = one["assignment_id"]
            folder = self.folder(name)
            there = folder.is_dir()
            names = sorted(path.name for path in folder.glob("*.ipynb")) if there else sorted(one["files"])
            notebooks = [{"notebook_id": Path(file).stem, "path": str(folder / file)} for file in names]
            status = "fetched" if there else "released"
            found.append({**one, "status": status, "path": str(folder), "notebooks": notebooks})
            self.log.info(
                "%s %s, due %s, %s attempts left%s",
                one["course_id"],
                name,
                one["due_at"] or "never",
                "any number of" if one["attempts"]["left"] is None else one["attempts"]["left"],
                " (already downloaded)" if there else "",
            )
        return found

    def _submitted(self, submissions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        accepted = [one for one in submissions if one["attempt"] is not None]
        found = []
        for name, attempts in groupby(accepted, key=lambda one: str(one["assignment_id"])):
            lines = [self._attempt(one) for one in attempts]
            heading = {key: lines[0][key] for key in ("course_id", "student_id", "assignment_id", "status")}
            found.append({**heading, "assignment_id": name, "submissions": lines})
        return found

    def _attempt(self, one: dict[str, Any]) -> dict[str, Any]:
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
        self.log.info(
            "%s %s attempt %s %s: %s", one["course_id"], one["assignment_id"], one["attempt"], when, one["state"]
        )
        return {**one, "status": "submitted", "timestamp": when, "path": "", "notebooks": notebooks, **state}
