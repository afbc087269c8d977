"""Which file, function or written answer belongs to which part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from grader.kinds import BY_CODE
from grader.kinds.protocol import HandedIn
from grader.spec.loaded import LoadedAssignment
from grader.submission.match import match_answers
from grader.submission.models import Remark, Source, Submission


def hand_in(
    assignment: LoadedAssignment, submission: Submission
) -> tuple[dict[str, HandedIn], Submission]:
    """What was handed in for each part, and the submission with what there is to remark."""
    fields = {part_id: name_fields(part) for _, part_id, part in assignment.parts()}
    answers, remarks = match_answers(submission, fields)
    handed_in = {
        part_id: HandedIn(
            answer=answers.get(part_id),
            source=_find_source(part, part_id, submission),
            fields={
                name: answers[f"{part_id}.{name}"]
                for name in fields[part_id]
                if f"{part_id}.{name}" in answers
            },
        )
        for _, part_id, part in assignment.parts()
    }
    remarks += _remark_near_names(assignment, handed_in, submission)
    return handed_in, replace(submission, remarks=(*submission.remarks, *remarks))


def name_fields(part: Any) -> tuple[str, ...]:
    """What may stand under a heading of its own, `part.field`."""
    return tuple(getattr(part, "fields", None) or getattr(part, "gives", None) or ())


def name_function(part: Any, part_id: str) -> str:
    """The function that answers a part; empty for kinds that no function answers."""
    if part.kind in BY_CODE:
        return str(part.signature.split("(")[0])
    return part_id.replace("-", "_") if part.kind in ("expression", "property") else ""


def _find_source(part: Any, part_id: str, submission: Submission) -> Source | None:
    name = name_function(part, part_id)
    return submission.find_function(name) if name else None


def _remark_near_names(
    assignment: LoadedAssignment, handed_in: dict[str, HandedIn], submission: Submission
) -> tuple[Remark, ...]:
    """Functions whose names are nearly a part's: a slip that would cost the whole part."""
    wanted = {
        name_function(part, part_id): part_id
        for _, part_id, part in assignment.parts()
        if part.kind in BY_CODE and handed_in[part_id].is_blank
    }
    if not wanted:
        return ()
    from difflib import get_close_matches

    known = {name_function(part, part_id) for _, part_id, part in assignment.parts()}
    return tuple(
        Remark(
            file=source.name,
            line=1,
            message=f"defines '{name}'; did you mean '{near[0]}', the function that is looked for?",
        )
        for source in submission.sources
        for name in source.functions[:200]
        if name not in known and (near := get_close_matches(name, wanted, 1, 0.8))
    )
