"""Submissions made from what a problem itself knows: its answers, equivalents and mistakes."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.spec.loading import Course
from grader.submission.models import Answer, Source, Submission

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(ROOT)


@cache
def load(assignment_id: str) -> LoadedAssignment:
    return COURSE.load(assignment_id)


def load_reference(path: Path) -> ModuleType:
    """A reference as a module of this process: the bank's own code, never a student's."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BY_FUNCTION = ("function", "kernel", "fix", "train")
"""Kinds that are answered by a function or a kernel, never in writing."""


def function_name(part: Any) -> str:
    return str(part.signature.split("(")[0])


def hand_over(
    written: Mapping[str, str] | None = None, sources: tuple[Source, ...] = ()
) -> Submission:
    """A submission of written answers and Python files."""
    answers = {
        name: Answer(part=name, text=text, file="answers.md", line=1)
        for name, text in (written or {}).items()
    }
    return Submission(id="sha256:" + "0" * 64, name="made", answers=answers, sources=sources)


def python_file(name: str, text: str) -> Source:
    defined = tuple(re.findall(r"^def (\w+)\(", text, re.MULTILINE))
    return Source(name=name, text=text, functions=defined)


def reference_file(problem: LoadedProblem) -> Source:
    """The reference's own source, handed in as a student would; of kernels the best one."""
    text = problem.reference
    for part in problem.parts.values():
        if part.kind == "kernel" and part.efficient:
            text = swap_kernel(text, function_name(part), part.efficient.tiers[0].like)
    return python_file(f"{problem.path.stem.replace('-', '_')}.py", text)


def twin_file(problem: LoadedProblem, part: Any, twin: str) -> Source:
    """The reference's source with another of its functions under the name asked for."""
    name = function_name(part)
    if part.kind == "kernel":
        return python_file("answers.py", swap_kernel(problem.reference, name, twin))
    text = problem.reference.replace(f"def {name}(", f"def _right_{name}(")
    text = re.sub(rf"(?<![\w.]){name}\(", f"_right_{name}(", text)
    text += f"\n\ndef {name}(*arguments):\n    return {twin}(*arguments)\n"
    return python_file("answers.py", text)


def swap_kernel(text: str, name: str, other: str) -> str:
    """Kernels are read, not run, so that the other one must stand under the name itself."""
    if name == other:
        return text
    text = text.replace(f"def {name}(", f"def _right_{name}(")
    return text.replace(f"def {other}(", f"def {name}(")


def write_answers(assignment: LoadedAssignment) -> dict[str, str]:
    """The right answer to every part that is answered in writing."""
    written = {}
    values: dict[str, Any] = {}
    for problem, part_id, part in assignment.parts():
        values[part_id] = state_answer(problem, part_id, part, values)
        stated = None if getattr(part, "fields", None) else values[part_id]
        text = write_answer(part, stated)
        if text is not None:
            written[part_id] = text
    return written


def state_answer(
    problem: LoadedProblem, part_id: str, part: Any, earlier: Mapping[str, Any]
) -> Any:
    """The answer in the spec; left out, what the reference says for the earlier parts' answers."""
    if getattr(part, "fields", None):
        return {name: field.answer for name, field in part.fields.items()}
    if getattr(part, "gradient", None) is not None:
        # The grader takes it itself; the spec lists formulas that are equal to it.
        return part.equivalents[0]
    answer = getattr(part, "answer", None)
    if answer is None and part.kind in ("value", "array", "shape", "expression", "interval", "set"):
        assert problem.reference_path
        inputs = {name.replace("-", "_"): earlier[name] for name in part.uses}
        reference = load_reference(problem.reference_path)
        answer = getattr(reference, part_id.replace("-", "_"))(**inputs)
    return answer


def write_answer(part: Any, answer: Any = None) -> str | None:
    """A part's right answer, or another one, as a student would write it."""
    if part.kind in BY_FUNCTION:
        return None
    if part.kind == "chain" and part.equivalents:
        return str(part.equivalents[0])
    if part.kind == "text":
        return "Because of this, and because of that."
    if getattr(part, "fields", None) and answer is None:
        written = {
            name: write_value(part.kind, field, field.answer) for name, field in part.fields.items()
        }
        if any(text is None for text in written.values()):
            return None
        return "\n".join(f"{name}: {text}" for name, text in written.items())
    if part.kind == "order" and not answer:
        return "\n".join(part.answer or merge_chains(part))
    return write_value(part.kind, part, part.answer if answer is None else answer)


def write_value(kind: str, question: Any, answer: Any) -> str | None:
    if answer is None:
        return None
    if kind == "property":
        return "\n".join(f"{name} = {show(value)}" for name, value in answer.items())
    if kind == "choice":
        return answer if isinstance(answer, str) else str(answer[0])
    if kind in ("multi", "order"):
        return answer if isinstance(answer, str) else "\n".join(answer)
    if kind == "expression" and getattr(question, "shape", None):
        return f"shape: {' x '.join(map(str, question.shape))}\n\n{answer}"
    return show(answer)


def slip(part: Any, wrong: str) -> str:
    """A derivation whose first step arrives at a wrong line, and its last one at the right end."""
    start = part.start or part.equivalents[0].split("=")[0]
    return f"{start.strip()} = {wrong} = {part.answer}"


def show(answer: Any) -> str:
    """Lists in brackets, texts as they are."""
    if isinstance(answer, list | tuple):
        return "[" + ", ".join(map(show, answer)) + "]"
    return str(answer)


def merge_chains(part: Any) -> list[str]:
    """One order that every chain agrees with."""
    left = list(part.items)
    order: list[str] = []
    while left:
        free = next(
            item
            for item in left
            if all(
                set(chain[: chain.index(item)]) <= set(order)
                for chain in part.chains
                if item in chain
            )
        )
        order.append(free)
        left.remove(free)
    return order
