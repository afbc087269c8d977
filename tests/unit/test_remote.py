"""Reaching a server from the command line, and what is packed for one."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from grader.cli import remote
from grader.cli.packing import pack
from grader.cli.remote import Server, ServerAway
from grader.errors import UsageError
from grader.submission import read_submission


@pytest.fixture
def plain_port() -> Iterator[int]:
    """Something that speaks HTTP and no TLS."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_http_typed_as_https_is_told_at_once(plain_port: int) -> None:
    address = f"127.0.0.1:{plain_port}"
    with pytest.raises(UsageError, match=f"does not speak https; try http://{address}"):
        Server(f"https://{address}", "grd_x").read("/me")


def test_whoever_signs_in_hears_soon_that_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SIGN_IN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerAway, match="does not answer: timed out; check the address"):
            Server(url, "grd_x", is_known=False).read("/me")
    with pytest.raises(ServerAway, match="refused; check the address"):
        Server(url, "grd_x", is_known=False).read("/me")


def test_a_folder_packed_for_a_server_is_remarked_on_as_it_lies_here(tmp_path: Path) -> None:
    folder = tmp_path / "hw"
    folder.mkdir()
    (folder / "f.py").write_text("def f(x):\n    return x\n")
    (folder / "data.py").write_text("x = 1\n" * 1_350_000)
    (folder / "link.py").symlink_to(folder / "f.py")
    (folder / "sub.py").mkdir()
    (folder / "photo.png").write_bytes(b"x")
    packed = tmp_path / "hw.zip"
    packed.write_bytes(pack(folder).content)

    here, there = read_submission(folder), read_submission(packed)

    assert here.remarks == there.remarks
    assert here.id == there.id
    (large,) = [each.message for each in there.remarks if each.file == "data.py"]
    assert large.startswith("not read: 7.72 MiB; files over 4 MiB are not read")
    assert zipfile.ZipFile(packed).getinfo("data.py").file_size == 0
