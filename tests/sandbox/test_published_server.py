"""A published folder names a server: who is signed in hands in there, all others grade here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
SPEC = "title: Words\nparts:\n  why: {kind: text, points: 1, prompt: Why?, rubric: [{item: so}]}\n"


class Nobody(BaseHTTPRequestHandler):
    """A server that knows everybody, in no course, and notes who asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"courses": []}')

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Noting", (Nobody,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{here.server_address[1]}", asked
        here.shutdown()


def publish(folder: Path, url: str) -> Path:
    """What `grade publish hw1 --server URL` leaves, in small."""
    (folder / "problems" / "hw1").mkdir(parents=True)
    (folder / "problems" / "hw1" / "words.yaml").write_text(SPEC)
    config = {"schema": "fairmark-student/1", "server": url}
    (folder / "fairmark.json").write_text(json.dumps(config))
    (folder / "hw1").mkdir()
    (folder / "hw1" / "answers.md").write_text("## why\n\nSo.\n")
    return folder


def submit(
    folder: Path, *more: str, tokens: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    logins = folder / ".config" / "fairmark" / "servers.json"
    logins.parent.mkdir(parents=True, exist_ok=True)
    logins.write_text(json.dumps({"tokens": tokens or {}}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADE_")}
    return subprocess.run(
        [sys.executable, "-m", "grader", "submit", "hw1/", "-q", *more],
        cwd=folder,
        env={
            **kept,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / ".cache"),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "GRADE_TOKEN": "of-another-server",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_who_is_signed_in_hands_in_there(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    url, asked = server

    shown = submit(publish(tmp_path, url), tokens={url: "mine"})

    assert f"{url} knows you in no course" in shown.stderr
    assert len(asked) == 1


def test_who_is_not_grades_here_and_is_told_how(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server

    shown = submit(publish(tmp_path, url))

    assert shown.returncode == 0, shown.stderr
    assert f"graded here and not handed in; to hand in to {url}, run: grade login {url}" in (
        shown.stderr
    )
    assert "why" in shown.stdout
    assert asked == [], "a file in a folder decides where no token goes"


def test_here_hands_nothing_in(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    url, asked = server

    shown = submit(publish(tmp_path, url), "--here", tokens={url: "mine"})

    assert (shown.returncode, asked) == (0, []), shown.stderr


def test_what_is_handed_in_does_not_say_where_to(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    folder = publish(tmp_path, url)
    (folder / "fairmark.json").rename(folder / "hw1" / "fairmark.json")

    shown = submit(folder, tokens={url: "mine"})

    assert (shown.returncode, asked) == (0, []), shown.stderr
