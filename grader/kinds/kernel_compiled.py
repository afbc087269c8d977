"""What the compiler makes of a kernel: whether it compiles, and what it costs a thread."""

from __future__ import annotations

from grader.errors import SystemFault
from grader.kernels.refusals import Refused
from grader.kernels.static.compiling import compile_kernel, find_missing
from grader.kernels.static.facts import CompiledFacts
from grader.kinds.kernel_runs import Candidate
from grader.spec.function_part import Draw
from grader.spec.kernel_part import Compiled, KernelPart
from grader.verdicts import Outcome, Verdict, failed, passed

ADVICE = {
    "fp64": "a literal such as 0.5 is float64: write float32(0.5), and start sums with float32(0)",
    "registers": "keep fewer values alive at once, or name a limit with max_registers",
    "spill_bytes": "keep fewer values alive at once: what does not fit goes to slow memory",
    "stack_bytes": "index local arrays with constants, or use shared memory",
    "shared_bytes": "use a smaller tile: fewer blocks fit on a processor at once",
}
WORDS = {
    "fp64": "float64 instructions", "registers": "registers a thread",
    "spill_bytes": "bytes of spilled registers", "stack_bytes": "bytes of local memory a thread",
    "shared_bytes": "bytes of shared memory a block",
}  # fmt: skip


def judge_compiled(part: KernelPart, candidate: Candidate) -> Outcome:
    """The `compiled` outcome; open where there is no compiler here, or it fails by itself."""
    asked = part.compiled
    assert asked is not None
    missing = find_missing()
    if missing:
        return leave_open(asked, missing)
    try:
        facts = compile_kernel(
            candidate.program, candidate.name, list_types(part), asked.capability
        )  # fmt: skip
    except Refused as refused:
        return leave_open(asked, f"the source is refused: {refused}")
    except SystemFault as fault:
        return leave_open(asked, "the compiler failed by itself", str(fault))
    if isinstance(facts, str):
        words = f"saw  Numba can't compile it: {facts}\ntry  run it once under Numba yourself"
        return failed("compiled", Verdict.WRONG, words, points=asked.points, staff_note="compile")
    return judge_facts(asked, facts)


def judge_facts(asked: Compiled, facts: CompiledFacts) -> Outcome:
    """Each fact beside what is allowed of it."""
    lines = []
    for name, words in WORDS.items():
        allowed, saw = getattr(asked, name), getattr(facts, name)
        if allowed is not None and saw > allowed:
            lines += [f"saw  {saw:,} {words}; expected at most {allowed:,}", f"try  {ADVICE[name]}"]
    if lines:
        return failed(
            "compiled",
            Verdict.INEFFICIENT,
            "\n".join([*lines, say_facts(facts)]),
            points=asked.points,
        )
    return passed("compiled", points=asked.points, feedback=say_facts(facts))


def say_facts(facts: CompiledFacts) -> str:
    said = ", ".join(f"{getattr(facts, name):,} {words}" for name, words in WORDS.items())
    major, minor = facts.capability
    return f"for compute capability {major}.{minor}, by CUDA {facts.toolkit}: {said}"


def leave_open(asked: Compiled, why: str, staff_note: str = "") -> Outcome:
    """Nobody's fault: the points are neither earned nor lost."""
    verdict = Verdict.VOID if asked.without_compiler == "void" else Verdict.SKIPPED
    return Outcome(
        check="compiled",
        verdict=verdict,
        share=None,
        points=asked.points,
        feedback=f"not compiled: {why}; these points stay open",
        staff_note=staff_note,
    )


def list_types(part: KernelPart) -> list[tuple[str, int]]:
    """Dtype and dimensions of each parameter; numbers are what Numba takes a Python int for."""
    return [
        (written.dtype or "float32", len(written.shape))
        if isinstance(written, Draw) else ("int64", 0)
        for written in part.arguments.values()
    ]  # fmt: skip
