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
def services() -> dict[str, dict[str, Any]]:
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
    assert found
    return dict(found)


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


def test_no_service_has_more_rights_than_it_needs(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert not service.get("privileged", False), name
        assert service.get("network_mode") != "host", name
        assert service.get("cap_drop") == ["ALL"], name
        assert service.get("cap_add", []) == [], name
        assert "no-new-privileges:true" in service.get("security_opt", []), name
        mounted = [str(volume) for volume in service.get("volumes", [])]
        assert not [volume for volume in mounted if "docker.sock" in volume], name


def test_the_image_is_built_from_the_lock() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in dockerfile
    assert "requirements/lock.txt" in dockerfile
    assert "USER " in dockerfile
