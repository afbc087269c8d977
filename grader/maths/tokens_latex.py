r"""LaTeX as students type it, cut into the same tokens as plain notation.

Fonts, spacing and `\left…\right` are dropped; letters, signs and Greek names become what they
are in plain text; `command` tokens are left for what has arguments or limits.
"""

from __future__ import annotations

import re
from dataclasses import replace

from grader.maths import bounds
from grader.maths.names import GREEK, LOWERED, RAISED, SUBSCRIPTS, SUPERSCRIPTS
from grader.maths.tokens import NUMBER, SAME_AS, Token, Unreadable_, check_number, cut_script
from grader.maths.tree import ONES
from grader.maths.vocabulary import FUNCTIONS

SIGN_COMMANDS = {
    "cdot": "·", "times": "*", "ast": "*", "bullet": "·", "div": "/", "le": "<=", "leq": "<=",
    "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=", "approx": "≈", "simeq": "≈", "propto": "∝", "in": "∈",
    "odot": "⊙", "circ": "⊙", "otimes": "⊗", "top": "⊤", "intercal": "⊤", "intercal ": "⊤",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
    "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "lVert": "||", "rVert": "||",
    "Vert": "||", "|": "||", "{": "⦃", "}": "⦄", "lbrace": "⦃", "rbrace": "⦄", "%": "%",
    "lbrack": "[", "rbrack": "]", "land": "and", "wedge": "and", "lor": "or", "vee": "or",
    "neg": "not", "lnot": "not", "cup": "∪", "cap": "∩", "Rightarrow": "=>", "implies": "=>",
    "iff": "<=>", "Leftrightarrow": "<=>", "to": "->", "rightarrow": "->", "equiv": "=",
    "ldots": "...", "cdots": "...", "dots": "...", "pm": "±", "sim": "~", "prime": "'",
    "colon": ":", "coloneqq": "=", "triangleq": "=", "_": "_", "&": "&", "nabla": "∇",
    "setminus": "∖", "Longrightarrow": "=>", "longrightarrow": "->",
}  # fmt: skip
DROPPED = {
    "rm", "it", "sf", "tt", "cal", "boldmath",
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl",
    "biggr", "Biggl", "Biggr", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits",
    ",", ";", ":", "!", " ", "quad", "qquad", "thinspace", "medspace", "nonumber", "notag",
    "hfill", "middle", ">", "/", "\n", "mathstrut", "vphantom", "strut", "noindent", "hspace*",
}  # fmt: skip
GAPS = {f"\\{one}" for one in (",", ";", ":", " ", "quad", "qquad", "thinspace", "medspace", ">")}
FONTS = {
    "mathbf", "mathrm", "mathit", "mathsf", "mathtt", "mathcal", "boldsymbol", "bm", "bf",
    "mathfrak", "pmb", "symbf", "vec", "underline", "mathscr", "overrightarrow",
}  # fmt: skip
TEXTS = {"text", "textrm", "textbf", "textit", "operatorname", "operatorname*", "mbox", "textsf"}
ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar",
           "overline": "bar", "dot": "dot", "ddot": "ddot"}  # fmt: skip
SKIPPED_ARGUMENT = {"label", "tag", "vspace", "hspace", "phantom", "color", "tag*", "textcolor"}
STRUCTURES = {"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac", "sqrt", "sum", "prod",
              "binom", "dbinom", "tbinom", "partial", "begin", "end", "not", "stackrel",
              "overset", "underset", "underbrace", "overbrace", "infty", "mathbb", "boxed",
              "substack", "max", "min", "pmod", "bmod", "cancel", "over", "choose"}  # fmt: skip
NOT_READ = {
    "lim": "Limits are not read here; write the value of the limit.",
    "int": "Integrals are not read here; write the value of the integral.",
    "iint": "Integrals are not read here; write the value of the integral.",
    "oint": "Integrals are not read here; write the value of the integral.",
}
WORDS = {"if": "if", "otherwise": "otherwise", "else": "else", "for": "if", "when": "if",
         "and": "and", "or": "or", "where": "if"}  # fmt: skip
