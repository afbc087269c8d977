"""Left sides that name what follows: `dL/dw =`, `∇L =`, `H(p) =`, alike however they are typed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.spec.models import Symbol

LEADING_WORDS = re.compile(
    r"^\s*(?:(?:so|then|hence|thus|therefore|and|now|finally|we|get|have|find|obtain|which|gives"
    r"|let|define|set|where|with)\b[\s,:]*)+",
    re.IGNORECASE,
)
SPACING = re.compile(r"\\(?:quad|qquad|left|right|[bB]igg?[lr]?|[,;:!])(?![a-zA-Z])|[\s&$~]|\\ ")
DRESS = re.compile(
    r"\\(?:mathrm|mathbf|mathit|mathcal|mathbb|boldsymbol|bm|text|textbf|operatorname)(?![a-zA-Z])"
)
FRACTION = re.compile(r"\\[dt]?frac(?:\{([^{}]*)\}\{([^{}]*)\}|(\w)(\w))")
ARGUMENTS = re.compile(r"[(\[]([^()\[\]]*)[)\]]$")
STEP_LETTERS = r"(?:[A-Z]|\\(?:mathcal|mathbb|mathrm|operatorname|text)\s*\{\s*[A-Z]\s*\})"
NAMED_AT = re.compile(
    rf"^[\s&$]*(?P<name>{STEP_LETTERS}|\\Theta)(?:_\{{?\w+\}}?)?\s*(?:\\left)?\([^()]*\)[\s&$]*$"
)


def label_key(piece: str, symbols: Mapping[str, Symbol]) -> str:
    """What two spellings of one label have in common: `\\frac{\\partial L}{\\partial w}`, `dL/dw`.

    `H'(p)` is H' where p is a declared name; f(0) and f(1) are two labels.
    """
    text = LEADING_WORDS.sub("", piece)
    text = SPACING.sub("", DRESS.sub("", text)).replace("\\partial", "d").replace("∂", "d")
    text = re.sub(r"\^\{?\\prime\}?", "'", text).replace("∇", "\\nabla").replace("′", "'")
    text = FRACTION.sub(lambda found: "/".join(filter(None, found.groups())), text)
    text = re.sub(r"\{(\w)\}", r"\1", text).rstrip(":")
    if found := ARGUMENTS.search(text):
        names = [one.strip().lstrip("\\") for one in re.split(r"[,;|]", found.group(1))]
        if found.start() and all(one in symbols for one in names):
            text = text[: found.start()]
    return re.sub(r"[{}]", "", text)


def names_a_function(piece: str, symbols: Mapping[str, Symbol]) -> bool:
    """`H(p)`: a capital that nobody declared, taken at something, names what it is equal to.

    The letter may mean a function of its own: Heaviside's H is rarely meant.
    """
    found = NAMED_AT.match(piece)
    return found is not None and re.sub(r"\W|\\[a-z]+", "", found.group("name")) not in symbols


DERIVATIVES = re.compile(
    r"\\[dt]?frac\s*\{\s*(?:\\partial|\\mathrm\{d\}|d|∂)[^{}]*(?:\{[^{}]*\}[^{}]*)?\}"
    r"\s*\{\s*(?:\\partial|\\mathrm\{d\}|d|∂)[^{}]*(?:\{[^{}]*\}[^{}]*)?\}"
    r"|(?<![A-Za-z])(?:∂|d)[²\^0-9]*\s*\w{0,9}\s*/\s*(?:∂|d)\s*[\w^²]+"
)
GROUPED = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|_\{[^{}]*\}|_\w+|\^\{?\([^()]*\)\}?|\\text\{[^{}]*\}"
)
HYPHENED = re.compile(r"(?<=[A-Za-z]{2})-(?=[A-Za-z]{2})")
OPERATES = re.compile(
    r"\s*\$*\s*(?:\\nabla(?![a-zA-Z])|∇)(?:_(?:\{[^{}]*\}|\w))?\s*(?:\\[,;!]\s*)?(?!\\?\w+\s*\^)\S{3}"
    r"|\s*\$*\s*(?:\\int(?![a-zA-Z])|∫)"
)
"""`\\nabla_x x^T A x` and an integral are what is asked for, spelled out."""
USUAL = re.compile(
    r"\^\s*\{?\s*(?:\*|\\star|\\ast)\s*\}?|(?<=\w)\*(?=\s*\Z)"
    r"|(?:\\sigma|σ|\\chi|χ|\bR)\s*(?:\^\s*\{?2\}?|²)"
    r"|\\?\blog\s*(?:\\(?:det|pi)(?![a-z])|[pqPZ]\b|det\b|π)"
)
"""What looks like a power or a logarithm, and is a name: `y^*`, `σ²`, `\\log p`."""
TRANSFORMED = re.compile(
    r"(?<![A-Za-z0-9])\d|[+*·×√²³⁻ᵀ½]|(?<![<>])/|[-−–]|\^\s*\{?\s*(?:-|\d|T\b|\\top|\\intercal|⊤)"
    r"|\\(?:[dt]?frac|sqrt|log|ln|exp|times|cdot|div|pm|odot)(?![a-zA-Z])|\b(?:log|ln|exp|sqrt)\b(?!\s+\w{3})"
)


def transforms_its_name(piece: str) -> bool:
    """Whether `-dL/dw`, `1/R` or `2y` stands where a name is told: none of them names it."""
    if OPERATES.match(piece):
        return False
    bare = USUAL.sub("", DERIVATIVES.sub("D", piece.replace("$", " ")))
    for _ in range(3):
        bare = GROUPED.sub("", bare)
    bare = HYPHENED.sub("", re.sub(r"\A\s*+(?:[-*•]\s+(?=\w{2})|\d+[.)]\s+)", "", bare))
    return TRANSFORMED.search(bare) is not None
