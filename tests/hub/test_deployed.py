"""The configuration for a real course: JupyterHub takes it, secrets come from the environment, rights are the least."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from tests.grading import mini
from tito.errors import TitoError
from tito.gradebook import Gradebook
from tito.gradebook.services.roster import RosterEntry, import_roster
from tito.hub.configure import Auth, Servers, write_config
from tito.hub.names import Names
from tito.hub.secrets import make_secrets
from tito.hub.settings import setting

ROOT = Path(__file__).resolve().parents[2]
OIDC = {
    "TITO_HUB_URL": "https://hub.example.edu/",
    "TITO_OIDC_CLIENT_ID": "tito",
    "TITO_OIDC_CLIENT_SECRET": "s3cret-of-the-provider",
    "TITO_OIDC_AUTHORIZE_URL": "https://id.example.edu/authorize",
    "TITO_OIDC_TOKEN_URL": "https://id.example.edu/token",
    "TITO_OIDC_USERINFO_URL": "https://id.example.edu/userinfo",
}
LTI = {
    "TITO_LTI_ISSUER": "https://lms.example.edu",
    "TITO_LTI_CLIENT_ID": "one two",
    "TITO_LTI_AUTHORIZE_URL": "https://lms.example.edu/authorize",
    "TITO_LTI_JWKS_URL": "https://lms.example.edu/jwks",
}
# What the hub does with the file when it starts: read it and import every class that it names.
LOADED = """
import asyncio, json, sys
from jupyterhub.app import JupyterHub
app = JupyterHub()
app.load_config_file(sys.argv[1])
authenticator = app.authenticator_class(parent=app)
_, _, kind, *_ = app.authenticator_class.__mro__  # ours, what asks the roster, and whose options it has
spawner = app.spawner_class
unknown = [
    f"{section}.{name}"
    for section, owner in (
        ("JupyterHub", JupyterHub), (spawner.__name__, spawner), ("Spawner", spawner),
        (kind.__name__, kind), ("Authenticator", app.authenticator_class),
    )
    for name in app.config.get(section, {}) if name not in owner.class_trait_names()
]
wanted = {}
for name in app.config.get(kind.__name__, {}):
    wanted[name] = getattr(authenticator, name)
