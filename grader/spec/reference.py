"""The reference module beside a problem, read as text: where it is and what it defines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_DEFINITION = re.compile(
    r"^(?:def[ \t]+(\w+)|class[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]+)?=(?!=))", re.M
)
_IMPORT = re.compile(r"^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(\([^)]*\)|[^\n#]*)", re.M)


@dataclass(frozen=True, slots=True)
class Reference:
    """Source text, never executed here; empty where the file doesn't exist."""

    path: Path | None
    """Where it is, or where it would be; None where references aren't at hand."""
    text: str

    def defines(self, name: str) -> bool:
        """Whether the top level of the module names this, as far as its text shows."""
        return name in self.names()

    def names(self) -> list[str]:
        """Everything defined or imported at the top level."""
        found = ["".join(groups) for groups in _DEFINITION.findall(self.text)]
        for imported in _IMPORT.findall(self.text):
            found += re.findall(r"\w+(?=\s*(?:,|\)|$))", imported)
        return found


def locate_reference(problem: Path, reference_root: Path | None) -> Path | None:
    """The module at the same path as its problem; dashes are underscores in Python."""
    if reference_root is None:
        return None
    return reference_root / problem.parent.name / f"{python_name(problem.stem)}.py"


def python_name(part_id: str) -> str:
    """The function that belongs to a part."""
    return part_id.replace("-", "_")
