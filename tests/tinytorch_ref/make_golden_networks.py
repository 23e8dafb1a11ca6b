"""Write golden/networks.json: inputs, and what PyTorch gives for each case. Needs `torch==2.13.0`.

    python -m tests.tinytorch_ref.make_golden_networks

Run it in an environment with PyTorch, from the clone, after changing network_cases.py; commit what it writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.tinytorch_ref.make_golden import plain
from tests.tinytorch_ref.network_cases import NETWORK_CASES, NetworkCase

GOLDEN = Path(__file__).parent / "golden" / "networks.json"


def golden(case: NetworkCase) -> dict[str, Any]:
    """Return inputs and PyTorch's answer of one case."""
    inputs = case.inputs(seed=0)
    return {"inputs": [plain(array) for array in inputs], "expected": plain(case.torch_answer(torch, inputs))}


def main() -> None:
    """Write the file, a case a line."""
    assert len({case.name for case in NETWORK_CASES}) == len(NETWORK_CASES)
    lines = [f"{json.dumps(case.name)}: {json.dumps(golden(case))}" for case in NETWORK_CASES]
    header = f'"torch": {json.dumps(torch.__version__.partition("+")[0])}'
    GOLDEN.write_text("{\n" + ",\n".join([header, *lines]) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
