"""Every kernel problem: its tiers earn what they should, its wrong twins get their verdicts."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from grader.kinds.kernel import judge
from grader.kinds.protocol import HandedIn
from grader.spec.kernel_part import KernelPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[3]


def find_parts() -> list[tuple[str, KernelPart, str]]:
    """Part id, part and reference text of every kernel in the problems."""
    found = []
    for path in sorted((ROOT / "problems").glob("*/*.yaml")):
        text = path.read_text()
        if "kind: kernel" not in text:
            continue
        reference = (ROOT / "reference" / path.parent.name / f"{path.stem}.py").read_text()
        for part_id, part in yaml.safe_load(text)["parts"].items():
            if part["kind"] == "kernel":
                found.append((part_id, KernelPart.model_validate(part), reference))
    return found


PARTS = find_parts()
TIERS = [
    pytest.param(part_id, part, text, tier, id=tier.like)
    for part_id, part, text in PARTS
    for tier in part.efficient.tiers  # type: ignore[union-attr]
]
TWINS = [
    pytest.param(part_id, part, text, mistake, id=mistake.like)
    for part_id, part, text in PARTS
    for mistake in part.mistakes
]


def hand_in(part_id: str, part: KernelPart, reference: str, function: str) -> tuple[Outcome, ...]:
    """Judge a function of the reference as if a student had handed it in."""
    name = part.signature.split("(")[0]
    text = reference
    if function != name:
        text = re.sub(rf"\bdef {name}\b", "def replaced", text)
        text = re.sub(rf"\bdef {function}\b", f"def {name}", text)
    bench: Any = SimpleNamespace(seed=11, reference_source=reference)
    source = Source(name="answer.py", text=text, functions=(name,))
    return judge(part, part_id, HandedIn(source=source), bench)


def test_six_problems_ask_for_kernels() -> None:
    assert len(PARTS) >= 6
    assert len(TWINS) >= 35


@pytest.mark.parametrize(("part_id", "part", "text", "tier"), TIERS)
def test_a_tier_earns_its_share(part_id: str, part: KernelPart, text: str, tier: Any) -> None:
    outcomes = {outcome.check: outcome for outcome in hand_in(part_id, part, text, tier.like)}

    assert outcomes["correct"].verdict is Verdict.PASSED
    assert outcomes["safe"].verdict is Verdict.PASSED
    assert outcomes["efficient"].share == tier.share


@pytest.mark.parametrize(("part_id", "part", "text", "mistake"), TWINS)
def test_a_wrong_twin_gets_its_verdicts(
    part_id: str, part: KernelPart, text: str, mistake: Any
) -> None:
    outcomes = hand_in(part_id, part, text, mistake.like)

    for outcome in outcomes:
        assert outcome.verdict.value == mistake.verdicts.get(outcome.check, "passed"), outcome
        assert outcome.verdict is Verdict.PASSED or outcome.share != Fraction(1)
    assert mistake.say in [outcome.mistake for outcome in outcomes]
