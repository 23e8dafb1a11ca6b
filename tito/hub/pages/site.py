"""The site: which pages and forms there are, who may see them, and how their addresses are spelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from tito.hub.pages.asked import Asked, Download, Onward, Submitted
from tito.hub.pages.changes import exceptions, own
from tito.hub.pages.changes import regrading as regrading_changes
from tito.hub.pages.changes import requests as request_changes
from tito.hub.pages.changes import written as written_changes
from tito.hub.pages.viewer import Forbidden, Role, Viewer
from tito.hub.pages.views import (
    analysis,
    at_risk,
    audit,
    failures,
    leaderboard,
    matrix,
    matrix_files,
    my,
    receipt,
    regrading,
    requests,
    similarity,
    student,
    submission,
    written,
    written_answer,
)

STAFF: Final = frozenset({Role.GRADER, Role.INSTRUCTOR})
INSTRUCTORS: Final = frozenset({Role.INSTRUCTOR})
STUDENTS: Final = frozenset({Role.STUDENT})
EVERYBODY: Final = frozenset(Role)
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """An address with named parts (`/students/{student}`) and the roles that may use it."""

    name: str
    path: str
    roles: frozenset[Role]

    @property
    def pattern(self) -> str:
        """The address as a regular expression; a part is anything without a slash."""
        return _PART.sub(r"(?P<\1>[^/]+)", self.path)

    def require(self, viewer: Viewer) -> None:
        """Raise Forbidden when this person has no business here."""
        if viewer.role not in self.roles:
            who = " and ".join(sorted(f"{role.value}s" for role in self.roles))
            raise Forbidden(f"this page is for {who}", expected=f"another role than {viewer.role.value}")


@dataclass(frozen=True, slots=True)
class Page(Route):
    """A page: `view` reads its data, the template `name`.html.j2 shows it."""

    title: str
    view: Callable[[Asked], object]
    menu: bool = False
    """Whether the menu names it."""
    files: Mapping[str, Callable[[Asked], Download]] = field(default_factory=dict)
    """What else it can be had as: by the word in `?format=`."""
    within: tuple[str, ...] = ()
    """The pages of the menu that lead here, by name: the menu marks the one that a role has."""

    @property
    def template(self) -> str:
        """The template's file name."""
        return f"{self.name}.html.j2"


@dataclass(frozen=True, slots=True)
class Action(Route):
    """A form's target. `change` makes one service call; a refusal shows `page` again with what was typed."""

    change: Callable[[Submitted], str | Onward]
    """Returns what to tell the person, on the page of the form or on another one."""
    page: str
    query: tuple[str, ...] = ()
    """The fields that say which page it was, as its query does: that one comes back, and no larger one."""
    keeps: bool = True
    """Whether what is in it waits for its author when the session has ended. Of a button nothing was typed."""

    def require(self, viewer: Viewer) -> None:
        """Raise Forbidden also for who is here to look only."""
        Route.require(self, viewer)  # not by super(): a dataclass with slots is another class than the one written here
        if viewer.looks_only:
            raise Forbidden("you see this page as somebody else does", expected="to look, and to change nothing")


