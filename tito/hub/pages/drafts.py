"""What was typed into a form that came after its session had ended, until its author has logged in again.

A session ends while somebody types. The form that comes then changes nothing: who sends it is not known. Its fields
wait here, and fill the same form when the same person opens its page. docs/decisions/0010-pages.md says why so.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from tornado.web import RequestHandler, create_signed_value, decode_signed_value

from tito.course.config import Course
from tito.grading.grader import course_secret
from tito.hub.pages.words import UNSEEN

KEPT_FOR: Final = timedelta(hours=1)
MOST: Final = 200
"""Forms that wait at once; with `LARGEST` it bounds the memory. One more takes the place of the oldest."""
LARGEST: Final = 64_000
"""Characters of one form."""
_COOKIE: Final = "tito-reader"
_PURPOSE: Final = b"tito reader of the pages, version 1"
_OURS: Final = UNSEEN | {"_xsrf", "after", "token", "drops", "student", "was"}
"""Fields that nobody types: the pages put them there, or the button that was pressed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was sent and not done: its target by name and path, and its fields."""

    action: str
    page: str
    place: Mapping[str, str]
    query: Mapping[str, str]
    """What the page's address asked for, where its form depends on it."""
    fields: Mapping[str, str]
    seen: str
    """What the page had shown when the form was made: sent with it, it tells of what somebody else changed since."""
    at: datetime

    def fills(self, query: Mapping[str, str]) -> bool:
        """Whether the page with this query has the form: publishing one student's grade is not publishing all."""
        return all(query.get(name, "") == value for name, value in self.query.items())


class Drafts:
    """At most one form for each person, the newest. Used by the event loop's thread alone, so it has no lock."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def keep(self, actor: str, draft: Draft) -> bool:
        """Keep a form; return False for one that is too large."""
        texts = (*draft.query.values(), *draft.fields, *draft.fields.values(), draft.seen)
        if sum(map(len, texts)) > LARGEST:
            return False
        self._drafts.pop(actor, None)
        self._drafts[actor] = draft
        if len(self._drafts) > MOST:
            del self._drafts[next(iter(self._drafts))]
        return True

    def of(self, actor: str, now: datetime) -> Draft | None:
        """Return the form that waits for this person."""
        draft = self._drafts.get(actor)
        if draft is not None and now - draft.at > KEPT_FOR:
            del self._drafts[actor]
            return None
        return draft

    def for_page(self, actor: str, page: str, place: Mapping[str, str], now: datetime) -> Draft | None:
        """Return the form that waits for this person on this page. It stays: a page may be opened twice."""
        draft = self.of(actor, now)
        return draft if draft is not None and (draft.page, draft.place) == (page, place) else None

    def sent(self, actor: str, action: str, place: Mapping[str, str]) -> None:
        """Forget the form: its author has sent it."""
        draft = self._drafts.get(actor)
        if draft is not None and (draft.action, draft.place) == (action, place):
            del self._drafts[actor]


def typed_fields(form: Mapping[str, str]) -> dict[str, str]:
    """Return what a person typed or chose."""
    return {name: value for name, value in form.items() if name not in _OURS}


def reader_key(course: Course) -> bytes:
    """Return the key of `remember_reader`: the same after a restart, which is what ends most sessions of `tito serve`.

    Raises TitoError when the course's secret cannot be read.
    """
    return hmac.digest(course_secret(course.paths.secret), _PURPOSE, "sha256")


def remember_reader(handler: RequestHandler, key: bytes, actor: str, path: str) -> None:
    """Note in this browser whom the pages are shown to, for `last_reader`. It lets nobody in."""
    value = create_signed_value(key, _COOKIE, actor).decode()
    handler.set_cookie(_COOKIE, value, path=path, httponly=True, samesite="Strict")


def last_reader(handler: RequestHandler, key: bytes) -> str | None:
    """Return whom this browser's pages were last shown to; None when the request comes from another site.

    A browser sends a strict cookie with no request that another site makes it send; the two headers say the same again.
    """
    host = handler.request.headers.get("Host", "").lower()
    if urlsplit(handler.request.headers.get("Origin", "")).netloc.lower() != host:
        return None
    if handler.request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return None
    found = decode_signed_value(key, _COOKIE, handler.get_cookie(_COOKIE), max_age_days=1)
    return None if found is None else found.decode()
