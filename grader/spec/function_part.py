"""Parts that are answered by a function: its checks, and the inputs they give it.

Apart from the other kinds, so that an assignment of functions alone starts without their models.
"""

from fractions import Fraction
from typing import Annotated, Any, Literal

from grader.record import (
    AfterValidator,
    BeforeValidator,
    Field,
    Record,
    WithJsonSchema,
    validate_before,
)
from grader.spec.models import (
    CheckName,
    Count,
    Flag,
    FunctionName,
    Identifier,
    Limits,
    Mistake,
    Number,
    Part,
    Points,
    Size,
    Tolerance,
)
from grader.spec.signature import read_signature


class Draw(Record):
    """A seeded random array, or a literal one with a stated dtype."""

    draw: Literal[
        "normal", "uniform", "integers", "orthonormal", "simplex", "zeros", "ones", "eye",
        "arange", "permutation", "choice",
    ] | None = None  # fmt: skip
    value: Any = None
    """The entries themselves, instead of a draw."""
    shape: tuple[Size, ...] = ()
    """Numbers, or names from the check's `sizes`."""
    low: Number = 0
    high: Number = 1
    """For integers, `high` itself is never drawn."""
    scale: Number = 1
    shift: Number = 0
    of: tuple[Any, ...] = ()
    """What `choice` draws from."""
    dtype: (
        Literal["float16", "float32", "float64", "int32", "int64", "bool", "complex128"] | None
    ) = None
    seed: Count | None = None
    """Fixed for public examples; left out, it follows from the submission's secret seed."""


def _read_draws(value: Any) -> Any:
    """A mapping with `draw` or `value` is a Draw, at any depth."""
    if isinstance(value, dict):
        if "draw" in value or "value" in value:
            return Draw.model_validate(value)
        return {key: _read_draws(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_read_draws(inner) for inner in value]
    return value


Input = Annotated[Any, BeforeValidator(_read_draws)]
"""A plain value or a `Draw`; lists and mappings may hold draws too."""


class FunctionCheck(Record):
    """One call of the student's function."""

    name: CheckName
    points: Points = Fraction(1)
    hidden: Flag = False
    """Students see the verdict, never inputs or values."""
    sizes: dict[Identifier, Count] = {}
    inputs: dict[str, Input] = Field(default={}, alias="with")
    """A value or a draw for each parameter; parameters may also stand beside `name`."""
    expect: Any = None
    """The value to return, where no reference is wanted."""
    equivalents: tuple[Any, ...] = ()
    """Other values that are as right as the one expected."""
    needs: tuple[str, ...] = ()
    """Checks that must pass first; this one is skipped when they don't."""
    tolerance: Tolerance | None = None
    repeats: Count = Field(default=1, ge=1, le=50)
    """Fresh inputs to try; all must pass."""
    holds: FunctionName | None = None
    """Instead of comparing: a function of the reference that is called with the inputs of every
    call and with what each returned, and says whether a property holds: true, false, or a
    mapping of `holds`, `share`, `says`, `inputs`, `saw`, `expected`, `doubt`."""
    calls: FunctionName | None = None
    """For `holds`: a function of the reference that gets the inputs and returns those of several
    calls, a list of lists. Left out, there is one call."""
    measures: Literal["memory_mib", "cpu_s"] | None = None
    """For `holds`: what each call used, as its third argument."""


def _check_signature(text: str) -> str:
    read_signature(text)
    return text


SignatureText = Annotated[
    str,
    AfterValidator(_check_signature),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z_]\w*\(.*\)$"}),
]
"""`conv(x, W, stride=1)`"""


def _gather_inputs(check: Any, parameters: tuple[str, ...] | None) -> Any:
    """Move the parameters that stand beside `name` into `with`; None where none are known."""
    if not isinstance(check, dict):
        return check
    inputs = check.get("with", check.get("inputs", {}))
    beside = [
        key for key in check if key not in _CHECK_KEYS and (parameters is None or key in parameters)
    ]
    if not beside or not isinstance(inputs, dict):
        return check
    rest = {key: value for key, value in check.items() if key not in (*beside, "with", "inputs")}
    return rest | {"with": inputs | {key: check[key] for key in beside}}


_CHECK_KEYS = (*FunctionCheck.__annotations__, "with")


class FunctionPart(Part):
    """A Python function, compared with the reference on seeded inputs."""

    kind: Literal["function"]
    signature: SignatureText
    arrays: Literal["torch", "numpy", "python"] = "python"
    """What arrays the function is given; it may return any of them."""
    dtype: Literal["float32", "float64"] = "float64"
    imports: tuple[str, ...] = ()
    """Modules kept warm in the worker, beside what `arrays` implies."""
    inputs: dict[str, Input] = {}
    """Inputs that every check shares unless it says otherwise."""
    sizes: dict[Identifier, Count] = {}
    tolerance: Tolerance | None = None
    reduction: Count | None = Field(default=None, ge=1)
    """The longest sum behind one entry; left out, it is taken from the inputs' sizes."""
    equivalents: tuple[FunctionName, ...] = ()
    """Functions of the reference module whose results are as right."""
    accept_flat: Flag = False
    """Accept the right entries under another shape of the same size, row-major."""
    in_place: Flag = False
    """The function may change its arguments."""
    limits: Limits = Limits()
    shared: tuple[FunctionName, ...] = ()
    """Functions of the reference that students may have: checks with `holds` and `calls` among
    them can be tried outside the course."""
    checks: tuple[FunctionCheck, ...] = Field(min_length=1)
    mistakes: tuple[Mistake, ...] = ()

    @staticmethod
    @validate_before
    def _gather(given: Any) -> Any:
        """Parameters may stand beside `name` in a check: they are inputs."""
        if not isinstance(given, dict) or not isinstance(given.get("checks"), list | tuple):
            return given
        try:
            names = read_signature(given["signature"]).names
        except (KeyError, ValueError, AttributeError, TypeError):
            names = None
        return given | {"checks": [_gather_inputs(check, names) for check in given["checks"]]}
