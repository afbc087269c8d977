"""The gradient of a reference's loss by automatic differentiation: sent into the sandbox as a
module of its own beside the reference, so the grader itself never loads torch."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any


def take_gradient(function: str, by: str, inputs: Mapping[str, Any]) -> Any:
    """The gradient of `reference.function` in `by`, in float64.

    Shapes   a loss of one entry: that of `by`; of m entries: (m, entries of `by`).
    Errors   ValueError where the function wants what is not declared, or does not depend on `by`.
    """
    import torch

    forward = getattr(importlib.import_module("reference"), function)
    given: dict[str, Any] = {}
    for name in inspect.signature(forward).parameters:
        if name not in inputs:
            raise ValueError(f"{function} wants '{name}', which is no symbol of the question")
        value = inputs[name]
        given[name] = (
            value if isinstance(value, int) else torch.as_tensor(value, dtype=torch.float64)
        )
    if by not in given:
        raise ValueError(f"{function} does not take '{by}'")
    variable = given[by].detach().clone().requires_grad_()
    loss = forward(**{**given, by: variable})
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        raise ValueError(f"{function} must return a tensor that depends on '{by}'")
    if loss.dtype != torch.float64:
        raise ValueError(f"{function} must stay in float64, it returned {loss.dtype}")
    rows = [
        torch.autograd.grad(entry, variable, retain_graph=True, allow_unused=True)[0]
        for entry in loss.reshape(-1)
    ]
    slopes = [torch.zeros_like(variable) if row is None else row for row in rows]
    if len(slopes) == 1:
        return slopes[0]
    return torch.stack([slope.reshape(-1) for slope in slopes])
