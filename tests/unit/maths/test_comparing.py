"""Comparing: three verdicts, witnesses, one scalar test behind every container."""

from __future__ import annotations

import mmap

import pytest
from declared_symbols import declare, formula
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.maths import Agreement, compare
from grader.maths.explaining import draw_tree
from grader.maths.symbolic import MEMORY_BYTES, is_zero_by_sympy

X = declare(x="real", y="positive", n="positive integer", p="probability")

SCALARS = st.sampled_from(
    ["x", "x + y", "2*x", "x*y", "x^2 - 1", "(x-1)*(x+1)", "|x|", "sqrt(x^2)", "relu(x)",
     "max(x, 0)", "exp(x)", "1/(1+exp(-x))", "sigmoid(x)", "x - y", "y + x", "0", "log(y)"]
)  # fmt: skip


def verdict(student: str, reference: str, **more: object) -> Agreement:
    found = compare(formula(student, X), formula(reference, X), X, seed=2, **more)  # type: ignore[arg-type]
    return found.agreement


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(SCALARS, SCALARS), min_size=2, max_size=4))
def test_containers_agree_with_their_elements(pairs: list[tuple[str, str]]) -> None:
    elements = [verdict(student, reference) for student, reference in pairs]
    left = ", ".join(student for student, _ in pairs)
    right = ", ".join(reference for _, reference in pairs)

    for opening, closing in (("[", "]"), ("(", ")")):
        whole = verdict(f"{opening}{left}{closing}", f"{opening}{right}{closing}")
        is_equal = all(one is Agreement.EQUAL for one in elements)
        assert (whole is Agreement.EQUAL) == is_equal


@settings(max_examples=60, deadline=None)
@given(SCALARS, SCALARS)
def test_comparing_is_symmetric(student: str, reference: str) -> None:
    assert verdict(student, reference) is verdict(reference, student)


@pytest.mark.parametrize(
    ("student", "reference", "method"),
    [
        ("x*y", "x*y", "the same expression"),
        ("(x+1)^2", "x^2 + 2x + 1", "exactly, modulo a prime"),
        ("σ(x)", "1/(1+e^(-x))", "random points"),
        ("log(-y)", "log(y) + log(-1)", "complex points"),
        ("exp(exp(exp(y+9)))", "exp(exp(exp(9)*exp(y)))", "SymPy"),
    ],
)
def test_method_is_said(student: str, reference: str, method: str) -> None:
    found = compare(formula(student, X), formula(reference, X), X, seed=2)

    assert (found.agreement, found.method) == (Agreement.EQUAL, method)


def test_sympy_is_asked_however_large_the_asking_process_is() -> None:
    with mmap.mmap(-1, MEMORY_BYTES):
        assert verdict("exp(exp(exp(y+9)))", "exp(exp(exp(9)*exp(y)))") is Agreement.EQUAL


@pytest.mark.parametrize(
    ("student", "reference"),
    [
        ("2^(-99)", "2^(-98)"),
        ("1/factorial(400)", "1/factorial(401)"),
        ("1 + exp(-100)", "1"),
        ("log(4) + 10^(-60)", "log(4)"),
        ("x + 10^(-30)", "x"),
        ("0.333333333333333*x", "x/3"),
        ("(x - y)^5999", "(x - y)^6000"),
        ("sign(x)*x + floor(|x|/100)", "|x|"),
        ("1{x >= 0}", "1{x > 0}"),
        ("3*x - y + 13", "3*x + 4*y + 14"),
        ("min(x, 100)", "x"),
    ],
)
def test_small_far_and_boundary_differences_are_seen(student: str, reference: str) -> None:
    assert verdict(student, reference) is Agreement.DIFFERENT


@pytest.mark.parametrize(
    ("student", "reference"),
    [
        ("1 + tanh(x)", "2σ(2x)"),
        ("log(1 + exp(x))", "relu(x) + log(1 + exp(-|x|))"),
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "tanh(x)"),
        ("sqrt(x^2 + 1) - x", "1/(sqrt(x^2 + 1) + x)"),
        ("(1 - cos(x))/1", "2 sin(x/2)^2"),
        ("exp(x)*(1 + tanh(-x))", "2 exp(x) σ(-2x)"),
    ],
)
def test_cancellation_is_no_difference(student: str, reference: str) -> None:
    assert verdict(student, reference) is Agreement.EQUAL


