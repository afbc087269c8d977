"""A folder of problem files to validated parts; all faults of all files at once."""

from __future__ import annotations

from pathlib import Path

from grader.errors import Fault, SpecError
from grader.spec.dates import check_dates
from grader.spec.loaded import LoadedAssignment
from grader.spec.meaning import check_assignment
from grader.spec.models import ID, Assignment
from grader.spec.positions import Document
from grader.spec.problem_file import read_bytes, read_problem, validate
from grader.spec.words import ID_ADVICE, show_path
from grader.spec.yaml_reader import read_yaml

ASSIGNMENT_FILE = "assignment.yaml"


def validate_assignment(folder: Path, reference_root: Path | None) -> LoadedAssignment:
    faults: list[Fault] = []
    document, header = _load_header(folder, faults)
    problems = []
    for stem in _order_problems(folder, document, header, faults):
        problem = read_problem(folder / f"{stem}.yaml", reference_root, faults)
        if problem:
            problems.append(problem)
    check_assignment([(problem.document, problem.loaded.parts) for problem in problems], faults)
    if faults:
        raise SpecError(faults)
    return LoadedAssignment(
        id=folder.name,
        title=header.title,
        prompt=header.prompt,
        due=header.due,
        policies=header.policies,
        problems=tuple(problem.loaded for problem in problems),
    )


def _load_header(folder: Path, faults: list[Fault]) -> tuple[Document | None, Assignment]:
    path = folder / ASSIGNMENT_FILE
    nameless = Assignment(title=folder.name)
    if not path.is_file():
        return None, nameless
    try:
        document = read_yaml(read_bytes(path), show_path(path))
    except SpecError as error:
        faults.extend(error.faults)
        return None, nameless
    header = validate(Assignment, document, (), faults)
    if header:
        check_dates(header, document, faults)
    return document, header or nameless


def _order_problems(
    folder: Path, document: Document | None, header: Assignment, faults: list[Fault]
) -> list[str]:
    """The problems' file names without `.yaml`, in the order that the header gives."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        message = f"cannot be read: {error.strerror or 'unreadable'}"
        faults.append(Fault(show_path(folder), 1, 1, message))
        return []
    faults.extend(
        Fault(show_path(folder / name), 1, 1, "problem files end in .yaml; rename this one")
        for name in names
        if name.endswith(".yml")
    )
    faults.extend(
        Fault(show_path(folder / name), 1, 1, f"'{Path(name).stem}' is not an id; {ID_ADVICE}")
        for name in names
        if not ID.fullmatch(Path(name).stem)
    )
    found = [name[:-5] for name in names if name.endswith(".yaml") and name != ASSIGNMENT_FILE]
    if not header.problems or document is None:
        if not found and not faults:
            faults.append(Fault(show_path(folder), 1, 1, "no problem file (*.yaml) in this folder"))
        return found
    for index, stem in enumerate(header.problems):
        if stem not in found:
            from grader.spec.words import suggest

            message = f"there is no {stem}.yaml in this folder{suggest(stem, found)}"
            faults.append(document.fault(("problems", index), message))
        elif stem in header.problems[:index]:
            faults.append(document.fault(("problems", index), f"'{stem}' is listed twice"))
    for stem in found:
        if stem not in header.problems:
            message = f"'{stem}.yaml' is not in this list; add it or move the file away"
            faults.append(document.fault(("problems",), message, at_key=True))
    return [stem for stem in dict.fromkeys(header.problems) if stem in found]
