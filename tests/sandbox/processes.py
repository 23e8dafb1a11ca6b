"""Looks at processes through /proc, for tests."""

from __future__ import annotations

from pathlib import Path


def names(folder: str | Path) -> list[str]:
    """The sorted names in a folder."""
    return sorted(entry.name for entry in Path(folder).iterdir())


def parent_and_state(pid: int) -> tuple[int, str] | None:
    """The parent's id and the state letter of a process, None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), fields[0]


def descendants(root: int) -> list[int]:
    """All processes below `root`, nearest first; zombies too."""
    parents = {
        int(name): found[0] for name in names("/proc") if name.isdigit() and (found := parent_and_state(int(name)))
    }
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def is_running(pid: int) -> bool:
    found = parent_and_state(pid)
    return found is not None and found[1] not in "ZX"


def own_bytes(pid: int) -> int:
    """What a process holds in memory, shared memory too, without pages of files: those come and go by themselves."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    held = [int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:"))]
    assert len(held) == 2
    return sum(held)


def open_files(pid: int) -> int:
    return len(names(f"/proc/{pid}/fd"))
