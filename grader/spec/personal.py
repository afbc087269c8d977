"""A student's own version of an assignment: its parameters drawn, all else the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.errors import Fault, SpecError, UsageError
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.params import Drawn, draw_values


def personalise(assignment: LoadedAssignment, student: str, secret: str) -> LoadedAssignment:
    """The assignment as this student has it; the same one where nothing is left to be drawn.

    Errors   UsageError where something is drawn and no student is named; SpecError where a
             drawn value makes a part invalid.
    """
    if not any(problem.is_to_be_drawn for problem in assignment.problems):
        return assignment
    if not student.strip():
        raise UsageError(
            f"{assignment.id} has parameters drawn for each student; add --student with the name"
            " that their submissions come under"
        )
    problems = tuple(
        fill_problem(problem, draw_values(problem.params, problem.id, student.strip(), secret))
        if problem.is_to_be_drawn
        else problem
        for problem in assignment.problems
    )
    return replace(assignment, problems=problems)


def fill_problem(problem: LoadedProblem, values: dict[str, Drawn]) -> LoadedProblem:
    """One problem with these values; its digest says which.

    Errors   SpecError where a value makes a part invalid.
    """
    from grader.spec.problem_file import validate_problem
    from grader.spec.reference import Reference
    from grader.spec.words import show_path
    from grader.spec.yaml_reader import read_yaml

    document = read_yaml(problem.template.encode(), show_path(problem.path))
    reference = Reference(problem.reference_path, problem.reference)
    faults: list[Fault] = []
    found = validate_problem(problem.path, document, reference, problem.digest, faults, values)
    if found is None or faults:
        drawn = show_values(values)
        raise SpecError([replace(each, message=f"with {drawn}: {each.message}") for each in faults])
    return found.loaded


def show_values(values: Mapping[str, Drawn]) -> str:
    """`stride = 3, n = 7`"""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def describe_values(assignment: LoadedAssignment) -> tuple[str, ...]:
    """A line for each problem with values of the student's own."""
    return tuple(
        f"your own values in {problem.id}: {show_values(problem.values)}"
        for problem in assignment.problems
        if problem.values
    )
