"""Parts with many right answers: whatever has the stated property is one."""

from fractions import Fraction
from typing import Any, Literal

from grader.record import Field, Record
from grader.spec.models import (
    FunctionName,
    Identifier,
    Limits,
    Mistake,
    Part,
    Share,
    Size,
    Symbols,
)

Values = dict[Identifier, Any]
"""A value for each name in `gives`: a number, a formula as text, or lists of them."""


class Given(Record):
    """One number, vector or matrix that the student hands in by its name."""

    shape: tuple[Size, ...] = ()
    """Lengths; a name is a length that the student chooses, the same wherever it stands."""
    about: str = ""


class Net(Record):
    """A network of one hidden layer, w1 · σ(w0 x + b0) + b1, without the biases not asked for."""

    activation: Literal["relu", "logistic", "tanh"]
    target: str
    """What it must be equal to for every real x: a formula in x and the symbols."""


class PropertyPart(Part):
    """Named numbers, vectors and matrices of which only a property is asked."""

    kind: Literal["property"]
    gives: dict[Identifier, Given] = Field(min_length=1)
    """What is handed in; `holds` gets it in this order."""
    symbols: Symbols = {}
    """Parameters that entries may be formulas in; those that may be 0 are tried at 0."""
    net: Net | None = None
    """The property of a network: w0, w1 and, where asked for, b0 and b1 are in `gives`."""
    holds: FunctionName | None = None
    """Or a function of the reference that is called with the student's values, then those of
    the symbols, and says whether the property holds: true, false, or a mapping of `holds`,
    `share`, `says`, `inputs`, `saw`, `expected`, `doubt`."""
    arrays: Literal["torch", "numpy", "python"] = "python"
    """What arrays `holds` is given."""
    zero_credit: Share = Fraction(1, 2)
    """For an answer whose property fails only where a symbol is 0."""
    answer: Values | None = None
    """One right answer, for `grade check` to hold the grader to."""
    equivalents: tuple[Values, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    limits: Limits = Limits()
    """For a Python function of the part's name that returns the values instead."""
