"""Writes the hub's configuration into a folder: for the hub itself, and for the students' servers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from jinja2 import Environment, StrictUndefined

from tito.course.course import Course
from tito.errors import TitoError
from tito.notebooks.files import write_atomically

CONFIG = "jupyterhub_config.py"
Auth = Literal["own", "oidc", "lti"]
"""Who says who somebody is: what the operator writes, OpenID Connect, or a learning management system (LTI 1.3)."""
Servers = Literal["own", "docker"]
"""Where servers run: what the operator writes, or a container for each person, as docker-compose.yml has it."""
_OFF_FOR_STAFF = (
    "@jupyter/nbgrader:course-list",
    "@jupyterlab/apputils-extension:announcements",  # asks every person whether it may fetch news from elsewhere
)
_OFF_FOR_STUDENTS = ("@jupyter/nbgrader:formgrader", "@jupyter/nbgrader:create-assignment", *_OFF_FOR_STAFF)
"""In the browser; `configure_server` switches off what the server has of it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where on this machine each part listens."""

    port: int = 8000
    hub_port: int = 8081
    proxy_port: int = 8001
    service_port: int = 10101


def write_config(
    folder: Path,
    course: Course,
    *,
    staff: Sequence[str],
    graders: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ports: Ports = Ports(),
    demo_password: str | None = None,
    proxy_command: Sequence[str] = (),
    auth: Auth = "own",
    servers: Servers = "own",
) -> Path:
    """Write the configuration and return its path. With `demo_password`, one for trying out, whatever `auth` says.

    Secrets are not in it: it reads them from the environment when the hub starts.

    `staff` do everything; `graders` are those of each section. They are names of hub users.

    Raises TitoError when there is one already: it is the operator's.
    """
    target = folder / CONFIG
    if target.exists():
        raise TitoError(
            "there is a configuration already; nothing was changed",
            where=str(target),
            next_step="change it by hand, or name another folder",
        )
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701  (Python, not HTML; every value goes through tojson)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": True}
    environment.filters["tojson"] = json.dumps  # Jinja's own writes for HTML
    text = resources.files("tito.hub").joinpath(f"templates/{CONFIG}.j2").read_text(encoding="utf-8")
    rendered = environment.from_string(text).render(
        title=course.title.replace('"""', "").replace("\\", ""),
        course=course.root,
        course_id=course.course_id,
        staff=[name.lower() for name in staff],
        graders={section: [name.lower() for name in names] for section, names in graders.items()},
        host="127.0.0.1",
        auth=auth if demo_password is None else "demo",
        servers=servers,
        password=demo_password,
        proxy_command=list(proxy_command),
        **asdict(ports),
    )
    folder.mkdir(parents=True, exist_ok=True)
    _write_servers(folder, course)
    write_atomically(target, rendered.encode(), mode=0o600)
    return target


def _write_servers(folder: Path, course: Course) -> None:
    """What Jupyter reads in each server, of students and of staff: the exchange, and which extensions are on."""
    for side, root, off in (("student", "", _OFF_FOR_STUDENTS), ("staff", str(course.root), _OFF_FOR_STAFF)):
        options = f"configure(get_config(), {json.dumps(course.course_id)})  # noqa: F821  (given by traitlets)\n"
        if root:
            options += f"get_config().CourseDirectory.root = {json.dumps(root)}  # noqa: F821\n"
        files = {
            "nbgrader_config.py": '"""nbgrader on a server of the hub: the exchange is the hub\'s service."""\n\n'
            f"from tito.exchange import configure\n\n{options}",
            "jupyter_server_config.py": '"""JupyterLab on a server of the hub."""\n\n'
            "from tito.exchange import configure_server\n\n"
            f"configure_server(get_config(), {json.dumps(root)})  # noqa: F821  (given by traitlets)\n",
            "labconfig/page_config.json": json.dumps({"disabledExtensions": dict.fromkeys(off, True)}, indent=2),
        }
        for name, text in files.items():
            path = folder / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())


def find_proxy(root: Path) -> list[str]:
    """Return the command of configurable-http-proxy. Raises TitoError when it is not installed."""
    local = root / ".cache" / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
    found = str(local) if local.is_file() else shutil.which("configurable-http-proxy")
    if found is None:
        raise TitoError(
            "JupyterHub's proxy is not installed",
            expected="configurable-http-proxy on the PATH",
            next_step="`make hub` installs it, or `npm install -g configurable-http-proxy` (it needs Node.js)",
        )
    return [found]
