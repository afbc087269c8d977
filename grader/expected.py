"""Expected values, remembered between gradings; a memory that may be lost at any time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.sandbox.decoding import MalformedMessage, decode_value, encode_value
from grader.values import Value

FORMAT = "1"
"""Part of every key: another number makes all that was remembered before unknown."""


def find_cache_folder() -> Path:
    """Where this user's caches belong."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fairmark" / "expected"


class ExpectedValues:
    """What references returned, by everything that it depends on.

    A file holds a digest and the encoded value, so one that was cut off, changed or written by
    another version is simply not known. Nothing in it is ever unpickled.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Value] = {}

    def find(self, key: str) -> tuple[bool, Value]:
        """Whether the value is known, and the value."""
        if key in self._known:
            return True, self._known[key]
        if self._folder is None:
            return False, None
        try:
            content = (self._folder / key[:2] / key).read_bytes()
            digest, message = content[:32], content[32:]
            if hashlib.sha256(message).digest() != digest:
                return False, None
            value = decode_value(message)
        except (OSError, MalformedMessage):
            return False, None
        self._known[key] = value
        return True, value

    def remember(self, key: str, value: Value, *, only_here: bool = False) -> None:
        """Keep a value; a full or read-only disk only means that it's computed again."""
        if only_here:
            return
        self._known[key] = value
        if self._folder is None:
            return
        message = encode_value(value)
        path = self._folder / key[:2] / key
        part = path.with_name(f"{key}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(hashlib.sha256(message).digest() + message)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()


def name_key(parts: Iterable[str | bytes]) -> str:
    """One key for everything that a value depends on; lengths keep the parts apart."""
    digest = hashlib.sha256(FORMAT.encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