print(json.dumps({
    "authenticator": kind.__name__,
    "spawner": spawner.__name__,
    "unknown": unknown,
    "options": wanted,
    "allowed": [name for name in ("ana", "ira", "eve") if asyncio.run(authenticator.check_allowed(name, {}))],
    "options_that_allow": [
        name for name in authenticator.traits(config=True) if name.startswith("allow") and getattr(authenticator, name)
    ],
    "refresh": [authenticator.auth_refresh_age, authenticator.refresh_pre_spawn],
    "roles": app.load_roles,
    "scopes": app.config.Spawner.get("server_token_scopes", []),
    "services": app.services,
    "pkce": app.config.JupyterHub.get("oauth_require_pkce"),
    "has_pkce": "oauth_require_pkce" in JupyterHub.class_trait_names(),
    "limits": [app.config.Spawner.get("mem_limit"), app.config.Spawner.get("cpu_limit")],
    "docker": {name: value for name, value in app.config.get("DockerSpawner", {}).items()},
}, default=lambda value: sorted(value) if isinstance(value, (set, frozenset)) else str(value)))
"""


def write(tmp_path: Path, auth: str, servers: str) -> Path:
    course = mini.build(tmp_path / "course")
    with Gradebook.open(course.database_url, create=True) as book, book.begin("instructor:ira") as work:
        import_roster(work, [RosterEntry("Ana", "Ana Lovelace")])
    return write_config(tmp_path / "hub", course, staff=["Ira"], auth=cast(Auth, auth), servers=cast(Servers, servers))


def load(config: Path, values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(config.parent), **values}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED, str(config)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def in_containers(tmp_path: Path) -> dict[str, str]:
    make_secrets(tmp_path / "secrets")
    return {
        "TITO_COOKIE_SECRET_FILE": str(tmp_path / "secrets" / "hub" / "cookie-secret"),
        "TITO_SERVICE_TOKEN_FILE": str(tmp_path / "secrets" / "shared" / "service-token"),
    }


@pytest.mark.parametrize("servers", ["own", "docker"])
@pytest.mark.parametrize(
    ("auth", "values", "name"), [("oidc", OIDC, "GenericOAuthenticator"), ("lti", LTI, "LTI13Authenticator")]
)
def test_jupyterhub_takes_it(
    tmp_path: Path, in_containers: dict[str, str], auth: str, values: dict[str, str], name: str, servers: str
) -> None:
    config = write(tmp_path, auth, servers)
    run = load(config, values | in_containers)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    names = Names(_course_id(tmp_path))
    assert found["authenticator"] == name
    assert found["unknown"] == []
    assert found["allowed"] == ["ana", "ira"]
    assert found["options_that_allow"] == []
    assert found["refresh"] == [300, True]
    assert found["limits"] == ["2G", 2]
    assert found["pkce"] is (True if found["has_pkce"] else None)
    roles = {role["name"]: role for role in found["roles"]}
    assert roles["tito-student"]["scopes"] == [names.submit, "access:services!service=tito"]
    assert roles["tito-service"]["scopes"] == [f"groups!group={names.students}"]
    assert roles["idle-culler"]["scopes"] == ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    assert set(roles) == {"tito-student", "tito-staff", "tito-section-grader", "tito-service", "idle-culler"}
    services = [service["name"] for service in found["services"]]
    assert services == (["tito", "idle-culler"] if servers == "docker" else ["tito", "tito-grader", "idle-culler"])
    text = config.read_text(encoding="utf-8")
    for secret in ("s3cret", "password", "--allow-root", *(Path(p).read_text() for p in in_containers.values())):
        assert secret not in text, secret


def _course_id(tmp_path: Path) -> str:
    from tito.course.config import load_course

    return load_course(tmp_path / "course").course_id


def test_openid_connect_uses_pkce_and_comes_back_to_the_hub(tmp_path: Path, in_containers: dict[str, str]) -> None:
    options = json.loads(load(write(tmp_path, "oidc", "docker"), OIDC | in_containers).stdout)["options"]
    assert options["enable_pkce"] is True
    assert options["oauth_callback_url"] == "https://hub.example.edu/hub/oauth_callback"
    assert options["client_secret"] == OIDC["TITO_OIDC_CLIENT_SECRET"]


def test_lti_takes_several_clients(tmp_path: Path, in_containers: dict[str, str]) -> None:
    options = json.loads(load(write(tmp_path, "lti", "docker"), LTI | in_containers).stdout)["options"]
    assert options["client_id"] == ["one", "two"]


def test_a_container_of_a_person_has_no_rights(tmp_path: Path, in_containers: dict[str, str]) -> None:
    found = json.loads(load(write(tmp_path, "oidc", "docker"), OIDC | in_containers).stdout)
    assert found["spawner"] == "DockerSpawner"
    assert found["docker"]["extra_host_config"] == {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": 512,
    }
    assert found["docker"]["volumes"] == {"tito-home-{username}": "/home/student"}


@pytest.mark.parametrize("missing", ["TITO_OIDC_CLIENT_SECRET", "TITO_HUB_URL", "TITO_SERVICE_TOKEN_FILE"])
def test_a_hub_without_a_secret_does_not_start(tmp_path: Path, in_containers: dict[str, str], missing: str) -> None:
    values = {name: value for name, value in (OIDC | in_containers).items() if name != missing}
    run = load(write(tmp_path, "oidc", "docker"), values)
    assert run.returncode != 0
    assert f"the hub needs {missing.removesuffix('_FILE')}" in run.stderr


def test_a_setting_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    monkeypatch.setenv("TITO_X_FILE", str(file))
    with pytest.raises(TitoError, match="TITO_X_FILE cannot be read"):
        setting("TITO_X")
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(TitoError, match="is empty"):
        setting("TITO_X")
    file.write_text(" value\n", encoding="utf-8")
    assert setting("TITO_X") == "value"
    monkeypatch.setenv("TITO_X", "nearer")
    assert setting("TITO_X") == "nearer"
    assert setting("TITO_Y", "default") == "default"


def test_secrets_are_made_once_and_for_those_who_need_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = make_secrets(folder)
    before = {name: (folder / name).read_text(encoding="ascii") for name in made}
    assert len(set(before.values())) == len(made) == 5
    assert before["database/pgpass"] == f"*:*:*:*:{before['database/password']}\n"
    assert {name: (folder / name).stat().st_mode & 0o777 for name in made} == {
        "hub/cookie-secret": 0o400,
        "hub/crypt-key": 0o400,
        "shared/service-token": 0o400,
        "database/password": 0o440,
        "database/pgpass": 0o400,
    }
    (folder / "hub" / "crypt-key").unlink()
    assert make_secrets(folder) == ["hub/crypt-key"]
    assert (folder / "database" / "password").read_text(encoding="ascii") == before["database/password"]
    assert sorted(path.name for path in folder.glob("*/*")) == sorted(name.rpartition("/")[2] for name in made)
