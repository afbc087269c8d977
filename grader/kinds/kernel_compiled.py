"""What the compiler makes of a kernel: whether it compiles, and what it costs a thread."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import SystemFault
from grader.kernels.refusals import Refused
from grader.kernels.static.compiling import (
    COMPILER,
    FUNCTION,
    MEMORY_MIB,
    MODULES,
    TIME_S,
    find_missing,
    read_answer,
    write_sources,
)
from grader.kernels.static.facts import CompiledFacts
from grader.kinds.kernel_runs import Candidate
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending
from grader.spec.function_part import Draw
from grader.spec.kernel_part import Compiled, KernelPart
from grader.values import Value
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


def judge_compiled(
    part: KernelPart, candidate: Candidate, sandbox: Sandbox, *, is_correct: bool
) -> Outcome:
    """The `compiled` outcome; open where there is no compiler here, or it fails by itself.

    Errors   NoIsolation where the sandbox doesn't hold.
    """
    asked = part.compiled
    assert asked is not None
    if not is_correct:
        words = "compiled once the values are right"
        return failed("compiled", Verdict.SKIPPED, words, points=asked.points)
    missing = find_missing()
    if missing:
        return leave_open(asked, missing)
    try:
        facts = compile_kernel(candidate, list_types(part), asked.capability, sandbox)
    except Refused as refused:
        place = f"line {refused.refusal.line}: " if refused.refusal.line else ""
        return leave_open(asked, f"{place}{refused}")
    except SystemFault as fault:
        return leave_open(asked, "the compiler failed by itself", str(fault))
    if isinstance(facts, str):
        words = f"saw  Numba can't compile it: {facts}\ntry  run it once under Numba yourself"
        return failed("compiled", Verdict.WRONG, words, points=asked.points, staff_note="compile")
    return judge_facts(asked, facts)


def compile_kernel(
    candidate: Candidate,
    types: Sequence[tuple[str, int]],
    capability: tuple[int, int],
    sandbox: Sandbox,
) -> CompiledFacts | str:
    """The facts of a kernel for arguments of these dtypes and dimensions; or what Numba has
    against it.

    Numba and the assembler run where a student's code would, within its limits.

    Errors   Refused for a source that Numba must not see; SystemFault when the compiler fails;
             NoIsolation where the sandbox doesn't hold.
    Cost     half a second of processor time; a second more for the first one.
    """
    described: Value = list(types)
    call = Call(
        sources=write_sources(candidate.program, candidate.name),
        module=COMPILER,
        function=FUNCTION,
        arguments=(candidate.name, described, capability),
        modules=MODULES,
        time_s=TIME_S,
        memory_mib=MEMORY_MIB,
    )
    (run,) = sandbox.run([call])
    if run.ending is not Ending.RETURNED:
        raise SystemFault(f"compiling a kernel ended with {run.ending.value}: {run.detail}"[:500])
    return read_answer(run.value, capability)


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
