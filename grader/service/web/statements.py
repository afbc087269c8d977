"""What an assignment asks, read from the version that its submissions are graded with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.kinds import BY_CODE, find_kind
from grader.spec.loaded import LoadedAssignment

LINES = ("value", "expression", "bigO", "shape", "interval", "set", "array")
"""Kinds whose answer is mostly a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One thing to fill in: a part, or a field of one."""

    name: str
    """The heading that it is handed in under: `part` or `part.field`."""
    label: str
    kind: str
    points: float
    options: Mapping[str, str]
    is_line: bool
    symbols: Mapping[str, str]

    @property
    def is_ticked(self) -> bool:
        return bool(self.options) and self.kind in ("choice", "multi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One part as its student sees it."""

    id: str
    title: str
    kind: str
    points: float
    prompt: str
    how: str
    each: str
    """How one of several blanks is filled in; where they stand in a file does not matter here."""
    is_ticked: bool
    """Nothing is typed: the options stand there."""
    is_code: bool
    signature: str
    starter: str
    blanks: tuple[Blank, ...]
    hidden_checks: int
    hidden_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedProblem:
    """One problem with its parts."""

    id: str
    title: str
    prompt: str
    parts: tuple[Asked, ...]


def ask(loaded: LoadedAssignment) -> tuple[AskedProblem, ...]:
    """Everything that a student is asked; nothing that answers it."""
    return tuple(
        AskedProblem(
            id=problem.id,
            title=problem.title,
            prompt=problem.prompt,
            parts=tuple(_ask_part(part_id, part) for part_id, part in problem.parts.items()),
        )
        for problem in loaded.problems
    )


def find_blanks(loaded: LoadedAssignment) -> Iterator[tuple[Blank, Any]]:
    """What is filled in on a page, each with the part or field that it answers."""
    for _, part_id, part in loaded.parts():
        yield from _list_blanks(part_id, part)


def _ask_part(part_id: str, part: Any) -> Asked:
    from grader.authoring.statement import describe_handing_in

    blanks = tuple(blank for blank, _ in _list_blanks(part_id, part))
    hidden = [check for check in getattr(part, "checks", ()) if getattr(check, "hidden", False)]
    return Asked(
        id=part_id,
        title=part.title or part_id,
        kind=part.kind,
        points=float(part.points),
        prompt=part.prompt,
        how=describe_handing_in(part),
        each=find_kind(part.kind).describe(part),
        is_ticked=bool(blanks) and all(blank.is_ticked for blank in blanks),
        is_code=part.kind in BY_CODE,
        signature=str(getattr(part, "signature", "") or ""),
        starter=str(getattr(part, "starter", "") or ""),
        blanks=blanks,
        hidden_checks=len(hidden),
        hidden_points=_weigh(part, hidden),
    )


def _weigh(part: Any, hidden: list[Any]) -> float:
    """What the hidden checks are worth in a report, which shares out the part's points."""
    weights = [check.points for check in part.checks] if hidden else []
    if not any(weights):
        return float(part.points) * len(hidden) / max(1, len(weights))
    return float(part.points * sum(check.points for check in hidden) / sum(weights))


def _list_blanks(part_id: str, part: Any) -> Iterator[tuple[Blank, Any]]:
    if part.kind in BY_CODE or part.kind == "property":
        return
    fields = getattr(part, "fields", None) or {}
    if not fields:
        yield _make_blank(part_id, "Your answer", part.kind, part), part
        return
    for name, field in fields.items():
        label = field.prompt.strip() or name
        yield _make_blank(f"{part_id}.{name}", label, part.kind, field), field


def _make_blank(name: str, label: str, kind: str, asked: Any) -> Blank:
    options = dict(getattr(asked, "options", None) or {})
    if kind == "order":
        # By name, which gives nothing away.
        options = dict(sorted(asked.items.items()))
    return Blank(
        name=name,
        label=label,
        kind=kind,
        points=float(asked.points or 0),
        options=options,
        is_line=kind in LINES,
        symbols={
            symbol: about.about or ""
            for symbol, about in (getattr(asked, "symbols", None) or {}).items()
        },
    )
