"""Every triple of tests/maths_cases gets its verdict."""

from __future__ import annotations

from typing import Any

import pytest
from declared_symbols import declare, formula, load_cases

from grader.maths import Unreadable, compare, show
from grader.maths.answers import read_beside
from grader.spec.models import Tolerance

FILES = ("formulas.yaml", "held_out_formulas.yaml", "unseen_formulas.yaml", "code_formulas.yaml")
CASES = [case for file in FILES for case in load_cases(file)]
TRIPLES = [
    pytest.param(case, answer, verdict, id=f"{case['topic']}-{verdict}-{number}")
    for case in CASES
    for verdict in ("equal", "different", "undecided", "refused")
    for number, answer in enumerate(case.get(verdict, ()))
]


def judge(case: dict[str, Any], answer: str, seed: int) -> str:
    symbols = declare(**case["symbols"])
    reference = formula(str(case["reference"]), symbols)
    written = read_beside(str(answer), symbols, reference.tree)
    if isinstance(written, Unreadable):
        return "refused"
    found = compare(
        written.formula,
        reference,
        symbols,
        seed=seed,
        boundary=case.get("boundary", "strict"),
        up_to=case.get("up_to", "nothing"),
        rounding=Tolerance(**case["rounding"]) if "rounding" in case else None,
    )
    return str(found.agreement)


@pytest.mark.parametrize(("case", "answer", "verdict"), TRIPLES)
def test_triple_gets_its_verdict(case: dict[str, Any], answer: str, verdict: str) -> None:
    assert judge(case, answer, seed=5) == verdict


def test_half_of_the_triples_that_are_no_code_are_latex() -> None:
    code = {case["topic"] for case in load_cases("code_formulas.yaml")}
    written = [param for param in TRIPLES if param.values[0]["topic"] not in code]
    latex = [param for param in written if "\\" in str(param.values[1])]
    assert len(written) >= 800
    assert len(latex) >= len(written) * 0.5


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["topic"])
def test_reference_is_shown_so_that_it_reads_back(case: dict[str, Any]) -> None:
    symbols = declare(**case["symbols"])
    reference = formula(str(case["reference"]), symbols)
    again = formula(show(reference), symbols)
    assert compare(again, reference, symbols, seed=1).is_equal
