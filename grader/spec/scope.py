"""Where a check of meaning looks: one part's place in its file, and what belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from grader.errors import Fault
from grader.spec.positions import MAX_FAULTS, Document
from grader.spec.reference import Reference


class TooManyFaults(Exception):
    """Enough is wrong in a file for one reading."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A place in a document, from which faults are told."""

    document: Document
    place: tuple[str | int, ...]
    part_id: str
    reference: Reference
    faults: list[Fault]

    def below(self, *steps: str | int) -> Scope:
        return replace(self, place=(*self.place, *steps))

    def refuse(self, message: str, *steps: str | int, at_key: bool = False) -> None:
        """Note a fault at a value below this place, or at its key.

        Errors   TooManyFaults once the file has as many as are told.
        """
        self.faults.append(self.document.fault((*self.place, *steps), message, at_key=at_key))
        if len(self.faults) >= MAX_FAULTS:
            raise TooManyFaults

    def has(self, *steps: str | int) -> bool:
        """Whether the file has a value below this place."""
        return self.document.has((*self.place, *steps))

    def need_known(
        self, names: Iterable[str], known: Collection[str], what: str, *steps: str | int
    ) -> None:
        """Refuse every name in a list that isn't known: `there is no check 'smal'; …`."""
        for index, name in enumerate(names):
            if name not in known:
                self.refuse(missing(what, name, known), *steps, index)

    def need_unique(self, names: Iterable[str], *steps: str | int) -> None:
        """Refuse names that stand twice in a list."""
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self.refuse(f"'{name}' is listed twice", *steps, index)
            seen.add(name)

    def need_reference(self, name: str, *steps: str | int) -> None:
        """Refuse a name that the reference module doesn't define."""
        if self.reference.path is None or self.reference.defines(name):
            return
        from grader.spec.words import find_nearest, show_path

        shown = show_path(self.reference.path)
        if not self.reference.text:
            self.refuse(f"'{name}' needs a reference module, {shown}", *steps)
            return
        near = find_nearest(name, self.reference.names())
        advice = f"; did you mean '{near}'?" if near else ""
        self.refuse(f"{shown} does not define '{name}'{advice}", *steps)


def missing(what: str, name: str, known: Collection[str]) -> str:
    """`there is no check 'smal'; did you mean 'small'?`"""
    from grader.spec.words import shorten, suggest

    return f"there is no {what} '{shorten(name)}'{suggest(name, known)}"
