"""What may be wrong with a returned value, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

DifferenceKind = Literal["type", "structure", "shape", "dtype", "nan", "value", "property"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first thing in which a returned value differs from the expected one."""

    kind: DifferenceKind
    """`nan`: not finite on one side, and not the same on the other."""
    saw: str
    expected: str
    where: str = ""
    """Place in the returned value, as Python would index it: `[1][0, 2]`."""
    wrong: int = 1
    """Entries that differ, of `entries`."""
    entries: int = 1
    largest_error: float | None = None
    """Largest |saw - expected| among finite numbers."""
    largest_expected: float = 0.0
    doubt: str = ""
    """Why a person should look: the value may be right all the same."""
    advice: str = ""
    """What to try, where that follows from the difference itself."""

    @property
    def share_wrong(self) -> float:
        return self.wrong / self.entries if self.entries else 1.0

    @property
    def relative_error(self) -> float:
        """Largest error beside the largest expected number; infinite beside zero."""
        if self.largest_error is None or not self.largest_expected:
            return math.inf
        return self.largest_error / self.largest_expected

    @property
    def seen(self) -> str:
        """What was seen where, and how often: `-1.5 at [0, 2]; 3 of 4 entries are wrong`."""
        text = f"{self.saw} at {self.where}" if self.where else self.saw
        if self.kind in ("value", "nan") and self.entries > 1:
            text += f"; {self.wrong} of {self.entries} entries are wrong"
        return text

    @property
    def sentence(self) -> str:
        """One line: what was expected where, and what came instead."""
        place = f"at {self.where}: " if self.where else ""
        return f"{place}{self.saw}, expected {self.expected}"
