"""What a student handed in, as named answers and source text. Nothing here is ever executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file, or all code cells of one notebook."""

    name: str
    """Path inside the submission, with forward slashes."""
    text: str
    functions: tuple[str, ...] = ()
    """Names defined at the top level, as far as the text shows them."""
    cells: tuple[tuple[int, int], ...] = ()
    """For a notebook: (first line in `text`, cell number), ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands below one heading of answers.md, answers.tex or a notebook's Markdown."""

    part: str
    """The heading: a part id, or `part.field`."""
    text: str
    file: str
    line: int
    """Where the text starts."""
    level: int = 0
    """How deep the heading is: 1 for `#`; 0 where there was no heading to see."""
    heading_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the files that the student should know; nothing is lost silently."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One student's files at one moment, named by content; never changed afterwards."""

    id: str
    """`sha256:` and 64 hex digits over the relevant files' names and bytes."""
    name: str
    """The folder's or file's own name, for people."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def find_function(self, name: str) -> Source | None:
        """The file that defines a function; the last one, as in a notebook, if several do."""
        found = [source for source in self.sources if name in source.functions]
        return found[-1] if found else None
