"""Write golden/training.json: inputs, and what PyTorch gives for each case. Needs `torch==2.13.0`.

    python -m tests.tinytorch_ref.make_golden_training

Run it in an environment with PyTorch, from the clone, after changing training_cases.py; commit what it writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.tinytorch_ref.make_golden import plain
from tests.tinytorch_ref.training_cases import TRAINING_CASES, TrainingCase

GOLDEN = Path(__file__).parent / "golden" / "training.json"


def golden(case: TrainingCase) -> dict[str, Any]:
    """Return inputs and PyTorch's answers of one case."""
    inputs = case.inputs(seed=0)
    expected = case.theirs(torch, *inputs)
    return {"inputs": [plain(array) for array in inputs], "expected": [plain(array) for array in expected]}


def main() -> None:
    """Write the file, a case a line."""
    assert len({case.name for case in TRAINING_CASES}) == len(TRAINING_CASES)
    lines = [f"{json.dumps(case.name)}: {json.dumps(golden(case))}" for case in TRAINING_CASES]
    header = f'"torch": {json.dumps(torch.__version__.partition("+")[0])}'
    GOLDEN.write_text("{\n" + ",\n".join([header, *lines]) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
