"""What every part of every problem has in common: the frozen models behind the YAML."""

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from grader.record import (
    BeforeValidator,
    Field,
    PlainSerializer,
    Record,
    StrictBool,
    StrictFloat,
    StrictInt,
    WithJsonSchema,
)
from grader.spec.params import Params

ID = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")
Identifier = Annotated[str, Field(pattern=ID.pattern)]
"""Part, field and option ids: short words that stay for ever."""

# Text such as '10' or 'no' is never taken for a number or a truth value.
Flag = StrictBool
Number = StrictFloat
Count = StrictInt
Size = StrictInt | str
"""A length: a number, or the name of one."""

FUNCTION_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
FunctionName = Annotated[str, Field(pattern=FUNCTION_NAME.pattern)]

ONE_LINE = re.compile(r"^\S(.*\S)?$")
CheckName = Annotated[str, Field(pattern=ONE_LINE.pattern, max_length=80)]
"""What students see beside a verdict."""


def _exact(value: object) -> Fraction:
    """Read 0.1 as a tenth, and 1/3 as a third: points add up in decimal, not in binary."""
    is_ratio = isinstance(value, str) and _RATIO.fullmatch(value) is not None
    is_number = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
    if not is_ratio and not is_number:
        raise ValueError("expected a number")
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError("expected a number") from None


_RATIO = re.compile(r"[0-9]{1,9}/[0-9]{1,9}")


def _approximate(value: Fraction) -> float:
    return float(value)


def _number_schema(maximum: int) -> Any:
    ratio = {"type": "string", "pattern": f"^{_RATIO.pattern}$"}
    return WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": maximum}, ratio]})


Points = Annotated[
    Fraction,
    BeforeValidator(_exact),
    Field(ge=0, le=10_000),
    PlainSerializer(_approximate, return_type=float),
    _number_schema(10_000),
]
Share = Annotated[
    Fraction,
    BeforeValidator(_exact),
    Field(ge=0, le=1),
    PlainSerializer(_approximate, return_type=float),
    _number_schema(1),
]


class Tolerance(Record):
    """How far a number may be from the reference, and why."""

    rtol: Number | None = Field(default=None, ge=0, le=1)
    """Relative, times the size of the expected value."""
    atol: Number | None = Field(default=None, ge=0)
    """Absolute."""
    why: str = Field(min_length=3)
    """The reason, for whoever reads the problem next."""


class Hint(Record):
    """One sentence that helps, and when to say it."""

    say: str
    when: str | None = None
    """The name of a check: said when that check fails. Default: when any does."""


class Mistake(Record):
    """A known wrong answer, with the words to say about it."""

    say: str
    credit: Share = Fraction(0)
    answer: Any = None
    """The wrong answer itself, written as a right one would be."""
    like: FunctionName | None = None
    """Or a wrong function in the reference module that gives the same values."""


class Limits(Record):
    """What one call of a student's code may use."""

    time_s: Number = Field(default=10, gt=0, le=600)
    """Processor time; the deadline in wall time is twice that and a second more."""
    memory_mib: Count = Field(default=1024, ge=16, le=65536)
    """Beyond what the worker's imports already take."""


class Rubric(Record):
    """One item a person marks by."""

    item: str
    points: Points = Fraction(1)
    examples: tuple[str, ...] = ()


class Waiver(Record):
    """Small changes of the right answer that no check needs to catch, and why."""

    mutant: str | tuple[str, ...]
    """Its name, as `grade check` prints it; or several that one reason covers."""
    why: str = Field(min_length=3)

    @property
    def mutants(self) -> tuple[str, ...]:
        return (self.mutant,) if isinstance(self.mutant, str) else self.mutant


class Part(Record):
    """One thing the student answers, worth points."""

    kind: str
    points: Points = Fraction(1)
    title: str = ""
    prompt: str = ""
    hints: tuple[Hint, ...] = ()
    uses: tuple[Identifier, ...] = ()
    """Earlier parts whose answers this one builds on: errors there are carried forward."""
    waive: tuple[Waiver, ...] = ()
    """Mutants that `grade check` lets survive."""


class Late(Record):
    """What a submission after the due date loses, as a share of what it earned."""

    grace_minutes: Number = Field(default=0, ge=0)
    """Up to so much after the due date nothing is lost."""
    loss: Share = Fraction(0)
    """For each day or hour begun, counted from the due date."""
    per: Literal["day", "hour"] = "day"
    cut_off_hours: Number | None = Field(default=None, ge=0)
    """So long after the due date a submission earns nothing any more."""


class Attempts(Record):
    """How often one may hand in, and which attempt counts."""

    counts: Literal["best", "last"] = "best"
    free: Count | None = Field(default=None, ge=1)
    """So many lose nothing; all, when left out."""
    loss: Share = Fraction(0)
    """Of what was earned, for each attempt beyond the free ones."""
    most: Count | None = Field(default=None, ge=1)
    """Later attempts don't count."""


class Policies(Record):
    """How an assignment's points are counted."""

    counterexamples: Flag = True
    """Show students the smallest input that fails (never for hidden checks)."""
    timezone: str = "UTC"
    """Of dates that name none: `Europe/Berlin`."""
    late: Late | None = None
    extensions: dict[str, str] = {}
    """A student's own due date, by the name that their submissions come under."""
    attempts: Attempts | None = None
    drop_lowest: Count = Field(default=0, ge=0, le=20)
    """So many problems don't count: those with the smallest share."""


class Assignment(Record):
    """`assignment.yaml`: the folder's title and the order of its problems."""

    title: str
    prompt: str = ""
    problems: tuple[str, ...] = ()
    """File names without `.yaml`, in order; all, by name, when left out."""
    due: str | None = None
    policies: Policies = Policies()


class ProblemOutline(Record):
    """A problem file whose parts haven't been looked into yet."""

    title: str
    prompt: str = ""
    params: Params = {}
    parts: dict[Identifier, dict[str, Any]] = Field(min_length=1)


SymbolDomain = Literal[
    "real", "positive", "nonnegative", "negative", "nonzero", "integer", "natural",
    "positive integer", "probability", "complex", "function", "random",
]  # fmt: skip
"""`natural` counts from 0; `probability` is the open interval (0, 1); `random` is a real random
variable, whose expectation is written E[X]."""


class Symbol(Record):
    """A declared symbol of a closed form: where it lives and what shape it has."""

    domain: SymbolDomain = "real"
    low: Number | None = None
    high: Number | None = None
    above: str = ""
    """Strictly greater than this: another symbol, as `T`, or `T + 1`, `T - 1`."""
    below: str = ""
    """Strictly less than this."""
    shape: tuple[Size, ...] = ()
    """Sizes of an array symbol: numbers, or names of other symbols that are integers."""
    arguments: Count = Field(default=0, ge=0, le=4)
    """How many arguments a symbolic function takes: `g(t)` or `g[t]` has one."""
    layout: Literal["free", "orthonormal", "simplex", "unit"] = "free"
    """Constraint on an array: orthonormal rows, non-negative rows that sum to 1, unit norm."""
    about: str = ""


def _widen_symbol(value: object) -> object:
    return {"domain": value} if isinstance(value, str) else value


Symbols = dict[
    Annotated[str, Field(pattern=r"^[^\W\d]\w*'*$")],
    Annotated[Symbol, BeforeValidator(_widen_symbol)],
]
"""`x: real` is short for `x: {domain: real}`."""
