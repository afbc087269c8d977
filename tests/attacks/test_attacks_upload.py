"""Bytes that come in over the network: too many, too slow, too deep, misleading."""

from __future__ import annotations

import hashlib
import http.client
import io
import random
import socket
import string
import zipfile
from urllib.parse import urlsplit

import pytest
from besieging import PLACE, RIGHT, Reply, Siege, find_token, wait_for

from grader.errors import TooMany
from grader.service.progress import MOST_STREAMS
from grader.store import admission
from grader.store.schema import Assignment

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


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"PK\x03\x04", b"no archive"])
def test_B58_a_refusal_does_not_say_where_uploads_lie(siege: Siege, content: bytes) -> None:
    path = f"{API}{PLACE}/submissions?file=dep.zip"
    headers = {"Authorization": f"Bearer {siege.service.token('student')}"}

    response = siege.send("POST", path, content=content, headers=headers)

    assert response.status_code == 422
    assert "dep.zip" in response.text or not content
    for private in ("incoming", str(siege.service.folder), "/tmp", "grade.db"):
        assert private not in response.text
    siege.require_honest()


def test_B12_an_event_without_a_signature_is_not_read(siege: Siege) -> None:
    for signature in ("", "sha256=", "sha1=" + "0" * 40, "sha256=" + "é" * 64, "\xff"):
        response = pour(
            siege, "POST", f"{API}/github/webhook", 0, X_Hub_Signature_256=signature.strip()
        )
        assert response.status == 403
    signed = f"sha256={'0' * 64}"
    response = pour(siege, "POST", f"{API}/github/webhook", 26, X_Hub_Signature_256=signed)
    assert response.status == 422
    assert b"larger than any event" in response.read()
    siege.require_honest()


def test_B13_a_hundred_slow_bodies_keep_nobody_waiting(siege: Siege) -> None:
    token = siege.service.token("student")
    slow = []
    for number in range(100):
        connection = socket.create_connection((urlsplit(siege.address).hostname,
                                               urlsplit(siege.address).port))  # fmt: skip
        path = (f"{PLACE}/submissions?file=a.zip", "/github/webhook", "/tokens")[number % 3]
        connection.sendall(
            f"POST {API}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"X-Hub-Signature-256: sha256={'0' * 64}\r\nContent-Length: 900000\r\n\r\nx".encode()
        )
        slow.append(connection)
    try:
        siege.require_honest()
    finally:
        for connection in slow:
            connection.close()


