"""One spelling for the many signs and words that describe a set of numbers."""

from __future__ import annotations

import re

_SIGNS = (
    (r"Interval\.open\(([^()]*)\)", r"(\1)"),
    (r"Interval\.Lopen\(([^()]*)\)", r"(\1]"),
    (r"Interval\.Ropen\(([^()]*)\)", r"[\1)"),
    (r"Interval\(([^()]*)\)", r"[\1]"),
    (r"\\([{}])", r"\1"),
    (r"\\(?:leqslant|leq|le)(?![a-zA-Z])|<=|=<|⩽", "≤"),
    (r"\\(?:geqslant|geq|ge)(?![a-zA-Z])|>=|=>|⩾", "≥"),
    (r"\\lt(?![a-zA-Z])", "<"),
    (r"\\gt(?![a-zA-Z])", ">"),
    (r"\\(?:neq|ne)(?![a-zA-Z])|!=", "≠"),
    (r"\\in(?![a-zA-Z])|\bin(?=\s*[\[(\]{ℝ])", "∈"),
    (r"\\infty(?![a-zA-Z])|(?<![a-zA-Z])(?:oo|inf|infinity|infty)(?![a-zA-Z])", "∞"),
    (r"\\(?:big)?cup(?![a-zA-Z])|\bunion\b|(?<![a-zA-Z])U(?![a-zA-Z])", "∪"),
    (r"\\(?:big)?cap(?![a-zA-Z])|\bintersect(?:ion|ed with)?\b", "∩"),
    (r"\\(?:setminus|backslash)(?![a-zA-Z])|\\(?=\s*[{\[(])|\b(?:without|except)\b", "∖"),
    (r"\\(?:emptyset|varnothing)(?![a-zA-Z])|\b(?:the )?empty set\b", "∅"),
    (r"\\mathbb\s*\{?\s*R\s*\}?|\\R(?![a-zA-Z])|\AR\b|\b(?:all )?real numbers\b", "ℝ"),
    (r"\\(?:mid|[lr]?vert)(?![a-zA-Z])", "|"),
    (r"\\(?:land|wedge)(?![a-zA-Z])|∧|&&?", " and "),
    (r"\\(?:lor|vee)(?![a-zA-Z])|∨|\|\|", " or "),
    (r"\\([a-zA-Z]{2,7})(?=\s*(?:[<>≤≥=≠∈:|,)]|\Z))", r"\1"),
)
"""Python, SymPy, LaTeX and plain signs; the last one takes the backslash off Greek names."""

_WORDS = (
    (r"\b(?:greater|larger|bigger|more) than or equal to\b", "≥"),
    (r"\b(?:less|smaller) than or equal to\b", "≤"),
    (r"\bat least\b|\b(?:no|not) (?:less|smaller|fewer) than\b", "≥"),
    (r"\bat most\b|\bup to\b|\b(?:no|not) (?:more|greater|larger|bigger) than\b", "≤"),
    (r"\bstrictly\b", ""),
    (r"\b(?:greater|larger|bigger|more) than\b|\babove\b", ">"),
    (r"\b(?:less|smaller|fewer) than\b|\bbelow\b", "<"),
    (r"\bnot equal to\b", "≠"),
    (r"(?<=[\])])\s*for\s+[^\W\d]\w*\s*\Z", ""),
    (r"\A(?:for )?(?:all|any|every)\s+[^\W\d]\w*\Z", "ℝ"),
    (r"\A(?:no (?:such )?\w+|none|nothing|never|empty)(?:\b[^<>≤≥]*)?\Z", "∅"),
    (
        r"\b(?:is|are|be|must|should|lies?|for|all|any|every|each|when|if|the|interval|values?|of"
        r"|in|such that|only)\b",
        " ",
    ),
)
_BETWEEN = re.compile(
    r"(strictly\s+)?\b(?:between|from)\s+(\S+)\s+(?:and|to)\s+([^\s,;]+)", re.IGNORECASE
)
_OPEN = re.compile(r"\b(?:exclusive(?:ly)?|excluded)\b", re.IGNORECASE)
_CLOSED = re.compile(r"\b(?:inclusive(?:ly)?|included)\b", re.IGNORECASE)
_ASIDE = re.compile(r"(?<=\S)\s+\((?=[^(),]*[^\W\d_]{3})[^(),<>≤≥=≠]*\)")
_REASON = re.compile(r"[,;.]?\s*\b(?:since|because)\b.*\Z", re.DOTALL)


_DIFFERENCE = re.compile(r"(?<=[\])}ℝR])\s*\\(?=\s*(?:\\?\{|[\[(]))")


def mark_difference(text: str) -> str:
    """`ℝ \\ {0}` with its own sign, before LaTeX takes the backslash for a space."""
    return _DIFFERENCE.sub(" ∖ ", text)


def translate(answer: str) -> str:
    """The answer with one sign for each meaning; `⟦1,4⟧` where nothing is said about the ends."""
    for pattern, sign in _SIGNS:
        answer = re.sub(pattern, sign, answer)
    is_open, is_closed = bool(_OPEN.search(answer)), bool(_CLOSED.search(answer))
    answer = _REASON.sub("", _ASIDE.sub("", answer))
    between = _BETWEEN.search(answer)
    if between:
        ends = f"{between[2]},{between[3].rstrip('.')}"
        is_open = is_open or bool(between[1])
        brackets = "()" if is_open else "[]" if is_closed else "⟦⟧"
        answer = f"{answer[: between.start()]}{brackets[0]}{ends}{brackets[1]}"
    for pattern, sign in _WORDS:
        answer = re.sub(pattern, sign, answer, flags=re.IGNORECASE)
    return " ".join(answer.split()).strip(" .,")
