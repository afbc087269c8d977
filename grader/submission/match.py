"""Which answer belongs to which part, forgiving about how its heading was typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from grader.submission.answers import choose_repeat, document_of, find_titles, plain_title
from grader.submission.headings import PartNames
from grader.submission.models import Answer, Remark, Submission

_INNER_HEADINGS = 500
"""Lines inside answers that are looked at for being headings: comments of code, mostly."""


class _Step(NamedTuple):
    """A heading on the way down to the current one, and the name it stands for, if any."""

    level: int
    name: str
    title: str


def match_answers(
    submission: Submission, parts: Mapping[str, Collection[str]]
) -> tuple[dict[str, Answer], tuple[Remark, ...]]:
    """Give every answer to its part: `parts` maps a part's id to the names of its fields.

    The answers come back under `part` or `part.field`. A heading counts as it is written, or
    but for capitals, dashes and spaces where only one name is meant; a field's heading counts
    below its part's. Any other heading below a part's is taken as words of that answer.
    """
    names = PartNames(parts)
    answers, remarks, _ = _match(submission, names)
    return answers, (*remarks, *_swallowed(submission, answers, names))


def find_owners(
    answers: Mapping[str, Answer], parts: Mapping[str, Collection[str]]
) -> dict[tuple[str, int], str]:
    """By file and line the name that each heading's text is read for; '' where for none."""
    submission = Submission(id="", name="", answers=answers)
    return _match(submission, PartNames(parts))[2]


def _match(
    submission: Submission, names: PartNames
) -> tuple[dict[str, Answer], list[Remark], dict[tuple[str, int], str]]:
    owners: dict[tuple[str, int], str] = {}
    answers: dict[str, Answer] = {}
    remarks: list[Remark] = []
    steps: list[_Step] = []
    previous: Answer | None = None
    titles = find_titles(submission.answers.values())
    for answer in submission.answers.values():
        if previous and document_of(previous) != document_of(answer):
            steps = []
        outer = [step for step in steps if step.level < answer.level]
        name = names.find(answer.part, _owner(outer, steps, answer.level), bool(outer))
        if name:
            steps = [*outer, _Step(answer.level, name, answer.part)]
            answer_here = replace(answer, part=name)
            if name in answers:
                answer_here, trouble = choose_repeat(name, answers.pop(name), answer_here)
                remarks += trouble
            answers[name] = answer_here
        elif outer and outer[-1].name:
            steps = [*outer, _Step(answer.level, outer[-1].name, answer.part)]
            answers[outer[-1].name] = _join(answers[outer[-1].name], answer)
        elif steps and previous and _is_comment(previous, answer, steps[-1], names):
            answers[steps[-1].name] = _join(answers[steps[-1].name], answer)
        else:
            path = f"{outer[-1].title}.{answer.part}" if outer and not outer[-1].name else ""
            steps = [*outer, _Step(answer.level, "", answer.part)]
            if answer.text and not (answer in titles and not names.suggest(answer.part)):
                remarks.append(_unknown(answer, path, names))
        owners[answer.file, answer.heading_line] = steps[-1].name if steps else ""
        previous = answer
    return answers, remarks, owners


def _owner(outer: list[_Step], steps: list[_Step], level: int) -> str:
    """The part whose fields a heading may name: the one it is below, else the one before it."""
    if outer and outer[-1].name:
        return outer[-1].name.partition(".")[0]
    beside = [step for step in steps if step.level == level]
    return beside[-1].name.partition(".")[0] if beside else ""


def _is_comment(previous: Answer, answer: Answer, step: _Step, names: PartNames) -> bool:
    """Whether `# so far so good` is a line of code or prose rather than a heading.

    It is when no empty line stands before it and it is shallower than the part's heading, or as
    deep but several words that resemble no part.
    """
    if not step.name or answer.level != 1 or answer.file != previous.file:
        return False
    if answer.file.lower().endswith(".tex"):
        return False
    lines_above = previous.text.count("\n") + 1 if previous.text else 0
    if answer.heading_line != previous.line + lines_above:
        return False
    return step.level > 1 or (" " in answer.part and not names.suggest(answer.part))


def _join(owner: Answer, inner: Answer) -> Answer:
    if not inner.text and not owner.text:
        return owner
    if not owner.text:
        return replace(owner, text=inner.text, file=inner.file, line=inner.line)
    heading = f"{'#' * inner.level} {inner.part}"
    return replace(owner, text=f"{owner.text}\n\n{heading}\n{inner.text}".rstrip())


def _unknown(answer: Answer, path: str, names: PartNames) -> Remark:
    close = (names.suggest(path) if path else "") or names.suggest(answer.part)
    title = answer.part if len(answer.part) <= 60 else answer.part[:57] + "..."
    advice = f"did you mean '{close}'?" if close else "the text below it was not graded"
    message = f"no part is called '{title}'; {advice}"
    return Remark(file=answer.file, line=answer.heading_line, message=message)


def _swallowed(
    submission: Submission, answers: Mapping[str, Answer], names: PartNames
) -> list[Remark]:
    """Headings of unanswered parts that a code block left open has taken for text."""
    inner = (
        (answer, answer.line + number, plain_title(line.lstrip(" #")))
        for answer in submission.answers.values()
        for number, line in enumerate(answer.text.split("\n"))
        if line.lstrip().startswith("#")
    )
    remarks = []
    for answer, line_number, title in islice(inner, _INNER_HEADINGS):
        name = names.find(title, "", False)
        if name and name not in answers:
            message = (
                f"the heading of '{name}' stands inside a code block; "
                "close the block above it with ``` on a line by itself"
            )
            remarks.append(Remark(file=answer.file, line=line_number, message=message))
    return remarks
