"""One model per kind of part, and the table that joins them.

A part either asks one question or has `fields`: named questions of the same kind, each with
its own points. `answer:` is the right answer; where it is left out, the reference module's
function of the part's name (dashes become underscores) returns it.
"""

from fractions import Fraction
from typing import Annotated, Any, Literal, Union, get_args

from grader.record import Field, Record, validate_before
from grader.spec.fix_part import FixPart
from grader.spec.function_part import Draw, FunctionCheck, FunctionPart
from grader.spec.kernel_part import KernelPart
from grader.spec.models import (
    Count,
    FunctionName,
    Identifier,
    Limits,
    Mistake,
    Part,
    Points,
    Rubric,
    Share,
    Size,
    Symbols,
    Tolerance,
)
from grader.spec.params import Params
from grader.spec.property_part import PropertyPart
from grader.spec.train_part import TrainPart

__all__ = [
    "PARTS", "AnyPart", "Draw", "FixPart", "FunctionCheck", "FunctionPart", "KernelPart", "Problem",
    "PropertyPart", "TrainPart",
]  # fmt: skip


class Question(Record):
    """What the fields of a part and a part without fields have in common."""

    answer: Any = None
    equivalents: tuple[Any, ...] = ()
    """Other right answers, for `grade check` to hold the grader to."""
    mistakes: tuple[Mistake, ...] = ()


class ValueQuestion(Question):
    tolerance: Tolerance | None = None


class ShapeQuestion(Question):
    symbols: Symbols = {}


class IntervalQuestion(Question):
    endpoints: Literal["strict", "either"] = "strict"
    """`either`: open and closed ends are both accepted."""
    endpoint_credit: Share = Fraction(1, 2)
    """For an answer that is right but for its end points."""
    tolerance: Tolerance | None = None


class Gradient(Record):
    """The right answer as a gradient, taken by the grader itself."""

    of: str = ""
    """A formula, as the loss."""
    function: FunctionName | None = None
    """Instead of a formula: a function of the reference in Torch, whose parameters are symbols."""
    by: str = Field(alias="with respect to")
    """A symbol; the gradient has its shape."""
    layout: Literal["denominator", "numerator", "either"] = "denominator"
    """`denominator`: shaped as the symbol; `numerator`: its transpose."""


class ExpressionQuestion(Question):
    symbols: Symbols = {}
    shape: tuple[Size, ...] | None = None
    """Where set, the answer states the shape of the array whose entry the formula gives."""
    up_to: Literal["nothing", "constant", "factor", "sign", "permutation"] = "nothing"
    """`permutation`: a tuple or a list in any order; sets are compared as sets anyhow."""
    rounding: Tolerance | None = None
    """Only where rounded decimals are allowed."""
    boundary: Literal["strict", "ignore"] = "strict"
    """`ignore`: any value will do at a kink or jump itself, as relu'(0); none at all, as of `x/|x|`
    at 0, is for a person."""
    without: tuple[str, ...] = ()
    """Symbols and functions that must not be left in the answer, as `sum` or `sigmoid`."""
    form: Literal["any", "expanded"] = "any"
    """`expanded`: no product or power of a sum may be left."""
    only: tuple[str, ...] = ()
    """Where set, the only symbols that the answer may hold."""
    gradient: Gradient | None = None
    """Instead of an answer."""

    @staticmethod
    @validate_before
    def _derive_answer(given: Any) -> Any:
        gradient = given.get("gradient") if isinstance(given, dict) else None
        if not isinstance(gradient, dict) or given.get("answer") is not None:
            return given
        loss, by = gradient.get("of"), gradient.get("with respect to", gradient.get("by"))
        if not loss and gradient.get("function"):
            return {**given, "answer": f"the gradient of {gradient['function']} in {by}"}
        flipped = "transpose" if gradient.get("layout") == "numerator" else ""
        return {**given, "answer": f"{flipped}(grad({loss}, {by}))"}


class ChoiceQuestion(Record):
    options: dict[Identifier, str] = {}
    answer: Identifier | tuple[Identifier, ...] | None = None
    """The right option; several, where any of them is accepted."""
    mistakes: tuple[Mistake, ...] = ()


class Field_(Record):
    points: Points = Fraction(1)
    prompt: str = ""


class ValueField(Field_, ValueQuestion): ...


class ShapeField(Field_, ShapeQuestion): ...


class IntervalField(Field_, IntervalQuestion): ...


class ExpressionField(Field_, ExpressionQuestion): ...


class ChoiceField(Field_, ChoiceQuestion): ...


class ValuePart(Part, ValueQuestion):
    """A number: decimals, fractions and constant expressions alike."""

    kind: Literal["value"]
    fields: dict[Identifier, ValueField] = {}


