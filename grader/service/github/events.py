"""What a webhook's event says, once its signature was checked.

Source   https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.ci.events import STAFF
from grader.errors import NotAllowed, UsageError

BODY_BYTES = 25 << 20
"""GitHub sends no event above 25 MB."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PLACE = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_OPENED = ("opened", "reopened", "synchronize", "ready_for_review")
_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A commit that may be a student's."""

    repository: str
    number: int
    """The repository's own, whatever it is called."""
    sha: str
    ref: str
    is_default_branch: bool
    event: str
    actor: str
    place: str
    """Where it is fetched from and told."""
    installation: int | None = None


def require_signature(signature: str) -> None:
    """Errors   NotAllowed for what is no signature at all, before anything is read."""
    if not _SIGNATURE.fullmatch(signature):
        raise NotAllowed("this event is not signed with the webhook's secret")


class SignedDigest:
    """A body's signature, computed as the body comes."""

    def __init__(self, secret: str) -> None:
        self._digest = hmac.new(secret.encode(), digestmod=hashlib.sha256)
        self._size = 0

    def add(self, chunk: bytes) -> bytes:
        """Errors   UsageError when the body is longer than any event."""
        self._size += len(chunk)
        if self._size > BODY_BYTES:
            raise UsageError("this is larger than any event")
        self._digest.update(chunk)
        return chunk

    def check(self, signature: str) -> None:
        """Errors   NotAllowed for a body that whoever knows the secret did not sign."""
        wanted = f"sha256={self._digest.hexdigest()}"
        if not hmac.compare_digest(signature, wanted):
            raise NotAllowed("this event is not signed with the webhook's secret")


def read_event(name: str, document: object) -> Pushed | None:
    """The commit that an event tells of; None for one that hands nothing in.

    Errors   UsageError for an event that lacks what such an event has.
    """
    if name not in ("push", "pull_request"):
        return None
    try:
        found: Mapping[str, Any] = document  # type: ignore[assignment]
        return _read_push(found) if name == "push" else _read_pull_request(found)
    except (KeyError, TypeError, ValueError, AttributeError) as trouble:
        raise UsageError(f"this {name} event lacks {str(trouble)[:100]}") from None


def check_sha(text: object) -> str:
    """Errors   ValueError for what is not a commit's full hash."""
    if not isinstance(text, str) or not _SHA.fullmatch(text):
        raise ValueError("a commit's full hash")
    return text


def check_place(text: object) -> str:
    """Errors   ValueError for what is not `owner/name`: it becomes part of an address."""
    if not isinstance(text, str) or not _PLACE.fullmatch(text):
        raise ValueError("a repository's name")
    if {".", ".."} & set(text.split("/")):
        raise ValueError("a repository's name")
    return text


def check_number(text: object) -> int:
    """Errors   ValueError for what is not a positive number; tokens have theirs as text."""
    if isinstance(text, bool) or not re.fullmatch(r"[0-9]{1,18}", str(text)) or not int(str(text)):
        raise ValueError("a repository's number")
    return int(str(text))


def _read_push(event: Mapping[str, Any]) -> Pushed | None:
    repository, ref = event["repository"], str(event["ref"])
    if event.get("deleted") or not ref.startswith(_BRANCH) or not str(event["after"]).strip("0"):
        return None
    name = check_place(repository["full_name"])
    return Pushed(
        repository=name,
        number=check_number(repository["id"]),
        sha=check_sha(event["after"]),
        ref=ref,
        is_default_branch=ref == f"{_BRANCH}{repository['default_branch']}",
        event="push",
        actor=str(event["sender"]["login"]).lower(),
        place=name,
        installation=_read_installation(event),
    )


def _read_pull_request(event: Mapping[str, Any]) -> Pushed | None:
    """The head alone says whose it is: anybody may open a pull request of anybody's branch."""
    head = event["pull_request"]["head"]
    if event["action"] not in _OPENED or head["repo"] is None:
        return None
    if not _is_by_its_own(event, head):
        return None
    return Pushed(
        repository=check_place(head["repo"]["full_name"]),
        number=check_number(head["repo"]["id"]),
        sha=check_sha(head["sha"]),
        ref=_BRANCH + str(head["ref"]),
        is_default_branch=head["ref"] == head["repo"].get("default_branch"),
        event="pull_request",
        actor=str(event["sender"]["login"]).lower(),
        place=check_place(event["repository"]["full_name"]),
        installation=_read_installation(event),
    )


def _is_by_its_own(event: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
    """Whether somebody of the head's repository opened a pull request.

    From then on every push to the branch would be handed in, drafts as well.
    """
    pull = event["pull_request"]
    author, owner = pull["user"], head["repo"]["owner"]
    if str(author["login"]).lower() == str(owner["login"]).lower():
        return True
    is_within = check_number(head["repo"]["id"]) == check_number(event["repository"]["id"])
    may_write = pull.get("author_association") in STAFF or author.get("type") == "Bot"
    return is_within and may_write


def _read_installation(event: Mapping[str, Any]) -> int | None:
    found = event.get("installation")
    return check_number(found["id"]) if found else None
