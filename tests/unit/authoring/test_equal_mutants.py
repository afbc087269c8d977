"""Changes that leave a value as it is are told with the rule, and no others."""

from __future__ import annotations

import pytest

from grader.authoring.equal_mutants import SAME_OPERANDS, SAME_SQUARE, SAME_VALUES
from grader.authoring.source_mutants import mutate_source


def find_rules(body: str) -> dict[str, str]:
    source = f"def f(x, y):\n    return {body}\n"
    return {
        mutant.name.partition(": ")[2]: mutant.equality for mutant in mutate_source(source, "f")
    }


@pytest.mark.parametrize(
    ("body", "change", "rule"),
    [
        ("max(x, y)", "max(x, y) -> max(y, x)", SAME_OPERANDS),
        ("torch.minimum(x, y)", "torch.minimum(x, y) -> torch.minimum(y, x)", SAME_OPERANDS),
        ("torch.stack(x)", "torch.stack(x) -> x", SAME_VALUES),
        ("x.to(y)", "x.to(y) -> x", SAME_VALUES),
        ("int(x)", "int(x) -> x", SAME_VALUES),
        ("(x - y).square()", "x - y -> (y - x)", SAME_SQUARE),
        ("(x - y) ** 2", "x - y -> (y - x)", SAME_SQUARE),
        ("abs(x - y)", "x - y -> (y - x)", SAME_SQUARE),
    ],
)
def test_a_change_without_effect_has_its_rule(body: str, change: str, rule: str) -> None:
    assert find_rules(body)[change] == rule


@pytest.mark.parametrize(
    ("body", "change"),
    [
        ("max(x, y)", "max -> min"),
        ("torch.atan2(x, y)", "torch.atan2(x, y) -> torch.atan2(y, x)"),
        ("(x - y) ** 3", "x - y -> (y - x)"),
        ("(x - y).square()", "x - y -> (x + y)"),
        ("x - y", "x - y -> y - x"),
        ("2 ** (x - y)", "x - y -> (y - x)"),
        ("x.sum(y)", "x.sum(y) -> x"),
    ],
)
def test_a_change_that_may_matter_has_none(body: str, change: str) -> None:
    assert find_rules(body)[change] == ""
