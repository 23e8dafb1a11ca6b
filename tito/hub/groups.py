"""Who is in the hub's group of students: the active roster, kept in step over the hub's REST API."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from tito.course.config import load_course
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.models import Student

log = logging.getLogger("tito.hub.groups")
EVERY = 5.0
"""Seconds between two looks at the roster: one short query."""
AGAIN = 60.0
"""Seconds after which the hub is asked although the roster stayed as it was: somebody may have changed the group."""


def roster(root: Path) -> list[str]:
    """Return the hub's names of the active students of a course; the hub writes names in lower case.

    Raises TitoError when the course or its gradebook cannot be read.
    """
    with Gradebook.open(load_course(root).database_url, create=True) as gradebook:
        return active_students(gradebook)


def active_students(gradebook: Gradebook) -> list[str]:
    """Return the hub's names of the active students, in order. One query."""
    with gradebook.read() as session:
        return list(
            session.scalars(select(Student.folded_id).where(Student.active.is_(True)).order_by(Student.folded_id))
        )


class Groups:
    """One group of the hub's, as the service may change it (scope `groups!group=<name>`)."""

    def __init__(self, api_url: str, token: str, group: str) -> None:
        self._url = f"{api_url.rstrip('/')}/groups/{quote(group, safe='')}"
        self._token = token

    @classmethod
    def of_environment(cls, group: str) -> Groups | None:
        """Return the group of the hub that started this process; None when none did."""
        url, token = os.environ.get("JUPYTERHUB_API_URL"), os.environ.get("JUPYTERHUB_API_TOKEN")
        return cls(url, token, group) if url and token else None

    async def members(self) -> set[str]:
        """Return who is in it. Raises HTTPClientError or OSError when the hub does not say."""
        found = await self._ask("GET", "")
        return set(found["users"])

    async def add(self, name: str) -> bool:
        """Add somebody; False when the hub does not know them yet, because they never logged in."""
        try:
            await self._ask("POST", "/users", {"users": [name]})
        except HTTPClientError as error:
            if error.code in (400, 404):
                return False
            raise
        return True

    async def remove(self, name: str) -> None:
        """Take somebody out."""
        await self._ask("DELETE", "/users", {"users": [name]})

    async def _ask(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document)
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        answer = await AsyncHTTPClient().fetch(
            self._url + path,
            method=method,
            body=body,
            headers=headers,
            allow_nonstandard_methods=True,
            follow_redirects=False,
        )
        return json.loads(answer.body) if answer.body else None


async def bring_in_step(groups: Groups, wanted: set[str], passed_over: Collection[str] = ()) -> set[str]:
    """Make the group's members those that are wanted; return whom the hub does not know.

    Nobody who is `passed_over` is added; who of them is a member stays.
    """
    members = await groups.members()
    for name in sorted(members - wanted):
        await groups.remove(name)
        log.info("%s left the course", ascii(name))
    unknown = set()
    for name in sorted(wanted - members - set(passed_over)):
        if await groups.add(name):
            log.info("%s joined the course", ascii(name))
        else:
            unknown.add(name)
    return unknown


async def keep_in_step(gradebook: Gradebook, groups: Groups, every: float = EVERY, again: float = AGAIN) -> None:
    """Follow the roster until cancelled. A hub or a database that does not answer is asked again.

    Whom the hub does not know is put into the group when they log in (decision 0015), and not tried again here.
    """
    loop = asyncio.get_running_loop()
    known: set[str] = set()
    unknown: set[str] = set()
    asked = -math.inf
    while True:
        try:
            wanted = set(await loop.run_in_executor(None, active_students, gradebook))
            if wanted != known:
                unknown = set()
            if wanted != known or loop.time() - asked >= again:
                unknown |= await bring_in_step(groups, wanted, unknown)
                known, asked = wanted, loop.time()
        except (HTTPClientError, OSError, TitoError) as error:
            log.warning("the group of students waits to be brought in step: %s", ascii(str(error))[:300])
        await asyncio.sleep(every)