def test_witness_is_the_smallest_integer_point() -> None:
    symbols = declare(H="positive integer", S="positive integer")
    found = compare(formula("H/S", symbols), formula("floor(H/S)", symbols), symbols, seed=1)

    assert found.witness is not None
    assert dict(found.witness.values) == {"H": "1", "S": "2"}
    assert (found.witness.student, found.witness.reference) == ("1/2", "0")


def test_reading_out_of_range_is_said() -> None:
    symbols = declare(x={"shape": [3]}, i={"domain": "integer", "low": 0, "high": 2})
    found = compare(formula("x[i + 1]", symbols), formula("x[i]", symbols), symbols, seed=1)

    assert found.agreement is Agreement.DIFFERENT


def test_transposed_shape_is_said() -> None:
    symbols = declare(a={"shape": ["m"]}, b={"shape": ["n"]})
    found = compare(formula("b a^T", symbols), formula("a b^T", symbols), symbols, seed=1)

    assert found.agreement is Agreement.DIFFERENT
    assert "transposed" in found.note


def test_ordered_symbols_are_drawn_in_order() -> None:
    symbols = declare(T="positive integer", N={"domain": "positive integer", "above": "T"})
    assert compare(formula("max(N, T)", symbols), formula("N", symbols), symbols, seed=1).is_equal


def test_sympy_that_does_not_end_is_killed() -> None:
    tree = formula("(x - y)^60*(x + y)^60*sin(x)^60", X).tree
    other = formula("(y - x)^59*(x + y)^60*sin(x)^60", X).tree

    assert is_zero_by_sympy(tree, other, X, limit_s=0.05) is False


@pytest.mark.parametrize(
    ("student", "reference", "agreement"),
    [
        ("x = 2y", "2y - x = 0", Agreement.EQUAL),
        ("3x - 6y = 0", "x = 2y", Agreement.EQUAL),
        ("x = y", "x = 2y", Agreement.DIFFERENT),
        ("1 = 1", "x = 2y", Agreement.DIFFERENT),
        ("x = 3", "x = 2", Agreement.DIFFERENT),
        ("0 < x < 1", "x > 0 and x < 1", Agreement.EQUAL),
        ("0 <= x < 1", "0 < x < 1", Agreement.DIFFERENT),
        ("x >= 5", "x > 5", Agreement.DIFFERENT),
    ],
)
def test_statements_are_compared_by_truth(
    student: str, reference: str, agreement: Agreement
) -> None:
    assert verdict(student, reference) is agreement


def test_tree_is_drawn_a_node_a_line() -> None:
    drawn = list(draw_tree(formula("2*x - y", X).tree))

    assert drawn == ["add", "  mul", "    number 2", "    name x", "  neg", "    name y"]


def test_complex_symbols_are_settled_only_where_that_is_exact() -> None:
    symbols = declare(z="complex")

    def judge(student: str) -> Agreement:
        reference = formula("z^2 - 1", symbols)
        return compare(formula(student, symbols), reference, symbols, seed=1).agreement

    assert judge("(z - 1)(z + 1)") is Agreement.EQUAL
    assert judge("(z - 1)^2") is Agreement.DIFFERENT
    assert judge("conj(z)^2 - 1") is Agreement.UNDECIDED


@pytest.mark.parametrize(
    ("student", "reference", "agreement"),
    [
        ("[0, 1) ∪ (2, 3]", "(2, 3] ∪ [0, 1)", Agreement.EQUAL),
        (r"[0,1)\cup(2,3]", "[0, 1) ∪ (2, 3]", Agreement.EQUAL),
        (r"\left[0, 1\right) \cup \left(2, 3\right]", "[0, 1) ∪ (2, 3]", Agreement.EQUAL),
        ("[0, 1] ∪ (2, 3]", "[0, 1) ∪ (2, 3]", Agreement.DIFFERENT),
        ("[0, 3]", "[0, 1) ∪ (2, 3]", Agreement.DIFFERENT),
        ("[0, 2] ∪ (1, 3]", "[0, 3]  ∪ [1, 2]", Agreement.EQUAL),
        ("(-∞, y) ∪ (y, ∞)", r"(-\infty, y) \cup (y, \infty)", Agreement.EQUAL),
        ("(-∞, y] ∪ (y, ∞)", "(-∞, y) ∪ (y, ∞)", Agreement.DIFFERENT),
        ("[y, y + 1)", "[y, 1 + y)", Agreement.EQUAL),
        ("[y, y + 1]", "[y, 1 + y)", Agreement.DIFFERENT),
        ("(y, y + 1)", "[y, 1 + y)", Agreement.DIFFERENT),
        ("[0, 1] ∪ {2}", "{2} ∪ [0, 1]", Agreement.EQUAL),
        ("[0, 1)", "[0, 1.000001)", Agreement.DIFFERENT),
        ("y", "[y, y + 1)", Agreement.DIFFERENT),
    ],
)
def test_unions_of_intervals_are_compared_by_their_members(
    student: str, reference: str, agreement: Agreement
) -> None:
    assert verdict(student, reference) is agreement


