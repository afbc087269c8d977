"""Parts that ask for a training run: what it is given, its budget, and what it must reach."""

from fractions import Fraction
from typing import Any, Literal

from grader.record import Field, Record
from grader.spec.function_part import SignatureText
from grader.spec.models import (
    CheckName,
    Count,
    Flag,
    FunctionName,
    Limits,
    Number,
    Part,
    Points,
)


class TrainCheck(Record):
    """One setting, trained from several seeds; the median of the scores decides."""

    name: CheckName
    points: Points = Fraction(1)
    hidden: Flag = False
    settings: dict[str, Any] = Field(default={}, alias="with")
    """Plain values that `data` and `measure` get after the seed."""
    at_least: Number
    """What the median of the scores must reach."""
    margin: Number = Field(default=0, ge=0)
    """Below `at_least` by less than this, more seeds are tried; then a person looks at it."""
    why: str = Field(min_length=3)
    """Why this much can be asked."""
    seeds: Count = Field(default=1, ge=1, le=9)
    """How many runs; several where luck matters."""


class TrainPart(Part):
    """A function that trains a network on data it is given and returns its weights."""

    kind: Literal["train"]
    signature: SignatureText
    """It returns the weights as a list of arrays, and a list with the loss of each epoch."""
    data: FunctionName
    """A function of the reference: from a seed and the settings it makes the inputs, in order."""
    measure: FunctionName
    """A function of the reference: from the weights, the seed and the settings, the score."""
    unit: str = ""
    """Of the score: `dB`, `% right`."""
    parameters: Count = Field(default=100_000, ge=1, le=1_000_000)
    """The most numbers that the weights may hold."""
    epochs: Count = Field(default=1_000, ge=1, le=100_000)
    """The most losses that may be returned."""
    limits: Limits = Limits()
    shared: tuple[FunctionName, ...] = ()
    """Functions of the reference that students may have: with `data` and `measure` among them, a
    run can be tried outside the course."""
    checks: tuple[TrainCheck, ...] = Field(min_length=1)
