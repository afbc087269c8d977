"""Which submissions and which problems a change touches, by path alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from grader.errors import SubmissionError

COURSE_FOLDERS = ("problems", "reference")
"""What belongs to the course: taken from its own ref, whatever a pull request says."""

MOST_FOLDERS = 50
"""All of a term's homework at once, three times over; each is graded within limits of its own, so
that a thousand of them would hold a runner for a day."""


def find_submissions(changed: Iterable[str], assignments: Collection[str]) -> dict[str, str]:
    """Folder to assignment: the folders of submissions that a change touches, by name.

    `hw2/…` and `zoe/hw2/…` are folders named after their assignment; below `submissions/hw2/`
    each student has one.

    Errors   SubmissionError for more of them than one change is graded for.
    """
    found: dict[str, str] = {}
    for path in changed:
        *folders, _ = path.split("/")
        if not folders or folders[0] in COURSE_FOLDERS or folders[0].startswith("."):
            continue
        depth = next((place for place, name in enumerate(folders) if name in assignments), None)
        if depth is None:
            continue
        is_collection = folders[0] == "submissions" and depth == 1 and len(folders) > 2
        found["/".join(folders[: depth + 1 + is_collection])] = folders[depth]
    if len(found) > MOST_FOLDERS:
        raise SubmissionError(
            f"{len(found):,} folders named like assignments are touched, and {MOST_FOLDERS} at"
            " most are graded; hand in one for each assignment, or grade one with --assignment"
            " NAME --folder FOLDER (a class: `grade batch`)"
        )
    return dict(sorted(found.items()))


def find_problems(changed: Iterable[str]) -> tuple[str, ...]:
    """The problems whose proof a change may have broken: `hw2/conv`, or all of `hw2`."""
    found: dict[str, None] = {}
    for path in changed:
        steps = path.split("/")
        if len(steps) != 3 or steps[0] not in COURSE_FOLDERS:
            continue
        stem, _, ending = steps[2].rpartition(".")
        if steps[0] == "problems" and ending == "yaml":
            found[steps[1] if stem == "assignment" else f"{steps[1]}/{stem}"] = None
        elif steps[0] == "reference" and ending == "py":
            found[f"{steps[1]}/{stem}"] = None
    return tuple(name for name in found if "/" not in name or name.split("/")[0] not in found)


def find_ignored(changed: Iterable[str]) -> tuple[str, ...]:
    """What a student's change touches and grading does not take from it."""
    tops = {path.split("/")[0] for path in changed}
    return tuple(sorted(top for top in tops if top in (*COURSE_FOLDERS, "grader", ".github")))


def find_left_out(paths: Collection[str], names: Collection[str]) -> str:
    """The folders that all files are in, and that reading leaves out of their names."""
    roots = [
        {path.removesuffix(name) for path in paths if path == name or path.endswith(f"/{name}")}
        for name in names
    ]
    shared = set.intersection(*roots) if roots else set()
    return min(shared, key=len, default="").rstrip("/")
