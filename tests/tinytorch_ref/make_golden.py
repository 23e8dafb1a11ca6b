"""Write golden/tensor.json: inputs, and what PyTorch gives for each case. Needs `torch==2.13.0`.

    python -m tests.tinytorch_ref.make_golden

Run it in an environment with PyTorch, from the clone, after changing cases.py; commit what it writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.tinytorch_ref.cases import CASES, Case

GOLDEN = Path(__file__).parent / "golden" / "tensor.json"


def plain(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return shape and values; the shortest text of a float32 is exact, NaN and infinities are strings."""
    values = [float(text) if np.isfinite(float(text)) else text for text in map(str, array.ravel())]
    return {"shape": list(array.shape), "values": values}


def golden(case: Case) -> dict[str, Any]:
    """Return inputs and PyTorch's answer of one case."""
    inputs = case.inputs(seed=0)
    answer = case.theirs(*(torch.from_numpy(array) for array in inputs))
    assert answer.dtype == torch.float32, case.name
    return {"inputs": [plain(array) for array in inputs], "expected": plain(answer.numpy())}


def main() -> None:
    """Write the file, a case a line."""
    lines = [f"{json.dumps(case.name)}: {json.dumps(golden(case))}" for case in CASES]
    assert len({case.name for case in CASES}) == len(CASES)
    header = f'"torch": {json.dumps(torch.__version__.partition("+")[0])}'
    GOLDEN.write_text("{\n" + ",\n".join([header, *lines]) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
