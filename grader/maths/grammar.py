"""The grammar all notations share: tokens to a tree, by recursive descent over declared names."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from grader.maths import bounds
from grader.maths.grammar_code import SHORTHANDS, is_array, raise_entries
from grader.maths.shapes import infer_shape
from grader.maths.token_stream import TokenStream
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import ONES, Node, as_interval
from grader.maths.vocabulary import ARITY
from grader.maths.whole_trees import with_both_signs, with_braces_as_brackets

RELATIONS = {"=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=",
             "≈": "≈", "∝": "∝", "∈": "∈", ":=": "="}  # fmt: skip
STARTS_OPERAND = {"(", "[", "{", "⦃", "|", "||", "⌊", "⌈", "⟨", "√", "Σ", "Π", "∂"}
CLOSERS = {")", "]", "}", "⦄", "⌋", "⌉", "⟩"}


class Parser(TokenStream):
    """The grammar itself, on top of the stream."""

    # From the whole text down to one operand.

    def parse_all(self) -> Node:
        if self.token.kind == "end":
            raise Unreadable_("There is no answer here.", 0)
        tree = self.parse_list()
        if self.token.kind != "end":
            raise self.unexpected()
        return with_both_signs(with_braces_as_brackets(tree))

    def parse_list(self) -> Node:
        """Expressions with commas between them are a tuple."""
        start = self.token.start
        items = [self.parse_expression()]
        while self.accept(",", ";"):
            items.append(self.parse_expression())
        return items[0] if len(items) == 1 else self.node("tuple", tuple(items), None, start)

    def parse_expression(self) -> Node:
        """Python's conditional, below it logic, relations and sums."""
        self.deeper()
        outer, self.big_variable = self.big_variable, ""
        start = self.token.start
        left = self.parse_or()
        if self.token.kind == "name" and self.token.text == "if":
            self.advance()
            condition = self.parse_or()
            args = [left, condition]
            if self.token.kind == "name" and self.token.text in ("else", "otherwise"):
                self.advance()
                args.append(self.parse_expression())
            left = self.node("piecewise", tuple(args), None, start)
        self.depth -= 1
        self.big_variable = outer
        return left

    def parse_or(self) -> Node:
        start = self.token.start
        args = [self.parse_and()]
        is_union = self.at("∪")
        while self.accept("or", "∪"):
            args.append(self.parse_and())
        if is_union and not any(one.op in ("compare", "and", "not") for one in args):
            return self.node("union", tuple(map(as_interval, args)), None, start)
        left = args[0] if len(args) == 1 else self.node("or", tuple(args), None, start)
        while self.accept("∖"):
            left = self._without(left, self.parse_and(), start)
        return left

    def _without(self, left: Node, right: Node, start: int) -> Node:
        return self.node("difference", (as_interval(left), as_interval(right)), None, start)

    def parse_set(self) -> Node:
        """What stands behind ∈: unions belong to it, `x ∈ [0, 1] ∪ [2, 3]`."""
        start = self.token.start
        left = self.parse_sum()
        while self.at("∪", "∖"):
            is_union = self.advance().text == "∪"
            right = self.parse_sum()
            if is_union:
                parts = (as_interval(left), as_interval(right))
                left = self.node("union", parts, None, start)
            else:
                left = self._without(left, right, start)
        return as_interval(left)

    def parse_and(self) -> Node:
        start = self.token.start
        args = [self.parse_not()]
        # In LaTeX & separates columns.
        signs = ("and", "∩") if self.latex else ("and", "&", "&&", "∩")
        while self.accept(*signs):
            args.append(self.parse_not())
        return args[0] if len(args) == 1 else self.node("and", tuple(args), None, start)

    def parse_not(self) -> Node:
        if negation := self.accept("not"):
            self.deeper()
            inner = self.parse_not()
            self.depth -= 1
            return self.node("not", (inner,), None, negation.start)
        return self.parse_relation()

    def parse_relation(self) -> Node:
        start = self.token.start
        sides = [self.parse_sum()]
        links: list[str] = []
        while self.token.kind == "sign" and self.token.text in RELATIONS:
            links.append(RELATIONS[self.advance().text])
            sides.append(self.parse_set() if links[-1] == "∈" else self.parse_sum())
        if not links:
            return sides[0]
        pairs = tuple(
            Node("compare", (left, right), link, left.start, right.end)
            for left, right, link in zip(sides, sides[1:], links, strict=False)
        )
        return pairs[0] if len(pairs) == 1 else self.node("and", pairs, None, start)

    def parse_sum(self) -> Node:
        start = self.token.start
        terms = [self.parse_term()]
        while self.at("+", "-", "±"):
            sign = self.advance()
            term = self.parse_term()
            op = {"-": "neg", "±": "plusminus"}.get(sign.text)
            terms.append(Node(op, (term,), None, sign.start, term.end) if op else term)
        return terms[0] if len(terms) == 1 else self.node("add", tuple(terms), None, start)

    def parse_term(self) -> Node:
        """Products and quotients from left to right; juxtaposition is a product."""
        start = self.token.start
        left = self.parse_unary()
        while True:
            if self.at("*", "·"):
                is_dot = self.advance().text == "·"
                right = self.parse_unary()
                if self.is_code and not is_dot and is_array(self, left) and is_array(self, right):
                    left = self.node("hadamard", (left, right), None, start)
                elif is_dot and self.is_column(left) and self.is_vector(right):
                    left = self.node("call", (left, right), "dot", start)
                else:
                    left = self._times(left, right, start)
            elif self.at("/"):
                if self.ends_big_body():
                    return left
                self.advance()
                left = self.node("div", (left, self.parse_denominator()), None, start)
            elif self.at("⊗"):
                place = self.advance().start
                right = self.parse_unary()
                if not (self.is_vector(left) and self.is_vector(right)):
                    raise Unreadable_("'⊗' is read between two vectors only.", place)
                left = self.node("call", (left, right), "outer", start)
            elif self.at("//", "%", "⊙", ".*", "@"):
                sign = self.advance().text
                op = {"//": "floordiv", "%": "mod", "@": "matmul"}.get(sign, "hadamard")
                left = self.node(op, (left, self.parse_unary()), None, start)
            elif self.token.kind == "name" and self.token.text == "mod":
                self.advance()
                left = self.node("mod", (left, self.parse_unary()), None, start)
            elif self.token.kind == "number" and self._ends_with_number(left):
                left = self._join_thousands(left)
            elif self.starts_operand():
                left = self._times(left, self.parse_power(), start)
            else:
                return left

    def _ends_with_number(self, left: Node) -> bool:
        """Whether the token before is a whole number by itself, and no exponent or subscript."""
        last = left.args[-1] if left.op == "mul" else left
        before = self.tokens[self.position - 1]
        return last.op == "number" and before.kind == "number" and last.start == before.start

    def _join_thousands(self, left: Node) -> Node:
        """`10 000` is one number; other numbers side by side mean nothing."""
        before, token = self.tokens[self.position - 1], self.token
        is_group = re.fullmatch(r"\d{3}", token.text) and re.fullmatch(r"[1-9]\d*", before.text)
        if not is_group or left.op != "number":
            raise Unreadable_(
                "Two numbers stand side by side.", token.start, "Write a sign between them."
            )
        self.advance()
        self.tokens[self.position - 1] = replace(
            token, text=before.text + token.text, start=before.start
        )
        return self.node("number", (), Fraction(before.text + token.text), left.start)

    def _times(self, left: Node, right: Node, start: int) -> Node:
        if self.is_vector(left) and self.is_vector(right):
            # Two columns are multiplied entry by entry; `·` between them would be a number.
            return self.node("hadamard", (left, right), None, start)
        factors = left.args if left.op == "mul" and left.start == start else (left,)
        return self.node("mul", (*factors, right), None, start)

    def parse_denominator(self) -> Node:
        """`a/bc`: one factor, or the product, by the reading asked for."""
        start = self.token.start
        if self.at("-", "+"):
            return self.parse_unary()
        factors = [self.parse_power()]
        is_plain = self.tokens[self.position - 1].text not in CLOSERS or factors[0].op != "add"
        if self.starts_operand() and is_plain:
            self.was_ambiguous = True
            while self.wide_denominators and self.starts_operand():
                factors.append(self.parse_power())
        return factors[0] if len(factors) == 1 else self.node("mul", tuple(factors), None, start)

    def starts_operand(self) -> bool:
        token = self.token
        if token.kind == "number":
            return True
        if token.kind == "name":
            return token.text not in ("if", "else", "otherwise", "for", "mod", "where_")
        if token.kind == "command":
            return token.text not in ("\\\\", "end", "cr", "over", "choose")
        if token.text in ("|", "||"):
            return token.text not in self.bars and not (token.text == "||" and "|" in self.bars)
        return token.text in STARTS_OPERAND

    def parse_unary(self) -> Node:
        if both := self.accept("±"):
            inner = self.parse_power()
            return Node("plusminus", (inner,), None, both.start, inner.end)
        signs: list[Token] = []
        while self.at("+", "-"):
            signs.append(self.advance())
        inner = self.parse_power()
        minuses = [sign for sign in signs if sign.text == "-"]
        if len(minuses) % 2 == 0:
            return inner
        return Node("neg", (inner,), None, minuses[0].start, inner.end)

    def has_axes(self, tree: Node) -> bool:
        """Whether a value is an array, as far as the text alone tells."""
        if tree.op == "name":
            if tree.value in ("I", ONES) and tree.value not in self.symbols:
                return True
            symbol = self.symbols.get(str(tree.value))
            return symbol is not None and bool(symbol.shape)
        if tree.op in ("list", "vector"):
            return True
        if tree.op in ("index", "apply", "number") or (tree.op == "compare" and not self.is_code):
            return False
        if tree.op == "call" and tree.value in ("softmax", "vec", "diag", "eye", "concat"):
            return True
        if tree.op == "call" and tree.value in ("ones", "zeros") and self.is_code:
            return True
        if tree.op == "call" and tree.value in ("norm", "dot", "trace", "det", "size"):
            return False
        if tree.op == "call" and tree.value in ("total", "mean") and len(tree.args) == 1:
            return False
        return any(self.has_axes(arg) for arg in tree.args)

    def is_vector(self, tree: Node) -> bool:
        """Whether a value has one axis, as far as the text alone tells."""
        if tree.op == "name":
            symbol = self.symbols.get(str(tree.value))
            return symbol is not None and len(symbol.shape) == 1
        if tree.op in ("add", "neg"):
            return all(self.is_vector(arg) for arg in tree.args)
        return False

    # Operands.

    def is_column(self, tree: Node) -> bool:
        """The same, or such an array times numbers: `2x` in `2x·y`."""
        is_scaled = tree.op in ("mul", "div") and any(map(self.is_vector, tree.args))
        return self.is_vector(tree) or (
            is_scaled and len(infer_shape(tree, self.symbols) or ()) == 1
        )

    def parse_arguments(self) -> list[Node]:
        arguments = [self.parse_expression()]
        while self.accept(",", ";"):
            if self.token.text in CLOSERS:
                break
            arguments.append(self.parse_expression())
        return arguments

    def parse_group(self) -> Node:
        """`{...}` after ^ or a command."""
        opened = self.expect("{")
        saved, self.bars = self.bars, []
        inner = self.parse_list()
        if self.at("over", "choose"):
            from grader.maths.grammar_operands import parse_over

            inner = parse_over(self, inner)
        self.expect("}", opened)
        self.bars = saved
        return inner

    # Names, calls and subscripts; each has a module of its own.

    def parse_power(self) -> Node:
        from grader.maths.grammar_powers import parse_power

        return parse_power(self)

    def parse_exponent_token(self) -> Node:
        from grader.maths.grammar_powers import parse_exponent_token

        return parse_exponent_token(self)

    def parse_postfix(self) -> Node:
        from grader.maths.grammar_suffixes import parse_postfix

        return parse_postfix(self)

    def parse_suffixes(self, node: Node, start: int) -> Node:
        from grader.maths.grammar_suffixes import parse_suffixes

        return parse_suffixes(self, node, start)

    def parse_operand(self) -> Node:
        from grader.maths.grammar_operands import parse_operand

        return parse_operand(self)

    def parse_subscripts(self) -> list[Node]:
        from grader.maths.grammar_operands import parse_subscripts

        return parse_subscripts(self)

    def parse_name(self) -> Node:
        from grader.maths.grammar_names import parse_name

        if len(self.token.text) > bounds.MAX_WORD:
            raise Unreadable_("This word is too long to be a name.", self.token.start)
        return parse_name(self)

    def parse_big(self, op: str, token: Token) -> Node:
        from grader.maths.grammar_sums import parse_big

        return parse_big(self, op, token)

    def parse_big_body(self, variable: str) -> Node:
        """What a sum runs over: a product, up to the next + or -.

        A divisor without the bound variable divides the whole: Π s_t / w is (Π s_t)/w.
        """
        outer, self.big_variable = self.big_variable, variable
        body = self.parse_term()
        self.big_variable = outer
        return body

    def ends_big_body(self) -> bool:
        """Whether the divisor that follows belongs to the sum or product as a whole."""
        if not self.big_variable:
            return False
        level = 0
        for token in self.tokens[self.position + 1 :]:
            level += (token.text in "([{") - (token.text in ")]}") if token.text else 0
            is_end = token.text in ("+", "-", "=", ",", "<", ">") or token.kind == "end"
            if level < 0 or (level == 0 and is_end):
                return True
            if token.text == self.big_variable or token.text.endswith("_" + self.big_variable):
                return False
        return True

    def finish_call(self, function: str, args: list[Node], token: Token, start: int) -> Node:
        least, most = ARITY.get(function, (1, 1))
        if not least <= len(args) <= most:
            wish = str(least) if least == most else f"{least} to {most}"
            raise Unreadable_(
                f"'{token.text}' takes {wish} argument{'s' if most != 1 else ''},"
                f" here it has {len(args)}.",
                token.start,
            )
        if function == "softmax" and len(args) > 1 and not any(map(self.has_axes, args)):
            # Of numbers that are written out.
            args = [self.node("list", tuple(args), None, start)]
        if function == "transposed":
            return self.node("transpose", tuple(args), None, start)
        direct = {"quotient": "div", "power": "pow", "mod": "mod", "matrix_product": "matmul",
                  "entrywise_product": "hadamard"}.get(function)  # fmt: skip
        if direct == "pow" and self.is_code:
            return raise_entries(self, args[0], args[1], start)
        if direct:
            return self.node(direct, tuple(args), None, start)
        if function in SHORTHANDS:
            return SHORTHANDS[function](*args)
        if function == "where":
            return self.node("piecewise", (args[1], args[0], args[2]), None, start)
        if function == "indicator":
            return self.node("call", tuple(args), "indicator", start)
        return self.node("call", tuple(args), function, start)
