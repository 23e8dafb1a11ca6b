"""The seccomp profile of the containers that grade is what its tool writes, and lets through nothing dangerous."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.house.repository import ROOT
from tito.sandbox.seccomp import reachable_numbers
from tito.sandbox.syscalls import architecture
from tools import seccomp

ALWAYS = {name for names in seccomp.ALLOWED.values() for name in names.split()}
# What has no business in a container, or was a way out of one.
DANGEROUS = """
bpf perf_event_open userfaultfd init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd open_by_handle_at add_key request_key keyctl io_uring_setup
iopl ioperm settimeofday clock_settime adjtimex acct quotactl syslog chroot fsopen fsmount move_mount open_tree
""".split()


def test_the_file_is_what_the_tool_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seccomp.main(["--check"]) == 0
    changed = tmp_path / "seccomp" / "tito.json"
    monkeypatch.setattr(seccomp, "FILE", changed)
    assert seccomp.main([]) == 0
    assert seccomp.main(["--check"]) == 0
    profile = json.loads(changed.read_text(encoding="utf-8"))
    profile["syscalls"][0]["names"].append("bpf")
    changed.write_text(json.dumps(profile), encoding="utf-8")
    assert seccomp.main(["--check"]) == 1


def test_everything_else_is_refused() -> None:
    profile = seccomp.profile()
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert not ALWAYS & set(DANGEROUS)
    assert {one["architecture"] for one in profile["archMap"]} == {"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"}
    assert not [one for one in profile["archMap"] if one["subArchitectures"]]


def test_no_call_stands_there_twice() -> None:
    names = [name for text in seccomp.ALLOWED.values() for name in text.split()]
    assert len(names) == len(set(names))


def test_whatever_the_sandbox_lets_a_worker_do_is_in_it() -> None:
    _, numbers = architecture()
    known = {number: name for name, number in numbers.items()}
    allowed = {known[number] for number in reachable_numbers(writing=True)}
    assert allowed - ALWAYS <= {"arch_prctl", "clone3"}


def test_the_two_containers_that_run_student_code_have_it() -> None:
    assert (ROOT / "docker-compose.yml").read_text(encoding="utf-8").count("seccomp=deploy/seccomp/tito.json") == 1
