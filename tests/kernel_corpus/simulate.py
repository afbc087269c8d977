"""Runs the race-free kernels under Numba's own simulator: `python simulate.py out.npz`.

Started by a test with NUMBA_ENABLE_CUDASIM=1; the corpus is ours, so it may be executed.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from later_cases import RACE_FREE


def main(target: str) -> None:
    results = {}
    with np.errstate(all="ignore"):
        for case in RACE_FREE:
            kernel = getattr(importlib.import_module(case.file), case.name)
            arguments = case.arguments()
            kernel[case.grid, case.block, 0, case.shared_bytes](*arguments)
            for position, value in enumerate(arguments):
                results[f"{case.name}.{position}"] = np.asarray(value)
    np.savez(target, **results)


if __name__ == "__main__":
    main(sys.argv[1])
