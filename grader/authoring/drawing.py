"""Problems with parameters: whether they hold for whatever a student may draw."""

from __future__ import annotations

from collections.abc import Iterator

from grader.authoring.certificate import Certificate, Claim, ProblemCertificate
from grader.authoring.claims import check_equivalents, check_mistakes, check_right_answer
from grader.authoring.rehearsing import SECRET, Rehearsal, answer_earlier
from grader.errors import InstructorError
from grader.expected import ExpectedValues
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.params import draw_values
from grader.spec.personal import personalise, show_values

DRAWS = 50
"""A fault in one value of twenty is missed once in thirteen times; in one of ten, hardly ever."""

FIRST = "student 1"
"""Whose version is proved in full, with mutants; the others' right and wrong answers are tried."""


def prove_draws(
    base: LoadedAssignment, certificate: ProblemCertificate, sandbox: Sandbox
) -> ProblemCertificate:
    """Add to each part's certificate whether its answers hold with other students' values.

    Cost     one grading of the right answer and of each mistake a draw.
    """
    failed: dict[str, str] = {}
    count = 0
    for version, problem in list_versions(base, certificate.problem):
        count += 1
        for part_id, words in _try_version(version, problem, sandbox):
            failed.setdefault(part_id, f"with {show_values(problem.values)}: {words}")
    return certificate.model_copy(
        update={"parts": tuple(_add(part, count, failed) for part in certificate.parts)}
    )


def _add(part: Certificate, count: int, failed: dict[str, str]) -> Certificate:
    words = failed.get(part.part, f"{count} different draws")
    claim = Claim(name="other students' values", holds=part.part not in failed, words=words)
    return part.model_copy(update={"claims": (*part.claims, claim)})


def list_versions(
    base: LoadedAssignment, problem_id: str
) -> Iterator[tuple[LoadedAssignment, LoadedProblem]]:
    """The assignments of fifty students, as far as their values of one problem differ.

    Errors   SpecError where a value makes a part invalid.
    """
    drawn = next(each for each in base.problems if each.id == problem_id)
    seen: set[str] = set()
    for number in range(1, DRAWS + 1):
        student = f"student {number}"
        values = show_values(draw_values(drawn.params, problem_id, student, SECRET))
        if values not in seen:
            seen.add(values)
            version = personalise(base, student, SECRET)
            yield version, next(each for each in version.problems if each.id == problem_id)


def _try_version(
    version: LoadedAssignment, problem: LoadedProblem, sandbox: Sandbox
) -> Iterator[tuple[str, str]]:
    """The parts that don't hold with these values, and the first claim that fails."""
    expected = ExpectedValues(None)
    earlier = answer_earlier(version, sandbox, expected)
    for part_id, part in problem.parts.items():
        stage = Rehearsal(
            assignment=version,
            problem=problem,
            part_id=part_id,
            part=part,
            sandbox=sandbox,
            expected=expected,
            earlier={name: earlier[name] for name in part.uses},
        )
        try:
            wrong = next((claim for claim in _make_claims(stage) if not claim.holds), None)
        except InstructorError as broken:
            yield part_id, str(broken)
            continue
        if wrong is not None:
            yield part_id, f"{wrong.name}: {wrong.words}"


def _make_claims(stage: Rehearsal) -> Iterator[Claim]:
    """The right answer and the known mistakes; training runs take too long to repeat."""
    kind = stage.part.kind
    if kind in ("function", "fix"):
        from grader.authoring import function_claims

        yield function_claims.check_own_function(stage)
        yield from function_claims.check_wrong_functions(stage)
    elif kind == "kernel":
        from grader.authoring import kernel_claims

        yield kernel_claims.check_own_kernel(kernel_claims.make_quick(stage))
    elif kind != "train":
        yield check_right_answer(stage)
        yield from check_equivalents(stage)
        yield from check_mistakes(stage)
