"""nbgrader's Assignment List on a student's server, told in the course's own words.

A server extension that takes the place of nbgrader's own `assignment_list_manager`: the same requests of the same user
interface, answered through the exchange. What goes wrong is told in a sentence instead of a traceback, an attempt's
line is its receipt in short, and `tito/assignments` has what `labextensions/tito-course` adds to the lines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.base.handlers import JupyterHandler
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList as Interface
from tornado.web import authenticated

from tito.exchange.client import URL_VARIABLE

Answer = dict[str, Any]
MANAGER: Final = "assignment_list_manager"
PACKAGE: Final = "tinytorch"
"""What `tito sync` exports, into the server's root folder."""


class AssignmentList(Interface):  # type: ignore[misc]  # nbgrader ships no types
    """What nbgrader's handlers call. There is one course, whatever `course_id` they were sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shown: dict[str, str] = {}
        """By assignment, what the list that was made last says of its terms."""
        self._untold: Answer | None = None

    def list_courses(self) -> Answer:
        """The one course; whether its service answers, the list of assignments will tell."""
        return self._carried_out(lambda config: [CourseDirectory(config=config).course_id])

    def list_assignments(self, course_id: str | None = None) -> Answer:
        """What is given out, and what was handed in; or the failure that nbgrader's handlers have not passed on."""
        untold, self._untold = self._untold, None
        return untold or self._carried_out(self._listed)

    def fetch_assignment(self, course_id: str, assignment_id: str) -> Answer:
        """Fetch it."""
        return self._told_by_the_list(self._do("FetchAssignment", assignment_id))

    def fetch_feedback(self, course_id: str, assignment_id: str) -> Answer:
        """Fetch what is published on all attempts at it."""
        return self._told_by_the_list(self._do("FetchFeedback", assignment_id))

    def submit_assignment(self, course_id: str, assignment_id: str) -> Answer:
        """Submit it."""
        return self._do("Submit", assignment_id)

    def _told_by_the_list(self, answer: Answer) -> Answer:
        """After a fetch, nbgrader's handler looks at no answer and lists: so the list is where a failure is told."""
        self._untold = None if answer["success"] else answer
        return answer

    def _listed(self, config: Any) -> list[Answer]:
        released = [self._from_root(one) for one in _exchange("List", config).start()]
        self.shown = {one["assignment_id"]: one["shown"] for one in released}
        config.ExchangeList.cached = True
        submitted = _exchange("List", config).start()
        for assignment in submitted:
            # The user interface shows an attempt's `timestamp` and uses it for nothing else.
            attempts = (self._from_root(one) | {"timestamp": one["shown"]} for one in assignment["submissions"])
            assignment["submissions"] = sorted(attempts, key=lambda one: int(one["attempt"]))
        return sorted(released, key=_name) + sorted(submitted, key=_name)

    def _from_root(self, one: Answer) -> Answer:
        """Say where files are as JupyterLab does: from its root folder."""
        for part in (one, *one["notebooks"]):
            for key in ("path", "local_feedback_path"):
                if part.get(key):
                    part[key] = os.path.relpath(part[key], self.root_dir)
        return one

    def _do(self, kind: str, assignment_id: str) -> Answer:
        def act(config: Any) -> None:
            config.CourseDirectory.assignment_id = assignment_id
            _exchange(kind, config).start()

        return self._carried_out(act)

    def _carried_out(self, act: Callable[[Any], object]) -> Answer:
        """Return what it returns, or what went wrong, as nbgrader's user interface wants to be told."""
        with self.get_assignment_dir_config() as config:
            # Nothing may be raised in here: nbgrader would stay in the folder that it changed to.
            try:
                return {"success": True, "value": act(config)}
            except ExchangeError as error:
                return {"success": False, "value": str(error)}
            except Exception:  # whoever clicked waits for an answer
                self.log.exception("the Assignment List could not do what was asked for")
                return {
                    "success": False,
                    "value": "Something is wrong on your server: its log says what. Tell the course's staff.",
                }


def _exchange(kind: str, config: Any) -> Any:
    return getattr(ExchangeFactory(config=config), kind)(
        coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
    )


def _name(one: Answer) -> str:
    return str(one["assignment_id"])


class Shown(JupyterHandler):
    """`GET tito/assignments`: the terms of each assignment as the list that was made last has them."""

    @authenticated
    def get(self) -> None:
        """Answer them, with the address of the page My checkpoints."""
        page = urlsplit(os.environ.get(URL_VARIABLE, "")).path.rstrip("/") + "/my"
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"shown": self.settings[MANAGER].shown, "page": page}))


def make_importable(package: Path) -> None:
    """Let kernels and terminals, which inherit the environment, import what `tito sync` exports. Raises OSError.

    What is on that path comes before the standard library, and people call their own files `queue.py` or `types.py`:
    no kernel would start beside one. So it is a folder with one name in it, a link to the package where that lies.
    """
    folder = Path(jupyter_data_dir()) / "tito" / "path"
    link = folder / package.name
    if not (link.is_symlink() and link.readlink() == package):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        link.unlink(missing_ok=True)
        link.symlink_to(package)
    paths = [os.environ.get("PYTHONPATH", ""), str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Take the place of nbgrader's manager: extensions are loaded by name, and `nbgrader...` comes before `tito...`."""
    try:
        make_importable(Path(server.root_dir) / PACKAGE)
    except OSError as error:  # a full disk, for one: the Assignment List has to be there
        server.log.warning("notebooks cannot import %s: %s", PACKAGE, error)
    manager = AssignmentList(parent=server)
    manager.root_dir = server.root_dir
    server.web_app.settings[MANAGER] = manager
    server.web_app.add_handlers(".*$", [(f"{server.web_app.settings['base_url']}tito/assignments", Shown)])
