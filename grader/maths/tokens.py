"""Plain and Python notation, cut into tokens with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from grader.maths import bounds
from grader.maths.names import LOWERED, RAISED, SUBSCRIPTS, SUPERSCRIPTS


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign.

    kinds: `number`, `name`, `sign`, `command` (a LaTeX word with a meaning of its own), `end`.
    """

    kind: str
    text: str
    start: int
    end: int
    space: bool = False
    """Whether white space stands before it."""
    gap: bool = False
    r"""Whether a space for the eye does: `\,` or `\quad`."""
    module: str = ""
    """The library that stands before it: `np` of `np.exp`."""


class Unreadable_(Exception):
    """A place where the text cannot be read on."""

    def __init__(self, message: str, position: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.suggestion = suggestion


NUMBER = re.compile(
    r"(?:(?:\d{1,3}(?:_\d{3})+(?!\d)|\d+)(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+(?![\w.]))?"
)
NAME = re.compile(r"[^\W\d_][^\W_]*(?:_(?=[^\W_])[^\W_]+)*[\u0300-\u036f\u20d7]*")
QUOTED = re.compile(r"""('[\w ,>-]{0,60}'|"[\w ,>-]{0,60}")(?=\s*[,)])""")
"""Words for a function of a library: the labels of `einsum`, a kind of norm."""
SIGNS = (
    "\\|", "**", "//", "<=", ">=", "==", "!=", "=>", "->", "||", "&&", "...", ".*", ":=",
    "+", "-", "*", "/", "^", "(", ")", "[", "]", "{", "}", ",", ";", "=", "<", ">", "|", "!",
    "_", "%", "@", ":", ".", "'", "~", "&",
)  # fmt: skip
SAME_AS = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "×": "*", "·": "·", "⋅": "·", "∗": "*", "∙": "·",
    "•": "·",
    "÷": "/", "∕": "/", "⁄": "/", "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "≠": "!=",
    "′": "'", "’": "'", "ʹ": "'", "‖": "||", "∥": "||", "∣": "|", "⊙": "⊙", "∘": "⊙",
    "⟨": "⟨", "⟩": "⟩", "⌊": "⌊", "⌋": "⌋", "⌈": "⌈", "⌉": "⌉", "≈": "≈", "∈": "∈", "∝": "∝",
    "∪": "∪", "∩": "∩", "∖": "∖",
    "∧": "and", "∨": "or", "¬": "not", "⇒": "=>", "⟹": "=>", "→": "->",
    "⇔": "<=>", "⟺": "<=>", "√": "√", "∞": "∞", "⊤": "⊤", "∂": "∂", "∇": "∇", "±": "±",
    "∑": "Σ", "∏": "Π", "⊗": "⊗", "…": "...", "⋯": "...", "∼": "~", "≡": "==", "\u00a0": " ",
    "（": "(", "）": ")", "，": ",", "＝": "=", "＋": "+", "½": "½", "¼": "¼", "¾": "¾",
}  # fmt: skip
WORD_SIGNS = {"and", "or", "not"}
MODULES = {"np", "numpy", "math", "torch", "sp", "sympy", "F", "nn", "functional", "linalg", "jnp",
           "scipy", "special", "jax"}  # fmt: skip
VULGAR = {"½": ("1", "2"), "¼": ("1", "4"), "¾": ("3", "4")}


def tokenise(text: str) -> list[Token]:
    """Cut plain text; raises `Unreadable_` at the first character with no meaning."""
    tokens: list[Token] = []
    position, space = 0, False
    while position < len(text):
        character = text[position]
        if character.isspace():
            space, position = True, position + 1
            continue
        found = _next_token(text, position, tokens, space)
        tokens.extend(found)
        position, space = found[-1].end, False
        if len(tokens) > bounds.MAX_TOKENS:
            raise Unreadable_("This is too long to be read.", position)
    tokens.append(Token("end", "", len(text), len(text), space))
    return _drop_modules(tokens)


