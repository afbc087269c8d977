"""Timing a kernel: asks for a record from a process with the GPU, and says what it means."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.kernels.refusals import Refused
from grader.kernels.timing.module_text import write_module
from grader.kernels.timing.reading import MalformedRecord, read_record, read_times
from grader.kernels.timing.records import TimingRecord
from grader.kernels.timing.thresholds import Thresholds, find_shortfalls, say_times
from grader.kinds.kernel_runs import Candidate
from grader.sandbox.alone import Program, run_alone
from grader.sandbox.graphics import find_graphics
from grader.sandbox.pool import Sandbox
from grader.spec.kernel_part import KernelPart
from grader.verdicts import Outcome, Verdict, failed, passed

DEVICES = ("/dev/nvidiactl", "/dev/dxg")
# Three comparisons of at most five seconds on the device, a retry, compiling and slopes.
LIMIT_S = 180
CHILD = "from grader.kinds.kernel_timing_child import main; main()"
# What a line of a driver's complaint may take in a note for staff.
COMPLAINT_LENGTH = 2000


def judge_time(
    part: KernelPart,
    seed: int,
    reference: str,
    candidate: Candidate,
    sandbox: Sandbox,
    *,
    is_sound: bool,
) -> Outcome:
    """The `timed` outcome; its points stay open wherever no fair time can be had.

    Errors   NoIsolation where the sandbox doesn't hold.
    """
    assert part.timed is not None
    points = part.timed.points
    if not is_sound:
        words = "timed once the values are right and the kernel is safe"
        return failed("timed", Verdict.SKIPPED, words, points=points)
    missing = find_missing()
    if missing:
        return leave_open(part, f"not timed: {missing}")
    try:
        record, complaint = ask_for_record(part, seed, reference, candidate, sandbox)
    except Refused as refused:
        place = f"line {refused.refusal.line}: " if refused.refusal.line else ""
        return leave_open(part, f"not timed: {place}{refused}")
    if record is None:
        return leave_open(part, "not timed: the GPU could not be used", complaint)
    return judge_record(part, record)


def find_missing() -> str:
    """What this machine lacks for timing; empty where there is a GPU to try."""
    if not any(Path(device).exists() for device in DEVICES):
        return "no GPU here"
    if find_spec("numba_cuda") is None:
        return "the optional extra [gpu] is not installed"
    return ""


def leave_open(part: KernelPart, why: str, staff_note: str = "") -> Outcome:
    """Nobody's fault: the points are neither earned nor lost."""
    assert part.timed is not None
    verdict = Verdict.VOID if part.timed.without_gpu == "void" else Verdict.SKIPPED
    return Outcome(
        check="timed",
        verdict=verdict,
        share=None,
        points=part.timed.points,
        feedback=f"{why}; these points stay open",
        staff_note=staff_note,
    )


def judge_record(part: KernelPart, record: TimingRecord) -> Outcome:
    """What a record means for the student; everything in it goes to the staff."""
    assert part.timed is not None
    timed = part.timed
    note = json.dumps(record.as_json(), separators=(",", ":"))
    if record.status == "wrong":
        words = "saw  other values than the reference's on the GPU, at the size that is timed"
        return failed("timed", Verdict.WRONG, words, points=timed.points, staff_note=note)
    if record.status == "suspicious":
        words = f"{record.reason}: a person will look at it"
        return failed("timed", Verdict.REVIEW, words, points=timed.points, staff_note=note)
    if record.status in ("unfit", "void"):
        return leave_open(part, f"not timed: {record.reason}", note)
    if record.status == "inconclusive":
        # Twice within the noise of the threshold: that is as good as reaching it.
        words = f"{record.reason}, twice: counted for you"
        return passed("timed", points=timed.points, feedback=words, staff_note=note)
    asked = Thresholds(
        ratio=timed.ratio,
        copy_share=timed.copy_share,
        slope=None if timed.slope is None else (timed.slope.low, timed.slope.high),
        cpu_speedup=None if timed.against_cpu is None else timed.against_cpu.speedup,
    )
    shortfalls = find_shortfalls(record, asked)
    figures = say_times(record, timed.like)
    if shortfalls:
        words = "\n".join([*shortfalls, figures])
        return failed("timed", Verdict.SLOW, words, points=timed.points, staff_note=note)
    return passed("timed", points=timed.points, feedback=figures, staff_note=note)


def ask_for_record(
    part: KernelPart, seed: int, reference: str, candidate: Candidate, sandbox: Sandbox
) -> tuple[TimingRecord | None, str]:
    """A record from a box of its own; None, and what was said there, without one.

    Errors   Refused for a source that Numba must not see; NoIsolation.
    """
    assert part.timed is not None
    slow = part.timed.slow
    if slow is None:
        assert part.efficient is not None
        slow = part.efficient.tiers[-1].like
    asked = {"ask": "record", "slow": slow, "seed": seed}
    answer, complaint = ask(part, reference, candidate, asked, sandbox)
    if answer is None:
        return None, complaint
    try:
        return read_record(answer), complaint
    except MalformedRecord as error:
        return None, f"an answer that can't be read: {error}\n{complaint}"


def ask_for_times(
    part: KernelPart,
    reference: str,
    candidate: Candidate,
    sizes: list[dict[str, int]],
    sandbox: Sandbox,
) -> tuple[dict[str, Any] | None, str]:
    """Microseconds by kernel at each size, for a curve; None, and why, without a GPU.

    Errors   Refused for a source that Numba must not see; NoIsolation.
    """
    assert part.efficient is not None
    tiers = [tier.like for tier in part.efficient.tiers]
    asked = {"ask": "curve", "tiers": tiers, "sizes": sizes, "seed": 0}
    answer, complaint = ask(part, reference, candidate, asked, sandbox)
    if answer is None:
        return None, complaint
    try:
        return read_times(answer, ["student", *tiers], len(sizes)), complaint
    except MalformedRecord as error:
        return None, f"an answer that can't be read: {error}\n{complaint}"


def ask(
    part: KernelPart,
    reference: str,
    candidate: Candidate,
    asked: dict[str, Any],
    sandbox: Sandbox,
) -> tuple[bytes | None, str]:
    request = asked | {
        "part": part.model_dump(mode="json", by_alias=True),
        "student": write_module(candidate.program, candidate.name),
        "name": candidate.name,
        "reference": reference,
    }
    # Settles the tier; the box has a canary of its own.
    sandbox.prove()
    program = Program(
        text=CHILD,
        request=json.dumps(request).encode(),
        time_s=LIMIT_S,
        graphics=find_graphics(),
    )
    ended = run_alone(program, sandbox.tier)
    complaint = ended.complaint[-COMPLAINT_LENGTH:]
    if ended.fault:
        return None, f"{ended.fault}\n{complaint}"
    return ended.answer, complaint
