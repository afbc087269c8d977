"""A part that asks several named questions: which piece of the text answers which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any

from grader.kinds.marking import ANSWER, explain
from grader.kinds.protocol import HandedIn
from grader.kinds.reading_text import (
    LONGEST_ANSWER,
    fold,
    plain,
    quote,
    split_outside_brackets,
    undress,
    without_bullet,
)
from grader.submission.models import Answer
from grader.verdicts import Outcome, Verdict, failed

MOST_CUTS = 300
"""Places in one line where a label may stand; the largest part has a dozen fields."""

INLINE_SIGNS = ("=", "&=", ":", ":=", "≈")

_LABEL = re.compile(
    # Possessive where nothing that follows could use what was taken: else a long row of marks or
    # spaces, which anybody can hand in, would be cut up in every possible way.
    r"""\s*+(?:[-*+•]\s++|\(?\d{1,2}[.)]\s++|\#{1,6}+\s*+|\|\s*+)*+   # bullets, headings
        (?:the\s+|my\s+|our\s+)?
        (?P<dress>(?:[*_$`("']|\\\(){0,6})\s*
        (?P<label>\\?[^\W\d_](?:[^=:|<>≈≤≥,;\n\[\]]{0,78}?[^\s=:|<>≈≤≥,;\n\[\]])??)
        (?P<undress>\s*+(?:[*_$`)"']|\\\)){0,6})\s*
        (?P<sign>:=|:|&?=(?!=)|≈|\\approx\b|\||->|→|\bis\b|\bare\b|(?<=[)*])(?=\s)|\.(?=\s)|\Z)
        (?P<closing>[*_]{0,2})[ \t]*""",
    re.VERBOSE | re.IGNORECASE,
)
_BRACED = re.compile(r"\A\s*(?:dict\s*\(|\{)([^{}]*:[^{}]*|[^{}]*=[^{}]*)[)}]\s*\Z", re.DOTALL)
_LABEL_DRESS = re.compile(r"\\(?:text|mathrm|mathbf|mathit|operatorname|boldsymbol)\b|[\\{}$*`^]")
_ALIGNED = re.compile(r"\\(?:begin|end)\{(?:align|aligned|gather|gathered|split|eqnarray)\*?\}")
_TOKEN = re.compile(
    r"(?P<open>\\begin\{\w+\*?\}|[(\[{])|(?P<close>\\end\{\w+\*?\}|[)\]}])"
    r"|(?P<row>\\\\)|(?P<cut>[,;:]|\band\b)"
)


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """What was found for each field, and what belongs to none."""

    found: Mapping[str, str]
    ignored: str = ""
    """Text before the first label."""
    repeated: frozenset[str] = field(default_factory=frozenset)
    """Fields given more than once: the last one counts."""


def judge_fields(
    part: Any,
    part_id: str,
    handed_in: HandedIn,
    judge: Callable[[Any, str, HandedIn], tuple[Outcome, ...]],
) -> tuple[Outcome, ...]:
    """One outcome a field, named after it, with the field's points."""
    answers, texts = answers_by_field(part, handed_in)
    outcomes: list[Outcome] = []
    for name, question in part.fields.items():
        asked = ask_alone(part, name)
        if name not in answers:
            outcomes.append(_missing(name, question.points, texts))
            continue
        judged = judge(asked, f"{part_id}.{name}", HandedIn(answer=answers[name]))
        outcomes += _rename(judged, name, question.points, name in texts.repeated)
    return tuple(outcomes)


def ask_alone(part: Any, name: str) -> Any:
    """The part as if it asked this field's question only."""
    question = part.fields[name]
    asked = {
        key: getattr(question, key)
        for key in type(question).described
        if key in type(part).described and key not in ("points", "prompt")
    }
    if not asked.get("options", True):
        # Fields of a choice share the part's options unless they bring their own.
        asked["options"] = part.options
    return part.model_copy(update={**asked, "fields": {}, "points": question.points})


def _missing(name: str, points: Fraction, texts: FieldTexts) -> Outcome:
    saw = f"no line for it; text without a field: {quote(texts.ignored)}" if texts.ignored else ""
    words = explain(saw or "no answer", advice=f"write a line `{name} = ...`")
    return failed(name, Verdict.MISSING, words, points=points)


def _rename(
    judged: tuple[Outcome, ...], name: str, points: Fraction, repeated: bool
) -> Iterator[Outcome]:
    """A kind may judge a field in several checks: they share its points by their own weights."""
    weight = sum((outcome.points for outcome in judged), Fraction(0))
    note = f"\nyou gave {name} more than once; the last one counts" if repeated else ""
    for outcome in judged:
        share = outcome.points / weight if weight else Fraction(1, len(judged))
        check = name if outcome.check == ANSWER else f"{name}: {outcome.check}"
        yield replace(
            outcome, check=check, points=points * share, feedback=(outcome.feedback + note).strip()
        )


def answers_by_field(part: Any, handed_in: HandedIn) -> tuple[dict[str, Answer], FieldTexts]:
    """Every field's own answer: under its own heading, or below the part's."""
    answer = handed_in.answer
    texts = split_fields(answer.text if answer else "", tuple(part.fields))
    answers = {
        name: Answer(part=f"{answer.part}.{name}", text=text, file=answer.file, line=answer.line)
        for name, text in texts.found.items()
        if answer
    }
    for name, own in handed_in.fields.items():
        match = _match_label(name, tuple(part.fields))
        if match and own.text.strip():
            answers[match] = own
    return answers, texts


def split_fields(text: str, names: tuple[str, ...]) -> FieldTexts:
    """Pieces of a text by their labels (`loss = 1.39`, `**loss**: 1.39`, `| loss | 1.39 |`).

    Without any label, a list of exactly as many items as there are fields is taken in order.
    """
    text = plain(text[: LONGEST_ANSWER * 2])
    inside = _BRACED.match(text)
    if inside and (within := split_fields(inside[1], names)).found:
        return within
    lines = _unalign(text).split("\n")
    found = _table_by_columns(lines, names)
    repeated = set()
    ignored: list[str] = []
    name: str | None = None
    for label, piece in () if found else (cut for line in lines for cut in _cut_line(line, names)):
        if label is not None:
            if undress(found.get(label, "")):
                repeated.add(label)
            name, found[label] = label, piece
        elif name is not None:
            found[name] += f"\n{piece}"
        else:
            ignored.append(piece)
    if not found:
        return FieldTexts(_in_order(lines, names), " ".join(" ".join(lines).split()))
    kept = {
        label: re.sub(r"\s*[,;]\s*\Z", "", piece).strip()
        for label, piece in found.items()
        if undress(piece)
    }
    return FieldTexts(kept, " ".join(" ".join(ignored).split()), frozenset(repeated))


def _unalign(text: str) -> str:
    """Rows of an `align` environment become lines; rows of a matrix stay."""
    text = _ALIGNED.sub("\n", text)
    ends = [found.start() for found in _outside_brackets(text) if found["row"]]
    for place in reversed(ends):
        text = f"{text[:place]}\n{text[place + 2 :]}"
    return text


def _outside_brackets(text: str) -> Iterator[re.Match[str]]:
    depth = 0
    for found in _TOKEN.finditer(text):
        if found["open"]:
            depth += 1
        elif found["close"]:
            depth = max(0, depth - 1)
        elif depth == 0:
            yield found


def _cut_line(line: str, names: tuple[str, ...]) -> Iterator[tuple[str | None, str]]:
    """A line cut at its labels: at its start, and after commas, semicolons, colons and 'and'."""
    ends = (found.end() for found in _outside_brackets(line) if found["cut"])
    starts = [0, *islice(ends, MOST_CUTS)]
    cuts = [start for start in starts if _label_at_start(line[start:], names, start == 0)]
    if not cuts:
        yield None, line
        return
    if cuts[0] > 0:
        yield None, line[: cuts[0]]
    for start, end in zip(cuts, [*cuts[1:], len(line)], strict=True):
        cut = _label_at_start(line[start:end], names, start == 0)
        if cut is None:
            yield None, line[start:end]
        elif end < len(line):
            yield cut[0], re.sub(r"(?:[,;]|\band)\s*\Z", "", cut[1].strip())
        else:
            yield cut


def _label_at_start(text: str, names: tuple[str, ...], starts_line: bool) -> tuple[str, str] | None:
    found = _LABEL.match(text)
    name = _match_label(found["label"], names) if found else None
    if found is None or name is None:
        return None
    # In the middle of a line only what is plainly a label: `b = ...`, `b: ...`, `b) ...`.
    if not (starts_line or found["sign"] in INLINE_SIGNS or ")" in found["undress"]):
        return None
    rest = text[found.end() :].strip()
    opened = found["dress"] if not found["undress"].strip() and not found["closing"] else ""
    if "*" in opened or "_" in opened:
        rest = rest.rstrip("*_")
    if "$" in opened and "$" in rest:
        # The dollar that opened before the label closes after the value.
        rest = f"$ {rest}"
    return name, rest.removesuffix("|").strip() if found["sign"] == "|" else rest


def _table_by_columns(lines: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """A table whose first row holds the labels and whose last row holds the values."""
    rows = [line.strip().strip("|").split("|") for line in lines if line.count("|") > 1]
    if len(rows) < 2:
        return {}
    labels = [_match_label(cell.strip(), names) for cell in rows[0]]
    if None in labels or len(set(labels)) < len(labels) or len(rows[-1]) != len(labels):
        return {}
    return {label: cell for label, cell in zip(labels, rows[-1], strict=True) if label}


def _match_label(label: str, names: tuple[str, ...]) -> str | None:
    if label in names:
        return label
    wanted = fold(_LABEL_DRESS.sub("", label))
    matching = [name for name in names if fold(name) == wanted]
    return matching[0] if len(matching) == 1 else None


def _in_order(lines: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """Unlabelled items, one a field; nothing where lines and commas could both be meant."""
    items = [item for line in lines if (item := without_bullet(line))]
    if len(items) == 1 and len(names) > 1:
        # Semicolons separate before commas do: `1, 2; 3, 4` is two items.
        items = split_outside_brackets(items[0], ";" if ";" in items[0] else ",")
    return dict(zip(names, items, strict=True)) if len(items) == len(names) and all(items) else {}