def _next_token(text: str, position: int, before: list[Token], space: bool) -> list[Token]:
    character = text[position]
    if character in "𝟙𝟏":
        return [Token("number", "1", position, position + 1, space)]
    if match := NUMBER.match(text, position):
        if match.group() == "1" and text[match.end() : match.end() + 1] == "{":
            return [Token("name", "1{", position, match.end(), space)]
        return [check_number(Token("number", match.group(), position, match.end(), space))]
    if character in LOWERED:
        return cut_script(text, position, "_", SUBSCRIPTS)
    if character in RAISED:
        return cut_script(text, position, "^", SUPERSCRIPTS)
    if character in VULGAR:
        top, bottom = VULGAR[character]
        end = position + 1
        signs = (("sign", "("), ("number", top), ("sign", "/"), ("number", bottom), ("sign", ")"))
        return [Token(kind, sign, position, end, space) for kind, sign in signs]
    if character in "ΣΠ∑∏":
        following = text[position + 1 : position + 2]
        if character in "∑∏":
            return [Token("sign", SAME_AS[character], position, position + 1, space)]
        if not following.isalnum():
            # A letter, which a question may have declared; elsewhere it is a sum.
            return [Token("name", character, position, position + 1, space)]
    if before and before[-1].text in ("(", ",", "=") and (quoted := QUOTED.match(text, position)):
        return [Token("string", quoted.group(1)[1:-1], position, quoted.end(), space)]
    if match := NAME.match(text, position):
        word = match.group()
        # x₁ is one name; the subscript digits are ordinary word characters to Python.
        kind = "sign" if word in WORD_SIGNS else "name"
        for index, letter in enumerate(word):
            if letter in RAISED or (letter in "∑∏𝟙" and index):
                word = word[:index]
                break
        return [Token(kind, word, position, position + len(word), space)]
    for sign in SIGNS:
        if text.startswith(sign, position):
            same = "||" if sign == "\\|" else sign
            return [Token("sign", same, position, position + len(sign), space)]
    if character in SAME_AS:
        return [Token("sign", SAME_AS[character], position, position + 1, space)]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise Unreadable_(f"'{shown}' has no meaning here.", position)


def cut_script(text: str, position: int, sign: str, table: dict[int, int]) -> list[Token]:
    """`x²` and `x₁₂` as `x^{2}` and `x_{12}`."""
    end = position
    while end < len(text) and text[end].translate(table) != text[end]:
        end += 1
    inner = text[position:end].translate(table)
    pieces = [Token("sign", sign, position, position), Token("sign", "{", position, position)]
    for part in re.findall(r"\d+|[a-zA-Z]+|[-+()]", inner):
        kind = "number" if part[0].isdecimal() else "name" if part[0].isalpha() else "sign"
        pieces.append(Token(kind, part, position, end))
    return [*pieces, Token("sign", "}", position, end)]


def check_number(token: Token) -> Token:
    """Refuse numbers nobody types, before any of them is built."""
    mantissa, _, exponent = token.text.lower().partition("e")
    if sum(character.isdecimal() for character in mantissa) > bounds.MAX_DIGITS:
        raise Unreadable_(f"A number has at most {bounds.MAX_DIGITS} digits.", token.start)
    if len(exponent) > 5 or abs(int(exponent or 0)) > bounds.MAX_DECIMAL_EXPONENT:
        raise Unreadable_("This power of ten is out of range.", token.start)
    return token


def _drop_modules(tokens: list[Token]) -> list[Token]:
    """`np.exp` is `exp`, `torch.nn.functional.relu` is `relu`."""
    kept: list[Token] = []
    index, module = 0, ""
    while index < len(tokens):
        token = tokens[index]
        dotted = index + 2 < len(tokens) and tokens[index + 1].text == "."
        dotted = dotted and tokens[index + 2].text not in ("T", "mT", "t", "shape")
        if token.text in MODULES and dotted and tokens[index + 2].kind == "name":
            index += 2
            module = module or token.text
            continue
        kept.append(replace(token, module=module) if module else token)
        module = ""
        index += 1
    return kept
