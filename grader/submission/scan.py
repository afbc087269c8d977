"""What a Python source defines at its top level, without parsing it.

Parsing a hostile source can crash the parser, so this only knows enough to skip strings,
comments and brackets, in one pass. A source that is not valid Python still shows its `def`s:
the sandbox then says where the syntax error is, instead of nobody finding the function.
"""

from __future__ import annotations

import re
import sys
from keyword import iskeyword

from grader.errors import SystemFault

# Early versions of 3.11 run on over what a lookahead forbids: no function would be found in what
# a student handed in, and each be missing.
if re.match(r"(?:a|b(?!c))*+", "bc").end():  # type: ignore[union-attr]
    raise SystemFault(
        f"Python {sys.version.split()[0]} matches regular expressions wrongly, and answers would"
        " be missed; use the last 3.11, or a later Python"
    )

COMMENT = r"#[^\n]*"
ESCAPE = r"\\."
STRING = (
    r"\"{3}(?:[^\"\\]++|\\.|\"(?!\"\"))*+\"{3}"
    r"|'{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}"
    # A quote left open ends with its line, as the tokenizer has it.
    r"|\"(?!\"\")(?:[^\"\\\n]++|\\.)*+\"?"
    r"|'(?!'')(?:[^'\\\n]++|\\.)*+'?"
)
# `def` and `class` are keywords: at the start of a line they end any bracket left open.
_DEFINITION = r"(?:async[ \t]+def|def|class)[ \t]+(?P<definition>\w+)"
_ASSIGNMENT = r"(?P<assigned>[^\W\d]\w*)[ \t]*(?::[^=\n#]*)?=(?!=)"
# A line with nothing but a backslash may stand before a statement.
_HEAD = re.compile(rf"(?:\\\n)*+(?:{_DEFINITION}|{_ASSIGNMENT})")
_PLAIN = re.compile(
    rf"(?:[^#\"'()\[\]{{}}\n\\]++|{ESCAPE}|{COMMENT}|{STRING}|\n(?!{_HEAD.pattern}))*+",
    re.DOTALL,
)
_BRACKETS = re.compile(r"[()\[\]{}]+")
NAMES = 5_000
"""Of a file with more, the first ones count: no homework comes near."""


def find_definitions(text: str) -> tuple[str, ...]:
    """Names defined or assigned at the left edge, in order of first appearance.

    Cost     one pass over the text.
    """
    text = "\n" + text
    names: dict[str, None] = {}
    position, depth, unclosed = 0, 0, 0
    # Each kind of triple quote can stay unclosed once; what follows still shows its names.
    while len(names) < NAMES and unclosed <= 2:
        plain = _PLAIN.match(text, position)
        position = plain.end() if plain else position
        if position >= len(text):
            break
        if text[position] == "\n":
            position += 1
            head = _HEAD.match(text, position)
            if head and head["definition"]:
                depth = 0
            if head and depth == 0 and not iskeyword(name := head[head.lastgroup or 0]):
                names.setdefault(name)
        elif brackets := _BRACKETS.match(text, position):
            opened = sum(map(brackets[0].count, "([{"))
            depth = max(0, depth + 2 * opened - len(brackets[0]))
            position = brackets.end()
        else:
            unclosed += text[position] in "\"'"
            position += 3 if text[position] in "\"'" else 1
    return tuple(names)
