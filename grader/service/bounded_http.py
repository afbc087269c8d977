"""HTTP as uvicorn speaks it, with an end to what may come before a request is understood."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES = 256 << 10
"""Of one request: a browser sends some KiB, a read from the network is no larger than this."""
HEADERS_S = 30
"""For the headers to arrive: they fit into a few packets, also from a train."""
_REFUSAL = b"\r\n".join(
    (
        b"HTTP/1.1 431 Request Header Fields Too Large",
        b"connection: close",
        b"content-length: 0",
        b"",
        b"",
    )
)


class BoundedHttp(HttpToolsProtocol):
    """One connection; closed when its headers don't end."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._is_before_body = True
        self._seen = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_before_body or self.transport.is_closing():
            return
        self._seen += len(data)
        if self._seen > HEADER_BYTES:
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_before_body, self._seen = True, 0
        self._wait()

    def on_headers_complete(self) -> None:
        self._is_before_body = False
        self._stop_waiting()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(HEADERS_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
