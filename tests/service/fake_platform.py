"""A learning platform and identity provider in small, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from grader.service.web.lti.claims import CLAIM, DEEP_LINK, MEMBERS, SCORES, WRITE_SCORES

CLIENT = "fairmark-client"
PERSON = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


class FakePlatform:
    """What it was asked is in `scores`, `assertions` and `tokens`; `fails` makes scores fail."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "platform-1"})
        self.members: list[dict[str, Any]] = []
        self.scores: list[tuple[str, dict[str, Any]]] = []
        self.assertions: list[str] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.fails = 0
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform._answer(self, "")

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                platform._answer(self, self.rfile.read(length).decode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()

    def sign(self, nonce: str, subject: str = "u7", **changes: Any) -> str:
        moment = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": subject, "iat": moment, "exp": moment + 300,
            "nonce": nonce,
        }  # fmt: skip
        key = changes.pop("signed_by", self.key)
        claims |= changes
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)

    def launch(self, nonce: str, role: str = "Learner", **changes: Any) -> str:
        claims = {
            "name": "Lee Learner", "email": "lee@example.edu",
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "deployment_id": "d1",
            CLAIM + "roles": [PERSON + role],
            CLAIM + "context": {"id": "c1", "title": "Deep learning there"},
            CLAIM + "resource_link": {"id": "r1"},
            CLAIM + "custom": {"assignment": "quick"},
            SCORES: {"lineitem": f"{self.url}/items/5?type_id=2", "scope": [WRITE_SCORES]},
            MEMBERS: {"context_memberships_url": f"{self.url}/members?page=1"},
        }  # fmt: skip
        return self.sign(nonce, **(claims | changes))

    def ask_for_link(self, nonce: str) -> str:
        return self.launch(
            nonce, "Instructor", subject="teacher", name="Tess Teacher", email="",
            **{
                CLAIM + "message_type": "LtiDeepLinkingRequest",
                DEEP_LINK + "deep_linking_settings": {
                    "deep_link_return_url": f"{self.url}/return", "data": "opaque",
                },
            },
        )  # fmt: skip

    def _answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        parts = urlsplit(handler.path)
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._send(handler, 200, {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorise",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            })  # fmt: skip
        elif parts.path == "/keys":
            self._send(handler, 200, {"keys": [self.key.as_dict(private=False)]})
        elif parts.path == "/token" and fields.get("grant_type") == "authorization_code":
            self._redeem(handler, fields)
        elif parts.path == "/token":
            self.assertions.append(fields["client_assertion"])
            self._send(handler, 200, {"access_token": "at", "expires_in": 3600})
        elif parts.path == "/members":
            self._send_members(handler, parts.query)
        elif parts.path.endswith("/scores") and self.fails:
            self.fails -= 1
            self._send(handler, 503, {"error": "closed for the night"})
        elif parts.path.endswith("/scores"):
            assert handler.headers["authorization"] == "Bearer at"
            self.scores.append((handler.path, json.loads(body)))
            self._send(handler, 204, None)
        else:
            self._send(handler, 404, {})

    def _redeem(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        asked = self.codes.pop(fields["code"])
        digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["challenge"]:
            self._send(handler, 400, {"error": "invalid_grant"})
            return
        token = self.sign(asked["nonce"], **asked["claims"])
        self._send(handler, 200, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _send_members(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        page = int(query.partition("=")[2])
        headers = {}
        if page < len(self.members):
            headers["Link"] = f'<{self.url}/members?page={page + 1}>; rel="next"'
        self._send(handler, 200, {"members": self.members[page - 1 : page]}, headers)

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, document: Any,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        content = b"" if document is None else json.dumps(document).encode()
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
