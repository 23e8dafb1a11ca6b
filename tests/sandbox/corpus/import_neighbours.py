"""Imports what the grader has installed: the platform, the reference, other frameworks."""

# row: 19
# must: nothing gained
import importlib
import sys


def main(target):
    sys.path += target["python_path"]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    gained = []
    for name in (
        "msgpack",
        "pytest",
        "hypothesis",
        "nbgrader",
        "sqlalchemy",
        "torch",
        "scipy",
        "pip",
        "tinytorch_ref",
        "tito.grading",
        "tito.gradebook",
        "tito.course",
        "tito.sandbox.supervisor",
        "graders",
        "course_config",
    ):
        try:
            importlib.import_module(name)
            gained.append(name)
        except ImportError:
            pass
    return gained