class ArrayPart(Part, ValueQuestion):
    """A vector or matrix of numbers, shape and entries."""

    kind: Literal["array"]
    fields: dict[Identifier, ValueField] = {}


class ShapePart(Part, ShapeQuestion):
    """The shape of an array; its sizes may be formulas in declared symbols."""

    kind: Literal["shape"]
    fields: dict[Identifier, ShapeField] = {}


class IntervalPart(Part, IntervalQuestion):
    """A set of real numbers: intervals, half-lines, their unions."""

    kind: Literal["interval"]
    fields: dict[Identifier, IntervalField] = {}


class SetPart(Part, ValueQuestion):
    """A finite set of numbers or of words, in any order."""

    kind: Literal["set"]
    fields: dict[Identifier, ValueField] = {}


class ExpressionPart(Part, ExpressionQuestion):
    """A closed form in declared symbols."""

    kind: Literal["expression"]
    fields: dict[Identifier, ExpressionField] = {}
    limits: Limits = Limits()


class ChainPart(Part):
    """A derivation: every step must follow, and the last line is what was to be shown."""

    kind: Literal["chain"]
    symbols: Symbols = {}
    where: dict[str, str] = {}
    """Names that stand for formulas, as `h2: w*(x2 + h1)`; later ones may use earlier ones."""
    start: str = ""
    """What the derivation starts from; empty where it may start anywhere."""
    answer: Any = None
    """What it must arrive at."""
    equivalents: tuple[Any, ...] = ()
    """Whole derivations that are right, for `grade check`."""
    mistakes: tuple[Mistake, ...] = ()
    """Known wrong lines: said where a step goes wrong with this right side."""
    least_steps: Count = Field(default=1, ge=0, le=50)
    """How many steps must be shown at least."""
    max_step: Count | None = Field(default=None, ge=1, le=50)
    """How many steps of a derivation in `equivalents` one line may take; any, if left out."""
    end_credit: Share = Fraction(1, 2)
    """For a right last line after a step that does not follow."""
    approximation: Tolerance | None = None
    """How close both sides of ≈ must be on the declared domains; without it a person looks."""
    proportional_in: tuple[str, ...] = ()
    """The symbols in which ∝ is meant; the factor may depend on all others."""
    boundary: Literal["strict", "ignore"] = "strict"


class BigOPart(Part):
    """An asymptotic bound, up to constants and lower terms."""

    kind: Literal["bigO"]
    symbols: Symbols = {}
    bound: Literal["O", "Θ", "Ω"] = "O"
    relations: tuple[str, ...] = ()
    """What is known of the sizes, as `n >= k`."""
    answer: Any = None
    equivalents: tuple[Any, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


class ChoicePart(Part, ChoiceQuestion):
    """One option of several."""

    kind: Literal["choice"]
    fields: dict[Identifier, ChoiceField] = {}


class MultiPart(Part):
    """Every option that applies."""

    kind: Literal["multi"]
    options: dict[Identifier, str]
    answer: tuple[Identifier, ...]
    scoring: Literal["each", "all"] = "each"
    """`each`: right ticks minus wrong ticks, over the number of right ones, at least 0; ticking
    all earns nothing unless all apply."""
    mistakes: tuple[Mistake, ...] = ()


class OrderPart(Part):
    """Steps put in order; several orders may be right."""

    kind: Literal["order"]
    items: dict[Identifier, str]
    answer: tuple[Identifier, ...] = ()
    """The only right order; or, where several are right, `chains`."""
    chains: tuple[tuple[Identifier, ...], ...] = ()
    """Each chain's items must come in its order; items of different chains may mix."""
    scoring: Literal["pairs", "all"] = "pairs"
    """`pairs`: the share of required before-after pairs that hold."""
    mistakes: tuple[Mistake, ...] = ()


class TextPart(Part):
    """Prose, marked by a person with a rubric."""

    kind: Literal["text"]
    rubric: tuple[Rubric, ...] = Field(min_length=1)


AnyPart = Annotated[
    Union[
        FunctionPart, ValuePart, ArrayPart, ShapePart, ChoicePart, MultiPart, OrderPart,
        IntervalPart, SetPart, TextPart, ExpressionPart, ChainPart, BigOPart, KernelPart,
        PropertyPart, FixPart, TrainPart,
    ],
    Field(discriminator="kind"),
]  # fmt: skip

PARTS: dict[str, type[Part]] = {
    get_args(model.__annotations__["kind"])[0]: model for model in get_args(get_args(AnyPart)[0])
}
"""The model of each kind, for loading one part at a time."""


class Problem(Record):
    """One YAML file: a title and its parts."""

    title: str
    prompt: str = ""
    params: Params = {}
    """Numbers and words drawn for each student: `<<stride>>` stands for one anywhere below, and a
    module-level `stride = 2` of the reference takes its value."""
    parts: dict[Identifier, AnyPart] = Field(min_length=1)
