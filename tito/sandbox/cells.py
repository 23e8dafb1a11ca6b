"""A notebook's test cell as a scenario: what its checks would have looked at, recorded instead of judged.

Runs inside the sandbox: standard library and NumPy only.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tito.sandbox import codec
from tito.sandbox.messages import MAX_TEXT
from tito.sandbox.package import MemoryImporter, Package, describe

Record = list[Any]


class _Recorder:
    """Stands for `check` and `check_raises` while one cell runs."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def check(self, got: object, expected: object, what: str = "", **options: object) -> None:
        """Note the value; `expected` is judged elsewhere."""
        self.records.append([str(what)[:MAX_TEXT], _as_of_now(got)])

    def check_raises(
        self, errors: object, function: Callable[[], object], what: str = "", *, mentions: object = ()
    ) -> None:
        """Call the function and note what it raised."""
        try:
            function()
        except NotImplementedError:
            raise  # not written yet, which is another answer than a wrong one
        except Exception as error:  # noqa: BLE001 - noting it is the point
            kind, message = describe(error)
            wanted = errors if isinstance(errors, tuple) else (errors,)
            kind = next((one.__name__ for one in wanted if isinstance(error, one)), kind)
            self.records.append([str(what)[:MAX_TEXT], f"raised {kind}: {message}"])
        else:
            self.records.append([str(what)[:MAX_TEXT], "nothing was raised"])


def _as_of_now(value: Any, depth: int = 0) -> Any:
    """Copy arrays and plain containers: what the cell changes later must not change the record."""
    if type(value) is np.ndarray:
        return value.copy()
    if depth < codec.MAX_DEPTH and type(value) in (list, tuple):
        return [_as_of_now(item, depth + 1) for item in value]
    if depth < codec.MAX_DEPTH and type(value) is dict:
        return {key: _as_of_now(item, depth + 1) for key, item in value.items()}
    return value


_recorder = _Recorder()


def install(importer: MemoryImporter) -> None:
    """Make `from tito.checks import check, check_raises` give the recorders."""
    importer.found.pop("tito", None)
    checks = importer.new("tito.checks")
    checks.__dict__.update(
        check=lambda *args, **options: _recorder.check(*args, **options),
        check_raises=lambda *args, **options: _recorder.check_raises(*args, **options),
        CheckFailed=type("CheckFailed", (AssertionError,), {}),
    )


def run_cell(tt: Package, module: str, source: str) -> list[Record]:
    """Run a test cell on the student's module and return [label, value] for each of its checks, in order.

    The cell sees a copy of the module's names, the public names of the modules before it, `np`, and the recorders.
    Whatever it raises is the scenario's answer.
    """
    global _recorder
    own = tt.module(module)
    names: dict[str, Any] = {**tt.public_names(before=module), **own.__dict__, "np": np}
    place = types.ModuleType(own.__name__)
    recorder = _recorder = _Recorder()
    place.__dict__.update(names, check=recorder.check, check_raises=recorder.check_raises)
    exec(compile(source, "test cell", "exec", dont_inherit=True), place.__dict__)  # noqa: S102 - in the sandbox
    return recorder.records
