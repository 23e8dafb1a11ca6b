"""Changes mode, times, owner, attributes, length or name of files of ours without opening them."""

# row: 10
# must: nothing gained
import os

import numpy


def main(target):
    gained = []
    for path in (target["secret"], target["folder"], numpy.__file__, os.__file__, "/"):
        attempts = {
            "chmod": lambda: os.chmod(path, 0o777),
            "utime": lambda: os.utime(path, (0, 0)),
            "chown": lambda: os.chown(path, os.getuid(), os.getgid()),
            "truncate": lambda: os.truncate(path, 0),
            "unlink": lambda: os.unlink(path),
            "rmdir": lambda: os.rmdir(path),
            "rename": lambda: os.rename(path, path + "x"),
            "setxattr": lambda: os.setxattr(path, "user.x", b"1"),
            "link": lambda: os.link(path, "/tmp/x"),
        }
        for name, attempt in attempts.items():
            try:
                attempt()
                gained.append(f"{name} {path}")
            except OSError:
                pass
    return gained
