"""Reads tables of broken files: `=== name`, the YAML, and a line `--- fault` for each fault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    name: str
    yaml: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def read_cases(file: str) -> list[Case]:
    cases = []
    for block in (HERE / file).read_text("utf-8").split("=== ")[1:]:
        name, _, rest = block.partition("\n")
        lines = rest.rstrip("\n").split("\n")
        yaml = [line for line in lines if not line.startswith("--- ")]
        faults = tuple(line[4:] for line in lines if line.startswith("--- "))
        cases.append(Case(name, "\n".join(yaml).rstrip("\n") + "\n", faults))
    return cases
