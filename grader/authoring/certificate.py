"""What `grade check` found out about a part: claims that hold or don't, and mutants."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA = "fairmark-certificate/1"

ENOUGH = 0.95
"""Of all mutants that differ from the reference: one in twenty may be too fine to matter."""


class Proved(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Claim(Proved):
    """One thing that a part must do, and whether it does."""

    name: str
    holds: bool
    words: str = ""
    """What was seen; where it does not hold, what was expected and what to try."""


Fate = Literal["caught", "survived", "equal", "waived"]
"""`equal`: no check tells it from the reference, and no further draw does."""


class MutantReport(Proved):
    """A small change of the right answer, and what became of it."""

    name: str
    """What a waiver in the problem names it by."""
    fate: Fate
    diff: str = ""
    advice: str = ""
    """Which check would catch it; for a waived or an equal one, the reason."""
    is_explained: bool = False
    """Whether a rule says why it is equal, so that nobody has to waive it."""


class Certificate(Proved):
    """Everything that was found out about one part."""

    part: str
    kind: str
    points: float
    claims: tuple[Claim, ...]
    mutants: tuple[MutantReport, ...] = ()
    grading_s: float = 0
    """How long a right answer takes to be graded, on the machine that checked."""

    @property
    def is_proved(self) -> bool:
        return all(claim.holds for claim in self.claims)

    def count(self, fate: Fate) -> int:
        return sum(mutant.fate == fate for mutant in self.mutants)

    def count_explained(self) -> int:
        return sum(mutant.fate == "equal" and mutant.is_explained for mutant in self.mutants)

    @property
    def mutation_score(self) -> float | None:
        """The share caught of those that differ and aren't waived; None where there are none."""
        caught = self.count("caught")
        all_that_count = caught + self.count("survived")
        return caught / all_that_count if all_that_count else None


class ProblemCertificate(Proved):
    """All parts of one problem file."""

    problem: str
    parts: tuple[Certificate, ...] = ()
    faults: tuple[str, ...] = ()
    """What is wrong with the file itself, as `file:line:column: message`."""
    is_remembered: bool = False
    """Whether nothing it depends on has changed since it was proved."""
    elapsed_s: float = 0

    @property
    def is_proved(self) -> bool:
        return not self.faults and all(part.is_proved for part in self.parts)
