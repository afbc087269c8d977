"""The names of parts and fields, found from headings as people type them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

_SEPARATORS = re.compile(r"[\s_\-.:/\\()\[\],'\"`]+")
_ORDINAL = re.compile(
    r"(?:(?:part|question|problem|exercise|task|answer)\b[ .:#]*(?:\d+[.):]*[ ]+)?"
    r"|[(]?\d+[.):]+[ ]*)",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[ ]*(?:[:,(\[]|[ ][-–—]+[ ])")
_SUGGESTIONS = 30
"""Close names are searched for so many headings only: each search looks at every name."""


class PartNames:
    """Every `part` and `part.field` of an assignment."""

    def __init__(self, parts: Mapping[str, Collection[str]]) -> None:
        self._fields = {part: tuple(fields) for part, fields in parts.items()}
        self._names = [*parts, *(f"{p}.{f}" for p, fields in parts.items() for f in fields)]
        self._exact = frozenset(self._names)
        self._by_shape: dict[str, list[str]] = {}
        for name in self._names:
            self._by_shape.setdefault(_shape(name), []).append(name)
        self._suggestions_left = _SUGGESTIONS

    def find(self, title: str, owner: str, is_below: bool) -> str:
        """The name a heading stands for, or nothing.

        `owner` is the part whose fields it may name; `is_below` says that the heading is deeper
        than the owner's, so that a field goes before a part of the same name.
        """
        wordings = list(_wordings(title))
        field = next((f for w in wordings if (f := self.find_field(w, owner))), "")
        whole = self._find_whole(wordings) or self._find_start(wordings)
        if field and (is_below or not whole):
            return f"{owner}.{field}"
        return whole

    def find_field(self, title: str, part: str) -> str:
        """The field of a part that a heading or label stands for, or nothing."""
        fields = self._fields.get(part, ())
        if title in fields:
            return title
        alike = [field for field in fields if _shape(field) == _shape(title)]
        return alike[0] if len(alike) == 1 else ""

    def suggest(self, title: str) -> str:
        """The closest name, or nothing."""
        if self._suggestions_left <= 0:
            return ""
        self._suggestions_left -= 1
        from difflib import get_close_matches

        shapes = get_close_matches(_shape(title[:100]), self._by_shape, n=1, cutoff=0.7)
        return self._by_shape[shapes[0]][0] if shapes else ""

    def _find_whole(self, wordings: list[str]) -> str:
        for wording in wordings:
            if wording in self._exact:
                return wording
        for wording in wordings:
            names = self._by_shape.get(_shape(wording), [])
            if len(names) == 1:
                return names[0]
        return ""

    def _find_start(self, wordings: list[str]) -> str:
        """The name before ' - ', ':' or '(', as in `conv-dims (2 points)`.

        Not where a longer name starts alike: `conv-dims - general` may mean another part.
        """
        for wording in wordings:
            tail = _TAIL.search(wording, 1)
            name = self._find_whole([wording[: tail.start()]]) if tail else ""
            if tail is None or not name:
                continue
            shape = _shape(name)
            longer = any(
                other.startswith(shape) and other != shape and not names[0].startswith(name + ".")
                for other, names in self._by_shape.items()
            )
            if not longer or wording[tail.end() : tail.end() + 1].isdigit():
                return name
        return ""


def _wordings(title: str) -> Iterator[str]:
    """A heading as typed, without 'Part 3:' before it, and without the assignment's name."""
    title = title.strip()
    bare = title[ordinal.end() :] if (ordinal := _ORDINAL.match(title)) else title
    for wording in dict.fromkeys((title, bare)):
        yield wording
        if "/" in wording:
            yield wording.partition("/")[2].strip()


def _shape(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()
