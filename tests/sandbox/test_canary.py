"""Secrets of the trusted side are found nowhere in the memory of the processes around a student's code."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.sandbox.conftest import SMALL
from tests.sandbox.processes import descendants
from tests.sandbox.programs import program
from tito.sandbox.program import Call, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier


def contents(pid: int) -> bytes:
    """Everything that a process holds: readable memory, environment, command line."""
    found = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("environ", "cmdline")]
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            start, end = (int(part, 16) for part in place.split("-"))
            if rights[0] != "r" or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            memory.seek(start)
            while start < end and (data := memory.read(min(end - start, 1 << 24))):
                found.append(data)
                start += len(data)
    return b"".join(found)


def test_secrets_stay_on_the_trusted_side(isolated_tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        place: f"canary-{os.urandom(16).hex()}" for place in ("environment", "memory", "expected value", "argument")
    }
    monkeypatch.setenv("TITO_CANARY", secrets["environment"])
    expected = np.frombuffer(secrets["expected value"].encode(), np.uint8).copy()
    held = [secrets["memory"].encode(), expected]
    source = "kept = []\ndef main(text):\n    kept.append(text)\n    return text"
    with Sandbox(isolated_tier, SMALL) as sandbox, sandbox.start(program(source)) as worker:
        (reply,) = worker.run([Call("run", (secrets["argument"],))], wall_seconds=20)
        assert reply == Returned(secrets["argument"])
        family = [sandbox.pid, *descendants(sandbox.pid)]
        assert len(family) == (4 if isolated_tier is Tier.NAMESPACES else 2)  # bubblewrap twice, zygote, worker
        seen = {}
        for pid in family:
            try:
                seen[pid] = contents(pid)
            except PermissionError:  # a worker that is not dumpable, looked at by an ordinary user
                assert pid == family[-1]
                assert os.getuid() != 0
    assert len(held) == 2
    for pid, content in seen.items():
        assert len(content) > 1 << 16
        for place in ("environment", "memory", "expected value"):
            assert secrets[place].encode() not in content, f"{place} in process {pid}"
    # The search can find: what was sent to the worker is in it, and in none of the others.
    if family[-1] in seen:
        assert [pid for pid in seen if secrets["argument"].encode() in seen[pid]] == [family[-1]]


def test_the_search_finds_what_is_there() -> None:
    secret = f"canary-{os.urandom(16).hex()}".encode()
    assert secret in contents(os.getpid())
