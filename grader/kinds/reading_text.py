"""Short answers as students type them: characters, Markdown and LaTeX dress taken off, split up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from grader.kinds.hedging import find_hedge

LONGEST_ANSWER = 20_000
"""Characters: a page of numbers is a tenth of it; what is longer is not a short answer."""

LONGEST_QUOTE = 60
"""Characters of an answer quoted back: what fits beside a label on one terminal line."""

_SPACES = re.compile(r"[^\S\n]|[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f]")
_SAME_SIGN = str.maketrans(
    {
        **dict.fromkeys("−‐‑‒–—―﹣－", "-"),
        **dict.fromkeys("‘’‚′`´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        "\r": "\n",
        "…": "...",
        "∗": "*",
        "⋅": "·",
    }
)
_BACKTICKED = re.compile(r"`+([^`\n]*)`+")
_FENCE = re.compile(r"^[ \t]*(```|~~~).*$", re.MULTILINE)
_BOLD = re.compile(r"(?<![\w)\]}*])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w(\[{*])", re.DOTALL)
_ITALIC = re.compile(r"\A([*_])(?=[^\s*_])([^\n*]+?)(?<=\S)\1\Z")
_LIST = re.compile(r"\\(?:begin|end)\{(?:itemize|enumerate|description|center|quote)\}")
_LIST_ITEM = re.compile(r"\\item(?![a-zA-Z])\s*(?:\[([^\[\]\n]{0,60})\])?")
_DELIMITERS = re.compile(r"\$\$|(?<!\\)\$|(?<!\\)\\[()\[\]]")
_LATEX_SPACE = re.compile(
    r"(?<!\\)\\(?:[,;:! ]|quad\b|qquad\b|displaystyle\b|left(?=[\W_])|right(?=[\W_]))"
)
_LATEX_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf|it|tt|sf)|operatorname|boxed|emph)\s*\{([^{}]*)\}"
)
_BOXED = re.compile(r"\\(?:boxed|emph|text(?:bf|it))\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LEADING_WORDS = re.compile(
    r"\A(?:(?:my|the|final|our)\s+)*(?:answer|ans|solution|result)\b\.?(?:\s+is\b|\s*[:=])?\s*:?\s*",
    re.IGNORECASE,
)

BULLET = re.compile(r"^\s*(?:[-*+•·▪‣]\s+|\(?\d{1,2}[.)]\s+|\(?[ivx]{1,4}[.)]\s+)")

_OPENING = "([{"
_CLOSING = ")]}"


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a text is not an answer of the kind asked for; never an exception."""

    saw: str
    expected: str
    advice: str = ""


def too_long(text: str) -> Unread | None:
    """Refuse what no short answer is, before anything looks at it closely."""
    if len(text) <= LONGEST_ANSWER:
        return None
    return Unread(f"{len(text)} characters", "a short answer", "hand in the answer alone")


def unfit(text: str) -> Unread | None:
    """Refuse what is too long, and what takes itself back: it is no answer to be marked."""
    hedge = find_hedge(text)
    if hedge:
        return Unread(f"'{quote(hedge)}'", "one answer, without conditions", "write it alone")
    return too_long(text)


def plain(text: str) -> str:
    """The same text in ordinary characters: one minus, one space, LaTeX lists as lines.

    Powers and other signs with a meaning of their own (², ½, ≤, ∞) are kept.
    """
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n"))
    text = _BACKTICKED.sub(r"\1", _FENCE.sub("", text))
    text = _SPACES.sub(" ", text.translate(_SAME_SIGN))
    text = _LIST_ITEM.sub(_write_item, _LIST.sub("\n", text))
    return "".join(map(_ordinary, text)) if not text.isascii() else text


def _write_item(found: re.Match[str]) -> str:
    return f"\n- {found[1]}: " if found[1] else "\n- "


def _ordinary(character: str) -> str:
    """Full-width letters and mathematical alphabets (𝑥) in plain letters; ℝ stays."""
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    if "\U0001d400" <= character <= "\U0001d7ff":
        return unicodedata.normalize("NFKC", character)
    if unicodedata.category(character) == "Cc" and character not in "\n\t":
        return " "
    return character


def undress(text: str, *, is_formula: bool = False) -> str:
    """Take off what surrounds an answer: emphasis, `$`, `\\boxed`, 'Answer:', the full stop.

    Words in `\\text{...}` keep their command in a formula, whose grammar reads it.
    """
    text = _LATEX_SPACE.sub(" ", _DELIMITERS.sub(" ", plain(text)))
    commands = _BOXED if is_formula else _LATEX_TEXT
    for _ in range(3):
        # Bold inside \boxed inside a list: three layers are the most that people type.
        text = commands.sub(r" \1 ", _BOLD.sub(r"\2", text))
    text = "\n".join(re.sub(r" {2,}", " ", line).strip() for line in text.split("\n"))
    text = _LEADING_WORDS.sub("", text.strip())
    text = _ITALIC.sub(r"\2", text.strip())
    text = re.sub(r"(?<=[^.\s])[ ]*[.;]\Z", "", text)
    return text.strip()


def without_bullet(line: str) -> str:
    """A line of a list without its mark; the minus of a number is no mark."""
    return BULLET.sub("", line, count=1).strip()


def split_outside_brackets(text: str, separators: str = ",;") -> list[str]:
    """Split at separators that stand in no bracket.

    Unmatched closing brackets are taken as text, so that `]1, 4[` still splits.
    """
    pieces, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif character in separators and depth == 0:
            pieces.append(text[start:place].strip())
            start = place + 1
    return [*pieces, text[start:].strip()]


def lines_of(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def fold(text: str) -> str:
    """A word as it is compared: no case, dashes, underscores, spaces or decoration."""
    return "".join(_folded(unicodedata.normalize("NFKC", text)))


_GREEK_NAMES = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "∂": "d", "ℓ": "l",
}  # fmt: skip


def _folded(text: str) -> Iterator[str]:
    for character in text.casefold():
        if character in _GREEK_NAMES:
            yield _GREEK_NAMES[character]
        elif character.isalnum() or character in "/'+<>=":
            yield character


def quote(text: str) -> str:
    """An answer as it is quoted in a message: one line, not too long."""
    line = " ".join(text.split())
    if len(line) > LONGEST_QUOTE:
        line = line[: LONGEST_QUOTE - 1] + "…"
    return f"'{line}'"
