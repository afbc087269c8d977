"""Paying first-use costs once, before anything is forked: trusted work, on one thread."""

from __future__ import annotations

import importlib
from collections.abc import Iterable


def warm(modules: Iterable[str]) -> None:
    """Import modules and touch what nearly every answer touches, so that children inherit it."""
    for name in modules:
        importlib.import_module(name)
        touch = _FIRST_USE.get(name)
        if touch is not None:
            touch()


def _touch_numpy() -> None:
    import numpy as np

    np.random.seed(0)
    np.linalg.norm(np.ones((2, 2)) @ np.ones((2, 2)))
    np.einsum("ij,jk->ik", np.ones((2, 2)), np.ones((2, 2)))


def _touch_torch() -> None:
    import torch

    torch.set_num_threads(1)
    layer = torch.nn.Linear(4, 4)
    layer(torch.ones(2, 4)).sum().backward()
    torch.nn.functional.conv1d(torch.ones(1, 1, 5), torch.ones(1, 1, 3))
    torch.softmax(torch.ones(2, 3, dtype=torch.float64), dim=-1)
    torch.einsum("ij,jk->ik", torch.ones(2, 2), torch.ones(2, 2))
    torch.from_numpy(torch.ones(2).numpy())


def _touch_sympy() -> None:
    import sympy

    x = sympy.Symbol("x")
    str(sympy.expand(sympy.diff((sympy.sin(x) + 1) ** 3, x)))
    str(sympy.simplify(x + x))


def _touch_numba() -> None:
    import numba
    import numpy as np

    @numba.njit
    def add_up(array: np.ndarray) -> float:
        total = 0.0
        for index in range(array.size):
            total += array[index]
        return total

    add_up(np.ones(3))


_FIRST_USE = {
    "numpy": _touch_numpy,
    "torch": _touch_torch,
    "sympy": _touch_sympy,
    "numba": _touch_numba,
}