COMMAND = re.compile(r"\\([a-zA-Z]+\*?|.|\n)", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]+\d*")


def tokenise_latex(text: str) -> list[Token]:
    """Cut LaTeX; raises `Unreadable_` at the first thing with no meaning."""
    text = _with_single_bars(_without_old_fonts(_with_cases(text)))
    text = ACCENTED_ENTRY.sub(r"\1{\2}\3", text)
    text = ROW.sub(lambda found: f"{found['index']}}}^T".ljust(len(found.group())), text)
    tokens: list[Token] = []
    position, space, gap = 0, False, False
    while position < len(text):
        character = text[position]
        if character.isspace() or character in "$~\u00a0":
            gap = gap or character == "~"
            space, position = True, position + 1
            continue
        if character == "%" and position + 1 < len(text):
            # A comment runs to the end of its line.
            line_end = text.find("\n", position)
            position = len(text) if line_end < 0 else line_end
            continue
        found, end = _next(text, position, space)
        if found:
            tokens.extend([replace(found[0], gap=gap), *found[1:]] if gap else found)
        gap = not found and (gap or text[position:end] in GAPS)
        position, space = end, not found
        if len(tokens) > bounds.MAX_TOKENS:
            raise Unreadable_("This is too long to be read.", position)
    tokens.append(Token("end", "", len(text), len(text), space))
    return tokens


BRACED_ARRAY = re.compile(
    r"(?P<open>\\left\\(?:\{|lbrace)\s*\\begin\{(?:array|aligned|matrix)\}(?:\{[lcr| ]*\})?)"
    r"(?P<rows>.*?)(?P<close>\\end\{(?:array|aligned|matrix)\}\s*\\right\s*\.)",
    re.DOTALL,
)


OLD_FONT = re.compile(r"(?<![\^_])\{\s*\\(?:rm|bf|it|sf|tt|cal)\s+(?P<name>[A-Za-z]+)\s*\}")


def _without_old_fonts(text: str) -> str:
    r"""`{\rm ReLU}` is the name in it; places in the text stay."""
    return OLD_FONT.sub(lambda found: found["name"].rjust(len(found.group())), text)


ACCENTED_ENTRY = re.compile(
    r"(\\(?:" + "|".join(ACCENTS) + r")\s*)\{(\s*\\?[A-Za-z]+)(_(?:\w|\{[^{}]*\}))\s?\}"
)
r"""`\hat{y_i}` is entry i of ŷ; places in the text stay."""
ROW = re.compile(r"(?P<index>_\{[^{},:]+),\s*:\s*\}")
"""`X_{i,:}` is row i, lying as it does; `X_i` is a column, as any vector."""
SIZED_BAR = re.compile(r"\\left\|(?=\|)")


def _with_single_bars(text: str) -> str:
    r"""`\left||a| - b\right|` opens with one bar, and another one; places in the text stay."""
    if "\\right||" in text:
        return text
    return SIZED_BAR.sub(lambda found: "|".ljust(len(found.group())), text)


def _with_cases(text: str) -> str:
    """An array behind one large brace is `cases`; places in the text stay."""

    def put(found: re.Match[str]) -> str:
        opened = "\\begin{cases}".ljust(len(found["open"]))
        return opened + found["rows"] + "\\end{cases}".ljust(len(found["close"]))

    return BRACED_ARRAY.sub(put, text)


