"""What a workflow's token says, once GitHub's own signature was checked.

Source   https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from grader.errors import NotSignedIn
from grader.service.discovery import discover
from grader.service.github.events import Pushed, check_number, check_place, check_sha
from grader.service.web.lti.keys import fetch_keys

LEEWAY_S = 30
"""Tokens live five minutes; clocks differ by seconds."""
EVENTS = ("push", "workflow_dispatch")
"""On a pull request `sha` is a merge that nobody wrote, and its workflow may be anybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A commit that a workflow runs on, in GitHub's words."""

    pushed: Pushed
    mark: str
    """The token's own name: it is used once."""
    expires_at: dt.datetime


def read_token(token: str, issuer: str, audience: str) -> Vouched:
    """The claims of a workflow's token.

    Errors   NotSignedIn when its signature, issuer, audience, time or commit is not right.
    """
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    )
    try:
        keys = str(discover(issuer, {"jwks_uri"})["jwks_uri"])
        try:
            found = jwt.decode(token, fetch_keys(keys), algorithms=["RS256"])
        except (JoseError, ValueError):
            # The keys may have been changed since they were read.
            found = jwt.decode(token, fetch_keys(keys, anew=True), algorithms=["RS256"])
        rules.validate(found.claims)
        if found.claims["aud"] != audience:
            raise ValueError("it was made for another service as well")
        return _read_claims(found.claims)
    except (JoseError, ValueError, KeyError, TypeError, OverflowError) as trouble:
        raise NotSignedIn(f"the workflow's token was not accepted: {str(trouble)[:200]}") from None


def _read_claims(claims: Mapping[str, Any]) -> Vouched:
    event, ref = str(claims["event_name"]), str(claims["ref"])
    if event not in EVENTS:
        raise ValueError(f"it is of a {event[:40]}; hand in on {' or '.join(EVENTS)}")
    if claims["ref_type"] != "branch" or not ref.startswith("refs/heads/"):
        raise ValueError("it is of no branch")
    name = check_place(claims["repository"])
    if not isinstance(claims["jti"], str) or not claims["jti"]:
        raise ValueError("it has no name")
    return Vouched(
        pushed=Pushed(
            repository=name,
            number=check_number(claims["repository_id"]),
            sha=check_sha(claims["sha"]),
            ref=ref,
            # A token does not say which branch is the default; the table may name one.
            is_default_branch=True,
            event=event,
            actor=str(claims["actor"]).lower(),
            place=name,
        ),
        mark=claims["jti"],
        expires_at=dt.datetime.fromtimestamp(int(claims["exp"]) + LEEWAY_S, dt.UTC),
    )
