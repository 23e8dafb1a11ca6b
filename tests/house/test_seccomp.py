"""The containers' seccomp profile is Docker's default of a named version, and one rule more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.house.repository import ROOT
from tools import seccomp


@pytest.fixture
def profile() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(seccomp.FILE.read_text(encoding="utf-8"))
    return found


def test_it_differs_from_dockers_default_by_the_calls_of_the_design(profile: dict[str, Any]) -> None:
    assert seccomp.meaning(seccomp.without_added(profile)) == seccomp.MEANING
    more = [rule for rule in profile["syscalls"] if rule == seccomp.added()]
    assert len(more) == 1
    assert set(more[0]["names"]) == {"unshare", "clone", "mount", "umount2", "pivot_root", "setns", "sethostname"}


def test_everything_else_is_refused_as_before(profile: dict[str, Any]) -> None:
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    always = {
        name
        for rule in profile["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW" and not rule.get("includes") and not rule.get("args")
        for name in rule["names"]
    }
    assert not always & {
        "bpf",
        "init_module",
        "kexec_load",
        "open_by_handle_at",
        "perf_event_open",
        "reboot",
        "userfaultfd",
    }
    assert {"landlock_create_ruleset", "seccomp", "pidfd_open"} <= always  # the sandbox's own layers


@pytest.mark.parametrize("wrong", ["another rule", "no rule"])
def test_a_changed_profile_is_found(
    profile: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    assert seccomp.main(["--check"]) == 0
    if wrong == "another rule":
        profile["syscalls"][0]["names"].append("bpf")
    else:
        del profile["syscalls"][-1]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(profile), encoding="utf-8")
    monkeypatch.setattr(seccomp, "FILE", changed)
    assert seccomp.main(["--check"]) == 1


def test_another_default_is_not_taken(tmp_path: Any) -> None:
    other = tmp_path / "default.json"
    other.write_text("{}", encoding="utf-8")
    assert seccomp.main([str(other)]) == 1


def test_its_source_and_licence_are_named() -> None:
    notice = (seccomp.FILE.parent / "NOTICE").read_text(encoding="utf-8")
    assert seccomp.VERSION in notice
    assert seccomp.SHA256 in notice
    assert (ROOT / "docker-compose.yml").read_text(encoding="utf-8").count("seccomp=deploy/seccomp/tito.json") == 1
