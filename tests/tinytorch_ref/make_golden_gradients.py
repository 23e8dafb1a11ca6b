"""Write golden/gradients.json: inputs, covector, and PyTorch's gradients of each case. Needs `torch==2.13.0`.

    python -m tests.tinytorch_ref.make_golden_gradients

Run it in an environment with PyTorch, from the clone, after changing cases.py or gradient_cases.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.tinytorch_ref.gradient_cases import GRADIENT_CASES, GradientCase
from tests.tinytorch_ref.make_golden import plain

GOLDEN = Path(__file__).parent / "golden" / "gradients.json"


def golden(case: GradientCase) -> dict[str, Any]:
    """Return inputs, covector and PyTorch's gradients of one case."""
    inputs, covector, gradients = case.torch_gradients(torch, seed=0)
    return {
        "inputs": [plain(array) for array in inputs],
        "covector": plain(covector),
        "expected": [plain(array) for array in gradients],
    }


def main() -> None:
    """Write the file, a case a line."""
    assert len({case.name for case in GRADIENT_CASES}) == len(GRADIENT_CASES)
    lines = [f"{json.dumps(case.name)}: {json.dumps(golden(case))}" for case in GRADIENT_CASES]
    header = f'"torch": {json.dumps(torch.__version__.partition("+")[0])}'
    GOLDEN.write_text("{\n" + ",\n".join([header, *lines]) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
