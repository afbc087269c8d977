"""CUDA kernels: interpreted from their source, and judged correct, safe and efficient apart."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.errors import BrokenReference
from grader.kernels.apart.interpreter import interpret_apart
from grader.kernels.refusals import Refusal
from grader.kernels.source import Program, read_program
from grader.kinds.kernel_compiled import judge_compiled
from grader.kinds.kernel_curves import draw_charts
from grader.kinds.kernel_efficiency import (
    Rules,
    Yardstick,
    judge_efficiency,
    lay_yardstick,
    name_rules,
)
from grader.kinds.kernel_runs import Candidate, Trial, run_trials
from grader.kinds.kernel_timing import judge_time
from grader.kinds.kernel_values import judge_safety, judge_values
from grader.kinds.protocol import Bench, HandedIn
from grader.spec.kernel_part import KernelPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, Verdict, failed

__all__ = ["describe", "judge", "read_value"]


def judge(part: KernelPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Outcomes `correct`, `safe`, `efficient`; `compiled` and `timed` where the part asks.

    Errors   BrokenReference when a kernel of the reference can't be run.
    """
    name = part.signature.split("(")[0].strip()
    if handed_in.source is None:
        return miss_all(part, f"no kernel `{name}` was handed in")
    source = handed_in.source
    program = read_program(source.text)
    if isinstance(program, Refusal):
        return refuse_all(part, source.name, program)
    if name in program.functions and is_unwritten(program.functions[name]):
        return miss_all(
            part, f"`{name}` is not written yet", f"{source.name}:{program.functions[name].lineno}"
        )
    reference = read_reference(bench)
    student = Candidate(program=program, name=name, interpret=interpret_apart)
    trials = run_trials(part, part_id, student, reference, bench.seed)
    refusal = next((t.run.refusal for t in trials if t.run.refusal is not None), None)
    if refusal is not None:
        return refuse_all(part, source.name, refusal)
    marks = Marks(part=part, part_id=part_id, reference=reference, seed=bench.seed)
    outcomes = judge_program(marks, student, trials)
    located = [
        replace(outcome, location=f"{source.name}:{outcome.location}")
        if outcome.location
        else outcome
        for outcome in outcomes
    ]
    named = add_charts(marks, student, name_mistake(marks, tuple(located)))
    return (*named, *judge_by_compiler_and_gpu(marks, student, named, bench))


def judge_by_compiler_and_gpu(
    marks: Marks, student: Candidate, outcomes: tuple[Outcome, ...], bench: Bench
) -> list[Outcome]:
    """What depends on the machine: open wherever it lacks a compiler or a GPU."""
    part = marks.part
    found = []
    is_correct, is_safe = (outcome.verdict is Verdict.PASSED for outcome in outcomes[:2])
    if part.compiled is not None:
        found.append(judge_compiled(part, student, bench.sandbox, is_correct=is_correct))
    if part.timed is not None:
        is_sound = is_correct and is_safe
        reference = marks.reference.text
        found.append(
            judge_time(part, marks.seed, reference, student, bench.sandbox, is_sound=is_sound)
        )
    return found


def add_charts(
    marks: Marks, student: Candidate, outcomes: tuple[Outcome, ...]
) -> tuple[Outcome, ...]:
    """How the work grows, beside the verdict about how much it is."""
    if marks.part.efficient is None or not marks.part.efficient.curve:
        return outcomes
    return tuple(
        replace(outcome, charts=draw_charts(marks.part, marks.reference, student))
        if outcome.check == "efficient" and outcome.verdict is not Verdict.SKIPPED
        else outcome
        for outcome in outcomes
    )


@dataclass(slots=True, kw_only=True)
class Marks:
    """What one submission is measured against; the tiers are counted when first asked for."""

    part: KernelPart
    part_id: str
    reference: Program
    seed: int
    _yardstick: Yardstick | None = None

    @property
    def yardstick(self) -> Yardstick:
        if self._yardstick is None:
            self._yardstick = lay_yardstick(unnamed(self.part), self.reference, self.seed)
        return self._yardstick


def unnamed(part: KernelPart) -> KernelPart:
    """The part without its mistakes, on which no count depends: counted once for both."""
    return part.model_copy(update={"mistakes": ()})


def judge_program(marks: Marks, candidate: Candidate, trials: list[Trial]) -> list[Outcome]:
    """The outcomes of a kernel that can be interpreted."""
    part = marks.part
    values = judge_values(part, trials)
    safety = judge_safety(part, trials) if stores_anything(trials) else idle(part)
    outcomes = [values, safety]
    if part.efficient is not None:
        if values.verdict is Verdict.PASSED:
            counted = judge_efficiency(part, candidate, marks.yardstick)
            if counted.verdict in (Verdict.WRONG, Verdict.UNDECIDED):
                # Right at the sizes it could guess, and not at a real one.
                outcomes[0] = replace(counted, check="correct", points=part.correct.points)
                if counted.verdict is Verdict.WRONG:
                    counted = skip_efficiency(part)
            outcomes.append(counted)
        else:
            outcomes.append(skip_efficiency(part))
    return outcomes


def stores_anything(trials: list[Trial]) -> bool:
    """Whether any launch changed an array; one that was stopped might have."""
    return any(
        trial.run.halted is not None
        or any(site.kind != "load" and site.space == "global" for site in trial.run.sites)
        for trial in trials
    )


def idle(part: KernelPart) -> Outcome:
    """Doing nothing is safe, and earns nothing."""
    words = "no array is ever stored to, so there is nothing that could be unsafe"
    return failed("safe", Verdict.SKIPPED, words, points=part.safe.points)