PAGES: Final[tuple[Page, ...]] = (
    Page("matrix", "/", STAFF, "Gradebook", matrix.view, menu=True, files=matrix_files.FILES),
    Page("my", "/my", STUDENTS, "My checkpoints", my.view, menu=True),
    Page("student", "/students/{student}", EVERYBODY, "Student", student.view, within=("matrix", "my")),
    Page("submission", "/submissions/{submission}", EVERYBODY, "Submission", submission.view, within=("matrix", "my")),
    Page("checkpoints", "/checkpoints", STAFF, "Checkpoints", analysis.overview, menu=True),
    Page("analysis", "/checkpoints/{checkpoint}", STAFF, "Checkpoint", analysis.view, within=("checkpoints",)),
    Page(
        "failures",
        "/checkpoints/{checkpoint}/tests/{test}",
        STAFF,
        "Who did not pass",
        failures.view,
        within=("checkpoints",),
    ),
    Page("written", "/written", STAFF, "Written answers", written.view, menu=True),
    Page(
        "written_question",
        "/written/{question}",
        STAFF,
        "Written answers",
        written.view_question,
        within=("written",),
    ),
    Page(
        "written_answer",
        "/written/{question}/{submission}",
        STAFF,
        "Written answer",
        written_answer.view,
        within=("written",),
    ),
    Page(
        "written_second",
        "/written/{question}/{submission}/second",
        STAFF,
        "Second reading",
        written_answer.view_second,
        within=("written",),
    ),
    Page(
        "similarity",
        "/similarity/{checkpoint}",
        INSTRUCTORS,
        "Submissions alike",
        similarity.view,
        within=("checkpoints",),
    ),
    Page(
        "pair",
        "/similarity/{checkpoint}/{one}/{other}",
        INSTRUCTORS,
        "Side by side",
        similarity.pair,
        within=("checkpoints",),
    ),
    Page("at_risk", "/at-risk", STAFF, "At risk", at_risk.view, menu=True),
    Page("regrading", "/regrading", STAFF, "Regrading", regrading.overview, menu=True),
    Page("regrade", "/regrading/{checkpoint}", STAFF, "Regrading", regrading.view, within=("regrading",)),
    Page("requests", "/requests", EVERYBODY, "Regrade requests", requests.overview, menu=True),
    Page("request", "/requests/{request}", EVERYBODY, "Regrade request", requests.view, within=("requests",)),
    Page("audit", "/audit", frozenset({Role.INSTRUCTOR}), "Changes", audit.view, menu=True),
    Page("leaderboard", "/leaderboard", EVERYBODY, "Leaderboard", leaderboard.view, menu=True),
    Page("receipt", "/receipts/{submission}", EVERYBODY, "Receipt", receipt.view, within=("matrix", "my")),
)
_OF: Final = ("student", "drops")
"""Whose preview it is, and under which policy."""
ACTIONS: Final[tuple[Action, ...]] = (
    Action("override", "/students/{student}/override", STAFF, exceptions.override, "student"),
    Action("extend", "/students/{student}/extend", STAFF, exceptions.extend, "student"),
    Action("late-days", "/students/{student}/late-days", STAFF, exceptions.late_days, "student"),
    Action(
        "written-take", "/written/{question}/answers/take", STAFF, written_changes.take, "written_question", keeps=False
    ),
    Action(
        "written-claim",
        "/written/{question}/{submission}/claim",
        STAFF,
        written_changes.claim,
        "written_answer",
        keeps=False,
    ),
    Action("written-score", "/written/{question}/{submission}/score", STAFF, written_changes.score, "written_answer"),
    Action(
        "written-score-second",
        "/written/{question}/{submission}/second/score",
        STAFF,
        written_changes.score_second,
        "written_second",
    ),
    Action(
        "written-retire",
        "/written/{question}/comments/retire",
        STAFF,
        written_changes.retire_comment,
        "written_question",
        keeps=False,
    ),
    Action("publish", "/regrading/{checkpoint}/publish", INSTRUCTORS, regrading_changes.publish, "regrade", _OF),
    Action("roll-back", "/regrading/{checkpoint}/roll-back", INSTRUCTORS, regrading_changes.roll_back, "regrade", _OF),
    Action("ask", "/submissions/{submission}/ask", STUDENTS, request_changes.ask, "submission"),
    Action("message", "/requests/{request}/message", EVERYBODY, request_changes.message, "request"),
    Action("change", "/requests/{request}/change", STAFF, request_changes.change, "request"),
    Action("decline", "/requests/{request}/decline", STAFF, request_changes.decline, "request"),
    Action("withdraw", "/requests/{request}/withdraw", STUDENTS, request_changes.withdraw, "request"),
    Action("pseudonym", "/my/pseudonym", STUDENTS, own.pseudonym, "my"),
)
HOME: Final[Mapping[Role, str]] = {Role.STUDENT: "my", Role.GRADER: "matrix", Role.INSTRUCTOR: "matrix"}
"""The page on which somebody comes in."""
ROUTES: Final[Mapping[str, Route]] = {route.name: route for route in (*PAGES, *ACTIONS)}


def find_page(name: str) -> Page:
    """Return a page by its name. Raises KeyError: names come from our own code."""
    return next(page for page in PAGES if page.name == name)


def address(base: str, name: str, parts: Mapping[str, object], query: Mapping[str, object]) -> str:
    """Return the address of a page or form under `base` (which ends without a slash). Raises KeyError."""
    path = ROUTES[name].path.format(**{part: quote(str(value), safe="") for part, value in parts.items()})
    given = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{base}{path}?{urlencode(given)}" if given else f"{base}{path}"
