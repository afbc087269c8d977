"""Reading: the whole input or an error with its place, in milliseconds, whatever is typed."""

from __future__ import annotations

import pytest
from declared_symbols import declare, formula
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.maths import Formula, Number, Unreadable, read, read_number, show, show_mathml

X = declare(x="real", x1="real", w="real", λ="real", f={"domain": "function", "arguments": 1})

BOMBS = [
    "9**9**9**9", "x**9**9**9**9", "factorial(10**8)", "10**10**10*x", "(x+1)**10**9",
    "exp(exp(exp(exp(9))))", "(" * 200 + "x" + ")" * 200, "+".join(["x"] * 5000), "-" * 900 + "x",
    "1" * 4000, "9" * 61 + "*x", "sin(" * 60 + "x" + ")" * 60, "Sum(1/k**2, (k, 1, 10**7))",
    "x^" * 300 + "x", "|" * 301 + "x", "{" * 500, "\\frac{" * 400, "\\left(" * 300 + "x",
    "x_" * 500, "1e999999999",
    "sum(sum(sum(sum(a*b*c*d, a, 1, 99), b, 1, 99), c, 1, 99), d, 1, 99)",
    "gamma(10**9)", "binomial(10**9, 10**8)", "eye(10**6)", "x!!!!!!!!!!!!", "((x!)!)!",
    "\\sum_{k=1}^{10^{12}} k", "log(" * 40 + "2" + ")" * 40, "2^(2^(2^(2^(2^2))))",
]  # fmt: skip
ESCAPES = [
    '__import__("os").system("id")', "x.__class__", "().__class__.__mro__", "lambda: 0",
    "[1 for _ in x]", 'f"{x}"', "open('/etc/passwd')", "eval('1')", "x; import os", "x\x00y",
    "getattr(x, 'a')", "\\input{/etc/passwd}", "\\write18{id}", "\\def\\a{\\a\\a}\\a", "exec('1')",
    "@x", "x := 3; x", "`id`+", "${7*7}x$", "{{7*7}}.__class__", "a" * 7000,
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS + ESCAPES, ids=lambda text: text[:24])
def test_bomb_or_escape_is_an_answer_or_a_positioned_error(text: str) -> None:
    found = read(text, X)

    if isinstance(found, Unreadable):
        assert 1 <= found.column <= len(found.text) + 1
        assert "^" in found.show()
    else:
        assert show(found)


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:24])
def test_bomb_has_no_value_as_a_number(text: str) -> None:
    found = read_number(text)

    assert isinstance(found, Unreadable) or abs(found.value) < 10**6


@pytest.mark.parametrize(
    ("text", "column"),
    [("x + * 2", 5), ("(x + 2", 1), ("x + y", 5), ("2x)", 3), ("x +", 4), ("f(x, x)", 1),
     ("\\frac{x}{", 10), ("x # 2", 3), ("\\foo{x}", 1), ("x[3]", 1)],
)  # fmt: skip
def test_error_points_at_its_place(text: str, column: int) -> None:
    found = read(text, X)

    assert isinstance(found, Unreadable)
    assert found.column == column, found.show()


@pytest.mark.parametrize(("typed", "meant"), [("lamda", "λ"), ("X", "x"), ("exq(x)", "exp")])
def test_unknown_name_gets_a_suggestion(typed: str, meant: str) -> None:
    found = read(typed, X)

    assert isinstance(found, Unreadable)
    assert meant in found.show()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("2w x1", "2·w·x1"),
        ("wx1", "w·x1"),
        ("lambda x", "λ·x"),
        ("f'(x)", "f′(x)"),
        ("x^2", "x²"),
        ("\\frac{x}{w}", "x/w"),
        ("|x|", "|x|"),
        ("1{x>0}", "1{x > 0}"),
        ("x²w³", "x²·w³"),
        ("-x^2", "-x²"),
        ("(-x)^2", "(-x)²"),
        ("a", None),
    ],
)
def test_answer_is_read_back_as_understood(typed: str, shown: str | None) -> None:
    found = read(typed, X)

    assert (show(found) if isinstance(found, Formula) else None) == shown


def test_mathml_escapes_and_marks_up() -> None:
    markup = show_mathml(formula("x1 < w^2/(1 + x)", X))

    assert markup.startswith("<math")
    assert "&lt;" in markup
    assert "<mfrac>" in markup
    assert "<msup>" in markup


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.39", "1.39"), ("1/4", "0.25"), ("25%", "0.25"), ("-ln(1/4)", "1.386"), ("2^10", "1024"),
     ("≈ 1.39", "1.39"), ("1,024", "1024"), ("\\frac{1}{4}", "0.25"), ("ln 4 ≈ 1.386", "1.386"),
     ("1e-3", "0.001"), ("½", "0.5"), ("\\sqrt{2}", "1.4142"), ("2\\pi", "6.2832"),
     ("-3", "-3"), ("−3", "-3"), ("5!", "120"), ("10^{-2}", "0.01")],
)  # fmt: skip
def test_number_is_read(text: str, value: str) -> None:
    found = read_number(text)

    assert isinstance(found, Number), found
    assert abs(float(found.value) - float(value)) < 1e-3


@pytest.mark.parametrize("text", ["", "x", "1/0", "ln(-1)", "1, 2", "one", "1 2 3 4 x", "inf"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert isinstance(read_number(text), Unreadable)


ALPHABET = st.sampled_from(
    ["x", "w", "x1", "f", "λ", "(", ")", "{", "}", "[", "]", "|", "||", "+", "-", "*", "/", "^",
     "_", "=", "<", ">", ",", ";", "'", "!", "2", "0.5", " ", "\n", "\\frac", "\\sum", "\\left",
     "\\right", "\\begin{cases}", "\\end{cases}", "&", "\\\\", "sum", "exp", "log", "\\sigma",
     "\\mathbf", "\\text", "if", "else", "and", "for", "in", "range", "$", "1{", "Σ", "²", "₁",
     "\\sqrt", "\\|", "\\hat", "T", "⊤", ".T", "//", "%", "e", "d", "∂", "\\partial", "\\mathbb",
     "max", "1", "}{", "Piecewise", "⌊", "⌋", "\\{", "\\}", "norm", "I", ".", ":"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(ALPHABET, max_size=24).map("".join))
def test_any_mixture_of_tokens_is_a_tree_or_a_positioned_error(text: str) -> None:
    for notation in ("plain", "latex"):
        found = read(text, X, notation=notation)  # type: ignore[arg-type]
        if isinstance(found, Unreadable):
            assert 1 <= found.column <= len(found.text) + 1
        else:
            show(found)
            show_mathml(found)


@settings(max_examples=800, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_positioned_error(text: str) -> None:
    found = read(text, X)

    assert isinstance(found, Formula) or 1 <= found.column <= len(found.text) + 1
