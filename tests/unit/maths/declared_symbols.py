"""Reading symbols as a spec declares them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from grader.maths import Formula, read
from grader.spec.models import Symbol
from grader.spec.parts import BigOPart

CASES = Path(__file__).parents[2] / "maths_cases"


def declare(**symbols: Any) -> Mapping[str, Symbol]:
    """`declare(x="real", W={"shape": [2, 3]})`."""
    part = BigOPart.model_validate({"kind": "bigO", "symbols": symbols})
    return part.symbols


def formula(text: str, symbols: Mapping[str, Symbol]) -> Formula:
    found = read(text, symbols)
    assert isinstance(found, Formula), found
    return found


def load_cases(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))
