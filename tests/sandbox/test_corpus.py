"""Every hostile program gets its verdict at both tiers, touches nothing outside, and harms no later worker."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.sandbox.conftest import ISOLATED, SMALL, GetSandbox
from tests.sandbox.processes import names
from tests.sandbox.programs import program
from tito.course.limits import Limits
from tito.sandbox import layout, seccomp
from tito.sandbox.program import Call, Died, Opaque, Raised, Reply, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier

CORPUS = Path(__file__).parent / "corpus"
PROGRAMS = sorted(path.stem for path in CORPUS.glob("*.py"))
SECRET = "the hidden tests"
ROWS_OF_THE_SANDBOX = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20}


@dataclass(frozen=True)
class Hostile:
    """One file of the corpus and what its header says."""

    source: str
    row: int
    must: dict[Tier, str]
    within: float
    limits: Limits

    @classmethod
    def read(cls, name: str) -> Hostile:
        source = (CORPUS / f"{name}.py").read_text(encoding="utf-8")
        header = dict(re.findall(r"^# (\w+): (.+)$", source, re.MULTILINE))
        limits = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", header.get("limits", ""))}
        must = {tier: header.get(tier.label, header["must"]) for tier in ISOLATED}
        return cls(source, int(header["row"]), must, float(header.get("within", 30)), replace(SMALL, **limits))


@dataclass
class Outside:
    """What lies around the sandbox and must stay as it is."""

    folder: Path
    listener: socket.socket

    @property
    def secret(self) -> Path:
        return self.folder / "secret.txt"

    def state(self) -> tuple[object, ...]:
        look = self.secret.stat()
        shared = {name for place in ("/tmp", "/dev/shm", "/var/tmp") for name in names(place) if "tito-attack" in name}
        return (
            self.secret.read_text(),
            look.st_mode,
            look.st_mtime_ns,
            look.st_ctime_ns,
            names(self.folder),
            shared,
        )

    def called(self) -> bool:
        try:
            self.listener.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    (tmp_path / "secret.txt").write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Outside(tmp_path, listener)


def target(outside: Outside, sandbox: Sandbox, tier: Tier) -> dict[str, object]:
    return {
        "secret": str(outside.secret),
        "folder": str(outside.folder),
        "checkout": str(Path(__file__).parents[2]),
        "python": layout.discover().executable,
        "python_path": [path for path in sys.path if path],
        "pids": [os.getpid(), sandbox.pid],
        "port": outside.listener.getsockname()[1],
        "allowed_calls": seccomp.reachable_numbers(writing=tier is Tier.NAMESPACES),
    }


def verdict_of(reply: Reply) -> str:
    """The reply in the words of the headers."""
    if isinstance(reply, Died):
        return reply.verdict.value
    if isinstance(reply, Raised):
        return f"raised {reply.type}"
    if isinstance(reply, Returned):
        if reply.value == []:
            return "nothing gained"
        return "opaque" if type(reply.value) is Opaque else f"gained {reply.value!r}"
    return f"missing {reply.name}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program(name: str, isolated_tier: Tier, sandbox_at: GetSandbox, outside: Outside) -> None:
    hostile = Hostile.read(name)
    sandbox = sandbox_at(isolated_tier, hostile.limits)
    expected = "expected-value-" + os.urandom(16).hex()
    with sandbox.start(program("pass")):
        before, zygote = outside.state(), sandbox.pid

    with sandbox.start(program(hostile.source)) as worker:
        assert worker.load.died is None
        assert not worker.load.errors
        call = Call("run", (target(outside, sandbox, isolated_tier),))
        reply, then = worker.run([call, call], wall_seconds=hostile.within)

    assert verdict_of(reply) == hostile.must[isolated_tier]
    assert not isinstance(reply, Died) or (isinstance(then, Died) and not then.ran)
    assert expected not in repr(reply)
    assert outside.state() == before
    assert not outside.called()
    assert sandbox.pid == zygote, "the zygote did not survive"
    assert_well(sandbox)


def assert_well(sandbox: Sandbox) -> None:
    """The next worker computes what is right and finds nothing of the one before."""
    look = """
        import os, random
        import numpy as np

        def names(folder):
            try:
                return os.listdir(folder)
            except OSError:
                return []

        def main():
            left = [name for folder in ("/tmp", "/dev/shm", ".") for name in names(folder) if "attack" in name]
            patched = hasattr(np, "tito_attack_left") or hasattr(random, "tito_attack_left")
            return [left, patched, np.ones(3, np.float32) @ np.ones(3, np.float32)]
    """
    with sandbox.start(program(look)) as worker:
        (reply,) = worker.run([Call("run")], wall_seconds=20)
    assert isinstance(reply, Returned), reply
    assert isinstance(reply.value, list)
    assert reply.value[:2] == [[], False]
    assert reply.value[2] == 3.0


def test_every_row_of_the_sandbox_has_a_program() -> None:
    assert {Hostile.read(name).row for name in PROGRAMS} == ROWS_OF_THE_SANDBOX


def test_the_programs_succeed_where_nothing_holds_them(sandbox_at: GetSandbox, outside: Outside) -> None:
    """The corpus can tell: without isolation the same programs do gain something."""
    sandbox = sandbox_at(Tier.NONE)
    for name in ("read_secrets", "read_proc", "network", "forbidden_calls"):
        hostile = Hostile.read(name)
        told = target(outside, sandbox, Tier.NONE)
        if name == "forbidden_calls":
            told["allowed_calls"] = [n for n in range(600) if n not in (110, 173)]  # getppid, by architecture
            hostile = replace(hostile, source=hostile.source.replace("0x40000000, 0x40000000 + 600", "0"))
        with sandbox.start(program(hostile.source)) as worker:
            (reply,) = worker.run([Call("run", (told,))], wall_seconds=30)
        assert verdict_of(reply).startswith("gained"), name
