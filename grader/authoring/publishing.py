"""What students may have of an assignment, written to a folder of its own.

    README.md-like statement and starters   hw2/README.md, hw2/*.py, hw2/answers.md
    public checks                           problems/hw2/*.yaml
    what the author shares of references    reference/hw2/*.py
    where to send answers, if anywhere      fairmark.json

Everything is written to a scratch folder first and tried there: the reference must pass every
public check, as a student's right answer would.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from grader.authoring.public_spec import publish_part
from grader.authoring.rehearsing import Rehearsal, answer_earlier, name_function
from grader.authoring.sharing import share_functions
from grader.authoring.starters import write_starters
from grader.authoring.statement import write_statement
from grader.errors import UsageError
from grader.expected import ExpectedValues
from grader.kinds import BY_CODE
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.loading import Course
from grader.spec.personal import personalise
from grader.spec.published import CONFIG, read_server, write_config
from grader.spec.reference import python_name
from grader.verdicts import Verdict

Parts = Mapping[str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Published:
    """What was written where, and what was left as it was."""

    written: tuple[Path, ...]
    left: tuple[Path, ...]
    """Starters that are there already with other contents: somebody's work."""
    stale: tuple[Path, ...]
    """Problem files there that are no longer part of the assignment."""
    kept: tuple[str, ...]
    """Parts that only the course grades."""


def publish(
    course: Course,
    assignment_id: str,
    to: Path,
    sandbox: Sandbox,
    *,
    server: str = "",
    student: str = "",
    secret: str = "",
) -> Published:
    """Write what students may have; starters that somebody has changed stay as they are.

    Errors   UsageError when the folder is the course itself, or more is shared than may be.
    """
    _require_apart(course, to)
    loaded = personalise(course.load(assignment_id), student, secret)
    stages = _make_stages(loaded, sandbox)
    public = {name: publish_part(stage) for name, stage in stages.items()}
    public = _drop_failing(loaded, stages, public)
    specs = write_specs(loaded, public)
    if len(specs) < 2:
        raise UsageError(f"nothing of {assignment_id} can be graded outside the course")
    folder = f"{assignment_id}"
    texts = {f"problems/{folder}/{name}": text for name, text in specs.items()}
    for name, text in write_references(loaded, public).items():
        texts[f"reference/{folder}/{name}"] = text
    texts[f"{folder}/README.md"] = write_statement(loaded, public)
    # What was named when something else was published to the same folder still holds.
    texts[CONFIG] = write_config(server or read_server(to))
    starters = {f"{folder}/{name}": text for name, text in write_starters(loaded).items()}
    left = tuple(
        to / name
        for name, text in starters.items()
        if (to / name).exists() and (to / name).read_bytes() != text.encode()
    )
    chosen = texts | {name: text for name, text in starters.items() if to / name not in left}
    for name, text in chosen.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text(text, "utf-8")
    there = (to / "problems" / folder).glob("*.yaml")
    return Published(
        written=tuple(to / name for name in chosen),
        left=left,
        stale=tuple(sorted(path for path in there if path.name not in specs)),
        kept=tuple(name for name, part in public.items() if not part or part["kind"] == "text"),
    )


def _require_apart(course: Course, to: Path) -> None:
    """Refuse a folder where problems or references of the course itself would be overwritten."""
    inside = (course.root / "problems", course.root / "reference")
    target = to.resolve()
    is_course = (target / "reference").exists() and not (target / CONFIG).exists()
    if target == course.root.resolve() or is_course:
        raise UsageError(f"{to} is a course with references; publish to a folder of its own")
    if any(target.is_relative_to(folder.resolve()) for folder in inside):
        raise UsageError(f"{to} lies inside the course's own problems; choose another folder")


def _make_stages(loaded: LoadedAssignment, sandbox: Sandbox) -> dict[str, Rehearsal]:
    expected = ExpectedValues(None)
    earlier = answer_earlier(loaded, sandbox, expected)
    return {
        part_id: Rehearsal(
            assignment=loaded,
            problem=problem,
            part_id=part_id,
            part=part,
            sandbox=sandbox,
            expected=expected,
            earlier=earlier,
        )
        for problem, part_id, part in loaded.parts()
    }


def _drop_failing(
    loaded: LoadedAssignment, stages: Mapping[str, Rehearsal], public: Parts
) -> dict[str, dict[str, Any] | None]:
    """Leave out public checks that the reference itself fails once values are written out."""
    kept = dict(public)
    texts = {"problems": write_specs(loaded, public), "reference": write_references(loaded, public)}
    with tempfile.TemporaryDirectory() as scratch:
        for kind, files in texts.items():
            folder = Path(scratch) / kind / loaded.id
            folder.mkdir(parents=True)
            for name, text in files.items():
                (folder / name).write_text(text, "utf-8")
        tried = Course(Path(scratch)).load(loaded.id)
    for problem, part_id, part in tried.parts():
        if part.kind not in BY_CODE:
            continue
        stage = stages[part_id]
        right = stage.hand_over(name_function(part))
        alone = replace(stage, assignment=tried, problem=problem, part=part, earlier={})
        outcomes = alone.judge(right).outcomes
        refused = frozenset(each.check for each in outcomes if each.verdict is not Verdict.PASSED)
        if refused:
            kept[part_id] = publish_part(stage, refused)
    return kept


def write_references(loaded: LoadedAssignment, public: Parts) -> dict[str, str]:
    """For each problem with shared functions a module of them alone.

    Errors   UsageError where one leans on an answer or a known mistake.
    """
    files = {}
    for problem in loaded.problems:
        shared = [
            name for part_id in problem.parts for name in (public[part_id] or {}).get("shared", ())
        ]
        if shared:
            assert problem.reference_path is not None
            files[problem.reference_path.name] = share_functions(
                problem.id, problem.reference, shared, set(_list_secrets(problem))
            )
    return files


def _list_secrets(problem: LoadedProblem) -> Iterator[str]:
    """Functions of a reference that answer a part, or that are known mistakes."""
    for part_id, part in problem.parts.items():
        yield python_name(part_id)
        if part.kind in BY_CODE:
            yield name_function(part)
        for question in (part, *getattr(part, "fields", {}).values()):
            likes = (mistake.like for mistake in getattr(question, "mistakes", ()))
            yield from (like for like in likes if like)
        if part.kind in ("function", "fix"):
            yield from part.equivalents  # type: ignore[attr-defined]


def write_specs(loaded: LoadedAssignment, public: Parts) -> dict[str, str]:
    """`assignment.yaml` and a file for each problem of which something is public."""
    files = {}
    for problem in loaded.problems:
        parts = {name: public[name] for name in problem.parts if public[name]}
        if parts:
            spec = {"title": problem.title, "prompt": problem.prompt, "parts": parts}
            files[problem.path.name] = write_yaml(spec)
    header: dict[str, Any] = {"title": loaded.title}
    if loaded.prompt:
        header["prompt"] = loaded.prompt
    if loaded.due:
        header["due"] = loaded.due
    header["problems"] = [name.removesuffix(".yaml") for name in files]
    return {"assignment.yaml": write_yaml(header), **files}


_WORD = re.compile(r"[a-z][A-Za-z0-9_-]*")


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that a spec reads as it was written."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if " " not in text and not _WORD.fullmatch(text):
        # Readers differ on what 1e5 and None are; quoted, they are texts to all.
        style = style or "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)


def write_yaml(value: Any) -> str:
    """Plain values as YAML: rows of numbers in brackets, all else a line each."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=96,
        default_flow_style=None,
    )
