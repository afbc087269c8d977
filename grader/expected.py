"""Expected values, remembered between gradings."""

from __future__ import annotations

from pathlib import Path

from grader.cache import read_entry, write_entry
from grader.sandbox.decoding import MalformedMessage, decode_value, encode_value
from grader.values import Value


class ExpectedValues:
    """What references returned, by everything that it depends on."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Value] = {}

    def find(self, key: str) -> tuple[bool, Value]:
        """Whether the value is known, and the value."""
        if key in self._known:
            return True, self._known[key]
        message = read_entry(self._folder, key) if self._folder else None
        if message is None:
            return False, None
        try:
            value = decode_value(message)
        except MalformedMessage:
            return False, None
        self._known[key] = value
        return True, value

    def remember(self, key: str, value: Value, *, only_here: bool = False) -> None:
        """Keep a value, on disk unless it belongs to this grading alone."""
        if only_here:
            return
        self._known[key] = value
        if self._folder:
            write_entry(self._folder, key, encode_value(value))
