"""A course's folder, and the assignments in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.errors import UnknownAssignment
from grader.spec.loaded import LoadedAssignment
from grader.spec.remembered import name_assignment, recall, remember
from grader.spec.words import show_path


@dataclass(frozen=True, slots=True)
class Course:
    """A folder that holds `problems/`, and beside it `reference/`."""

    root: Path

    def assignment_ids(self) -> tuple[str, ...]:
        """Folders of `problems/` with a YAML file in them, by name."""
        folders = (self.root / "problems").iterdir()
        return tuple(sorted(folder.name for folder in folders if any(folder.glob("*.yaml"))))

    def load(self, assignment_id: str, memory: Path | None = None) -> LoadedAssignment:
        """Load one assignment; one that is remembered in `memory` as valid isn't validated again.

        Errors   UnknownAssignment with the nearest name; SpecError with every fault.
        """
        known = self.assignment_ids()
        if assignment_id not in known:
            from grader.spec.words import find_nearest, join

            near = find_nearest(assignment_id, known)
            advice = f"; did you mean '{near}'?" if near else ""
            listed = f" (there are: {join(known)})" if known else " (there are none)"
            raise UnknownAssignment(f"no assignment '{assignment_id}'{advice}{listed}")
        folder = self.root / "problems" / assignment_id
        return load_assignment(folder, self.root / "reference", memory)


def find_course(start: Path) -> Course:
    """The first folder with `problems/`, from `start` upwards.

    Errors   UnknownAssignment where there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / "problems").is_dir():
            return Course(folder)
    raise UnknownAssignment(f"no folder 'problems' in {show_path(start)} or above it")


def load_assignment(
    folder: Path, reference_root: Path | None, memory: Path | None = None
) -> LoadedAssignment:
    """Load `problems/hw2`, with the references below `reference_root/hw2`.

    Errors   UnknownAssignment where there is no such folder; SpecError with every fault of
             every file.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise UnknownAssignment(f"there is no folder {show_path(folder)}")
    key = name_assignment(folder, reference_root) if memory else None
    known = recall(key, memory) if key and memory else None
    if known:
        return known
    from grader.spec.assignment_file import validate_assignment

    assignment = validate_assignment(folder, reference_root)
    # A file that was changed in between is not what the key says.
    if key and memory and key == name_assignment(folder, reference_root):
        remember(key, assignment, memory)
    return assignment
