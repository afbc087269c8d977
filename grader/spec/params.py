"""Parameters: numbers and words of a problem that are drawn for each student."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from grader.record import BeforeValidator, Field, Record, StrictFloat, StrictInt

Drawn = int | float | str
"""The value of a parameter."""

MOST_VALUES = 10_000
"""Of one parameter: a class has fewer students."""


class Param(Record):
    """What one parameter is drawn from."""

    of: tuple[Any, ...] = ()
    """The numbers or words themselves; `[2, 3, 5]` is short for `{of: [2, 3, 5]}`."""
    low: StrictInt | StrictFloat | None = None
    """Or the least of evenly spaced numbers."""
    high: StrictInt | StrictFloat | None = None
    """The greatest; it is drawn too."""
    step: StrictInt | StrictFloat = 1


def widen_param(value: object) -> object:
    return {"of": value} if isinstance(value, list | tuple) else value


PARAM_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"

Params = dict[
    Annotated[str, Field(pattern=PARAM_NAME)],
    Annotated[Param, BeforeValidator(widen_param)],
]


def count_values(param: Param) -> int:
    """How many values there are to draw."""
    if param.of:
        return len(param.of)
    assert param.low is not None
    assert param.high is not None
    return int((_exact(param.high) - _exact(param.low)) // _exact(param.step)) + 1


def _exact(number: float) -> Fraction:
    """0.1 is a tenth: sums of steps are decimal, not binary."""
    return Fraction(str(number))


def draw_values(
    params: Mapping[str, Param], problem_id: str, student: str, secret: str
) -> dict[str, Drawn]:
    """One student's values: each follows from its own name, so that adding one moves no other.

    Without the course's secret nobody can tell what another student has.
    """
    values: dict[str, Drawn] = {}
    for name, param in params.items():
        message = "\0".join(("fairmark parameters 1", problem_id, name, student))
        digest = hmac.digest(secret.encode(), message.encode(), hashlib.sha256)
        values[name] = _pick(param, int.from_bytes(digest, "little") % count_values(param))
    return values


def _pick(param: Param, index: int) -> Drawn:
    if param.of:
        value: Drawn = param.of[index]
        return value
    assert param.low is not None
    number = _exact(param.low) + index * _exact(param.step)
    is_whole = isinstance(param.low, int) and isinstance(param.step, int)
    return int(number) if is_whole else float(number)
