"""What a kernel's launches say about its values, and about its safety."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.kernels.machine import Issue
from grader.kernels.source import Program
from grader.kinds.kernel_runs import Candidate, Trial, run_trials
from grader.spec.kernel_part import KernelPart
from grader.verdicts import Outcome, Verdict, failed, passed

# What a screen of feedback holds; the first ones explain the rest.
ISSUES_SHOWN = 5

ADVICE = {
    "race": "wait at cuda.syncthreads() between the two, give each thread its own entry, or use "
    "cuda.atomic",
    "out of bounds": "guard the access: `if i < a.shape[0]:`",
    "negative index": "guard the access: `if i >= 0:`",
    "barrier divergence": "move the barrier out of the branch or loop that only some threads enter",
    "uninitialised read": "store every entry that is read, and wait at a barrier in between",
    "inactive lane": "let every lane of the warp reach the shuffle",
    "limit": "stay below the limit: the launch would fail on any GPU",
    "does not end": "check what the loop's condition waits for",
}


def judge_values(part: KernelPart, trials: Sequence[Trial]) -> Outcome:
    """Whether every output is right at every size, and every input as it was."""
    points = part.correct.points
    for trial in trials:
        halted = trial.run.halted
        if halted is not None:
            verdict = Verdict.TIMEOUT if halted.kind == "does not end" else Verdict.WRONG
            feedback = f"saw  {halted.message} ({say_sizes(trial)})\ntry  {ADVICE[halted.kind]}"
            return failed(
                "correct",
                verdict,
                feedback,
                points=points,
                location=str(halted.line),
                staff_note=halted.kind,
            )
        for name, before in trial.before.items():
            if not isinstance(before, np.ndarray):
                continue
            is_output = name in part.outputs
            wanted = trial.expected[name] if is_output else before
            allowed = trial.allowed[name] if is_output and trial.allowed is not None else None
            wrong = find_wrong(
                part, trial.after[name], wanted, exact=part.exact or not is_output, allowed=allowed
            )
            if wrong is not None:
                feedback = say_wrong(name, trial, wrong, wanted, allowed, is_output=is_output)
                note = "values" if is_output else "input changed"
                return failed("correct", Verdict.WRONG, feedback, points=points, staff_note=note)
    return passed("correct", points=points)


def find_wrong(
    part: KernelPart, saw: Any, wanted: Any, *, exact: bool, allowed: Any = None
) -> np.ndarray | None:
    """Where two arrays differ by more than is allowed; None where they don't."""
    both_nan = (saw != saw) & (wanted != wanted)
    if allowed is not None:
        with np.errstate(invalid="ignore"):
            same = (np.abs(saw.astype(np.float64) - wanted) <= allowed) | (saw == wanted)
        same |= both_nan
    elif exact or part.tolerance is None:
        same = (saw == wanted) | both_nan
    else:
        rtol, atol = part.tolerance.rtol or 0.0, part.tolerance.atol or 0.0
        with np.errstate(invalid="ignore"):
            same = (np.abs(saw - wanted) <= atol + rtol * np.abs(wanted)) | (saw == wanted)
        same |= both_nan
    return None if same.all() else ~same


def say_wrong(
    name: str, trial: Trial, wrong: Any, wanted: Any, allowed: Any, *, is_output: bool
) -> str:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"{name}[{', '.join(map(str, at))}]"
    saw = trial.after[name][at]
    count = int(np.count_nonzero(wrong))
    lines = [
        f"saw       {where} = {saw} at {say_sizes(trial)} ({count} of {wrong.size} entries)",
        f"expected  {wanted[at]}{say_allowance(allowed, at)}"
        + ("" if is_output else ": inputs must stay as they are"),
    ]
    read = [site.line for site in trial.run.sites if (site.kind, site.array) == ("load", name)]
    if is_output and (saw != saw or saw == 77) and read:
        lines.append(
            f"try       line {read[0]} reads {name} before anything was stored there, and outputs "
            "hold rubbish at first: start from 0"
        )
    elif is_output and (saw != saw or saw == 77):
        lines.append("try       this entry was never written: does every index get a thread?")
    elif is_output:
        lines.append("try       follow one thread on paper for this entry")
    return "\n".join(lines)


