"""Where a parser stands in its tokens, and what it knows of the question."""

from __future__ import annotations

from collections.abc import Mapping

from grader.maths import bounds
from grader.maths.names import Names
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node
from grader.maths.vocabulary import KNOWN, LINEAR_OPENERS
from grader.spec.models import Symbol

SIZE = Symbol(domain="positive integer")
"""What a name is that only stands in shapes."""


class TokenStream:
    """One reading of one text."""

    def __init__(
        self,
        tokens: list[Token],
        symbols: Mapping[str, Symbol],
        *,
        latex: bool = False,
        wide_denominators: bool = False,
        extent: str = "usual",
        extents: Mapping[int, str] | None = None,
        is_code: bool = False,
    ) -> None:
        self.tokens = tokens
        axes = {size for one in symbols.values() for size in one.shape if isinstance(size, str)}
        self.symbols = {**dict.fromkeys(axes, SIZE), **symbols}
        self.latex = latex
        self.is_code = is_code
        """Whether `*` between arrays goes entry by entry, as in NumPy."""
        self.wide_denominators = wide_denominators
        """Whether `a/bc` is a/(bc) rather than (a/b)c."""
        self.was_ambiguous = False
        self.extent = extent
        """How far an argument without brackets goes, of the functions not in `extents`."""
        self.extents = extents or {}
        """The same for single functions, by their place in the text."""
        self.open_extents: dict[int, list[str]] = {}
        """Other extents that were met, by the function's place."""
        self.names = Names(self.symbols)
        self.bound: list[str] = []
        self.lows: dict[str, Node | None] = {}
        """The stated first value of each bound index, where one is."""
        self.position = 0
        self.depth = 0
        self.bars: list[str] = []
        self.retries = 0
        self.big_variable = ""
        """The variable of the sum or product whose body is being read."""

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def at(self, *signs: str) -> bool:
        return self.token.kind in ("sign", "command") and self.token.text in signs

    def accept(self, *signs: str) -> Token | None:
        return self.advance() if self.at(*signs) else None

    def expect(self, sign: str, opened: Token | None = None) -> Token:
        if self.at(sign):
            return self.advance()
        if opened is not None and self.token.kind == "end":
            raise Unreadable_(f"This '{opened.text}' is never closed.", opened.start)
        raise self.unexpected(f"expected '{sign}'")

    def unexpected(self, wish: str = "") -> Unreadable_:
        token = self.token
        ending = f"; {wish}." if wish else "."
        if token.kind == "end":
            return Unreadable_(f"The answer stops too early{ending}", token.start)
        return Unreadable_(f"'{token.text}' cannot stand here{ending}", token.start)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > bounds.MAX_DEPTH:
            raise Unreadable_("This is nested too deeply to be read.", self.token.start)

    def node(self, op: str, args: tuple[Node, ...], value: object, start: int) -> Node:
        end = self.tokens[self.position - 1].end if self.position else start
        return Node(op, args, value, start, end)  # type: ignore[arg-type]

    def undeclared(self, token: Token, spelling: str | None = None) -> Unreadable_:
        shown = spelling or token.text
        return Unreadable_(
            f"'{shown}' is not declared in this question.",
            token.start,
            self.names.suggest(shown, KNOWN),
        )

    def open_argument(self) -> str | None:
        """The bracket that opens an argument list here, and its closer."""
        for opener, closer in LINEAR_OPENERS.items():
            if self.at(opener):
                return closer
        return None
