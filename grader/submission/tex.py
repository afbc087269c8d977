r"""Written answers in LaTeX: `\section{part}` and below it the text."""

from __future__ import annotations

import re

from grader.submission.answers import HEADINGS, Heading, cut_at_headings, plain_title
from grader.submission.models import Answer

_SECTION = re.compile(
    r"[ \t]*\\(?P<name>(?:sub){0,2}section|paragraph)\*?[ \t]*(?:\[[^\]\n]*\])?\{"
)
_LEVELS = {"section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4}
_VERBATIM = re.compile(r"\\begin\{(verbatim\*?|lstlisting|minted|Verbatim)\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
# Layout says nothing about the answer, and the grammar of formulas does not know it.
_LAYOUT = re.compile(
    r"\\(?:label|vspace\*?|hspace\*?)\{[^{}\n]{0,200}\}"
    r"|\\(?:newpage|clearpage|pagebreak|noindent|smallskip|medskip|bigskip|maketitle)(?![A-Za-z])"
)
_STYLED = re.compile(r"\\(?:text[a-z]{2}|emph|verb|code)\{([^{}]*)\}")
_TITLE_CHARACTERS = 400
_BEGIN, _END = r"\begin{document}", r"\end{document}"


def read_latex(file: str, text: str) -> list[Answer]:
    """The answers of a LaTeX file, in order.

    Cost     one pass over the text.
    """
    lines: list[str] = []
    headings: list[Heading] = []
    raw = ""
    for line in text.split("\n"):
        if raw:
            raw = "" if rf"\end{{{raw}}}" in line else raw
            lines.append(line)
            continue
        line = _LAYOUT.sub("", _COMMENT.sub(r"\1", line))
        if line.lstrip().startswith(_BEGIN):
            # Whatever stood above was the preamble.
            headings = []
            line = line.lstrip().removeprefix(_BEGIN)
        before_end, ended, _ = line.partition(_END)
        begun = _VERBATIM.search(before_end)
        raw = begun[1] if begun and rf"\end{{{begun[1]}}}" not in before_end else ""
        if len(headings) <= HEADINGS and (heading := _find_heading(before_end, len(lines))):
            headings.append(heading)
        lines.append(before_end)
        if ended:
            break
    answers: list[Answer] = []
    cut_at_headings(file, lines, headings, answers)
    return answers


def _find_heading(line: str, index: int) -> Heading | None:
    begun = _SECTION.match(line)
    if begun is None:
        return None
    depth, end = 1, begun.end()
    while depth and end < len(line) and end - begun.end() < _TITLE_CHARACTERS:
        depth += {"{": 1, "}": -1}.get(line[end], 0)
        end += 1
    if depth:
        return None
    title = _STYLED.sub(r"\1", line[begun.end() : end - 1])
    return Heading(index, _LEVELS[begun["name"]], plain_title(title), line[end:])
