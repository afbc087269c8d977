"""What must hold of parts that a function answers, beside what holds of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.authoring.certificate import Claim
from grader.authoring.claims import check_submission, describe, judge_mistake
from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
from grader.expected import ExpectedValues
from grader.kinds.protocol import Inputs
from grader.numerics.draws import draw_inputs, widen
from grader.sandbox.decoding import encode_value
from grader.sandbox.records import Ending
from grader.spec.function_part import FunctionPart
from grader.submission.models import Submission
from grader.verdicts import Verdict

MARGIN = 10
"""A student may write loops where the reference has one call, on a machine that is busy."""

LEAST_S = 0.02
"""What starting a call costs is not the reference's doing."""

HALF_EPS = 2.0**-11
"""A stated tolerance as wide as this says that half precision will do."""


def check_reference(stage: Rehearsal) -> Claim:
    """The reference runs, gives the same twice, and is quick enough by a wide margin."""
    name, part = "reference", stage.part
    inputs = draw_all(stage)
    if not inputs:
        return Claim(name=name, holds=True, words="every check says what it expects")
    function = name_function(part)
    runs = []
    for _ in range(2):
        bench = replace(stage, expected=ExpectedValues(None)).bench(NOTHING)
        runs.append(bench.call_reference(function, [widen(given) for given in inputs]))
    for given, first, second in zip(inputs, *runs, strict=True):
        if encode_value(first.value) != encode_value(second.value):
            words = f"{function} returned two values for one input ({list(given)}); fix its seed"
            return Claim(name=name, holds=False, words=words)
    slowest_s = max(min(a.cpu_s, b.cpu_s) for a, b in zip(*runs, strict=True))
    allowed_s = part.limits.time_s / MARGIN
    words = f"{len(inputs)} calls, the slowest {slowest_s:.2g} s of {part.limits.time_s:g} s"
    if slowest_s > max(allowed_s, LEAST_S):
        needed = f"{{time_s: {slowest_s * MARGIN:.2g}}}"
        advice = f"at most a tenth is expected; set 'limits' to {needed}"
        return Claim(name=name, holds=False, words=f"{words}; {advice}")
    return Claim(name=name, holds=True, words=words)


def draw_all(stage: Rehearsal) -> list[Inputs]:
    """The inputs of every call that is compared with the reference."""
    seed = stage.bench(NOTHING).seed
    return [
        draw_inputs(stage.part, check, seed, repeat)
        for check in stage.part.checks
        if check.expect is None and check.holds is None
        for repeat in range(check.repeats)
    ]


def check_own_function(stage: Rehearsal) -> Claim:
    """The reference, handed in as a student would, earns everything."""
    return check_submission(stage, "own answer", stage.hand_over(name_function(stage.part)))


def check_twins(stage: Rehearsal) -> Iterator[Claim]:
    """Functions that the problem says are as right are accepted."""
    for twin in stage.part.equivalents:
        yield check_submission(stage, f"equivalent {twin}", stage.hand_over(twin))


def check_wrong_functions(stage: Rehearsal) -> Iterator[Claim]:
    """Every wrong function that the problem lists earns its credit and gets its words."""
    for mistake in stage.part.mistakes:
        if mistake.like:
            outcomes = stage.judge_without_examples(stage.hand_over(mistake.like)).outcomes
            yield judge_mistake(mistake, f"mistake {mistake.like}", outcomes)


IN_SINGLE = """
def _single(value):
    if isinstance(value, (list, tuple)):
        return type(value)(map(_single, value))
    kind = type(value).__module__.partition(".")[0]
    if kind == "torch" and value.is_floating_point():
        return value.float()
    if kind == "numpy" and value.dtype.kind == "f":
        return value.astype("float32")
    return value
"""

IN_HALF = """
def _half(value):
    if isinstance(value, (list, tuple)):
        return type(value)(map(_half, value))
    kind = type(value).__module__.partition(".")[0]
    if kind == "torch" and value.is_floating_point():
        return value.half().to(value.dtype)
    if kind == "numpy" and value.dtype.kind == "f":
        return value.astype("float16").astype(value.dtype)
    return value
"""


def check_tolerance(stage: Rehearsal) -> Iterator[Claim]:
    """Single precision is close enough, half precision is not."""
    part: FunctionPart = stage.part
    if part.arrays == "python" or all(check.expect is not None for check in part.checks):
        # Python computes in double precision whatever is asked.
        return
    function = name_function(part)
    single = stage.hand_over(function, preamble=IN_SINGLE, call="_given(*_single(arguments))")
    score = stage.judge_without_examples(single)
    # A person looks at what rounding may explain: nobody loses points over it.
    passes = all(each.verdict in (Verdict.PASSED, Verdict.UNDECIDED) for each in score.outcomes)
    words = "" if passes else f"the reference in float32 is {describe(score)}; widen 'tolerance'"
    yield Claim(name="tolerance: float32 passes", holds=passes, words=words)
    if _allows_half(part):
        yield Claim(name="tolerance: float16 fails", holds=True, words="allowed by 'tolerance'")
        return
    half = stage.hand_over(function, preamble=IN_HALF, call="_half(_given(*arguments))")
    if not _is_changed(stage, half):
        return
    score = stage.judge_without_examples(half)
    fails = score.verdict is not Verdict.PASSED
    words = "" if fails else "values rounded to float16 earn everything; narrow 'tolerance'"
    yield Claim(name="tolerance: float16 fails", holds=fails, words=words)


def _allows_half(part: FunctionPart) -> bool:
    stated = [check.tolerance or part.tolerance for check in part.checks]
    return all(
        tolerance is not None and max(tolerance.rtol or 0, tolerance.atol or 0) >= HALF_EPS
        for tolerance in stated
    )


def _is_changed(stage: Rehearsal, half: Submission) -> bool:
    """Whether rounding to float16 changes any value: whole numbers stay what they are."""
    function, inputs = name_function(stage.part), draw_all(stage)
    values = [
        [
            encode_value(run.value)
            for run in desk.bench.call_student(
                function, inputs, limits=stage.part.limits, modules=desk.modules
            )
            if run.ending is Ending.RETURNED
        ]
        for desk in map(stage.desk, (half, stage.hand_over(function)))
    ]
    return values[0] != values[1]
