"""Who may log in to the hub: the roster as it is at that moment, and those whom the configuration names.

JupyterHub's own `allowed_users` is read when the hub starts, and lets in for ever whoever was in it once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from jupyterhub.user import User
from jupyterhub.utils import maybe_future
from tornado.web import HTTPError

from tito.course.config import load_course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.hub.views import NotEnrolled, enrolled

log = logging.getLogger("tito.hub.entrance")


class Entrance:
    """Knows the roster of a course, and the staff. It runs in the hub's own process."""

    def __init__(self, course: Path, students: str, staff: Collection[str]) -> None:
        """`students` is the hub's group of students; `staff` are the names of everybody else who may log in."""
        self.course = course
        self.students = students
        self.staff = frozenset(name.lower() for name in staff)

    @cached_property
    def _gradebook(self) -> Gradebook:
        return Gradebook.open(load_course(self.course).database_url, create=True)

    async def is_student(self, name: str) -> bool:
        """Whether this user of the hub is on the active roster. Raises TitoError when nobody can tell."""
        return await asyncio.to_thread(self._is_student, name)

    def _is_student(self, name: str) -> bool:
        with self._gradebook.read() as session:
            try:
                enrolled(session, name)
            except NotEnrolled:
                return False
        return True


class AsksTheRoster:
    """What an authenticator of JupyterHub's does otherwise (mixed in before it)."""

    entrance: ClassVar[Entrance]

    async def check_allowed(self, username: str, authentication: Any = None) -> bool:
        """Whether somebody may log in who has shown who they are. Raises 503 when the roster cannot be read."""
        if username in self.entrance.staff:
            return True
        try:
            return await self.entrance.is_student(username)
        except TitoError as error:
            log.error("the roster cannot be read: %s", ascii(str(error))[:1000])
            raise HTTPError(503, "The course's roster cannot be read now. Please try again in a minute.") from error

    async def add_user(self, user: Any) -> None:
        """Put a student who logs in for the first time into the students' group: the pages ask for what it may do."""
        await maybe_future(super().add_user(user))  # type: ignore[misc]
        if isinstance(user, User) and await self._is_student(user.name):  # else the hub starts, and reads its groups
            self._join(user)

    async def refresh_user(self, user: Any, handler: Any = None, **options: Any) -> Any:
        """Send who left the course to log in again, where they are refused; JupyterHub asks every few minutes.

        It asks before each start of a server too: a student who has just joined is put into the students' group first,
        because a server's token has what its owner may do at that moment.
        """
        student = await self._is_student(user.name)
        if student is False and user.name not in self.entrance.staff:
            if handler is not None and not hasattr(handler, "_token_authenticated"):
                handler._token_authenticated = False  # JupyterHub 6.1.1 reads it and sets it for tokens alone
            return False
        if student:
            self._join(user)
        return await maybe_future(super().refresh_user(user, handler, **options))  # type: ignore[misc]

    async def _is_student(self, name: str) -> bool | None:
        """Whether somebody is on the roster; None when it cannot be read: then nobody is sent away."""
        try:
            return await self.entrance.is_student(name)
        except TitoError as error:
            log.warning("the roster cannot be read: %s", ascii(str(error))[:300])
            return None

    def _join(self, user: Any) -> None:
        groups = {group.name for group in user.groups}
        if self.entrance.students not in groups:
            user.sync_groups(groups | {self.entrance.students})


def on_the_roster(kind: type[Any], entrance: Entrance) -> type[Any]:
    """Return an authenticator that asks the roster; options of `kind` are its options."""
    return type(f"Roster{kind.__name__}", (AsksTheRoster, kind), {"entrance": entrance, "__doc__": kind.__doc__})