def _next(text: str, position: int, space: bool) -> tuple[list[Token], int]:
    character = text[position]
    if character == "\\":
        return _command(text, position, space)
    if match := NUMBER.match(text, position):
        number = match.group()
        # 2e in LaTeX is 2 times e, unless it is clearly a power of ten.
        token = check_number(Token("number", number, position, match.end(), space))
        return [token], match.end()
    if character in LOWERED:
        found = cut_script(text, position, "_", SUBSCRIPTS)
        return found, found[-1].end
    if character in RAISED:
        found = cut_script(text, position, "^", SUPERSCRIPTS)
        return found, found[-1].end
    if match := LETTERS.match(text, position):
        word = match.group()
        if word in ("mod", "and", "or", "not", "if"):
            kind = "sign" if word in ("and", "or", "not") else "name"
            return [Token(kind, word, position, match.end(), space)], match.end()
        return [Token("name", word, position, match.end(), space)], match.end()
    for sign in ("<=", ">=", "!=", "==", "||", "**", ":="):
        if text.startswith(sign, position):
            return [Token("sign", sign, position, position + 2, space)], position + 2
    if character in "+-*/^()[]{},;=<>|!_@:.'&":
        return [Token("sign", character, position, position + 1, space)], position + 1
    if character in SAME_AS:
        return [Token("sign", SAME_AS[character], position, position + 1, space)], position + 1
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise Unreadable_(f"'{shown}' has no meaning here.", position)


def _command(text: str, position: int, space: bool) -> tuple[list[Token], int]:
    match = COMMAND.match(text, position)
    if match is None:
        raise Unreadable_("A lone '\\' has no meaning.", position)
    command, end = match.group(1), match.end()

    def sign(shown: str) -> tuple[list[Token], int]:
        return [Token("sign", shown, position, end, space)], end

    if command in DROPPED:
        # `\left.` and `\right.` are brackets that are not there.
        if command in ("left", "right") and text[end : end + 1] == ".":
            end += 1
        return [], end
    if command in SIGN_COMMANDS:
        return sign(SIGN_COMMANDS[command])
    if command == "\\":
        # `\\[2pt]` leaves more space below the row.
        if spacing := re.match(r"\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm)\s*\]", text[end:]):
            end += spacing.end()
        return [Token("command", "\\\\", position, end, space)], end
    if command in GREEK or command.removeprefix("var") in GREEK:
        word = command if command in GREEK else command.removeprefix("var")
        return [Token("name", word, position, end, space)], end
    if command in FONTS:
        return _font(text, end, position, space)
    if command in TEXTS:
        return _text(text, end, position, space)
    if command in ACCENTS:
        start = end
        inner, end = _argument(text, end)
        word = _bare_word(inner)
        if word is None and ACCENTS[command] == "bar":
            # A line over more than one name averages what is below.
            return [Token("name", "mean", position, start, space)], start
        if word is None:
            raise Unreadable_(f"'\\{command}' stands over one name.", position)
        return [Token("name", word + ACCENTS[command], position, end, space)], end
    if command in SKIPPED_ARGUMENT:
        return [], _argument(text, end)[1]
    if command == "mathbb" or command in ("mathds", "mathbbm"):
        inner, end = _argument(text, end)
        if inner.strip() == "1":
            return _one(text, end, position, space), end
        word = inner.strip()
        if not re.fullmatch(r"[^\W\d]+", word):
            raise Unreadable_(f"'\\{command}' stands around one letter.", position)
        return [Token("name", "ℝ" if word == "R" else word, position, end, space)], end
    if command in ("mathbf1", "1", "bbone", "ind"):
        return [Token("name", "1{", position, end, space)], end
    if command in STRUCTURES:
        if command in ("max", "min"):
            return [Token("name", command, position, end, space)], end
        if command == "infty":
            return [Token("name", "oo", position, end, space)], end
        if command == "bmod":
            return [Token("name", "mod", position, end, space)], end
        return [Token("command", command, position, end, space)], end
    if command == "expm" and text[end : end + 1] == "1":
        return [Token("name", "expm1", position, end + 1, space)], end + 1
    if command in NOT_READ:
        raise Unreadable_(NOT_READ[command], position)
    if command in FUNCTIONS or command == "Pr":
        return [Token("name", command, position, end, space)], end
    raise Unreadable_(f"'\\{command}' is not known here.", position)


