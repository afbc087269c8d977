"""The service's own key, made once, and platforms' public keys."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any

import httpx2
from joserfc.jwk import KeySet, RSAKey

from grader.errors import NotAllowed
from grader.store.database import Store
from grader.store.schema import ServiceKey

NAME = "lti"
BITS = 2048
"""What every platform takes: RS256 with 2048 bits."""
KEPT_S = 3600.0
LEAST_S = 30.0
"""A key that isn't known is looked for anew, and not more often than this."""
TIMEOUT_S = 10.0
_platforms: dict[str, tuple[float, KeySet]] = {}
_lock = threading.Lock()


def find_key(store: Store) -> RSAKey:
    """The private key; made when it is first needed."""
    with store.read() as session:
        kept = session.get(ServiceKey, NAME)
    if kept is None:
        made = RSAKey.generate_key(
            BITS, {"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"}
        )
        document = dict(made.as_dict(private=True))

        def keep(session: Any) -> None:
            if session.get(ServiceKey, NAME) is None:
                session.add(ServiceKey(name=NAME, private=document))

        store.attempt(keep)
        with store.read() as session:
            kept = session.get_one(ServiceKey, NAME)
    return RSAKey.import_key(kept.private)


def publish_keys(store: Store) -> dict[str, Any]:
    """What platforms verify our signatures with."""
    return {"keys": [find_key(store).as_dict(private=False)]}


def fetch_keys(url: str, *, anew: bool = False) -> KeySet:
    """A platform's public keys; kept for an hour.

    Errors   NotAllowed when they can't be had.
    """
    with _lock:
        known = _platforms.get(url)
    age_s = time.monotonic() - known[0] if known else float("inf")
    if known and age_s < (LEAST_S if anew else KEPT_S):
        return known[1]
    try:
        response = httpx2.get(url, timeout=TIMEOUT_S)
        response.raise_for_status()
        found = KeySet.import_key_set(response.json())
    except (httpx2.HTTPError, ValueError) as trouble:
        raise NotAllowed(f"the platform's keys at {url} cannot be read: {trouble}") from None
    with _lock:
        _platforms[url] = (time.monotonic(), found)
    return found
