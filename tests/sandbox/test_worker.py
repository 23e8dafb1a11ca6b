"""What a student's program may count on at every tier: NumPy, the library, tracebacks, prints, imports, seeds."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sandbox.conftest import SMALL, GetSandbox
from tests.sandbox.programs import program, run
from tests.sandbox.values import same
from tito.course.limits import Limits
from tito.course.results import Frame
from tito.course.verdicts import Verdict
from tito.sandbox.program import Call, CellSource, Died, Missing, ModuleSource, Opaque, Program, Raised, Returned
from tito.sandbox.supervisor import Sandbox
from tito.sandbox.tiers import Tier


@pytest.fixture
def sandbox(tier: Tier, sandbox_at: GetSandbox) -> Sandbox:
    return sandbox_at(tier)


def test_numpy_computes(sandbox: Sandbox) -> None:
    source = """
        import numpy as np
        def main(a, b):
            drawn = np.random.default_rng(3).normal(size=2)
            return [a @ b, np.linalg.solve(a, b), np.fft.rfft(b).real, drawn, np.einsum("ij,j->i", a, b)]
    """
    a = np.random.default_rng(1).normal(size=(100, 100))
    b = np.arange(100.0)
    reply = run(sandbox, source, a, b)
    assert isinstance(reply, Returned)
    assert isinstance(reply.value, list)
    product, solved, transformed, drawn, summed = reply.value
    assert np.allclose(product, a @ b)
    assert np.allclose(a @ solved, b)
    assert np.allclose(transformed, np.fft.rfft(b).real)
    assert same(drawn, np.random.default_rng(3).normal(size=2))
    assert np.allclose(summed, a @ b)


def test_every_type_makes_the_round_trip(sandbox: Sandbox) -> None:
    values = [
        None,
        True,
        -(2**63),
        2.5,
        "grüß 👋",
        b"\x00\xff",
        [[], {}],
        {"a": [1]},
        np.arange(3.0),
        np.zeros((0, 2), np.int8),
    ]
    (reply,) = call(sandbox, program(""), "give", *values)
    assert isinstance(reply, Returned)
    assert same(reply.value, values)


def call(sandbox: Sandbox, told: Program, scenario: str, *arguments: object) -> list[object]:
    with sandbox.start(told) as worker:
        return list(worker.run([Call(scenario, arguments)], wall_seconds=20))


def test_large_arrays_cross_within_the_limits(tier: Tier, sandbox_at: GetSandbox) -> None:
    source = """
        def main(x):
            return [x[::-1], float(x.sum())]
    """
    x = np.arange(13_000_000, dtype=np.float64)  # 104 MB
    reply = run(sandbox_at(tier, Limits()), source, x, wall_seconds=60)
    assert isinstance(reply, Returned)
    assert isinstance(reply.value, list)
    assert same(reply.value[0], x[::-1].copy())
    assert reply.value[1] == x.sum()


MODULES = """
abc argparse array ast base64 bisect collections.abc concurrent.futures contextlib copy csv ctypes
dataclasses datetime decimal difflib enum fractions functools gzip hashlib heapq html inspect io itertools
json logging lzma bz2 math mmap numbers operator pathlib pickle pprint queue random re secrets shutil signal
sqlite3 ssl statistics string struct sys tempfile textwrap threading time timeit traceback types typing
unittest urllib.request uuid warnings weakref xml.etree.ElementTree zipfile zlib zoneinfo numpy.linalg
numpy.fft numpy.random numpy.testing numpy.lib.stride_tricks numpy.polynomial numpy.ma numpy.ctypeslib
""".split()


def test_the_standard_library_is_there(sandbox: Sandbox) -> None:
    source = """
        import importlib
        def main(names):
            for name in names:
                importlib.import_module(name)
            import hashlib, tempfile, sqlite3
            return [hashlib.sha256(b"").hexdigest()[:4], sqlite3.connect(":memory:").execute("select 1").fetchone()]
    """
    reply = run(sandbox, source, MODULES)
    assert isinstance(reply, Returned), reply
    assert reply.value == ["e3b0", [1]]


def test_temporary_files_work_where_the_tier_has_them(isolated_tier: Tier, sandbox_at: GetSandbox) -> None:
    source = """
        import os, tempfile
        def main():
            with tempfile.NamedTemporaryFile("w+") as file, tempfile.TemporaryDirectory() as folder:
                file.write("kept")
                file.seek(0)
                os.rename(os.path.join(folder), folder + "x")
                os.rename(folder + "x", folder)
                return file.read()
    """
    reply = run(sandbox_at(isolated_tier), source)
    if isolated_tier is Tier.NAMESPACES:
        assert reply == Returned("kept")
    else:
        assert isinstance(reply, Raised)
        assert reply.type in ("FileNotFoundError", "PermissionError")


def test_an_exception_arrives_with_the_students_lines_only(sandbox: Sandbox) -> None:
    told = program(
        "def helper(x):\n    return inner(x)",
        "# a comment\ndef inner(x):\n    raise ValueError(f'no {x}\\nsecond line: ü')\n",
        "def main(x):\n    return list(map(helper, [x]))",
    )
    with sandbox.start(told) as worker:
        (reply,) = worker.run([Call("run", (3,))], wall_seconds=20)
    assert reply == Raised(
        "ValueError",
        "no 3\nsecond line: ü",
        (
            Frame("nb, cell 3", 2, "main", "return list(map(helper, [x]))"),
            Frame("nb, cell 1", 2, "helper", "return inner(x)"),
            Frame("nb, cell 2", 3, "inner", "raise ValueError(f'no {x}\\nsecond line: ü')"),
        ),
    )


def test_endless_recursion_is_an_exception_with_a_short_traceback(sandbox: Sandbox) -> None:
    reply = run(sandbox, "def main():\n    return main()")
    assert isinstance(reply, Raised)
    assert reply.type == "RecursionError"
    assert len(reply.frames) == 20


def test_texts_of_the_student_are_capped(sandbox: Sandbox) -> None:
    reply = run(sandbox, "def main():\n    raise KeyError('x' * 10**6)")
    assert isinstance(reply, Raised)
    assert len(reply.message) == 4000


def test_names_of_the_student_are_capped(sandbox: Sandbox) -> None:
    source = """
        name = "f" * 10**6
        long = type("E" * 10**6, (ValueError,), {})
        exec(compile(f"def {name}():\\n    raise long('no')", "nb, cell 1", "exec"), globals())
        def value():
            globals()[name]()
    """
    scenarios = "def run(tt):\n    tt.value()"
    with sandbox.start(program(source, scenarios=scenarios)) as worker:
        assert not worker.load.errors
        (reply,) = worker.run([Call("run")], wall_seconds=20)
    assert isinstance(reply, Raised), reply
    assert len(reply.type) == len(reply.frames[-1].function) == 300
    assert reply.types[1:3] == ("ValueError", "Exception")


def test_scenarios_may_come_later(sandbox: Sandbox) -> None:
    with sandbox.start(program("x = 3")) as worker:
        worker.learn("def later(tt):\n    return [tt.x, give(tt, 1)]")
        assert worker.run([Call("later"), Call("give", (2,))], wall_seconds=20) == [Returned([3, [1]]), Returned([2])]


def test_what_is_printed_belongs_to_its_call(sandbox: Sandbox) -> None:
    source = """
        import sys, warnings
        print("loading")
        def main(text):
            print(text)
            print("error", text, file=sys.stderr)
            if text == "raise":
                raise ValueError
            sys.stdout.write("no newline")
    """
    with sandbox.start(program(source)) as worker:
        assert worker.load.output == "loading\n"
        replies = worker.run([Call("run", (text,)) for text in ("one", "raise", "grüß 👋")], wall_seconds=20)
    assert [reply.output for reply in replies] == [
        "one\nerror one\nno newline",
        "raise\nerror raise\n",
        "grüß 👋\nerror grüß 👋\nno newline",
    ]


def test_stdin_is_empty(sandbox: Sandbox) -> None:
    reply = run(sandbox, "def main():\n    return input()")
    assert isinstance(reply, Raised)
    assert reply.type == "EOFError"


def test_closing_the_standard_streams_harms_nobody(sandbox: Sandbox) -> None:
    source = """
        import os, sys
        def main():
            print("lost?")
            sys.stdout.close()
            os.close(1)
            os.close(2)
            return 3
    """
    with sandbox.start(program(source)) as worker:
        replies = worker.run([Call("run"), Call("run")], wall_seconds=20)
    assert isinstance(replies[0], Returned)
    assert replies[0].value == 3


def test_an_absent_name_is_missing(sandbox: Sandbox) -> None:
    scenarios = """
        def absent(tt):
            return tt.Tensor
        def module(tt):
            return tt.module("core.losses")
        def private(tt):
            return tt._hidden
        def optional(tt):
            return [getattr(tt, "zeros", None), hasattr(tt, "x"), tt.x]
    """
    with sandbox.start(program("_hidden = 1\nx = 2", scenarios=scenarios)) as worker:
        replies = worker.run([Call(name) for name in ("absent", "module", "private", "optional")], wall_seconds=20)
    assert replies == [Missing("Tensor"), Missing("core.losses"), Missing("_hidden"), Returned([None, True, 2])]


def test_code_that_is_not_written_yet_is_missing(sandbox: Sandbox) -> None:
    source = """
        class Tensor:
            def sum(self):
                raise NotImplementedError()
        def loud():
            raise NotImplementedError("backward comes in module 05")
        def main(which):
            return Tensor().sum() if which == "sum" else loud()
    """
    assert run(sandbox, source, "sum") == Missing("Tensor.sum is not written yet")
    reply = run(sandbox, source, "loud")
    assert isinstance(reply, Raised)
    assert (reply.type, reply.message) == ("NotImplementedError", "backward comes in module 05")


def test_a_cell_that_raises_is_told_and_the_next_ones_run(sandbox: Sandbox) -> None:
    told = program(
        "a = 1", "b = (", "\n\nc = 1 / 0", "raise SystemExit", "def main():\n    return [a, 'b' in globals()]"
    )
    with sandbox.start(told) as worker:
        errors = worker.load.errors
        assert worker.load.modules == ("core.tensor",)
        assert worker.run([Call("run")], wall_seconds=20) == [Returned([1, False])]
    assert [(error.label, error.type, error.line) for error in errors] == [
        ("nb, cell 2", "SyntaxError", 1),
        ("nb, cell 3", "ZeroDivisionError", 3),
        ("nb, cell 4", "SystemExit", 1),
    ]
    assert {error.module for error in errors} == {"core.tensor"}


def test_modules_import_each_other_from_memory(sandbox: Sandbox) -> None:
    setup = ModuleSource(
        "core.setup", (CellSource("00, cell 1", "def generator():\n    return 7\nshared = 'setup'"),), "reference"
    )
    tensor = ModuleSource(
        "core.tensor",
        (
            CellSource(
                "01, cell 1",
                "from tinytorch.core.setup import generator\nimport tinytorch, tinytorch.core.setup as s\n"
                "from tinytorch import shared as before\nshared = 'tensor'\n"
                "def main():\n    return [generator(), s.generator(), tinytorch.core.setup is s, before, __name__]",
            ),
        ),
    )
    scenarios = """
        def run(tt):
            import tinytorch
            return [tt.main(), tt.shared, tt.module("core.setup").shared, tinytorch.shared]
    """
    told = Program((setup, tensor), program("", scenarios=scenarios).scenarios)
    (reply,) = call(sandbox, told, "run")
    assert reply == Returned([[7, 7, True, "setup", "tinytorch.core.tensor"], "tensor", "setup", "tensor"])


def test_a_reference_module_that_is_compiled_here_keeps_its_places(sandbox: Sandbox) -> None:
    cell = CellSource("01, cell 3", "def main(n):\n    return 1 / n")
    told = Program((ModuleSource("core.tensor", (cell,), "reference"),), program("").scenarios)
    (reply,) = call(sandbox, told, "run", 0)
    assert isinstance(reply, Raised)
    assert reply.frames == (Frame("01, cell 3", 2, "main", ""),)  # the place, and not the solution's line


def test_introspection_and_dataclasses_work_on_cells(sandbox: Sandbox) -> None:
    source = """
        from __future__ import annotations
        import inspect, typing
        from dataclasses import dataclass
        @dataclass
        class Point:
            x: int = 3
        def main():
            return [inspect.getsource(main).splitlines()[0], typing.get_type_hints(Point)["x"].__name__, Point().x]
    """
    assert run(sandbox, source) == Returned(["def main():", "int", 3])


def test_a_call_is_seeded_and_set_order_is_fixed(tier: Tier, sandbox_at: GetSandbox) -> None:
    source = """
        import random
        import numpy as np
        def main():
            return [random.random(), np.random.rand(2), list({"a", "b", "c", "d"})]
    """
    got = []
    for sandbox in (sandbox_at(tier), sandbox_at(tier, Limits(cpu_seconds=21))):
        with sandbox.start(program(source)) as worker:
            got += worker.run([Call("run", seed=5), Call("run", seed=5), Call("run", seed=6)], wall_seconds=20)
    values = [reply.value for reply in got if isinstance(reply, Returned)]
    assert len(values) == 6
    assert all(same(values[0], values[n]) for n in (1, 3, 4))
    assert same(values[2], values[5])
    assert not same(values[0][:2], values[2][:2])


def test_arguments_are_fresh_in_each_call(sandbox: Sandbox) -> None:
    source = """
        def main(x):
            x += 1
            return x
    """
    x = np.zeros(3)
    with sandbox.start(program(source)) as worker:
        replies = worker.run([Call("run", (x,)), Call("run", (x,))], wall_seconds=20)
    assert all(isinstance(reply, Returned) and same(reply.value, np.ones(3)) for reply in replies)
    assert same(x, np.zeros(3))


def test_memory_that_the_student_catches_is_no_end(sandbox: Sandbox) -> None:
    source = """
        def main(catch):
            try:
                bytearray(100 << 30)
            except MemoryError:
                if not catch:
                    raise
            return "went on"
    """
    assert run(sandbox, source, True) == Returned("went on")
    reply = run(sandbox, source, False)
    assert isinstance(reply, Died)
    assert reply.verdict is Verdict.OUT_OF_MEMORY


def test_an_argument_may_be_as_large_as_the_memory_and_no_larger(tier: Tier, sandbox_at: GetSandbox) -> None:
    """The limit is what a program may take on top of the interpreter that it was given."""
    sandbox = sandbox_at(tier)
    source = """
        import numpy as np
        def main(share):
            return len(np.ones(int(share), np.uint8))
    """
    assert isinstance(run(sandbox, source, SMALL.memory_bytes * 0.9), Returned)
    assert isinstance(run(sandbox, source, SMALL.memory_bytes * 1.1), Died)


def test_a_value_over_the_wires_caps_is_opaque(sandbox: Sandbox) -> None:
    reply = run(sandbox, "def main():\n    return 'x' * (3 << 20)")
    assert isinstance(reply, Returned)
    assert isinstance(reply.value, Opaque)


def test_the_courses_own_code_comes_without_its_source(sandbox: Sandbox) -> None:
    """A program that looks around finds no solution of an earlier module to read."""
    solution = ModuleSource(
        "core.setup", (CellSource("00, cell 1", "def factor():\n    return 2  # the secret way\n"),), origin="reference"
    )
    look = "def look():\n    import inspect, linecache\n    from tinytorch.core import setup\n"
    look += "    try:\n        return inspect.getsource(setup.factor)\n    except OSError:\n"
    look += "        return str(linecache.cache)\n"
    wanted = Program(
        (solution, ModuleSource("core.tensor", (CellSource("01, cell 1", look),))),
        "def go(tt):\n    return [tt.factor(), tt.look()]\n",
    )
    with sandbox.start(wanted) as worker:
        (reply,) = worker.run([Call("go")], wall_seconds=10)
    assert isinstance(reply, Returned)
    factor, text = reply.value
    assert factor == 2
    assert "secret way" not in text
    assert "01, cell 1" in text
