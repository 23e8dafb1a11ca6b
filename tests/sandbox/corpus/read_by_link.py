"""Reaches for the secret around the corner: links, /proc/self/root, descriptors of folders, parents of the root."""

# row: 1
# must: nothing gained
import os


def main(target):
    secret = target["secret"]
    ways = [
        f"/proc/self/root{secret}",
        f"/proc/1/root{secret}",
        f"/../../..{secret}",
        f"/proc/self/cwd/../../..{secret}",
    ]
    for link in ("/tmp/link", "link"):
        for make in (os.symlink, os.link):
            try:
                make(secret, link)
                ways.append(link)
            except OSError:
                pass
    gained = []
    for way in ways:
        try:
            with open(way, "rb") as file:
                gained.append(f"{way}: {file.read(20)!r}")
        except OSError:
            pass
    try:
        root = os.open("/", os.O_PATH)
        with open(os.open(secret.lstrip("/"), os.O_RDONLY, dir_fd=root), "rb") as file:
            gained.append(repr(file.read(20)))
    except OSError:
        pass
    return gained
