"""Write golden/optimizers.json: what PyTorch makes of each case's parameters. Needs `torch==2.13.0`.

    python -m tests.tinytorch_ref.make_golden_optimizers

Run it in an environment with PyTorch, from the clone, after changing optimizer_cases.py; commit what it writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.tinytorch_ref.make_golden import plain
from tests.tinytorch_ref.optimizer_cases import OPTIMIZER_CASES, OptimizerCase

GOLDEN = Path(__file__).parent / "golden" / "optimizers.json"


def golden(case: OptimizerCase) -> dict[str, Any]:
    """Return inputs and PyTorch's answer of one case."""
    start, gradients = case.inputs(seed=0)
    return {
        "start": [plain(array) for array in start],
        "gradients": [[None if array is None else plain(array) for array in given] for given in gradients],
        "expected": [plain(array) for array in case.theirs(torch, start, gradients)],
    }


def main() -> None:
    """Write the file, a case a line."""
    assert len({case.name for case in OPTIMIZER_CASES}) == len(OPTIMIZER_CASES)
    lines = [f"{json.dumps(case.name)}: {json.dumps(golden(case))}" for case in OPTIMIZER_CASES]
    header = f'"torch": {json.dumps(torch.__version__.partition("+")[0])}'
    GOLDEN.write_text("{\n" + ",\n".join([header, *lines]) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
