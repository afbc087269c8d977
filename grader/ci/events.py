"""Who asks for what: read from the event that the platform wrote, never from what was pushed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.errors import UsageError

STAFF = ("OWNER", "MEMBER", "COLLABORATOR")
"""How GitHub calls those who may write to a repository."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NONE = re.compile(r"0+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit to look at, and what it is compared with."""

    head: str
    """The commit's hash."""
    base: str
    """The hash of the commit before it; empty where there is none."""
    author: str = ""
    is_pull_request: bool = False
    """Whether the base is a commit of the branch that the change is to go into."""
    is_staff: bool = False
    """Whether the author may write to the repository that holds the course."""
    submitted_at: datetime | None = None
    """When the platform received it; what a commit says of itself is not believed."""


def read_change(environ: Mapping[str, str]) -> Change:
    """The change that the runner's environment tells of.

    Errors   UsageError for an event that is none of a pull request or a push, and for one that
             runs with more rights than a student's code may be near.
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    if name == "pull_request_target":
        raise UsageError(
            "pull_request_target runs with the course's rights beside a student's code;"
            " use `on: pull_request`"
        )
    if name not in ("pull_request", "push"):
        raise UsageError(
            f"the event '{name}' names no change of a student; run on pull_request or push, or say"
            " --official with --repository and --sha"
        )
    event = _read_event(environ.get("GITHUB_EVENT_PATH", ""))
    try:
        return _read_pull_request(event) if name == "pull_request" else _read_push(event)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the {name} event lacks {error}") from None


def check_sha(text: object) -> str:
    """A commit's full hash.

    Errors   ValueError for anything else: it could be taken for an option or a moving branch.
    """
    if not isinstance(text, str) or not _SHA.fullmatch(text):
        raise ValueError(f"a commit's full hash where '{str(text)[:60]}' stands")
    return text


def _read_event(path: str) -> dict[str, Any]:
    try:
        event = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH holds no event: {error}") from None
    if not isinstance(event, dict):
        raise UsageError("GITHUB_EVENT_PATH holds no event")
    return event


def _read_pull_request(event: dict[str, Any]) -> Change:
    pull = event["pull_request"]
    return Change(
        head=check_sha(pull["head"]["sha"]),
        base=check_sha(pull["base"]["sha"]),
        author=str(pull["user"]["login"]),
        is_pull_request=True,
        is_staff=pull.get("author_association") in STAFF,
        submitted_at=_read_time(pull.get("updated_at")),
    )


def _read_push(event: dict[str, Any]) -> Change:
    before = event.get("before") or ""
    return Change(
        head=check_sha(event["after"]),
        base="" if not before or _NONE.fullmatch(before) else check_sha(before),
        author=str(event["sender"]["login"]),
    )


def _read_time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else None
