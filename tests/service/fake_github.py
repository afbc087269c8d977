"""GitHub in small, as a process of its own: keys, tokens, tarballs, check runs.

`python fake_github.py` prints its address. Below /control a test says what it holds and reads what
came in. It is as strict as GitHub: a request that GitHub would refuse is refused.
"""

from __future__ import annotations

import base64
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

LEVELS = ("notice", "warning", "failure")


class GitHub:
    """All state; every method answers one request."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "actions-1"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "actions-1"})
        self.app_key = RSAKey.generate_key(2048)
        self.tarballs: dict[str, bytes] = {}
        self.runs: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.fails: dict[str, int] = {}
        self.loses: dict[str, int] = {}
        self.workflow: dict[str, Any] = {}
        self.tokens = 0
        self.url = ""

    def describe(self) -> dict[str, Any]:
        return {"issuer": self.url, "jwks_uri": f"{self.url}/.well-known/jwks"}

    def sign(self, given: dict[str, Any]) -> str:
        moment = int(time.time())
        claims = {
            "iss": self.url, "iat": moment, "nbf": moment - 60, "exp": moment + 300,
            "event_name": "push", "ref": "refs/heads/main", "ref_type": "branch",
            "runner_environment": "github-hosted",
        } | given["claims"]  # fmt: skip
        key = self.other_key if given.get("forged") else self.key
        return jwt.encode({"alg": "RS256", "kid": "actions-1"}, claims, key)

    def make_token(self, authorisation: str, asked: dict[str, Any]) -> dict[str, Any]:
        found = jwt.decode(authorisation.removeprefix("Bearer "), self.app_key, ["RS256"]).claims
        assert found["iss"] == "4711" and found["exp"] - found["iat"] <= 600
        assert asked["permissions"] == {"contents": "read", "checks": "write"}
        (repository,) = asked["repositories"]
        return {"token": f"ghs_{repository}", "expires_at": "2099-01-01T00:00:00Z"}

    def take_run(self, place: str, body: dict[str, Any]) -> dict[str, Any]:
        assert body["status"] == "completed" and body["name"]
        assert re.fullmatch("[0-9a-f]{40}", body["head_sha"])
        assert body["conclusion"] in ("success", "neutral", "failure")
        check_output(body["output"])
        run = {**body, "id": len(self.runs) + 1, "place": place}
        run["annotations"] = list(body["output"].get("annotations", ()))
        self.runs.append(run)
        return self.show(run)

    def extend_run(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        check_output(body["output"])
        run = self.runs[number - 1]
        run["annotations"] += body["output"].get("annotations", ())
        return self.show(run)

    def show(self, run: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": run["id"], "external_id": run.get("external_id", ""), "name": run["name"],
            "output": {"title": "x", "annotations_count": len(run["annotations"])},
        }  # fmt: skip


def check_output(output: dict[str, Any]) -> None:
    """Errors   AssertionError for what GitHub answers with 422."""
    assert output["title"] and output["summary"]
    assert len(output["summary"]) <= 65_535
    annotations = output.get("annotations", [])
    assert len(annotations) <= 50
    for each in annotations:
        assert each["path"] and not each["path"].startswith("/") and ".." not in each["path"]
        assert 1 <= each["start_line"] <= each["end_line"]
        assert each["annotation_level"] in LEVELS
        assert len(each["title"]) <= 255 and 0 < len(each["message"]) <= 64 * 1024


GITHUB = GitHub()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer({})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.answer(json.loads(self.rfile.read(length) or b"{}"))

    do_PATCH = do_POST

    def answer(self, body: dict[str, Any]) -> None:
        parts = urlsplit(self.path)
        try:
            status, document = self.find(parts.path, body, parse_qs(parts.query))
        except (AssertionError, KeyError, ValueError) as trouble:
            status, document = 422, {"message": f"Validation Failed: {trouble!r}"}
        for name in list(GITHUB.loses):
            if name in parts.path and self.command == "POST" and not parts.path.startswith("/con"):
                GITHUB.loses[name] -= 1
                if not GITHUB.loses[name]:
                    del GITHUB.loses[name]
                self.close_connection = True
                return
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", content.decode())
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def find(self, path: str, body: dict[str, Any], query: dict[str, list[str]]) -> Any:
        if path.startswith("/control/"):
            return 200, self.obey(path.removeprefix("/control/"), body)
        if path == "/id-token":
            assert self.headers["authorization"] == "bearer of-the-runner"
            GITHUB.tokens += 1
            return 200, {"value": GITHUB.sign({"claims": GITHUB.workflow | {
                "aud": query["audience"][0], "jti": f"workflow-{GITHUB.tokens}"}})}  # fmt: skip
        if path == "/.well-known/openid-configuration":
            return 200, GITHUB.describe()
        if path == "/.well-known/jwks":
            GITHUB.asked.append("keys")
            return 200, {"keys": [GITHUB.key.as_dict(private=False)]}
        for name in list(GITHUB.fails):
            if name in path:
                GITHUB.fails[name] -= 1
                if not GITHUB.fails[name]:
                    del GITHUB.fails[name]
                return 503, {"message": "the unicorn is angry"}
        return self.find_for_app(path, body, query)

    def find_for_app(self, path: str, body: dict[str, Any], query: dict[str, list[str]]) -> Any:
        authorisation = self.headers.get("authorization", "")
        if match := re.fullmatch(r"/app/installations/77/access_tokens", path):
            return 201, GITHUB.make_token(authorisation, body)
        if re.fullmatch(r"/repos/[\w.-]+/[\w.-]+/installation", path):
            return 200, {"id": 77}
        if match := re.fullmatch(r"/repos/([\w.-]+/([\w.-]+))/tarball/([0-9a-f]{40})", path):
            assert authorisation == f"Bearer ghs_{match[2]}", "a token of this repository alone"
            return 302, f"{GITHUB.url}/codeload/{match[1]}/{match[3]}?token=x".encode()
        if match := re.fullmatch(r"/codeload/([\w.-]+/[\w.-]+)/([0-9a-f]{40})", path):
            assert not authorisation, "another host gets no token of ours"
            GITHUB.asked.append(f"tree {match[1]} {match[2]}")
            found = GITHUB.tarballs.get(match[2])
            return (200, found) if found is not None else (404, {"message": "Not Found"})
        if match := re.fullmatch(r"/repos/([\w.-]+/[\w.-]+)/check-runs(?:/(\d+))?", path):
            if match[2]:
                return 200, GITHUB.extend_run(int(match[2]), body)
            return 201, GITHUB.take_run(match[1], body)
        if match := re.fullmatch(
            r"/repos/([\w.-]+/[\w.-]+)/commits/([0-9a-f]{40})/check-runs", path
        ):
            runs = [
                GITHUB.show(run)
                for run in GITHUB.runs
                if (run["place"], run["head_sha"]) == (match[1], match[2])
                and run["name"] == query["check_name"][0]
            ]
            return 200, {"total_count": len(runs), "check_runs": runs}
        return 404, {"message": "Not Found"}

    def obey(self, order: str, body: dict[str, Any]) -> Any:
        if order == "token":
            return {"token": GITHUB.sign(body)}
        if order == "tarball":
            GITHUB.tarballs[body["sha"]] = base64.b64decode(body["content"])
        elif order == "fails":
            GITHUB.fails |= body
        elif order == "loses":
            GITHUB.loses |= body
        elif order == "workflow":
            GITHUB.workflow = body
        elif order == "app-key":
            return {"pem": GITHUB.app_key.as_pem(private=True).decode()}
        return {"runs": GITHUB.runs, "asked": GITHUB.asked}

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    GITHUB.url = f"http://127.0.0.1:{server.server_port}"
    print(GITHUB.url, flush=True)
    server.serve_forever()
