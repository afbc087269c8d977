"""What a page's fields hold: read from earlier answers, and put together again from a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.service.web.statements import Blank, find_blanks
from grader.spec.loaded import LoadedAssignment
from grader.submission.files import File
from grader.submission.models import Submission
from grader.submission.names import Use

ANSWERS_BYTES = 256 << 10
"""Of written answers that a page puts together: a dozen of the longest; they are read several
times, in half a second where they are made to be slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a form means, where something else was handed in since its page was shown."""

    texts: dict[str, str]
    changed: frozenset[str]
    """Fields that differ from what the page showed."""
    disputed: dict[str, str]
    """What was handed in since, of fields that were changed on the page as well."""


def name_parts(loaded: LoadedAssignment) -> dict[str, tuple[str, ...]]:
    """Each part with what may stand under a heading of its own below the part's."""
    from grader.kinds.handing_in import name_fields

    return {part_id: name_fields(part) for _, part_id, part in loaded.parts()}


def read_typed(files: Sequence[File], loaded: LoadedAssignment) -> dict[str, str]:
    """Answers of an earlier submission, by the names of the fields that show them.

    They are found as they are for grading, whatever their file and however their heading.
    """
    from grader.kinds.fields import answers_by_field
    from grader.kinds.protocol import HandedIn
    from grader.submission.match import match_answers
    from grader.submission.read import read_answers

    if measure_answers(files) > ANSWERS_BYTES:
        return {}
    raw = read_answers(files)
    if not raw:
        return {}
    answers, _ = match_answers(Submission(id="", name="", answers=raw), name_parts(loaded))
    texts = {name: answer.text for name, answer in answers.items()}
    for _, part_id, part in loaded.parts():
        if fields := getattr(part, "fields", None):
            own = {
                name: answers[f"{part_id}.{name}"]
                for name in fields
                if f"{part_id}.{name}" in answers
            }
            handed_in = HandedIn(answer=answers.get(part_id), fields=own)
            found, _ = answers_by_field(part, handed_in)
            texts |= {f"{part_id}.{name}": answer.text for name, answer in found.items()}
    known = {blank.name for blank, _ in find_blanks(loaded)}
    return {name: text.strip() for name, text in texts.items() if name in known and text.strip()}


def measure_answers(files: Iterable[File]) -> int:
    """Bytes of written answers."""
    return sum(len(file.content) for file in files if file.use is Use.ANSWERS)


def reconcile(
    blanks: Mapping[str, Blank],
    filled: Mapping[str, str],
    shown: Mapping[str, str],
    newest: Mapping[str, str],
) -> Reconciled:
    """A field that was left as shown takes the newest text; one changed keeps what was typed."""
    texts: dict[str, str] = {}
    changed: set[str] = set()
    disputed: dict[str, str] = {}
    for name, blank in blanks.items():
        mine, before, since = filled.get(name, ""), shown.get(name, ""), newest.get(name, "")
        if _is_same(mine, _show(blank, before)) or _is_same(mine, _show(blank, since)):
            texts[name] = since
            continue
        texts[name] = mine
        changed.add(name)
        if not _is_same(before, since):
            disputed[name] = since
    return Reconciled(texts=texts, changed=frozenset(changed), disputed=disputed)


def _show(blank: Blank, text: str) -> str:
    """What a page that shows this text sends back: options that are there alone are ticked."""
    if blank.is_ticked and blank.kind == "multi":
        return "\n".join(option for option in blank.options if option in text.split())
    if blank.is_ticked:
        return text if text in blank.options else ""
    return text


def _is_same(one: str, other: str) -> bool:
    """But for blanks at the ends of lines, which a browser may write otherwise."""
    one_lines, other_lines = (
        [line.rstrip() for line in text.strip().splitlines()] for text in (one, other)
    )
    return one_lines == other_lines
