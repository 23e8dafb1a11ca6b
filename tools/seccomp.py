"""Write deploy/seccomp/tito.json from Docker's default profile; with `--check`, only say whether it is current.

    python tools/seccomp.py DEFAULT.json
    python tools/seccomp.py --check

DEFAULT.json is profiles/seccomp/default.json of the version below (in Debian: golang-github-docker-docker-dev, the
version that its name carries). What is added is what bubblewrap calls to make a sandbox without a capability; the
kernel still asks for the capability in the namespace that a call is about, and only a new user namespace gives one.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "deploy" / "seccomp" / "tito.json"
VERSION = "20.10.24+dfsg1-1+deb12u1"
SHA256 = "e5e91f884647e7332b3f89280777752f563df4f1372a186f14ddb7bf2f55cf61"
"""Of Docker's file as it is."""
MEANING = "af8fcb4cc4e869779f98c0dfb49ac6420c8ffc95cbdf5846bcfd93489b4b24c0"
"""SHA-256 of what Docker's file says, whatever its white space: `meaning` below."""
ADDED = ("clone", "mount", "pivot_root", "sethostname", "setns", "umount2", "unshare")


def meaning(profile: dict[str, Any]) -> str:
    """Return the SHA-256 of a profile written in one way."""
    return hashlib.sha256(json.dumps(profile, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def added() -> dict[str, Any]:
    """Return the one rule that is added."""
    return {
        "names": list(ADDED),
        "action": "SCMP_ACT_ALLOW",
        "args": [],
        "comment": "Tito: what bubblewrap needs to make a sandbox in a user namespace of its own",
        "includes": {},
        "excludes": {},
    }


def without_added(profile: dict[str, Any]) -> dict[str, Any]:
    """Return the profile that ours was made from."""
    return {**profile, "syscalls": [rule for rule in profile["syscalls"] if rule != added()]}


def main(arguments: list[str]) -> int:
    """Write the file, or check it; 1 when it is not what it should be."""
    if arguments == ["--check"]:
        profile = json.loads(FILE.read_text(encoding="utf-8"))
        right = meaning(without_added(profile)) == MEANING and profile["syscalls"][-1] == added()
        print("current" if right else f"{FILE.name} is not Docker's default of {VERSION} with what Tito adds")
        return 0 if right else 1
    if len(arguments) != 1:
        print(__doc__)
        return 2
    content = Path(arguments[0]).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        print(f"this is not the default profile of Docker {VERSION}")
        return 1
    profile = json.loads(content)
    profile["syscalls"].append(added())
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(profile, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
