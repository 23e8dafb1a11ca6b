"""nbgrader's exchange over HTTP: what students' servers and formgrader use instead of a folder that all can write to.

`configure(c)` in a config file that nbgrader reads puts every class of it in place; `configure_server(c)` in one that
Jupyter reads completes the Assignment List.
"""

from __future__ import annotations

import os
from pathlib import Path
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


def configure_server(c: Any, course: str = "") -> None:
    """Set JupyterLab's options: the Assignment List in the course's words, formgrader where the course's folder is.

    `course` is that folder, for the servers of those who may release and collect. formgrader works below the server's
    own root alone, so that is the server's root, too. Where it cannot be written to, there is no formgrader.
    """
    formgrader = bool(course) and os.access(course, os.R_OK | os.W_OK | os.X_OK)
    if formgrader:
        c.ServerApp.root_dir = course
        # JupyterLab shows formgrader in a frame, which JupyterHub's default forbids. Students' servers are of the same
        # origin, but the hub opens none of them to an instructor, whom a page there could lead astray.
        c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
    c.ServerApp.jpserver_extensions = {
        "nbgrader.server_extensions.formgrader": formgrader,
        "nbgrader.server_extensions.course_list": False,
        "tito.exchange.assignment_list": True,
    }
    c.LabApp.extra_labextensions_path = [str(Path(__file__).resolve().parent / "labextensions")]
