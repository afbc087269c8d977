"""What an identity provider says of itself: its OpenID description, kept for an hour.

Source   https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Any

import httpx2

KEPT_S = 3600.0
TIMEOUT_S = 10.0
_found: dict[str, tuple[float, dict[str, Any]]] = {}
_lock = threading.Lock()


def discover(issuer: str, needed: Collection[str]) -> dict[str, Any]:
    """An issuer's addresses, those that are needed among them.

    Errors   ValueError, in words, when they can't be had, or are another's.
    """
    with _lock:
        known = _found.get(issuer)
    if known and time.monotonic() - known[0] < KEPT_S:
        return known[1]
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        response = httpx2.get(address, timeout=TIMEOUT_S)
        response.raise_for_status()
        document = dict(response.json())
    except (httpx2.HTTPError, ValueError, TypeError) as trouble:
        raise ValueError(f"{address} cannot be read: {trouble}") from None
    if document.get("issuer") != issuer or not set(needed) <= document.keys():
        raise ValueError(f"{address} does not describe {issuer}")
    with _lock:
        _found[issuer] = (time.monotonic(), document)
    return document
