"""When tokens were last used: written down together, and never while somebody waits for it."""

from __future__ import annotations

import functools
import logging
import threading
import time

from grader.store.database import Store
from grader.store.roster import note_uses

WRITE_EVERY_S = 2.0
"""A person who looks at their tokens sees a use that is so old at most."""

log = logging.getLogger("grader.service")


class TokenUses:
    """Gathers uses; a thread writes them down and ends when there are none."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def note(self, store: Store, token_id: int) -> None:
        """Note one use, soon."""
        with self._lock:
            self._ids.add(token_id)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write, args=(store,), name="token uses", daemon=True
                )
                self._thread.start()

    def _write(self, store: Store) -> None:
        while True:
            time.sleep(WRITE_EVERY_S)
            with self._lock:
                ids, self._ids = self._ids, set()
                if not ids:
                    self._thread = None
                    return
            try:
                store.attempt(functools.partial(note_uses, token_ids=ids))
            except Exception as trouble:
                # Used again, they are noted again.
                log.warning("uses of tokens were not noted: %s", trouble)
