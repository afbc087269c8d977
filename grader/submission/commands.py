"""Notebook commands (`%magic`, `!shell`, `name?`) taken out of a cell's Python."""

from __future__ import annotations

import re

from grader.submission.scan import COMMENT, ESCAPE, STRING
from grader.submission.text import LINE_CHARACTERS

_KEPT_CELL_MAGICS = frozenset({"%%time", "%%capture"})
"""Those that run the cell's code as it stands."""
# A shell line, a magic, a question for help, or an assignment from one of the first two.
_COMMAND = re.compile(
    r"[ \t]*+(?:[%!?]|[\w.\[\]]{1,200}\?{1,2}[ \t]*$|[\w.,* \[\]]{1,200}=[ \t]*(?:!|%%?[A-Za-z]))"
)
_TOKEN = re.compile(
    rf"(?P<skip>(?:[^#\"'()\[\]{{}}\\]++|{ESCAPE}|{COMMENT}|{STRING})++)"
    r"|(?P<brackets>[()\[\]{}]+)|(?P<quotes>\"{3}|'{3})|(?P<goes_on>\\)"
)
_STRING_END = {
    '"""': re.compile(r"(?:[^\"\\]++|\\.|\"(?!\"\"))*+\"{3}"),
    "'''": re.compile(r"(?:[^'\\]++|\\.|'(?!''))*+'{3}"),
}


def plain_python(lines: list[str]) -> tuple[list[str], str]:
    """The cell with `pass` for notebook commands, so that line numbers stay; and what was lost."""
    if max(map(len, lines)) > LINE_CHARACTERS:
        return [""] * len(lines), f"left out: a line of more than {LINE_CHARACTERS:,} characters"
    first = next(index for index, line in enumerate(lines) if line.strip())
    magic = lines[first].split(maxsplit=1)[0]
    if magic.startswith("%%"):
        if magic not in _KEPT_CELL_MAGICS:
            return [""] * len(lines), f"left out: a {magic[:40]} cell is not Python"
        lines = [*lines[:first], "", *lines[first + 1 :]]
    if not any(map(_COMMAND.match, lines)):
        return lines, ""
    code: list[str] = []
    left_out = ""
    inside, depth, in_command = "", 0, False
    for line in lines:
        fresh = not inside and depth == 0 and not in_command
        if in_command or (fresh and _COMMAND.match(line)):
            # `pass`, for the command may be all that stands in a block.
            indent = line[: len(line) - len(line.lstrip())]
            code.append("" if in_command else f"{indent}pass")
            left_out = left_out or line.strip()[:40]
            in_command = line.endswith("\\")
            continue
        inside, depth = _follow_line(line, inside, depth)
        code.append(line)
    return code, f"left out: '{left_out}' is a notebook command" if left_out else ""


def _follow_line(line: str, inside: str = "", depth: int = 0) -> tuple[str, int]:
    """What is still open after one more line: a triple quote or `\\\\`, and how many brackets.

    Both empty means that the next line starts a new logical line.
    """
    position = 0
    inside = "" if inside == "\\" else inside
    while position < len(line):
        if inside:
            end = _STRING_END[inside].match(line, position)
            if end is None:
                return inside, depth
            position, inside = end.end(), ""
            continue
        token = _TOKEN.match(line, position)
        if token is None:
            break
        position = token.end()
        if token["brackets"]:
            opened = sum(map(token["brackets"].count, "([{"))
            depth = max(0, depth + 2 * opened - len(token["brackets"]))
        inside = token["quotes"] or token["goes_on"] or ""
    return inside, depth