def _argument(text: str, position: int) -> tuple[str, int]:
    """The text of a `{...}` group, or of one token; and where it ends."""
    while position < len(text) and text[position].isspace():
        position += 1
    if text[position : position + 1] != "{":
        if command := COMMAND.match(text, position):
            return command.group(), command.end()
        return text[position : position + 1], position + 1
    level = 0
    for end in range(position, len(text)):
        level += {"{": 1, "}": -1}.get(text[end], 0)
        if level == 0:
            return text[position + 1 : end], end + 1
    raise Unreadable_("This '{' is never closed.", position)


def _bare_word(inner: str) -> str | None:
    """`x`, `\\mathbf{x}`, `\\theta` as one word."""
    inner = inner.strip()
    for _ in range(3):
        if match := re.fullmatch(r"\\(?:" + "|".join(FONTS) + r")\s*\{?([^{}]*)\}?", inner):
            inner = match.group(1).strip()
    if re.fullmatch(r"[^\W_]+", inner):
        return inner
    if re.fullmatch(r"\\[a-zA-Z]+", inner) and inner[1:].removeprefix("var") in GREEK:
        word = inner[1:]
        return word if word in GREEK else word.removeprefix("var")
    return None


def _font(text: str, end: int, position: int, space: bool) -> tuple[list[Token], int]:
    start = end
    inner, end = _argument(text, end)
    word = _bare_word(inner)
    if word == "1":
        return _one(text, end, position, space), end
    if word is not None and not word[0].isdecimal():
        return [Token("name", word, position, end, space)], end
    # More than one name: read what is inside, as a group.
    del inner
    while start < len(text) and text[start].isspace():
        start += 1
    return [], start


OPENED = re.compile(r"\s*(?:\\(?:left|big[lg]*|Big[lg]*))?\s*(?:[\[(]|\\\{|\{)")
RELATED = re.compile(
    r"[<>=≤≥≠∈]|\\(?:leq?|geq?|lt|gt|neq?|in|leqslant|geqslant|equiv|approx)(?![a-zA-Z])"
)


def _one(text: str, end: int, position: int, space: bool) -> list[Token]:
    r"""`\mathbf{1}` before a condition is its indicator; elsewhere it is a column of ones."""
    is_below = re.match(r"\s*_", text[end:]) is not None
    if is_below:
        inner, _ = _argument(text, end + text[end:].index("_") + 1)
        is_indicator = RELATED.search(inner) is not None
    else:
        opened = OPENED.match(text[end:])
        is_indicator = opened is not None
        if opened is not None and opened.group().endswith("("):
            # 𝟏(𝟏ᵀx) is a product, 𝟏(x > 0) an indicator.
            inside = text[end + opened.end() : _closing(text, end + opened.end())]
            is_indicator = RELATED.search(inside) is not None
    return [Token("name", "1{" if is_indicator else ONES, position, end, space)]


def _closing(text: str, position: int) -> int:
    """Where the round bracket that was opened before here is closed."""
    level = 1
    for place in range(position, len(text)):
        level += {"(": 1, ")": -1}.get(text[place], 0)
        if level == 0:
            return place
    return len(text)


def _text(text: str, end: int, position: int, space: bool) -> tuple[list[Token], int]:
    inner, end = _argument(text, end)
    words = inner.replace("~", " ").strip(" ,.;:")
    if not words:
        return [], end
    tokens = []
    for word in words.split():
        bare = word.strip(",.;:")
        if bare.lower() in WORDS:
            kind = "sign" if WORDS[bare.lower()] in ("and", "or") else "name"
            tokens.append(Token(kind, WORDS[bare.lower()], position, end, space))
        elif bare.isalnum() or bare.replace("_", "").isalnum():
            tokens.append(Token("name", bare, position, end, space))
        else:
            raise Unreadable_(f"The words '{inner[:40]}' cannot be read as maths.", position)
    return tokens, end
