"""Parts answered by a CUDA kernel: what it is given, how it is launched, what it is judged by."""

from fractions import Fraction
from typing import Annotated, Literal

from grader.record import AfterValidator, Field, Record
from grader.spec.function_part import Draw, SignatureText
from grader.spec.models import (
    Count,
    Flag,
    FunctionName,
    Identifier,
    Part,
    Points,
    Share,
    Size,
    Tolerance,
)

CheckWord = Literal["correct", "safe", "efficient", "compiled", "timed"]
Sizes = dict[Identifier, Count]
GridSize = Size
"""A number, or a formula in the sizes: `ceil(n / 16)`, `max(m, n)`."""


class KernelLaunch(Record):
    """How the grader starts the kernel; the student doesn't."""

    block: tuple[GridSize, ...] = Field(min_length=1, max_length=3)
    """Threads along x, y, z."""
    grid: tuple[GridSize, ...] = Field(min_length=1, max_length=3)
    """Blocks along x, y, z; at least one each."""
    shared_bytes: Count = 0
    """Dynamic shared memory."""


class Correctness(Record):
    """The values: at stated sizes, and at some drawn for each submission."""

    points: Points = Fraction(1)
    sizes: tuple[Sizes, ...] = Field(min_length=1)
    drawn: Count = Field(default=2, le=8)
    """How many further sizes are drawn between 1 and `up_to`."""
    up_to: Count = Field(default=50, ge=1)


class Safety(Record):
    """Races, bounds, barriers, uninitialised reads: at the same sizes, whatever the values."""

    points: Points = Fraction(1)


class Ceilings(Record):
    """Each count, as a multiple of the tier's own; a count that is not named is not judged."""

    sectors: float | None = Field(default=1.25, gt=0)
    """32-byte pieces of global memory moved."""
    requests: float | None = Field(default=None, gt=0)
    """Global loads and stores issued by warps."""
    bank_ways: float | None = Field(default=1.5, gt=0)
    """Passes through shared memory that a request needs."""
    contention: float | None = Field(default=1.5, gt=0)
    """Lanes of a warp that meet on one address in an atomic, summed."""
    fp64: float | None = Field(default=1.0, gt=0)
    """Arithmetic in float64."""
    issued: float | None = Field(default=3.0, gt=0)
    """Statements issued by warps: one thread that does everything shows here."""


class Tier(Record):
    """A kernel of the reference module to measure up to, and what that earns."""

    like: FunctionName
    share: Share = Fraction(1)


class Efficiency(Record):
    """Counts at a real size, from a few blocks of the launch."""

    points: Points = Fraction(1)
    sizes: Sizes
    tiers: tuple[Tier, ...] = Field(min_length=1)
    """The most demanding first; the first that is reached counts."""
    ceilings: Ceilings = Ceilings()
    curve: Flag = True
    """Draw how the counts grow, from a sixteenth of `sizes` up."""


class Compiled(Record):
    """What Numba's compiler makes of it, without a GPU; each the most that is allowed."""

    points: Points = Fraction(1)
    capability: tuple[Count, Count] = (8, 0)
    """The compute capability that is compiled for."""
    fp64: Count | None = 0
    """Instructions that compute in float64, after the compiler's own folding."""
    registers: Count | None = None
    spill_bytes: Count | None = 0
    stack_bytes: Count | None = None
    shared_bytes: Count | None = None
    without_compiler: Literal["skipped", "void"] = "skipped"


class SlopeRange(Record):
    """Of log time on log size, least squares: 2 for doubling a matrix, 3 for a product."""

    low: float
    high: float


class CpuFigure(Record):
    """The classic figure of an exercise: the kernel's time beside a CPU function's."""

    like: FunctionName
    """A function of the reference module: the inputs as NumPy arrays, in order."""
    speedup: float = Field(default=2.0, gt=0)
    """Which CPU it is decides half of this figure: ask for little."""


class Timing(Record):
    """Time on a GPU, as a ratio to a tier measured in the same rounds."""

    points: Points = Fraction(1)
    sizes: Sizes
    """Doubled together until the tier takes `target_us`."""
    target_us: float = Field(default=200.0, ge=50)
    """Below 50 microseconds, launching is a tenth of the figure."""
    like: FunctionName
    slow: FunctionName | None = None
    """A kernel that must exceed `ratio`, or the GPU is not fit to judge; the last tier of
    `efficient`, if left out."""
    ratio: float = Field(default=1.3, gt=1)
    copy_share: float | None = Field(default=None, gt=0, le=1)
    """The share of a copy's bandwidth to reach, where moving memory is all there is to do."""
    slope: SlopeRange | None = None
    """Plausibility: finds the wrong complexity, not a slow constant."""
    against_cpu: CpuFigure | None = None
    without_gpu: Literal["skipped", "void"] = "skipped"


class Rounding(Record):
    """What an entry is made of: from it follows how far rounding alone may take it."""

    terms: Size
    """How many products, or exponentials, an entry's sum has; a formula in the sizes."""
    of: Literal["products", "exponentials"] = "products"
    """Exponentials: those of a row's entries less its greatest, over their sum."""


class KernelMistake(Record):
    """A wrong twin: a kernel of the reference module, and the verdicts it must get."""

    like: FunctionName
    say: str
    verdicts: dict[CheckWord, str]
    """By check; what is not named must pass."""


def _find_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("names the same array twice")
    return names


ArrayNames = Annotated[tuple[Identifier, ...], AfterValidator(_find_repeats)]


class KernelPart(Part):
    """A Numba CUDA kernel, judged from its source: correct, safe, efficient."""

    kind: Literal["kernel"]
    signature: SignatureText
    arguments: dict[str, Draw | Size]
    """By parameter: an array to draw, a number, or a formula in the sizes."""
    outputs: ArrayNames = Field(min_length=1)
    """Arrays that the kernel fills; they hold rubbish before, unless their entry draws something.
    Every other array must be left as it was."""
    launch: KernelLaunch
    exact: Flag = True
    """Where false, compare within `rounding`'s bound, or within `tolerance`."""
    rounding: Rounding | None = None
    tolerance: Tolerance | None = None
    reference: FunctionName | None = None
    """The kernel of the reference module whose values are right; the part's own name, if left
    out."""
    correct: Correctness
    safe: Safety = Safety()
    efficient: Efficiency | None = None
    compiled: Compiled | None = None
    timed: Timing | None = None
    mistakes: tuple[KernelMistake, ...] = ()
