"""docker-compose.yml fits the schema of compose files, and what it names is there.

No container engine is needed, so none is asked: that the image builds and serves is for a machine that has one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.repository import ROOT

FILE = ROOT / "docker-compose.yml"


def _fits_the_schema(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def services(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    assert document["services"]
    return dict(document["services"])


def test_fits_the_schema() -> None:
    run = _fits_the_schema(FILE)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_misspelt_key_does_not_fit(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    text = FILE.read_text(encoding="utf-8")
    wrong.write_text(text.replace("read_only:", "readonly:", 1), encoding="utf-8")
    assert wrong.read_text(encoding="utf-8") != text
    assert _fits_the_schema(wrong).returncode != 0


def test_what_it_builds_from_is_there(services: dict[str, dict[str, Any]]) -> None:
    builds = [service["build"] for service in services.values() if "build" in service]
    assert builds
    for build in builds:
        assert (ROOT / build["context"] / build["dockerfile"]).is_file()


def test_secrets_belong_to_whom_the_containers_run_as(services: dict[str, dict[str, Any]]) -> None:
    owner = {"TITO_UID": "${TITO_UID:-1000}", "TITO_GID": "${TITO_GID:-1000}"}
    stage = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").partition(" AS tito\n")[2].partition("\nFROM ")[0]
    assert all(f"ARG {name}=1000\n" in stage for name in owner)
    assert stage.count("1000") == len(owner), "no other number for a person"
    ours = [service for service in services.values() if service.get("build", {}).get("target") in ("tito", "hub")]
    assert len(ours) == 5
    for service in ours:
        assert service["build"]["args"] == owner
        assert service["user"] == ":".join(owner.values())


def test_no_service_has_more_rights_than_it_needs(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert not service.get("privileged", False), name
        assert service.get("network_mode") != "host", name
        assert service.get("cap_drop") == ["ALL"], name
        # The program of web's image is marked with this one, and is not started where it cannot be had.
        assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "web" else []), name
        assert "no-new-privileges:true" in service.get("security_opt", []), name
        # The proxy of Docker's socket has to be able to use it; `student` is only built, and the hub says who runs it.
        assert "user" in service or name in ("docker", "student"), name
        mounted = [str(volume) for volume in service.get("volumes", [])]
        assert not [volume for volume in mounted if "docker.sock" in volume] or name == "docker", name


def test_student_code_meets_no_token_and_no_other_network_than_the_databases(
    services: dict[str, dict[str, Any]], document: dict[str, Any]
) -> None:
    sandboxed = {name for name, service in services.items() if any("seccomp" in one for one in service["security_opt"])}
    assert sandboxed == {"grader", "tito"}
    for name in sandboxed:
        assert services[name]["networks"] == ["data"], name
        mounted = [str(volume) for volume in services[name]["volumes"]]
        assert not [volume for volume in mounted if "hub-" in volume or "shared-" in volume], name
        assert "env_file" not in services[name], name
    assert all(document["networks"][name]["internal"] for name in ("data", "docker", "students"))


@pytest.mark.parametrize("name", ["service", "grader", "tito"])
def test_who_meets_what_students_wrote_sees_no_settings_of_the_hub(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    binds = {one["target"]: one for one in services[name]["volumes"] if isinstance(one, dict)}
    assert (binds["/course/.env"]["source"], binds["/course/.env"]["read_only"]) == ("/dev/null", True)
    (over_hub,) = [one for one in services[name]["tmpfs"] if one.startswith("/course/hub:")]
    assert "ro" in over_hub.partition(":")[2].split(",")
    if name != "tito":  # which makes releases and exports
        assert "/course" not in [str(one).split(":")[1] for one in services[name]["volumes"] if isinstance(one, str)]
        writable = {target for target, one in binds.items() if not one.get("read_only")}
        assert writable == {"/course/.tito", "/course/autograded"}
        # Docker would make a folder that is missing, and it would be root's.
        assert not [target for target in writable if binds[target]["bind"]["create_host_path"]]


def test_whoever_is_told_of_the_database_waits_for_it(services: dict[str, dict[str, Any]]) -> None:
    told = [name for name, service in services.items() if "TITO_DATABASE_URL" in service.get("environment", {})]
    assert sorted(told) == ["grader", "hub", "service", "tito"]
    for name in told:
        assert services[name]["depends_on"]["database"] == {"condition": "service_healthy"}, name


def test_grading_gives_way_to_whoever_submits(services: dict[str, dict[str, Any]]) -> None:
    engines_default = 1024
    shares = {name: service.get("cpu_shares", engines_default) for name, service in services.items()}
    assert shares.pop("grader") < min(shares.values())


def test_only_the_reverse_proxy_has_ports(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["web"]


def test_what_it_speaks_of_is_declared(services: dict[str, dict[str, Any]], document: dict[str, Any]) -> None:
    for name, service in services.items():
        assert set(service.get("networks", [])) <= set(document["networks"]), name
        assert set(service.get("depends_on", [])) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.partition(":")[0]
            made = source in document["volumes"] or source == "./.tito"  # by whoever installs it
            assert made or source.startswith("/var/run/") or (ROOT / source).exists(), volume


def test_every_image_of_others_names_a_version(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        image = service["image"]
        assert image.endswith(":local") == ("build" in service), name
        assert "@sha256:" in image or image.partition(":")[2][:1].isdigit() or image.endswith(":local"), name


def test_no_secret_is_in_the_repository(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if any(word in key for word in ("PASSWORD", "SECRET", "TOKEN", "KEY")):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.startswith("/run/tito/"), f"{name}: {key}"
    example = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    assert "TITO_OIDC_CLIENT_SECRET=\n" in example


def test_what_runs_for_long_says_whether_it_is_well(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" in service} == {"database", "hub", "service"}


def stages() -> dict[str, str]:
    """The Dockerfile's text by the name of the image that it makes."""
    parts = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[1:]
    return {part.partition("\n")[0].rpartition(" AS ")[2]: part for part in parts}


def test_every_target_that_is_built_is_there(services: dict[str, dict[str, Any]]) -> None:
    targets = {service["build"]["target"] for service in services.values() if "build" in service}
    assert targets == {"tito", "hub", "student"} <= stages().keys()


@pytest.mark.parametrize(("stage", "lock"), [("wheel", "dev"), ("student", "hub"), ("tito", "deploy")])
def test_the_images_are_built_from_the_locks(stage: str, lock: str) -> None:
    text = stages()[stage]
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert f"requirements/{lock}.txt" in text
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert "--only-binary :all:" in installs[0]


def test_no_image_runs_as_root_or_takes_more_than_it_names() -> None:
    for name, text in stages().items():
        lines = [line.strip() for line in text.splitlines()]
        assert ":latest" not in lines[0], name
        assert not [line for line in lines if line.startswith("ADD ") or line == "COPY . ."], name
        if name in ("student", "tito"):  # `hub` is made from `tito`
            user = "1000:1000" if name == "student" else "$TITO_UID:$TITO_GID"
            assert [line for line in lines if line.startswith("USER ")] == [f"USER {user}"], name
        if "apt-get install" in text:
            assert "--no-install-recommends" in text, name
            assert "rm -rf /var/lib/apt/lists/*" in text, name


def test_what_the_images_copy_is_let_through() -> None:
    allowed = [
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    ]
    copied = [
        source
        for text in stages().values()
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert [one for one in allowed if source == one or source.startswith(f"{one}/")], source
