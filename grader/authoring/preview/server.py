"""The preview's server: this machine only, this page only, no script but its own."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from grader.authoring.preview.desk import Desk
from grader.authoring.preview.page import as_json, read_asset
from grader.errors import UsageError

HOST = "127.0.0.1"

MOST_BYTES = 1 << 20

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Reports draw bars and charts with styles of their own; scripts come from this server alone."""

ASSETS = {
    "/preview.css": ("preview.css", "text/css; charset=utf-8"),
    "/preview.js": ("preview.js", "text/javascript; charset=utf-8"),
}


def open_server(desk: Desk, port: int) -> ThreadingHTTPServer:
    """A server for one problem; port 0 takes one that is free.

    Errors   UsageError when the port is taken.
    """

    class Handler(PreviewHandler):
        shown = desk

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise UsageError(f"port {port} can't be used: {error.strerror}; try --port 0") from None


class PreviewHandler(BaseHTTPRequestHandler):
    """Answers for one desk."""

    shown: Desk
    server: ThreadingHTTPServer
    server_version = "fairmark-preview"
    sys_version = ""

    def do_GET(self) -> None:
        if not self._is_meant_for_us():
            return
        if self.path == "/":
            self._send(self.shown.write_page().encode(), "text/html; charset=utf-8")
        elif self.path == "/version":
            self._send(as_json(version=self.shown.find_version()), "application/json")
        elif self.path in ASSETS:
            name, kind = ASSETS[self.path]
            self._send(read_asset(name), kind)
        else:
            self._send(b"not here", "text/plain", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        if not self._is_meant_for_us():
            return
        asked = self._read_question()
        if self.path != "/judge" or asked is None:
            refusal = as_json(message="not understood")
            self._send(refusal, "application/json", HTTPStatus.BAD_REQUEST)
            return
        part, text, staff = asked
        html, message = self.shown.judge(part, text, for_staff=staff)
        self._send(as_json(html=html, message=message), "application/json")

    def _is_meant_for_us(self) -> bool:
        """Refuse pages of other origins, and names that were made to point to this machine."""
        port = self.server.server_port
        ours = {f"{name}:{port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        is_ours = self.headers.get("Host") in ours and (
            origin is None or origin.removeprefix("http://") in ours
        )
        if not is_ours:
            self._send(b"for this machine only", "text/plain", HTTPStatus.FORBIDDEN)
        return is_ours

    def _read_question(self) -> tuple[str, str, bool] | None:
        """Errors   none: what is no question is None."""
        if self.headers.get_content_type() != "application/json":
            return None
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= MOST_BYTES:
                return None
            asked: Any = json.loads(self.rfile.read(length))
            part, text, staff = asked["part"], asked["text"], asked["staff"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if not (isinstance(part, str) and isinstance(text, str) and isinstance(staff, bool)):
            return None
        return (part, text, staff) if self.shown.has_part(part) else None

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page asks every second."""
