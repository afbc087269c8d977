"""Files for students to begin with: functions without a body, headings without an answer."""

from __future__ import annotations

from typing import Any

from grader.authoring.statement import describe_handing_in
from grader.kinds import BY_CODE
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.reference import python_name

IMPORTS = {"torch": "import torch", "numpy": "import numpy as np", "python": ""}


def write_starters(assignment: LoadedAssignment) -> dict[str, str]:
    """File names and texts."""
    files = {}
    for problem in assignment.problems:
        parts = {name: part for name, part in problem.parts.items() if part.kind in BY_CODE}
        if parts:
            files[f"{python_name(problem.path.stem)}.py"] = _write_module(problem, parts)
    written = [(name, part) for _, name, part in assignment.parts() if part.kind not in BY_CODE]
    if written:
        files["answers.md"] = _write_answers(assignment, written)
    return files


def write_starter(problem: LoadedProblem, part_id: str, part: Any) -> str:
    """What a student begins with for one part that code answers."""
    return _write_module(problem, {part_id: part})


def _write_module(problem: LoadedProblem, parts: dict[str, Any]) -> str:
    imports = {
        "from numba import cuda"
        if part.kind == "kernel"
        else IMPORTS[getattr(part, "arrays", "torch")]
        for part in parts.values()
    }
    head = [f'"""{_plain(problem.title)}."""', *sorted(filter(None, imports))]
    functions = [_write_function(part_id, part) for part_id, part in parts.items()]
    return "\n\n".join(head) + "\n\n\n" + "\n\n\n".join(functions) + "\n"


def _write_function(part_id: str, part: Any) -> str:
    if part.kind == "fix":
        return str(part.starter).rstrip()
    lines = [line.rstrip() for line in part.prompt.strip().splitlines()]
    first = _plain(part.title or part_id).rstrip(".")
    body = "\n".join(f"    {_plain(line)}" if line else "" for line in lines)
    decorator = "@cuda.jit\n" if part.kind == "kernel" else ""
    docstring = f'    r"""{first}.\n\n{body}\n    """' if lines else f'    r"""{first}."""'
    return f"{decorator}def {part.signature}:\n{docstring}\n    raise NotImplementedError"


def _plain(text: str) -> str:
    """Text that ends no docstring."""
    return text.replace('"""', "'''")


def _write_answers(assignment: LoadedAssignment, parts: list[tuple[str, Any]]) -> str:
    blocks = [f"# {assignment.title}"]
    for part_id, part in parts:
        words = describe_handing_in(part).replace("--", "- -")
        blocks.append(f"## {part_id}\n\n<!-- {part.title or part_id}. {words} -->")
    return "\n\n".join(blocks) + "\n"