def say_allowance(allowed: Any, at: tuple[int, ...]) -> str:
    return "" if allowed is None else f", give or take {allowed[at]:.1e} by rounding"


def is_sound(part: KernelPart, part_id: str, candidate: Candidate, reference: Program) -> bool:
    """Whether a kernel is right and safe, for a caller that has nothing more to say about it."""
    trials = run_trials(part, part_id, candidate, reference, seed=0)
    if trials[-1].run.refusal is not None:
        return False
    outcomes = judge_values(part, trials), judge_safety(part, trials)
    return all(outcome.verdict is Verdict.PASSED for outcome in outcomes)


def judge_safety(part: KernelPart, trials: Sequence[Trial]) -> Outcome:
    """Whether no launch did what no kernel may, whatever its values."""
    points = part.safe.points
    found: dict[tuple[Any, ...], tuple[Issue, Trial]] = {}
    benign: dict[int, Issue] = {}
    for trial in trials:
        for issue in trial.run.faults:
            found.setdefault((issue.kind, issue.line, issue.other_line), (issue, trial))
        benign.update({i.line: i for i in trial.run.issues if i.is_warning})
    faults = sorted(found.values(), key=lambda pair: (pair[0].line, pair[0].kind))
    if not faults:
        remark = "\n".join(f"note  line {i.line}: {i.message}" for i in benign.values())
        return passed("safe", points=points, feedback=remark)
    told, lines = group_faults(faults), []
    for (issue, trial), others in told[:ISSUES_SHOWN]:
        also = f"; likewise line {', '.join(map(str, others))}" if others else ""
        lines.append(f"line {issue.line}: {issue.kind}: {issue.message}{also} ({say_sizes(trial)})")
    if len(told) > ISSUES_SHOWN:
        lines.append(f"and {len(told) - ISSUES_SHOWN} more")
    kinds = list(dict.fromkeys(issue.kind for issue, _ in faults))
    lines += [f"try  {ADVICE[kind]}" for kind in kinds]
    if kinds == ["does not end"]:
        return failed(
            "safe",
            Verdict.TIMEOUT,
            "\n".join(lines),
            points=points,
            location=str(faults[0][0].line),
            staff_note="does not end",
        )
    note = ", ".join(sorted({name_fault(issue) for issue, _ in faults}))
    return failed(
        "safe",
        Verdict.WRONG,
        "\n".join(lines),
        points=points,
        location=str(faults[0][0].line),
        staff_note=note,
    )


def group_faults(
    faults: Sequence[tuple[Issue, Trial]],
) -> list[tuple[tuple[Issue, Trial], list[int]]]:
    """Races of one array, and faults of another kind, told once; with the lines of the others."""
    groups: dict[tuple[str, str], list[tuple[Issue, Trial]]] = {}
    for issue, trial in faults:
        name = re.search(r"`(\w+)", issue.message)
        groups.setdefault((issue.kind, name[1] if name else ""), []).append((issue, trial))
    return [
        (found[0], sorted({issue.line for issue, _ in found[1:]} - {found[0][0].line}))
        for found in groups.values()
    ]


def name_fault(issue: Issue) -> str:
    """A fault's kind; for a race also what met what."""
    if issue.kind != "race":
        return issue.kind
    order = (
        "self"
        if issue.line == issue.other_line
        else "forward"
        if issue.line > issue.other_line
        else "back"
    )
    return f"race {order}"


def say_sizes(trial: Trial) -> str:
    return ", ".join(f"{name} = {size}" for name, size in trial.sizes.items())
