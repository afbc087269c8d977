"""A check's explanation as plain text, for formats that have nothing better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.report.details import Explanation, Row, explain_part, merge_findings
from grader.report.models import CheckReport, PartReport
from grader.report.words import VERDICTS

LABEL_WIDTH = 10


def write_explanation(explained: Explanation, *, code: bool = True) -> str:
    """Sentences, then labelled rows, then code that shows it, then what to try."""
    return "\n".join(_write_lines(explained, code))


def pair_checks(part: PartReport) -> Iterator[tuple[CheckReport, str]]:
    """Every check of a part with what is to be said about it; nothing where it passed."""
    texts = {id(each.check): write_explanation(each) for each in explain_part(part)}
    for check in part.checks:
        # A check that was skipped because of another is left out of the explanations.
        said = "" if check.verdict == "passed" else VERDICTS[check.verdict].meaning
        yield check, texts.get(id(check), said)


def _write_lines(explained: Explanation, code: bool) -> Iterator[str]:
    yield from explained.sentences
    if explained.is_about_the_case:
        yield from _write_rows((*explained.inputs, *merge_findings(explained), *explained.context))
    else:
        yield from _write_rows((*explained.findings, *explained.context))
        if explained.inputs:
            yield "a case that fails:"
            yield from _write_rows((*explained.inputs, *explained.values))
    if code and explained.code:
        yield from explained.code.split("\n")
    for advice in explained.advice:
        yield from _write_rows((Row("try", advice),))


def _write_rows(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        first, *others = row.text.split("\n")
        yield f"{row.label:<{LABEL_WIDTH}}{first}"
        yield from (" " * LABEL_WIDTH + line for line in others)
