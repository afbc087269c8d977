"""Which problems a path means: an assignment, a problem, its file, or all."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import UnknownAssignment
from grader.spec.assignment_file import ASSIGNMENT_FILE
from grader.spec.loading import Course
from grader.spec.words import suggest


def choose_problems(course: Course, paths: Sequence[str]) -> dict[str, list[str]]:
    """Stems of problem files by assignment, in order; all of them where no path is given.

    Errors   UnknownAssignment, with the nearest name.
    """
    known = {name: _list_stems(course, name) for name in course.assignment_ids()}
    if not paths:
        return known
    chosen: dict[str, list[str]] = {}
    for path in paths:
        assignment, stem = split_path(path)
        if assignment not in known:
            message = f"no assignment '{assignment}'{suggest(assignment, list(known))}"
            raise UnknownAssignment(message)
        stems = known[assignment]
        if stem and stem not in stems:
            raise UnknownAssignment(f"{assignment} has no problem '{stem}'{suggest(stem, stems)}")
        wanted = [stem] if stem else stems
        chosen[assignment] = [*dict.fromkeys((*chosen.get(assignment, ()), *wanted))]
    return chosen


def split_path(path: str) -> tuple[str, str]:
    """`hw2/gated-rnn`, its file below `problems` or `reference`, or `hw2/`: assignment and stem."""
    pieces = [piece for piece in path.split("/") if piece not in ("", ".")]
    for folder in ("problems", "reference"):
        if folder in pieces:
            pieces = pieces[pieces.index(folder) + 1 :]
            break
    first, *rest = pieces or [""]
    return first, rest[0].removesuffix(".yaml").removesuffix(".py") if rest else ""


def _list_stems(course: Course, assignment: str) -> list[str]:
    folder = course.root / "problems" / assignment
    return sorted(path.stem for path in folder.glob("*.yaml") if path.name != ASSIGNMENT_FILE)
