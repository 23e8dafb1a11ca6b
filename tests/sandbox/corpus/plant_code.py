"""Writes code where the next interpreter would import it."""

# row: 10
# must: nothing gained
import os
import sysconfig

import numpy


def main(target):
    gained = []
    home = os.path.dirname(numpy.__path__[0])
    places = [numpy.__path__[0], home, sysconfig.get_paths()["stdlib"], os.path.dirname(os.__file__), target["folder"]]
    for folder in places:
        for name in ("sitecustomize.py", "usercustomize.py", "conftest.py", "x.pth", "pytest.ini", "numpy.py", "os.py"):
            for flags in (os.O_CREAT | os.O_EXCL | os.O_WRONLY, os.O_WRONLY, os.O_RDONLY | os.O_TRUNC):
                try:
                    os.open(f"{folder}/{name}", flags)
                    gained.append(f"{folder}/{name} {flags}")
                except OSError:
                    pass
        try:
            os.mkdir(f"{folder}/planted")
            gained.append(f"{folder}/planted")
        except OSError:
            pass
    return gained