@settings(max_examples=40, deadline=None)
@given(SCALARS, SCALARS)
def test_interval_agrees_with_its_ends(low: str, other: str) -> None:
    ends = verdict(low, other)
    interval = verdict(f"[{low}, {low} + 1)", f"[{other}, {other} + 1)")

    assert {ends, interval} != {Agreement.EQUAL, Agreement.DIFFERENT}


ARRAYS = declare(
    A={"shape": ["n", "n"]}, x={"shape": ["n"]}, s="real", t="positive",
    k={"domain": "integer", "low": 1, "high": 6},
)  # fmt: skip


@pytest.mark.parametrize(
    "student",
    [
        r"\sqrt{\sigma(\pm s x^\top)}",
        r"(|\pm s| \sum_{j=1}^{k} A)^\top",
        r"\mathbf 1^\top \odot x_1 \odot \|\pm s\| \cdot A = 1",
        r"\mathrm{vec}(x + 0) = \|\max(\{s, t\})\|",
        r"\|\mathbf 1\| \mathrm{softmax}(\mathbf 1 x^\top)",
    ],
)
@pytest.mark.parametrize("right", ["norm(x)", "A @ x", "s > 0 and s < t", "[0, t)", "{s, t}"])
def test_formulas_that_make_no_sense_are_judged_and_raise_nothing(student: str, right: str) -> None:
    found = compare(formula(student, ARRAYS), formula(right, ARRAYS), ARRAYS, seed=2)

    assert found.agreement is not Agreement.EQUAL


@pytest.mark.parametrize(
    ("student", "right", "agreement"),
    [
        (r"\mathbf 1^\top A / n", "mean(A, 0)", "equal"),
        (r"\mathbf 1^\top A", "A.T @ ones(n)", "different"),
        ("A 1", "A @ ones(n)", "equal"),
        (r"\sum_i (Ax)_i", "sum(A @ x)", "equal"),
        (r"\sum_i (A^\top x)_i", "sum(A @ x)", "different"),
        ("sum(A * A)", "norm(A)**2", "equal"),
        (r"\mathrm{tr}(AA)", "norm(A)**2", "different"),
        (r"(\mathbf 1 x^\top) A", "outer(ones(n), A.T @ x)", "equal"),
        (r"(x \mathbf 1^\top) A", "outer(ones(n), A.T @ x)", "different"),
    ],
)
def test_readings_of_arrays_accept_what_is_meant_and_no_more(
    student: str, right: str, agreement: str
) -> None:
    found = compare(formula(student, ARRAYS), formula(right, ARRAYS), ARRAYS, seed=2)

    assert str(found.agreement) == agreement


@pytest.mark.parametrize(
    ("student", "right", "agreement"),
    [
        (r"s \in [0, t)", "[0, t)", "equal"),
        (r"s \in [0, t]", "[0, t)", "different"),
        (r"0 \le s < t", "[0, t)", "equal"),
        ("(-∞, 0) ∪ (0, ∞)", "s != 0", "equal"),
        (r"\mathbb{R} \setminus \{0\}", "s != 0", "equal"),
        (r"\mathbb{R} \setminus [0, 1]", "s != 0", "different"),
        ("exp(s) = t", "s = log(t)", "equal"),
        ("exp(-s) = t", "s = log(t)", "different"),
    ],
)
def test_sets_and_statements_are_compared_by_their_members(
    student: str, right: str, agreement: str
) -> None:
    found = compare(formula(student, ARRAYS), formula(right, ARRAYS), ARRAYS, seed=2)

    assert str(found.agreement) == agreement
