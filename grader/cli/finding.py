"""Which course and which assignment a path belongs to."""

from __future__ import annotations

from pathlib import Path

from grader.errors import NoCourse, UnknownAssignment, UsageError
from grader.spec.loading import Course, find_course


def find_assignment(path: Path, assignment: str | None, course: Path | None) -> tuple[Course, str]:
    """The course, and the assignment: as said, or read off the folders around the submission.

    Errors   UsageError or UnknownAssignment, saying what to add to the command.
    """
    found = _require_course(course) if course else _search(path)
    if assignment:
        return found, assignment
    known = found.assignment_ids()
    whole = path.absolute()
    for folder in (whole, *whole.parents):
        stem = folder.name.split(".")[0]
        if stem in known:
            return found, stem
    if len(known) == 1:
        return found, known[0]
    raise UsageError(
        f"{path}: which assignment is it? No folder around it is called {_join(known)};"
        " add --assignment NAME"
    )


def find_course_here(course: Path | None) -> Course:
    """The course that was named, or the one around the current folder.

    Errors   UsageError where there is none.
    """
    return _require_course(course) if course else _search(Path.cwd())


def _require_course(folder: Path) -> Course:
    if not (folder / "problems").is_dir():
        raise UsageError(f"{folder} holds no folder problems/; --course takes the one that does")
    return Course(folder.absolute())


def _search(path: Path) -> Course:
    # Never inside the submission itself: what a student hands in brings no problems along.
    for start in (Path.cwd(), path.absolute().parent):
        try:
            return find_course(start)
        except UnknownAssignment:
            continue
    raise NoCourse(
        f"no course found: neither {Path.cwd()} nor the folders above it hold problems/;"
        " go to the course's folder, or add --course FOLDER"
    )


def _join(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) if len(names) < 8 else f"{', '.join(names[:7])}, ..."
