"""The beginning of a new problem: a spec, its reference and a sample answer, from a template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from grader.errors import UsageError
from grader.kinds import BY_CODE
from grader.spec.assignment_file import ASSIGNMENT_FILE
from grader.spec.loading import Course
from grader.spec.models import ID
from grader.spec.reference import python_name

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to write, where none may be."""

    path: Path
    text: str


def list_kinds() -> list[str]:
    """The kinds that there is a template for."""
    return sorted(path.stem for path in TEMPLATES.glob("*.yaml"))


def begin_problem(
    course: Course, assignment: str, stem: str, kind: str, title: str
) -> list[NewFile]:
    """Write the files of a new problem; none of those that exist is touched.

    Errors   UsageError when a file is there already, or a name is no id.
    """
    for word in (assignment, stem):
        if not ID.fullmatch(word):
            raise UsageError(f"'{word}' is not an id: letters, digits, - and _, a letter first")
    files = list(_plan(course, assignment, stem, kind, title))
    for file in files:
        if file.path.exists():
            raise UsageError(f"{file.path} is there already; choose another name, or move it away")
    _refuse_double(course, assignment, stem)
    for file in files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with file.path.open("x", encoding="utf-8") as opened:
            opened.write(file.text)
    return files


def _plan(course: Course, assignment: str, stem: str, kind: str, title: str) -> Iterator[NewFile]:
    function = python_name(stem)
    names = {
        "assignment": assignment,
        "part": stem,
        "function": function,
        "title": quote_title(title or stem.replace("-", " ").replace("_", " ").capitalize()),
    }

    def fill(ending: str) -> str:
        return Template((TEMPLATES / f"{kind}.{ending}").read_text("utf-8")).substitute(names)

    yield NewFile(course.root / "problems" / assignment / f"{stem}.yaml", fill("yaml"))
    if (TEMPLATES / f"{kind}.reference").is_file():
        path = course.root / "reference" / assignment / f"{function}.py"
        yield NewFile(path, fill("reference"))
    sample = f"{function}.py" if kind in BY_CODE else "answers.md"
    folder = course.root / "submissions" / assignment / f"{stem}-sample"
    yield NewFile(folder / sample, fill("sample"))


def quote_title(title: str) -> str:
    """A title as YAML reads it back: quoted unless it is plain words."""
    if title[:1].isalpha() and title.replace(" ", "").isalnum() and title.lower() not in AMBIGUOUS:
        return title
    return "'" + " ".join(title.replace("'", "''").split()) + "'"


AMBIGUOUS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")


def _refuse_double(course: Course, assignment: str, stem: str) -> None:
    """A part's name must be its own in the assignment, whatever the dashes."""
    folder = course.root / "problems" / assignment
    if not any(folder.glob("*.yaml")) or assignment not in course.assignment_ids():
        return
    for _, part_id, _ in course.load(assignment).parts():
        if python_name(part_id).lower() == python_name(stem).lower():
            raise UsageError(f"{assignment} has a part '{part_id}' already; choose another name")


def list_problem(course: Course, assignment: str, stem: str) -> bool:
    """Add a problem to the order in assignment.yaml; whether it needn't be done by hand.

    Only the usual form is touched: a list of names, a line each.
    """
    path = course.root / "problems" / assignment / ASSIGNMENT_FILE
    if not path.is_file():
        return True
    lines = path.read_text("utf-8").splitlines()
    starts = [index for index, line in enumerate(lines) if line.rstrip() == "problems:"]
    if not any(line.startswith("problems:") for line in lines):
        return True
    if not starts:
        return False
    end = _find_end(lines, starts[0] + 1)
    if end == starts[0] + 1:
        return False
    indent = lines[end - 1][: len(lines[end - 1]) - len(lines[end - 1].lstrip())]
    lines.insert(end, f"{indent}- {stem}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return True


def _find_end(lines: Sequence[str], start: int) -> int:
    end = start
    while end < len(lines) and lines[end].lstrip().startswith("- "):
        end += 1
    return end
