"""The proof of a problem: every claim about every part, tried."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Protocol

from grader.authoring.answers import write_right_answer
from grader.authoring.certificate import Certificate, Claim, MutantReport, ProblemCertificate
from grader.authoring.claims import (
    check_equivalents,
    check_mistakes,
    check_nothing,
    check_points,
    check_right_answer,
    check_statement,
)
from grader.authoring.mutation import judge_mutants, try_mutants
from grader.authoring.rehearsing import Rehearsal, name_function
from grader.errors import GraderError, InstructorError, NoIsolation
from grader.expected import ExpectedValues
from grader.kinds.carrying import Earlier
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment, LoadedProblem


class Watcher(Protocol):
    """Hears how a proof goes."""

    def trying(self, part_id: str, what: str, done: int = 0, total: int = 0) -> None: ...

    def proved(self, certificate: Certificate) -> None: ...


def prove_problem(
    assignment: LoadedAssignment,
    problem: LoadedProblem,
    sandbox: Sandbox,
    earlier: Mapping[str, Earlier],
    watcher: Watcher,
) -> ProblemCertificate:
    """Prove every part of one problem; what does not hold is in the certificate.

    Errors   NoIsolation when nothing can be run on this machine.
    """
    started = time.monotonic()
    expected = ExpectedValues(None)
    parts = []
    for part_id, part in problem.parts.items():
        stage = Rehearsal(
            assignment=assignment,
            problem=problem,
            part_id=part_id,
            part=part,
            sandbox=sandbox,
            expected=expected,
            earlier={name: earlier[name] for name in part.uses},
        )
        parts.append(prove_part(stage, watcher))
        watcher.proved(parts[-1])
    return ProblemCertificate(
        problem=problem.id, parts=tuple(parts), elapsed_s=round(time.monotonic() - started, 2)
    )


def prove_part(stage: Rehearsal, watcher: Watcher) -> Certificate:
    """Prove one part. A claim that cannot be tried ends the proof, and says why."""
    part = stage.part
    claims: list[Claim] = []
    mutants: tuple[MutantReport, ...] = ()
    grading_s = 0.0
    try:
        started = time.monotonic()
        own_answer_s = 0.0
        for claim in _make_claims(stage):
            watcher.trying(stage.part_id, claim.name)
            claims.append(claim)
            if claim.name == "own answer":
                own_answer_s = time.monotonic() - started
            started = time.monotonic()
        # Training is what takes the time: it is not done again to be timed.
        grading_s = own_answer_s if part.kind == "train" else _time_grading(stage)
        if all(claim.holds for claim in claims if claim.name in ("reference", "own answer")):
            mutants = try_mutants(
                stage, lambda done, total: watcher.trying(stage.part_id, "mutants", done, total)
            )
            claims += judge_mutants(stage, mutants)
    except NoIsolation:
        raise
    except InstructorError as broken:
        claims.append(Claim(name="can be graded", holds=False, words=str(broken)))
    except GraderError as fault:
        claims.append(Claim(name="could be checked", holds=False, words=str(fault)))
    return Certificate(
        part=stage.part_id,
        kind=part.kind,
        points=float(part.points),
        claims=tuple(claims),
        mutants=mutants,
        grading_s=round(grading_s, 3),
    )


def _make_claims(stage: Rehearsal) -> Iterator[Claim]:
    yield check_statement(stage.part, stage.problem.prompt)
    yield check_points(stage.part)
    yield check_nothing(stage)
    if stage.part.kind in ("function", "fix"):
        yield from _make_function_claims(stage)
    if stage.part.kind in ("fix", "train"):
        from grader.authoring import code_claims

        if stage.part.kind == "train":
            yield from code_claims.check_training(stage)
        else:
            yield from code_claims.check_starter(stage)
    elif stage.part.kind == "kernel":
        from grader.authoring import kernel_claims

        yield kernel_claims.check_own_kernel(stage)
        yield from kernel_claims.check_wrong_kernels(stage)
    elif hasattr(stage.part, "answer") or stage.part.kind == "text":
        yield check_right_answer(stage)
        yield from check_equivalents(stage)
        yield from check_mistakes(stage)


def _make_function_claims(stage: Rehearsal) -> Iterator[Claim]:
    from grader.authoring import function_claims
    from grader.authoring.leaks import check_hidden

    yield function_claims.check_reference(stage)
    yield function_claims.check_own_function(stage)
    yield from function_claims.check_twins(stage)
    yield from function_claims.check_wrong_functions(stage)
    yield from function_claims.check_tolerance(stage)
    yield from check_hidden(stage)


def _time_grading(stage: Rehearsal) -> float:
    """How long the right answer takes, with workers started and expected values known."""
    started = time.monotonic()
    if stage.part.kind in ("function", "fix"):
        stage.judge(stage.hand_over(name_function(stage.part)))
    elif hasattr(stage.part, "answer"):
        stage.judge_written(write_right_answer(stage.resolved))
    return time.monotonic() - started
