"""A homework's statement as Markdown: what is asked, for how many points, how to hand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from grader.kinds import find_kind
from grader.spec.loaded import LoadedAssignment


def write_statement(assignment: LoadedAssignment, public: Mapping[str, Any]) -> str:
    """`README.md`; `public` holds what was published of each part, None where nothing was."""
    text = "\n".join(_write(assignment, public)).rstrip() + "\n"
    return re.sub(r"\n{3,}", "\n\n", text)


def _write(assignment: LoadedAssignment, public: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"# {assignment.title}", "")
    if assignment.prompt.strip():
        yield from (assignment.prompt.strip(), "")
    if assignment.due:
        yield from (f"Due: {assignment.due}", "")
    total = sum(part.points for _, _, part in assignment.parts())
    yield from (
        f"{_say_points(total)} in all. Functions go into the `.py` files of this folder, written"
        " answers into `answers.md` below their headings. Try what can be tried here with",
        "",
        f"    grade submit {assignment.id}/",
        "",
    )
    for problem in assignment.problems:
        yield from (f"## {problem.title}", "")
        if problem.prompt.strip():
            yield from (problem.prompt.strip(), "")
        for part_id, part in problem.parts.items():
            yield from _write_part(part_id, part, public[part_id])


def _write_part(part_id: str, part: Any, published: Any) -> Iterator[str]:
    yield from list_part_lines(part_id, part)
    yield from ("", _say_where(part, published), "")


def list_part_lines(part_id: str, part: Any) -> Iterator[str]:
    """What is asked, the choices there are, and how to hand in, as lines of Markdown."""
    title = part.title or part_id
    yield from (f"### {title}", "", f"`{part_id}`, {_say_points(part.points)}", "")
    if part.prompt.strip():
        yield from (part.prompt.strip(), "")
    if part.kind == "fix":
        yield from ("```python", part.starter.strip(), "```", "")
    for name, symbol in getattr(part, "symbols", {}).items():
        if symbol.about:
            yield f"- `{name}`: {symbol.about}"
    for name, words in _list_choices(part):
        yield f"- `{name}`: {words}"
    for name, field in getattr(part, "fields", {}).items():
        yield f"- `{name}`: {field.prompt.strip()} ({_say_points(field.points)})"
        for option, words in getattr(field, "options", {}).items():
            yield f"    - `{option}`: {words}"
    yield from ("", describe_handing_in(part))


def _list_choices(part: Any) -> list[tuple[str, str]]:
    """Options as the author has them; things to be ordered by name, which gives nothing away."""
    return [*getattr(part, "options", {}).items(), *sorted(getattr(part, "items", {}).items())]


def describe_handing_in(part: Any) -> str:
    """One sentence from the part's kind."""
    if part.kind == "order":
        part = part.model_copy(update={"items": dict(sorted(part.items.items()))})
    sentence = find_kind(part.kind).describe(part)
    if getattr(part, "fields", None):
        sentence += f" One line each: {', '.join(f'`{name}: ...`' for name in part.fields)}."
    return sentence


def _say_where(part: Any, published: Any) -> str:
    """What can be tried here, and what only the course runs."""
    if published is None or published["kind"] != part.kind or part.kind == "text":
        words = "Graded by your course, not by `grade submit` here."
        if part.kind == "expression":
            words += " A function in its place is not looked at here."
        return f"*{words}*"
    checks = published["checks"]
    listed = "; ".join(f"{check['name']} ({_say_points(check['points'])})" for check in checks)
    shown = float(sum(c.points for c in part.checks if c.name in {x["name"] for x in checks}))
    left = float(part.points) - shown
    more = f" {_say_points(left)} more for checks that only your course runs." if left else ""
    return f"*Checks to try here: {listed}.{more}*"


def _say_points(points: Any) -> str:
    number = f"{float(points):g}" if not isinstance(points, str) else points
    return f"{number} point{'' if number == '1' else 's'}"
