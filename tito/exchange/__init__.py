"""nbgrader's exchange over HTTP: what students' servers and formgrader use instead of a folder that all can write to.

`configure(c)` in a config file that nbgrader reads puts every class of it in place.
"""

from __future__ import annotations

from typing import Any

_CLASSES = {
    "exchange": "tito.exchange.base.TitoExchange",
    "list": "tito.exchange.listing.ExchangeList",
    "fetch_assignment": "tito.exchange.fetching.ExchangeFetchAssignment",
    "fetch_feedback": "tito.exchange.fetching.ExchangeFetchFeedback",
    "submit": "tito.exchange.submitting.ExchangeSubmit",
    "collect": "tito.exchange.staff.ExchangeCollect",
    "release_assignment": "tito.exchange.staff.ExchangeReleaseAssignment",
    "release_feedback": "tito.exchange.staff.ExchangeReleaseFeedback",
}


def configure(c: Any, course_id: str) -> None:
    """Set nbgrader's options so that it exchanges with the hub's service."""
    c.CourseDirectory.course_id = course_id
    for name, path in _CLASSES.items():
        setattr(c.ExchangeFactory, name, path)
