"""Where one size of a shape ends and the next begins."""

from __future__ import annotations

import re
from collections.abc import Collection

_SPACE_OF = re.compile(
    r"\A(?:\\(?:mathbb|mathbf|mathcal|Bbb)\s*\{?\s*[RZNC]\s*\}?|\\R(?![a-zA-Z])|[ℝℤℕℂ]|[RZNC](?=\s*(?:\^|\*\*)))"
    r"\s*(?:(?:\^|\*\*)\s*)?"
)
_CONSTRUCTOR = re.compile(
    r"\A(?:torch\.|tf\.)?(?:Size|TensorShape|shape|tuple|list)\s*\((.*)\)\Z", re.DOTALL
)
_ALWAYS_TIMES = r"\\times(?![a-zA-Z])|[×✕✖⨯╳]|(?<=\s)by(?=\s)"
_LETTER_X = r"(?<=\s)[xX](?=\s)|(?<=[\d)])[xX](?=[\d(])"
_GLUED = re.compile(r"(?:[^\W\d_xX]|\d{1,9})(?:[xX](?:[^\W\d_xX]|\d{1,9}))+")
_PRODUCT = re.compile(
    r"\d{1,9}(?:\s*(?:\*|·|\\cdot)\s*\d{1,9})+|[^\W\d_](?:\s*(?:\*|·|\\cdot)\s*[^\W\d_])+"
)
_OPENING, _CLOSING = "([{⌊⌈", ")]}⌋⌉"
_LATEX_BRACKET = re.compile(r"\\[lr](?:floor|ceil)(?![a-zA-Z])")
_COMMA = re.compile(",")
_SCALARS = ("scalar", "()", "[]", "0-dimensional")


def split_sizes(text: str, symbols: Collection[str]) -> tuple[str, ...] | None:
    """The sizes as texts; None where there are none to be seen."""
    text = text.strip()
    if text.casefold() in _SCALARS:
        return ()
    constructor = _CONSTRUCTOR.match(text)
    text = constructor[1].strip() if constructor else text
    space = _SPACE_OF.match(text)
    if space:
        text = text[space.end() :].strip()
    is_bracketed = _is_bracketed(text)
    inside = text[1:-1].strip() if is_bracketed else text
    if is_bracketed and _is_bracketed(inside) and not _pieces(inside, symbols):
        inside = inside[1:-1].strip()
    pieces = _pieces(inside, symbols)
    if pieces:
        return pieces
    if is_bracketed and re.fullmatch(r"\d{1,9}(?:\s+\d{1,9})+", inside):
        return tuple(inside.split())
    return (inside,) if inside else None


def _pieces(text: str, symbols: Collection[str]) -> tuple[str, ...] | None:
    """Sizes separated by a sign of multiplication, else by commas, else as a bare product."""
    is_x_free = "x" not in symbols and "X" not in symbols
    times = re.compile(f"{_ALWAYS_TIMES}|{_LETTER_X}" if is_x_free else _ALWAYS_TIMES)
    pieces = _split_at(times, text)
    if len(pieces) == 1:
        pieces = _split_at(_COMMA, text)
    if len(pieces) == 1 and is_x_free and _GLUED.fullmatch(text):
        pieces = re.split(r"[xX]", text)
    if len(pieces) == 1 and text.rstrip().endswith(","):
        return (pieces[0],)
    if len(pieces) == 1 and _PRODUCT.fullmatch(text):
        pieces = re.split(r"\s*(?:\*|·|\\cdot)\s*", text)
    return tuple(pieces) if len(pieces) > 1 else None


def _split_at(separator: re.Pattern[str], text: str) -> list[str]:
    """Cut at separators that stand outside brackets, `⌊⌋` and `\\lfloor` included."""
    depths, depth = [], 0
    for character in text:
        depth += character in _OPENING
        depths.append(depth)
        depth = max(0, depth - (character in _CLOSING))
    for bracket in _LATEX_BRACKET.finditer(text):
        step = 1 if bracket[0][1] == "l" else -1
        depths[bracket.end() :] = [d + step for d in depths[bracket.end() :]]
    pieces, start = [], 0
    for found in separator.finditer(text):
        if depths[found.start()] <= 0:
            pieces.append(text[start : found.start()].strip())
            start = found.end()
    return [piece for piece in (*pieces, text[start:].strip()) if piece]


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets holds everything."""
    if text[:1] not in ("(", "[", "{") or text[-1:] not in (")", "]", "}"):
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False