def test_B14_many_archives_unpack_to_no_more_than_one_may(siege: Siege) -> None:
    person = siege.add()
    browser = siege.browse(person)
    archives = []
    for number in range(5):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            line = "".join(random.Random(number).choices(string.ascii_letters, k=20_000)) + "\n"
            archive.writestr(f"n{number}.ipynb", line * (14 * MIB // 20_001))
        archives.append(("files", (f"{number}.zip", packed.getvalue())))
    csrf = find_token(browser.get(PLACE))

    response = browser.http.post(f"{PLACE}/hand-in", data={"csrf": csrf}, files=archives)

    assert response.status_code == 422
    assert "unpacks to more than 64 MiB" in response.text
    siege.require_honest(person)


def test_B15_uploads_that_cannot_be_read_are_few(siege: Siege) -> None:
    person = siege.add()
    codes = [
        siege.service.ask("POST", f"{PLACE}/submissions", person, b"no", file="a.zip").status
        for _ in range(24)
    ]
    assert codes[:20] == [422] * 20
    assert codes[-1] == 429
    siege.require_honest()


def test_B16_one_person_follows_only_so_many_gradings(siege: Siege) -> None:
    person = siege.add()
    submission = siege.service.sleep_for(4, person)
    host = urlsplit(siege.address)
    asked = (
        f"GET {API}/submissions/{submission['id']}/events HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {siege.service.token(person)}\r\n\r\n"
    ).encode()
    streams = []
    try:
        for _ in range(MOST_STREAMS):
            streams.append(socket.create_connection((host.hostname, host.port)))
            streams[-1].sendall(asked)
            assert streams[-1].recv(4096).startswith(b"HTTP/1.1 200")
        reply = siege.service.ask("GET", f"/submissions/{submission['id']}/events", person)
        assert reply.status == 429
        assert "end one of them first" in reply.json["detail"]
        siege.service.wait(siege.service.hand_in(RIGHT), person="student")
    finally:
        for stream in streams:
            stream.close()
    siege.service.wait(submission, person=person)
    wait_for(lambda: siege.service.ask("GET", f"/submissions/{submission['id']}/events",
                                       person).status == 200)  # fmt: skip


def test_B17_practice_takes_nothing_off_the_queue_that_counts(siege: Siege) -> None:
    person = siege.add()
    other = siege.add()
    before = siege.service.sleep_for(2, other)
    counted = siege.service.hand_in(RIGHT, person=person)
    reply = siege.service.ask(
        "POST", f"{PLACE}/submissions", person, b"## depth\na\n", file="answers.md",
        practice="true",
    )  # fmt: skip
    assert reply.status == 201
    siege.service.wait(counted, person=person)
    siege.service.wait(dict(reply.json), person=person)
    score = siege.service.ask("GET", f"{PLACE}/score", person).json
    assert (score["score"], score["submission_id"]) == (2, counted["id"])
    siege.service.wait(before, person=other)


def test_B18_practice_is_no_attempt_and_no_way_around_their_number(siege: Siege) -> None:
    person, policies = siege.add(), {"attempts": {"most": 2, "free": 1, "loss": "1/2"}}
    place = "/courses/dl/assignments/steps"

    def hand_in(number: int, **more: str) -> Reply:
        body = f"## nothing-{number}\n1\n".encode()
        return siege.service.ask("POST", f"{place}/submissions", person, body, file="a.md", **more)

    for number in range(3):
        assert hand_in(number, practice="true").status == 201
    with siege.service.store.write() as session:
        wanted = session.get_one(Assignment, siege.service.klass.assignments["steps"].id)
        before, wanted.policies = wanted.policies, policies
    try:
        first = hand_in(4)
        siege.service.wait(dict(first.json), person=person)
        score = siege.service.ask("GET", f"{place}/score", person).json
        assert not [step for step in score["explanation"] if "attempt" in step]
        refused = hand_in(5, practice="true")
        assert refused.status == 403
        assert "counts attempts; there is no practice" in refused.json["detail"]
    finally:
        with siege.service.store.write() as session:
            session.get_one(Assignment, wanted.id).policies = before


def test_B19_anothers_pieces_are_nobodys_business(siege: Siege) -> None:
    content = RIGHT.encode() + b"\n" * 100
    name = hashlib.sha256(content).hexdigest()
    owner, other = siege.add(), siege.add()

    def send(person: str, offset: int, piece: bytes, under: str = name) -> int:
        headers = {"Upload-Offset": str(offset),
                   "Authorization": f"Bearer {siege.service.token(person)}"}  # fmt: skip
        return siege.send(
            "PATCH", f"{API}/uploads/{under}", headers=headers, content=piece
        ).status_code

    assert send(owner, 0, content[:50]) == 200
    assert siege.service.ask("GET", f"/uploads/{name}", other).json["size"] == 0
    assert send(other, 50, content[50:]) == 409
    assert siege.service.ask("DELETE", f"/uploads/{name}", other).status == 204
    for offset in (-1, 1 << 60, 49, 51):
        assert send(owner, offset, b"x") in (409, 422)
    assert send(owner, 50, b"x" * (5 * MIB)) in (413, 422)
    assert send(owner, 50, content[50:] + b"more") == 200, "it is not what its name says now"
    path = f"{PLACE}/submissions"
    for person in (owner, other):
        reply = siege.service.ask("POST", path, person, file="answers.md", upload=name)
        assert reply.status in (404, 409)
    for number in range(6):
        codes = send(owner, 0, b"x", f"{number:064x}")
    assert codes == 429, "only so many are under way at once"
    siege.require_honest(owner)


def test_B20_one_student_fills_no_disk(siege: Siege, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "DAY_BYTES", 5 * MIB)
    person = siege.find_id(siege.add())

    def hand_in(number: int, size: int) -> None:
        with siege.service.store.write() as session:
            admission.take_submission(
                session,
                session.get_one(Assignment, siege.service.klass.assignments["quick"].id),
                person,
                admission.HandedIn(
                    archive=random.Random(number).randbytes(size), archive_name="a.zip", name="a",
                    content_hash=f"sha256:{number}", manifest=[],
                ),
                limits=admission.Limits(),
                is_practice=True,
            )  # fmt: skip

    hand_in(1, 2 * MIB)
    hand_in(2, 2 * MIB)
    with pytest.raises(TooMany, match="without data and pictures"):
        hand_in(3, 2 * MIB)
    hand_in(4, 1000)
