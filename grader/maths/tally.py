"""What the looks at all points add up to, and what about them speaks against a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.maths import bounds
from grader.maths.evaluate import Point
from grader.maths.looks import Look, Sight
from grader.maths.switching import Switches

HIDDEN = "rounding hides whether it is right at some points"
GENERIC = ("random", "far", "near")
"""Points at which nothing is meant to happen: one may take more digits than are looked at."""
MOST_UNCLEAR = 1 / 4
"""Of all points. `sin(t/10000^(2i/d))` is flat to thousands of digits where d is near 0."""


@dataclass(slots=True)
class Tally:
    """Points by what they said."""

    tried: int = 0
    same: int = 0
    unclear: int = 0
    beyond: int = 0
    work: int = 0
    undefined: list[Point] = field(default_factory=list)
    """Where the answer has no value and the reference has one."""
    worst: Look | None = None
    doubt: str = ""
    """Why agreement elsewhere is not enough; the first reason that was met."""

    @property
    def is_exhausted(self) -> bool:
        return self.work > bounds.MAX_WORK_OF_ALL

    @property
    def is_empty(self) -> bool:
        """Whether no point said anything."""
        return not (self.same or self.unclear or self.beyond)

    def count(self, kind: str, point: Point, look: Look) -> None:
        """Add a point that refutes nothing."""
        if kind == "pretended":
            if look.sight is not Sight.SAME:
                self._wonder("it may differ where it switches, and no point was found there")
        elif look.sight is Sight.SAME:
            self.same += 1
        elif look.sight in (Sight.DIFFERENT, Sight.UNCLEAR):
            self.unclear += 1
            self._wonder(HIDDEN if kind not in GENERIC else "")
            if look.sight is Sight.DIFFERENT:
                # It was looked at twice.
                self.work += look.work
        elif look.sight is Sight.BEYOND:
            self.beyond += 1
            self.worst = look
            if look.reference is not None:
                self._wonder(f"it is not computed wherever the reference is ({look.note})")
        elif look.sight is Sight.STUDENT_UNDEFINED and kind == "boundary":
            self._wonder("no value where the formula switches, and the reference has one")
        elif look.sight is Sight.STUDENT_UNDEFINED:
            self.undefined.append(point)
            self.worst = look

    def close(self, switches: Switches) -> None:
        """Look at the whole: at what was left out, too."""
        if self.unclear > MOST_UNCLEAR * self.tried:
            self._wonder(HIDDEN)
        if self.is_exhausted and switches.surfaces:
            self._wonder("too long to be tried at every point where it switches")
        if switches.is_crowded:
            self._wonder("it switches in too many places to be tried at each")

    def _wonder(self, reason: str) -> None:
        self.doubt = self.doubt or reason
