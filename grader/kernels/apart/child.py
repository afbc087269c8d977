"""The process that interprets: one request after another, each within limits.

It runs none of a student's code either; the limits are for what interpreting it may cost.
"""

from __future__ import annotations

import resource
import sys

from grader.kernels.apart.wire import Request, read_request, send_run
from grader.kernels.launch import KernelRun, run_kernel
from grader.kernels.machine import Issue
from grader.kernels.refusals import Refusal
from grader.kernels.source import Program, read_program

MIB = 1024 * 1024
# What a run may take beyond its arrays: the budget's own share for shared and local memory, and
# as much again three times over for lanes, masks and the sorts of the counts.
MEMORY_BEYOND_ARRAYS = 4
OUT_OF_MEMORY = "interpreting it takes more memory than any kernel of this size needs"


def main() -> None:
    """Answer requests until the stream ends."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    known: dict[str, Program | Refusal] = {}
    while (request := read_request(incoming)) is not None:
        lift_memory_limit()
        if request.source not in known:
            known = {request.source: read_program(request.source)}
        program = known[request.source]
        arrays = sum(getattr(each, "nbytes", 0) for each in request.arguments)
        allowed = 2 * arrays + MEMORY_BEYOND_ARRAYS * request.budget.memory_mib * MIB
        limit_memory(measure_memory() + allowed)
        limit_processor_time(request.budget.time_s)
        try:
            run = interpret(program, request)
        except MemoryError:
            run = KernelRun(
                halted=Issue(kind="limit", line=0, column=0, message=OUT_OF_MEMORY)
            )  # fmt: skip
        lift_memory_limit()
        send_run(outgoing, run, request.arguments)


def interpret(program: Program | Refusal, request: Request) -> KernelRun:
    if isinstance(program, Refusal):
        return KernelRun(refusal=program)
    return run_kernel(
        program,
        request.name,
        request.launch,
        request.arguments,
        budget=request.budget,
        blocks=request.blocks,
    )


def measure_memory() -> int:
    """The address space in use, in bytes."""
    with open("/proc/self/statm", "rb", buffering=0) as file:  # noqa: PTH123 a fifth of the time
        return int(file.read().split()[0]) * resource.getpagesize()


def limit_memory(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def lift_memory_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def limit_processor_time(time_s: float) -> None:
    """From now on; the kernel of the system ends the process where it is exceeded."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + time_s) + 1, hard))


if __name__ == "__main__":
    main()
