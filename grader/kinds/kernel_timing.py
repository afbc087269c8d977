"""Timing a kernel: asks for a record from a process with the GPU, and says what it means."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.kernels.timing.module_text import write_module
from grader.kernels.timing.records import (
    Comparison,
    Scaling,
    TimedRound,
    TimingRecord,
)
from grader.kernels.timing.thresholds import Thresholds, find_shortfalls, say_times
from grader.kinds.kernel_runs import Candidate
from grader.spec.kernel_part import KernelPart
from grader.verdicts import Outcome, Verdict, failed, passed

ROOT = Path(__file__).resolve().parents[2]
DEVICES = ("/dev/nvidiactl", "/dev/dxg")
# Three comparisons of at most five seconds on the device, a retry, compiling and slopes.
LIMIT_S = 180
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME")
# What a line of a driver's complaint may take in a note for staff.
COMPLAINT_LENGTH = 2000


def judge_time(
    part: KernelPart, seed: int, reference: str, candidate: Candidate, *, is_sound: bool
) -> Outcome:
    """The `timed` outcome; its points stay open wherever no fair time can be had."""
    assert part.timed is not None
    points = part.timed.points
    if not is_sound:
        words = "timed once the values are right and the kernel is safe"
        return failed("timed", Verdict.SKIPPED, words, points=points)
    missing = find_missing()
    if missing:
        return leave_open(part, f"not timed: {missing}")
    record, complaint = ask_for_record(part, seed, reference, candidate)
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
    part: KernelPart, seed: int, reference: str, candidate: Candidate
) -> tuple[TimingRecord | None, str]:
    """A record from a process of its own; None, and what that process said, without one."""
    assert part.timed is not None
    slow = part.timed.slow
    if slow is None:
        assert part.efficient is not None
        slow = part.efficient.tiers[-1].like
    asked = {"ask": "record", "slow": slow, "seed": seed}
    found, complaint = ask(part, reference, candidate, asked)
    if found is None:
        return None, complaint
    try:
        return read_record(found), complaint
    except (ValueError, KeyError, TypeError) as error:
        return None, f"an answer that can't be read: {error}\n{complaint}"


def ask_for_times(
    part: KernelPart, reference: str, candidate: Candidate, sizes: list[dict[str, int]]
) -> tuple[dict[str, Any] | None, str]:
    """Microseconds by kernel at each size, for a curve; None, and why, without a GPU."""
    assert part.efficient is not None
    tiers = [tier.like for tier in part.efficient.tiers]
    asked = {"ask": "curve", "tiers": tiers, "sizes": sizes, "seed": 0}
    return ask(part, reference, candidate, asked)


def ask(
    part: KernelPart, reference: str, candidate: Candidate, asked: dict[str, Any]
) -> tuple[dict[str, Any] | None, str]:
    request = asked | {
        "part": part.model_dump(mode="json", by_alias=True),
        "student": write_module(candidate.program, candidate.name),
        "name": candidate.name,
        "reference": reference,
    }
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-m", "grader.kinds.kernel_timing_child"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=LIMIT_S,
            env=kept | {"PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"stopped after {LIMIT_S} s"
    complaint = done.stderr.decode("utf-8", "replace")[-COMPLAINT_LENGTH:]
    if done.returncode != 0:
        return None, f"exit {done.returncode}\n{complaint}"
    try:
        return dict(json.loads(done.stdout)), complaint
    except ValueError as error:
        return None, f"an answer that can't be read: {error}\n{complaint}"


def read_record(found: dict[str, Any]) -> TimingRecord:
    """A record from its JSON.

    Errors   ValueError, KeyError or TypeError for anything else.
    """
    fields = dict(found)
    for name in ("itself", "slow", "student"):
        if found[name] is not None:
            fields[name] = read_comparison(found[name])
    if found["scaling"] is not None:
        scaling = found["scaling"]
        fields["scaling"] = Scaling(
            sizes=tuple(scaling["sizes"]),
            times_us=tuple(scaling["times_us"]),
            slope=scaling["slope"],
        )
    return TimingRecord(**fields)


def read_comparison(found: dict[str, Any]) -> Comparison:
    rounds = tuple(
        TimedRound(left_us=left, right_us=right, copy_us=copy, order=())
        for left, right, copy in found["rounds"]
    )
    quartiles = found["quartiles"]
    return Comparison(
        **{**found, "rounds": rounds, "quartiles": None if quartiles is None else tuple(quartiles)}
    )
