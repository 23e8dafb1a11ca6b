"""Replaces modules, import hooks and the package's own modules by objects that do something else."""

# cell: shout
# earned: 60
# failed: test_shout_refuses

import builtins
import sys
import types


class Module(types.ModuleType):
    def __getattr__(self, name):
        raise SystemExit(name)


for name in (
    "tinytorch",
    "tinytorch.core",
    "tinytorch.core.setup",
    "tito",
    "tito.checks",
    "scenarios",
    "numpy",
    "json",
):
    sys.modules[name] = Module(name)
sys.meta_path.clear()
builtins.__import__ = lambda *ignored, **options: Module("nothing")
__name__ = "__main__"
__builtins__ = {}


def shout(text):
    return text.upper()
