"""A class that hands in at a steady rate, as a process of its own: `python -m` with a plan.

The plan comes on standard input: `{address, path, rate, content, tokens}`. Out goes what was seen:
`{statuses, waits_ms}`. Waiting counts from when a submission was due, so that a service that falls
behind can't hide it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Seen:
    """What the class saw: milliseconds in order, and how often each status came."""

    waits_ms: list[float]
    statuses: dict[str, int]


def hand_in_steadily(
    address: str, path: str, content: bytes, tokens: Sequence[str], rate: float
) -> Seen:
    """Hand in once for each token, in another process, and hear what the class saw."""
    plan = {"address": address, "path": path, "content": content.decode(), "rate": rate,
            "tokens": list(tokens)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.service.students"],
        input=json.dumps(plan), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    seen = json.loads(done.stdout)
    return Seen(sorted(seen["waits_ms"]), seen["statuses"])


class _Connections:
    """Connections that are kept, as browsers keep them; another one where all are busy."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, token: str, content: bytes) -> int:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        while True:
            is_kept = bool(self._free)
            reader, writer = (
                self._free.pop()
                if is_kept
                else await asyncio.open_connection(self._host, self._port)
            )
            try:
                writer.write(head.encode() + content)
                answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(answer.partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
            except (OSError, asyncio.IncompleteReadError):
                # One that was idle for long may be closed; the same again is the same submission.
                if not is_kept:
                    raise
                continue
            self._free.append((reader, writer))
            return int(answer.split()[1])


async def _hand_in_all(plan: dict[str, object]) -> Seen:
    tokens, rate = plan["tokens"], plan["rate"]
    assert isinstance(tokens, list)
    assert isinstance(rate, int | float)
    connections = _Connections(str(plan["address"]))
    path, content = str(plan["path"]), str(plan["content"]).encode()
    start = time.perf_counter() + 0.2

    async def hand_in(number: int, token: str) -> tuple[int, float]:
        due = start + number / rate
        await asyncio.sleep(due - time.perf_counter())
        status = await connections.post(path, token, content)
        return status, (time.perf_counter() - due) * 1000

    seen = await asyncio.gather(*(hand_in(number, token) for number, token in enumerate(tokens)))
    statuses = Counter(str(status) for status, _ in seen)
    return Seen([wait for _, wait in seen], dict(statuses))


if __name__ == "__main__":
    found = asyncio.run(_hand_in_all(json.load(sys.stdin)))
    json.dump({"waits_ms": found.waits_ms, "statuses": found.statuses}, sys.stdout)
