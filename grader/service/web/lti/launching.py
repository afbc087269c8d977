"""Checking a launch: who signed it, for whom, when, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from grader.errors import NotAllowed
from grader.service.web.lti.claims import CLAIM, MEMBERS, SCORES, WRITE_SCORES, read_role
from grader.service.web.lti.keys import fetch_keys
from grader.store.schema import Platform, Role

LEEWAY_S = 60
"""Clocks of two institutions may differ this much."""
RESOURCE = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a platform said, once it was checked."""

    message: str
    subject: str
    name: str
    email: str
    role: Role | None
    context: str
    context_title: str
    resource: str
    assignment: str
    """Named by a deep link that we made; empty otherwise."""
    scores_url: str
    members_url: str
    external_id: str
    claims: Mapping[str, Any]


def read_token(
    token: str, keys_url: str, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token.

    Errors   NotAllowed when its signature, issuer, audience, time or nonce is not right.
    """
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        try:
            found = jwt.decode(token, fetch_keys(keys_url), algorithms=["RS256"])
        except (JoseError, ValueError):
            # The keys may have been changed since they were read.
            found = jwt.decode(token, fetch_keys(keys_url, anew=True), algorithms=["RS256"])
        rules.validate(found.claims)
    except (JoseError, ValueError) as trouble:
        raise NotAllowed(f"the sign-in was not accepted: {trouble}") from None
    audience = found.claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and found.claims.get("azp") != client_id:
        raise NotAllowed("the sign-in was made for another service as well")
    return dict(found.claims)


def read_launch(claims: Mapping[str, Any], platform: Platform) -> Launch:
    """What a launch asks for.

    Errors   NotAllowed when it is of another version, kind or deployment.
    """
    if claims.get(CLAIM + "version") != "1.3.0":
        raise NotAllowed("the platform speaks another version of LTI; 1.3.0 is needed")
    message = claims.get(CLAIM + "message_type")
    if message not in (RESOURCE, DEEP_LINKING):
        raise NotAllowed(f"a launch of the kind '{message}' is not known here")
    if claims.get(CLAIM + "deployment_id") not in platform.deployments:
        raise NotAllowed("this deployment is not registered here; an operator adds it")
    context = _part(claims, CLAIM + "context")
    resource = _part(claims, CLAIM + "resource_link")
    custom = _part(claims, CLAIM + "custom")
    scores = _part(claims, SCORES)
    may_write = WRITE_SCORES in (scores.get("scope") or ())
    return Launch(
        message=str(message),
        subject=str(claims["sub"])[:300],
        name=str(claims.get("name") or claims.get("given_name") or "")[:200],
        email=str(claims.get("email") or "").strip().lower()[:254],
        role=read_role(claims.get(CLAIM + "roles") or ()),
        context=str(context.get("id") or "")[:300],
        context_title=str(context.get("title") or context.get("label") or "")[:300],
        resource=str(resource.get("id") or "")[:300],
        assignment=str(custom.get("assignment") or "")[:64],
        scores_url=str(scores.get("lineitem") or "") if may_write else "",
        members_url=str(_part(claims, MEMBERS).get("context_memberships_url") or ""),
        external_id=str(_part(claims, CLAIM + "lis").get("person_sourcedid") or "")[:120],
        claims=claims,
    )


def _part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = claims.get(name)
    return found if isinstance(found, Mapping) else {}
