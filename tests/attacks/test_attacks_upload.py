"""Bytes that come in over the network: too many, too slow, too deep, misleading."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from besieging import Siege

pytestmark = pytest.mark.sandbox

API = "/api/v1"
MIB = 1 << 20


def pour(
    siege: Siege, method: str, path: str, mebibytes: int, **headers: str
) -> http.client.HTTPResponse:
    """Say that a gigabyte comes, send some of it, and listen."""
    connection = http.client.HTTPConnection(urlsplit(siege.address).netloc, timeout=60)
    connection.putrequest(method, path)
    for name, value in ({"Content-Length": str(1 << 30)} | headers).items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    for _ in range(mebibytes):
        connection.send(b"a" * MIB)
    return connection.getresponse()


@pytest.mark.parametrize("path", ["/tokens", "/courses/dl/people", "/nowhere"])
def test_B11_a_strangers_endless_json_is_not_kept(siege: Siege, path: str) -> None:
    response = pour(siege, "POST", f"{API}{path}", 2, Content_Type="application/json")

    assert response.status in (404, 413)
    assert b"that a request may have" in response.read() or response.status == 404
    siege.require_honest()