def skip_efficiency(part: KernelPart) -> Outcome:
    assert part.efficient is not None
    words, points = "counted once the values are right", part.efficient.points
    return failed("efficient", Verdict.SKIPPED, words, points=points)


def miss_all(part: KernelPart, words: str, location: str = "") -> tuple[Outcome, ...]:
    """There is no kernel to judge."""
    return tuple(
        failed(check, Verdict.MISSING, words, points=points, location=location)
        for check, points in list_checks(part)
    )


def is_unwritten(function: ast.FunctionDef) -> bool:
    """Whether a starter is as it was given: a docstring, and an error that says so."""
    body = function.body[ast.get_docstring(function) is not None :]
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id == "NotImplementedError"


def refuse_all(part: KernelPart, file: str, refusal: Refusal) -> tuple[Outcome, ...]:
    """Source that can't be interpreted says nothing about any check."""
    place = f"{file}:{refusal.line}:{refusal.column}" if refusal.line else file
    feedback = f"{place}: cannot be graded: {refusal.construct}\ntry  {refusal.advice}"
    location = f"{file}:{refusal.line}" if refusal.line else file
    return tuple(
        failed(
            check,
            Verdict.REFUSED,
            feedback if number == 0 else f"not judged either: see line {refusal.line}",
            points=points,
            location=location,
        )
        for number, (check, points) in enumerate(list_checks(part))
    )


def list_checks(part: KernelPart) -> list[tuple[str, object]]:
    checks: list[tuple[str, object]] = [
        ("correct", part.correct.points),
        ("safe", part.safe.points),
    ]
    if part.efficient is not None:
        checks.append(("efficient", part.efficient.points))
    if part.compiled is not None:
        checks.append(("compiled", part.compiled.points))
    if part.timed is not None:
        checks.append(("timed", part.timed.points))
    return checks


def read_reference(bench: Bench) -> Program:
    program = read_known(bench.reference_source)
    if isinstance(program, Refusal):
        raise BrokenReference(f"line {program.line} of the reference: {program}")
    return program


@lru_cache(maxsize=16)
def read_known(text: str) -> Program | Refusal:
    """A reference, read once a process: no submission changes it."""
    return read_program(text)


def name_mistake(marks: Marks, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """The author's words, where exactly one known twin goes wrong in the same way."""
    if all(outcome.verdict is Verdict.PASSED for outcome in outcomes):
        return outcomes
    verdicts = {outcome.check: outcome.verdict.value for outcome in outcomes}
    alike = []
    for mistake in marks.part.mistakes:
        # What a twin is known to get is in the problem: only those that could fit are run.
        known = {str(check): verdict for check, verdict in mistake.verdicts.items()}
        fits = all(
            known[c] == v if c in known else v in ("passed", "skipped") for c, v in verdicts.items()
        )
        if fits and judge_twin(marks, mistake.like, outcomes) == diagnose(outcomes):
            alike.append(mistake.say)
    if len(alike) != 1:
        return outcomes
    at = next(i for i, outcome in enumerate(outcomes) if outcome.verdict is not Verdict.PASSED)
    told = replace(outcomes[at], mistake=alike[0])
    return (*outcomes[:at], told, *outcomes[at + 1 :])


def judge_twin(marks: Marks, name: str, outcomes: tuple[Outcome, ...]) -> list[set[str]]:
    """The faults of a known twin, check by check."""
    rules = name_rules(marks.part, marks.reference)
    if outcomes[0].verdict is outcomes[1].verdict is Verdict.PASSED:
        # Only the counts are in question, and the twin's values are known to be right.
        counted = count_twin(rules, name, marks.seed)
        return diagnose((*outcomes[:2], counted, *outcomes[3:]))
    return diagnose(judge_twin_in_full(rules, marks.part_id, name, marks.seed))


@lru_cache(maxsize=64)
def count_twin(rules: Rules, name: str, seed: int) -> Outcome:
    """The counts of a known twin, once a process."""
    yardstick = lay_yardstick(unnamed(rules.part), rules.reference, seed)
    return judge_efficiency(rules.part, Candidate(program=rules.reference, name=name), yardstick)


@lru_cache(maxsize=64)
def judge_twin_in_full(rules: Rules, part_id: str, name: str, seed: int) -> tuple[Outcome, ...]:
    """All outcomes of a known twin, once a process.

    Errors   BrokenReference when it cannot be interpreted.
    """
    part, reference = rules.part, rules.reference
    twin = Candidate(program=reference, name=name)
    trials = run_trials(part, part_id, twin, reference, seed)
    refusal = trials[-1].run.refusal
    if refusal is not None:
        raise BrokenReference(f"{name}, line {refusal.line}: {refusal}")
    marks = Marks(part=part, part_id=part_id, reference=reference, seed=seed)
    return tuple(judge_program(marks, twin, trials))


def diagnose(outcomes: tuple[Outcome, ...]) -> list[set[str]]:
    """What went wrong, in the kinds of faults rather than their places."""
    return [set(outcome.staff_note.split(", ")) for outcome in outcomes]


def read_value(part: KernelPart, answer: Answer) -> Value:
    """Nothing: no later part builds on a kernel."""
    return None


def describe(part: KernelPart) -> str:
    """How to hand in a kernel."""
    return (
        f"Write `@cuda.jit` above `def {part.signature}` in any .py file or notebook; it is found "
        "by its name. The grader makes the arrays and launches it."
    )
