"""An assignment as it was loaded: validated parts, and the text of their reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UnknownAssignment

if TYPE_CHECKING:
    from grader.spec.models import Part, Policies
    from grader.spec.params import Drawn, Param


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProblem:
    """One problem file and the reference that belongs to it."""

    id: str
    """`hw2/convolutions`"""
    title: str
    prompt: str
    parts: Mapping[str, Part]
    reference: str
    """Source text of the reference module; empty where there is none."""
    reference_path: Path | None
    path: Path
    digest: str
    """SHA-256 of the problem's and the reference's bytes, 64 hex digits; of drawn values too."""
    params: Mapping[str, Param] = field(default_factory=dict)
    """What is drawn for each student."""
    template: str = ""
    """The file's text where something is drawn, for other values to be filled in."""
    values: Mapping[str, Drawn] = field(default_factory=dict)
    """What was drawn for this student; empty where the problem is nobody's own yet."""

    @property
    def is_to_be_drawn(self) -> bool:
        """Whether it has parameters and no student's values yet."""
        return bool(self.params) and not self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedAssignment:
    """A folder of problems, in order."""

    id: str
    """The folder's name: `hw2`."""
    title: str
    prompt: str
    due: str | None
    policies: Policies
    problems: tuple[LoadedProblem, ...]

    def parts(self) -> Iterator[tuple[LoadedProblem, str, Part]]:
        """Every part with its problem and id, in the order students see them."""
        for problem in self.problems:
            for part_id, part in problem.parts.items():
                yield problem, part_id, part

    def find_part(self, part_id: str) -> tuple[LoadedProblem, Part]:
        """The problem and the model of one part.

        Errors   UnknownAssignment, with the nearest id.
        """
        for problem in self.problems:
            if part_id in problem.parts:
                return problem, problem.parts[part_id]
        from grader.spec.words import suggest

        known = [known_id for _, known_id, _ in self.parts()]
        raise UnknownAssignment(f"{self.id} has no part '{part_id}'{suggest(part_id, known)}")
